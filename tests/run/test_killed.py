"""`kill -9` at any moment of a run: nothing is lost, nothing is stored twice, and no process stays behind.

`make campaign` kills many more.
"""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.ledger import Ledger
from auditor.model.all_tables import TABLES
from auditor.model.tables import Activity, Coverage, ReadObject
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.base import Context
from collectors.pool import FEW
from tests import nightly, waiting
from tests.nightly import FIRST

KILLS = int(os.environ.get("AUDITOR_KILLS", "2"))
FILES, CALLS = 12, 60
PROCESSES = Path("/proc")
# The PDF is written as the page is; `make campaign` kills at every such write.
RUN = ("run", "--json", "--at", FIRST.isoformat(), "--workers", "2", "--reports", "page,csv,cleanup")


@pytest.fixture(scope="session")
def undisturbed(once):
    """A company with enough to read for worker processes, audited in peace; `seconds` holds how long that took."""

    def make(folder):
        company = nightly.harbour_shop(folder)
        for number in range(FILES):
            times = (f"2026-09-{number + 10}T{n // 60:02}:{n % 60:02}:00Z" for n in range(CALLS))
            calls = [nightly.call("mia", "ecs:DescribeServices", time, padding="x" * 45_000) for time in times]
            company.trail_file(f"2026/09/{number + 10}", 5, calls, level=0)
        began = time.monotonic()
        # In a process of its own, as those that are killed: it takes as long.
        nightly.keep(company.auditor(*RUN, before=["env"]), folder)
        (folder / "seconds").write_text(str(time.monotonic() - began))

    return nightly.Company(once("undisturbed", make))


def untouched(company, folder):
    """The same company before any audit."""
    copy = company.copy(folder)
    for name in ("evidence", "output"):
        (copy.folder / name).rename(copy.folder / f"{name}-of-the-other")
    return copy


def killed(company, seconds):
    """Start a run and kill it after so many seconds, unless it is done before; returns its process group."""
    process = subprocess.Popen(
        company.command(*RUN),
        cwd=company.folder,
        env=nightly.surroundings(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=waiting.LIMIT)
    return process.pid


def alive(group):
    """Processes of a group that are running still."""
    for place in PROCESSES.glob("[0-9]*/stat"):
        try:
            state, _, its_group = place.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(its_group) == group and state not in "ZX":
            yield int(place.parent.name)


def stored(company):
    """What the store holds for whoever reads it: every row of streams, the snapshots as of now."""
    store = company.store
    assert list(store.verify()) == []
    events = store.read(Activity, store.parts(Activity)).drop_columns(["collected_at"])
    rows = {"activity": events.sort_by([("origin", "ascending"), ("record", "ascending")]).combine_chunks()}
    rows["objects"] = set(plain(store.read(ReadObject, store.parts(ReadObject))))
    for table in TABLES:
        if table.KIND == "snapshot":
            rows[table.TABLE] = plain(store.snapshot(table, [s["name"] for s in nightly.SOURCES], FIRST))
    return rows


def covered(company):
    """Every line of coverage that has rows."""
    store = company.store
    return {line for line in plain(store.read(Coverage, store.parts(Coverage))) if '"rows": 0' not in line}


def plain(table):
    return sorted(json.dumps(row, default=str) for row in table.drop_columns(["collected_at"]).to_pylist())


def told(company, night):
    """The findings, as the report and the ledger have them."""
    kept = ("id", "rule", "summary", "first_seen", "facts", "evidence", "starts_at", "ends_at")
    findings = {name: {field: f[field] for field in kept} for name, f in night.findings.items()}
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert ledger.history()[-1].closed == 0
        trend = msgspec.structs.asdict(ledger.history()[-1])
    return findings, trend["open"], trend["people_with_write"]


def left_over(company):
    """Files of a run at work, and files in the store that no manifest names."""
    evidence = company.folder / "evidence"
    named = {evidence / file.path for run in company.store.records() for file in run.files}
    files = {path for name in ("lake", "raw", "staging", "pending") for path in (evidence / name).rglob("*")}
    stray = {*evidence.rglob("*.tmp"), *company.output.rglob("*.tmp"), *company.output.glob(".latest*")}
    return {path for path in files - named if path.is_file()} | stray


@pytest.mark.skipif(not PROCESSES.is_dir(), reason="there is no /proc to look for processes in")
@pytest.mark.parametrize("number", range(KILLS))
def test_a_run_killed_at_a_random_moment_is_made_up_for_by_the_next(undisturbed, tmp_path, number):
    moment = (number + random.Random(number).random()) / KILLS * float((undisturbed.folder / "seconds").read_text())
    company = untouched(undisturbed, tmp_path / "company")
    group = killed(company, moment)
    waiting.until(lambda: not list(alive(group)))

    night = company.auditor(*RUN)

    assert (night.status, night.stderr) == (0, "")
    assert stored(company) == stored(undisturbed)
    assert covered(company) >= covered(undisturbed)
    assert told(company, night) == told(undisturbed, undisturbed.answer)
    assert left_over(company) == set()
    assert (company.output / "latest").resolve() == night.folder


def test_the_undisturbed_run_read_with_worker_processes_and_printed_one_object(undisturbed):
    source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="logs/cloudtrail")
    context = Context(collected_at=FIRST, base=undisturbed.folder, zone="UTC")
    assert len(list(CloudTrail(source, context).fetch({}))) > FEW
    night = undisturbed.answer
    assert (night.status, night.stderr) == (0, "")
    assert night.report["complete"]
    assert sum(part.rows for part in undisturbed.store.parts(Activity)) > FILES * CALLS


def test_a_second_run_while_one_is_going_ends_with_4_and_leaves_the_first_alone(undisturbed, tmp_path):
    company = untouched(undisturbed, tmp_path / "company")
    with subprocess.Popen(
        company.command(*RUN), cwd=company.folder, env=nightly.surroundings(), stdout=subprocess.PIPE, text=True
    ) as first:
        while not (company.folder / "evidence/lock.holder").exists():
            assert first.poll() is None
            time.sleep(0.01)
        second = company.auditor(*RUN)
        answer, _ = first.communicate(timeout=waiting.LIMIT)
    assert (second.status, second.stdout) == (4, "")
    assert f"Another run holds the lock of {company.folder}/evidence (process {first.pid} on " in second.stderr
    assert first.returncode == 0
    assert json.loads(answer)["complete"]
