"""A ticket as any forge tells it, as a whole row."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.problems import Problems
from collectors.redact import without_secrets
from collectors.tickets.approvals import Comment, Mark
from collectors.tickets.thread import Thread, reference, ticket
from tests.collectors.rows import columns
from tests.copies import replace

BERLIN = ZoneInfo("Europe/Berlin")
STAMP = {"source": "s", "collected_at": datetime(2026, 3, 1, tzinfo=UTC), "origin": "o", "record": 0, "sha256": ""}


def at(clock):
    return datetime.fromisoformat(f"2026-02-10T{clock}:00+00:00")


THREAD = Thread(
    ticket="quay/ops#12",
    url="https://g.example/12",
    title="Slow",
    description="**Person:** @nina\n**System:** checkout, `search`\n**Level:** write\n**Reason:** It is slow.\n"
    "**Starts at:** 2026-02-10 10:15\n**Ends at:** 11:00\n**Second reviewer:** @mia",
    provider="gitlab",
    labels=("work::risky",),
    requester="gitlab:nina",
    opened_at=at("09:00"),
    closed_at=at("10:30"),
    edited_at=at("09:05"),
    marks=(Mark("access::approved", True, "gitlab:tom", at("09:10")),),
    comments=(
        Comment("gitlab:tom", at("09:11"), "Approved until 11:00"),
        Comment("gitlab:nina", at("10:29"), "Closeout: done\nAccess removed: yes"),
    ),
)
TICKET = {
    "ticket": "quay/ops#12",
    "url": "https://g.example/12",
    "kind": "access",
    "work": "risky",
    "title": "Slow",
    "reason": "It is slow.",
    "requester": "gitlab:nina",
    "person": "gitlab:nina",
    "systems": ("checkout", "search"),
    "level": "write",
    "opened_at": at("09:00"),
    "starts_at": at("09:15"),
    "ends_at": at("10:00"),
    "approver": "gitlab:tom",
    "approved_at": at("09:10"),
    "approval": "quay/ops#12: Approved until 11:00",
    "second_reviewer": "gitlab:mia",
    "closed_at": at("10:30"),
    "closeout": "done\nAccess removed: yes",
    "removal_confirmed": True,
    "edited_at": at("09:05"),
}


def told(**changes):
    problems = Problems()
    return columns(ticket(replace(THREAD, **changes), STAMP, BERLIN, problems)), problems.sentence()


def test_a_length_is_an_end():
    asked = THREAD.description.replace("**Ends at:** 11:00", "**Dauer:** 45 Minuten")
    assert ticket(replace(THREAD, description=asked), STAMP, BERLIN, Problems()).ends_at == at("10:00")


def test_a_request_is_a_ticket():
    assert told() == (TICKET, None)


def words(text):
    return {"comments": (Comment("gitlab:tom", at("09:11"), text),), "marks": ()}


SAID = {"approved_at": at("09:11"), "closeout": None, "removal_confirmed": None}


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({"given": {"level": "Read"}}, {"level": "read"}),
        ({"given": {"level": "*all of it*"}}, {"level": "*all of it*"}),
        ({"labels": ("write", "work::risky", "level::admin")}, {}),
        ({"labels": ("Read-Only",)}, {"work": "read-only"}),
        ({"labels": ("other::risky",)}, {"work": None}),
        ({"labels": ("work::risk",)}, {"work": None}),
        ({"given": {"work": " ~Risky` "}}, {"work": "risky"}),
        ({"given": {"person": "nina@quay.example"}}, {"person": "nina@quay.example"}),
        ({"given": {"person": "@nina.a-b, @leon"}}, {"person": "gitlab:nina.a-b, gitlab:leon"}),
        ({"given": {"systems": 'a; ~b\n, "c"'}}, {"systems": ("a", "b", "c")}),
        ({"given": {"extends": " x-1 "}}, {"extends": "x-1"}),
        ({"given": {"extends": "#7"}, "reference": lambda text: f"quay/ops{text}"}, {"extends": "quay/ops#7"}),
        ({"given": {"starts_at": "12:00"}}, {"starts_at": at("11:00"), "ends_at": at("10:00").replace(day=11)}),
        ({"given": {"starts_at": "2026-02-10T04:15:00-05:00", "ends_at": ""}}, {"ends_at": None}),
        ({"given": {"zone": "America/New_York", "starts_at": "2026-02-10 04:15"}}, {"ends_at": at("16:00")}),
        ({"given": {"zone": "EST", "starts_at": "2026-02-10 04:15", "ends_at": "for one hour"}}, {"ends_at": at("10:15")}),
        ({"given": {"starts_at": ""}}, {"starts_at": None}),
        ({"given": {"starts_at": ""}, "marks": (), "comments": (), "opened_at": None, "closed_at": None},
            {"starts_at": None, "ends_at": None, "approver": None, "approved_at": None, "approval": None,
            "closeout": None, "removal_confirmed": None, "opened_at": None, "closed_at": None,
            "unread": ("ends_at 11:00",)}),
        (words("Approved #12"), {**SAID, "approval": "quay/ops#12: Approved #12"}),
        (words("Approved quay/ops#12"), {**SAID, "approval": "Approved quay/ops#12"}),
        (words("Approved OPS-3, quay/ops#12"), {**SAID, "approval": "Approved OPS-3, quay/ops#12"}),
        (words("Approved #13"), {**SAID, "approval": "Approved #13"}),
        (words("Why?") | {"unread": "no rights"}, {**SAID, "approved_at": None, "approver": None,
            "approval": "could not be read: no rights"}),
        (words("Reviewed") | {"unread": None}, {**SAID, "approved_at": None, "approver": None, "approval": None,
            "second_reviewer": "gitlab:tom", "reviewed_at": at("09:11")}),
    ],
)  # fmt: skip
def test_each_thing_that_may_be_otherwise(changes, differs):
    expected = {name: value for name, value in {**TICKET, **differs}.items() if value is not None}
    said = "ends_at is no time and was left out (quay/ops#12)" if "unread" in differs else None
    assert told(**changes) == (expected, said)


def test_an_approval_that_waits_for_somebody_else_stands_with_what_they_said():
    waits = Comment("gitlab:tom", at("09:11"), "Approved until 11:00 once Mia has looked")
    looked = Comment("gitlab:mia", at("09:12"), "Looked at it, ok")
    assert told(comments=(waits, looked), marks=())[0]["approval"] == (
        "quay/ops#12: Approved until 11:00 once Mia has looked\n2026-02-10 09:12 UTC: Looked at it, ok"
    )
    agreed = Comment("gitlab:mia", at("09:13"), "Approved until 11:00")
    assert told(comments=(waits, agreed), marks=())[0]["approver"] == "gitlab:mia"


@pytest.mark.parametrize(
    ("labels", "status"),
    [
        (("access", "rejected"), "rejected"),
        (("access::rejected",), "access::rejected"),
        (("cancelled-orders", "void shop"), None),
    ],
)
def test_a_label_calls_a_ticket_off_by_one_word(labels, status):
    assert ticket(replace(THREAD, labels=labels), STAMP, BERLIN, Problems()).status == status


@pytest.mark.parametrize(
    ("turns", "closed"),
    [
        ([("09:20", True), ("11:30", False), ("10:30", True)], "09:20"),  # opened again after its end, in any order
        ([("09:20", True), ("09:40", False), ("10:30", True)], "10:30"),  # opened again before it
        ([("10:30", True)], "10:30"),
        ([], "10:30"),
    ],
)
def test_a_ticket_that_is_opened_again_after_its_end_was_closed_before(turns, closed):
    assert told(turns=[(at(clock), on) for clock, on in turns])[0]["closed_at"] == at(closed)


@pytest.mark.parametrize(
    ("kind", "assignees", "differs"),
    [
        ("Incident", ["gitlab:leon", "gitlab:mia"], {"kind": "incident", "reason": "All down.", "person": "gitlab:leon, gitlab:mia"}),
        ("incident", [], {"kind": "incident", "reason": "All down.", "person": "gitlab:nina"}),
        ("kind::change", [], {"kind": "change", "note": "All down.", "person": "gitlab:nina"}),
        (" Release ", [], {"kind": "change", "note": "All down.", "person": "gitlab:nina"}),
        ("rollback drill", [], {"kind": "drill", "note": "All down.", "person": "gitlab:nina"}),
        ("Access review", [], {"kind": "review", "person": "gitlab:nina"}),
        ("Access request", ["gitlab:leon"], {"kind": "access"}),
        ("Task", ["gitlab:leon"], {"kind": "access"}),
    ],
)  # fmt: skip
def test_what_a_ticket_is_decides_whom_and_what_it_is_about(kind, assignees, differs):
    plain = Thread(ticket="t-1", url=None, title="T", description="All down.", provider="gitlab")
    thread = replace(plain, kinds=[kind], requester="gitlab:nina", assignees=assignees)
    row = columns(ticket(thread, STAMP, BERLIN, Problems()))
    given = {"assignees": tuple(assignees)} if assignees else {}
    assert row == {"ticket": "t-1", "title": "T", "requester": "gitlab:nina", **given, **differs}


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"labels": ("access::requested",)}, "access"),
        ({"labels": ("Access::x",)}, "access"),
        ({"labels": ("bug",)}, None),
        ({"given": {"kind": "change"}}, "change"),
        ({"given": {"person": "a", "systems": "b"}}, "access"),
        ({"given": {"person": "a"}}, None),
        ({"kinds": ("change",), "labels": ("incident",)}, "change"),
    ],
)
def test_a_ticket_is_told_from_a_bug(changes, kind):
    plain = Thread(ticket="t-1", url=None, title="T", description=None, provider="gitlab")
    assert replace(plain, **changes).kind == kind


URL = re.compile(r"https://g\.example/(.+?)/-/issues/(\d+)")


@pytest.mark.parametrize(
    ("prefix", "text", "id_"),
    [
        (None, "#7", "quay/ops#7"),
        (None, " other/x#7 ", "other/x#7"),
        (None, "https://g.example/quay/lib/-/issues/9", "quay/lib#9"),
        (None, " OPS-7 ", "OPS-7"),
        ("OPS", "#7", "OPS-7"),
        ("OPS", "Quay/Ops#7", "OPS-7"),
        ("OPS", "other/x#7", "other/x#7"),
    ],
)
def test_a_ticket_is_named_in_many_ways(prefix, text, id_):
    assert reference(URL, "quay/ops", prefix, text) == id_


def test_of_an_incident_what_was_written_below_it_is_kept_on_a_line_each_and_of_others_nothing():
    told = Comment(None, at("09:30"), "Restarted it.\n\nAll <b>quiet</b>; password: hunter22")
    incident = ticket(
        replace(THREAD, kinds=("incident",), comments=(*THREAD.comments, told) * 90), STAMP, BERLIN, Problems()
    )
    assert incident.comments[0] == "2026-02-10T09:11:00Z gitlab:tom: Approved until 11:00"
    assert incident.comments[2] == "2026-02-10T09:30:00Z somebody: Restarted it. All <b>quiet</b>; password: hunter22"
    assert len(incident.comments) == 200
    assert without_secrets(incident).comments[2].endswith("password: ***")
    assert ticket(THREAD, STAMP, BERLIN, Problems()).comments == ()


def test_no_label_is_taken_for_a_button_whatever_it_is_called():
    row, _ = told(comments=(), marks=(Mark("button::approved", True, "gitlab:tom", at("09:10")),))
    assert row["approval"] == "quay/ops#12: label button::approved"
