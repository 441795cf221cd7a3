"""GitHub issues as tickets, read by PyGithub from a server on loopback."""

import json
from datetime import datetime

import pytest

from auditor.config.sources.github import GithubTickets
from auditor.errors import SourceError
from auditor.model.tables import Ticket
from collectors.github.tickets import GithubTicketsCollector

ISSUES = "/repos/quay/ops/issues"
BODY = """### Person

@nina

### System

checkout

### Ends at

2026-02-10 11:00 +01:00

### Extends

#11
"""


def at(clock):
    return datetime.fromisoformat(f"2026-02-10T{clock}:00+00:00")


def stamp(clock):
    return f"2026-02-10T{clock}:00Z"


def issue(number, **known):
    return {
        "number": number,
        "title": f"Issue {number}",
        "body": None,
        "state": "open",
        "html_url": f"https://git.example/quay/ops/issues/{number}",
        "user": {"login": "nina"},
        "assignees": [],
        "labels": [],
        "created_at": stamp("09:00"),
        "closed_at": None,
        **known,
    }


def event(kind, clock, name, **known):
    return {"event": kind, "created_at": stamp(clock), "actor": {"login": name}, **known}


@pytest.fixture
def issues():
    return [
        issue(12, body=BODY, state="closed", closed_at=stamp("10:00")),
        issue(13, labels=[{"name": "incident"}], body="Nobody can pay.", assignees=[{"login": "leon"}]),
        issue(14, labels=[{"name": "bug"}]),
        issue(15, labels=[{"name": "change"}], pull_request={"url": "x"}, body=BODY),
    ]


@pytest.fixture
def read(forge, issues, context, collect):
    def page(query):
        number, size = int(query.get("page", 1)), int(query["per_page"])
        more = {"Link": f'<{forge.url}{ISSUES}?per_page={size}&page={number + 1}>; rel="next"'}
        return 200, issues[(number - 1) * size :][:size], more if number * size < len(issues) else {}

    words = "Approved: Nina on checkout until 11:00"
    forge.answers["/rate_limit"] = lambda _: {"rate": {"limit": 5000, "remaining": 5000}}
    forge.answers.setdefault(ISSUES, page)
    forge.answers.setdefault(
        f"{ISSUES}/12/timeline",
        lambda _: [
            event("labeled", "09:10", "tom", label={"name": "approved"}),
            event("commented", "09:11", "tom", user={"login": "tom"}, body=words),
            event("commented", "09:59", "nina", user={"login": "nina"}, body="Closeout: done.\nAccess removed: yes"),
            {"event": "committed", "sha": "a91957a8"},
        ],
    )
    forge.answers.setdefault(f"{ISSUES}/13/timeline", lambda _: [])

    def run(**known):
        known = {"repositories": ["quay/ops"], **known}
        source = GithubTickets(name="gh", kind="github-tickets", url=forge.url, token_env="FORGE_TOKEN", **known)
        got = collect(GithubTicketsCollector(source, context))
        return {row.ticket: row for row in got.rows(Ticket)}, got

    return run


def test_an_issue_comes_with_its_whole_story(read, forge):
    tickets, got = read()
    row = tickets["quay/ops#12"]
    assert (row.kind, row.systems, row.person) == ("access", ("checkout",), "github:nina")
    assert (row.opened_at, row.ends_at, row.closed_at) == (at("09:00"), at("10:00"), at("10:00"))
    assert (row.approver, row.approved_at) == ("github:tom", at("09:10"))
    assert row.approval == "quay/ops#12: Approved: Nina on checkout until 11:00"
    assert (row.extends, row.removal_confirmed, row.edited_at) == ("quay/ops#11", True, None)
    assert tickets["quay/ops#13"].person == "github:leon"
    assert set(tickets) == {"quay/ops#12", "quay/ops#13"}
    assert (got.coverage[0].status, got.coverage[0].rows) == ("ok", 2)
    assert "2 issues carry no label" in got.coverage[0].reason
    assert f"{ISSUES}/14/timeline" not in [path for path, _ in forge.calls]


