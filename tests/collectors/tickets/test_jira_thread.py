"""A Jira issue's fields and history, as they come to a thread."""

from datetime import UTC, datetime

import msgspec
import pytest

from auditor.config.sources.tickets import JiraTickets
from collectors.jira.issues import thread_of
from collectors.jira.shapes import JiraIssue
from collectors.problems import Problems

SOURCE = JiraTickets(
    name="jira",
    kind="jira-tickets",
    url="https://jira.example/",
    token_env="T",
    projects=["OPS"],
    fields={"systems": "customfield_1", "level": "customfield_2"},
)


def at(clock):
    return datetime.fromisoformat(f"2026-02-10T{clock}:00").replace(tzinfo=UTC)


def thread(*histories, total=None, **fields):
    problems = Problems()
    document = {
        "id": "1",
        "key": "OPS-12",
        "fields": {"summary": "Restart", "created": "2026-02-10T09:00:00.000+0000", **fields},
        "changelog": {"total": len(histories) if total is None else total, "histories": list(histories)},
    }
    return thread_of(msgspec.convert(document, JiraIssue, strict=False), SOURCE, problems), problems


def history(clock, *items, author=None):
    return {"created": f"2026-02-10T{clock}:00.000+0000", "author": author or {"accountId": "a1"}, "items": list(items)}


def item(field, before="", after="", id_=None):
    return {"field": field, "fieldId": id_, "fromString": before, "toString": after}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("checkout", "checkout"),
        (7, "7"),
        (True, "True"),
        ({"value": "checkout"}, "checkout"),
        ({"name": "checkout"}, "checkout"),
        ({"key": "SHOP"}, "SHOP"),
        ([{"value": "checkout"}, "search", None, {}], "checkout, search"),
        ({"emailAddress": "nina@quay.example", "accountId": "a1"}, "nina@quay.example"),
        ({"accountId": "a1", "displayName": "Nina A"}, "Nina A <jira:a1>"),
        ({"accountId": "a1"}, "jira:a1"),
        ({"name": "nina", "displayName": "Nina"}, "Nina <jira:nina>"),
        ({"type": "doc", "content": [{"content": [{"text": "check"}, {"text": "out"}]}]}, "checkout"),
        ([], None),
        (None, None),
        ({"odd": 1}, None),
    ],
)
def test_a_field_of_any_sort_is_text(value, text):
    found, _ = thread(customfield_1=value)
    assert found.given == ({"systems": text} if text else {})


@pytest.mark.parametrize(
    ("person", "account"),
    [
        ({"emailAddress": "nina@quay.example", "displayName": "Nina"}, "nina@quay.example"),
        ({"name": "nina", "displayName": "Nina"}, "Nina <jira:nina>"),
        ({"name": "nina"}, "jira:nina"),
        ({"accountId": "a1", "displayName": "Nina"}, "Nina <jira:a1>"),
        ({"displayName": "Nina"}, None),
        (None, None),
    ],
)
def test_people_are_told_by_e_mail_else_by_account_and_name(person, account):
    found, _ = thread(reporter=person, assignee=person)
    assert (found.requester, found.assignees) == (account, [account] if account else [])


def test_the_last_edit_of_what_was_asked_for_counts():
    found, _ = thread(
        history("09:10", item("description", "a", "b")),
        history("09:20", item("Systems", "a", "b", "customfield_1")),
        history("09:15", item("customfield_2", "a", "b")),
        history("09:30", item("status", "Open", "Done")),
    )
    assert found.edited_at == at("09:20")
    assert thread(history("09:30", item("priority")))[0].edited_at is None


def test_statuses_and_labels_are_marks_put_on_and_taken_off():
    found, _ = thread(
        history("09:10", item("status", "Open", "Approved")), history("09:20", item("labels", "a b", "b c d"))
    )
    assert [(mark.label, mark.on, mark.who, mark.at) for mark in found.marks] == [
        ("status::Open", False, "jira:a1", at("09:10")),
        ("status::approved", True, "jira:a1", at("09:10")),
        ("c", True, "jira:a1", at("09:20")),
        ("d", True, "jira:a1", at("09:20")),
        ("a", False, "jira:a1", at("09:20")),
    ]


@pytest.mark.parametrize(("total", "unread"), [(1, None), (2, "its history is longer than Jira shows")])
def test_a_history_that_is_longer_than_what_is_shown_is_said(total, unread):
    assert thread(history("09:10", item("status")), total=total)[0].unread == unread


