"""Tickets as trackers export them to files."""

import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.tickets import TicketsFile
from auditor.errors import SourceError
from auditor.model.statements import NO_COLUMN
from auditor.model.tables import Ticket
from collectors.tickets.file import TicketsFileCollector

ASKED = "**Person:** nina@acme.example\n**Systems:** shop\n**Level:** write\n**Ends at:** 2026-10-14 09:30\n"


@pytest.fixture
def read(context, collect, tmp_path):
    def run(content, columns, name="tickets.csv"):
        (tmp_path / name).write_text(content)
        source = TicketsFile(name="tickets", kind="tickets-file", path=name, columns=columns, timezone="Europe/Berlin")
        got = collect(TicketsFileCollector(source, context))
        return got.rows(Ticket), got.coverage[0]

    return run


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_jiras_columns_and_comments_are_a_ticket_with_its_approval(read, delimiter):
    header = ["Summary", "Issue key", "Issue Type", "Assignee", "Reporter", "Created", "Resolved"]
    header += ["Custom field (Person)", "Custom field (Systems)", "Custom field (Ends at)", "Comment", "Comment"]
    values = ["Slow", "OPS-7", "Access request", "Tom Okafor", "Mia Roth", "14/Oct/26 8:40 AM", "14/Oct/26 9:20 AM"]
    values += ["Nina Alvarez", "shop", "14/Oct/26 9:30 AM", '"14/Oct/26 8:45 AM;Tom Okafor;Approved OPS-7; go on"', ""]
    (ticket,), coverage = read("\n".join([delimiter.join(header), delimiter.join(values)]), "jira")
    assert (ticket.ticket, ticket.kind, ticket.person, ticket.systems) == ("OPS-7", "access", "Nina Alvarez", ("shop",))
    assert (ticket.requester, ticket.approver) == ("Mia Roth", "Tom Okafor")
    assert ticket.approval == "Approved OPS-7; go on"
    assert ticket.ends_at == datetime(2026, 10, 14, 7, 30, tzinfo=UTC)
    assert (coverage.status, coverage.rows) == ("ok", 1)


def test_a_missing_person_is_not_replaced_by_whoever_works_on_it(read):
    (ticket,), _ = read("Issue key,Summary,Assignee,Reporter\nOPS-8,Look,Nina Alvarez,Mia Roth\n", "jira")
    assert ticket.person is None
    assert ticket.approver is None
    incident = "Issue key,Summary,Issue Type,Assignee\nOPS-9,Slow,Incident,Nina Alvarez\n"
    assert read(incident, "jira")[0][0].person == "Nina Alvarez"


def test_status_and_resolution_of_an_export_are_its_status(read):
    (ticket,), _ = read("Issue key,Summary,Issue Type,Status,Resolution\nOPS-8,Look,Change,Done,Won't Do\n", "jira")
    assert ticket.status == "Done, Won't Do"


def test_people_whom_jira_names_by_an_id_alone_have_the_name_that_stands_beside_it_elsewhere(read):
    header = "Issue key,Summary,Issue Type,Assignee,Assignee Id,Reporter,Reporter Id,Comment,Comment"
    lines = [
        "OPS-7,Slow,Access request,,,Mia Roth,7:m,14/Oct/26 8:45 AM;7:t;Approved OPS-7,14/Oct/26 9:00 AM;7:x;Closeout: done",
        "OPS-8,Slow,Access request,Tom Okafor,7:t,Mia Roth,7:m,,",
    ]
    (ticket, _), coverage = read("\n".join([header, *lines, ""]), "jira")
    assert (ticket.approver, ticket.closeout) == ("Tom Okafor <7:t>", "done")
    assert coverage.status == "ok"


def test_what_jira_answers_to_a_search_is_read_as_its_csv_is(read):
    words = {"type": "text", "text": "Approved OPS-7 for Nina on shop, until 09:30"}
    fields = {
        "summary": "Slow",
        "issuetype": {"name": "Access request"},
        "labels": ["access", "prod"],
        "reporter": {"accountId": "7:m", "displayName": "Mia Roth"},
        "assignee": None,
        "created": "2026-10-14T08:40:00.000+0200",
        "resolutiondate": None,
        "description": {
            "type": "doc",
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Slow."}]}],
        },
        "customfield_10050": [{"accountId": "7:n", "displayName": "Nina Alvarez"}],
        "customfield_10051": {"value": "shop"},
        "comment": {
            "comments": [
                {
                    "author": {"accountId": "7:t", "displayName": "Tom Okafor"},
                    "created": "2026-10-14T08:45:00.000+0200",
                    "body": {"type": "doc", "content": [{"type": "paragraph", "content": [words]}]},
                }
            ]
        },
    }
    answer = {
        "names": {"customfield_10050": "Person", "customfield_10051": "Systems", "summary": "Summary"},
        "issues": [{"key": "OPS-7", "fields": fields}, {"key": "OPS-8", "fields": {}}, {"key": "OPS-9"}],
    }
    (ticket, empty), coverage = read(json.dumps(answer), "jira", "search.json")
    assert (ticket.ticket, ticket.kind, ticket.title) == ("OPS-7", "access", "Slow")
    assert (ticket.requester, ticket.person) == ("Mia Roth <7:m>", "Nina Alvarez <7:n>")
    assert (ticket.systems, ticket.approver) == (("shop",), "Tom Okafor <7:t>")
    assert ticket.approval == "Approved OPS-7 for Nina on shop, until 09:30"
    assert ticket.opened_at == datetime(2026, 10, 14, 6, 40, tzinfo=UTC)
    assert (empty.ticket, empty.title) == ("OPS-8", "")
    assert coverage.rejected == 1


