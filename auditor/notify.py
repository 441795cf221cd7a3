"""A short word after a run: what is new, and what could not be seen. Nothing secret, no names of keys.

What was said once is not said again: a night with nothing new is silent. What could not be sent is said the next time.
"""

import os
from collections.abc import Iterator, Sequence

from auditor.config import Config
from auditor.errors import AuditorError, ReportError
from auditor.ledger import Ledger
from auditor.model.findings import Audit, Finding
from auditor.model.vocabulary import Status

MOST = 10


def notify(config: Config, audit: Audit, ledger: Ledger, head: str = "") -> None:
    """Tell the team through the services that `notify` names what it has not been told yet, if there is anything.

    Raises:
        ReportError: an address cannot be used, or a service did not take the message.
    """
    if not config.notify:
        return
    at, missing = audit.audited_at, _missing(audit)
    counting = [finding for finding in audit.findings if finding.exception is None]
    told = ledger.told(at)
    fresh = [f for f in counting if (_is_news(f) and f.id not in told.now) or f.id in told.waiting]
    changed = missing != told.missing
    if not fresh and not changed:
        return
    ids = [finding.id for finding in fresh]
    ledger.tell(at, ids, missing, delivered=False)
    send(config, *message(audit, fresh, missing if changed else told.missing, head))
    ledger.tell(at, ids, missing, delivered=True)


def failed(config: Config, error: Exception) -> None:
    """Tell the team that a run ended before its reports were written; raises as `notify` does."""
    mistake = [f"It is a mistake in the auditor ({type(error).__name__})."]
    said = error.diagnostics() if isinstance(error, AuditorError) else mistake
    send(config, f"{config.organisation}: the audit failed", "\n".join(said))


def send(config: Config, title: str, body: str) -> None:
    """Send a message to every service.

    Raises:
        ReportError: as `notify` does.
    """
    if not config.notify:
        return
    import apprise

    services = apprise.Apprise()
    for address in config.notify:
        if not services.add(_address(address)):
            raise ReportError("An entry of `notify` is no address that Apprise knows.", do="Correct auditor.yaml.")
    if not services.notify(title=title, body=body):
        raise ReportError(
            "The summary could not be sent to every service of `notify`.",
            means="The run itself is stored and reported.",
            do="Check the addresses and the services.",
        )


def message(audit: Audit, fresh: Sequence[Finding], missing: str, head: str = "") -> tuple[str, str]:
    """Title and text: new findings first, at most ten of them, then what was not seen, and the run's hash."""
    counting = sum(finding.exception is None for finding in audit.findings)
    title = f"{audit.organisation}: {len(fresh)} new of {counting} findings"
    lines = [*_lines([finding.summary for finding in fresh], missing, complete=audit.complete)]
    lines += [f"Hash of the run, for auditor verify --head: {head}"] if head else []
    return title if audit.complete else f"{title}, incomplete", "\n".join(lines)


def _lines(summaries: Sequence[str], missing: str, *, complete: bool) -> Iterator[str]:
    yield from (f"- {summary}" for summary in summaries[:MOST])
    if len(summaries) > MOST:
        yield f"and {len(summaries) - MOST} more in the report"
    if not summaries:
        yield "No new findings."
    if missing:
        yield f"Not seen, or only in part: {missing}"
    elif complete and not summaries:
        yield "Everything is seen again."


def _is_news(finding: Finding) -> bool:
    return finding.status in (Status.NEW, Status.REOPENED)


def _missing(audit: Audit) -> str:
    """The sources that were not seen, or not whole."""
    return ", ".join(sorted({seen.source for seen in audit.coverage if seen.status != "ok"}))


def _address(entry: str) -> str:
    """The address itself, or the one in the environment variable that `env:NAME` names."""
    if not entry.startswith("env:"):
        return entry
    name = entry.removeprefix("env:")
    if name not in os.environ:
        raise ReportError(f"`notify` names the environment variable {name}, which is not set.", do=f"Set {name}.")
    return os.environ[name]
