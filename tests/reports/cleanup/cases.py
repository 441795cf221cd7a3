"""Findings and audits for the scripts, and a way to run these."""

import json
import subprocess
from datetime import UTC, date, datetime, timedelta

from auditor.config.models import Config
from auditor.config.roster import BreakGlass, Person
from auditor.model.findings import Audit
from auditor.model.handles import read_handle
from auditor.model.vocabulary import Severity
from tests import subjects, waiting

ACCOUNT = "123456789012"
CONFIG = Config(
    organisation="Harbour Shop",
    people=(Person(id="piet", name="Piet Old", email="piet@harbour.example", left=date(2024, 8, 31)),),
    break_glass=(BreakGlass(id="seal", accounts=(f"arn:aws:iam::{ACCOUNT}:user/ops/break-glass",), keeper="tom"),),
)


def finding(*handles, thing="x", **fields):
    values = {
        "rule": "standing/departed",
        "severity": Severity.HIGH,
        "thing": thing,
        "summary": "Piet Old left and can still change checkout",
        "why": "",
        "next_step": "Take the access away.",
        "person": "piet",
        "ticket": "PAY-184",
        **fields,
    }
    return subjects.finding(**values, handles=tuple(map(read_handle, handles)))


def audit(*findings, days_old=0):
    at = datetime.now(UTC) - timedelta(days=days_old)
    return Audit(
        run="20261002T020000Z",
        organisation="Harbour Shop",
        audited_at=at,
        period_from=at - timedelta(days=30),
        period_to=at,
        complete=True,
        findings=findings,
        not_judged=(),
        clear={},
        coverage=(),
    )


def execute(script, environment, *options):
    return subprocess.run(
        ["bash", str(script), *options],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        cwd=script.parent,
        timeout=waiting.LIMIT,
        start_new_session=True,  # a signal that one of its programs sends to all reaches no test
    )


def log(folder):
    return [json.loads(line) for line in (folder / "cleanup-log.jsonl").read_text(encoding="utf-8").splitlines()]