def test_who_approved_by_a_button_stands_in_a_search_and_not_in_a_csv(read):
    decision = {
        "finalDecision": "approved",
        "approvers": [{"approver": {"accountId": "7:t", "displayName": "Tom Okafor"}, "approverDecision": "approved"}],
        "completedDate": {"iso8601": "2026-10-14T08:45:00+0200"},
    }
    fields = {"summary": "Slow", "issuetype": {"name": "Change"}, "customfield_10036": [decision]}
    answer = {"names": {"customfield_10036": "Approvals"}, "issues": [{"key": "OPS-7", "fields": fields}]}
    (ticket,), _ = read(json.dumps(answer), "jira", "search.json")
    assert (ticket.approver, ticket.approval) == ("Tom Okafor <7:t>", "OPS-7 approved by button")
    assert ticket.approved_at == datetime(2026, 10, 14, 6, 45, tzinfo=UTC)
    (ticket,), _ = read("Issue key,Summary,Issue Type,Custom field (Approvals)\nOPS-7,Slow,Change,x@1f\n", "jira")
    assert ticket.approval.startswith("could not be read: its approvals are not told in a CSV")


@pytest.mark.parametrize(("after", "approver"), [("Approved", "Tom <5b-tom>"), ("In Review", None)])
def test_who_moved_a_ticket_to_approved_stands_in_a_search_that_asked_for_changes(read, after, approver):
    item = {"field": "status", "fromString": "Open", "toString": after}
    author = {"accountId": "5b-tom", "displayName": "Tom"}
    changelog = {
        "total": 1,
        "histories": [{"created": "2026-02-10T10:00:00.000+0100", "author": author, "items": [item]}],
    }
    issue = {"key": "OPS-7", "fields": {"summary": "Access", "comment": {"comments": []}}, "changelog": changelog}
    ((ticket,), _) = read(json.dumps({"names": {}, "issues": [issue]}), "jira", "jira.json")
    assert (ticket.approver, bool(ticket.approval)) == (approver, bool(approver))
    issue["changelog"]["total"] = 2
    ((ticket,), _) = read(json.dumps({"names": {}, "issues": [issue]}), "jira", "jira.json")
    assert (ticket.approver, bool(ticket.approval)) == (approver, True)


@pytest.mark.parametrize(
    ("field", "edited"),
    [("Planned end", True), ("description", True), ("summary", False), ("Due date", False), ("status", False)],
)
def test_a_search_that_asked_for_changes_tells_when_what_was_asked_for_was_edited_last(read, field, edited):
    edits = [("2026-10-14T15:00:00.000+0200", field), ("2026-10-14T15:09:00.000+0200", "resolution")]
    histories = [
        {"created": at, "items": [{"field": name, "fromString": "", "toString": "14/Oct/26 2:30 PM"}]}
        for at, name in edits
    ]
    fields = {"summary": "Restart", "comment": {"comments": []}, "customfield_1": "2026-10-14T14:30:00.000+0200"}
    issue = {"key": "OPS-7", "fields": fields, "changelog": {"total": 2, "histories": histories}}
    answer = {"names": {"customfield_1": "Planned end"}, "issues": [issue]}
    ((ticket,), _) = read(json.dumps(answer), "jira", "jira.json")
    assert ticket.edited_at == (datetime(2026, 10, 14, 13, 0, tzinfo=UTC) if edited else None)


@pytest.mark.parametrize(
    "history", [["x", 7], [{"at": "2026-02-10T10:00:00Z", "field": "status", "from": 3, "to": []}]]
)
def test_a_column_that_is_no_history_of_changes_moves_nothing(read, history):
    row = {"Issue key": "OPS-7", "Summary": "Access", "Comment": "", "History": history}
    ((ticket,), _) = read(json.dumps([row]), "jira", "jira.json")
    assert (ticket.approver, ticket.approval) == (None, None)


@pytest.mark.parametrize(
    ("status", "untold"), [("Approved", True), ("Genehmigt", True), ("Done", False), ("Open", False)]
)
def test_a_csv_does_not_tell_by_whom_a_ticket_came_to_be_approved(read, status, untold):
    ((ticket,), _) = read(f"Issue key,Summary,Status,Comment\nOPS-7,Access,{status},\n", "jira")
    assert (ticket.approval == NO_COLUMN) is untold


