"""Grafana's annotations and alerts, from a stand-in and from saved answers."""

import json
from datetime import UTC, datetime

import pytest

from auditor.model.signals import Signal
from tests import monitoring
from tests.collectors.rows import columns

AT = int(datetime(2026, 2, 28, 14, tzinfo=UTC).timestamp() * 1000)
SEARCH = {"name": "alerts", "query": "checkout, payments"}
ALERT = {
    "id": 7,
    "alertName": "HighErrorRate",
    "newState": "Alerting",
    "prevState": "Normal",
    "time": AT,
    "timeEnd": AT,
    "text": "HighErrorRate {service=checkout} - A=5 token=abc",
    "tags": [],
    "dashboardUID": "ab/12",
    "panelId": 4,
}
NOTE = {"id": 8, "time": AT + 60_000, "timeEnd": AT + 120_000, "text": "Maintenance", "tags": ["Payments", "planned"]}
OTHER = {"id": 9, "time": AT, "text": "Something else", "tags": ["billing"]}


@pytest.fixture
def known():
    return [ALERT, NOTE, OTHER]


@pytest.fixture
def server(known):
    with monitoring.grafana(known) as running:
        yield running


def test_alerts_and_annotations_that_a_search_names_are_of_its_system(server, read):
    got = read("grafana", [SEARCH], url=server.url)
    note, alert = sorted(map(columns, got.rows(Signal)), key=lambda row: row["kind"], reverse=True)
    assert note["kind"] == "annotation"
    assert (note["name"], note["text"]) == ("Payments", "Maintenance")
    assert alert == {
        "kind": "alert",
        "system": "checkout",
        "name": "HighErrorRate",
        "time": datetime(2026, 2, 28, 14, tzinfo=UTC),
        "state": "Alerting",
        "text": "HighErrorRate {service=checkout} - A=5 token=***",
        "url": f"{server.url}/d/ab%2F12?from={AT - 1_800_000}&to={AT + 1_800_000}&viewPanel=4",
    }
    (line,) = got.coverage
    assert (line.status, line.rows, line.reason) == ("ok", 2, "an annotation is of no saved search")


def test_a_list_that_is_full_is_asked_for_in_halves(server, known, read):
    known[:] = [{**NOTE, "time": AT + 1000 * number, "timeEnd": 0} for number in range(2500)]
    got = read("grafana", [SEARCH], url=server.url)
    assert len(got.rows(Signal)) == 2500
    assert got.coverage[0].status == "ok"


def test_more_than_can_be_listed_is_told(server, known, read):
    known[:] = [{**NOTE, "id": number, "time": AT} for number in range(1001)]
    assert "more than 1000 annotations in one second" in read("grafana", [SEARCH], url=server.url).coverage[0].reason


def test_saved_answers_are_read_whatever_they_are_called(tmp_path, read):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/annotations.json").write_text(json.dumps([ALERT, {"text": "no time"}, NOTE, {"time": 1e20}]))
    got = read("grafana", [SEARCH], path="saved")
    assert len(got.rows(Signal)) == 2
    (line,) = got.coverage
    assert (line.status, line.rejected) == ("partial", 2)


def test_the_right_that_is_missing_is_told(server, read):
    server.fails("annotations", 403, message="Permissions needed: annotations:read")
    (line,) = read("grafana", [SEARCH], url=server.url).coverage
    assert line.status == "failed"
    assert "annotations:read" in line.reason
