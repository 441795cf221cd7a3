"""Jira issues as tickets, read by the jira library from a server on loopback."""

import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.tickets import JiraTickets
from auditor.errors import SourceError
from auditor.model.statements import UNREAD
from auditor.model.tables import Ticket
from collectors.jira.tickets import JiraTicketsCollector

SEARCH = "/rest/api/2/search"


def at(clock):
    return datetime.fromisoformat(f"2026-02-10T{clock}:00+00:00")


def stamp(clock):
    return f"2026-02-10T{clock}:00.000+0000"


def who(name):
    return {"name": name, "emailAddress": f"{name}@quay.example", "displayName": name.title()}


def change(name, clock, field, before, after, **known):
    item = {"field": field, "fromString": before, "toString": after, **known}
    return {"created": stamp(clock), "author": who(name), "items": [item]}


def issue(number, **fields):
    changes = fields.pop("changes", [])
    return {
        "key": f"OPS-{number}",
        "fields": {
            "summary": f"Issue {number}",
            "description": None,
            "issuetype": {"name": "Access Request"},
            "labels": [],
            "reporter": who("nina"),
            "assignee": None,
            "created": stamp("09:00"),
            "resolutiondate": None,
            "comment": {"total": 0, "comments": []},
            **fields,
        },
        "changelog": {"total": len(changes), "histories": changes},
    }


@pytest.fixture
def issues():
    words = "Approved: Nina on checkout until 11:00"
    return [
        issue(
            12,
            description="h3. Person\nNina\n\n*Work:* risky\n*Extends:* OPS-11",
            customfield_10010=[{"value": "checkout"}],
            customfield_10011={"value": "write"},
            customfield_10012="2026-02-10T10:15:00.000+0100",
            resolutiondate=stamp("10:30"),
            comment={
                "total": 2,
                "comments": [
                    {"created": stamp("09:11"), "author": who("tom"), "body": words},
                    {
                        "created": stamp("10:29"),
                        "author": who("nina"),
                        "body": "Closeout: done. Access removed: yes",
                    },
                ],
            },
            changes=[
                change("tom", "09:10", "status", "To Do", "Approved"),
                change("nina", "09:20", "Level", "read", "write", fieldId="customfield_10011"),
                change("nina", "09:40", "status", "Approved", "In Progress"),
                change("nina", "09:50", "Rank", "1", "2"),
            ],
        ),
        issue(13, issuetype={"name": "Incident"}, description="Nobody can pay.", assignee=who("leon")),
        issue(14, issuetype={"name": "Bug"}),
    ]


@pytest.fixture
def read(forge, issues, context, collect):
    forge.answers["/rest/api/2/serverInfo"] = lambda _: {"versionNumbers": [9, 12, 0], "deploymentType": "Server"}
    forge.answers["/rest/api/2/field"] = lambda _: [{"id": "summary", "name": "Summary"}]
    forge.answers.setdefault(
        SEARCH,
        lambda query: {
            "startAt": int(query["startAt"]),
            "total": len(issues),
            "issues": issues[int(query["startAt"]) :][: int(query["maxResults"])],
        },
    )

    def run(**known):
        fields = {"systems": "customfield_10010", "level": "customfield_10011", "starts_at": "customfield_10012"}
        known = {"projects": ["OPS"], "fields": fields, **known}
        source = JiraTickets(name="jira", kind="jira-tickets", url=forge.url, token_env="FORGE_TOKEN", **known)
        got = collect(JiraTicketsCollector(source, context))
        return {row.ticket: row for row in got.rows(Ticket)}, got

    return run


def test_an_issue_comes_with_its_whole_story(read, forge):
    tickets, got = read()
    row = tickets["OPS-12"]
    assert (row.kind, row.work, row.level, row.systems) == ("access", "risky", "write", ("checkout",))
    assert (row.requester, row.person, row.extends) == ("nina@quay.example", "Nina", "OPS-11")
    assert (row.opened_at, row.starts_at, row.closed_at) == (at("09:00"), at("09:15"), at("10:30"))
    assert (row.approver, row.approved_at) == ("tom@quay.example", at("09:10"))
    assert row.approval == "OPS-12: Approved: Nina on checkout until 11:00"
    assert (row.edited_at, row.removal_confirmed) == (at("09:20"), True)
    assert row.closeout.startswith("done.")
    assert row.url == f"{forge.url}/browse/OPS-12"
    assert tickets["OPS-13"].kind == "incident"
    assert tickets["OPS-13"].person == "leon@quay.example"
    assert "OPS-14" not in tickets
    assert (got.coverage[0].scope, got.coverage[0].status, got.coverage[0].rows) == ("OPS", "ok", 2)


