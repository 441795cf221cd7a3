"""AWS TEAM's requests from its table's items, as the console, the command line and a spreadsheet have them."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.model.tables import Ticket
from auditor.model.vocabulary import Level
from collectors.brokers.team import TeamRequestsCollector
from tests.cases import AT, hour

START = AT - hour(6)


def time(hours):
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def item(**changes):
    """Nina's two hours as administrator of the shop's account: asked for at nine, approved, over."""
    return {
        "id": "4f1c0d9e",
        "email": "nina@harbour.example",
        "username": "idc_nina",
        "accountId": "111122223333",
        "accountName": "harbour-prod",
        "role": "AdministratorAccess",
        "startTime": time(0),
        "endTime": time(2),
        "duration": "2",
        "status": "ended",
        "approver": "tom@harbour.example",
        "comment": "ok",
        "justification": "Checkout times out for every card",
        "ticketNo": "PAY-184",
        "createdAt": time(-0.5),
        "updatedAt": time(2),
        **changes,
    }


def stored(one):
    """As DynamoDB has it."""
    return {name: {"NULL": True} if value is None else {"S": value} for name, value in one.items()}


def test_an_item_is_a_ticket_with_what_was_given(read, told):
    got = read("team-requests", {"Items": [stored(item())], "Count": 1})
    (row,) = got.rows(Ticket)
    made, found = told(got)
    assert found == []
    assert (row.ticket, row.broker, row.closeout) == ("TEAM 4f1c0d9e", "TEAM", "See PAY-184.")
    assert (row.starts_at, row.ends_at, row.closed_at) == (START, START + hour(2), START + hour(2))
    ref = made.refs[row.ticket]
    assert (ref.people, ref.systems, ref.approver, ref.level) == (("nina",), ("checkout",), "tom", Level.ADMIN)
    assert [(w.system, w.starts_at, w.ends_at) for w in ref.windows] == [("checkout", START, START + hour(2))]


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"comment": "I do not agree with how often this happens"}, []),
        ({"approver": None, "comment": None}, ["unapproved"]),
        ({"approver": "nina@harbour.example"}, ["self-approved"]),
        ({"approver": "idc_tom@harbour.example", "email": None, "username": "idc_nina@harbour.example"}, []),
        ({"approver": "mia@harbour.example"}, ["unapproved"]),
        ({"duration": "4", "endTime": time(4)}, ["too-long"]),
        ({"justification": "need access", "ticketNo": None}, ["vague", "no-closeout"]),
        ({"justification": "Raise the timeout of card payments", "ticketNo": None}, ["no-closeout"]),
        ({"ticketNo": "4711"}, []),
        ({"ticketNo": "INC0012345"}, []),
        ({"status": "revoked", "endTime": time(1), "revoker": "tom@harbour.example"}, []),
        ({"status": "in progress", "endTime": None}, ["no-closeout"]),
        ({"status": "scheduled", "startTime": time(30), "endTime": None}, []),
        ({"status": "rejected", "endTime": None}, []),
        ({"status": "cancelled", "endTime": None, "approver": None}, []),
        ({"status": "expired", "endTime": None, "approver": None, "justification": "x"}, []),
        ({"status": "error", "endTime": None}, []),
        ({"accountId": "999900001111", "approver": None, "ticketNo": None}, []),
        ({"startTime": "tomorrow"}, ["vague"]),
    ],
)
def test_what_the_rules_find_of_a_request(read, told, changes, rules):
    assert told(read("team-requests", [item(**changes)]))[1] == rules


@pytest.mark.parametrize(
    ("status", "closeout"),
    [
        ("rejected", "Rejected: by tom@harbour.example"),
        ("cancelled", "Cancelled"),
        ("expired", "Withdrawn: nobody answered in time"),
        ("error", "Cancelled: an error at TEAM"),
    ],
)
def test_what_was_not_given_opens_nothing_and_says_why(read, told, status, closeout):
    got = read("team-requests", [item(status=status, endTime=None)])
    assert not told(got)[0].refs["TEAM 4f1c0d9e"].windows
    assert got.rows(Ticket)[0].closeout == closeout


def test_a_request_taken_back_before_it_began_opens_nothing(read, told):
    got = read("team-requests", [item(status="revoked", startTime=time(5), endTime=time(1))])
    made, found = told(got)
    assert (found, made.refs["TEAM 4f1c0d9e"].windows) == ([], ())


def test_a_revoked_request_ends_then(read, told):
    back = {"revoker": "tom@harbour.example", "revokeComment": "Done."}
    got = read("team-requests", [item(status="revoked", endTime=time(0.5), **back)])
    (window,) = told(got)[0].refs["TEAM 4f1c0d9e"].windows
    assert (window.ends_at, window.closed_early) == (START + hour(0.5), True)
    assert got.rows(Ticket)[0].closeout == "Revoked by tom@harbour.example. Done. See PAY-184."


def test_who_asks_again_and_again_extends(read, told):
    again = [item(id=f"r{n}", startTime=time(2 * n), endTime=time(2 * n + 2)) for n in range(3)]
    made, found = told(read("team-requests", again))
    assert [made.ticket_rows[f"TEAM r{n}"].extends for n in range(3)] == [None, "TEAM r0", "TEAM r1"]
    assert found == ["repeated-extension"]


def test_a_request_for_an_account_of_no_system_leaves_nothing_in_doubt(read, told):
    made, _ = told(read("team-requests", [item(accountId="999900001111")]))
    assert made.refs["TEAM 4f1c0d9e"].doubt is None
    assert (made.tickets_for_later, made.tickets_in_period) == (0, [])


def test_one_that_waits_is_no_ticket_yet(read):
    got = read("team-requests", [item(status="pending"), item(id="b")])
    assert [row.ticket for row in got.rows(Ticket)] == ["TEAM b"]
    assert [(line.status, line.reason) for line in got.coverage] == [("ok", "a request waits for an answer")]


def test_what_cannot_be_read_is_said_and_never_guessed(read):
    got = read("team-requests", [item(duration="two"), item(id="b", status="paused"), item(id="c", email=["x"]), 7])
    (row,) = got.rows(Ticket)
    assert (row.ends_at, row.unread) == (None, ("duration two",))
    (line,) = got.coverage
    assert (line.status, line.rejected) == ("partial", 3)
    assert "duration is no time" in line.reason
    assert "'paused'" in line.reason
    assert "its email is no text" in line.reason


def test_a_spreadsheet_of_the_console_is_read(read):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(item()))
    writer.writeheader()
    writer.writerows([item(), item(id="b", ticketNo="", comment="-")])
    got = read("team-requests", "\ufeff" + text.getvalue(), name="requests.csv")
    rows = got.rows(Ticket)
    assert [row.ticket for row in rows] == ["TEAM 4f1c0d9e", "TEAM b"]
    assert rows[1].approval == "approved"
    assert rows[0].starts_at == START


def test_a_table_exported_to_s3_is_read_and_other_files_of_the_folder_are_said(read, tmp_path):
    lines = "".join(json.dumps({"Item": stored(item(id=one))}) + "\n" for one in "ab")
    folder = tmp_path / "export/AWSDynamoDB/data"
    folder.mkdir(parents=True)
    (folder / "x.json.gz").write_bytes(gzip.compress(lines.encode()))
    got = read("team-requests", "", name="other", path="export")
    assert [row.ticket for row in got.rows(Ticket)] == ["TEAM a", "TEAM b"]
    assert got.coverage[0].status == "ok"
    assert json.loads(TeamRequestsCollector.quote((folder / "x.json.gz").read_bytes(), 1))["id"] == "b"
    (folder / "y.json").write_text(lines[:-40])
    (line,) = read("team-requests", "", name="other", path="export").coverage
    assert (line.status, line.rejected) == ("partial", 1)
    (folder / "x.json.gz").unlink()
    (folder / "y.json").rename(folder / "readme.txt")
    got = read("team-requests", "", name="other", path="export")
    assert "it holds no requests" in got.coverage[0].reason
    assert not any(raw.original for batch in got.batches for raw in batch)


@pytest.mark.parametrize("mark", [{"NextToken": "x"}, {"LastEvaluatedKey": {"id": {"S": "b"}}}])
def test_a_first_page_alone_leaves_open_who_was_given_what(read, mark):
    got = read("team-requests", {"Items": [stored(item())], **mark}, name="1.json")
    assert (got.coverage[0].status, len(got.rows(Ticket))) == ("failed", 1)
    assert "the first page of several" in got.coverage[0].reason


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "17", '{"Items": [{}]}', "{"])
def test_a_file_of_something_else_is_lost(read, text):
    assert [line.status for line in read("team-requests", text, name="other.csv").coverage] == ["failed"]


def test_roles_and_places_mean_what_auditor_yaml_says(read, told):
    settings = {"levels": {"AdministratorAccess": "write"}, "systems": {"111122223333": []}}
    made, _ = told(read("team-requests", [item()], levels=settings["levels"]))
    assert made.refs["TEAM 4f1c0d9e"].level is Level.WRITE
    made, _ = told(read("team-requests", [item(approver=None)], **settings))
    assert made.refs["TEAM 4f1c0d9e"].elsewhere
    made, _ = told(read("team-requests", [item(role="AWSReadOnlyAccess")]))
    assert made.refs["TEAM 4f1c0d9e"].level is Level.READ


def test_the_time_that_is_gone_on_with_is_the_brokers(read):
    (row,) = read("team-requests", [item(startTime="2026-10-02T08:00:00+02:00")]).rows(Ticket)
    assert row.starts_at == datetime(2026, 10, 2, 6, tzinfo=UTC)