def test_gitlabs_export_names_tickets_by_project_and_people_by_login(read):
    header = "Title,Description,Issue ID,URL,Author,Author Username,Assignee Username,Created At (UTC),Labels"
    line = (
        f'Slow,"{ASKED}",12,https://git.example/acme/ops/-/issues/12,Mia,mia,"nina,tom",2026-10-14 06:40:00 UTC,access'
    )
    (ticket,), _ = read(f"{header}\n{line}\n", "gitlab")
    assert (ticket.ticket, ticket.requester, ticket.person) == ("acme/ops#12", "gitlab:mia", "nina@acme.example")
    assert ticket.opened_at == datetime(2026, 10, 14, 6, 40, tzinfo=UTC)


def test_gitlabs_export_tells_times_in_utc_and_nothing_that_people_wrote(read):
    header = "Title,Description,Issue ID,URL,Author Username,Created At (UTC),Closed At (UTC),Labels"
    line = "Slow,,12,https://git.example/acme/ops/-/issues/12,mia,2026-10-14 06:40:00,2026-10-14 07:40:00,access"
    (ticket,), coverage = read(f"{header}\n{line}\n", "gitlab")
    times = datetime(2026, 10, 14, 6, 40, tzinfo=UTC), datetime(2026, 10, 14, 7, 40, tzinfo=UTC)
    assert (ticket.opened_at, ticket.closed_at) == times
    assert ticket.approval == "could not be read: the export holds no comments"
    assert coverage.status == "ok"


def test_githubs_issues_as_its_program_lists_them(read):
    issue = {
        "number": 7,
        "title": "Slow",
        "body": ASKED,
        "author": {"login": "mia"},
        "assignees": [{"login": "nina"}],
        "labels": [{"name": "access"}],
        "createdAt": "2026-10-14T06:40:00Z",
        "closedAt": None,
        "url": "https://github.com/acme/ops/issues/7",
        "comments": [{"author": {"login": "tom"}, "body": "Approved", "createdAt": "2026-10-14T06:45:00Z"}],
    }
    (ticket,), _ = read(json.dumps([issue]), "github", "issues.json")
    assert (ticket.ticket, ticket.requester, ticket.approver) == ("acme/ops#7", "github:mia", "github:tom")
    assert (ticket.kind, ticket.level, ticket.systems) == ("access", "write", ("shop",))


def test_linears_export_is_read(read):
    header = "ID,Team,Title,Description,Creator,Assignee,Labels,Created,Completed"
    line = f'OPS-9,Ops,Slow,"{ASKED}",mia@acme.example,,access,2026-10-14T06:40:00.000Z,'
    (ticket,), _ = read(f"{header}\n{line}\n", "linear")
    assert (ticket.ticket, ticket.requester, ticket.closed_at) == ("OPS-9", "mia@acme.example", None)


def test_a_teams_own_columns_are_called_what_it_says(read):
    (ticket,), coverage = read("sep=;\nKey;Access for\nA-1;nina\n", {"ticket": "Key", "person": "Access for"})
    assert (ticket.ticket, ticket.person, coverage.reason) == ("A-1", "nina", None)


@pytest.mark.parametrize(
    "headings",
    [
        (
            "Vorgangsschlüssel,Vorgangstyp,Autor,ID des Autors,Erledigt,Benutzerdefinierte Felder (Person),"
            "Benutzerdefinierte Felder (Systeme),Kommentar"
        ),
        (
            "Clé de ticket,Type de ticket,Rapporteur,ID du rapporteur,Résolu,Champs personnalisés (Personne),"
            "Champs personnalisés (Système),Commentaire"
        ),
        (
            "Clave de incidencia,Tipo de Incidencia,Informador,ID del informador,Resuelta,Campo personalizado (Persona),"
            "Campo personalizado (Sistema),Comentario"
        ),
        (
            "Chave da item,Tipo de item,Relator,ID do relator,Resolvido,Campo personalizado (Pessoa),"
            "Campo personalizado (Sistema),Comentário"
        ),
        (
            "Klucz zgłoszenia,Typ zgłoszenia,Osoba zgłaszająca,Id. zgłaszającego,Rozwiązano,Pole niestandardowe (Osoba),"
            "Pole niestandardowe (System),Komentarz"
        ),
    ],
)
def test_jira_has_its_headings_in_the_language_of_whoever_exports(read, headings):
    line = "OPS-7,access,Mia Roth,7:m,14/10/2026 09:20,nina,shop,14/10/2026 08:45;Mia Roth;Approved OPS-7 until 09:30"
    (ticket,), coverage = read(f"{headings}\n{line}\n", "jira")
    assert (ticket.requester, ticket.person, ticket.systems) == ("Mia Roth", "nina", ("shop",))
    assert (ticket.approver, ticket.closed_at) == ("Mia Roth", datetime(2026, 10, 14, 7, 20, tzinfo=UTC))
    assert coverage.status == "ok"


