"""What was refused since a cleanup script took rights away, from ledger, script's folder and evidence."""

import json

import pytest

from auditor.evidence.store import Store
from auditor.ledger import Removal
from auditor.missed import missed
from auditor.model.consequences import Consequence
from auditor.model.handles import read_handle
from auditor.options import RunOptions
from reports import artifacts
from reports.cleanup.registry import right_of
from reports.consequences import refused
from tests.case.test_missed import GONE, NIGHT, SETTINGS, key, login
from tests.cases import AT, hour
from tests.copies import replace
from tests.stored import store_run

RUN = "20260930T120000Z"
KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
HANDLE = read_handle(key(KEY).handle or "") | {"host": "web-1.harbour.example"}


@pytest.fixture
def options(tmp_path):
    """A night after a script took Nina's key away, and her login was refused three hours later."""
    told = RunOptions(
        config=SETTINGS, at=AT, period=hour(24 * 30), evidence=str(tmp_path / "evidence"), output=tmp_path / "output",
        workers=1,
    )  # fmt: skip
    here = replace(key(KEY), handle=json.dumps(HANDLE))
    store = Store(told.evidence)
    for at, one in ((NIGHT, here), (AT, login(1, KEY, 3))):
        store_run(store, f"night-{at:%d}", at, one)
    folder = told.output / RUN
    scripts = folder / "cleanup"
    (scripts / "applied-c1").mkdir(parents=True)
    (scripts / "cleanup-log.jsonl").write_text("")
    foretold = Consequence(handles=(HANDLE,), since=NIGHT, until=NIGHT)
    (folder / artifacts.CONSEQUENCES).write_bytes(artifacts.dumps([foretold]))
    with told.ledger as ledger:
        ledger.record(RUN, NIGHT, [], period_from=NIGHT - hour(24))
        ledger.note([_removal()])
    return told


def _removal(**changes):
    right = right_of(HANDLE).target[:6]
    return Removal(**{"cleanup": "c1", "step": 4, "time": GONE, "finding": "f1", "right": right, **changes})


def test_what_was_refused_stands_on_the_finding_with_the_command_that_gives_it_back(options):
    (one,) = missed(options.store, options)
    assert (one.finding, one.events, one.last_at) == ("f1", 1, GONE + hour(3))
    assert one.undo == f"bash {options.output / RUN / 'cleanup' / 'undo.sh'} --only 4 --apply"
    assert "Missed since: 1 time refused" in refused(one, SETTINGS)


def test_what_was_given_back_is_missed_no_more(options):
    with options.ledger as ledger:
        ledger.note([_removal(action="undo", time=GONE + hour(4))])
    assert missed(options.store, options) == ()
