"""GitHub's issues as whole tickets, from answers by hand."""

import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.github import GithubTickets
from auditor.model.arrow import from_arrow
from auditor.model.tables import Ticket
from collectors.base import Raw
from collectors.github.tickets import GithubTicketsCollector
from tests.collectors.rows import columns


def at(minute):
    return datetime(2026, 2, 10, 9, minute, tzinfo=UTC)


def event(kind, minute, who="tom", **more):
    return {"event": kind, "created_at": f"2026-02-10T09:{minute:02}:00Z", "actor": {"login": who}, **more}


ISSUE = {
    "number": 12, "title": "Slow", "body": "Person: @nina\nSystem: checkout", "state": "open", "html_url": "https://g/12",
    "user": {"login": "nina"}, "assignees": [{"login": "leon"}], "labels": [{"name": "access"}],
    "created_at": "2026-02-10T09:00:00Z", "closed_at": "2026-02-10T09:59:00Z",
}  # fmt: skip
ROW = {
    "ticket": "quay/ops#12", "url": "https://g/12", "kind": "access", "title": "Slow", "requester": "github:nina",
    "person": "github:nina", "assignees": ("github:leon",), "systems": ("checkout",), "opened_at": at(0),
}  # fmt: skip
APPROVED = event("labeled", 10, label={"name": "approved"})
BY_TOM = {"approver": "github:tom", "approved_at": at(10), "approval": "quay/ops#12: label approved"}


@pytest.fixture
def read(context):
    def run(issue, *timeline, **more):
        source = GithubTickets(name="gh", kind="github-tickets", token_env="T", repositories=["quay/ops"])
        record = {"issue": {**ISSUE, **issue}, "timeline": list(timeline), **more}
        raw = Raw("github:quay/ops#issues/page-0001", lambda: json.dumps([record]).encode(), part="issues")
        got = GithubTicketsCollector(source, context).normalise([raw])
        rows = [columns(row) for row in from_arrow(Ticket, got.tables[Ticket])] if Ticket in got.tables else []
        return rows, got.coverage[0]

    return run


@pytest.mark.parametrize(
    ("issue", "timeline", "differs"),
    [
        ({}, [], {}),
        ({"state": "closed"}, [], {"closed_at": at(59)}),
        ({}, [APPROVED], BY_TOM),
        ({}, [APPROVED, event("unlabeled", 11, label={"name": "approved"})], {}),
        ({}, [APPROVED, event("unlabeled", 11, label={"name": "other"})], BY_TOM),
        ({}, [event("milestoned", 10, label={"name": "approved"})], {}),
        ({}, [event("labeled", 10)], {}),
        ({}, [event("labeled", 10, label={"name": "approved"}, created_at=None)], {}),
        (
            {},
            [event("commented", 12, user={"login": "mia"}, body="Approved until 11:00")],
            {"approver": "github:mia", "approved_at": at(12), "approval": "quay/ops#12: Approved until 11:00"},
        ),
        ({}, [event("commented", 12), event("closed", 13, body="Approved")], {}),
        (
            {},
            [event("commented", 12, body="Approved until 11:00")],
            {"approver": "github:tom", "approved_at": at(12), "approval": "quay/ops#12: Approved until 11:00"},
        ),
        ({"labels": [], "type": {"name": "Incident"}, "body": None}, [], {"kind": "incident", "person": "github:leon", "systems": None}),
        ({"user": None}, [], {"requester": None}),
    ],
)  # fmt: skip
def test_an_issue_whole(read, issue, timeline, differs):
    rows, line = read(issue, *timeline)
    assert rows == [{name: value for name, value in {**ROW, **differs}.items() if value is not None}]
    assert (line.status, line.reason, line.scope) == ("ok", None, "quay/ops")


@pytest.mark.parametrize("issue", [{"labels": [], "body": None}, {"pull_request": {"url": "x"}}])
def test_what_is_no_ticket_is_left_out(read, issue):
    rows, line = read(issue)
    assert (rows, line.status) == ([], "ok")
    assert line.reason == "1 issue is no request: no label and no field says so"


def test_a_timeline_that_could_not_be_read_is_said(read):
    ((row,), line) = read({}, missing="no rights")
    assert row["approval"] == "could not be read: no rights"
    assert (line.status, line.reason) == ("partial", "its history could not be read: no rights (quay/ops#12)")
