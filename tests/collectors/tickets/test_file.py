import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.tickets import TicketsFile
from auditor.errors import SourceError
from auditor.model.tables import Ticket
from collectors.tickets.file import TicketsFileCollector


@pytest.fixture
def read(context, collect, tmp_path):
    def run(content, name="tickets.csv", **settings):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        collector = TicketsFileCollector(
            TicketsFile(name="tickets", kind="tickets-file", path=name, **settings), context
        )
        got = collect(collector)
        return got.rows(Ticket), got.coverage[0]

    return run


def test_a_ticket_is_read_in_utc_with_its_words_in_lower_case(read):
    (ticket,), coverage = read(
        "title,ticket,kind,work,level,systems,starts_at,removal_confirmed,person,note\n"
        '"Raise timeout, carefully",PAY-184,Access,Read-Only,WRITE,"checkout, payments; mailer",'
        '2026-02-01T10:00:00+02:00,Yes,nina,"What changes: one value\nService: checkout"\n'
    )
    assert (ticket.ticket, ticket.kind, ticket.work, ticket.level) == ("PAY-184", "access", "read-only", "write")
    assert ticket.title == "Raise timeout, carefully"
    assert ticket.systems == ("checkout", "payments", "mailer")
    assert ticket.starts_at == datetime(2026, 2, 1, 8, tzinfo=UTC)
    assert ticket.removal_confirmed is True
    assert ticket.note == "What changes: one value\nService: checkout"
    assert (ticket.ends_at, ticket.approver) == (None, None)
    assert (coverage.status, coverage.reason) == ("ok", None)


def test_comments_are_a_line_each_or_a_list(read):
    (ticket,), _ = read(
        'ticket,comments\nINC-1,"2026-02-01T10:00:00Z mia: Restarted, it\'s up.\n2026-02-01T10:05:00Z tom: Thanks"\n'
    )
    said = ("2026-02-01T10:00:00Z mia: Restarted, it's up.", "2026-02-01T10:05:00Z tom: Thanks")
    assert ticket.comments == said
    (ticket,), _ = read(json.dumps([{"ticket": "INC-1", "comments": said}]), "tickets.json")
    assert ticket.comments == said


def test_json_lines_are_read_too(read):
    lines = [
        {
            "ticket": "A-1",
            "systems": ["checkout", "mailer"],
            "removal_confirmed": False,
            "ends_at": "2026-02-01T10:00Z",
        },
        {"ticket": 2, "systems": "checkout", "approver": None},
    ]
    tickets, coverage = read("\n".join(map(json.dumps, lines)), "tickets.jsonl")
    assert [(t.ticket, t.systems, t.removal_confirmed) for t in tickets] == [
        ("A-1", ("checkout", "mailer"), False),
        ("2", ("checkout",), None),
    ]
    assert coverage.status == "ok"
    listed, _ = read(json.dumps(lines), "tickets.json")
    assert [ticket.ticket for ticket in listed] == ["A-1", "2"]


@pytest.mark.parametrize("encode", [lambda text: b"\xef\xbb\xbf" + text.encode(), lambda text: text.encode("utf-16")])
def test_a_byte_order_mark_is_no_part_of_the_first_column(read, encode):
    (ticket,), coverage = read(encode("ticket,title\nA-1,Überlauf\n"))
    assert (ticket.ticket, ticket.title, coverage.status) == ("A-1", "Überlauf", "ok")


def test_usual_headings_are_known_without_a_mapping(read):
    (ticket,), coverage = read("Ticket,Access for,System,From,Until\nA-1,nina,shop,2026-10-14 08:50,09:30\n")
    assert (ticket.person, ticket.systems) == ("nina", ("shop",))
    assert (ticket.starts_at, ticket.ends_at) == (
        datetime(2026, 10, 14, 6, 50, tzinfo=UTC),
        datetime(2026, 10, 14, 7, 30, tzinfo=UTC),
    )
    assert coverage.status == "ok"


