"""access.json, stories.json, agents.json and timeline.json, from which reports are made again."""

import json

import pytest

from auditor.errors import ReportError
from reports import artifacts
from reports.files import write_private
from tests.copies import replace


@pytest.mark.parametrize("what", ["access", "stories", "agents", "timeline"])
def test_what_was_written_reads_back_the_same(shop, tmp_path, what):
    write_private(tmp_path / f"{what}.json", artifacts.dumps(getattr(shop, what)))
    assert getattr(artifacts, what)(tmp_path) == getattr(shop, what)


def test_each_path_says_whether_it_is_held(shop, tmp_path):
    path = shop.access[0]
    told = [
        replace(path, conditions=()),
        replace(path, conditions=("only from 10.0.0.0/8",)),
        replace(path, eligible=True),
    ]
    write_private(tmp_path / "access.json", artifacts.dumps(told))
    written = json.loads((tmp_path / "access.json").read_text())
    assert [one["state"] for one in written] == ["held", "if", "eligible"]


@pytest.mark.parametrize("what", ["access", "stories", "agents", "timeline"])
def test_anything_else_is_said_so(tmp_path, what):
    (tmp_path / f"{what}.json").write_text('[{"identity": 1}]')
    with pytest.raises(ReportError, match="cannot be read"):
        getattr(artifacts, what)(tmp_path)


def test_what_agents_did_is_not_known_of_a_run_that_did_not_keep_it(tmp_path):
    assert artifacts.agents(tmp_path) is artifacts.timeline(tmp_path) is None
