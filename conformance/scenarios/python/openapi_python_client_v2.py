from datetime import datetime

from commonplace import AuthenticatedClient, Client
from commonplace.api.authentication import login, logout, refresh, register
from commonplace.api.books import create_book, export_books, list_books
from commonplace.api.me import get_me
from commonplace.api.todos import bulk_todos, create_todo, delete_todo, get_todo, list_todos, update_todo
from commonplace.models import (
    Account,
    Book,
    BookCreate,
    BookPage,
    ListTodosFieldsItem,
    ListTodosPriority,
    ListTodosSort,
    Login,
    Logout,
    LogoutScope,
    Problem,
    Refresh,
    Registration,
    Todo,
    TodoBulk,
    TodoBulkCreate,
    TodoBulkCreateOp,
    TodoBulkDelete,
    TodoBulkDeleteOp,
    TodoBulkResults,
    TodoBulkUpdate,
    TodoBulkUpdateOp,
    TodoCreate,
    TodoCreatePriority,
    TodoPage,
    TodoPatch,
    TodoPatchPriority,
    TokenPair,
)
from commonplace.types import UNSET, File, Unset
from steps import ALICE, BOB, ORIGIN, a, done, same

BASE = f"{ORIGIN}/api/v2"
anyone = Client(base_url=BASE)


def signed_in(token: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=BASE, token=token)


def log_in(user: dict[str, str]) -> TokenPair:
    body = Login(identifier=user["username"], password=user["password"])
    return a(TokenPair, login.sync(client=anyone, body=body))


def refused(reply: object, status: int, code: str) -> Problem:
    problem = a(Problem, reply)
    same((problem.status, problem.code), (status, code))
    return problem


account = a(Account, register.sync(client=anyone, body=Registration(**ALICE)))
same((account.username, account.email), (ALICE["username"], None))
a(Account, register.sync(client=anyone, body=Registration(**BOB)))
done("register")

tokens = log_in(ALICE)
theirs = signed_in(log_in(BOB).access_token)
api = signed_in(tokens.access_token)
same((tokens.token_type.value, tokens.expires_in), ("Bearer", 900))
done("log in")

plants = TodoCreate(
    title="Water the plants",
    description="All of them",
    priority=TodoCreatePriority.HIGH,
    due_at=datetime.fromisoformat("2030-03-01T10:00:00+01:00"),
)
reply = create_todo.sync_detailed(client=api, body=plants, idempotency_key="plants")
todo = a(Todo, reply.parsed)
same(todo.due_at, plants.due_at)
same(reply.headers["location"], f"/api/v2/todos/{todo.id}")
again = a(Todo, create_todo.sync(client=api, body=plants, idempotency_key="plants"))
same(again.id, todo.id)
seeds = a(Todo, create_todo.sync(client=api, body=TodoCreate(title="Buy seeds")))
letter = a(Todo, create_todo.sync(client=api, body=TodoCreate(title="Answer the letter")))
republic = BookCreate(title="The Republic", author="Plátōn & pupils", published_year=-375)
book = a(Book, create_book.sync(client=api, body=republic))
same((book.isbn, book.user.username), (None, ALICE["username"]))
done("create")

found = a(
    TodoPage,
    list_todos.sync(
        client=api,
        completed=False,
        priority=ListTodosPriority.HIGH,
        due_after=datetime.fromisoformat("2030-03-01T10:00:00+01:00"),
        due_before=datetime.fromisoformat("2031-01-01T00:00:00+00:00"),
        overdue=False,
        q='"the plants" wat',
        sort=ListTodosSort.TITLEASC,
        # It repeats the name for each value, whatever `explode` says: one field at a time.
        fields=[ListTodosFieldsItem.TITLE],
        total=True,
    ),
)
same([each.to_dict() for each in found.data], [{"title": "Water the plants"}])
same(found.page.total, 1)
books = list_books.sync(client=api, user_id=account.id, author="plátōn & PUPILS", year_from=-400, year_to=0)
same([each.published_year for each in a(BookPage, books).data], [-375])
done("filter")

titles: list[str | Unset] = []
cursor: str | None | Unset = UNSET
while cursor is not None:
    page = a(TodoPage, list_todos.sync(client=api, limit=2, sort=ListTodosSort.TITLEASC, cursor=cursor))
    titles += [each.title for each in page.data]
    cursor = page.page.next_cursor
same(titles, ["Answer the letter", "Buy seeds", "Water the plants"])
done("page")

tag = get_todo.sync_detailed(todo.id, client=api).headers["etag"]
change = TodoPatch(completed=True, description=None)
patched = a(Todo, update_todo.sync(todo.id, client=api, body=change, if_match=tag))
same((patched.completed, patched.description), (True, None))
done("patch with a tag")

late = update_todo.sync(todo.id, client=api, body=TodoPatch(completed=False), if_match=tag)
refused(late, 412, "precondition_failed")
done("stale tag")

republic.isbn = "9780441478120"
wrong = refused(create_book.sync(client=api, body=republic), 422, "validation_failed")
same([each.pointer for each in a(list, wrong.errors)], ["#/isbn"])
done("validation problem")

refused(update_todo.sync(todo.id, client=theirs, body=TodoPatch(title="Mine")), 403, "not_owner")
done("not the owner")

# An operation that lets people in without a token asks for one all the same.
pair = a(TokenPair, refresh.sync(client=api, body=Refresh(refresh_token=tokens.refresh_token)))
same(pair.refresh_token == tokens.refresh_token, False)
api = signed_in(pair.access_token)
done("refresh")

low = TodoPatch(priority=TodoPatchPriority.LOW)
operations: list[TodoBulkCreate | TodoBulkDelete | TodoBulkUpdate] = [
    TodoBulkCreate(op=TodoBulkCreateOp.CREATE, value=TodoCreate(title="Read")),
    TodoBulkUpdate(op=TodoBulkUpdateOp.UPDATE, id=seeds.id, value=low),
    TodoBulkDelete(op=TodoBulkDeleteOp.DELETE, id=letter.id),
    TodoBulkDelete(op=TodoBulkDeleteOp.DELETE, id=2147483647),
]
bulk = a(TodoBulkResults, bulk_todos.sync(client=api, body=TodoBulk(operations=operations))).results
same([each.status for each in bulk], [201, 200, 204, 404])
same(a(Todo, bulk[0].data).title, "Read")
same(a(Todo, bulk[1].data).priority.value, "low")
same(a(Problem, bulk[3].problem).code, "not_found")
done("bulk")

same(b"The Republic" in a(File, export_books.sync(client=api)).payload.read(), True)
done("export")

same(delete_todo.sync_detailed(todo.id, client=api).status_code, 204)
refused(get_todo.sync(todo.id, client=api), 404, "not_found")
done("delete")

same(logout.sync_detailed(client=api, body=Logout(scope=LogoutScope.THIS)).status_code, 204)
done("log out")

refused(get_me.sync(client=api), 401, "token_revoked")
done("401 after")