@pytest.mark.parametrize(
    ("heading", "told", "closeout"),
    [
        ("close_notes", "Restarted it", "Restarted it"),
        ("Resolution Notes", "done", "done"),
        ("What was done?", "Queue drained", "Queue drained"),
        ("Abschluss", "Neu gestartet", "Neu gestartet"),
        ("Notes de clôture", "Relancé", "Relancé"),
        # Trackers keep a word of a list under these, or a note.
        ("Resolution", "Done", None),
        ("Resolution", "Solved Remotely (Permanently)", None),
        ("Lösung", "Fertig", None),
        ("Outcome", "Successful", None),
        ("Resolution", "Batch size halved and the queue drained", "Batch size halved and the queue drained"),
        ("Solution", "Access removed", "Access removed"),
        # What was written last may be about anything.
        ("Last notes", "I shall look at the other three of them tomorrow", None),
    ],
)
def test_a_note_of_what_was_done_is_known_by_usual_headings_and_a_word_of_a_list_is_none(read, heading, told, closeout):
    (ticket,), _ = read(f"ticket,{heading}\nA-1,{told}\n")
    assert (ticket.closeout, "closeout" in ticket.untold) == (closeout, closeout is None)


def test_of_a_note_and_a_word_of_a_list_the_note_counts(read):
    (ticket,), _ = read("ticket,Resolution,Close notes,Access removed?\nA-1,Access removed,Restarted it,yes\n")
    assert (ticket.closeout, ticket.removal_confirmed) == ("Restarted it", True)


def test_semicolons_separate_columns_as_well(read):
    (ticket,), _ = read('Ticket;"Starts At";systems\r\nA-1;2026-02-01T10:00Z;"checkout;mailer"\r\n')
    assert (ticket.ticket, ticket.systems) == ("A-1", ("checkout", "mailer"))
    assert ticket.starts_at == datetime(2026, 2, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["2026-02-01 10:00", "01.02.2026 10:00", "01.02.2026 10:00:00", "01/Feb/26 10:00 AM", "2026-02-01 09:00 UTC"],
)
def test_times_are_read_as_spreadsheets_write_them(read, written):
    (ticket,), _ = read(f"ticket,starts_at\nA-1,{written}\n")
    assert ticket.starts_at == datetime(2026, 2, 1, 9, tzinfo=UTC)


def test_a_day_that_could_be_a_month_is_no_time(read):
    (ticket,), coverage = read("ticket,starts_at\nA-1,04/05/2026 10:00\n")
    assert (ticket.starts_at, coverage.status) == (None, "partial")


@pytest.mark.parametrize(
    ("end", "status", "said"), [("2026-02-01 11:00", "ok", ""), ("next week", "partial", "ends_at is no time")]
)
def test_a_time_without_a_zone_is_the_companys_and_said(read, end, status, said):
    (ticket,), coverage = read(f"ticket,starts_at,ends_at\nA-1,2026-02-01 10:00,{end}\n")
    assert (ticket.starts_at, coverage.status) == (datetime(2026, 2, 1, 9, tzinfo=UTC), status)
    assert "times without a zone were read in Europe/Berlin" in coverage.reason
    assert said in coverage.reason


def test_a_date_alone_is_the_beginning_of_that_day_where_the_company_is(read):
    (ticket,), coverage = read("ticket,starts_at\nA-1,2026-02-01\n")
    assert ticket.starts_at == datetime(2026, 1, 31, 23, tzinfo=UTC)
    assert coverage.status == "ok"


@pytest.mark.parametrize("ends", ["9999-12-31", "for 99999999 days", "2026-10-14 08:50 America/Argentina"])
def test_an_end_outside_the_calendar_or_the_world_costs_its_ticket_only(read, ends):
    tickets, coverage = read(f"ticket,starts_at,ends_at\nA-1,2026-10-14,{ends}\nA-2,2026-10-14,2026-10-15\n")
    assert (tickets[0].unread, tickets[1].unread) == ((f"ends_at {ends}",), ())
    assert coverage.status == "partial"


def test_a_column_of_no_known_zone_is_told(read):
    _, coverage = read("ticket,starts_at (Mars/Base)\nOPS-1,2026-10-14 08:50\n")
    assert "starts_at_(mars/base)" in coverage.reason


