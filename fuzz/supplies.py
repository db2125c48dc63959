"""Values that no schema can tell: credentials, tokens, cursors, ids. Every third valid request gets real ones, or every thirtieth."""

import itertools
import zlib

import requests

import accounts

numbers = itertools.count(1)
# Each takes new accounts and their mails.
DEAR = {"resetPassword", "verifyEmail"}


def supply(case):
    operation = accounts.operation_of(case)
    if operation in ("deleteUser", "deleteUserTotp", "updateUser"):
        parameters = case.path_parameters
        if isinstance(parameters, dict) and str(parameters.get("id")) in map(str, accounts.protected()):
            parameters["id"] = 2147483647
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    account = accounts.account_for(case)
    chance = zlib.crc32(repr((case.body, case.path_parameters, case.query)).encode())
    # One that comes again must come with the same body.
    if chance % 8 != 0:
        header(case, "idempotency-key", f"key-{account.name}-{next(numbers)}")
    if chance % (30 if operation in DEAR else 3) != 0:
        return
    header(case, "if-match", "*")
    if "cursor" in (case.query or {}):
        page(case, account)
    if operation in RULES:
        RULES[operation](case, account)


def header(case, name, value):
    if any(given.lower() == name for given in case.headers or ()):
        case.headers[name] = value


def page(case, account):
    """The cursor of the page that follows the first one."""
    del case.query["cursor"]
    prepared = requests.Request("GET", **plain(case)).prepare()
    prepared.headers["authorization"] = f"Bearer {account.token}"
    with requests.Session() as session:
        reply = session.send(prepared, timeout=30)
    cursor = reply.json().get("page", {}).get("next_cursor") if reply.ok else None
    if cursor is not None:
        case.query["cursor"] = cursor


def plain(case):
    kwargs = case.as_transport_kwargs(base_url=f"{accounts.SERVER}/api/v{accounts.VERSION}")
    return {"url": kwargs["url"], "params": kwargs.get("params")}


def somebody(case, account):
    """Oneself in v1, where that is all that is allowed; another one in v2."""
    own = accounts.key_of(case) != "main"
    case.path_parameters["id"] = account.id if own else accounts.Account("user").id


def member(name, value):
    def put(case, account):
        if isinstance(case.body, dict):
            case.body = {**case.body, name: value(account)}

    return put


def log_in(case, account):
    if not isinstance(case.body, dict):
        return
    case.body.pop("email", None)
    name = "username" if accounts.VERSION == 1 else "identifier"
    case.body |= {name: account.name, "password": accounts.PASSWORD}


def session(case, account):
    case.path_parameters["id"] = account.session


def verification(account):
    return accounts.mailed(accounts.Account("user", email="example.com").email)


def reset(account):
    owner = accounts.Account("user", email="example.com")
    accounts.call("POST", "/auth/email/verify", {"token": accounts.mailed(owner.email)})
    accounts.call("POST", "/auth/password/forgot", {"email": owner.email})
    return accounts.mailed(owner.email)


def reauthenticate(case, account):
    case.body = {"password": password}


def archive(case, account):
    link = accounts.call("POST", "/me/exports", token=account.token)
    case.path_parameters["token"] = link["url"][-43:]


def some_todos(case, account):
    case.query = {}
    todo = accounts.call("POST", "/todos", {"title": "To be deleted"}, account.token)
    case.body = {"ids": [todo["id"]]}


password = accounts.PASSWORD
RULES = {
    "changePassword": member("current_password", lambda _: password),
    "confirmTotp": member("otp", lambda account: account.otp()),
    "deleteSession": session,
    "deleteTodos": some_todos,
    "deleteUser": somebody,
    "deleteUserTotp": somebody,
    "getExport": archive,
    "introspectToken": member("token", lambda account: account.token),
    "login": log_in,
    "reauthenticate": reauthenticate,
    "refresh": member("refresh_token", lambda account: account.refresh_token),
    "resetPassword": member("token", reset),
    "revokeToken": member("token", lambda account: account.refresh_token),
    "updateUser": somebody,
    "verifyEmail": member("token", verification),
}
