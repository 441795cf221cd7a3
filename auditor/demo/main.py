"""The demo: found a company, and audit it as any other one is audited at night."""

import atexit
import json
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from auditor.config import json_schema, load
from auditor.demo import activity, background, bucket, company, iam, service_use, story, tickets
from auditor.demo.calendar import Calendar, clock, last_night
from auditor.demo.digests import Signer
from auditor.demo.folder import Folder
from auditor.demo.servers import servers
from auditor.demo.stand_in import stand_in
from auditor.ledger import Decision
from auditor.options import Progress, RunOptions, RunResult, Silence
from auditor.questions import past
from auditor.questions.scene import Times
from auditor.run import collect, run
from reports.files import Written

_log = logging.getLogger(__name__)

FOLDER = Path("demo-company")
STORY = "STORY.md"
PERIOD = timedelta(days=30)
_SETTING_UP = "setting up Harbour Shop"
_WORKERS = 2


def run_demo(output: Path | None, *, keep: bool, progress: Progress) -> RunResult:
    """Set the company up and run the nightly audit of it.

    In a folder that an earlier demo made, the next night follows: its findings are known already, and are open.

    Args:
        output: folder for all of it; `demo-company` where the caller stands, if None.
        keep: leave the company's servers running until the program ends.
        progress: whoever wants to hear how far it is.

    Raises:
        UsageError: the folder holds something else.
    """
    folder = Folder.open(output or FOLDER, last_night(datetime.now(UTC)))
    calendar = Calendar(folder.first, folder.nights + 1)
    with ExitStack() as stack:
        stack.enter_context(founded(folder, calendar, progress))
        config = load(folder.path / "auditor.yaml")
        options = RunOptions(
            config=config,
            at=calendar.at,
            period=PERIOD,
            evidence=str(config.base / config.evidence),
            output=config.base / config.output,
            workers=min(_WORKERS, os.cpu_count() or 1),
        )
        if not folder.nights:
            _evening_before(options)
        result = run(options, progress)
        if not folder.nights:
            _morning_after(options, result)
        review = _night_incident(options, calendar)
        folder.after(calendar.nights)
        if keep:
            atexit.register(stack.pop_all().close)
    files = {**result.files, **review.files, "story": folder.path / STORY}
    return replace(result, files=files, problems=(*result.problems, *review.problems))


def _evening_before(options: RunOptions) -> None:
    """The team tries auditor.yaml out, without a source yet, and with one writer fewer than it allows next day."""
    config = options.config
    policy = config.policy.model_copy(update={"max_writers": config.policy.max_writers - 1})
    first = config.model_copy(update={"policy": policy, "sources": ()})
    collect(replace(options, config=first, at=options.at - timedelta(hours=9)), Silence())


def _morning_after(options: RunOptions, result: RunResult) -> None:
    """Mia, who answers for the jobs, decides that what was left from INC-31 goes: the next night's script holds it."""
    if result.audit is None:
        return
    decided = [
        Decision(
            finding=finding.id,
            decision="revoke",
            reason="INC-31 is over.",
            decided_by="mia",
            decided_at=options.at + timedelta(hours=1),
            run=result.audit.run,
        )
        for finding in result.audit.findings
        if finding.rule == "standing/outlived-task"
    ]
    with options.ledger as ledger:
        ledger.decide(decided)


def _night_incident(options: RunOptions, calendar: Calendar) -> Written:
    """The review of INC-40: an hour of checkout, a week ago at two in the morning."""
    night = calendar.workday(6)
    times = Times(clock(night, "02:00"), clock(night, "03:00"))
    review = past.incident(options, "INC-40", times)
    found = past.write(options, review)
    return Written({f"incident {name}": path for name, path in found.files.items()}, found.problems)


def until_interrupted() -> None:
    """Wait for as long as the company is wanted: until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        Event().wait()


@contextmanager
def founded(folder: Folder, calendar: Calendar, progress: Progress) -> Iterator[None]:
    """The company's files in the folder, and its servers on this machine for as long as the block lasts."""
    with stand_in() as aws, servers(folder, calendar) as others:
        progress.start(_SETTING_UP, 4)
        directory = iam.seed(aws, calendar)
        progress.advance(_SETTING_UP)
        everything = (*background.month(directory, calendar), *activity.scenes(directory, calendar))
        progress.advance(_SETTING_UP)
        service_use.count(directory, calendar, everything)
        events = bucket.fill(aws, calendar, everything, Signer(folder))
        progress.advance(_SETTING_UP)
        folder.put("auditor.yaml", company.configuration(aws, others, calendar))
        folder.put("incidents.csv", tickets.incidents(calendar))
        folder.put("auditor.schema.json", json.dumps(json_schema(), indent=1))
        folder.put(STORY, story.text())
        progress.done(_SETTING_UP, f"{events:,} events in {bucket.BUCKET}")
        if others.hosts.missing:
            _log.warning("The hosts' keys and logs are read from files: %s.", others.hosts.missing)
        yield
