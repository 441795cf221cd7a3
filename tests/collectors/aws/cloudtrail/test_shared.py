"""Real payloads, where they lie beside the checkout: nothing crashes, nothing is lost."""

import json

import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.model.tables import Activity
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.times import parse_utc


@pytest.fixture
def read(context, collect):
    def read(path):
        return collect(CloudTrail(AwsCloudTrail(name="trail", kind="aws-cloudtrail", path=str(path)), context))

    return read


def records_in(path):
    data = json.loads(path.read_text())
    return data if isinstance(data, list) else data.get("Records", [data])


def test_every_recorded_event_is_a_row(shared, read):
    folder = shared("data/cloudtrail-traildiscover")
    got = read(folder)
    events = [one for path in folder.glob("*.cloudtrail") for one in records_in(path)]
    assert len(events) > 500
    assert len(got.rows(Activity)) + sum(one.rejected for one in got.objects) == len(events)
    assert {row.event_id for row in got.rows(Activity)} == {one["eventID"] for one in events}
    assert not [one for one in got.objects if one.status == "failed"]
    changes = {row.action for row in got.rows(Activity) if row.category == "change"}
    assert not [action for action in changes if action.startswith(("signin:", "cloudshell:", "sts:"))]
    assert not [row for row in got.rows(Activity) if (row.account or "").endswith(".amazonaws.com") and row.credential]


def test_every_test_input_of_detection_rules_is_a_row_or_a_reasoned_reject(shared, read, tmp_path):
    source = shared("data/panther-aws") / "cloudtrail-tests.jsonl"
    events = [json.loads(line)["log"] for line in source.read_text().splitlines()]
    (tmp_path / "trail.jsonl").write_text("\n".join(json.dumps(one) for one in events))
    got = read(tmp_path / "trail.jsonl")
    (one,) = got.objects
    assert len(got.rows(Activity)) + one.rejected == len(events)
    assert one.rejected == sum(not _whole(event) for event in events)
    assert "has no eventTime" in one.reason


def _whole(event):
    """Whether it says what was done and when, which is in UTC."""
    event = {name.lower(): value for name, value in event.items()}
    said = all(isinstance(event.get(name), str) for name in ("eventtime", "eventsource", "eventname"))
    return said and _is_time(event["eventtime"])


def _is_time(text):
    try:
        return bool(parse_utc(text))
    except ValueError:
        return False