def test_with_a_prefix_issues_have_the_teams_ids(read):
    tickets, _ = read(prefix="OPS")
    assert tickets["OPS-12"].extends == "OPS-11"


def test_long_lists_are_read_to_their_end(read, issues, forge):
    issues += [issue(number, labels=[{"name": "bug"}]) for number in range(100, 330)]
    issues.append(issue(400, labels=[{"name": "incident"}]))
    forge.answers[f"{ISSUES}/400/timeline"] = lambda _: []
    tickets, _ = read(updated_within="30d")
    assert "quay/ops#400" in tickets
    asked = [query for path, query in forge.calls if path == ISSUES]
    assert [query.get("page") for query in asked] == [None, "2", "3"]
    assert asked[0]["since"] == "2026-01-30T03:00:00Z"


def test_a_timeline_that_is_refused_is_said_in_the_ticket(read, forge):
    forge.answers[f"{ISSUES}/12/timeline"] = lambda _: (403, {"message": "Resource not accessible"}, {})
    tickets, got = read()
    assert tickets["quay/ops#12"].approval.startswith("could not be read: GitHub denied access")
    assert got.coverage[0].status == "partial"


def test_a_repository_that_is_not_there_fails_and_the_others_go_on(read):
    tickets, got = read(repositories=["quay/nothing", "quay/ops"])
    assert len(tickets) == 2
    assert {line.scope: line.status for line in got.coverage} == {"quay/nothing": "failed", "quay/ops": "ok"}


def test_a_token_that_is_refused_fails_the_source(read, monkeypatch):
    monkeypatch.setenv("FORGE_TOKEN", "expired-one")
    with pytest.raises(SourceError, match="does not accept the token"):
        read()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((200, {"message": "odd"}, {}), "not as it should be"),
        ((200, b"[{", {}), "GitHub"),
        ((410, {"message": "Issues are disabled"}, {}), "Issues are disabled"),
    ],
)
def test_an_answer_that_is_no_list_is_said(read, forge, answer, reason):
    forge.answers[ISSUES] = lambda _: answer
    _, got = read()
    assert (got.coverage[0].status, reason in got.coverage[0].reason) == ("failed", True)


def test_throttling_is_waited_out(read, forge):
    usual, left = forge.answers[ISSUES], [1]

    def throttled(query):
        if left[0]:
            left[0] -= 1
            return 403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": 1}
        return usual(query)

    forge.answers[ISSUES] = throttled
    assert len(read()[0]) == 2
    assert left == [0]


def test_a_server_that_sends_the_same_page_for_ever_is_left(read, forge, issues):
    forge.answers[ISSUES] = lambda _: (200, issues, {"Link": f'<{forge.url}{ISSUES}?page=2>; rel="next"'})
    _, got = read()
    assert "the same page comes again and again" in got.coverage[0].reason


def test_odd_records_are_counted_and_names_may_hold_anything(read, issues):
    issues[1]["title"] = "\u202e<b>\x00\ud800"
    issues += [{"number": "x"}, "text"]
    tickets, got = read()
    assert len(tickets) == 2
    assert got.coverage[0].rejected == 2


def test_a_row_points_at_its_issue(read):
    tickets, got = read()
    (raw,) = got.batches[0]
    quote = json.loads(GithubTicketsCollector.quote(raw.load(), tickets["quay/ops#13"].record))
    assert quote["issue"]["number"] == 13


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, issues, forge, told_whole):
    issues.append(issue("16", labels=[{"name": "incident"}], created_at="yesterday"))
    forge.answers[f"{ISSUES}/16/timeline"] = lambda _: [event("closed", "10:00", "tom"), {"created_at": 7}, None]
    told_whole("github-tickets", read()[1], forge.calls, server=forge.url)
