"""GitLab's audit events from files: `audit_json.log`, streamed events, saved answers, and the audit page's CSV."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from auditor.config.sources.gitlab import GitlabActivity
from auditor.model.details import as_object
from auditor.model.tables import Activity
from collectors.answers import Times
from collectors.base import Batch, Context, Normalised, own_id
from collectors.exported import exported
from collectors.gitlab.activity_shapes import AuditEvent
from collectors.gitlab.audit_rows import event_row
from collectors.json_values import Broken, why_unread
from collectors.log_files import LogCoverage
from collectors.reading import Origin, Reading

_COLUMNS = ("author id", "author_id")
_PLACES = ("Project", "Group")
# What a line of the log has beside the details that are spread out in it, or instead of them.
_OUTSIDE = frozenset(
    (
        "id", "author_id", "entity_id", "entity_type", "event_type", "created_at", "details", "severity", "time",
        "correlation_id", "meta", "component", "subcomponent", "level", "pid", "worker_id", "host",
    )
)  # fmt: skip
# What an event has beside its details, where they do not have it.
_BESIDE = ("author_name", "entity_path", "ip_address", "target_id", "target_type", "target_details")
_OWN_LOG = ("audit_json", "audit")
"""By what a container that prints all logs together names this one."""

_NUMBERED = "GitLab's log names the {0} by its number alone ({1})"
_EXPIRY = r"(?: with expiry (?:changing from (?P<expiry_from>.+?) to (?P<expiry_to>.+)|remaining unchanged at .+))?"
_SAYINGS: tuple[tuple[str, dict[str, str]], ...] = (
    (r"Added user access(?: as (?P<as>.+))?", {"add": "user_access"}),
    (r"Removed user access(?: via system job\. Reason: (?P<reason>.+))?", {"remove": "user_access"}),
    (rf"Changed access level(?: from (?P<from>.+?))? to (?P<to>.+?){_EXPIRY}", {"change": "access_level"}),
    (r"Added project access(?: as (?P<as>.+))?", {"add": "project_access"}),
    (r"Changed admin status(?: from (?P<from>\w+))? to (?P<to>\w+)", {"change": "admin status"}),
    (r"Added deploy key", {"add": "deploy_key"}),
    (r"Created project (?:access )?token with .+", {"event_name": "project_access_token_created"}),
    (r"Created group (?:access )?token with .+", {"event_name": "group_access_token_created"}),
    (r"Created (?:project )?deploy token with .+", {"event_name": "deploy_token_created"}),
    (r"Created group deploy token with .+", {"event_name": "group_deploy_token_created"}),
    (r"Invited .+ to the group .+", {"event_name": "group_share_with_group_link_created"}),
    (r"(?:Added|Changed) deploy access level .+", {}),
    (r"Signed in with (?P<with>\S+) authentication", {}),
    (r"Failed to login with (?P<failed_login>.+) authentication", {}),
)
"""What stands in the column of actions for which details; what none of them fits is known by its words alone."""
_UNTOLD = "GitLab's table tells it in words alone, which are not known: {0}"


def records(content: bytes) -> list[Any]:
    """The events of a file, unpacked, each an object or a sentence on why it is none.

    Raises:
        ValueError: nothing in it is JSON or a table.
    """
    return exported(content, _is_event, _COLUMNS)


def _is_event(value: dict[str, Any]) -> bool:
    return {"author_id", "entity_type"} <= value.keys()


class _Entry(msgspec.Struct, frozen=True):
    """An event in whatever form, and what beside its details says who and where it was.

    Args:
        user: of whoever asked for it, the number and the name; None where that is not told.
    """

    event: AuditEvent
    user: tuple[int, str] | None

    @property
    def path(self) -> str | None:
        """The path of what it is about."""
        told = self.event.details
        if path := told.get("entity_path"):
            return str(path)
        own = (
            told.get("target_type") == self.event.entity_type == "Project"
            and told.get("target_id") == self.event.entity_id
        )
        return str(told.get("target_details") or "") or None if own else None


class AuditLogReader:
    """Reads a batch of files; what one event tells of a user's or a project's number holds for the others."""

    def __init__(self, source: GitlabActivity, context: Context) -> None:
        self._reading = Reading(source.name, context)
        self._coverage = LogCoverage(source.audit_log or "")
        self._server = urlsplit(source.url).netloc or "gitlab"
        self._entries: list[tuple[Origin, int, _Entry]] = []
        self._numbered: set[str] = set()

    def read(self, batch: Batch) -> Normalised:
        """Activity, and coverage for each group at the top."""
        origins = [self._reading.read(raw, self._take) for raw in batch]
        self._reading.extend(self._rows())
        for origin in origins:
            self._coverage.file(origin, remarks=True)
        if not batch:
            self._coverage.note("it holds no audit log: nothing can be said about what happened")
        for place in sorted(self._numbered):
            self._coverage.note(f"of {place} only its number is told: where what was done there belongs is not known")
        self._coverage.cover(self._reading, self._reading.extents(self._log_of))
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        found = records(origin.content())
        taken = 0
        for number, record in enumerate(found):
            if _is_of_another_log(record):
                origin.remarks.note("lines of GitLab's other logs were passed over", f"line {number + 1}")
                continue
            try:
                self._entries.append((origin, number, _entry(record)))
                taken += 1
            except (ValueError, RecursionError) as error:
                origin.problems.reject(why_unread(error), f"event {number + 1}")
        if not taken and not origin.problems:
            origin.problems.note("it holds no audit event")
        origin.lost = not taken and bool(found) and bool(origin.problems.rejected)

    def _rows(self) -> Iterator[Activity]:
        names = dict(_names(entry for _, _, entry in self._entries))
        paths = {(e.event.entity_type, e.event.entity_id): path for _, _, e in self._entries if (path := e.path)}
        for origin, number, entry in self._entries:
            event = entry.event
            scope = self._server
            if event.entity_type in _PLACES:
                scope, event = self._placed(entry, paths.get((event.entity_type, event.entity_id)))
            place = scope, event.entity_type == "Project"
            if row := event_row(origin.at(number), place, event, names, Times(origin.problems)):
                yield row
            else:
                origin.problems.rejected += 1

    def _placed(self, entry: _Entry, known: str | None) -> tuple[str, AuditEvent]:
        """The project or group of an event, and the event with why that cannot be told where it cannot."""
        event = entry.event
        if path := entry.path or known:
            return path, event
        kind = event.entity_type.lower()
        place = f"{kind} {event.entity_id}"
        self._numbered.add(place)
        untold = _NUMBERED.format(kind, event.entity_id)
        return place, msgspec.structs.replace(event, details={**event.details, "untold": untold})

    def _log_of(self, scope: str) -> str:
        """The group at the top, of whose log the events of a scope are."""
        top = self._server if scope in self._numbered else scope.partition("/")[0]
        return f"{top} audit log"


def _names(entries: Iterable[_Entry]) -> Iterator[tuple[int, str]]:
    """Users' names by their numbers, the newest last: as they asked for something, and as something is about them."""
    for entry in entries:
        if entry.user:
            yield entry.user
        if entry.event.entity_type == "User" and entry.event.entity_id and (path := entry.path):
            yield entry.event.entity_id, path


