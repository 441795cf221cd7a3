"""What a later policy lets pass that an earlier one did not; tightening is nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from operator import gt, lt, ne
from typing import Any, TypeVar

from msgspec import Struct

from auditor.config.base import format_clock
from auditor.config.durations import format_duration
from auditor.config.models import Config, RuleException
from auditor.config.policy import Policy, ReleaseHours
from auditor.config.roster import Person
from auditor.config.systems import System
from auditor.model.vocabulary import Capability

T = TypeVar("T")
_LONGER = (
    *("incident_note_within", "max_writers", "max_incident", "max_grant", "max_extensions", "unused_after"),
    *("max_credential_age", "overlap_tolerance", "max_log_silence", "bulk_read", "rollback_drill_every"),
    *("review_after_incident_within",),
)
_SHORTER_LIST = ("second_reviewer_for", "release_note", "conflicting")
_UNTOLD = ("session_gap", "ticket_pattern")
_NO_MATTER = frozenset({"name", "kind", "timeout", "profile", "role_arn", "region", "endpoint_url", "user"})


class Loosened(Struct, frozen=True):
    """One thing that changed. `told` is False where it cannot be told whether it lets more pass than before."""

    what: str
    before: str
    after: str
    told: bool = True


class PolicyChange(Struct, frozen=True):
    """Something that changed between two runs: the last that was judged as before, and the first that was not."""

    change: Loosened
    last: str
    last_at: datetime
    seen_at: datetime


def loosened(before: Config, after: Config, day: date) -> Iterator[Loosened]:
    """Everything that is looser after, and what cannot be told; `day` is that of the later run."""
    yield from _policy(before.policy, after.policy, day)
    yield from _exceptions(before.exceptions, after.exceptions, day)
    yield from _roster(before, after, day)
    yield from _jobs(before, after)
    yield from _systems(before, after)
    yield from _sources(before, after)
    if len(after.notify) < len(before.notify):
        yield Loosened("notify", f"{len(before.notify)} addresses", f"{len(after.notify)}")
    if before.decisions.check and after.decisions != before.decisions:
        was, is_ = (_said(one.check) for one in (before.decisions, after.decisions))
        yield Loosened("decisions.check", was, is_, told=after.decisions.check != "signature")
    if before.anchor and after.anchor != before.anchor:
        was, is_ = (one.model_dump_json(exclude_none=True) if one else "none" for one in (before.anchor, after.anchor))
        yield Loosened("anchor", was, is_, told=after.anchor is None)
    if before.keep_raw and not after.keep_raw:
        yield Loosened("keep_raw", "true", "false")
    if before.timezone != after.timezone:
        yield Loosened("timezone", before.timezone, after.timezone, told=False)


def _policy(before: Policy, after: Policy, day: date) -> Iterator[Loosened]:
    for name in _LONGER:
        yield from _if(lt, f"policy.{name}", getattr(before, name), getattr(after, name))
    for work, length in before.windows.items():
        yield from _if(lt, f"policy.windows.{work}", length, after.windows[work])
    for name in _SHORTER_LIST:
        yield from _gone(f"policy.{name}", getattr(before, name), getattr(after, name))
    for name in _UNTOLD:
        if getattr(before, name) != getattr(after, name):
            yield Loosened(f"policy.{name}", _said(getattr(before, name)), _said(getattr(after, name)), told=False)
    yield from _added("policy.approvers", before.approvers, after.approvers)
    if after.duty_approves and not before.duty_approves:
        yield Loosened("policy.duty_approves", "false", "true")
    if before.requesters:  # nobody named means everybody
        everybody = () if after.requesters else ("everybody",)
        yield from _added("policy.requesters", before.requesters, (*after.requesters, *everybody))
    yield from _hours(before.release_hours, after.release_hours)
    for freeze in before.freezes:
        kept = any(one.from_ <= freeze.from_ and freeze.to <= one.to for one in after.freezes)
        if freeze.to >= day and not kept:
            yield Loosened("policy.freezes", f"{freeze.from_} to {freeze.to}", "none, or shorter")


def _hours(before: ReleaseHours, after: ReleaseHours) -> Iterator[Loosened]:
    yield from _added("policy.release_hours.days", before.days, after.days)
    yield from _if(gt, "policy.release_hours.from", before.from_, after.from_)
    yield from _if(lt, "policy.release_hours.to", before.to, after.to)


def _exceptions(before: Sequence[RuleException], after: Sequence[RuleException], day: date) -> Iterator[Loosened]:
    for one in after:
        covering = [old for old in before if _covers(old, one)]
        if one.until < day or any(old.until >= one.until for old in covering):
            continue
        about = " ".join(filter(None, (one.rule, one.person, one.account, one.system)))
        until = max((old.until for old in covering), default=None)
        yield Loosened(f"exceptions: {about}", f"until {until}" if until else "none", f"until {one.until}")


def _covers(old: RuleException, new: RuleException) -> bool:
    pairs = ((old.person, new.person), (old.account, new.account), (old.system, new.system))
    return fnmatchcase(new.rule, old.rule) and all(mine in (None, theirs) for mine, theirs in pairs)


def _roster(before: Config, after: Config, day: date) -> Iterator[Loosened]:
    jobs = {**after.jobs, **before.jobs}
    for old, new in _pairs(before.people, after.people):
        if old is None:
            if new.left is None or new.left >= day:
                yield Loosened(f"people: {new.id}", "not on the roster", new.name)
            continue
        yield from _added(f"people: {new.id}.accounts", old.accounts, new.accounts)
        if new.email and new.email.casefold() != (old.email or "").casefold():
            yield Loosened(f"people: {new.id}.email", old.email or "none", new.email)
        if old.left and (new.left is None or new.left > old.left):
            yield Loosened(f"people: {new.id}.left", str(old.left), str(new.left or "none"))
        more = _capabilities(new, day, jobs) - _capabilities(old, day, jobs)
        if more:
            yield Loosened(f"people: {new.id}.job", old.job_on(day) or "none", f"{new.job_on(day)}: {_said(more)}")
    for old, new in _pairs(before.service_accounts, after.service_accounts):
        yield from _declared("service_accounts", old, new, ("accounts",), ("pipeline",))
    for old, new in _pairs(before.break_glass, after.break_glass):
        yield from _declared("break_glass", old, new, ("accounts",), ())
    for old, new in _pairs(before.vendors, after.vendors):
        yield from _declared("vendors", old, new, (), ("account", "external_id"))


def _declared(kind: str, old: Any, new: Any, lists: Iterable[str], values: Iterable[str]) -> Iterator[Loosened]:
    """A robot, a vendor or emergency access that is declared from now on, or that stands for more."""
    if old is None:
        yield Loosened(f"{kind}: {new.id}", "not declared", new.id)
        return
    for name in lists:
        yield from _added(f"{kind}: {new.id}.{name}", getattr(old, name), getattr(new, name))
    for name in values:
        yield from _if(ne, f"{kind}: {new.id}.{name}", getattr(old, name), getattr(new, name))


def _capabilities(person: Person, day: date, jobs: Mapping[str, tuple[Capability, ...]]) -> frozenset[Capability]:
    return frozenset(jobs.get(person.job_on(day) or "", ()))


def _jobs(before: Config, after: Config) -> Iterator[Loosened]:
    """Jobs that may do more; one that nobody had before lets nobody do more by itself."""
    held = {job for person in before.people for job in (person.job, *(one.job for one in person.jobs))}
    for job in sorted(after.jobs.keys() & held):
        yield from _added(f"jobs.{job}", before.jobs.get(job, ()), after.jobs[job])


def _systems(before: Config, after: Config) -> Iterator[Loosened]:
    now = {system.id: system for system in after.systems}
    for old in before.systems:
        new = now.get(old.id)
        if new is None:
            yield Loosened(f"systems: {old.id}", old.name, "no longer looked at")
            continue
        yield from _owners(old, new)
        gone, more = _apart(_places(old), _places(new))
        if gone:
            yield Loosened(f"systems: {old.id}.resources", _said(gone), _said(more), told=not more)


def _places(system: System) -> list[str]:
    return [f"{place.provider_name} {place.scope} {_said(place.names)}" for place in system.resources]


def _owners(old: System, new: System) -> Iterator[Loosened]:
    """Owners may change their system without asking: whoever becomes one may do more."""
    owned = {old.primary, old.backup}
    for name in ("primary", "backup"):
        owner = getattr(new, name)
        if owner and owner not in owned:
            yield Loosened(f"systems: {new.id}.{name}", getattr(old, name) or "none", owner)
    yield from _added(f"systems: {new.id}.on_duty", old.on_duty, new.on_duty)


def _sources(before: Config, after: Config) -> Iterator[Loosened]:
    now = {source.name: source for source in after.sources}
    for old in before.sources:
        new = now.get(old.name)
        if new is None:
            yield Loosened(f"sources: {old.name}", old.kind, "no longer read")
        else:
            was, is_ = (source.model_dump(mode="json") for source in (old, new))
            keys = sorted((was.keys() | is_.keys()) - _NO_MATTER)
            for key in (key for key in keys if was.get(key) != is_.get(key) and not key.endswith("_env")):
                yield from _read_less(f"sources: {old.name}.{key}", was.get(key), is_.get(key))


def _read_less(what: str, before: Any, after: Any) -> Iterator[Loosened]:
    """Whether less is read than before is told of lists alone: one that only lost entries, or only got some."""
    if isinstance(before, list) and isinstance(after, list) and before and after:
        gone, more = _apart(before, after)
        if gone:
            yield Loosened(what, _said(before), _said(after), told=not more)
    else:
        yield Loosened(what, _said(before), _said(after), told=False)


def _pairs(before: Iterable[Any], after: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Each of the later ones with what it was before, if it was there."""
    known = {one.id: one for one in before}
    return ((known.get(one.id), one) for one in after)


def _added(what: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[Loosened]:
    _, more = _apart(before, after)
    if more:
        yield Loosened(what, _said(before), f"also {_said(more)}")


def _gone(what: str, before: Iterable[Any], after: Iterable[Any]) -> Iterator[Loosened]:
    gone, _ = _apart(before, after)
    if gone:
        yield Loosened(what, _said(before), f"without {_said(gone)}")


def _if(looser: Callable[[Any, Any], bool], what: str, before: Any, after: Any) -> Iterator[Loosened]:
    if looser(before, after):
        yield Loosened(what, _said(before), _said(after))


def _apart(before: Iterable[T], after: Iterable[T]) -> tuple[list[T], list[T]]:
    """What is gone, and what is new."""
    was, is_ = list(before), list(after)
    return [one for one in was if one not in is_], [one for one in is_ if one not in was]


def _said(value: Any) -> str:
    """A value as auditor.yaml writes it."""
    match value:
        case time():
            return format_clock(value)
        case timedelta():
            return format_duration(value)
        case None | ():
            return "none"
        case str() | int():
            return str(value)
        case _ if isinstance(value, Iterable):
            return ", ".join(sorted(_said(one) for one in value)) or "none"
        case _:
            return str(value)
