"""What changes set, beside what was set there before where the log has both."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.incident import Act, Incident
from auditor.case.moment import place
from auditor.model.tables import Deployment
from auditor.providers.settings import Setting
from reports.words import short

Values = Mapping[tuple[str, str, int], Setting]

MOST = 6
LENGTH = 60
_ENTRY_LENGTH = 160
_COMMIT = 12
_UNSET = Setting()


class How(StrEnum):
    """How a change touched a value."""

    SET = "set"
    ADDED = "added"
    REMOVED = "removed"


class Difference(Struct, frozen=True):
    """One value that a change set, or one entry that it added or removed; `old` is empty where it is not known."""

    name: str
    old: str
    new: str
    how: How = How.SET

    def text(self) -> str:
        """`desiredCount 4 → 40`, `rule + tcp 22 from 0.0.0.0/0`."""
        if self.how is not How.SET:
            return f"{self.name} {self.sign} {short(self.new or self.old, _ENTRY_LENGTH)}"
        new = short(self.new, LENGTH if self.old else _ENTRY_LENGTH)
        old = f"{short(self.old, LENGTH)} → " if self.old else ""
        return f"{self.name} {old}{new}"

    @property
    def sign(self) -> str:
        """`+` for what came, a minus for what went, nothing for a value."""
        return {How.SET: "", How.ADDED: "+", How.REMOVED: "\N{MINUS SIGN}"}[self.how]


def differences(act: Act, values: Values) -> tuple[Difference, ...]:
    """What a change set, beside what was set there before where the log has both."""
    now, before = values.get(place(act.told.evidence), _UNSET), was(act, values)
    gone = (Difference(name, text, "", How.REMOVED) for name, text in before.took)
    return (*gone, *_entries(now, before), *tuple(_values(now, before, "\n".join(act.resources)))[:MOST])


def was(act: Act, values: Values) -> Setting:
    """What was set before a change: by the log, or by the last snapshot where that is the newer of the two."""
    now = values.get(place(act.told.evidence), _UNSET)
    before = values.get(place(act.before.evidence), _UNSET) if act.before else _UNSET
    if now.stood and now.stood.at and (act.before is None or before.of != now.of or act.before.time <= now.stood.at):
        return now.stood
    # What the change before it added or removed is not what this one found.
    return replace(before, took=()) if before.of == now.of else _UNSET


def unread(act: Act, values: Values) -> str:
    """Why it is not known what a change set; empty where that is known, or there is nothing to know."""
    return values.get(place(act.told.evidence), _UNSET).unread


def _entries(now: Setting, before: Setting) -> Iterator[Difference]:
    for name, text in now.gave:
        yield Difference(name, "", text, How.ADDED)
    for name, text in now.took:
        yield Difference(name, text, "", How.REMOVED)
    for name, entries in now.entries.items():
        gone = [one for one in before.entries.get(name, ()) if one not in entries]
        known = before.entries.get(name, ())
        yield from (Difference(name, one, "", How.REMOVED) for one in gone)
        how = How.ADDED if known else How.SET
        yield from (Difference(name, "", one, how) for one in entries if one not in known)


def _values(now: Setting, before: Setting, named: str) -> Iterator[Difference]:
    """What is named beside it already, such as the thing itself, is no value."""
    old = {**before.values, **now.before}
    for name, value in now.values.items():
        if old.get(name) != value and (name in old or value not in named):
            yield Difference(name, old.get(name, ""), value)


def commits(review: Incident, deployment: Deployment) -> tuple[Difference, ...]:
    """The commit that a deployment brought, and the one before it."""
    before = review.released_before.get(deployment.deployment_id)
    new, old = (deployment.commit or "")[:_COMMIT], ((before.commit if before else None) or "")[:_COMMIT]
    return (Difference("commit", old, new),) if new and old and new != old else ()