def test_an_id_that_stands_beside_its_name_is_known_in_other_languages_too(read):
    lines = "Vorgangsschlüssel,Autor,ID des Autors,Kommentar\nOPS-7,Mia Roth,7:m,14/10/2026 08:45;7:m;Approved OPS-7\n"
    assert read(lines, "jira")[0][0].approver == "Mia Roth <7:m>"


@pytest.mark.parametrize(
    ("named", "approvers"),
    [
        ("Approvals", "tom"),
        ("Genehmigungen", "tom"),
        # When it was given is not told.
        ("Approvals", [{"approver": {"accountId": "7:t"}, "approverDecision": "approved"}]),
    ],
)
def test_approvals_in_a_search_that_are_written_otherwise_are_told_and_are_no_missing_ones(read, named, approvers):
    odd = [{"finalDecision": "approved", "approvers": approvers}]
    fields = {"summary": "Slow", "issuetype": {"name": "Change"}, "customfield_10036": odd}
    answer = {"names": {"customfield_10036": named}, "issues": [{"key": "OPS-7", "fields": fields}]}
    (ticket,), _ = read(json.dumps(answer), "jira", "search.json")
    assert ticket.approver is None
    assert ticket.approval.startswith("could not be read: its approvals in Service Management")


@pytest.mark.parametrize(("theirs", "hour"), [("Start (UTC)", 8), ("Start (America/New_York)", 12), ("Start", 6)])
def test_the_zone_in_a_columns_name_is_that_of_its_times(read, theirs, hour):
    table = f"Key,{theirs}\nA-1,2026-10-14 08:50\nA-2,2026-10-14 08:50 - 09:10\n"
    (ticket, span), _ = read(table, {"ticket": "Key", "starts_at": theirs})
    assert ticket.starts_at == span.starts_at == datetime(2026, 10, 14, hour, 50, tzinfo=UTC)
    assert span.ends_at == datetime(2026, 10, 14, hour + 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("columns", ["jira", {"ticket": "Issue key"}])
def test_a_header_without_rows_is_an_empty_list(read, columns):
    tickets, coverage = read("Issue key,Summary\n", columns)
    assert (tickets, coverage.status, coverage.reason) == ([], "ok", None)


def test_a_file_of_another_tracker_is_a_sentence(read):
    with pytest.raises(SourceError, match="the column issue_key is missing"):
        read("ID,Title\nOPS-1,Slow\n", "jira")


def test_times_and_comments_that_are_none_cost_themselves(read):
    lines = 'Issue key,Created,Comment,Comment\nOPS-1,soon,"never;tom;Approved",no comment\n'
    (ticket,), coverage = read(lines, "jira")
    assert (ticket.opened_at, ticket.approver) == (None, None)
    assert "a time cannot be read and was left out" in coverage.reason


def test_a_record_is_quoted_with_the_columns_that_its_file_has():
    data = b"Issue key;Comment;Comment\nOPS-1;one;two\n"
    assert TicketsFileCollector.quote(data, 0) == "issue_key: OPS-1\ncomment: ['one', 'two']"


def test_a_field_that_jira_writes_once_for_each_value_names_them_all(read):
    person = "Custom field (Person)"
    header = f"Issue key,Summary,{person},{person},Custom field (Systems)"
    (ticket,), _ = read(f"{header}\nOPS-7,Slow,Nina Alvarez,Piet Old,shop\n", "jira")
    assert ticket.person == "Nina Alvarez, Piet Old"


def test_a_field_of_the_teams_own_may_have_any_of_the_usual_names_and_the_most_telling_counts(read):
    names = ["Employee", "User", "Service", "Access level", "Start date", "Valid until", "Category", "Until"]
    header = ",".join(["Issue key,Summary,Issue Type", *(f"Custom field ({name})" for name in names)])
    values = "Piet Old,Nina Alvarez,shop,write,14/Oct/26 8:50 AM,15/Oct/26 9:00 AM,Bug,14/Oct/26 9:30 AM"
    (ticket,), coverage = read(f"{header}\nOPS-7,Slow,Access request,{values}\n", "jira")
    assert (ticket.kind, ticket.person, ticket.systems, ticket.level) == ("access", "Nina Alvarez", ("shop",), "write")
    assert ticket.starts_at == datetime(2026, 10, 14, 6, 50, tzinfo=UTC)
    assert ticket.ends_at == datetime(2026, 10, 14, 7, 30, tzinfo=UTC)
    assert coverage.status == "ok"


def test_a_change_of_service_management_has_its_own_names_for_what_it_touches_and_when(read):
    header = "Issue key,Summary,Issue Type,Assignee,Custom field (Affected services),Custom field (Planned start)"
    (ticket,), _ = read(f"{header}\nCHG-1,Restart,[System] Change,Nina Alvarez,shop,14/Oct/26 8:50 AM\n", "jira")
    assert (ticket.kind, ticket.person, ticket.systems) == ("change", "Nina Alvarez", ("shop",))
    assert ticket.starts_at == datetime(2026, 10, 14, 6, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Approved for Nina until 12:00", "acme/ops#12: Approved for Nina until 12:00"),
        ("Approved #12 for Nina until 12:00", "acme/ops#12: Approved #12 for Nina until 12:00"),
        ("Approved #13 for Nina until 12:00", "Approved #13 for Nina until 12:00"),
        ("Approved acme/ops#12 for Nina until 12:00", "Approved acme/ops#12 for Nina until 12:00"),
    ],
)
def test_an_approval_under_a_ticket_is_of_that_one_unless_it_names_another(read, words, kept):
    issue = {
        "number": 12,
        "title": "Slow",
        "body": ASKED,
        "url": "https://github.com/acme/ops/issues/12",
        "labels": [{"name": "access"}],
        "comments": [{"author": {"login": "tom"}, "body": words, "createdAt": "2026-10-14T06:45:00Z"}],
    }
    (ticket,), _ = read(json.dumps([issue]), "github")
    assert ticket.approval == kept


