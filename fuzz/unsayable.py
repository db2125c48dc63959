"""
Refusals of requests that their schema allows, because of what no schema can say. Every other refusal of a valid request is a failure.
Statuses that mean nothing else (404, 409, 412) are in schemathesis.toml.
"""

import json
import re
import unicodedata

from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData, UndefinedStatusCode

import accounts


def beyond_ascii(text):
    """The patterns say what is refused up to the first letter beyond ASCII, and of controls those of Latin-1."""
    return not str(text).isascii()


ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
MAILBOX = re.compile(rf"{ATOM}(\.{ATOM})*@({LABEL}\.)*(?!\d+$)(?!0x)(?!xn--){LABEL}", re.IGNORECASE)


def no_mailbox(text):
    """What of RFC 5321 the pattern leaves out, so that what is refused since is no other contract."""
    return beyond_ascii(text) or not MAILBOX.fullmatch(str(text)) or "xn--" in str(text).lower()


def has_long_name(text):
    return beyond_ascii(text) or str(text).find("@") > 64


def check_digit_is_wrong(text):
    digits = [character for character in str(text).upper() if character not in " -"]
    values = [10 if digit == "X" else int(digit) for digit in digits]
    if len(values) == 10:
        return sum(value * (10 - place) for place, value in enumerate(values)) % 11 != 0
    return sum(value * (1 + place % 2 * 2) for place, value in enumerate(values)) % 10 != 0


def always(value):
    return True


# Violations by their code, and of which values they are right.
VIOLATIONS = {
    # NFC and NFKC make other lengths.
    "too_short": beyond_ascii,
    "too_long": has_long_name,
    # Letters and digits of any script; nothing that cannot be seen.
    "invalid_characters": beyond_ascii,
    "username_confusable": beyond_ascii,
    "too_many_marks": beyond_ascii,
    "invalid_email": no_mailbox,
    "reserved": lambda name: unicodedata.normalize("NFKC", name).lower() in ("admin", "root", "anonymous"),
    "invalid_isbn": check_digit_is_wrong,
    # A moment whose offset leads out of the years 1 to 9999.
    "wrong_format": lambda moment: str(moment)[:10] in ("0001-01-01", "9999-12-31"),
    # Of passwords.
    "common_password": always,
    "same_as_username": always,
    "same_as_email": always,
    "same_as_email_name": always,
    "same_as_product": always,
    "same_as_before": always,
}
# Problems by their code, wherever they come.
PROBLEMS = {
    # It is signed, and good for the list that gave it.
    "cursor_mismatch",
    # What was sent before.
    "idempotency_key_reused",
    # What was mailed, or given by a provider of OpenID Connect.
    "link_invalid",
    "code_invalid",
    "invitation_invalid",
    # The rows of a file, which is bytes to the document.
    "import_rejected",
}
# Sentences of v1, whose refusals have no codes, and of violations between members.
SENTENCES = {
    "registerUser": {
        "Username already exists",
        "Email already exists",
        "This invitation is not valid: it was used, it has expired, or it was revoked",
    },
    # One is required beside it, which to say would break clients.
    "reauthenticate": {"password is required: a one-time password alone is less than a login asks for"},
    "updateUser": {"Username already exists", "Email already exists"},
    "deleteTodos": {
        "ids are given in the body and in the query",
        "ids are required, in the body or in the query",
    },
    "createApiKey": {"expires_at must be later than now"},
    "listAuditEvents": {"target_type is required with target_id"},
    "importBooks": {"The file is not valid UTF-8"},
    "importTodos": {"The file is not valid UTF-8"},
}
LITERAL = ("bulk", "export", "import")
RELEVANCE = "q is required with sort=relevance"
NAMED_TWICE = "names a record that another operation names already"


def explains(failure, case, response):
    # The link of an archive is good once.
    if isinstance(failure, EnsureResourceAvailability):
        return accounts.operation_of(case) == "getExport"
    # Operations of a bulk are refused one by one.
    if isinstance(failure, AcceptedNegativeData) and accounts.operation_of(case).startswith("bulk"):
        results = json.loads(response.content).get("results", ())
        return any(result["status"] >= 400 for result in results)
    # The `instance` of a problem is taken for where a record is.
    if response.status_code == 405 and (case.path_parameters or {}).get("id") in LITERAL:
        return isinstance(failure, (RejectedPositiveData, UndefinedStatusCode))
    if not isinstance(failure, RejectedPositiveData):
        return False
    problem = json.loads(response.content)
    if problem.get("code") in PROBLEMS:
        return True
    violations = problem.get("errors") or sentences_of(problem)
    return all(is_unsayable(case, violation) for violation in violations)


def sentences_of(problem):
    text = problem.get("message") or problem.get("detail", "")
    return [{"detail": sentence} for sentence in text.split("; ")]


def is_unsayable(case, violation):
    detail, code = violation["detail"], violation.get("code")
    if detail in SENTENCES.get(accounts.operation_of(case), ()) or detail.endswith(NAMED_TWICE):
        return True
    if detail == RELEVANCE:
        return case.query.get("sort") == "relevance"
    name = detail.split(" ")[0].split("/")[-1]
    # A bulk that was undone tells the code of the operation, not of what is wrong with it.
    is_sentence = code in (None, "validation_failed")
    rule = RULES_BY_SENTENCE.get(detail.removeprefix(f"{name} ")) if is_sentence else VIOLATIONS.get(code)
    return rule is not None and any(rule(value) for value in values_of(case, name))


def values_of(case, name):
    """What the request has under this name, at any depth."""
    found = []
    pending = [case.body, dict(case.query or {})]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            found += [value for key, value in part.items() if key == name and isinstance(value, str)]
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    return found


RULES_BY_SENTENCE = {
    "must be an ISBN of 10 or 13 digits": check_digit_is_wrong,
    'must consist of letters, digits, ".", "_" and "-"': beyond_ascii,
    'must be an email address: no spaces, quotes or brackets, and a host name behind the "@"': no_mailbox,
    'must have at most 64 bytes before the "@"': has_long_name,
    "must not mix scripts": beyond_ascii,
    "looks like that of another account": beyond_ascii,
    "must not have more than 30 marks in a row": beyond_ascii,
    "is reserved": VIOLATIONS["reserved"],
    "must have at most 32 characters": beyond_ascii,
    "must have at most 254 characters": beyond_ascii,
    "must have at most 128 characters": beyond_ascii,
    "is one of the most common passwords": always,
    "must not be the username": always,
    "must not be the email address": always,
    'must not be the part of the email address before the "@"': always,
    'must not be "commonplace"': always,
}
