"""What Schemathesis is told about this API beyond its documents."""

import atexit
import collections
import json

import schemathesis

import accounts
import document  # noqa: F401 - registers a hook
import files  # noqa: F401 - registers media types
import supplies
import unsayable


@schemathesis.auth(refresh_interval=None)
class Token:
    def get(self, case, context):
        return accounts.account_for(case).token

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def before_call(context, case, kwargs):
    supplies.supply(case)


@schemathesis.hook
def after_call(context, case, response):
    key = accounts.key_of(case)
    account = accounts.current.get(key)
    if account is None or response.request.headers.get("Authorization") != f"Bearer {account.token}":
        return
    # Refused, slowed down, or used up.
    if response.status_code in (401, 429) or (key != "main" and response.status_code < 300):
        accounts.discard(key)


explained = collections.Counter()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if not unsayable.explains(failure, case, response):
        return True
    problem = json.loads(response.content)
    said = problem.get("code") or problem.get("message") or "in its results"
    explained[accounts.operation_of(case), response.status_code, said] += 1
    return False


@atexit.register
def report():
    print("\nRefused for what no schema can say (fuzz/unsayable.py):")
    for (operation, status, said), times in sorted(explained.items()):
        print(f"  {times:6} {operation} {status} {said}")
