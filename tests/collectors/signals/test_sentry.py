"""Sentry as a stand-in over HTTP: counts, new issues and releases, page by page."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.model.signals import Signal, gathered
from collectors.signals.sentry import SentryCollector
from tests import monitoring
from tests.collectors.rows import columns

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
AT = int(datetime(2026, 2, 28, 14, tzinfo=UTC).timestamp())
SEARCH = {
    "name": "errors",
    "query": "environment:production",
    "project": "checkout-web",
    "unit": "errors",
    "step": "5m",
}
BY_MINUTE = {**SEARCH, "step": "1m"}  # more counts than Sentry gives at once


def issue(number, first="2026-02-28T14:02:11.120000Z", **known):
    return {
        "id": str(number),
        "shortId": f"CHECKOUT-WEB-{number}",
        "title": f"TypeError: '{number}' has no price",
        "firstSeen": first,
        "lastSeen": "2026-02-28T15:00:00Z",
        "count": "31",
        "status": "unresolved",
        "permalink": f"https://harbour.sentry.example/issues/{number}/",
        **known,
    }


def release(version, created):
    return {
        "version": f"checkout@{version}",
        "shortVersion": version,
        "dateCreated": created,
        "dateReleased": None,
        "newGroups": 1,
    }


@pytest.fixture
def project():
    return monitoring.Errors(
        issues=[issue(number) for number in range(1, 6)] + [issue(9, "2020-01-01T00:00:00Z")],
        releases=[release(f"1.{day}", f"2026-02-{day:02}T09:00:00Z") for day in range(1, 29)]
        + [
            release("0.9", "2025-06-01T09:00:00Z"),
            release("0.8", "2025-05-01T09:00:00Z"),
            release("0.7", "2025-04-01T09:00:00Z"),
        ],
        events={AT: 31},
    )


@pytest.fixture
def server(project):
    with monitoring.sentry(project) as running:
        yield running


@pytest.fixture
def live(server, read):
    def run(seen=None, searches=(SEARCH,), **known):
        return read("sentry", searches, seen, url=server.url, organization="harbour", **known)

    return run


def test_counts_new_issues_and_releases_are_read_page_by_page(live, server):
    got = live(searches=[BY_MINUTE])
    known = gathered(got.rows(Signal))
    (curve,) = known.curves
    assert (curve.name, curve.unit, sum(value for _, value in curve.points)) == ("errors", "errors", 31)
    issues = [row for row in known.noted if row.kind == "issue"]
    assert columns(issues[0]) == {
        "kind": "issue",
        "system": "checkout",
        "name": "CHECKOUT-WEB-1",
        "time": datetime(2026, 2, 28, 14, 2, 11, 120000, tzinfo=UTC),
        "until": datetime(2026, 2, 28, 15, tzinfo=UTC),
        "value": 31.0,
        "state": "unresolved",
        "text": "TypeError: '1' has no price",
        "url": "https://harbour.sentry.example/issues/1/",
    }
    assert len(issues) == 5
    assert [row.name for row in known.noted if row.kind == "release"][-1] == "1.28"
    assert len([row for row in known.noted if row.kind == "release"]) == 28
    # What is older than the stretch ends the list: the last page is not asked for.
    assert sum("/releases/" in call for call in server.calls) == 15
    (line,) = got.coverage
    assert (line.scope, line.status) == ("checkout errors", "ok")


def test_a_later_run_asks_only_for_what_is_new(live, server, project):
    seen = {one.origin: one.version for one in live().objects}
    server.requests.clear()
    project.issues.append(issue(10, "2026-03-01T20:00:00Z"))
    got = live(seen, at=NOW + timedelta(days=1))
    assert [row.name for row in got.rows(Signal) if row.kind == "issue"] == ["CHECKOUT-WEB-10"]
    assert len(got.rows(Signal)) == 1 + 25 * 12
    assert len(server.calls) == 6


def became(type_, at, **data):
    return {"id": "1", "type": type_, "dateCreated": at, "user": None, "data": data}


def test_an_issue_that_came_back_is_told_when_and_in_which_release_also_once_it_is_resolved_again(live, project):
    old = {"first": "2025-01-01T00:00:00Z"}
    back = became("set_regression", "2026-02-28T14:05:00.120000Z", version="checkout@1.28")
    before = became("set_regression", "2025-06-01T00:00:00Z")
    fixed = became("set_resolved", "2026-02-28T16:00:00Z")
    project.issues += [
        issue(20, **old, substatus="regressed", activity=[back, before]),
        issue(21, **old, status="resolved", activity=[fixed, {**back, "data": {}}]),
        issue(22, **old, substatus="ongoing", activity=[back]),
    ]
    got = live()
    known = [row for row in gathered(got.rows(Signal)).noted if row.kind == "regression"]
    assert [(row.name, row.state) for row in known] == [
        ("CHECKOUT-WEB-20", "in release checkout@1.28"),
        ("CHECKOUT-WEB-21", "resolved"),
    ]
    assert {row.time for row in known} == {datetime(2026, 2, 28, 14, 5, 0, 120000, tzinfo=UTC)}
    assert known[0].url == "https://harbour.sentry.example/issues/20/"
    assert got.coverage[0].status == "ok"
    assert "set_regression" in SentryCollector.quote(json.dumps(project.issues[-3]).encode(), known[0].record)


def test_an_issue_that_cannot_be_looked_up_makes_its_search_partial(live, server, project):
    project.issues.append(issue(20, substatus="regressed"))
    server.fails("/issues/20/", 403, message="You do not have permission")
    (line,) = live().coverage
    assert (line.status, "do not have permission" in line.reason) == ("partial", True)


def test_a_page_that_fails_keeps_what_came_before_and_is_told(live, server):
    server.fails("/issues/", 500, message="Internal Error", after=1)
    got = live()
    assert len([row for row in got.rows(Signal) if row.kind == "issue"]) == 2
    (line,) = got.coverage
    assert (line.status, "Internal Error" in line.reason) == ("partial", True)


def test_a_cursor_that_leads_in_a_circle_is_told(live, server, project):
    project.page = 0
    assert "same page comes again and again" in live().coverage[0].reason


def test_a_project_that_is_not_there_costs_its_search_alone(live):
    got = live(searches=(SEARCH, {**SEARCH, "name": "billing", "project": "../secrets"}))
    assert [line.status for line in got.coverage] == ["ok", "failed"]
    assert "../secrets" in got.coverage[1].reason


def test_what_holds_no_issue_and_no_curve_is_told(tmp_path, read):
    folder = tmp_path / "saved/checkout/errors"
    folder.mkdir(parents=True)
    answers = {
        "issues": [issue(1), {"shortId": "X", "firstSeen": "yesterday-ish"}],
        "releases": [release("1.28", "2026-02-28T09:00:00Z")],
        "events": {"data": [[AT, [{"count": 3}]]]},
        "odd": {"data": [[AT, "x"]]},
        "other": {"detail": "no"},
        "none": [],
    }
    for name, answer in answers.items():
        (folder / f"{name}.json").write_text(json.dumps(answer))
    got = read("sentry", [SEARCH], path="saved")
    assert sorted(row.kind for row in got.rows(Signal)) == ["curve", "issue", "release"]
    (line,) = got.coverage
    assert "no moment with a count" in line.reason
    assert "no issues, no releases and no events" in line.reason
    assert "firstSeen is no time" in line.reason


def test_a_record_can_be_looked_up_again():
    events = json.dumps({"data": [[AT, [{"count": 3}]], [AT + 60, [{"count": 4}]]]}).encode()
    assert "4" in SentryCollector.quote(events, 1)
    assert "CHECKOUT-WEB-2" in SentryCollector.quote(json.dumps([issue(1), issue(2)]).encode(), 1)
