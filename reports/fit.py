"""Grants that fit, in words: for the terminal, beside the files to apply, for programs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from msgspec import Struct

from auditor.model.groups import grouped
from auditor.model.vocabulary import Capability
from auditor.providers.fitted import Fitted, Work
from auditor.providers.permitted import Answer
from reports.files import write_private
from reports.findings_json import stamp
from reports.words import account_name, date, listing, plural, shown

FOLDER = "fit"
_MOST = 6
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


class Grant(Struct, frozen=True, kw_only=True):
    """What fits one account.

    Args:
        who: whose the account is, by name.
        since: from when on its log tells anything; None where nothing was done.
        heard: whether any log of where it is held was read.
        refused: calls that were refused or failed, by action: they are not in it.
        checked: of the calls that it claims to allow, how many evaluation allows, refuses, or cannot tell; empty where
            nothing was evaluated.
        gone: who is behind it and has left.
        doubts: why evaluation could not tell, or what it refuses.
    """

    provider: str
    account: str
    who: str
    work: Work
    fitted: Fitted
    since: datetime | None = None
    heard: bool = True
    refused: Mapping[str, int]
    checked: Mapping[Answer, int]
    gone: Sequence[str] = ()
    doubts: Sequence[str] = ()

    @property
    def events(self) -> int:
        """How many calls it is made from."""
        return sum(act.events for act in self.work.acts)


class Fit(Struct, frozen=True, kw_only=True):
    """Grants for everybody who was asked for; `unread` are sources that the latest run could not read."""

    what: str
    name: str
    from_: datetime
    at: datetime
    grants: Sequence[Grant]
    unread: Sequence[str] = ()
    folder: Path | None = None


def summary(grant: Grant) -> str:
    """`keeps read logs and deploy; drops 214 actions, manage access among them`."""
    fitted, held = grant.fitted, {one for path in grant.work.held for one in path.capabilities}
    if not grant.work.acts:
        told = _words(held)
        if not grant.heard:
            return f"holds {told or 'rights'}; no log tells what of it was used"
        return f"holds {told}, and used nothing of it" if told else "used nothing"
    if grant.gone:
        return f"nothing fits, since {listing(grant.gone)} left"
    if not fitted.files:
        return "no grant could be written"
    kept = _words(fitted.keeps) or "looking around"
    return f"keeps {kept} ({plural(fitted.rights, fitted.unit)}); {_dropped(fitted, held)}"


def _dropped(fitted: Fitted, held: set[Capability]) -> str:
    drops = _words(fitted.drops)
    if fitted.dropped is None:
        return f"drops {drops}" if drops else "drops nothing" if held else "nothing of it is held today"
    if fitted.dropped == 0:
        return "drops nothing"
    told = f"drops {plural(fitted.dropped, fitted.unit)}"
    return f"{told}, {drops} among them" if drops else told


def _words(capabilities: Any) -> str:
    return listing(one.words for one in Capability if one in capabilities)


def lines(fit: Fit, zone: tzinfo) -> list[str]:
    """The grants as plain text, safe to print whatever it quotes."""
    since, days = date(fit.from_.astimezone(zone).date()), (fit.at - fit.from_).days
    found = [f"What fits {shown(fit.name)}, by what was done from {since} on ({plural(days, 'day')})."]
    if fit.unread:
        found.append(f"Not read by the latest run, and so perhaps missing: {shown(listing(fit.unread))}.")
    for number, grant in enumerate(fit.grants, 1):
        found += [*([""] if grant.work.acts or number == 1 else []), f"{number}. {title(grant)}: {summary(grant)}."]
        found += [f"   {label:<9}  {shown(text)}" for label, text in _facts(grant, zone)]
        if grant.fitted.files and fit.folder:
            found += [f"   {'file':<9}  {fit.folder / place(grant, number) / name}" for name in grant.fitted.files]
    if not fit.grants:
        found += ["", "Nothing was done, and nothing is held that is known of."]
    unseen = grouped((one, str(number)) for number, grant in enumerate(fit.grants, 1) for one in grant.fitted.unseen)
    if unseen:
        found += ["", "What evidence cannot see, and people add where it was needed:"]
        found += [f"   {', '.join(numbers)}: {shown(one)}" for one, numbers in unseen.items()]
    if any(grant.fitted.files for grant in fit.grants):
        found += ["", "Nothing was applied. Each folder has the steps for a person in STEPS.txt."]
    return found


def title(grant: Grant) -> str:
    """The account as people read it, and whose it is."""
    name = account_name(grant.account)
    return f"{name} ({shown(grant.who)})" if grant.who and grant.who not in name else name


def _facts(grant: Grant, zone: tzinfo) -> Iterator[tuple[str, str]]:
    fitted, work = grant.fitted, grant.work
    if work.acts:
        last = max(act.last_at for act in work.acts).astimezone(zone).date()
        actions = listing(sorted({act.action for act in work.acts}), most=_MOST)
        since = f"; the log begins on {date(grant.since.astimezone(zone).date())}" if grant.since else ""
        yield "did", f"{plural(grant.events, 'call')}, the last on {date(last)}{since}: {actions}"
    if fitted.narrowed:
        yield "narrows", f"{plural(fitted.narrowed, fitted.unit)} from everything to what was used"
    if fitted.ending:
        yield "ends", f"on {date(work.until.astimezone(zone).date())}: {_words(fitted.ending)}"
    if fitted.added:
        yield "adds", f"used, and not held today: {listing(fitted.added, most=_MOST)}"
    for why in dict.fromkeys(why for _, why in fitted.wide):
        yield "on all", f"{listing([name for name, told in fitted.wide if told == why], most=_MOST)}: {why}"
    for why in dict.fromkeys(why for _, why in fitted.left):
        yield "left out", f"{listing([what for what, told in fitted.left if told == why], most=_MOST)}: {why}"
    if grant.refused:
        told = listing((f"{name} ({number:,})" for name, number in grant.refused.items()), most=_MOST)
        yield "refused", f"and so not in it: {told}"
    if grant.checked:
        yield "checked", _checked(grant)


def _checked(grant: Grant) -> str:
    numbers = {answer: grant.checked.get(answer, 0) for answer in Answer}
    whole = sum(numbers.values())
    if numbers[Answer.ALLOWED] == whole:
        return f"the auditor's own evaluation allows all that it is made from: {plural(whole, 'call')}"
    told = [f"allows {numbers[Answer.ALLOWED]:,} of {plural(whole, 'call')}"]
    told += [f"cannot tell of {numbers[Answer.UNKNOWN]:,}"] if numbers[Answer.UNKNOWN] else []
    told += [f"refuses {numbers[Answer.DENIED]:,}"] if numbers[Answer.DENIED] else []
    return f"the auditor's own evaluation {listing(told)} ({'; '.join(grant.doubts[:3])})"


def place(grant: Grant, number: int) -> str:
    """The folder of a grant's files below that of the question."""
    return f"{number:02}-{grant.provider}-{slug(account_name(grant.account))}"