@pytest.mark.parametrize(
    ("mark", "whole"),
    [({"total": 1}, True), ({"total": 2}, False), ({"isLast": True}, True), ({"nextPageToken": "x"}, False)],
)
def test_pages_of_a_search_that_are_not_there_cost_the_file(read, mark, whole):
    issue = {"key": "OPS-7", "fields": {"summary": "Slow"}}
    text = json.dumps({"issues": [issue], **mark})
    if whole:
        assert [ticket.ticket for ticket in read(text, "jira", "search.json")[0]] == ["OPS-7"]
    else:
        with pytest.raises(SourceError, match="more than these pages hold"):
            read(text, "jira", "search.json")


def test_fields_that_jira_left_without_names_are_refused_where_people_or_choices_are_in_them(read):
    person = [{"accountId": "7:n", "displayName": "Nina Alvarez"}]
    issue = {"key": "OPS-7", "fields": {"summary": "Slow", "customfield_10050": person, "customfield_10019": "0|i0:"}}
    for content in ({"issues": [issue]}, [issue], [{"issues": [issue]}]):
        with pytest.raises(SourceError, match="what customfield_10050 are: search with expand=names"):
            read(json.dumps(content), "jira", "search.json")
    issue["fields"].pop("customfield_10050")
    assert [ticket.ticket for ticket in read(json.dumps([issue]), "jira", "search.json")[0]] == ["OPS-7"]


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("Button is green", False),
        ("Zugriff auf die Produktion", True),
        ("Permission to look at prod", True),
        ("", True),
        ("Raise the limit of the checkout 9:00-9:30", True),
        ("Nina auf shop bis heute 9.30 Uhr", True),
        ("Restart the workers until 6pm", True),
        ("Nina sur shop jusqu'à 9h30", True),
        ("Upgrade from 2.10 to 2.11", False),
        ("Prices are wrong since 14:30", False),
        ("Wait until the queue is empty", False),
    ],
)
def test_other_work_is_left_out_only_where_some_of_the_file_says_that_it_is_a_request(read, summary, kept):
    lines = ["Issue key,Summary,Issue Type", "OPS-7,Slow,Access request", f"OPS-8,{summary},Task"]
    assert [ticket.ticket for ticket in read("\n".join(lines), "jira")[0]] == ["OPS-7", *(["OPS-8"] if kept else [])]
    assert read("\n".join([lines[0], lines[2]]), "jira")[0][0].ticket == "OPS-8"


@pytest.mark.parametrize(("kind", "kept"), [("Bug", []), ("Story", []), ("Task", ["OPS-8"])])
def test_work_on_the_product_says_so_itself(read, kind, kept):
    found, _ = read(f"Issue key,Summary,Issue Type\nOPS-8,Button is green,{kind}", "jira")
    assert [ticket.ticket for ticket in found] == kept


@pytest.mark.parametrize(("kind", "kept"), [("Bug", False), ("Task", True)])
def test_a_system_alone_makes_no_request_of_work_on_the_product(read, kind, kept):
    lines = ["Issue key,Summary,Issue Type,Custom field (System)", "OPS-7,Slow,Access request,shop"]
    lines.append(f"OPS-8,Picture is upside down,{kind},shop")
    assert [ticket.ticket for ticket in read("\n".join(lines), "jira")[0]] == ["OPS-7", *(["OPS-8"] if kept else [])]


def test_what_was_cancelled_is_closed(read):
    (ticket,), _ = read("ID,Team,Title,Completed,Canceled\nOPS-9,Ops,Slow,,2026-10-14T06:40:00.000Z\n", "linear")
    assert ticket.closed_at == datetime(2026, 10, 14, 6, 40, tzinfo=UTC)


