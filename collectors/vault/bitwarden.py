"""Bitwarden's events of an organisation, by its public API and as the web vault exports them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from auditor.config.sources.vault import VaultEvents
from auditor.errors import SourceError
from auditor.model.details import as_objects
from auditor.model.vocabulary import Category
from collectors.base import Raw, missing
from collectors.checkpoints import Stretch, written
from collectors.tickets.answers import kept, paged, secret
from collectors.vault.uses import Use
from collectors.web import Server

_SCOPE, _MOST_PAGES = "api.organization", 10_000
# Numbers and names of the events of items: the client's tell of looking, the server's of changing.
_WRITTEN = {1100: "Cipher_Created", 1101: "Cipher_Updated"}
_CHANGES = {
    1102: "Cipher_Deleted",
    1115: "Cipher_SoftDeleted",
    1116: "Cipher_Restored",
}
_READS = {
    1107: "Cipher_ClientViewed",
    1108: "Cipher_ClientToggledPasswordVisible",
    1109: "Cipher_ClientToggledHiddenFieldVisible",
    1110: "Cipher_ClientToggledCardCodeVisible",
    1111: "Cipher_ClientCopiedPassword",
    1112: "Cipher_ClientCopiedHiddenField",
    1113: "Cipher_ClientCopiedCardCode",
    1114: "Cipher_ClientAutofilled",
    1117: "Cipher_ClientToggledCardNumberVisible",
}
_NAMES = {**_WRITTEN, **_CHANGES, **_READS}
_CATEGORIES = {Category.SECRET: _WRITTEN, Category.CHANGE: _CHANGES, Category.READ: _READS}
_NUMBERS = {name: number for number, name in _NAMES.items()}
# An export has the beginning of the item's id, in words.
_ITEM = re.compile(r"\bitem ([0-9a-f]{8})\b", re.IGNORECASE)


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
    for _ in range(_MOST_PAGES):
        answer = server.get("/public/events", asked, doing)
        with server.explained(doing):
            following = json.loads(answer.content)["continuationToken"]
        yield answer.content
        if not following:
            return
        asked = {**asked, "continuationToken": following}
    raise SourceError(f"it has more than {_MOST_PAGES:,} pages; the rest was not read")


def _refused(error: SourceError, name: str, number: int) -> Raw:
    needs = "; it takes a plan that keeps events (Teams or Enterprise)" if number <= _MOST_PAGES else ""
    return missing(name, f"{error.why}{needs}")


def members_in(content: Any) -> dict[str, str]:
    """The addresses of an organisation's members by the ids that events name them by."""
    listed = as_objects(content.get("data") if isinstance(content, dict) else content)
    return {str(one.get("userId") or one.get("id")): str(one["email"]) for one in listed if one.get("email")}


def use(record: dict[str, Any], members: dict[str, str]) -> Use | None:
    """What a record tells of an item; None where it is about something else."""
    kind = record.get("type")
    number = _NUMBERS.get(kind) if isinstance(kind, str) and not kind.isdecimal() else int(kind or 0)
    if number not in _NAMES:
        return None
    found = _ITEM.search(str(record.get("message") or ""))
    item = record.get("itemId") or (found and found[1].lower())
    who = str(record.get("actingUserId") or record.get("userId") or "")
    email = record.get("userEmail") or members.get(who) or who
    ip = record.get("ipAddress") or record.get("ip")
    category = next(one for one, numbers in _CATEGORIES.items() if number in numbers)
    return Use.of(record, item, email, _NAMES[number], category, ip, str(record.get("appName") or ""))
