"""What people asked Google's Privileged Access Manager for, and what came of it."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_object, as_objects, details
from auditor.model.tickets import TicketRef, Window
from auditor.model.vocabulary import Level, TicketKind, Work
from auditor.providers.google.projects import ProjectTree

_BROKER = "privilegedaccessmanager:"
_APPROVING, _ACTIVATING = (f"{_BROKER}{one}Grant" for one in ("Approve", "PAMActivate"))
_ENDING = frozenset(
    f"{_BROKER}{one}Grant" for one in ("Revoke", "Withdraw", "Deny", "PAMEnd", "PAMExpire", "PAMDelete")
)
_GRANT = re.compile(r"entitlements/([^/\s]+)/grants/([\w-]+)")
_SECONDS = re.compile(r"(\d{1,8})(?:\.\d+)?s")


def requests(config: Config, events: Iterable[JudgedEvent], rows: Snapshots) -> Iterator[TicketRef]:
    """A ticket for each request that was granted, from when it was until its time was over or it was taken back.

    Granted is what the broker says that it gave, or what it wrote into a policy: its condition names the request; where
    the log has neither, what the last of those who had to approve did. What is asked for on a folder or an organization
    is for the systems of all projects in it.
    """
    asked: dict[str, JudgedEvent] = {}
    approved: dict[str, JudgedEvent] = {}
    granted: dict[str, JudgedEvent] = {}
    ended: dict[str, JudgedEvent] = {}
    for event in events:
        name = _name(event)
        if name is None or event.outcome != "ok":
            continue
        if event.action == f"{_BROKER}CreateGrant":
            asked.setdefault(name, event)
        elif event.action in _ENDING:
            ended.setdefault(name, event)
        elif event.action == _APPROVING:
            approved[name] = event
        elif event.action == _ACTIVATING or not event.action.startswith(_BROKER):
            granted.setdefault(name, event)
    if not (approved | granted).keys() & asked.keys():
        return
    land = ProjectTree.of(config, rows.policies)
    for name, event in asked.items():
        agreed = approved.get(name)
        given = granted.get(name) or agreed
        if given and event.person and (length := _length(event)):
            approver = (agreed or given).person
            yield _ticket(name, (event, given, ended.get(name)), length, land.reached(event.scope), approver)


def _name(event: JudgedEvent) -> str | None:
    """The request that an event is about: named by its resource, or by what the broker wrote beside a binding."""
    texts = (event.detail or "",) if event.action.startswith(_BROKER) else _written(event)
    found = next(filter(None, map(_GRANT.search, (event.resource or "", *texts))), None)
    return f"PAM {found[1]} {found[2]}" if found else None


def _written(event: JudgedEvent) -> Iterator[str]:
    """What stands beside the bindings that a change of policy added: those that it took away begin nothing."""
    for delta in as_objects(details(event.detail).get("bindingDeltas")):
        if delta.get("action") != "REMOVE":
            yield " ".join(str(one) for one in as_object(delta.get("condition")).values())


def _length(event: JudgedEvent) -> timedelta | None:
    told = details(event.detail)
    asked = as_object(told.get("grant")) or told
    found = _SECONDS.fullmatch(str(asked.get("requestedDuration")))
    return timedelta(seconds=int(found[1])) if found else None


def _ticket(
    name: str,
    acts: tuple[JudgedEvent, JudgedEvent, JudgedEvent | None],
    length: timedelta,
    systems: tuple[str, ...],
    approver: str | None,
) -> TicketRef:
    asked, given, ended = acts
    person, starts = asked.person or "", given.time
    ends = max(starts, min(starts + length, ended.time if ended else starts + length))
    return TicketRef(
        ticket=name,
        kind=TicketKind.ACCESS,
        work=Work.ROUTINE,
        requester=person,
        people=(person,),
        systems=systems,
        level=Level.WRITE,
        approver=approver,
        windows=tuple(
            Window(
                ticket=name,
                person=person,
                system=system,
                level=Level.WRITE,
                starts_at=starts,
                ends_at=ends,
                closed_early=ended is not None,
            )
            for system in systems
        ),
        span=(starts, ends),
        asked=asked.evidence,
    )
