package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"conformance.example/scenario/client"
)

var api = commonplace.NewAPIClient(configuration())

func configuration() *commonplace.Configuration {
	configuration := commonplace.NewConfiguration()
	configuration.Servers = commonplace.ServerConfigurations{{URL: origin + "/api/v2"}}
	return configuration
}

func signedIn(token string) context.Context {
	return context.WithValue(context.Background(), commonplace.ContextAccessToken, token)
}

func register(user user) *commonplace.Account {
	body := commonplace.NewRegistration(user.username, user.password)
	return have(api.AuthenticationAPI.Register(context.Background()).Registration(*body).Execute())
}

func logIn(user user) *commonplace.TokenPair {
	body := commonplace.NewLogin(user.username, user.password)
	return have(api.AuthenticationAPI.Login(context.Background()).Login(*body).Execute()).TokenPair
}

func refused[T any](_ T, reply *http.Response, err error) func(status int, code string) commonplace.Problem {
	return func(status int, code string) commonplace.Problem {
		var refusal *commonplace.GenericOpenAPIError
		if !errors.As(err, &refusal) {
			fail("%v is no refusal", err)
		}
		problem, _ := refusal.Model().(commonplace.Problem)
		same([]any{reply.StatusCode, problem.Code}, []any{status, code})
		return problem
	}
}

