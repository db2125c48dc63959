import static java.util.stream.Collectors.toList;

import commonplace.ApiClient;
import commonplace.api.AuthenticationApi;
import commonplace.api.BooksApi;
import commonplace.api.MeApi;
import commonplace.api.TodosApi;
import commonplace.model.*;
import java.nio.file.Files;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

final class Scenario {
    private static TokenPair logIn(AuthenticationApi auth, Steps.User user) throws Exception {
        var body = new Login().identifier(user.username()).password(user.password());
        return auth.login(body).getTokenPair();
    }

    private static Account register(AuthenticationApi auth, Steps.User user) throws Exception {
        return auth.register(new Registration().username(user.username()).password(user.password()));
    }

    public static void main(String... arguments) throws Exception {
        var steps = new Steps(arguments);
        var anyone = new AuthenticationApi(steps.anyone());
        var account = register(anyone, steps.alice);
        Steps.same(account.getUsername(), steps.alice.username());
        Steps.same(account.getEmail(), null);
        register(anyone, steps.bob);
        Steps.done("register");

        var tokens = logIn(anyone, steps.alice);
        var theirs = new TodosApi(steps.signedIn(logIn(anyone, steps.bob).getAccessToken()));
        var client = steps.signedIn(tokens.getAccessToken());
        var todos = new TodosApi(client);
        var books = new BooksApi(client);
        Steps.same(tokens.getTokenType(), TokenPair.TokenTypeEnum.BEARER);
        Steps.same(tokens.getExpiresIn(), 900);
        Steps.done("log in");

        var due = OffsetDateTime.parse("2030-03-01T10:00:00+01:00");
        var plants = new TodoCreate()
            .title("Water the plants")
            .description("All of them")
            .priority(TodoCreate.PriorityEnum.HIGH)
            .dueAt(due);
        var reply = todos.createTodoWithHttpInfo(plants, "plants");
        var todo = reply.getData();
        Steps.same(todo.getDueAt().isEqual(due), true);
        Steps.same(reply.getHeaders().get("location"), List.of("/api/v2/todos/" + todo.getId()));
        Steps.same(todos.createTodo(plants, "plants").getId(), todo.getId());
        var seeds = todos.createTodo(new TodoCreate().title("Buy seeds"), null);
        var letter = todos.createTodo(new TodoCreate().title("Answer the letter"), null);
        var republic = new BookCreate().title("The Republic").author("Plátōn & pupils").publishedYear(-375);
        var book = books.createBook(republic, null);
        Steps.same(book.getIsbn(), null);
        Steps.same(book.getUser().getUsername(), steps.alice.username());
        Steps.done("create");

        var fields = new LinkedHashSet<>(List.of("id", "title"));
        var found = todos.listTodos(
            null, null, "title:asc", "\"the plants\" wat", true, fields, false, "high", due, due.plusYears(1), false);
        Steps.same(found.getPage().getTotal(), 1);
        Steps.same(found.getData(), List.of(new ListedTodo().id(todo.getId()).title(todo.getTitle())));
        var shelf = books.listBooks(
            null, null, null, null, null, null, account.getId(), "plátōn & PUPILS", null, -400, 0);
        Steps.same(shelf.getData().stream().map(ListedBook::getPublishedYear).collect(toList()), List.of(-375));
        Steps.done("filter");

        var titles = new ArrayList<String>();
        String cursor = null;
        do {
            var page = todos.listTodos(2, cursor, "title:asc", null, null, null, null, null, null, null, null);
            page.getData().forEach(each -> titles.add(each.getTitle()));
            cursor = page.getPage().getNextCursor();
        } while (cursor != null);
        Steps.same(titles, List.of("Answer the letter", "Buy seeds", "Water the plants"));
        Steps.done("page");

        var id = todo.getId();
        var tag = todos.getTodoWithHttpInfo(id, null).getHeaders().get("etag").get(0);
        var patched = todos.updateTodo(id, new TodoPatch().completed(true).description(null), tag);
        Steps.same(patched.getCompleted(), true);
        Steps.same(patched.getDescription(), null);
        Steps.done("patch with a tag");

        var undone = new TodoPatch().completed(false);
        Steps.refused(() -> todos.updateTodo(id, undone, tag), 412, "precondition_failed");
        Steps.done("stale tag");

        republic.isbn("9780441478120");
        var wrong = Steps.refused(() -> books.createBook(republic, null), 422, "validation_failed");
        Steps.same(wrong.getErrors().stream().map(Violation::getPointer).collect(toList()), List.of("#/isbn"));
        Steps.done("validation problem");

        Steps.refused(() -> theirs.updateTodo(id, new TodoPatch().title("Mine"), null), 403, "not_owner");
        Steps.done("not the owner");

        var pair = anyone.refresh(new Refresh().refreshToken(tokens.getRefreshToken())).getTokenPair();
        Steps.same(pair.getRefreshToken().equals(tokens.getRefreshToken()), false);
        finish(steps.signedIn(pair.getAccessToken()), id, seeds.getId(), letter.getId());
    }

    /** What is done with the tokens of the refresh. */
    private static void finish(ApiClient client, int id, int seeds, int letter) throws Exception {
        var todos = new TodosApi(client);
        Steps.same(todos.getTodo(id, null).getId(), id);
        Steps.done("refresh");

        var read = new TodoBulkCreate().op(TodoBulkCreate.OpEnum.CREATE).value(new TodoCreate().title("Read"));
        var low = new TodoBulkUpdate()
            .op(TodoBulkUpdate.OpEnum.UPDATE)
            .id(seeds)
            .value(new TodoPatch().priority(TodoPatch.PriorityEnum.LOW));
        var gone = new TodoBulkDelete().op(TodoBulkDelete.OpEnum.DELETE).id(letter);
        var absent = new TodoBulkDelete().op(TodoBulkDelete.OpEnum.DELETE).id(2147483647);
        var operations = List.of(
            new TodoOperation(read), new TodoOperation(low), new TodoOperation(gone), new TodoOperation(absent));
        var bulk = todos.bulkTodos(new TodoBulk().operations(operations), null).getResults();
        Steps.same(
            bulk.stream().map(TodoBulkResult::getStatus).collect(toList()), List.of(201, 200, 204, 404));
        Steps.same(bulk.get(0).getData().getTitle(), "Read");
        Steps.same(bulk.get(1).getData().getPriority(), Todo.PriorityEnum.LOW);
        Steps.same(bulk.get(3).getProblem().getCode(), "not_found");
        Steps.done("bulk");

        var file = new BooksApi(client).exportBooks(null, null).toPath();
        Steps.same(Files.readString(file).contains("The Republic"), true);
        Files.delete(file);
        Steps.done("export");

        Steps.same(todos.deleteTodoWithHttpInfo(id, null).getStatusCode(), 204);
        Steps.refused(() -> todos.getTodo(id, null), 404, "not_found");
        Steps.done("delete");

        var out = new Logout().scope(Logout.ScopeEnum.THIS);
        Steps.same(new AuthenticationApi(client).logoutWithHttpInfo(out).getStatusCode(), 204);
        Steps.done("log out");

        Steps.refused(() -> new MeApi(client).getMe(null), 401, "token_revoked");
        Steps.done("401 after");
    }
}
