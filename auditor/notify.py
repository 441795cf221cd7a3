"""A short word after a run: what is new, and what could not be seen. Nothing secret, no names of keys.

What was said once is not said again: a night with nothing new is silent, but for sources that cannot be read at all,
which are named every day. What could not be sent, or was not because the run was killed, is said the next time.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from auditor.config import Config
from auditor.deadline import OverdueError, deadline
from auditor.errors import AuditorError, ReportError
from auditor.ledger import Ledger
from auditor.model.findings import Audit, Finding
from auditor.model.strangers import FIRST_RUN, WHO, strangers, undeclared
from auditor.options import RunResult
from auditor.rules.succession import apart
from reports.words import plural

MOST = 5  # as many as a phone shows
LONGEST = timedelta(minutes=2)
"""What one service may need to take a message."""
_COMMA = ", "
_BREAK = "\u200b"
# What begins a mention, or stands inside an address: names of hosts become links by themselves.
_LIVE = re.compile(r"@|:(?=//)|(?<=\w)\.(?=[A-Za-z]{2})|\](?=\()")
# Signs of markup, and signs that look like them.
_MARKUP = str.maketrans("<>`*~|", "\u2039\u203a'\u2217\u223c\u00a6")


def notify(config: Config, result: RunResult, ledger: Ledger) -> None:
    """Tell the team through the services that `notify` names what it has not been told yet, if there is anything.

    Raises:
        ReportError: an address cannot be used, or a service did not take the message.
    """
    audit = result.audit
    if not config.notify or audit is None:
        return
    at, missing = audit.audited_at, _missing(audit)
    told = ledger.notified(at)
    fresh = [finding for finding in audit.findings if finding.exception is None and finding.id in told.news]
    reminding = bool(_dead(audit)) and (told.at is None or _day(told.at, config) < _day(at, config))
    refused = [sentence for sentence, last in result.refused.items() if told.at is None or last > told.at]
    if not fresh and not refused and not reminding and missing == told.missing:
        return
    gone = len(apart(ledger.gone(told.at, at), audit.findings, told.at)[0]) if told.at else 0
    hashed = [f"Hash of the run, for auditor verify --head: {result.head}"] if result.head else []
    where = [f"Report: {result.folder.absolute()}", *hashed]
    text = message(
        audit,
        fresh,
        told.missing,
        gone=gone,
        refused=refused,
        where=where,
        first=result.first,
        names={p.id: p.name for p in config.people} | {s.id: s.name for s in config.systems},
    )
    send(config, *text)
    ledger.tell(at, [finding.id for finding in fresh], missing)


def failed(config: Config, error: Exception) -> None:
    """Tell the team that a run ended before its reports were written; raises as `notify` does."""
    mistake = [f"It is a mistake in the auditor ({type(error).__name__})."]
    said = error.diagnostics() if isinstance(error, AuditorError) else mistake
    send(config, f"{config.organisation}: the audit failed", "\n".join(said))


def send(config: Config, title: str, body: str, longest: timedelta = LONGEST) -> None:
    """Send a message to every service, one after another; each is given so long to take it.

    Raises:
        ReportError: as `notify` does.
    """
    if not config.notify:
        return
    import apprise

    services = [apprise.Apprise() for _ in config.notify]
    for service, address in zip(services, config.notify, strict=True):
        if not service.add(_address(address)):
            raise ReportError("An entry of `notify` is no address that Apprise knows.", do="Correct auditor.yaml.")
    said = (inert(body), inert(title))
    sent = [_taken(partial(service.notify, *said, body_format="text"), longest) for service in services]
    if not all(sent):
        raise ReportError(
            "The summary could not be sent to every service of `notify`.",
            means="The run itself is stored and reported.",
            do="Check the addresses and the services.",
        )


def unusable(config: Config) -> Iterator[str]:
    """Which entries of `notify` are no address; whether one is heard is told by `auditor notify --test`."""
    if not config.notify:
        return
    import apprise

    for number, entry in enumerate(config.notify, 1):
        try:
            known = apprise.Apprise().add(_address(entry))
        except ReportError as error:
            yield " ".join(error.diagnostics())
            continue
        if not known:
            yield f"Entry {number} of `notify` is no address that Apprise knows: correct it, or what it names."


def _taken(send: Callable[[], Any], longest: timedelta) -> bool:
    """Whether a service took a message in its time."""
    try:
        with deadline(longest):
            return bool(send())
    except OverdueError:
        return False


def inert(text: str) -> str:
    """Text in which no messenger finds a mention, a link or markup, whoever wrote the words in it."""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _LIVE.sub(lambda live: f"{live[0]}{_BREAK}", "\n".join(lines).translate(_MARKUP))


def message(
    audit: Audit,
    fresh: Sequence[Finding],
    missed: str,
    *,
    gone: int = 0,
    refused: Sequence[str] = (),
    where: Sequence[str] = (),
    first: bool = False,
    names: Mapping[str, str] = MappingProxyType({}),
) -> tuple[str, str]:
    """Title and text: the worst new findings, then what is gone, not seen or seen again, and `where` it all is.

    Many accounts that auditor.yaml does not know are one line: a naming job. `missed` is what was last said to be
    unseen, `gone` counts what went since the last message, `refused` says what cleanup scripts left without a way;
    `names` are those of people and systems by id.
    """
    counting = sum(finding.exception is None for finding in audit.findings)
    title = f"{audit.organisation}: {len(fresh)} new of {plural(counting, 'finding')}"
    if fresh:
        title += f", worst: {max((finding.severity for finding in fresh), key=lambda one: one.rank)}"
    asking = strangers(fresh)
    naming = first or len(asking) > MOST
    lines = [FIRST_RUN] if first else []
    lines += [] if fresh else ["No new findings."]
    worst = sorted((one for one in fresh if not (naming and undeclared(one))), key=lambda one: -one.severity.rank)
    if naming and asking:
        accounts = plural(len(asking), "account")
        lines += [f"{WHO}: {accounts} that auditor.yaml does not know; the report has the line for each"]
    lines += _lines([_line(finding, names) for finding in worst], audit, missed)
    lines += [f"Gone since the last message: {gone}"] if gone else []
    lines += refused[:MOST]
    lines += [f"and {len(refused) - MOST} more that are missed"] if len(refused) > MOST else []
    lines += where
    return title if audit.complete else f"{title}, incomplete", "\n".join(lines)


def _line(finding: Finding, names: Mapping[str, str]) -> str:
    """Severity, system and person that the summary leaves out, the summary, and the id that `auditor explain` takes."""
    known = (names.get(id_, id_) for id_ in (finding.system, finding.person) if id_)
    about = ", ".join(name for name in known if name not in finding.summary)
    return f"{finding.severity.upper()}{f' {about}' if about else ''}: {finding.summary} ({finding.id[:8]})"


def _lines(summaries: Sequence[str], audit: Audit, missed: str) -> Iterator[str]:
    yield from (f"- {summary}" for summary in summaries[:MOST])
    if len(summaries) > MOST:
        yield f"and {len(summaries) - MOST} more in the report"
    missing, dead = _missing(audit), _dead(audit)
    if dead:
        yield f"Could not be read: {_COMMA.join(dead)}"
    if partly := [source for source in missing.split(_COMMA) if source and source not in dead]:
        yield f"Not seen, or only in part: {_COMMA.join(partly)}"
    if back := sorted(set(missed.split(_COMMA)) - {"", *missing.split(_COMMA)}):
        yield f"Seen again: {_COMMA.join(back)}"


def _day(moment: datetime, config: Config) -> date:
    return moment.astimezone(config.zone).date()


def _dead(audit: Audit) -> list[str]:
    """Sources that could not be read at all, but for those that the team has agreed to do without."""
    return [f.subject.thing for f in audit.findings if f.rule == "evidence/source-failed" and f.exception is None]


def _missing(audit: Audit) -> str:
    """The sources that were not seen, or not whole."""
    return _COMMA.join(sorted({seen.source for seen in audit.coverage if seen.status != "ok"}))


def _address(entry: str) -> str:
    """The address itself, or the one in the environment variable that `env:NAME` names."""
    if not entry.startswith("env:"):
        return entry
    name = entry.removeprefix("env:")
    if name not in os.environ:
        raise ReportError(f"`notify` names the environment variable {name}, which is not set.", do=f"Set {name}.")
    return os.environ[name]
