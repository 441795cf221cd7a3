"""The demo: found a company, and audit it as any other one is audited at night, four times in two months."""

import atexit
import os
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

from msgspec.structs import replace

from auditor.config import load
from auditor.demo.calendar import NIGHTS, Calendar, clock, last_night
from auditor.demo.folder import Folder
from auditor.demo.founding import STORY, Harbour, founded
from auditor.demo.mornings import morning_after
from auditor.options import Progress, RunOptions, RunResult, Silence
from auditor.questions import past
from auditor.questions.times import Times
from auditor.run import run
from reports.files import Written

FOLDER = Path("demo-company")
PERIOD = timedelta(days=30)
_WORKERS = 2


def run_demo(output: Path | None, *, keep: bool, progress: Progress) -> RunResult:
    """Set the company up and run its nightly audits: those of two months, of which only the last one is reported.

    In a folder that an earlier demo made, the next night follows: its findings are known already, and are open.

    Raises:
        UsageError: the folder holds something else.
    """
    folder = Folder.open(output or FOLDER, last_night(datetime.now(UTC)))
    calendar = Calendar(folder.told, max(folder.nights + 1, NIGHTS))
    with ExitStack() as stack:
        harbour = stack.enter_context(founded(folder, calendar, progress))
        for night in range(folder.nights + 1, calendar.night):
            _earlier_night(harbour, Calendar(folder.told, night), progress)
        harbour.tell(calendar)
        options = _options(folder, calendar)
        result = run(options, progress)
        review = _night_incident(options, calendar)
        folder.after(calendar.night)
        if keep:
            atexit.register(stack.pop_all().close)
    files = {**result.files, **review.files, "story": folder.path / STORY}
    return replace(result, files=files, problems=(*result.problems, *review.problems))


def _earlier_night(harbour: Harbour, calendar: Calendar, progress: Progress) -> None:
    """A night that is long over: judged, not reported, and decided on the morning after."""
    name = f"night {calendar.night} of {NIGHTS}, {calendar.at.day} {calendar.at:%B}"
    progress.start(name)
    harbour.tell(calendar)
    options = replace(_options(harbour.folder, calendar), reports=())
    audit = run(options, Silence()).audit
    if audit is not None:
        morning_after(harbour, calendar, options, audit)
    harbour.folder.after(calendar.night)
    progress.done(name, f"{len(audit.findings) if audit else 0} findings")


def _options(folder: Folder, calendar: Calendar) -> RunOptions:
    config = load(folder.path / "auditor.yaml")
    return RunOptions(
        config=config,
        at=calendar.at,
        period=PERIOD,
        evidence=str(config.base / config.evidence),
        output=config.base / config.output,
        workers=min(_WORKERS, os.cpu_count() or 1),
    )


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