@pytest.mark.parametrize(
    "column", ["starts_at (UTC)", "Starts at [GMT]", "starts_at_utc", "starts_at (Africa/Abidjan)"]
)
def test_the_zone_of_times_may_stand_in_the_name_of_their_column(read, column):
    (ticket,), coverage = read(f"ticket,{column}\nOPS-1,2026-10-14 08:50\n")
    assert ticket.starts_at == datetime(2026, 10, 14, 8, 50, tzinfo=UTC)
    assert (coverage.status, coverage.reason) == ("ok", None)


@pytest.mark.parametrize(
    ("zone", "starts"),
    [("America/New_York", "2026-10-14 02:50"), ("GMT+5:30", "2026-10-14 12:20"), ("CEST", "14.10.2026 08:50")],
)
def test_the_zone_of_times_may_stand_in_a_column_of_its_own(read, zone, starts):
    (ticket, own), coverage = read(f"ticket,starts_at,Time zone\nA-1,{starts},{zone}\nA-2,2026-10-14T06:50Z,{zone}\n")
    assert ticket.starts_at == own.starts_at == datetime(2026, 10, 14, 6, 50, tzinfo=UTC)
    assert (coverage.status, coverage.reason) == ("ok", None)


def test_a_zone_beside_a_time_that_nobody_knows_leaves_it_unclear(read):
    (ticket,), _ = read("ticket,starts_at,tz\nA-1,2026-10-14 02:50,Eastern Time (US & Canada)\n")
    assert ticket.starts_at is None
    assert ticket.unread


@pytest.mark.parametrize(
    "told",
    [
        "14.10.2026 08:50 - 09:30",
        '"October 14, 2026 8:50 AM (GMT+2) \u2192 9:30 AM"',
        "2026-10-14 06:50 bis 07:30 UTC",
        "2026-10-14T06:50Z/2026-10-14T07:30Z",
        "14-10-2026 08:50 for 40 minutes",
    ],
)
def test_a_beginning_may_tell_the_end_as_well(read, told):
    (ticket,), coverage = read(f"ticket,starts_at\nOPS-1,{told}\n")
    day = datetime(2026, 10, 14, tzinfo=UTC)
    assert (ticket.starts_at, ticket.ends_at) == (day.replace(hour=6, minute=50), day.replace(hour=7, minute=30))
    assert (ticket.unread, coverage.status) == ((), "ok")


def test_an_end_in_a_column_of_its_own_counts_more_than_that_beside_the_beginning(read):
    (ticket,), _ = read("ticket,starts_at,ends_at\nOPS-1,14.10.2026 08:50 - 10:30,14.10.2026 09:30\n")
    assert ticket.ends_at == datetime(2026, 10, 14, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("others", "day"),
    [
        (("10/14/2026 08:50",), datetime(2026, 10, 5, 6, 50, tzinfo=UTC)),
        (("14/10/2026 08:50",), datetime(2026, 5, 10, 6, 50, tzinfo=UTC)),
        (("14/10/2026 08:50", "10/14/2026 08:50"), None),
        ((), None),
    ],
)
def test_a_day_that_could_be_a_month_is_what_the_other_dates_of_the_file_say(read, others, day):
    rows = [f"OPS-{n},{told}" for n, told in enumerate(("10/05/2026 08:50", *others))]
    tickets, _ = read("\n".join(["ticket,starts_at", *rows, ""]))
    assert tickets[0].starts_at == day


