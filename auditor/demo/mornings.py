"""The mornings between the nights: what the company decides on the findings, and what it takes away."""

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from auditor import decisions, past_runs
from auditor.demo import forge
from auditor.demo.calendar import DAY, Calendar
from auditor.demo.data import read
from auditor.demo.founding import Harbour
from auditor.demo.story import Expected
from auditor.ledger import Verdict
from auditor.model.findings import Audit
from auditor.options import RunOptions

_log = logging.getLogger(__name__)

_MORNING = timedelta(hours=4)
_LONGEST = 60  # seconds
_GITLAB = "python-gitlab.cfg"


class Decided(Struct, frozen=True, kw_only=True):
    """What somebody decides on one finding, as `mornings.yaml` tells it.

    Args:
        night: after which it is decided.
        until: the exception's last day, in days after the night that the story is told from.
        carried_out: whether the cleanup script for it is run, some hours later.
    """

    night: int
    finding: Expected
    decides: Verdict
    by: str
    reason: str
    until: int | None = None
    carried_out: bool = False


DECIDED = read("mornings.yaml", tuple[Decided, ...])


def morning_after(harbour: Harbour, calendar: Calendar, options: RunOptions, audit: Audit) -> None:
    """Decide what is decided after this night, and run the cleanup script where it is run before the next one."""
    awake = replace(options, at=options.at + _MORNING)
    for one in DECIDED:
        if one.night == calendar.night:
            finding = _id(audit, one.finding)
            last = None if one.until is None else f"{calendar.today + one.until * DAY}"
            told = {"decision": one.decides, "reason": one.reason, "until": last}
            decisions.decide_one(awake, finding, told, one.by)
            if one.carried_out:
                script = past_runs.revoke(awake, [finding], harbour.folder.path / "cleanup").script
                _run(script, calendar.cleaned_up, harbour.others.gitlab.url)


def _id(audit: Audit, wanted: Expected) -> str:
    return next(
        finding.id
        for finding in audit.findings
        if (finding.rule, finding.person, finding.system) == (wanted.rule, wanted.who, wanted.system)
    )


def _run(script: Path, at: datetime, gitlab: str) -> None:
    """Run the script as Mia would at that time, with her token for GitLab."""
    with _desk(at, gitlab) as desk:
        done = subprocess.run(
            ["bash", str(script), "--apply", "--yes"],
            env={
                **os.environ,
                "PATH": os.pathsep.join((str(desk), str(Path(sys.executable).parent), os.environ["PATH"])),
                "PYTHON_GITLAB_CFG": str(desk / _GITLAB),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
    if done.returncode:
        _log.warning("%s did not do what was decided; in the story it is done by hand: %s", script, done.stdout)


@contextmanager
def _desk(moment: datetime, gitlab: str) -> Iterator[Path]:
    """A folder with the settings of GitLab's command line, and a `date` that tells the story's time."""
    real, seconds = shutil.which("date"), int(moment.timestamp())
    with TemporaryDirectory() as folder:
        program = Path(folder, "date")
        # GNU's, or that of the BSDs and macOS.
        program.write_text(f'#!/bin/sh\n{real} -u -d @{seconds} "$@" 2>/dev/null || {real} -u -r {seconds} "$@"\n')
        program.chmod(0o700)
        settings = Path(folder, _GITLAB)
        own = f"[harbour]\nurl = {gitlab}\nprivate_token = {forge.MIAS_VALUE}\n"
        settings.write_text(f"[global]\ndefault = harbour\n{own}")
        settings.chmod(0o600)
        yield Path(folder)
