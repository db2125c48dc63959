import sys
from typing import NoReturn, TypeVar

T = TypeVar("T")

# Where the server is, and what this run's users are called.
ORIGIN, NAME = sys.argv[1], sys.argv[2]
ALICE = {"username": f"alice-{NAME}", "password": "a quiet place to write"}
BOB = {"username": f"bob-{NAME}", "password": "somewhere else entirely"}


def done(step: str) -> None:
    """Says that a step is done. The run is red when one was not said."""
    print("ok", step, flush=True)


def fail(what: str) -> NoReturn:
    raise AssertionError(what)


def same(actual: object, expected: object) -> None:
    if actual != expected:
        fail(f"{actual!r} is not {expected!r}")


def a(kind: type[T], value: object) -> T:
    """What a reply must be: anything else ends the scenario here."""
    return value if isinstance(value, kind) else fail(f"{value!r} is no {kind.__name__}")