def _entry(record: Any) -> _Entry:
    """An event in any of its forms.

    Raises:
        ValueError, msgspec.ValidationError: it is none: it says what is missing.
    """
    if not isinstance(record, dict):
        raise ValueError(record if isinstance(record, Broken) else "it is no audit event")  # noqa: TRY004 - a record's
    if is_row(record):
        record = event_of(record)
    if not _is_event(record):
        raise ValueError("it is no audit event")
    inside = record.get("details")
    details = inside if isinstance(inside, dict) else _spread(record)
    beside = {name: record[name] for name in _BESIDE if record.get(name) not in (None, "")}
    if address := _meta(record, "remote_ip"):
        beside.setdefault("ip_address", address)
    author = _number(record["author_id"])
    event = {
        "id": record.get("id") or own_id(record),
        "author_id": record["author_id"],
        "created_at": str(record.get("created_at") or record.get("time") or ""),
        "entity_type": record["entity_type"],
        "entity_id": _number(record.get("entity_id")),
        "event_type": record.get("event_type") or None,
        "details": {**beside, **{name: value for name, value in details.items() if value not in (None, "")}},
    }
    return _Entry(msgspec.convert(event, AuditEvent, strict=False), _user(record, author))


def _spread(record: Mapping[str, Any]) -> dict[str, Any]:
    """Details that are spread out in a line."""
    return {name: value for name, value in record.items() if name not in _OUTSIDE and not name.startswith("meta.")}


def _user(record: Mapping[str, Any], author: int | None) -> tuple[int, str] | None:
    """Whoever asked for what a line of the log tells, by number and name.

    Older servers write the name alone: it is the author's, but for what GitLab does by itself.
    """
    name, number = _meta(record, "user"), _number(_meta(record, "user_id"))
    if number is None and not record.get("system_event"):
        number = author
    return (number, name) if isinstance(name, str) and name and number and number > 0 else None


def _meta(record: Mapping[str, Any], name: str) -> Any:
    """What a line says of the request behind it: `meta.user`, which some programs take apart."""
    return record.get(f"meta.{name}") or as_object(record.get("meta")).get(name)


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _is_of_another_log(record: Any) -> bool:
    """Whether a line is of another of GitLab's logs, which one container prints together."""
    if not isinstance(record, dict) or _is_event(record) or is_row(record):
        return False
    return record.get("subcomponent", _OWN_LOG[0]) not in _OWN_LOG or {"severity", "time"} <= record.keys()


def is_row(record: Mapping[str, Any]) -> bool:
    """Whether a record is a row of the table."""
    return "Author ID" in record


def event_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as an event is told elsewhere; `untold` says why where it cannot be told what gives a right."""
    told = {name.partition(" (")[0].lower().replace(" ", "_"): value for name, value in row.items()}
    said = str(told.pop("action", ""))
    fits = next(((match, what) for words, what in _SAYINGS if (match := re.fullmatch(words, said))), None)
    details: dict[str, Any] = {"custom_message": said}
    if fits:
        details |= fits[1] | {name: value for name, value in fits[0].groupdict().items() if value}
    else:
        details["untold"] = _UNTOLD.format(said)
    target = str(told.get("target_id", ""))
    return {**told, "target_id": int(target) if target.isascii() and target.isdecimal() else target, "details": details}
