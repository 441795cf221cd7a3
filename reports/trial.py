"""What a policy's old and new document say of recorded calls, in words: for the terminal, and as JSON."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from auditor.case.trial import Trial
from auditor.model.groups import grouped
from auditor.providers.permitted import Answer
from reports.words import account_name, day, listing, plural, shown

_MOST_THINGS, _MOST_NAMED = 3, 5
_SAID = {Answer.ALLOWED: "allowed", Answer.DENIED: "denied", Answer.UNKNOWN: "not decidable"}
_ORDER = (Answer.DENIED, Answer.UNKNOWN, Answer.ALLOWED)


class Verdict(Struct, frozen=True, kw_only=True):
    """What the two documents say of calls of one action, and why that cannot be told."""

    action: str
    calls: int
    old: str
    new: str
    on: str
    why: str


class TrialView(Struct, frozen=True, kw_only=True):
    """The answer: a sentence, and by action what the documents say; that on which they differ comes first.

    Args:
        harmless: whether the new document is known to allow all that was done.
    """

    headline: str
    harmless: bool
    verdicts: tuple[Verdict, ...]


def trial_view(told: Trial) -> TrialView:
    """What a trial came to."""
    answers = Counter[Answer]()
    lost = Counter[str]()
    for act, old, new in told.acts:
        answers[new.answer] += act.events
        if new.answer is Answer.DENIED and old.answer is not Answer.DENIED:
            lost[act.action] += act.events
    calls, zone = plural(told.calls, "call"), told.config.zone
    days = plural((told.at - told.from_).days, "day")
    of = f"{calls} of {account_name(told.holder.account)} in the {days} to {day(told.at, zone)}"
    sentences = [f"The new document allows {answers[Answer.ALLOWED]:,} of {of}"]
    if lost:
        names = listing((f"{shown(action)} ({count:,})" for action, count in lost.most_common()), most=_MOST_NAMED)
        sentences.append(f"it newly denies {lost.total():,}: {names}")
    if unexplained := answers[Answer.DENIED] - lost.total():
        sentences.append(f"{unexplained:,} neither document allows")
    if answers[Answer.UNKNOWN]:
        sentences.append(f"of {answers[Answer.UNKNOWN]:,} it cannot be told")
    return TrialView(
        headline=f"{'; '.join(sentences)}.",
        harmless=told.calls > 0 and answers[Answer.ALLOWED] == told.calls,
        verdicts=tuple(_verdicts(told)),
    )


def trial_json(told: Trial, view: TrialView) -> dict[str, Any]:
    """The answer for machines, act by act."""
    return {
        "organisation": told.config.organisation,
        "account": told.holder.account,
        "from": told.from_.isoformat(),
        "to": told.at.isoformat(),
        "headline": view.headline,
        "calls": told.calls,
        "acts": [
            msgspec.to_builtins({"act": act, "old": old, "new": new}, order="deterministic")
            for act, old, new in told.acts
        ],
    }


def _verdicts(told: Trial) -> Iterator[Verdict]:
    alike = grouped(((act.action, old.answer, new.answer), (act, new)) for act, old, new in told.acts)
    for (action, before, after), some in sorted(alike.items(), key=lambda item: _place(*item[0])):
        things = dict.fromkeys(_thing(act.resource) for act, _ in some if act.resource)
        yield Verdict(
            action=shown(action),
            calls=sum(act.events for act, _ in some),
            old=_SAID[before],
            new=_SAID[after],
            on=listing(things, most=_MOST_THINGS),
            why=shown(next((new.why for _, new in some if new.why), "")),
        )


def _place(action: str, before: Answer, after: Answer) -> tuple[bool, int, str]:
    return before is after, _ORDER.index(after), action


def _thing(resource: str) -> str:
    return " ".join(map(account_name, resource.split(" ")))
