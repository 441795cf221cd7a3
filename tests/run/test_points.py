"""A run killed before any of its writes and calls is made up for by the same run, messages included.

What is compared is everything that it leaves behind: store, ledger, reports and messages, with those of an undisturbed
run. A few points are walked here; `make campaign` walks every one.
"""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.model.all_tables import TABLES
from auditor.model.vocabulary import Report
from tests import nightly, waiting
from tests.nightly import FIRST

EVERY = os.environ.get("AUDITOR_POINTS") == "every"
SHARDS = 4 if EVERY else 1
# The PDF is written as the page is, and takes longer than the rest of a run.
REPORTS = ",".join(report for report in Report if EVERY or report is not Report.PDF)
# What vouches for the chain differs where it holds a judgement twice; the rest of a report must not.
HASH = re.compile(rb"\b[0-9a-f]{64}\b")


@pytest.fixture(scope="module")
def night():
    """Runs a night of a company, killed before the given point; 0 lets it end."""
    script = Path(__file__).with_name("killed_nights.py")
    command = [sys.executable, str(script), REPORTS]
    environment = nightly.surroundings()
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def run(company, address, kill=0):
        process.stdin.write(f"{company.folder} {address} {kill}\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield run
    process.stdin.close()
    assert process.wait(timeout=waiting.LIMIT) == 0


def small_company(folder):
    """The company with less to read: each point costs two runs."""
    company = nightly.harbour_shop(folder)
    company.configure(notify=["env:HOOK"])
    for path in sorted((folder / nightly.TRAIL).rglob("*.json.gz"))[3:-4]:
        path.unlink()
    return company


def effects(company, sent):
    """All that a run leaves behind, so that two can be compared."""
    store, output = company.store, company.output
    assert list(store.verify()) == []
    rows = {}
    for table in TABLES:
        found = store.read(table, store.parts(table)).drop_columns(["collected_at"]).to_pylist()
        rows[table.TABLE] = sorted(json.dumps(row, default=str, sort_keys=True) for row in found)
    with sqlite3.connect(output / "ledger.sqlite") as ledger:
        names = [
            name for (name,) in ledger.execute("select name from sqlite_master where type = 'table' order by name")
        ]
        kept = {n: sorted(map(str, ledger.execute(f"select * from {n}"))) for n in names if n != "heads"}
    reports = {
        path.relative_to(output).as_posix(): HASH.sub(b"", path.read_bytes())
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.suffix in (".json", ".csv", ".html", ".md", ".txt", ".jsonl", ".sarif")
    }
    stray = [str(path) for path in (*company.folder.rglob("*.tmp"), *output.glob(".latest*"))]
    texts = [message["message"].replace(str(company.folder), "") for message in sent]
    words = [(message["title"], HASH.sub(b"", text.encode())) for message, text in zip(sent, texts, strict=True)]
    return rows, kept, reports, (output / "latest").resolve().name, stray, words


@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_run_killed_at_any_point_and_made_again_has_the_effects_of_one_run(night, hook, tmp_path, shard):
    address, sent = hook
    before = small_company(tmp_path / "before")
    company = before.copy(tmp_path / "undisturbed")
    whole = night(company, address)
    assert whole["status"] == 0, whole["stderr"]
    expected, points = effects(company, sent), whole["done"]
    assert len(sent) == 1
    assert "socket.connect" in points
    assert [manifest.at for manifest in company.store.manifests()].count(FIRST) == 1
    assert json.loads(whole["stdout"])["run"] == company.store.manifests()[0].run
    walked = range(shard + 1, len(points) + 1, SHARDS)
    for kill in walked if EVERY else (walked[len(walked) * quarter // 4] for quarter in (1, 3)):
        sent.clear()
        company = before.copy(tmp_path / f"killed-{kill}")
        assert night(company, address, kill)["status"] == -signal.SIGKILL, (kill, points[kill - 1])
        again = night(company, address)
        assert again["status"] == 0, (kill, points[kill - 1], again["stderr"])
        got = effects(company, sent)
        # Between a service's taking a message and the note of it nobody can tell whether it was taken.
        if kill - 1 > points.index("socket.connect") and len(sent) > 1:
            assert points[kill - 1].startswith("ledger"), (kill, points[kill - 1])
            del got[-1][1:]
        for mine, theirs in zip(got, expected, strict=True):
            assert mine == theirs, (kill, points[kill - 1])