func main() {
	account := register(alice)
	same([]any{account.Username, account.Email.Get()}, []any{alice.username, (*string)(nil)})
	register(bob)
	done("register")

	tokens := logIn(alice)
	me, theirs := signedIn(tokens.AccessToken), signedIn(logIn(bob).AccessToken)
	same([]any{tokens.TokenType, tokens.ExpiresIn}, []any{"Bearer", int32(900)})
	done("log in")

	due := time.Date(2030, 3, 1, 10, 0, 0, 0, time.FixedZone("", 3600))
	plants := commonplace.NewTodoCreate("Water the plants")
	plants.SetDescription("All of them")
	plants.SetPriority("high")
	plants.SetDueAt(due)
	todo, reply, err := api.TodosAPI.CreateTodo(me).TodoCreate(*plants).IdempotencyKey("plants").Execute()
	have(todo, reply, err)
	same(todo.DueAt.Get().Equal(due), true)
	same(reply.Header.Get("Location"), fmt.Sprint("/api/v2/todos/", todo.Id))
	same(have(api.TodosAPI.CreateTodo(me).TodoCreate(*plants).IdempotencyKey("plants").Execute()).Id, todo.Id)
	seeds := have(api.TodosAPI.CreateTodo(me).TodoCreate(*commonplace.NewTodoCreate("Buy seeds")).Execute())
	letter := have(api.TodosAPI.CreateTodo(me).TodoCreate(*commonplace.NewTodoCreate("Answer the letter")).Execute())
	republic := commonplace.NewBookCreate("The Republic", "Plátōn & pupils")
	republic.SetPublishedYear(-375)
	book := have(api.BooksAPI.CreateBook(me).BookCreate(*republic).Execute())
	same([]any{book.Isbn.Get(), book.User.Username}, []any{(*string)(nil), alice.username})
	done("create")

	found := have(api.TodosAPI.ListTodos(me).Completed(false).Priority("high").
		DueAfter(due).DueBefore(due.AddDate(1, 0, 0)).Overdue(false).
		Q(`"the plants" wat`).Sort("title:asc").Fields([]string{"id", "title"}).Total(true).Execute())
	same([]int{len(found.Data), int(found.Page.GetTotal())}, []int{1, 1})
	same([]any{found.Data[0].GetId(), found.Data[0].GetTitle(), found.Data[0].HasCompleted()}, []any{todo.Id, todo.Title, false})
	shelf := have(api.BooksAPI.ListBooks(me).UserId(account.Id).Author("plátōn & PUPILS").YearFrom(-400).YearTo(0).Execute())
	same([]any{len(shelf.Data), shelf.Data[0].GetPublishedYear()}, []any{1, int32(-375)})
	done("filter")

	var titles []string
	for request := api.TodosAPI.ListTodos(me).Limit(2).Sort("title:asc"); ; {
		page := have(request.Execute())
		for _, each := range page.Data {
			titles = append(titles, each.GetTitle())
		}
		if page.Page.NextCursor.Get() == nil {
			break
		}
		request = request.Cursor(*page.Page.NextCursor.Get())
	}
	same(titles, []string{"Answer the letter", "Buy seeds", "Water the plants"})
	done("page")

	_, reply, err = api.TodosAPI.GetTodo(me, todo.Id).Execute()
	have(todo, reply, err)
	tag := reply.Header.Get("ETag")
	change := commonplace.NewTodoPatch()
	change.SetCompleted(true)
	change.SetDescriptionNil()
	patched := have(api.TodosAPI.UpdateTodo(me, todo.Id).TodoPatch(*change).IfMatch(tag).Execute())
	same([]any{patched.Completed, patched.Description.Get()}, []any{true, (*string)(nil)})
	done("patch with a tag")

	refused(api.TodosAPI.UpdateTodo(me, todo.Id).TodoPatch(*change).IfMatch(tag).Execute())(412, "precondition_failed")
	done("stale tag")

	republic.SetIsbn("9780441478120")
	wrong := refused(api.BooksAPI.CreateBook(me).BookCreate(*republic).Execute())(422, "validation_failed")
	same([]any{len(wrong.Errors), wrong.Errors[0].GetPointer()}, []any{1, "#/isbn"})
	done("validation problem")

	mine := commonplace.NewTodoPatch()
	mine.SetTitle("Mine")
	refused(api.TodosAPI.UpdateTodo(theirs, todo.Id).TodoPatch(*mine).Execute())(403, "not_owner")
	done("not the owner")

	spent := commonplace.NewRefresh()
	spent.SetRefreshToken(tokens.RefreshToken)
	pair := have(api.AuthenticationAPI.Refresh(context.Background()).Refresh(*spent).Execute()).TokenPair
	same(pair.RefreshToken == tokens.RefreshToken, false)
	me = signedIn(pair.AccessToken)
	done("refresh")

	low := commonplace.NewTodoPatch()
	low.SetPriority("low")
	bulk := have(api.TodosAPI.BulkTodos(me).TodoBulk(*commonplace.NewTodoBulk([]commonplace.TodoOperation{
		commonplace.TodoBulkCreateAsTodoOperation(commonplace.NewTodoBulkCreate("create", *commonplace.NewTodoCreate("Read"))),
		commonplace.TodoBulkUpdateAsTodoOperation(commonplace.NewTodoBulkUpdate("update", seeds.Id, *low)),
		commonplace.TodoBulkDeleteAsTodoOperation(commonplace.NewTodoBulkDelete("delete", letter.Id)),
		commonplace.TodoBulkDeleteAsTodoOperation(commonplace.NewTodoBulkDelete("delete", 2147483647)),
	})).Execute()).Results
	same(len(bulk), 4)
	same([]int32{bulk[0].Status, bulk[1].Status, bulk[2].Status, bulk[3].Status}, []int32{201, 200, 204, 404})
	same([]string{bulk[0].Data.Title, bulk[1].Data.Priority, bulk[3].Problem.Code}, []string{"Read", "low", "not_found"})
	done("bulk")

	file := have(api.BooksAPI.ExportBooks(me).Execute())
	text, err := os.ReadFile(file.Name())
	same([]any{os.Remove(file.Name()), strings.Contains(string(text), "The Republic"), err}, []any{nil, true, nil})
	done("export")

	reply, err = api.TodosAPI.DeleteTodo(me, todo.Id).Execute()
	same([]any{have(reply, reply, err).StatusCode, err}, []any{204, nil})
	refused(api.TodosAPI.GetTodo(me, todo.Id).Execute())(404, "not_found")
	done("delete")

	this := commonplace.NewLogout()
	this.SetScope("this")
	reply, err = api.AuthenticationAPI.Logout(me).Logout(*this).Execute()
	same(have(reply, reply, err).StatusCode, 204)
	done("log out")

	refused(api.MeAPI.GetMe(me).Execute())(401, "token_revoked")
	done("401 after")
}
