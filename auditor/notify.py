"""A short word after a run: what is new, and what could not be seen. Nothing secret, no names of keys."""

import os
from collections.abc import Iterable, Iterator

from auditor.config import Config
from auditor.errors import ReportError
from auditor.model.findings import Audit
from auditor.model.vocabulary import Status

MOST = 10


def notify(config: Config, audit: Audit) -> None:
    """Tell the team through the services that `notify` names.

    Raises:
        ReportError: an address cannot be used, or a service did not take the message.
    """
    if not config.notify:
        return
    import apprise

    services = apprise.Apprise()
    for address in config.notify:
        if not services.add(_address(address)):
            raise ReportError("An entry of `notify` is no address that Apprise knows.", do="Correct auditor.yaml.")
    title, body = message(audit)
    if not services.notify(title=title, body=body):
        raise ReportError(
            "The summary could not be sent to every service of `notify`.",
            means="The run itself is stored and reported.",
            do="Check the addresses and the services.",
        )


def message(audit: Audit) -> tuple[str, str]:
    """Title and text: new findings first, at most ten of them, then what was not seen."""
    counting = [finding for finding in audit.findings if finding.exception is None]
    fresh = [finding for finding in counting if finding.status in (Status.NEW, Status.REOPENED)]
    title = f"{audit.organisation}: {len(fresh)} new of {len(counting)} findings"
    return title if audit.complete else f"{title}, incomplete", "\n".join(_lines(audit, [f.summary for f in fresh]))


def _lines(audit: Audit, summaries: Iterable[str]) -> Iterator[str]:
    told = list(summaries)
    yield from (f"- {summary}" for summary in told[:MOST])
    if len(told) > MOST:
        yield f"and {len(told) - MOST} more in the report"
    if not told:
        yield "Nothing new."
    unseen = sorted({seen.source for seen in audit.coverage if seen.status != "ok"})
    if unseen:
        yield f"Not seen, or only in part: {', '.join(unseen)}"


def _address(entry: str) -> str:
    """The address itself, or the one in the environment variable that `env:NAME` names."""
    if not entry.startswith("env:"):
        return entry
    name = entry.removeprefix("env:")
    if name not in os.environ:
        raise ReportError(f"`notify` names the environment variable {name}, which is not set.", do=f"Set {name}.")
    return os.environ[name]