def slug(text: str) -> str:
    """A text as a name in a folder."""
    return _UNSAFE.sub("-", text).strip("-")[:60] or "unnamed"


def write(fit: Fit, folder: Path, zone: tzinfo) -> None:
    """Each grant's files in a folder of its own, with the steps, and beside them what the terminal shows.

    Raises:
        ReportError: a file cannot be written.
    """
    for number, grant in enumerate(fit.grants, 1):
        own = folder / place(grant, number)
        for name, text in grant.fitted.files.items():
            write_private(own / name, _bytes(text))
        if grant.fitted.files:
            write_private(own / "STEPS.txt", _bytes("\n".join(map(shown, _steps(grant))) + "\n"))
    write_private(folder / "fit.txt", _bytes("\n".join(lines(fit, zone)) + "\n"))


def _steps(grant: Grant) -> Iterator[str]:
    yield f"{title(grant)}: {summary(grant)}."
    yield "Read the files, add what evidence cannot see, and let a second person look. Then:"
    yield ""
    yield from grant.fitted.steps
    if grant.fitted.unseen:
        yield ""
        yield "Evidence cannot see:"
        yield from (f"- {one}" for one in grant.fitted.unseen)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def fit_json(fit: Fit) -> dict[str, Any]:
    """Everything, as plain values."""
    return {
        "what": fit.what,
        "from": stamp(fit.from_),
        "to": stamp(fit.at),
        "unread": list(fit.unread),
        "folder": str(fit.folder) if fit.folder else None,
        "grants": [_grant_json(grant) for grant in fit.grants],
    }


def _grant_json(grant: Grant) -> dict[str, Any]:
    fitted = grant.fitted
    return {
        "provider": grant.provider,
        "account": grant.account,
        "who": grant.who,
        "summary": summary(grant),
        "calls": grant.events,
        "log_since": stamp(grant.since) if grant.since else None,
        "ends": stamp(grant.work.until) if fitted.ending else None,
        "ending": [one.value for one in Capability if one in fitted.ending],
        "keeps": [one.value for one in Capability if one in fitted.keeps],
        "drops": [one.value for one in Capability if one in fitted.drops],
        "rights": fitted.rights,
        "dropped": fitted.dropped,
        "narrowed": fitted.narrowed,
        "added": list(fitted.added),
        "on_everything": [{"right": name, "why": why} for name, why in fitted.wide],
        "left_out": [{"what": what, "why": why} for what, why in fitted.left],
        "refused": dict(grant.refused),
        "not_seen": list(fitted.unseen),
        "checked": {answer.value: number for answer, number in grant.checked.items()},
        "doubts": list(grant.doubts),
        "files": dict(fitted.files),
        "steps": list(fitted.steps),
    }
