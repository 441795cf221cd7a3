"""Issues on the stand-in as tickets."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.sources.gitlab import GitlabTickets
from auditor.demo.gitlab.state import Place
from auditor.model.tables import Ticket
from collectors.base import Raw
from collectors.gitlab.tickets import GitlabTicketsCollector

REQUEST = """**Person:** @nina
**System:** checkout
**Level:** write
**Work:** risky
**Reason:** Checkout times out.
**Starts at:** 2026-02-10 10:15 +01:00
**Ends at:** 2026-02-10 11:00 +01:00
"""


def at(clock):
    return datetime.fromisoformat(f"2026-02-10T{clock}:00+00:00")


def who(name):
    return {"id": 1, "username": name, "name": name.title(), "state": "active"}


def issue(iid, **known):
    return {
        "id": 100 + iid,
        "iid": iid,
        "project_id": 8,
        "title": f"Issue {iid}",
        "description": "",
        "state": "opened",
        "labels": [],
        "author": who("nina"),
        "assignees": [],
        "created_at": "2026-02-10T09:00:00Z",
        "updated_at": "2026-02-10T10:30:00Z",
        "closed_at": None,
        "web_url": f"https://g.example/quay/ops/-/issues/{iid}",
        "issue_type": "issue",
        **known,
    }


def note(name, clock, body, *, system=False):
    return {"id": 1, "body": body, "author": who(name), "created_at": f"2026-02-10T{clock}:00Z", "system": system}


def labelled(name, clock, label, action="add"):
    return {
        "id": 1,
        "user": who(name),
        "created_at": f"2026-02-10T{clock}:00Z",
        "label": {"name": label},
        "action": action,
    }


@pytest.fixture
def ops(company):
    """One whole request, an incident, and a bug that is no ticket."""
    place = Place({"id": 8, "path_with_namespace": "quay/ops"})
    place.lists["issues"] = [
        issue(12, description=REQUEST, labels=["access::approved"], state="closed", closed_at="2026-02-10T10:00:00Z"),
        issue(13, issue_type="incident", description="Nobody can pay.", assignees=[who("leon")]),
        issue(14, title="The button is blue", labels=["bug"]),
    ]
    place.below = {
        ("issues", 12, "resource_label_events"): [labelled("tom", "09:10", "access::approved")],
        ("issues", 12, "resource_state_events"): [
            {"id": 1, "user": who("nina"), "created_at": "2026-02-10T09:55:00Z", "state": "closed"}
        ],
        ("issues", 12, "notes"): [
            note("tom", "09:11", "Approved: Nina on checkout, until 11:00."),
            note("mia", "09:12", "Reviewed: looks right"),
            note("nina", "09:05", "changed the description", system=True),
            note("nina", "09:20", "changed the description", system=True),
            note("nina", "09:54", "Closeout: one value corrected.\nAccess removed: yes"),
        ],
    }
    company.projects.append(place)
    return place


@pytest.fixture
def read(server, ops, context, collect):
    def run(**known):
        known = {"projects": ["quay/ops"], **known}
        source = GitlabTickets(name="ops", kind="gitlab-tickets", url=server.url, token_env="GITLAB_TOKEN", **known)
        got = collect(GitlabTicketsCollector(source, context))
        return {row.ticket: row for row in got.rows(Ticket)}, got

    return run


def test_a_request_comes_with_its_whole_story(read):
    tickets, got = read()
    row = tickets["quay/ops#12"]
    assert (row.kind, row.work, row.level, row.systems) == ("access", "risky", "write", ("checkout",))
    assert (row.requester, row.person, row.reason) == ("gitlab:nina", "gitlab:nina", "Checkout times out.")
    assert (row.opened_at, row.starts_at, row.ends_at) == (at("09:00"), at("09:15"), at("10:00"))
    assert (row.approver, row.approved_at) == ("gitlab:tom", at("09:10"))
    assert row.approval == "quay/ops#12: Approved: Nina on checkout, until 11:00."
    assert (row.second_reviewer, row.reviewed_at) == ("gitlab:mia", at("09:12"))
    assert (row.closed_at, row.edited_at) == (at("09:55"), at("09:20"))
    assert row.closeout.startswith("one value corrected.")
    assert row.removal_confirmed is True
    assert row.url.endswith("/issues/12")
    assert (got.coverage[0].scope, got.coverage[0].status, got.coverage[0].rows) == ("quay/ops", "ok", 2)


def test_an_incident_needs_no_template(read):
    row = read()[0]["quay/ops#13"]
    assert (row.kind, row.person, row.reason) == ("incident", "gitlab:leon", "Nobody can pay.")
    assert (row.closed_at, row.approver) == (None, None)


def test_issues_that_are_no_requests_are_counted_and_left_alone(read, server):
    tickets, got = read()
    assert set(tickets) == {"quay/ops#12", "quay/ops#13"}
    assert got.coverage[0].reason == "1 issue is no request: no label and no field says so"
    assert not [call for call in server.calls if "/issues/14/" in call]


def test_with_a_prefix_issues_have_the_teams_ids(read, ops):
    ops.lists["issues"][1]["description"] = "**Extends:** #12"
    tickets, _ = read(prefix="OPS")
    assert set(tickets) == {"OPS-12", "OPS-13"}
    assert tickets["OPS-12"].approval.startswith("OPS-12: ")
    assert tickets["OPS-13"].extends == "OPS-12"


@pytest.mark.parametrize(
    "named",
    ["quay/ops#12", "https://g.example/quay/ops/-/issues/12", "#12", "https://g.example/quay/ops/-/work_items/12"],
)
def test_the_ticket_that_one_goes_on_from_is_named_in_many_ways(read, ops, named):
    ops.lists["issues"][1]["description"] = f"Extends: {named}"
    assert read()[0]["quay/ops#13"].extends == "quay/ops#12"


def test_an_extension_may_be_a_link(read, ops):
    ops.lists["issues"][1]["labels"] = ["access::extension"]
    ops.below["issues", 13, "links"] = [issue(12, references={"full": "quay/ops#12"}, link_type="relates_to")]
    assert read()[0]["quay/ops#13"].extends == "quay/ops#12"


@pytest.mark.parametrize("keyset", [True, False])
def test_long_lists_are_read_to_their_end_by_keyset_or_by_offset(read, ops, company, server, keyset):
    company.keyset_issues = keyset
    ops.lists["issues"] += [issue(n, labels=["bug"]) for n in range(1000, 1230)]
    ops.lists["issues"].append(issue(2000, labels=["kind::change"], description="What changes: all"))
    tickets, got = read()
    assert tickets["quay/ops#2000"].kind == "change"
    assert tickets["quay/ops#2000"].note == "What changes: all"
    pages = [call for call in server.calls if "/issues?" in call and call.startswith("GET")]
    assert any("cursor=" in call for call in pages) is keyset
    assert got.coverage[0].status == "ok"


def test_older_issues_can_be_left_out_and_coverage_says_from_when(read, ops, context):
    ops.lists["issues"][1]["updated_at"] = "2025-01-01T00:00:00Z"
    tickets, got = read(updated_within="30d")
    assert set(tickets) == {"quay/ops#12"}
    assert got.coverage[0].from_ == context.collected_at - timedelta(days=30)


def test_a_history_that_is_refused_is_said_in_the_ticket(read, server):
    server.fails("/12/resource_label_events$")
    tickets, got = read()
    assert tickets["quay/ops#12"].approval.startswith("could not be read: GitLab denied access")
    assert got.coverage[0].status == "partial"


def test_a_project_that_is_not_there_fails_and_the_others_go_on(read):
    tickets, got = read(projects=["quay/nothing", "quay/ops"])
    assert len(tickets) == 2
    assert {line.scope: line.status for line in got.coverage} == {"quay/nothing": "failed", "quay/ops": "ok"}


def test_a_renamed_project_is_followed_page_by_page(read, ops):
    ops.former = ("quay/tickets",)
    ops.lists["issues"] += [issue(n, labels=["kind::change"]) for n in range(1000, 1100)]
    tickets, got = read(projects=["quay/tickets"])
    assert len(tickets) == 102
    assert got.coverage[0].status == "ok"


def test_an_empty_project_is_read_and_empty(read, ops):
    ops.lists["issues"] = []
    tickets, got = read()
    assert (tickets, got.coverage[0].status) == ({}, "ok")


def test_names_and_texts_may_hold_anything(read, ops):
    ops.lists["issues"][0]["title"] = "\u202eevil\x00 <script> \ud800"
    ops.below["issues", 12, "notes"].append(note("tom", "09:30", "Closeout: \ud800 naïve \x1b[31m"))
    row = read()[0]["quay/ops#12"]
    assert "evil" in row.title


def test_a_row_points_at_its_issue(read):
    tickets, got = read()
    row = tickets["quay/ops#13"]
    raw = next(raw for raw in got.batches[0] if raw.origin == row.origin)
    assert json.loads(GitlabTicketsCollector.quote(raw.load(), row.record))["iid"] == 13


def test_times_that_are_none_cost_themselves_only(read, ops):
    ops.lists["issues"][0]["description"] = REQUEST.replace("2026-02-10 10:15 +01:00", "tomorrow")
    tickets, got = read()
    assert tickets["quay/ops#12"].starts_at is None
    assert got.coverage[0].reason == "starts_at is no time and was left out (quay/ops#12)"


def test_real_answers_come_to_tickets_or_to_explained_rejects(shared, context):
    folder = shared("data/gitlab4j")
    source = GitlabTickets(name="ops", kind="gitlab-tickets", url="https://g.example", token_env="T", projects=["a/b"])
    collector = GitlabTicketsCollector(source, context)
    history = {
        "labels": json.loads((folder / "label-events.json").read_bytes()),
        "notes": [json.loads((folder / "note.json").read_bytes())],
    }
    real = json.loads((folder / "issue.json").read_bytes())
    real |= {"labels": ["access::requested"], "history": history}
    got = collector.normalise([Raw("gitlab:a/b#issues/page-0001", json.dumps(real).encode, part="issues")])
    assert got.coverage[0].reason is None
    assert got.tables[Ticket].to_pylist()[0]["closed_at"] == datetime(2016, 1, 5, 15, 31, 46, 176000, tzinfo=UTC)
    for path in sorted(folder.glob("*.json")):
        got = collector.normalise([Raw("gitlab:a/b#issues/page-0001", path.read_bytes, part="issues")])
        assert len(got.objects) == 1


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, server, told_whole):
    told_whole("gitlab-tickets", read()[1], server.calls, server=server.url)