def test_what_an_api_answered_is_read_however_it_is_wrapped(read):
    record = {"ticket": "OPS-1", "person": {"display_value": "Nina", "link": "https://x.example"}, "state": "Closed"}
    for content in (
        {"result": [record]},
        {"data": {"issues": {"nodes": [record], "pageInfo": {"hasNextPage": False}}}},
    ):
        (ticket,), coverage = read(json.dumps(content), "tickets.json")
        assert (ticket.ticket, ticket.person, ticket.status, coverage.status) == ("OPS-1", "Nina", "Closed", "ok")
    (ticket,), _ = read(json.dumps({"value": [{"id": 7, "fields": {"ticket": "OPS-7"}}]}), "tickets.json")
    assert ticket.ticket == "OPS-7"


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("2026-10-14 02:50:00", "2026-10-14 06:50:00"),
        ("14 Oct 2026, 02:50 AM", "1791960600000"),
        ("2026-10-14T06:50:00Z", ""),
        ("2026-10-14T06:50:00Z", None),
    ],
)
def test_a_time_that_is_told_twice_is_as_the_tracker_keeps_it_and_not_as_a_reader_sees_it(read, shown, kept):
    record = {"ticket": "CHG0000007", "starts_at": {"display_value": shown, "value": kept}}
    (ticket,), _ = read(json.dumps({"result": [record]}), "changes.json")
    assert ticket.starts_at == datetime(2026, 10, 14, 6, 50, tzinfo=UTC)


def test_one_page_of_several_fails_the_source(read):
    page = {"tickets": [{"ticket": "OPS-1"}], "next_page": "https://x.example/tickets?page=2"}
    with pytest.raises(SourceError, match="one page of several"):
        read(json.dumps(page), "tickets.json")


@pytest.mark.parametrize("column", ["status", "State", "Statut"])
def test_the_status_is_read_under_its_usual_names(read, column):
    (ticket,), coverage = read(f"ticket,{column}\nOPS-1,Rejected\n")
    assert (ticket.status, coverage.reason) == ("Rejected", None)


END = ("closed_at", "closeout", "removal_confirmed")


@pytest.mark.parametrize(
    ("content", "untold"),
    [
        ("ticket,title\nA-1,x\n", END),
        ("ticket,closed_at,closeout,removal_confirmed\nA-1,,,\n", ()),
        ("ticket,Resolved\nA-1,\n", ("closeout", "removal_confirmed")),
        ('[{"ticket": "A-1"}, {"ticket": "A-2", "closeout": "done"}]', ("closed_at", "removal_confirmed")),
    ],
)
def test_which_columns_of_the_end_a_file_has_not_is_kept(read, content, untold):
    tickets, _ = read(content, "t.json" if content[0] == "[" else "t.csv")
    assert {one.untold for one in tickets} == {untold}


@pytest.mark.parametrize(
    ("content", "missing", "status"),
    [
        ("Key,For\nA-1,nina\n", "Note, which auditor.yaml reads as closeout", "partial"),
        ('[{"Key": "A-1", "For": "nina"}]', "Note, which auditor.yaml reads as closeout", "ok"),
        ('[{"Key": "A-1", "Note": "done"}]', "For, which auditor.yaml reads as person", "partial"),
        ('[{"Key": "A-1", "Note": "done"}, {"Key": "A-2", "For": "nina"}]', None, "ok"),
    ],
)
def test_a_named_column_that_no_record_has_is_said(read, content, missing, status):
    columns = {"ticket": "Key", "person": "For", "closeout": "Note"}
    _, coverage = read(content, "t.json" if content[0] == "[" else "t.csv", columns=columns)
    assert (coverage.status, coverage.reason) == (status, missing and f"no record has {missing}")


def test_unknown_words_are_kept_and_said(read):
    (ticket,), coverage = read("ticket,kind,removal_confirmed\nA-1,Favour,perhaps\n")
    assert (ticket.kind, ticket.removal_confirmed) == ("Favour", None)
    assert coverage.status == "partial"
    assert "kind is not one of access" in coverage.reason


@pytest.mark.parametrize(
    ("column", "status", "said"),
    [("colour", "ok", "the column colour is not known"), ("Aprover", "partial", "did you mean approver?")],
)
def test_an_unknown_column_is_said_and_one_that_is_misspelt_may_be_missed(read, column, status, said):
    (ticket,), coverage = read(f"ticket,{column}\nA-1,tom\n")
    assert (ticket.ticket, coverage.status) == ("A-1", status)
    assert said in coverage.reason


@pytest.mark.parametrize(
    ("level", "read_as"),
    [
        ("write access to prod", "write"),
        ("sudo on web-1", "admin"),
        ("Read-only", "read"),
        ("tylko odczyt", "read"),
        ("lettura e scrittura", "write"),
        ("RW", "write"),
        ("Administrator", "admin"),
    ],
)
def test_levels_as_people_write_them_are_no_unknown_words(read, level, read_as):
    (ticket,), coverage = read(f"ticket,level\nA-1,{level}\n")
    assert (ticket.level, coverage.status) == (read_as, "ok")