def decision(final, who):
    asked = [{"approver": {"accountId": who, "displayName": who.title()}, "approverDecision": final}]
    done = {"completedDate": {"iso8601": "2026-02-10T09:05:00+0000"}} if final != "pending" else {}
    return {"id": "1", "name": "Waiting for approval", "finalDecision": final, "approvers": asked, **done}


def test_an_approval_by_service_managements_button_is_of_the_request_as_it_stands(read, issues, forge):
    issues[0]["changelog"]["histories"] = []
    issues[0]["fields"]["comment"] = {"total": 0, "comments": []}
    issues[0]["fields"]["customfield_10036"] = [decision("approved", "tom")]
    row = read()[0]["OPS-12"]
    assert (row.approver, row.approved_at) == ("Tom <jira:tom>", at("09:05"))
    assert row.approval == "OPS-12 approved by button for Nina on checkout"
    issues[0]["fields"]["customfield_10036"] = [decision("pending", "tom")]
    assert read()[0]["OPS-12"].approver is None
    issues[0]["fields"]["customfield_10036"] = [decision("approved", "tom"), decision("declined", "mia")]
    assert read()[0]["OPS-12"].status.endswith("declined")


def test_approvals_written_otherwise_are_told_and_are_no_missing_ones(read, issues):
    issues[0]["changelog"]["histories"] = []
    issues[0]["fields"]["comment"] = {"total": 0, "comments": []}
    issues[0]["fields"]["customfield_10036"] = [{"finalDecision": "approved", "approvers": "tom"}]
    row = read()[0]["OPS-12"]
    assert row.approver is None
    assert row.approval.startswith(UNREAD)


@pytest.mark.parametrize(
    ("custom", "asked"),
    [("com.atlassian.servicedesk.approvals-plugin:sd-approvals", "customfield_10036"), ("other", None)],
)
def test_the_field_of_approvals_is_asked_for_by_what_it_is(read, forge, custom, asked):
    forge.answers["/rest/api/2/field"] = lambda _: [{"id": "customfield_10036", "schema": {"custom": custom}}]
    seen = []
    search = forge.answers[SEARCH]
    forge.answers[SEARCH] = lambda query: seen.append(query["fields"]) or search(query)
    read()
    assert ("customfield_10036" in seen[0].split(",")) == bool(asked)


def test_a_status_that_goes_back_takes_the_approval_with_it(read, issues):
    issues[0]["changelog"]["histories"][2]["items"][0]["toString"] = "To Do"
    issues[0]["fields"]["comment"] = {"total": 0, "comments": []}
    assert read()[0]["OPS-12"].approver is None


def test_the_status_of_approval_may_have_another_name(read, issues):
    issues[0]["changelog"]["histories"][0]["items"][0]["toString"] = "Genehmigt"
    issues[0]["changelog"]["histories"][2]["items"][0]["fromString"] = "Genehmigt"
    issues[0]["fields"]["comment"] = {"total": 0, "comments": []}
    assert read()[0]["OPS-12"].approver is None
    assert read(approved_status="genehmigt")[0]["OPS-12"].approver == "tom@quay.example"


def test_long_lists_are_read_to_their_end_in_one_order(read, issues, forge):
    issues += [issue(number, issuetype={"name": "Change"}) for number in range(100, 330)]
    tickets, _ = read(updated_within="30d")
    assert len(tickets) == 232
    asked = [query for path, query in forge.calls if path == SEARCH]
    assert [query["startAt"] for query in asked] == ["0", "100", "200"]
    assert asked[0]["jql"] == '(project in ("OPS")) AND updated >= "-43200m" ORDER BY key ASC'


def test_a_query_keeps_its_sense_and_loses_its_order(read, forge):
    read(projects=[], jql="labels = access order by created")
    assert [query["jql"] for path, query in forge.calls if path == SEARCH] == ["labels = access ORDER BY key ASC"]