def test_what_is_known_of_every_issue():
    found, problems = thread(
        issuetype={"name": "Change"},
        labels=["a"],
        description="Please",
        resolutiondate="2026-02-10T10:30:00.000+0100",
        comment={"total": 1, "comments": [{"created": "2026-02-10T09:40:00.000+0000", "body": None}]},
    )
    assert (found.ticket, found.title, found.description) == ("OPS-12", "Restart", "Please")
    assert (found.url, found.provider) == ("https://jira.example/browse/OPS-12", "jira")
    assert (found.kinds, list(found.labels)) == (("Change",), ["a"])
    assert (found.opened_at, found.closed_at) == (at("09:00"), at("09:30"))
    assert [(one.who, one.at, one.text) for one in found.comments] == [(None, at("09:40"), "")]
    assert not problems
    assert [found.reference(text) for text in ("see OPS-7, please", " none ")] == ["OPS-7", "none"]


def test_a_field_that_is_not_as_it_should_be_costs_itself():
    found, problems = thread(history("09:10", item("status")), labels=7, resolutiondate="soon")
    assert (list(found.labels), found.closed_at) == ([], None)
    assert "labels is not as it should be" in problems.sentence()
    assert "a time is no time and was left out (OPS-12)" in problems.sentence()


def test_an_edit_of_the_description_beside_other_fields_counts():
    assert thread(history("09:10", item("priority"), item("description", "a", "b")))[0].edited_at == at("09:10")


def test_what_jira_sends_as_numbers_is_read_as_text_and_none_as_nothing():
    found, problems = thread(labels=None, summary=None, reporter={"name": 7}, assignee=None)
    assert (found.title, list(found.labels), found.requester, bool(problems)) == ("", [], None, True)


@pytest.mark.parametrize(
    ("value", "given"),
    [
        ({"accountId": 7, "displayName": "Nina"}, {"systems": "Nina"}),
        ({"accountId": 7, "name": "nina"}, {"systems": "nina"}),
        ({"emailAddress": "", "value": "x"}, {"systems": "x"}),
        ({"value": {"name": "inner"}}, {"systems": "inner"}),
    ],
)
def test_a_field_of_an_odd_sort(value, given):
    assert thread(customfield_1=value)[0].given == given


def doc(*content, kind="doc", **attrs):
    return {"type": kind, "attrs": attrs, "content": list(content)}


def words(text):
    return {"type": "text", "text": text}


NINA = {"type": "mention", "attrs": {"id": "7:n", "text": "@Nina A"}}
DAY = {"type": "date", "attrs": {"timestamp": "1791936000000"}}
BREAK = {"type": "hardBreak"}
ASKED = {"person": "Nina A <jira:7:n>", "ends_at": "2026-10-14 09:30"}


@pytest.mark.parametrize(
    "written",
    [
        [doc(words("Person: "), NINA, BREAK, words("End: "), DAY, words(" 09:30"), kind="paragraph")],
        [
            doc(words("Person"), kind="heading", level=3),
            doc(NINA, kind="paragraph"),
            doc(words("End"), kind="heading", level=3),
            doc(DAY, words(" 09:30"), kind="paragraph"),
        ],
        [
            doc(
                doc(
                    doc(doc(words("Person"), kind="paragraph"), kind="tableHeader"),
                    doc(doc(NINA, kind="paragraph"), kind="tableCell"),
                    kind="tableRow",
                ),
                doc(
                    doc(doc(words("End"), kind="paragraph"), kind="tableHeader"),
                    doc(doc(DAY, words(" 09:30"), kind="paragraph"), kind="tableCell"),
                    kind="tableRow",
                ),
                kind="table",
            )
        ],
    ],
)
def test_a_document_names_people_and_days_in_lines_headings_and_tables(written):
    found, _ = thread(description=doc(*written))
    assert found.asked == ASKED


def test_what_a_document_quotes_or_a_template_asks_is_nobodys_own_word():
    quote = doc(doc(words("Approved OPS-12"), kind="paragraph"), kind="blockquote")
    asks = {"type": "placeholder", "attrs": {"text": "Who"}}
    body = doc(quote, doc(words("Really?"), asks, kind="paragraph"))
    found, _ = thread(comment={"comments": [{"created": "2026-02-10T09:30:00.000+0000", "body": body}]})
    assert found.comments[0].own == "Really?"


def test_ticked_boxes_and_marks_of_a_document_are_told_and_endless_nesting_is_left_out():
    boxes = [doc(words(what), kind="taskItem", state=state) for what, state in (("shop", "DONE"), ("search", "TODO"))]
    mark = {"type": "emoji", "attrs": {"shortName": ":thumbsup:"}}
    deep = words("end")
    for _ in range(150):
        deep = doc(deep)
    found, _ = thread(description=doc(doc(*boxes, kind="taskList"), doc(mark, kind="paragraph"), deep))
    assert found.description == "- [x] shop\n- [ ] search\n:thumbsup:\n"


def test_whom_the_markup_mentions_by_an_id_has_the_name_that_the_issue_shows():
    found, _ = thread(
        description="Person: [~accountid:7:n]\nSystem: [~accountid:7:x]",
        assignee={"accountId": "7:n", "displayName": "Nina A"},
    )
    assert found.asked == {"person": "Nina A <jira:7:n>", "systems": "[~accountid:7:x]"}
