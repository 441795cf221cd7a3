"""Teleport's access requests, as tctl prints them."""

import json
from datetime import timedelta

import pytest

from auditor.model.tables import Ticket
from collectors.brokers.teleport import TeleportRequestsCollector
from tests.cases import AT, hour

START = AT - hour(6)


def time(hours):
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def asked(id_="9a6b", state=2, **spec):
    """Nina's hour in the shell of production, reviewed by Tom."""
    review = {"author": "tom@harbour.example", "proposed_state": 2, "reason": "go on", "created": time(-0.1)}
    return {
        "kind": "access_request",
        "version": "v3",
        "metadata": {"name": id_, "expires": time(12)},
        "spec": {
            "user": "nina",
            "roles": ["prod-shell"],
            "state": state,
            "created": time(-0.2),
            "expires": time(1),
            "request_reason": "PAY-184 Card payments time out",
            "reviews": [review],
            **spec,
        },
    }


def test_a_request_is_a_ticket(read, told):
    got = read("teleport-requests", [asked()])
    (row,) = got.rows(Ticket)
    made, found = told(got)
    assert found == []
    assert (row.ticket, row.requester, row.approval) == ("Teleport 9a6b", "teleport:nina", "go on")
    assert (row.starts_at, row.ends_at, row.closed_at) == (START - hour(0.1), START + hour(1), START + hour(1))
    assert made.refs[row.ticket].people == ("nina",)
    assert made.refs[row.ticket].systems == ("checkout",)


@pytest.mark.parametrize(
    ("request_", "rules"),
    [
        (asked(state="APPROVED"), []),
        (asked(state="REQUEST_STATE_APPROVED"), []),
        (asked(state=3), []),
        (asked(state="DENIED"), []),
        (asked(reviews=[{"author": "nina", "proposed_state": "APPROVED", "created": time(0)}]), ["self-approved"]),
        (asked(reviews=[], resolve_reason="by hand", created=time(0)), ["unapproved"]),
        (asked(roles=["staging"]), ["vague"]),
        (asked(roles=None, resource_ids=[{"cluster": "c", "kind": "db", "name": "prod-shell"}]), []),
        (asked(expires=time(5)), ["too-long"]),
        (asked(expires="0001-01-01T00:00:00Z"), ["vague"]),
        (asked(request_reason=""), ["vague", "no-closeout"]),
        (asked(state=4), ["vague"]),
    ],
)
def test_what_the_rules_find_of_a_request(read, told, request_, rules):
    assert told(read("teleport-requests", [request_]))[1] == rules


def test_who_let_it_through_without_a_review_is_not_known(read, told):
    got = read("teleport-requests", [asked(reviews=[], resolve_reason="by hand")])
    made, _ = told(got)
    assert made.refs["Teleport 9a6b"].approver is None
    assert got.rows(Ticket)[0].approval == "by hand"


def test_what_was_denied_opens_nothing(read, told):
    denied = {"author": "tom@harbour.example", "proposed_state": 3, "created": time(0)}
    got = read("teleport-requests", [asked(state=3, reviews=[denied])])
    made, _ = told(got)
    assert got.rows(Ticket)[0].closeout == "Rejected: by tom@harbour.example"
    assert made.refs["Teleport 9a6b"].windows == ()


def test_one_that_waits_is_no_ticket_and_odd_ones_are_said(read):
    odd = [asked(state=1), asked(state=9), {"kind": "role"}, {"kind": "access_request", "metadata": 7}, asked(user={})]
    got = read("teleport-requests", [*odd, asked("b", created="yesterday")])
    assert [(row.ticket, row.unread) for row in got.rows(Ticket)] == [("Teleport b", ("created yesterday",))]
    (line,) = got.coverage
    assert (line.status, line.rejected) == ("partial", 4)


def test_a_folder_of_files_is_read_and_each_is_kept(read, tmp_path):
    (tmp_path / "nights").mkdir()
    for name in ("a", "b"):
        (tmp_path / f"nights/{name}.json").write_text(json.dumps(asked(name)))
    got = read("teleport-requests", "", name="other", path="nights")
    assert [row.ticket for row in got.rows(Ticket)] == ["Teleport a", "Teleport b"]
    assert all(raw.original for raw in got.batches[0])
    quoted = TeleportRequestsCollector.quote((tmp_path / "nights/a.json").read_bytes(), 0)
    assert json.loads(quoted)["metadata"]["name"] == "a"
