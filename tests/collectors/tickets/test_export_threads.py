"""A tracker's record as a thread: people, fields and comments in the forms that trackers write."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.problems import Problems
from collectors.tickets.exports import Export

COLUMNS = {
    "ticket": "id",
    "url": "url",
    "title": "title",
    "description": "body",
    "kind": "type",
    "labels": "labels",
    "requester": "author",
    "assignees": "assignees",
    "opened_at": "created",
    "closed_at": "closed",
    "comments": "comments",
}


def thread(account="", **values):
    problems = Problems()
    export = Export(provider="forge", account=account, columns=COLUMNS)
    return export.thread({"id": "OPS-1", **values}, ZoneInfo("Europe/Berlin"), problems), problems


@pytest.mark.parametrize(
    ("ticket", "url", "called"),
    [
        ("OPS-1", "https://x/OPS-1", "OPS-1"),
        ("12", "https://git.example/acme/ops/-/issues/12", "acme/ops#12"),
        ("12", "https://github.com/acme/ops/issues/12", "acme/ops#12"),
        ("12", "https://x/12", "12"),
        ("12", "", "12"),
        (12, None, "12"),
    ],
)
def test_a_number_is_told_with_its_project(ticket, url, called):
    found, _ = thread(id=ticket, url=url)
    assert (found.ticket, found.url) == (called, url or None)


@pytest.mark.parametrize(
    ("value", "people"),
    [
        ("nina, tom", ["nina", "tom"]),
        ("nina,nina, ", ["nina"]),
        (["nina", " tom "], ["nina", "tom"]),
        ({"login": "nina", "name": "Nina"}, ["nina"]),
        ([{"name": "Nina"}, {"odd": 1}], ["Nina"]),
        (None, []),
        (7, ["7"]),
    ],
)
def test_people_are_named_in_lists_texts_and_objects(value, people):
    found, _ = thread("forge:", assignees=value, author=value)
    assert found.assignees == [f"forge:{name}" for name in people]
    assert found.requester == (f"forge:{people[0]}" if people else None)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("custom_field_(systems)", "systems"),
        ("custom_field_(system)", "systems"),
        ("custom_field_(ends_at)", "ends_at"),
        ("custom_field_(until)", "ends_at"),
        ("custom_field_(start)", "starts_at"),
        ("custom_field_(end)", "ends_at"),
        ("custom_field_(story_points)", None),
        ("person", "person"),
        ("level", "level"),
        ("priority", None),
    ],
)
def test_fields_that_a_team_made_for_requests_are_given(column, name):
    found, _ = thread(**{column: " x "})
    assert found.given == ({name: "x"} if name else {})
    assert thread(**{column: ""})[0].given == {}


@pytest.mark.parametrize(
    ("value", "comments"),
    [
        ("2026-10-14 09:10;Tom;Approved; go", [("Tom", "Approved; go")]),
        (["2026-10-14 09:10;Tom;Yes", "2026-10-14 09:10;;No"], [("Tom", "Yes"), (None, "No")]),
        (
            [{"createdAt": "2026-10-14T07:10:00Z", "body": "Yes", "author": {"login": "tom"}}],
            [("tom", "Yes")],
        ),
        ([{"createdAt": "2026-10-14T07:10:00Z", "body": None, "author": None}], [(None, "")]),
        (["no time", "a;b", 7, None], []),
        (["soon;Tom;Yes"], []),
        ([{"body": "Yes"}], []),
    ],
)
def test_comments_are_texts_or_objects_and_need_a_time(value, comments):
    found, problems = thread(comments=value)
    assert [(one.who, one.text) for one in found.comments] == comments
    assert {one.at for one in found.comments} <= {datetime(2026, 10, 14, 7, 10, tzinfo=UTC)}
    assert bool(problems) == (value == ["soon;Tom;Yes"])


def test_a_thread_has_what_the_record_tells():
    found, problems = thread(
        title=" Slow ",
        body="Please",
        type="Access",
        labels="a, b",
        created="14.10.2026 09:10",
        closed="2026-10-14T10:00",
    )
    assert (found.title, found.description, found.provider) == ("Slow", "Please", "forge")
    assert (list(found.kinds), list(found.labels)) == (["Access"], ["a", "b"])
    assert found.opened_at == datetime(2026, 10, 14, 7, 10, tzinfo=UTC)
    assert found.closed_at == datetime(2026, 10, 14, 8, tzinfo=UTC)
    assert not problems
    assert (thread(created="soon")[0].opened_at, thread()[0].opened_at) == (None, None)
    assert thread(created="soon")[1].sentence() == "a time cannot be read and was left out (OPS-1)"