@pytest.mark.parametrize(
    ("written", "id_"),
    [
        ("https://jira.harbour.example/browse/OPS-7", "OPS-7"),
        ("1 007", "1007"),
        ('"=HYPERLINK(""https://jira.harbour.example/browse/OPS-7"",""OPS-7"")"', "OPS-7"),
        ("OPS-7 Checkout times out", "OPS-7"),
        ("OPS-7 OPS-8", "OPS-7 OPS-8"),
        ("OPS\u20117", "OPS-7"),
        ("https://linear.app/harbour/issue/OPS-7/checkout-times-out", "OPS-7"),
        ("https://jira.harbour.example/browse/OPS-7?focusedId=1", "OPS-7"),
        ("https://github.com/harbour/ops/issues/7", "https://github.com/harbour/ops/issues/7"),
    ],
)
def test_of_the_address_of_a_ticket_its_key_is_the_id(read, written, id_):
    (ticket,), _ = read(f"ticket,person\n{written},nina\n")
    assert ticket.ticket == id_


def test_a_kind_may_have_its_teams_name(read):
    (ticket,), _ = read("ticket,kind\nA-1,Major incident\n")
    assert ticket.kind == "incident"


@pytest.mark.parametrize(
    ("ticket", "kind", "read_as", "person"),
    [
        ("CHG0030007", "Normal", "change", "Nina Alvarez"),
        ("CHG0030007", "", "change", "Nina Alvarez"),
        ("INC0012345", "", "incident", "Nina Alvarez"),
        ("RITM0010001", "", "access", None),
        ("CHG-7", "Normal", "normal", None),
        ("OPS-7", "Change", "change", "Nina Alvarez"),
    ],
)
def test_a_change_is_for_whom_it_is_assigned_to_and_servicenow_tells_one_by_its_number(
    read, ticket, kind, read_as, person
):
    (found,), _ = read(f"ticket,kind,assignees\n{ticket},{kind},Nina Alvarez\n")
    assert ((found.kind or "").lower(), found.person) == (read_as, person)


def test_a_row_that_was_exported_twice_is_one_ticket_and_nothing_to_say(read):
    tickets, coverage = read("ticket,person\nA-1,nina\nA-2,tom\nA-1,nina\n")
    assert [ticket.ticket for ticket in tickets] == ["A-1", "A-2"]
    assert (coverage.status, coverage.reason) == ("ok", None)


def test_a_file_that_windows_wrote_keeps_its_names(read):
    (ticket,), coverage = read("ticket;person\nA-1;Jörg Müller\n".encode("cp1252"))
    assert (ticket.person, coverage.status) == ("Jörg Müller", "partial")


def test_of_two_with_one_id_the_later_edit_or_approval_counts_whatever_their_order(read):
    header = "ticket,person,approved_at,edited_at\n"
    early = "A-1,nina,2026-02-01T10:00Z,2026-02-01T11:00Z\n"
    late = "A-1,otto,2026-02-01T09:00Z,2026-02-02T11:00Z\n"
    for order in (early + late, late + early):
        (ticket,), coverage = read(header + order)
        assert ticket.person == "otto"
        assert "A-1" in coverage.reason
        assert coverage.status == "partial"
    (ticket,), _ = read(header + "A-1,nina,2026-02-01T10:00Z,\nA-1,otto,2026-02-01T09:00Z,\n")
    assert (ticket.person, f"{ticket.approved_at:%H:%M}") == ("nina\notto", "10:00")


def test_a_row_for_each_person_and_system_is_one_ticket_for_all_of_them(read):
    rows = "A-1,nina,shop,2026-02-01T10:00Z\nA-1,nina,billing,2026-02-01T10:00Z\nA-1,tom,shop,2026-02-01T10:00Z\n"
    (ticket,), coverage = read("ticket,person,systems,starts_at\n" + rows)
    assert (ticket.person, ticket.systems) == ("nina\ntom", ("shop", "billing"))
    assert (coverage.status, coverage.reason) == (
        "ok",
        "a ticket has several rows, which were read as one (A-1 and 1 more)",
    )


