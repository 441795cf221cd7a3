"""Tickets as trackers export them to a file: which of their columns says what."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.details import as_list, as_objects
from auditor.model.statements import NO_COLUMN, UNREAD
from auditor.model.written import written
from collectors.jira.text import with_names
from collectors.problems import Problems
from collectors.tickets.approvals import Comment, Mark, by_button, moved
from collectors.tickets.records import called_by, plain
from collectors.tickets.thread import Thread
from collectors.times import parse_local

# A field that the team made, in the languages of Jira's headings.
_CUSTOM = re.compile(
    r"(?:custom_field|benutzerdefinierte[s]?_feld(?:er)?|champs?_personnalisés?|campo_personalizado"
    r"|pole_(?:niestandardowe|własne)|пользовательское_поле)_\((.+)\)"
)
_ISSUE_PAGE = re.compile(r"https?://[^/]+/(.+?)/(?:-/)?(?:issues|work_items)/(\d+)$")
_LOGINS = ("login", "username", "email", "name", "summary")
_APPROVED = re.compile(
    r"approved|genehmigt|freigegeben|approuvée?|aprobad[oa]|approvat[oa]|aprovad[oa]|goedgekeurd", re.IGNORECASE
)
_IN_UTC = "_(utc)"
_GIVEN = ("person", "systems", "level", "work", "reason", "starts_at", "ends_at", "extends", "kind", "second_reviewer")
# Of these, what a field of the team's own can mean under another name; its `Category` or `Risk` may be of anything.
_ELSEWISE = ("person", "systems", "level", "reason", "starts_at", "ends_at")
# Under these, some trackers keep a note of what was done, and others a word of a list: `Done`, `Solved (Permanently)`.
MAY_BE_CHOSEN = frozenset({"resolution", "solution", "lösung", "outcome", "result"})
_SHORT = {"systems": ("system",), "starts_at": ("start",), "ends_at": ("end", "until")}


class Export(Struct, frozen=True):
    """How a tracker writes its tickets.

    Args:
        provider: as accounts of its people begin.
        account: what stands before a login in it; nothing where it writes people's names.
        columns: the tracker's column, as `records` names it, of each thing that a thread holds; of several, the first
            that is filled in counts, and of assignees all.
        always: the kind of all its tickets, where they have none of their own.
        other: the tracker's column that is filled in only where a record is no ticket.
    """

    provider: str
    account: str
    columns: Mapping[str, str]
    always: str = ""
    other: str = ""

    def thread(
        self,
        values: Mapping[str, Any],
        zone: ZoneInfo,
        problems: Problems,
        shown: Mapping[str, str] = MappingProxyType({}),
    ) -> Thread:
        """A record as a ticket with what was written under it; `shown` are people's names by their ids."""
        filled = {name: next(filter(values.get, of.split()), "") for name, of in self.columns.items()}
        told = {name: values.get(column) for name, column in filled.items()}
        url = plain(told.get("url")) or None
        ticket = plain(told["ticket"])
        page = _ISSUE_PAGE.match(url or "")
        if page and ticket.isdigit():
            ticket = f"{page[1]}#{page[2]}"

        def time(text: str, column: str = "") -> datetime | None:
            if not text:
                return None
            try:
                return parse_local(text, ZoneInfo("UTC") if column.endswith(_IN_UTC) else zone)[0]
            except ValueError:
                problems.note("a time cannot be read and was left out", ticket)
                return None

        given = list(_given(values))
        asked = {"description", *(name for _, name, _ in given)}
        changes = list(_changes(told.get("history"), time))
        return Thread(
            ticket=ticket,
            url=url,
            title=plain(told.get("title")),
            description=with_names(plain(told.get("description")), shown),
            provider=self.provider,
            kinds=_names(told.get("kind")) or ([self.always] if self.always else ()),
            labels=_names(told.get("labels")),
            requester=next(iter(_people(told.get("requester"), self.account)), None),
            assignees=list(
                dict.fromkeys(
                    who
                    for name in self.columns.get("assignees", "").split()
                    for who in _people(values.get(name), self.account)
                )
            ),
            opened_at=time(plain(told.get("opened_at")), filled["opened_at"]),
            closed_at=time(plain(told.get("closed_at")), filled["closed_at"]),
            status=", ".join(
                filter(None, (plain(called_by(values.get(name))) for name in self.columns.get("status", "").split()))
            ),
            turns=[(at, bool(after)) for at, field, after in changes if field == "resolution"],
            edited_at=time(plain(told.get("edited_at")))
            or max((at for at, field, _ in changes if field in asked), default=None),
            given=({"systems": systems} if (systems := plain(called_by(told.get("systems")))) else {})
            | {column: text for column, _, text in given},
            comments=[_named(one, shown) for one in _comments(told.get("comments"), self.account, time)],
            marks=[*_approved(told.get("approved"), time), *_moved(told.get("history"), time)],
            closeout=_closeout(values),
            unread=self._unread(told, values),
        )

    def is_other(self, values: Mapping[str, Any]) -> bool:
        """Whether a record says that it is no ticket."""
        return bool(self.other and values.get(self.other))

    def _unread(self, told: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
        """Why it cannot be told who approved."""
        if _text(told.get("approvals")):
            return f"its approvals are not told in a CSV: who gave them is in {self.provider.title()}'s answers in JSON"
        if unread := plain(told.get("unread")):
            return unread
        names, number = self.columns.get("comments", "").split(), told.get("comments")
        labels = _names(told.get("labels"))
        lacks = values.keys().isdisjoint(names) or (isinstance(number, int) and number)
        if lacks:
            return "the export holds no comments"
        marked = any(map(_says_approved, (_text(called_by(told.get("status"))), *labels)))
        return NO_COLUMN.removeprefix(UNREAD) if marked else None


@cache
def exports() -> Mapping[str, Export]:
    """Each tracker's way, by the name that the configuration gives it."""
    return written(__package__, "exports", dict[str, Export])


@cache
def called() -> Mapping[str, tuple[str, ...]]:
    """The names that teams give the columns of the tickets table, most telling first, by the column."""
    return {column: tuple(names.split()) for column, names in written(__package__, "columns", dict[str, str]).items()}


def shown_names(records: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """People's names by their ids, where columns such as `Assignee` and `Assignee Id` stand beside each other.

    In other languages it is `Autor` and `ID des Autors`, the one right before the other.
    """
    found: dict[str, str] = {}
    for values in records:
        for (before, shown), (column, ids) in pairwise(values.items()):
            own = before in _people_columns() and column.startswith("id_")
            names = shown if own else values.get(column.removesuffix("_id")) if column.endswith("_id") else None
            if isinstance(ids, str) and isinstance(names, str) and ids and names:
                found[ids] = names
    return found


@cache
def _people_columns() -> frozenset[str]:
    """Jira's columns of people, in all of its languages."""
    columns = exports()["jira"].columns
    return frozenset(f"{columns['requester']} {columns['assignees']}".split())


def _named(comment: Comment, shown: Mapping[str, str]) -> Comment:
    """A comment of whom the tracker names by an id alone, with the name beside it; so with whom it mentions."""
    who, text = comment.who or "", with_names(comment.text, shown)
    return replace(comment, who=f"{shown[who]} <{who}>" if who in shown else comment.who, text=text)


def _given(values: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Fields that the team made for requests: `Custom field (Person)`, or a column of the ticket table's own name.

    Each is told with the name that it has, and what stands in it.
    """
    own = _custom(values)
    for column in _GIVEN:
        others = called()[column] if column in _ELSEWISE else ()
        told = (
            *((name, own.get(name)) for name in (column, *others)),
            *((name, values.get(name)) for name in (column, *_SHORT.get(column, ()))),
        )
        if found := next(((name, text) for name, value in told if (text := _text(value))), None):
            yield column, *found


def _custom(values: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in the fields that the team made, by their names."""
    return {_plainly(custom[1]): values[name] for name in values if (custom := _CUSTOM.fullmatch(name))}


def _closeout(values: Mapping[str, Any]) -> str:
    """The note of what was done, where the team made a field for it."""
    own, names = _custom(values), (name for name in called()["closeout"] if name not in MAY_BE_CHOSEN)
    return next((text for name in ("closeout", *names) if (text := _text(own.get(name)))), "")


def _plainly(field: str) -> str:
    """A field's name as columns are named here."""
    return re.sub(r"[\s-]+", "_", field.strip().casefold())


def _text(value: Any) -> str:
    return ", ".join(map(plain, value)) if isinstance(value, list) else plain(value)


def _comments(value: Any, account: str, time: Callable[[str], datetime | None]) -> Iterator[Comment]:
    """Jira's `time;author;words`, one a column, or GitHub's objects."""
    for one in _listed(value):
        if isinstance(one, dict):
            at, words = plain(one.get("createdAt")), plain(one.get("body"))
            who = next(iter(_people(one.get("author") or one.get("user"), account)), None)
        elif isinstance(one, str) and one.count(";") > 1:
            at, who, words = one.split(";", 2)
        else:
            continue
        if moment := time(at):
            yield Comment(who or None, moment, words)


def _approved(value: Any, time: Callable[[str], datetime | None]) -> Iterator[Mark]:
    """`time;person` of each who approved by Service Management's button."""
    for one in value if isinstance(value, list) else []:
        at, _, who = plain(one).partition(";")
        if moment := time(at):
            yield by_button(who or None, moment)


def _moved(value: Any, time: Callable[[str], datetime | None]) -> Iterator[Mark]:
    """What changes of its status and its labels put on and took off."""
    for one in as_objects(value):
        at, who, field, before, after = (plain(one.get(name)) for name in ("at", "who", "field", "from", "to"))
        if moment := time(at):
            yield from moved(field, before, after, who or None, moment)


def _changes(value: Any, time: Callable[[str], datetime | None]) -> Iterator[tuple[datetime, str, str]]:
    """When each field was changed, and to what."""
    for one in as_objects(value):
        if moment := time(plain(one.get("at"))):
            yield moment, _plainly(plain(one.get("field"))), plain(one.get("to"))


def _says_approved(mark: str) -> bool:
    """Whether a status or a label says that somebody approved: `Approved`, `access::approved`."""
    return _APPROVED.fullmatch(mark.rpartition(":")[2].strip()) is not None


def _people(value: Any, account: str) -> list[str]:
    """People as accounts, where the tracker writes their logins; else by name."""
    return [account + name for name in _names(value)]


def _names(value: Any) -> list[str]:
    """Names in a list, in a text with commas between, or in objects that have a login, an address or a name."""
    parts = plain(value).split(",") if isinstance(value, str | int) else _listed(value)
    return [name for name in dict.fromkeys(plain(_called(part)) for part in parts) if name]


def _called(part: Any) -> Any:
    """What somebody is called, also within an object that says what they did."""
    if not isinstance(part, dict):
        return part
    inner = next((part[key] for key in ("acknowledger", "assignee") if isinstance(part.get(key), dict)), part)
    return next((inner[key] for key in _LOGINS if inner.get(key)), "")


def _listed(value: Any) -> list[Any]:
    """A list, also one that an answer of GraphQL wraps; anything else as the only entry of one."""
    if isinstance(value, dict) and isinstance(value.get("nodes"), list):
        return list(value["nodes"])
    return as_list(value)
