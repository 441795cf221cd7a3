"""Statements that Cloud SQL and AlloyDB write into audit logs: as which user they were run, and what they come to."""

import re
from itertools import product
from typing import Any

from msgspec import Struct

from auditor.model.details import as_object
from auditor.model.vocabulary import Act, Category, Level, Outcome
from collectors.databases.commands import LEVELS, MOST_DETAIL, audited, is_own_password, kept, what_ran
from collectors.google.log_fields import PAYLOADS, object_in, text_in
from collectors.google.members import of_email
from collectors.redact import redact

_METHOD = re.compile(r"(cloudsql|alloydb)\.instances\.query")
_ENTRY = re.compile(r"\.(Pg|Mysql)AuditEntry$")
_TEXTS = ("statement", "query")
_INSTANCE = re.compile(r"instances/([^/]+)")


class Query(Struct, frozen=True):
    """A statement that was run.

    Args:
        account: the user of IAM that the database knows, else its own user, as logs of databases name it.
        detail: the statement, where it gives rights.
    """

    act: Act
    account: str | None
    outcome: str
    detail: str | None


def query_of(method: str, request: dict[str, Any], resource: str) -> Query | None:
    """The statement in an entry; None where it tells of none.

    A long one stands in several entries, of which the first tells what it is.
    """
    called = _METHOD.fullmatch(method)
    entry = _ENTRY.search(text_in(request, "@type")) if called else None
    if called is None or entry is None:
        return None
    is_first = str(request.get("chunkIndex") or 1) == "1"
    text = text_in(request, "statement") or text_in(request, "query")
    if entry[1] == "Pg":
        tag, category = audited(text_in(request, "command").upper(), text_in(request, "auditClass"), text)
    else:
        tag, category = what_ran(text or text_in(request, "cmd").replace("_", " "))
    act = Act(f"{called[1]}:instances.query", Category.READ, Level.READ)
    if is_first and category in LEVELS and not is_own_password(text, text_in(request, "user")):
        act = Act(f"{called[1]}:{tag}", category, LEVELS[category])
    return Query(
        act=act,
        account=_account(text_in(request, "user"), "mysql" if entry[1] == "Mysql" else "postgres", resource),
        outcome=Outcome.FAILED if request.get("status") not in (None, 0, "0", "", "success") else Outcome.OK,
        detail=kept(act.category, text),
    )


def hidden(record: Any) -> Any:
    """A record with the passwords taken out of the statement in it."""
    for name, asked in product(PAYLOADS, ("request", "requestJson")):
        payload = object_in(as_object(record), name)
        request = object_in(payload, asked)
        if _ENTRY.search(text_in(request, "@type")):
            texts = {text: redact(text_in(request, text), MOST_DETAIL) for text in _TEXTS if text in request}
            return {**record, name: {**payload, asked: {**request, **texts}}}
    return record


def _account(user: str, server: str, resource: str) -> str | None:
    """Who a user of the database is: those of IAM are called by their address, in PostgreSQL robots without its end."""
    if user.endswith(".iam") and "@" in user:
        return of_email(f"{user}.gserviceaccount.com")
    if "@" in user:
        return of_email(user)
    instance = _INSTANCE.search(resource)
    return f"{server}:{user}@{instance[1] if instance else 'unknown'}" if user else None