def test_of_two_rows_with_other_times_neither_is_taken(read):
    rows = "A-1,2026-02-01T10:00Z,2026-02-01T11:00Z\nA-1,2026-02-08T10:00Z,\n"
    (ticket,), coverage = read("ticket,starts_at,ends_at\n" + rows)
    assert (ticket.starts_at, ticket.ends_at, coverage.status) == (None, None, "partial")
    assert ticket.unread == ("starts_at 2026-02-01 10:00Z or 2026-02-08 10:00Z", "ends_at 2026-02-01 11:00Z or nothing")


def test_however_many_rows_a_ticket_has_their_order_does_not_matter(read):
    rows = [f"A-1,nina,2026-02-0{day}T10:00Z\n" for day in (1, 2, 3)] + ["A-1,tom,2026-02-02T10:00Z\n"]
    for order in (rows, rows[::-1], rows + rows):
        (ticket,), _ = read("ticket,person,starts_at\n" + "".join(order))
        assert set(str(ticket.person).split("\n")) == {"nina", "tom"}
        assert ticket.unread == ("starts_at 2026-02-01 10:00Z or 2026-02-02 10:00Z or 2026-02-03 10:00Z",)


def test_a_bad_record_costs_that_record_only(read):
    tickets, coverage = read("ticket,title\nA-1,fine\nA-2,too,many\n,no id\nA-3,fine\n")
    assert [ticket.ticket for ticket in tickets] == ["A-1", "A-3"]
    assert (coverage.rejected, coverage.status) == (2, "partial")
    tickets, coverage = read(f"ticket,title\nA-1,{'x' * 10_000_000}\nA-2,fine\n")
    assert [ticket.ticket for ticket in tickets] == ["A-2"]
    tickets, coverage = read('{"ticket": "A-1"}\n{"ticket": "A-2", "ticket": "A-3"}\nnope\n[1]\n', "t.jsonl")
    assert [ticket.ticket for ticket in tickets] == ["A-1"]
    assert coverage.rejected == 3


def test_an_open_quotation_mark_is_said(read):
    tickets, coverage = read('ticket,title\nA-1,fine\nA-2,"never closed\nA-3,swallowed\n')
    assert [ticket.ticket for ticket in tickets] == ["A-1"]
    assert coverage.status == "partial"


def test_text_that_no_encoding_holds_is_kept_readable(read):
    (ticket,), coverage = read(b"ticket,title\nA-1,caf\xe9\n")
    assert (ticket.title, coverage.status) == ("café", "partial")
    (ticket,), _ = read('{"ticket": "A-1", "title": "\\ud800"}', "t.jsonl")
    assert ticket.title == "\\ud800"


def test_a_header_without_rows_is_an_empty_list(read):
    tickets, coverage = read("ticket,title\n")
    assert (tickets, coverage.status) == ([], "ok")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("id,title\n1,x\n", "the column ticket is missing"),
        ('{"id": 1}', "the column ticket is missing"),
    ],
)
def test_wrong_columns_fail_the_source(read, content, reason):
    with pytest.raises(SourceError, match=reason):
        read(content)


def test_a_missing_file_or_a_folder_fails_the_source(context, collect, tmp_path):
    (tmp_path / "folder").mkdir()
    for path, reason in (("nothing.csv", "does not exist"), ("folder", "cannot be read")):
        collector = TicketsFileCollector(TicketsFile(name="tickets", kind="tickets-file", path=path), context)
        with pytest.raises(SourceError, match=reason):
            collect(collector)


def test_a_row_points_at_its_record(context, collect, tmp_path):
    data = b'ticket,title\n\nA-1,"two\nlines"\nA-2,second\n'
    (tmp_path / "t.csv").write_bytes(data)
    collector = TicketsFileCollector(TicketsFile(name="tickets", kind="tickets-file", path="t.csv"), context)
    rows = collect(collector).rows(Ticket)
    assert [collector.quote(data, row.record) for row in rows] == [
        "ticket: A-1\ntitle: two\nlines",
        "ticket: A-2\ntitle: second",
    ]