@pytest.mark.parametrize("column", ["Pull request", ""])
def test_another_trackers_column_may_be_called_as_githubs_for_pull_requests(read, column):
    (ticket,), _ = read(f"ID,Team,Title,{column}\nOPS-9,Ops,Slow,#12\n", "linear")
    assert ticket.ticket == "OPS-9"


def test_what_githubs_and_gitlabs_apis_answer_is_read_and_holds_no_comments(read):
    times = {"created_at": "2026-10-14T06:40:00Z", "closed_at": "2026-10-14T07:20:00Z"}
    issue = {"number": 7, "title": "Slow", "body": ASKED, "user": {"login": "mia"}, "labels": [{"name": "access"}]}
    urls = {"url": "https://api.github.com/repos/acme/ops/issues/7", "html_url": "https://github.com/acme/ops/issues/7"}
    (ticket,), _ = read(json.dumps([issue | times | urls | {"comments": 2}]), "github", "issues.json")
    assert (ticket.ticket, ticket.requester, ticket.person) == ("acme/ops#7", "github:mia", "nina@acme.example")
    assert ticket.closed_at == datetime(2026, 10, 14, 7, 20, tzinfo=UTC)
    assert ticket.approval == "could not be read: the export holds no comments"
    request = issue | times | {"number": 8, "pull_request": {"url": "x"}}
    (ticket,), _ = read(json.dumps([issue | times | urls | {"comments": 0}, request]), "github", "issues.json")
    assert (ticket.ticket, ticket.approval) == ("acme/ops#7", None)
    issue = {"id": 100, "iid": 7, "title": "Slow", "description": ASKED, "author": {"username": "mia", "name": "Mia"}}
    issue |= times | {"web_url": "https://git.example/acme/ops/-/issues/7", "labels": ["access"]}
    (ticket,), _ = read(json.dumps([issue]), "gitlab", "issues.json")
    assert (ticket.ticket, ticket.requester) == ("acme/ops#7", "gitlab:mia")
    assert ticket.approval == "could not be read: the export holds no comments"


def test_what_linears_api_answers_is_read_with_its_comments(read):
    mia, tom = ({"name": name, "email": f"{name}@acme.example"} for name in ("mia", "tom"))
    comment = {"body": "Approved", "createdAt": "2026-10-14T06:45:00.000Z", "user": tom}
    issue = {"id": "a-1", "identifier": "OPS-7", "title": "Slow", "description": ASKED, "creator": mia}
    issue |= {"state": {"name": "Done"}, "labels": {"nodes": [{"name": "access"}]}, "comments": {"nodes": [comment]}}
    issue |= {"createdAt": "2026-10-14T06:40:00.000Z", "completedAt": "2026-10-14T07:20:00.000Z"}
    answer = {"data": {"issues": {"nodes": [issue], "pageInfo": {"hasNextPage": False}}}}
    (ticket,), _ = read(json.dumps(answer), "linear", "linear.json")
    assert (ticket.ticket, ticket.requester, ticket.approver) == ("OPS-7", "mia@acme.example", "tom@acme.example")
    assert (ticket.status, ticket.closed_at) == ("Done", datetime(2026, 10, 14, 7, 20, tzinfo=UTC))


def test_a_search_without_comments_or_with_some_of_them_does_not_tell_who_approved(read):
    answer = {"issues": [{"key": "OPS-7", "fields": {"summary": "Slow", "issuetype": {"name": "Change"}}}]}
    (ticket,), _ = read(json.dumps(answer), "jira", "search.json")
    assert ticket.approval == "could not be read: the export holds no comments"
    answer["issues"][0]["fields"]["comment"] = {"total": 3, "comments": []}
    (ticket,), _ = read(json.dumps(answer), "jira", "search.json")
    assert ticket.approval == "could not be read: the answer holds 0 of its 3 comments"


@pytest.mark.parametrize(
    ("line", "approval"),
    [
        ("ticket,person\nA-1,nina", "could not be read: the file has no column that says who approved"),
        ("ticket,approval\nA-1,Approved", "could not be read: the file has no column that says who approved"),
        ("ticket,approval\nA-1,Rejected", "Rejected"),
        ("ticket,approval\nA-1,", None),
        ("ticket,approver\nA-1,", None),
    ],
)
def test_a_file_without_a_column_for_approvers_does_not_tell_that_nobody_approved(read, line, approval):
    (ticket,), _ = read(f"{line}\n", {})
    assert ticket.approval == approval


def test_a_column_is_no_slip_of_one_that_is_there(read):
    (_,), coverage = read("ticket,starts_at,start_date\nA-1,2026-10-14 08:50,2026-10-14\n", {})
    assert (coverage.status, coverage.reason) == ("ok", "the column start_date is not known and was left out")


