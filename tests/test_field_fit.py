"""Fitted grants on the material that lies beside the checkout on some machines: every call that they claim is allowed."""

import gzip
import json
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.activity.limits import Limits
from auditor.case.attribution import attributed
from auditor.case.people import People
from auditor.config import load
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.tables import Account, Policy
from auditor.options import RunOptions
from auditor.providers.aws.principals import Directory
from auditor.providers.fitted import Work
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from auditor.providers.systems import Systems
from auditor.questions.fit import fit
from tests.copies import replace
from tests.waiting import LIMIT

SHARED = Path(__file__).parents[2] / "shared"
COMPANIES = sorted(SHARED.glob("exam/*/auditor.yaml"))
TRAILS = sorted(SHARED.glob("data/*/*.cloudtrail")), sorted(SHARED.glob("data/panther-aws/*"))
AT = datetime(2026, 1, 1, tzinfo=UTC)
EVERYTHING = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})

pytestmark = pytest.mark.field


def program(*command, cwd=None):
    done = subprocess.run(
        [sys.executable, "-m", "auditor", *map(str, command)],
        cwd=cwd, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stdout + done.stderr


def with_everything(rows):
    """The same rows, with the fitted policies in them allowing everything."""
    return replace(
        rows, policies=[replace(one, document=EVERYTHING) if _is_fitted(one) else one for one in rows.policies]
    )


def _is_fitted(row: Policy):
    return row.origin == "fitted" and row.kind == "identity"


def refused(name, config, grant, at):
    """What a grant claims to allow and does not, though nothing but the grant stands in its way."""
    told = provider(name).permitted(config, grant.rows, grant.covered, at)
    whole = provider(name).permitted(config, with_everything(grant.rows), grant.covered, at)
    pairs = zip(grant.covered, told, whole, strict=True)
    return [act for act, one, most in pairs if one.answer is not Answer.ALLOWED and one.answer is not most.answer]


@pytest.mark.skipif(not COMPANIES, reason="needs ../shared/exam")
@pytest.mark.parametrize("place", COMPANIES, ids=lambda place: place.parent.name)
def test_in_the_exams_companies_every_fitted_grant_allows_what_it_is_made_from(place, tmp_path):
    at = (place.parent / "audit-at.txt").read_text().strip()
    evidence = tmp_path / "evidence"
    program(
        "collect", "--config", place, "--at", at, "--evidence", evidence, "--output", tmp_path / "output", cwd=tmp_path
    )
    options = RunOptions(
        config=load(str(place)), at=datetime.fromisoformat(at), period=timedelta(days=90), evidence=str(evidence),
        output=tmp_path / "output", workers=1,
    )  # fmt: skip
    written, covered = 0, 0
    for system in options.config.systems:
        for one in fit(options, system.id).grants:
            if one.fitted.rows is not None:
                assert refused(one.provider, options.config, one.fitted, options.at) == [], one.account
                written, covered = written + 1, covered + len(one.fitted.covered)
    assert written > 50
    assert covered > 300


def _records(place):
    text = gzip.decompress(place.read_bytes()) if place.suffix == ".gz" else place.read_bytes()
    found = []

    def walk(value):
        if isinstance(value, dict) and "eventSource" in value and "eventName" in value:
            found.append(value)
        elif isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                walk(inner)

    try:
        walk(json.loads(text))
    except ValueError:
        for line in text.splitlines():
            walk(json.loads(line) if line.strip().startswith(b"{") else None)
    return found


@pytest.fixture
def trails(tmp_path):
    """The events of real trails, collected as one trail of files."""
    places = [place for each in TRAILS for place in each if place.is_file()]
    records = [record for place in places for record in _records(place)]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/all.json").write_text(json.dumps({"Records": records}))
    source = {"name": "trail", "kind": "aws-cloudtrail", "path": "logs"}
    config = {"organisation": "Field", "sources": [source]}
    (tmp_path / "auditor.yaml").write_text(json.dumps(config))
    program("collect", "--config", tmp_path / "auditor.yaml", cwd=tmp_path)
    return load(str(tmp_path / "auditor.yaml")), Store(str(tmp_path / "evidence"))


@pytest.mark.skipif(not all(TRAILS), reason="needs ../shared/data")
def test_of_real_trails_every_fitted_policy_allows_what_it_is_made_from(trails):
    config, store = trails
    limits = Limits(period_from=AT - timedelta(days=3650), period_to=AT)
    with store.shared(), attributed(store, limits, People(config), Systems(config), config.engine) as activity:
        acts = activity.used_acts({one.account for one in activity.callers if one.account})
    by_account = defaultdict(list)
    for act in acts:
        by_account[act.account].append(act)
    place = {"source": "trail", "collected_at": AT, "origin": "made"}
    covered = 0
    for account, done in by_account.items():
        kind = "role" if ":role/" in account else "unknown"
        row = (
            Account(**place, account=account, provider="aws", scope=account.split(":")[4], kind=kind)
            if account.startswith("arn:aws")
            else None
        )
        rows = Snapshots(accounts=[row] if row else [])
        grant = provider("aws").fitted(
            config, rows, Work(account=account, acts=done, at=AT, until=AT + timedelta(days=1))
        )
        if grant.rows is not None:
            assert Directory.of(grant.rows).principals(AT)
            assert refused("aws", config, grant, AT) == [], account
            covered += len(grant.covered)
    assert covered > 300