@pytest.mark.golden
def test_what_a_file_tells_is_told_whole(context, collect, tmp_path, told_whole):
    columns = {
        "ticket": "PAY-184",
        "kind": "Access",
        "work": "risky",
        "title": "Raise timeout",
        "description": "Nobody can pay",
        "requester": "nina",
        "person": "nina",
        "systems": "checkout; payments",
        "level": "write",
        "opened_at": "2026-02-01 09:00",
        "starts_at": "2026-02-01T10:00:00+02:00",
        "ends_at": "soon",
        "approver": "tom",
        "approved_at": "2026-02-01T09:30:00Z",
        "approval": "Approved",
        "removal_confirmed": "yes",
        "colour": "blue",
    }
    (tmp_path / "tickets.jsonl").write_text(json.dumps(columns) + "\n{}\nnonsense\n")
    source = TicketsFile(name="tickets", kind="tickets-file", path="tickets.jsonl")
    told_whole("tickets-file", collect(TicketsFileCollector(source, context)))


def test_coverage_begins_with_the_oldest_time_of_any_ticket(read):
    header = "ticket,opened_at,edited_at,closed_at\n"
    _, line = read(f"{header}A-1,2026-02-03T10:00Z,2026-02-02T10:00Z,\nA-2,,,2026-02-01T10:00Z\nA-3,,,\n")
    assert (line.from_, line.to) == (datetime(2026, 2, 1, 10, tzinfo=UTC), datetime(2026, 3, 1, 3, tzinfo=UTC))
    _, line = read("ticket\nA-1\n")
    assert (line.from_, line.rows, line.scope) == (None, 1, "tickets.csv")


def test_a_file_of_which_no_record_can_be_read_has_failed(read):
    tickets, line = read("ticket,title\nA-2,too,many\n")
    assert (tickets, line.status, line.rejected) == ([], "failed", 1)
    assert line.reason == "a record cannot be read: it has 3 values for 2 columns (record 1)"


def test_what_stands_for_nothing_is_nothing(read):
    (ticket,), line = read("ticket,person,systems,starts_at,ends_at,level\nA-1,n/a,-,NULL,\u2014,none\n")
    assert (ticket.person, ticket.systems, ticket.starts_at, ticket.ends_at) == (None, (), None, None)
    assert (ticket.level, ticket.unread, line.reason) == ("none", (), "level is not one of admin, read, write (A-1)")


@pytest.mark.parametrize(
    ("header", "values", "ends"),
    [
        ("ends_at,starts_at", "for one hour,2026-02-01 10:00", 10),
        ("ends_at,opened_at", "until 13:00,2026-02-01 10:00", 12),
        ("starts_at,ends_at", "2026-02-01 10:00,2026-02-01", 23),  # all of a last day
        ("starts_at,ends_at", "2026-02-01 10:00,until 01.02.2026", 23),
        ("opened_at,ends_at,starts_at", "2026-02-01 08:00,for one hour,2026-02-01 10:00", 10),
        ("starts_at,duration", "2026-02-01 10:00,1 h", 10),
        ("starts_at,Dauer,ends_at", "2026-02-01 10:00,1 h,2026-02-01 12:00", 11),
    ],
)
def test_an_end_is_told_from_the_beginning_wherever_it_stands(read, header, values, ends):
    (ticket,), _ = read(f"ticket,{header}\nA-1,{values}\n")
    assert ticket.ends_at == datetime(2026, 2, 1, ends, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "done"),
    [
        ("ja", True),
        ("\u2713", True),
        ("Removed", True),
        ("Access removed by Tom", True),
        ("2026-10-14 09:19", True),
        ("nein", False),
        ("access still there", False),
        ("perhaps", None),
    ],
)
def test_that_access_is_gone_is_told_in_many_words(read, text, done):
    (ticket,), _ = read(f"ticket,removal_confirmed\nA-1,{text}\n")
    assert ticket.removal_confirmed is done