@pytest.mark.parametrize("fields", ["custom_fields", "customFields"])
def test_fields_that_a_team_made_are_read_where_they_are_listed_by_name(read, fields):
    own = [
        {"name": "Person", "value": {"login": "nina", "fullName": "Nina A"}},
        {"name": "System", "display_value": "shop"},
    ]
    answer = {"issues": [{"id": {"value": "A-1"}, fields: own}]}
    (ticket,), _ = read(json.dumps(answer), {"ticket": "id", "systems": "System"}, "issues.json")
    assert (ticket.ticket, ticket.person, ticket.systems) == ("A-1", "nina", ("shop",))
    (ticket,), _ = read(
        json.dumps({"changes": [{"id": 41, "custom_fields": {"System": "shop"}}]}),
        {"ticket": "id", "systems": "System"},
        "changes.json",
    )
    assert (ticket.ticket, ticket.systems) == ("41", ("shop",))


def test_notions_properties_say_of_which_type_they_are(read):
    window = {"start": "2026-10-14T08:50:00+02:00", "end": "2026-10-14T09:30:00+02:00"}
    own = {
        "ID": {"type": "unique_id", "unique_id": {"prefix": "OPS", "number": 7}},
        "Who": {"type": "people", "people": [{"name": "Nina Alvarez", "person": {"email": "nina@acme.example"}}]},
        "System": {"type": "multi_select", "multi_select": [{"name": "shop"}]},
        "Window": {"type": "date", "date": window},
        "Words": {"type": "rich_text", "rich_text": [{"plain_text": "Approved "}, {"plain_text": "OPS-7"}]},
        "Late": {"type": "formula", "formula": {"type": "boolean", "boolean": False}},
    }
    columns = {"ticket": "ID", "person": "Who", "systems": "System", "starts_at": "Window", "reason": "Words"}
    answer = {"results": [{"object": "page", "id": "59833787", "properties": own}], "has_more": False}
    (ticket,), _ = read(json.dumps(answer), columns, "pages.json")
    assert (ticket.ticket, ticket.person, ticket.systems) == ("OPS-7", "Nina Alvarez", ("shop",))
    assert (ticket.starts_at, ticket.ends_at) == tuple(map(datetime.fromisoformat, window.values()))
    assert ticket.reason == "Approved OPS-7"


def test_what_links_lead_to_is_known_by_its_title(read):
    links = {"self": {"href": "/wp/7"}, "assignee": {"href": "/users/1", "title": "Nina Alvarez"}}
    package = {"id": 7, "description": {"format": "markdown", "raw": "Slow"}, "_links": links}
    answer = {"total": 1, "_embedded": {"elements": [package]}}
    columns = {"ticket": "id", "person": "assignee", "reason": "description"}
    (ticket,), _ = read(json.dumps(answer), columns, "packages.json")
    assert (ticket.ticket, ticket.person, ticket.reason) == ("7", "Nina Alvarez", "Slow")


def test_a_mapping_says_nothing_of_the_usual_headings_that_it_does_not_name(read):
    text = "Key,Access for,Approved by,Signed off by,Close notes\nA-1,nina,group,tom,Limit raised\n"
    (ticket,), _ = read(text, {"ticket": "Key", "approver": "Signed off by"})
    assert (ticket.person, ticket.approver, ticket.closeout) == ("nina", "tom", "Limit raised")
    (ticket,), coverage = read(text, {"ticket": "Key", "closeout": "Done"})
    assert ticket.closeout is None
    assert "no record has Done, which auditor.yaml reads as closeout" in coverage.reason


def test_a_column_that_the_file_does_not_have_any_more_fails_the_source(read):
    columns = {"ticket": "Key", "person": "Access for", "reason": "Why"}
    with pytest.raises(SourceError, match=r"the column access_for is missing; its columns are ticket, zugriff_für"):
        read("Key,Zugriff für\nA-1,nina\n", columns)
    assert read("Key,Access for\nA-1,nina\n", columns)[0][0].person == "nina"


def test_a_column_that_is_there_twice_with_one_value_says_it_once(read):
    (ticket,), _ = read("number,Number,State\nCHG0000007,CHG0000007,Closed\n", {"ticket": "Number"})
    assert (ticket.ticket, ticket.kind) == ("CHG0000007", "change")


def member(name):
    return {"id": name, "username": name, "fullName": name.title()}


def action(kind, minute, who, **data):
    at = f"2026-10-14T06:{minute:02}:00.000Z"
    return {"type": kind, "date": at, "data": {"card": {"id": "c"}, **data}, "memberCreator": member(who)}


CARD = {"id": "c", "idShort": 7, "name": "Slow", "desc": ASKED, "idList": "l", "idMembers": ["tom"], "due": None}
BOARD = {
    "name": "Ops board",
    "lists": [{"id": "l", "name": "Done"}],
    "members": [member("tom")],
    "cards": [CARD | {"labels": [{"name": "access"}]}, CARD | {"id": "t", "isTemplate": True}],
    "actions": [
        action("updateCard", 50, "nina", listAfter={"name": "Done"}),
        action("updateCard", 42, "mia", old={"desc": "Person: tom"}),
        action("commentCard", 45, "tom", text="Approved #7 for Nina on shop until 09:30"),
        action("createCard", 40, "mia"),
    ],
}


