from collections.abc import Callable

from commonplace import (
    ApiClient,
    BookCreate,
    BooksApi,
    Configuration,
    Error,
    Login,
    MeApi,
    PostCreate,
    PostsApi,
    PostUpdate,
    Refresh,
    SessionsApi,
    TodoCreate,
    TodosApi,
    TodoUpdate,
    TokenPair,
    User,
    UserCreate,
    UsersApi,
)
from commonplace.exceptions import ApiException
from steps import ALICE, BOB, ORIGIN, a, done, fail, same


def signed_in(token: str | None = None) -> ApiClient:
    return ApiClient(Configuration(host=f"{ORIGIN}/api/v1", access_token=token))


def register(user: dict[str, str]) -> User:
    body = UserCreate(username=user["username"], password=user["password"])
    return UsersApi(anyone).register_user(body)


def log_in(user: dict[str, str]) -> TokenPair:
    body = Login(username=user["username"], password=user["password"])
    return SessionsApi(anyone).login(body)


def refused(call: Callable[[], object], status: int, message: str) -> None:
    try:
        reply = call()
    except ApiException as error:
        same((error.status, a(Error, error.data).message), (status, message))
        return
    fail(f"{reply!r} is no refusal")


anyone = signed_in()
user = register(ALICE)
same(user.username, ALICE["username"])
register(BOB)
done("register")

tokens = log_in(ALICE)
theirs = signed_in(log_in(BOB).access_token)
client = signed_in(tokens.access_token)
posts, todos, books = PostsApi(client), TodosApi(client), BooksApi(client)
same((tokens.token_type, tokens.expires_in), ("Bearer", 900))
done("log in")

reply = posts.create_post_with_http_info(PostCreate(title="Hello", content="The first entry."))
post = reply.data
same((reply.headers or {}).get("location"), f"/api/v1/posts/{post.id}")
seeds = todos.create_todo(TodoCreate(title="Buy seeds"))
body = TodoCreate(title="Water the plants", description="100 % of them", completed=True)
plants = todos.create_todo(body)
same((seeds.description, plants.description), (None, "100 % of them"))
book = books.create_book(BookCreate(title="The Republic", author="Plátōn & pupils"))
same(book.user_id, user.id)
done("create")

listed = posts.list_posts_with_http_info(user_id=user.id, limit=1, offset=0)
same((listed.data.posts, (listed.headers or {}).get("x-total-count")), ([post], "1"))
same(todos.list_todos(completed=True, search="% of", sort="created_at").todos, [plants])
same([each for each in books.list_books(limit=500) if each.user_id == user.id], [book])
done("list")

changed = posts.update_post(post.id, PostUpdate(title="Hello again"))
same((changed.title, changed.content), ("Hello again", "The first entry."))
cleared = todos.update_todo(plants.id, TodoUpdate(description=None))
same((cleared.description, cleared.completed), (None, True))
done("put")

mine = PostUpdate(title="Mine")
refused(lambda: PostsApi(theirs).update_post(post.id, mine), 403, "You can only edit your own posts")
done("not the owner")

refused(lambda: register(ALICE), 400, "Username already exists")
done("refusal")

pair = SessionsApi(anyone).refresh(Refresh(refresh_token=tokens.refresh_token))
client = signed_in(pair.access_token)
posts, todos = PostsApi(client), TodosApi(client)
same(MeApi(client).get_protected().logged_in_as, ALICE["username"])
done("refresh")

same(todos.delete_todos(ids=[seeds.id, plants.id]).deleted, 2)
same(posts.delete_post_with_http_info(post.id).status_code, 204)
refused(lambda: posts.get_post(post.id), 404, "Post not found")
done("delete")

same(SessionsApi(client).logout().message, "Successfully logged out")
done("log out")

refused(lambda: MeApi(client).get_me(), 401, "Token has been revoked")
done("401 after")
