"""findings.json, the contract."""

import json
import stat
from datetime import UTC, datetime, timedelta

import pytest

from auditor.errors import ReportError
from reports import findings_json
from reports.files import write_private
from tests.copies import replace


@pytest.mark.golden
def test_the_file_is_what_the_contract_says(shop, golden):
    golden("findings.json", findings_json.dumps(shop.audit).decode())


def test_null_fields_are_present_and_periods_say_from_and_to(shop):
    data = json.loads(findings_json.dumps(shop.audit))
    gap = next(item for item in data["findings"] if item["rule"] == "evidence/gap")
    assert gap["person"] is None
    assert gap["exception"] is None
    assert gap["starts_at"] is None
    assert data["period"] == {"from": "2026-09-02T02:00:00Z", "to": "2026-10-02T02:00:00Z"}
    assert data["coverage"][1]["from"] is None


def test_what_was_written_reads_back_the_same_with_the_same_ids(shop, tmp_path):
    place = tmp_path / "run" / "findings.json"
    write_private(place, findings_json.dumps(shop.audit))
    again = findings_json.read(place)

    assert [finding.id for finding in again.findings] == [finding.id for finding in shop.audit.findings]
    assert findings_json.dumps(again) == findings_json.dumps(shop.audit)
    assert again.findings[0].severity is shop.audit.findings[0].severity
    assert again.findings[5].facts["odd"] == shop.audit.findings[5].facts["odd"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["findings.json"]


def test_facts_are_plain_values(shop):
    facts = {
        "at": datetime(2026, 1, 1, tzinfo=UTC),
        "length": timedelta(minutes=2),
        "who": frozenset({"b", "a"}),
        "n": {"x": (1,)},
    }
    assert findings_json.plain(facts) == {
        "at": "2026-01-01T00:00:00Z",
        "length": 120.0,
        "who": ["a", "b"],
        "n": {"x": [1]},
    }
    odd = replace(shop.audit.findings[0], facts={"x": object()})
    with pytest.raises(ReportError, match="which JSON cannot hold"):
        findings_json.dumps(replace(shop.audit, findings=(odd,)))


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "\xff", '{"run": 1', '{"run": "a", "organisation": "b", "audited_at": "soon"}']
)
def test_a_file_that_cannot_be_read_is_said_so(tmp_path, content):
    place = tmp_path / "findings.json"
    place.write_bytes(content.encode("latin-1"))
    with pytest.raises(ReportError, match="cannot be read"):
        findings_json.read(place)


def test_a_missing_file_or_a_full_place_is_said_so(shop, tmp_path):
    with pytest.raises(ReportError, match=r"There is no .*none\.json"):
        findings_json.read(tmp_path / "none.json")
    with pytest.raises(ReportError, match="cannot be written"):
        write_private(tmp_path / ("x" * 300), findings_json.dumps(shop.audit))