def test_a_board_of_trello_is_a_ticket_a_card(read):
    (ticket,), coverage = read(json.dumps(BOARD), "trello", "board.json")
    assert (ticket.ticket, ticket.kind, ticket.status) == ("Opsboard#7", "access", "Done")
    assert (ticket.requester, ticket.assignees) == ("Mia <trello:mia>", ("Tom <trello:tom>",))
    assert (ticket.person, ticket.systems, ticket.level) == ("nina@acme.example", ("shop",), "write")
    assert (ticket.approver, ticket.approval) == (
        "Tom <trello:tom>",
        "Opsboard#7: Approved #7 for Nina on shop until 09:30",
    )
    clocks = (ticket.opened_at, ticket.edited_at, ticket.approved_at, ticket.closed_at)
    assert [one.minute for one in clocks] == [40, 42, 45, 50]
    assert coverage.status == "ok"


def test_a_cards_own_fields_and_dates_count_where_its_text_says_nothing(read):
    own = [
        {"id": "f", "name": "Person", "type": "text"},
        {"id": "g", "name": "System", "type": "list", "options": [{"id": "o", "value": {"text": "shop"}}]},
    ]
    items = [{"idCustomField": "f", "value": {"text": "nina"}}, {"idCustomField": "g", "idValue": "o"}]
    card = CARD | {"desc": "", "customFieldItems": items, "due": "2026-10-14T07:30:00.000Z"}
    (ticket,), _ = read(json.dumps(BOARD | {"customFields": own, "cards": [card]}), "trello", "board.json")
    assert (ticket.person, ticket.systems) == ("nina", ("shop",))
    assert ticket.ends_at == datetime(2026, 10, 14, 7, 30, tzinfo=UTC)


def test_a_card_is_done_when_it_is_ticked_or_archived_and_not_when_it_is_taken_back(read):
    steps = [
        action("updateCard", 50, "nina", old={"dueComplete": False}, card={"id": "c", "dueComplete": True}),
        action("updateCard", 51, "nina", old={"closed": False}, card={"id": "c", "closed": True}),
        action("updateCard", 52, "tom", listAfter={"name": "Doing"}),
    ]
    for number, minute in ((1, 50), (2, 51), (3, None)):
        (ticket,), _ = read(json.dumps(BOARD | {"actions": steps[:number]}), "trello", "board.json")
        assert (ticket.closed_at and ticket.closed_at.minute) == minute


def test_of_a_long_story_trello_exports_the_end_alone(read):
    (ticket,), _ = read(json.dumps(BOARD | {"actions": [action("other", 1, "mia")] * 1000}), "trello", "board.json")
    assert ticket.approval == "could not be read: Trello exports the last 1000 actions only"


def test_pagerdutys_incidents_name_whoever_answered_them(read):
    times = {"created_at": "2026-10-14T06:40:00Z", "resolved_at": "2026-10-14T07:20:00Z"}
    answered = [{"at": "2026-10-14T06:41:00Z", "acknowledger": {"summary": "Nina A"}}]
    incident = {"id": "P1", "type": "incident", "incident_number": 7, "title": "Down", "service": {"summary": "shop"}}
    (ticket,), _ = read(
        json.dumps({"incidents": [incident | times | {"acknowledgements": answered}]}), "pagerduty", "a.json"
    )
    line = "id,incident_number,urgency,description,service_name,created_on,resolved_on,acknowledged_by_user_names\n"
    (row,), _ = read(line + "P1,7,high,Down,shop,2026-10-14T06:40:00Z,2026-10-14T07:20:00Z,Nina A\n", "pagerduty")
    for one in (ticket, row):
        assert (one.kind, one.person, one.systems) == ("incident", "Nina A", ("shop",))
        assert (one.title, one.closed_at) == ("Down", datetime(2026, 10, 14, 7, 20, tzinfo=UTC))
        assert one.approval == "could not be read: the export holds no comments"


@pytest.mark.parametrize(
    ("field", "comment", "closeout"),
    [
        ("Resolution notes", "", "Restarted it"),
        ("Closeout", "", "Restarted it"),
        ("Outcome", "", None),
        ("Resolution notes", "14/Oct/26 8:45 AM;Tom Okafor;Closeout: both restarted", "both restarted"),
    ],
)
def test_what_was_done_may_stand_in_a_field_of_its_own_and_asks_for_nothing(read, field, comment, closeout):
    header = f"Issue key,Summary,Issue Type,Custom field ({field}),Comment"
    tickets, _ = read(f"{header}\nOPS-7,Slow,Access request,Restarted it,{comment}\nOPS-8,Blue,Bug,Painted,\n", "jira")
    assert [(one.ticket, one.closeout) for one in tickets] == [("OPS-7", closeout)]
