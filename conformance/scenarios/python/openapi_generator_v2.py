from collections.abc import Callable
from datetime import datetime

from commonplace import (
    ApiClient,
    AuthenticationApi,
    BookCreate,
    BooksApi,
    Configuration,
    Login,
    LoginReply,
    Logout,
    MeApi,
    Problem,
    Refresh,
    Registration,
    TodoBulk,
    TodoBulkCreate,
    TodoBulkDelete,
    TodoBulkUpdate,
    TodoCreate,
    TodoOperation,
    TodoPatch,
    TodosApi,
    TokenPair,
)
from commonplace.exceptions import ApiException
from steps import ALICE, BOB, ORIGIN, a, done, fail, same


def signed_in(token: str | None = None) -> ApiClient:
    return ApiClient(Configuration(host=f"{ORIGIN}/api/v2", access_token=token))


def registration(user: dict[str, str]) -> Registration:
    return Registration(username=user["username"], password=user["password"])


def pair_of(reply: LoginReply) -> TokenPair:
    return a(TokenPair, reply.actual_instance)


def log_in(user: dict[str, str]) -> TokenPair:
    login = Login(identifier=user["username"], password=user["password"])
    return pair_of(auth.login(login))


def refused(call: Callable[[], object], status: int, code: str) -> Problem:
    try:
        reply = call()
    except ApiException as error:
        same(error.status, status)
        problem = a(Problem, error.data)
        same(problem.code, code)
        return problem
    fail(f"{reply!r} is no refusal")


auth = AuthenticationApi(signed_in())
account = auth.register(registration(ALICE))
same((account.username, account.email), (ALICE["username"], None))
auth.register(registration(BOB))
done("register")

tokens = log_in(ALICE)
theirs = TodosApi(signed_in(log_in(BOB).access_token))
client = signed_in(tokens.access_token)
todos, books = TodosApi(client), BooksApi(client)
same((tokens.token_type, tokens.expires_in), ("Bearer", 900))
done("log in")

plants = TodoCreate(
    title="Water the plants",
    description="All of them",
    priority="high",
    due_at=datetime.fromisoformat("2030-03-01T10:00:00+01:00"),
)
reply = todos.create_todo_with_http_info(plants, idempotency_key="plants")
todo = reply.data
same(todo.due_at, plants.due_at)
same((reply.headers or {}).get("location"), f"/api/v2/todos/{todo.id}")
same(todos.create_todo(plants, idempotency_key="plants").id, todo.id)
seeds = todos.create_todo(TodoCreate(title="Buy seeds"))
letter = todos.create_todo(TodoCreate(title="Answer the letter"))
republic = BookCreate(title="The Republic", author="Plátōn & pupils", published_year=-375)
book = books.create_book(republic)
same((book.isbn, book.user.username), (None, ALICE["username"]))
done("create")

found = todos.list_todos(
    completed=False,
    priority="high",
    due_after=datetime.fromisoformat("2030-03-01T10:00:00+01:00"),
    due_before=datetime.fromisoformat("2031-01-01T00:00:00+00:00"),
    overdue=False,
    q='"the plants" wat',
    sort="title:asc",
    fields=["id", "title"],
    total=True,
)
same([(each.id, each.title, each.completed) for each in found.data], [(todo.id, todo.title, None)])
same(found.page.total, 1)
shelf = books.list_books(user_id=account.id, author="plátōn & PUPILS", year_from=-400, year_to=0)
same([each.published_year for each in shelf.data], [-375])
done("filter")

titles: list[str | None] = []
page = todos.list_todos(limit=2, sort="title:asc")
titles += [each.title for each in page.data]
while page.page.next_cursor is not None:
    page = todos.list_todos(limit=2, sort="title:asc", cursor=page.page.next_cursor)
    titles += [each.title for each in page.data]
same(titles, ["Answer the letter", "Buy seeds", "Water the plants"])
done("page")

tag = (todos.get_todo_with_http_info(todo.id).headers or {})["etag"]
change = TodoPatch(completed=True, description=None)
patched = todos.update_todo(todo.id, change, if_match=tag)
same((patched.completed, patched.description), (True, None))
done("patch with a tag")

undone = TodoPatch(completed=False)
refused(lambda: todos.update_todo(todo.id, undone, if_match=tag), 412, "precondition_failed")
done("stale tag")

republic.isbn = "9780441478120"
wrong = refused(lambda: books.create_book(republic), 422, "validation_failed")
same([each.pointer for each in wrong.errors or []], ["#/isbn"])
done("validation problem")

refused(lambda: theirs.update_todo(todo.id, TodoPatch(title="Mine")), 403, "not_owner")
done("not the owner")

pair = pair_of(auth.refresh(Refresh(refresh_token=tokens.refresh_token)))
same(pair.refresh_token == tokens.refresh_token, False)
client = signed_in(pair.access_token)
todos, books = TodosApi(client), BooksApi(client)
done("refresh")

operations = [
    TodoBulkCreate(op="create", value=TodoCreate(title="Read")),
    TodoBulkUpdate(op="update", id=seeds.id, value=TodoPatch(priority="low")),
    TodoBulkDelete(op="delete", id=letter.id),
    TodoBulkDelete(op="delete", id=2147483647),
]
bulk = todos.bulk_todos(TodoBulk(operations=[TodoOperation(each) for each in operations])).results
same([each.status for each in bulk], [201, 200, 204, 404])
same(bulk[0].data and bulk[0].data.title, "Read")
same(bulk[1].data and bulk[1].data.priority, "low")
same(bulk[3].problem and bulk[3].problem.code, "not_found")
done("bulk")

same(b"The Republic" in books.export_books(), True)
done("export")

same(todos.delete_todo_with_http_info(todo.id).status_code, 204)
refused(lambda: todos.get_todo(todo.id), 404, "not_found")
done("delete")

same(AuthenticationApi(client).logout_with_http_info(Logout(scope="this")).status_code, 204)
done("log out")

refused(lambda: MeApi(client).get_me(), 401, "token_revoked")
done("401 after")
