from typing import Any

from commonplace import AuthenticatedClient, Client
from commonplace.api.books import create_book, list_books
from commonplace.api.me import get_me, get_protected
from commonplace.api.posts import create_post, delete_post, get_post, list_posts, update_post
from commonplace.api.sessions import login, logout, refresh
from commonplace.api.todos import create_todo, delete_todos, list_todos, update_todo
from commonplace.api.users import register_user
from commonplace.models import (
    AccessToken,
    Book,
    BookCreate,
    Error,
    Identity,
    ListTodosSort,
    Login,
    Message,
    Post,
    PostCreate,
    PostList,
    PostUpdate,
    Refresh,
    Todo,
    TodoCreate,
    TodoIds,
    TodoList,
    TodosDeleted,
    TodoUpdate,
    TokenPair,
    User,
    UserCreate,
)
from commonplace.types import Response
from steps import ALICE, BOB, ORIGIN, a, done, same

BASE = f"{ORIGIN}/api/v1"
anyone = Client(base_url=BASE)


def signed_in(token: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=BASE, token=token)


def log_in(user: dict[str, str]) -> TokenPair:
    return a(TokenPair, login.sync(client=anyone, body=Login(**user)))


def refused(reply: Response[Any], status: int, message: str) -> None:
    same((reply.status_code, a(Error, reply.parsed).message), (status, message))


user = a(User, register_user.sync(client=anyone, body=UserCreate(**ALICE)))
same(user.username, ALICE["username"])
a(User, register_user.sync(client=anyone, body=UserCreate(**BOB)))
done("register")

tokens = log_in(ALICE)
theirs = signed_in(log_in(BOB).access_token)
api = signed_in(tokens.access_token)
same((tokens.token_type.value, tokens.expires_in), ("Bearer", 900))
done("log in")

body = PostCreate(title="Hello", content="The first entry.")
reply = create_post.sync_detailed(client=api, body=body)
post = a(Post, reply.parsed)
same(reply.headers["location"], f"/api/v1/posts/{post.id}")
seeds = a(Todo, create_todo.sync(client=api, body=TodoCreate(title="Buy seeds")))
plants = a(
    Todo,
    create_todo.sync(
        client=api,
        body=TodoCreate(title="Water the plants", description="100 % of them", completed=True),
    ),
)
same((seeds.description, plants.description), (None, "100 % of them"))
book = a(
    Book,
    create_book.sync(client=api, body=BookCreate(title="The Republic", author="Plátōn & pupils")),
)
same(book.user_id, user.id)
done("create")

listed = list_posts.sync_detailed(client=api, user_id=user.id, limit=1, offset=0)
same((a(PostList, listed.parsed).posts, listed.headers["x-total-count"]), ([post], "1"))
todos = list_todos.sync(client=api, completed=True, search="% of", sort=ListTodosSort.CREATED_AT)
same(a(TodoList, todos).todos, [plants])
books = a(list, list_books.sync(client=api, limit=500))
same([each for each in books if each.user_id == user.id], [book])
done("list")

again = PostUpdate(title="Hello again")
changed = a(Post, update_post.sync(post.id, client=api, body=again))
same((changed.title, changed.content), ("Hello again", "The first entry."))
cleared = a(Todo, update_todo.sync(plants.id, client=api, body=TodoUpdate(description=None)))
same((cleared.description, cleared.completed), (None, True))
done("put")

foreign = update_post.sync_detailed(post.id, client=theirs, body=PostUpdate(title="Mine"))
refused(foreign, 403, "You can only edit your own posts")
done("not the owner")

taken = register_user.sync_detailed(client=anyone, body=UserCreate(**ALICE))
refused(taken, 400, "Username already exists")
done("refusal")

spent = Refresh(refresh_token=tokens.refresh_token)
api = signed_in(a(AccessToken, refresh.sync(client=signed_in(tokens.refresh_token), body=spent)).access_token)
same(a(Identity, get_protected.sync(client=api)).logged_in_as, ALICE["username"])
done("refresh")

both = TodoIds(ids=[seeds.id, plants.id])
same(a(TodosDeleted, delete_todos.sync(client=api, body=both)).deleted, 2)
same(delete_post.sync_detailed(post.id, client=api).status_code, 204)
refused(get_post.sync_detailed(post.id, client=anyone), 404, "Post not found")
done("delete")

same(a(Message, logout.sync(client=api)).message, "Successfully logged out")
done("log out")

refused(get_me.sync_detailed(client=api), 401, "Token has been revoked")
done("401 after")