def test_cloud_is_paged_by_token(read, issues, forge):
    forge.answers["/rest/api/2/search/jql"] = lambda query: (
        {"issues": issues[1:]} if query.get("nextPageToken") == "x" else {"issues": issues[:1], "nextPageToken": "x"}
    )
    forge.answers["/rest/api/2/serverInfo"] = lambda _: {"versionNumbers": [1001, 0, 0], "deploymentType": "Cloud"}
    tickets, got = read()
    assert set(tickets) == {"OPS-12", "OPS-13"}
    assert got.coverage[0].status == "ok"


def test_all_comments_are_read_where_a_search_shows_only_some(read, issues, forge):
    whole = issues[0]["fields"]["comment"]["comments"]
    issues[0]["fields"]["comment"] = {"total": 2, "comments": []}
    forge.answers["/rest/api/2/issue/OPS-12/comment"] = lambda _: {"comments": whole}
    assert "Approved: Nina" in read()[0]["OPS-12"].approval
    forge.answers["/rest/api/2/issue/OPS-12/comment"] = lambda _: (403, {"errorMessages": ["no"]}, {})
    _, got = read()
    assert got.coverage[0].status == "partial"
    assert "reading the comments of OPS-12" in got.coverage[0].reason


def test_a_history_that_is_cut_short_is_said(read, issues):
    issues[1]["changelog"]["total"] = 300
    tickets, got = read()
    assert tickets["OPS-13"].approval == "could not be read: its history is longer than Jira shows"
    assert got.coverage[0].status == "partial"


def test_a_token_that_is_refused_fails_the_source(read, monkeypatch):
    monkeypatch.setenv("FORGE_TOKEN", "expired-one")
    with pytest.raises(SourceError, match="does not accept the token"):
        read()
    monkeypatch.delenv("FORGE_TOKEN")
    with pytest.raises(SourceError, match="FORGE_TOKEN is not set"):
        read()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((403, {"errorMessages": ["no"]}, {}), "denied access"),
        ((400, {"errorMessages": ["bad JQL"]}, {}), "bad JQL"),
        ((200, b"<html>", {}), "no JSON"),
        ((200, b'{"issues": [', {"Content-Length": 1000}), "cut in the middle"),
        ((200, {"total": 3}, {}), "not as it should be"),
    ],
)
def test_a_first_page_that_is_not_to_be_had_fails_the_source(read, forge, answer, reason):
    forge.answers[SEARCH] = lambda _: answer
    with pytest.raises(SourceError, match=reason):
        read()


def test_a_later_page_that_is_not_to_be_had_costs_itself(read, issues, forge):
    page = {"total": 200, "issues": issues}
    forge.answers[SEARCH] = lambda query: page if query["startAt"] == "0" else (403, {"errorMessages": ["no"]}, {})
    tickets, got = read()
    assert len(tickets) == 2
    assert (got.coverage[0].status, "denied access" in got.coverage[0].reason) == ("partial", True)


def test_a_server_that_sends_the_same_page_for_ever_is_left(read, issues, forge):
    forge.answers[SEARCH] = lambda _: {"total": 10**9, "issues": issues}
    _, got = read()
    assert "the same page comes again and again" in got.coverage[0].reason


def test_throttling_is_waited_out(read, forge):
    usual, left = forge.answers[SEARCH], [1]

    def throttled(query):
        if left[0]:
            left[0] -= 1
            return 429, {"message": "Too Many Requests"}, {"Retry-After": 0}
        return usual(query)

    forge.answers[SEARCH] = throttled
    assert len(read()[0]) == 2


def test_odd_fields_cost_themselves_and_odd_issues_are_counted(read, issues):
    issues[0]["fields"] |= {"labels": "not a list", "summary": "\u202e<b>\x00\ud800"}
    issues += [{"key": 7}, "text", {"key": "OPS-15"}]
    tickets, got = read()
    assert tickets["OPS-12"].approver == "tom@quay.example"
    assert (got.coverage[0].status, got.coverage[0].rejected) == ("partial", 3)
    assert "labels is not as it should be" in got.coverage[0].reason


def test_a_row_points_at_its_issue(read):
    tickets, got = read()
    (raw,) = got.batches[0]
    assert json.loads(JiraTicketsCollector.quote(raw.load(), tickets["OPS-13"].record))["key"] == "OPS-13"
    assert raw.original
    assert tickets["OPS-13"].collected_at == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, issues, forge, told_whole):
    issues.append(issue(15, created="yesterday", labels=["access"]))
    told_whole("jira-tickets", read()[1], forge.calls, server=forge.url)
