"""Bitwarden's events of an organisation, by its public API and as the web vault exports them."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from auditor.config.sources.vault import VaultEvents
from auditor.errors import SourceError
from auditor.model.details import as_objects
from auditor.model.vocabulary import Category
from auditor.model.written import written as written_table
from collectors.answers import kept, paged, secret
from collectors.base import Raw, missing
from collectors.checkpoints import Stretch, written
from collectors.vault.uses import used
from collectors.web import Server

_SCOPE, _MOST_PAGES = "api.organization", 10_000
# An export has the beginning of the item's id, in words.
_ITEM = re.compile(r"\bitem ([0-9a-f]{8})\b", re.IGNORECASE)


@cache
def _events_of_items() -> dict[str, tuple[str, Category]]:
    """Names and kinds of events, by their names and by their numbers."""
    table = written_table(__package__, "bitwarden", dict[Category, dict[int, str]])
    told = [(str(number), name, kind) for kind, names in table.items() for number, name in names.items()]
    return {key: (name, kind) for number, name, kind in told for key in (number, name)}


def answers(source: VaultEvents, stretch: Stretch, name: str) -> Iterator[Raw]:
    """The organisation's members, and its events between two moments.

    Raises:
        SourceError: an environment variable is not set, or no token is given.
    """
    client, key = secret(source.name, source.client_env or ""), secret(source.name, source.token_env or "")
    url = (source.url or "").rstrip("/")
    # A server of one's own has both below one name, the cloud has a name for each.
    own = url.removesuffix("/api")
    tokens = f"{own}/identity" if own != url else url.replace("//api.", "//identity.")
    server = Server.of_client("Bitwarden", url, f"{tokens}/connect/token", client, key, scope=_SCOPE)
    yield kept(f"{name}/members", "members", server.get("/public/members", {}, "reading the members").content)
    yield from paged(f"{name}/events", "events", _events(server, stretch), refused=_refused)


def _events(server: Server, stretch: Stretch) -> Iterator[bytes]:
    asked = {"start": written(stretch.since), "end": written(stretch.until)}
    doing = "reading events"

    def ask(token: str | None) -> tuple[bytes, str | None]:
        content = server.get("/public/events", asked | ({"continuationToken": token} if token else {}), doing).content
        return content, json.loads(content)["continuationToken"]

    return server.turned(ask, doing, _MOST_PAGES)


def _refused(error: SourceError, name: str, number: int) -> Raw:
    needs = "; it takes a plan that keeps events (Teams or Enterprise)" if number <= _MOST_PAGES else ""
    return missing(name, f"{error.why}{needs}")


def members_in(content: Any) -> dict[str, str]:
    """The addresses of an organisation's members by the ids that events name them by."""
    listed = as_objects(content.get("data") if isinstance(content, dict) else content)
    return {str(one.get("userId") or one.get("id")): str(one["email"]) for one in listed if one.get("email")}


def use(record: dict[str, Any], members: dict[str, str]) -> dict[str, Any] | None:
    """What a record tells of an item; None where it is about something else."""
    kind = record.get("type")
    if not isinstance(kind, str | int | None):
        raise ValueError("its type is none")  # noqa: TRY004 - a record, not a call
    known = _events_of_items().get(str(kind))
    if known is None:
        return None
    found = _ITEM.search(str(record.get("message") or ""))
    item = record.get("itemId") or (found and found[1].lower())
    who = str(record.get("actingUserId") or record.get("userId") or "")
    email = record.get("userEmail") or members.get(who) or who
    ip = record.get("ipAddress") or record.get("ip")
    return used(record, item, email, *known, ip, str(record.get("appName") or ""))
