"""Accounts that requests are sent with. What ends a session is called by accounts that nothing else needs."""

import base64
import hmac
import itertools
import os
import pathlib
import struct
import time

import requests

SERVER = os.environ["FUZZ_SERVER"]
VERSION = int(os.environ["FUZZ_VERSION"])
ROLE = os.environ["FUZZ_ROLE"]
KEEPER = os.environ["FUZZ_KEEPER"]
MAILS = pathlib.Path(os.environ["FUZZ_MAILS"])
PASSWORD = "a quiet place to write"
# A session is fresh for 15 minutes, which deleting the account, keys and second factors need.
FRESH = 600
numbers = itertools.count(1)


def call(method, path, body=None, token=None):
    headers = {"authorization": f"Bearer {token}"} if token else {}
    reply = requests.request(method, f"{SERVER}/api/v2{path}", json=body, headers=headers, timeout=30)
    if reply.status_code >= 400:
        raise RuntimeError(f"{method} {path}: {reply.status_code} {reply.text}")
    return reply.json() if reply.content else None


def log_in(name):
    return call("POST", "/auth/login", {"identifier": name, "password": PASSWORD})


def mailed(address):
    """The token of the mail that is on its way there."""
    mail = MAILS / address
    for _ in range(200):
        if mail.exists():
            token = mail.read_text()
            mail.unlink()
            return token
        time.sleep(0.02)
    raise RuntimeError(f"{address} got no mail")


class Account:
    def __init__(self, role=ROLE, email=None):
        self.name = f"fuzz-{os.getpid()}-{next(numbers)}"
        self.email = email and f"{self.name}@{email}"
        registration = {"username": self.name, "password": PASSWORD}
        if self.email:
            registration["email"] = self.email
        self.id = call("POST", "/auth/register", registration)["id"]
        if role != "user":
            call("PATCH", f"/users/{self.id}", {"role": role}, keeper())
        tokens = log_in(self.name)
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        self.session = tokens["session_id"]
        self.stale_at = time.monotonic() + FRESH
        self.secret = None

    def otp(self):
        """Of a second factor that is begun here (RFC 6238)."""
        if self.secret is None:
            self.secret = call("POST", "/auth/totp", token=self.token)["secret"]
        digest = hmac.digest(
            base64.b32decode(self.secret), struct.pack(">Q", int(time.time()) // 30), "sha1"
        )
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1000000:06}"


keepers = {}


def keeper():
    """The token of the admin that nothing is tried with."""
    token, until = keepers.get("token", (None, 0))
    if time.monotonic() > until:
        token = log_in(KEEPER)["access_token"]
        keepers["token"] = token, time.monotonic() + FRESH
    return token


KEEPER_ID = call("GET", "/me", token=keeper())["id"]

# Operations that end or change what they are called with, or count failures against it.
ALONE = {
    "changePassword",
    "confirmTotp",
    "beginTotp",
    "deleteMe",
    "deleteSession",
    "deleteTotp",
    "endSession",
    "introspectToken",
    "login",
    "logout",
    "reauthenticate",
    "refresh",
    "renewRecoveryCodes",
    "revokeToken",
    "updateMe",
}
current = {}


def operation_of(case):
    return case.operation.definition.raw["operationId"]


def key_of(case):
    operation = operation_of(case)
    if operation in ALONE:
        return operation
    # v1 lets people change and delete themselves; in v2 only admins do that, to others.
    own = VERSION == 1 and operation in ("updateUser", "deleteUser")
    return operation if own else "main"


def account_for(case):
    key = key_of(case)
    account = current.get(key)
    if account is None or time.monotonic() > account.stale_at:
        account = current[key] = Account()
        if key == "main":
            furnish(account)
    return account


def discard(key):
    current.pop(key, None)


def protected():
    """Users that no request may end or change: the others depend on them."""
    return {KEEPER_ID, *(account.id for key, account in current.items() if key == "main")}


def furnish(account):
    """Something of every kind, so that there is something to find."""
    for n in range(3):
        title = f"One of three: {n}"
        call("POST", "/posts", {"title": title, "content": "What was found."}, account.token)
        call("POST", "/todos", {"title": title, "due_at": "2030-01-01T00:00:00Z"}, account.token)
        call("POST", "/books", {"title": title, "author": "Somebody"}, account.token)
    call("POST", "/auth/api-keys", {"name": "A key", "scopes": ["todos:read"]}, account.token)
