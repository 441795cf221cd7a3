"""Grants and tickets."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from auditor.case.people import People
from auditor.case.releases import Release
from auditor.case.ticket_people import Reader
from auditor.case.vanished import in_doubt
from auditor.case.windows import ticket_refs
from auditor.model.entitlements import Identity
from auditor.model.findings import NotJudged
from auditor.model.statements import NO_COLUMN
from auditor.model.tables import Deployment, Ticket
from auditor.model.vocabulary import ActorClass, Level
from auditor.providers.systems import Systems
from auditor.rules import tasks
from tests.cases import AT, PIXEL, case, config, grant, hour, judged, row, ticket
from tests.copies import replace

TICKET_RULES = (
    tasks.unapproved,
    tasks.self_approved,
    tasks.late_approval,
    tasks.too_long,
    tasks.vague,
    tasks.no_second_reviewer,
    tasks.no_closeout,
    tasks.rewritten,
)


def rules_found(found_in: Ticket) -> list[str]:
    return [f.rule for rule in TICKET_RULES for f in judged(rule, case(tickets=[found_in]))]


def incident(**changes: Any) -> Ticket:
    return ticket(**{"kind": "incident", "work": "incident", "ends_at": None, **changes})


def own(**changes: Any) -> Ticket:
    return incident(approver="nina", approval="Self-approved, Tom not reachable", **changes)


@pytest.mark.parametrize(
    ("row", "rules"),
    [
        (ticket(), []),
        (ticket(approver=None, approved_at=None, approval=None), ["tasks/unapproved"]),
        (ticket(approver="mia"), ["tasks/unapproved"]),
        (ticket(approver="mia, tom"), []),
        (ticket(approver="nina and tom"), []),
        (ticket(approver="nina / mia"), ["tasks/unapproved"]),
        (ticket(approval="ok"), ["tasks/unapproved"]),
        (ticket(approval="Approved PAY-184 for checkout"), ["tasks/unapproved"]),
        (ticket(approval="ok for Nina on checkout until 11:00"), ["tasks/unapproved"]),
        (ticket(approval="PAY-184, Nina, for 60 minutes"), []),
        (ticket(approver="TOM@harbour.example"), []),
        (ticket(approver="nina"), ["tasks/self-approved"]),
        (ticket(approver="tom", requester="tom"), ["tasks/self-approved"]),
        (own(), ["tasks/self-approved"]),
        (own(second_reviewer="nina", reviewed_at=AT), ["tasks/self-approved"]),
        (own(second_reviewer="tom", reviewed_at=AT), []),
        (ticket(approved_at=AT - hour(4) + timedelta(minutes=4)), []),
        (ticket(approved_at=AT - hour(3.5)), ["tasks/late-approval"]),
        (ticket(opened_at=AT - hour(3.5)), ["tasks/late-approval"]),
        (incident(approved_at=AT - hour(4) + timedelta(minutes=14)), []),
        (incident(approved_at=AT - hour(4) + timedelta(minutes=16)), ["tasks/late-approval"]),
        (ticket(ends_at=AT - hour(3)), []),
        (ticket(ends_at=AT - hour(2.9)), ["tasks/too-long"]),
        (ticket(work="risky", ends_at=AT - hour(2), second_reviewer="leon"), []),
        (ticket(work="risky", ends_at=AT - hour(2)), ["tasks/no-second-reviewer"]),
        (ticket(work="risky", ends_at=AT - hour(2), second_reviewer="nina"), ["tasks/no-second-reviewer"]),
        (ticket(work="risky", ends_at=AT - hour(2), second_reviewer="tom"), ["tasks/no-second-reviewer"]),
        (ticket(reason="need prod access"), ["tasks/vague"]),
        (ticket(reason="URGENT!! please fix production asap"), ["tasks/vague"]),
        (ticket(reason="Warteschlange zu kurz"), []),
        (ticket(reason=None, title="Restart the payment worker"), []),
        (ticket(reason=None, title=None), ["tasks/vague"]),
        (ticket(systems=()), ["tasks/vague"]),
        (ticket(level=None), ["tasks/vague"]),
        (ticket(ends_at=None), ["tasks/vague"]),
        (ticket(closed_at=None, closeout=None), ["tasks/no-closeout"]),
        (ticket(closeout="  "), ["tasks/no-closeout"]),
        (ticket(removal_confirmed=None), ["tasks/no-closeout"]),
        (ticket(removal_confirmed=False), ["tasks/no-closeout"]),
        (ticket(ends_at=AT + hour(0.2), starts_at=AT - hour(0.5), closed_at=None, approved_at=AT - hour(1)), []),
        (ticket(starts_at=AT - hour(1.2), ends_at=AT - hour(0.4), closed_at=None), []),
        (incident(closed_at=None, removal_confirmed=None), []),
        (ticket(edited_at=AT - hour(4.4)), []),
        (ticket(edited_at=AT - hour(3.9)), ["tasks/rewritten"]),
        (ticket(work="read-only", ends_at=AT - hour(3.4)), ["tasks/too-long"]),
        (incident(ends_at=AT + hour(9)), []),
        (ticket(kind="review", approver=None, approval=None, approved_at=None), []),
    ],
)
def test_what_a_ticket_is_found_for(row: Ticket, rules: list[str]) -> None:
    assert rules_found(row) == rules


def test_tickets_from_before_the_period_are_not_judged_again() -> None:
    times = {name: AT - timedelta(days=40) for name in ("opened_at", "starts_at", "ends_at", "closed_at")}
    assert rules_found(ticket(approver=None, approval=None, **times)) == []


def test_a_grant_without_a_ticket_names_who_received_it() -> None:
    found = judged(tasks.none, case(grants=[grant()]))
    assert [(f.person, f.system) for f in found] == [("nina", "checkout")]
    assert "without a ticket" in found[0].summary


@pytest.mark.parametrize(
    ("approver", "rules"),
    [("tom", []), (None, ["tasks/unapproved"]), ("mia", ["tasks/unapproved"]), ("nina", ["tasks/self-approved"])],
)
def test_what_an_access_broker_gave_needs_an_approver_too(approver: str | None, rules: list[str]) -> None:
    asked = ticket_refs([ticket("PAM deploy 2f0a")], Reader(People(config()), Systems(config()), config()), AT)[0]
    request = replace(asked, approver=approver, asked=grant().evidence)
    told = replace(case(), refs={request.ticket: request})
    found = [one for rule in TICKET_RULES for one in judged(rule, told)]
    assert [one.rule for one in found] == rules
    assert all((one.person, one.ticket, one.evidence) == ("nina", request.ticket, (request.asked,)) for one in found)


@pytest.mark.parametrize(
    "innocent",
    [
        grant(ticket="PAY-184"),
        grant(),
        grant(time=AT - hour(4) - timedelta(minutes=5)),
        grant(identity=Identity(account="role", actor_class=ActorClass.SERVICE, owner="app"), by=ActorClass.PIPELINE),
    ],
    ids=["named on it", "inside the window", "just before it", "a service's"],
)
def test_grants_that_a_ticket_explains(innocent: Any) -> None:
    assert judged(tasks.none, case(tickets=[ticket()], grants=[innocent])) == []


def test_a_grant_on_another_system_than_the_open_tickets_is_without_one() -> None:
    assert len(judged(tasks.none, case(tickets=[ticket()], grants=[grant(systems=("search",))]))) == 1


def test_a_ticket_for_one_host_explains_no_root_on_another() -> None:
    one_host = ticket(systems=("web-1.harbour.example",))
    here, there = (
        grant(level=Level.ADMIN, place=("ssh", host), evidence=replace(PIXEL, event_id=host))
        for host in ("web-1.harbour.example", "web-2.harbour.example")
    )
    told = case(tickets=[one_host], grants=[here, there, replace(there, level=Level.WRITE), replace(there, place=None)])
    assert [one.subject.thing for one in judged(tasks.none, told)] == ["web-2.harbour.example"]
    named = replace(there, ticket="PAY-184")
    told = case(tickets=[one_host], grants=[here, named, replace(named, level=Level.WRITE)])
    (found,) = judged(tasks.unknown, told)
    assert found.summary.endswith("for PAY-184, which is for web-1.harbour.example")
    assert "was given admin access" in found.summary


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        (grant(ticket="PAY-999"), "does not exist"),
        (grant("leon", ticket="PAY-184"), "is for Nina"),
        (grant(ticket="PAY-184", systems=("search",)), "is for Checkout"),
        (grant(ticket="PAY-184"), None),
    ],
)
def test_a_ticket_number_must_lead_to_the_right_ticket(named: Any, problem: str | None) -> None:
    found = judged(tasks.unknown, case(tickets=[ticket()], grants=[named]))
    assert [problem in f.summary for f in found] == ([True] if problem else [])


@pytest.mark.parametrize("span", [{}, {"starts_at": None, "ends_at": None}])
def test_a_ticket_that_is_in_no_source_any_more_did_exist(span: dict[str, Any]) -> None:
    reader = Reader(People(config()), Systems(config()), config())
    left = list(in_doubt([ticket("PAY-183", **span)], reader, AT))
    given = [grant(ticket="PAY-183"), grant("leon", ticket="PAY-999", evidence=replace(PIXEL, event_id="other"))]
    told = case(tickets=[], grants=given, gone=left)
    assert [one.ticket for one in judged(tasks.unknown, told)] == ["PAY-999"]
    (unknown,) = (one.reason for one in tasks.unknown(told) if isinstance(one, NotJudged))
    assert unknown == "PAY-183 was read on an earlier night and is in no source any more"


@pytest.mark.parametrize(
    ("given", "wider"),
    [
        (grant(ticket="PAY-184"), False),
        (grant(ticket="PAY-184", level=Level.ADMIN), True),
        (grant(ticket="PAY-184", level=Level.READ), False),
        (grant(ticket="PAY-184", systems=("checkout", "search")), True),
        (grant(ticket="PAY-184", systems=("search",), level=Level.ADMIN), False),
        (grant(level=Level.ADMIN), True),
        (grant(), False),
        (grant(expires_at=AT), True),
        (grant(time=AT - hour(3.5), expires_at=AT - hour(2.5)), False),
        (grant(expires_at=AT.replace(hour=0) + hour(24)), False),
        (grant(expires_at=AT.replace(hour=0) + hour(72)), True),
    ],
    ids=[
        "as asked",
        "owner for write",
        "less",
        "one system more",
        "another system",
        "more, no ticket named",
        "no ticket named",
        "for four hours instead of one",
        "later, for as long",
        "to the end of its day",
        "for days",
    ],
)
def test_more_than_the_ticket_asked_is_wider(given: Any, wider: bool) -> None:
    assert bool(judged(tasks.wider_than_approved, case(tickets=[ticket()], grants=[given]))) is wider


def test_a_right_may_last_until_its_extension_ends_its_incident_is_over_or_as_its_closed_ticket_asked() -> None:
    longer = grant(expires_at=AT - hour(1))
    extension = ticket("PAY-185", starts_at=AT - hour(3), extends="PAY-184", ends_at=AT - hour(1), closed_at=AT)
    assert not judged(tasks.wider_than_approved, case(tickets=[ticket(), extension], grants=[longer]))
    assert not judged(tasks.wider_than_approved, case(tickets=[incident()], grants=[longer]))
    closed_early = ticket(ends_at=AT - hour(1), closed_at=AT - hour(3.5))
    assert not judged(tasks.wider_than_approved, case(tickets=[closed_early], grants=[longer]))
    (found,) = judged(tasks.wider_than_approved, case(tickets=[ticket()], grants=[longer]))
    assert found.summary.endswith(
        "write access to Checkout for 3 hours; PAY-184 asked for write access to Checkout for 60 minutes"
    )


def test_without_tickets_a_grant_could_not_be_judged() -> None:
    for rule, given in ((tasks.none, grant()), (tasks.unknown, grant(ticket="PAY-999"))):
        assert judged(rule, case(grants=[given], tickets_until=AT - hour(5))) == []
        assert judged(rule, case(grants=[given]))


@pytest.mark.parametrize(
    ("words", "names_an_end"),
    [
        ("for one hour", True),
        ("for 60mins", True),
        ("until 6pm", True),
        ("till end of day", True),
        ("10:00-11:00", True),
        ("until resolved", True),
        ("saw the alert at 10:30", False),
        ("looks good", False),
    ],
)
def test_an_end_is_a_length_or_a_time_that_it_lasts_until(words: str, names_an_end: bool) -> None:
    agreed = ticket(approval=f"Approved PAY-184 for Nina on checkout, {words}")
    assert bool(judged(tasks.unapproved, case(tickets=[agreed]))) is not names_an_end


def test_an_approver_by_a_name_that_several_have_cannot_be_judged() -> None:
    people = [
        {"id": "nina", "name": "Nina Alvarez"},
        {"id": "to", "name": "Tom Okafor"},
        {"id": "tw", "name": "Tom Weber"},
    ]
    owned = [{"id": "checkout", "name": "Checkout", "primary": "to", "backup": "tw"}]
    for approvers, doubt in ((["to"], True), (["nina"], False)):
        settings = config(
            people=people, systems=owned, break_glass=[], service_accounts=[], policy={"approvers": approvers}
        )
        (outcome,) = tasks.unapproved(case(tickets=[ticket(approver="Tom", requester="to")], config=settings))
        assert isinstance(outcome, NotJudged) is doubt
        assert not doubt or outcome.reason.endswith("approved by Tom, who may be Tom Okafor or Tom Weber")


@pytest.mark.parametrize(
    ("name", "doubt"), [("Tom Okafr", True), ("tom.okafr@x.example", True), ("Tom Smith", False), ("CAB", False)]
)
def test_an_approver_by_a_slip_of_the_pen_cannot_be_judged(name: str, doubt: bool) -> None:
    people = [{"id": "nina", "name": "Nina Alvarez"}, {"id": "to", "name": "Tom Okafor"}]
    owned = [{"id": "checkout", "name": "Checkout", "primary": "to", "backup": "nina"}]
    settings = config(people=people, systems=owned, break_glass=[], service_accounts=[], policy={"approvers": ["to"]})
    (outcome,) = tasks.unapproved(case(tickets=[ticket(approver=name, requester="to")], config=settings))
    assert isinstance(outcome, NotJudged) is doubt
    assert not doubt or outcome.reason.endswith(f"approved by {name}, who may be Tom Okafor")


def test_a_name_that_nobody_knows_is_told() -> None:
    (found,) = judged(tasks.vague, case(tickets=[ticket(systems=("chekout",))]))
    assert found.summary == "PAY-184 for Nina names chekout, which nobody knows (the nearest is Checkout)"


def test_what_hangs_on_a_roster_that_is_not_written_yet_cannot_be_judged() -> None:
    unowned = [{"id": "checkout", "name": "Checkout"}]
    told = case(
        tickets=[ticket()], config=config(people=[], break_glass=[], service_accounts=[], systems=unowned, policy={})
    )
    outcomes = [outcome for rule in (tasks.unapproved, tasks.vague) for outcome in rule(told)]
    assert [(type(one), getattr(one, "reason", "")) for one in outcomes] == [
        (NotJudged, "auditor.yaml names no approver who is on the roster"),
        (NotJudged, "nobody is on the roster"),
    ]


def test_no_approval_at_all_is_told_whoever_may_approve() -> None:
    told = case(tickets=[ticket(approver=None, approval=None)], config=config(policy={}))
    assert [found.ticket for found in judged(tasks.unapproved, told)] == ["PAY-184"]


def test_a_ticket_for_a_system_that_is_not_judged_yet_is_counted_and_beside_another_judged() -> None:
    asked = [
        ticket(ticket="PAY-1", systems=("Billing",)),
        ticket(systems=("checkout", "billing"), reason="need access"),
    ]
    told = case(tickets=asked, config=config(later=["billing"]))
    assert [found.ticket for found in judged(tasks.vague, told)] == ["PAY-184"]
    counted = [one.reason for one in tasks.vague(told) if isinstance(one, NotJudged)]
    assert counted == ["1 ticket for systems that `later` lists"]


def test_an_edit_within_the_clocks_tolerance_is_none_afterwards() -> None:
    assert judged(tasks.rewritten, case(tickets=[ticket(edited_at=AT - hour(4) + timedelta(seconds=1))])) == []


def test_a_grant_under_a_ticket_that_was_closed_is_for_no_task() -> None:
    late = grant(ticket="PAY-184", time=AT - hour(1))
    (found,) = judged(tasks.unknown, case(tickets=[ticket()], grants=[late]))
    assert "which was closed" in found.summary
    extended = ticket("PAY-185", extends="PAY-184", starts_at=AT - hour(1.5), closed_at=None)
    assert judged(tasks.unknown, case(tickets=[ticket(), extended], grants=[late])) == []


GROUP = "arn:aws:iam::111122223333:group/ops"
NOBODY = Identity(account=GROUP, actor_class=ActorClass.UNKNOWN)


def test_what_a_person_gives_a_group_without_a_ticket_is_told_with_the_giver() -> None:
    to_group = grant(recipient=GROUP, identity=NOBODY, systems=(), giver="mia", by=ActorClass.PERSON)
    (found,) = judged(tasks.none, case(grants=[to_group]))
    assert (found.person, found.account) == (None, GROUP)
    assert found.summary.startswith("ops was given inline policy jit by Mia on ")


def test_what_a_pipeline_gives_a_role_is_its_work() -> None:
    role = "arn:aws:iam::111122223333:role/app"
    to_role = grant(recipient=role, identity=replace(NOBODY, account=role), by=ActorClass.PIPELINE)
    assert judged(tasks.none, case(grants=[to_role])) == []
    to_robot = grant(identity=Identity(account=role, actor_class=ActorClass.SERVICE), by=ActorClass.PIPELINE)
    assert judged(tasks.none, case(grants=[to_robot])) == []


@pytest.mark.parametrize(
    "recipient", [GROUP, "group:ops@harbour.example", "allUsers", "arn:aws:iam::999900001111:root"]
)
def test_what_a_pipeline_gives_a_group_or_a_stranger_needs_a_ticket(recipient: str) -> None:
    given = grant(recipient=recipient, identity=replace(NOBODY, account=recipient), by=ActorClass.PIPELINE)
    (found,) = judged(tasks.none, case(grants=[given]))
    assert found.account == recipient


def test_a_grant_to_a_group_under_the_givers_own_ticket_is_clear() -> None:
    to_group = grant(recipient=GROUP, identity=NOBODY, giver="nina", by=ActorClass.PERSON)
    assert judged(tasks.none, case(tickets=[ticket()], grants=[to_group])) == []


def test_a_grant_before_its_ticket_was_opened_is_for_no_task() -> None:
    early = grant(ticket="PAY-184", time=AT - hour(6))
    (found,) = judged(tasks.unknown, case(tickets=[ticket()], grants=[early]))
    assert found.summary.endswith("which was opened 60 minutes later")
    for tolerated in (AT - hour(5) - timedelta(minutes=5), AT - hour(2.9) + timedelta(minutes=5)):
        assert judged(tasks.unknown, case(tickets=[ticket()], grants=[grant(ticket="PAY-184", time=tolerated)])) == []


def test_a_ticket_that_names_nobody_is_told_by_its_system() -> None:
    (found,) = judged(tasks.unapproved, case(tickets=[ticket(person=None, requester=None, approval="ok")]))
    assert found.summary.startswith("PAY-184 on Checkout was approved without saying")


@pytest.mark.parametrize("to", [{"giver": "tom"}, {"recipient": GROUP, "identity": NOBODY, "giver": "nina"}])
def test_whether_an_unclear_ticket_of_whoever_received_or_gave_is_for_a_grant_cannot_be_told(
    to: dict[str, Any],
) -> None:
    given = grant(**{"by": ActorClass.PERSON, **to})
    (outcome,) = tasks.none(case(tickets=[ticket(systems=("chekout",))], grants=[given]))
    assert isinstance(outcome, NotJudged)


@pytest.mark.parametrize(
    ("begins", "ends", "found"),
    [(-24 * 31, -24 * 30, True), (-24 * 31, -24 * 30 - 0.1, False), (-0.5, 1, True), (0, 1, True), (0.1, 1, False)],
)
def test_a_ticket_is_judged_that_was_alive_in_the_period(begins: float, ends: float, found: bool) -> None:
    times = {"opened_at": AT + hour(begins), "starts_at": AT + hour(begins), "ends_at": AT + hour(ends)}
    row = ticket(approver=None, approved_at=None, approval=None, closed_at=None, **times)
    assert bool(judged(tasks.unapproved, case(tickets=[row]))) is found


@pytest.mark.parametrize(("lasts", "approved", "late"), [(24, 9, False), (48, 9, False), (24, 25, True), (2, 9, True)])
def test_a_ticket_for_whole_days_says_not_when_on_the_first_it_began(lasts: float, approved: float, late: bool) -> None:
    day = AT.astimezone(ZoneInfo("Europe/Berlin")).replace(hour=0, minute=0, second=0, microsecond=0) - hour(24)
    row = ticket(starts_at=day, ends_at=day + hour(lasts), opened_at=day, approved_at=day + hour(approved))
    assert bool(judged(tasks.late_approval, case(tickets=[row]))) is late


@pytest.mark.parametrize(
    ("hours", "severity"), [(23, None), (24, None), (25, "medium"), (24 * 7, "medium"), (24 * 7 + 1, "high")]
)
def test_an_incident_that_nobody_closes_is_told_after_a_day_and_high_after_a_week(
    hours: float, severity: str | None
) -> None:
    long = incident(starts_at=AT - hour(hours), opened_at=AT - hour(hours), closed_at=None)
    found = judged(tasks.left_open, case(tickets=[long]))
    assert [f.severity for f in found] == [severity] * bool(severity)
    assert judged(tasks.left_open, case(tickets=[ticket(starts_at=AT - hour(hours), closed_at=None)])) == []
    closed = incident(starts_at=AT - hour(hours), closed_at=AT)
    assert judged(tasks.left_open, case(tickets=[closed])) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"approval": "PAY-184 rejected: Nina may look at staging until 11:00"}, "was refused by Tom"),
        ({"approval": "Not approved PAY-184 for Nina until 11:00"}, "was refused by Tom"),
        ({"approval": "Can somebody approve PAY-184 for Nina until 11:00?"}, "was asked for, and not approved"),
        ({"approval": "Approved PAY-184 for Nina until 11:00 once Mia has looked"}, "on a condition"),
        ({"approval": "Approved PAY-184 for Nina until 11:00, read-only", "level": "write"}, "for reading alone"),
        ({"approval": "Approved PAY-184 for Nina until 11:00, read-only", "level": "read"}, None),
        ({"approval": "Approved PAY-184 for Nina until 11:00: make it read-only", "level": "write"}, None),
        ({"approval": "Approved PAY-184 for Nina until 11:00\n\nFrom: Nina\nSent: Monday\nApproved?"}, None),
        ({"approver": "Tom on behalf of Mia"}, None),
        ({"approver": "Leon on behalf of Tom"}, "who is not an approver"),
        ({"approval": "Approved PAY-184 for Nina until 11:00 if Leon agrees", "second_reviewer": "leon"}, None),
        ({"approver": None, "approval": NO_COLUMN, "status": "Waiting for approval"}, "still waits for approval"),
        ({"approval": "Approved PAY-1842 for Nina until 11:00"}, "without saying which task"),
        ({"approval": "Approved PAY-184 for Leon until 11:00"}, "was approved for Leon"),
        ({"approval": "Approved PAY-184 for Nina on reports until 11:00"}, "was approved for Reports"),
        ({"approval": "Approved PAY-184 for Nina on checkout, not on reports, until 11:00"}, None),
        ({"approval": "Approved PAY-184 for Nina until 11:00, reports is down"}, None),
        ({"approval": "Approved PAY-184 for Nina, not for Leon, until 11:00"}, None),
        ({"approval": "Approved PAY-184 for Leon until 11:00, not for Nina"}, "was approved without Nina"),
        ({"approval": "Approved PAY-184 on checkout until 11:00 for all except Nina"}, "was approved without Nina"),
        (
            {"approval": "Approved PAY-184 for Nina on reports, nicht auf checkout, bis 11:00"},
            "was approved without Checkout",
        ),
        ({"approval": "Approved PAY-184 for Nina on checkout until 11:00, not for nina@harbour.example alone"}, None),
        ({"approval": "Approved PAY-184 until 11:00"}, "without saying for whom or what"),
        ({"approver": "piet", "approved_at": AT - hour(4.5)}, "by Piet, who had left"),
        ({"approver": "piet", "approved_at": AT - timedelta(days=3)}, None),
        ({"approver": None, "approval": "https://chat.example/archives/C1/p2"}, "does not say who approved it"),
        ({"approver": "Tom", "approval": "Approved PAY-184 for nina@harbour.example for one hour"}, None),
        ({"person": None, "approval": "Approved PAY-184 for Leon on checkout until 11:00"}, None),
    ],
)
def test_what_is_wrong_with_an_approval_is_said(changes: dict[str, Any], says: str | None) -> None:
    reports = {"id": "reports", "name": "Reports"}
    systems = [one.model_dump(mode="json", exclude_unset=True) for one in config().systems]
    settings = config(policy={"approvers": ["tom", "piet"]}, systems=[*systems, reports])
    found = judged(tasks.unapproved, case(config=settings, tickets=[ticket(**changes)]))
    assert [says in f.summary for f in found if says] == [True] * bool(says)
    assert bool(found) is bool(says)


@pytest.mark.parametrize(
    ("approval", "says"),
    [
        ("Approved PAY-184 for Jörg until 11:00", None),
        ("Approved PAY-184 for Jorg until 11:00", None),
        ("Approved PAY-184 for JOERG until 11:00", None),
        ("Approved PAY-184 for Jo\u0308rg until 11:00", None),
        ("Approved PAY-184 for Herr Möller until 11:00", None),
        ("PAY-184 genehmigt für Jörg Möller bis 11:00", None),
        ("Approved PAY-184 for Zoë until 11:00", "was approved for Zoë"),
        ("PAY-184 genehmigt für Zoe bis 11:00", "was approved for Zoë"),
        ("Approved PAY-184 on checkout until 11:00 for all except Jörg", "was approved without Jörg"),
        ("PAY-184 genehmigt für alle auf checkout bis 11:00, nicht für Jörg", "was approved without Jörg"),
    ],
)
def test_an_approval_writes_names_with_their_accents_or_without(approval: str, says: str | None) -> None:
    named = {"nina": "Jörg Möller", "leon": "Zoë Dubois"}
    people = [one.model_dump(mode="json", exclude_unset=True) for one in config().people]
    settings = config(people=[{**one, "name": named.get(one["id"], one["name"])} for one in people])
    found = judged(tasks.unapproved, case(config=settings, tickets=[ticket(approval=approval)]))
    assert [says in f.summary for f in found if says] == [True] * bool(says)
    assert bool(found) is bool(says), found


@pytest.mark.parametrize(
    ("requesters", "requester", "says"),
    [
        ([], "nina", None),
        (["nina"], "nina", None),
        (["nina@harbour.example"], "nina", None),
        (["engineer"], "nina", None),
        (["support"], "nina", "was asked for by Nina, who may not ask"),
        (["support"], "somebody else", "was asked for by somebody else, who may not ask"),
        (["support"], None, "does not say who asked for it"),
    ],
)
def test_policy_says_who_may_ask(requesters: list[str], requester: str | None, says: str | None) -> None:
    settings = config(policy={"approvers": ["tom"], "requesters": requesters})
    found = judged(tasks.unapproved, case(config=settings, tickets=[ticket(requester=requester)]))
    assert [says in f.summary for f in found if says] == [True] * bool(says)
    assert bool(found) is bool(says)


NEVER = {"approver": None, "approved_at": None, "approval": None}


@pytest.mark.parametrize(
    "changes",
    [
        {"closeout": "Withdrawn, not needed any more. No access was given.", "removal_confirmed": None},
        {"closeout": "Rejected by Tom", "removal_confirmed": False},
        {"closeout": None, "closed_at": AT - hour(5), "removal_confirmed": None},
    ],
)
def test_nothing_is_asked_of_a_ticket_of_which_nothing_came_and_it_opens_no_window(changes: dict[str, Any]) -> None:
    row = ticket(**NEVER, **changes)
    assert rules_found(row) == []
    assert case(tickets=[row]).refs[row.ticket].windows == ()
    assert "tasks/unapproved" in rules_found(replace(row, closed_at=None))
    assert "tasks/unapproved" in rules_found(replace(row, removal_confirmed=True, closeout="Raised memory"))


@pytest.mark.parametrize(("begins", "found"), [(1 / 60, []), (0, ["tasks/unapproved", "tasks/no-second-reviewer"])])
def test_what_is_to_begin_may_still_be_approved_and_reviewed(begins: float, found: list[str]) -> None:
    times = {"starts_at": AT + hour(begins), "ends_at": AT + hour(begins + 0.5), "closed_at": None, "closeout": None}
    assert rules_found(ticket(work="risky", **NEVER, **times)) == found


@pytest.mark.parametrize(
    ("closeout", "confirmed", "found"),
    [
        ("fixed the queue, access is gone", None, False),
        ("fixed the queue", None, True),
        ("fixed the queue, access is gone", False, True),
        ("fixed the queue, access will be removed tomorrow", None, True),
        ("fixed the queue", True, False),
    ],
)
def test_a_closeout_says_in_words_that_the_access_is_gone(closeout: str, confirmed: Any, found: Any) -> None:
    row = ticket(closeout=closeout, removal_confirmed=confirmed)
    assert bool(judged(tasks.no_closeout, case(tickets=[row]))) is found


def test_of_tickets_that_extend_one_another_the_last_one_tells_that_the_access_is_gone() -> None:
    first = ticket(closed_at=None, closeout=None, removal_confirmed=None)
    last = ticket("PAY-185", extends="PAY-184", starts_at=AT - hour(3), closeout=None)
    assert [one.ticket for one in judged(tasks.no_closeout, case(tickets=[first, last]))] == ["PAY-185"]


def test_a_ticket_that_was_reopened_is_not_over_because_it_was_closed_once() -> None:
    going_on = ticket(status="Wieder geöffnet", closeout=None, removal_confirmed=None, ends_at=AT + hour(1))
    assert judged(tasks.no_closeout, case(tickets=[going_on])) == []
    assert judged(tasks.no_closeout, case(tickets=[replace(going_on, status="Closed")]))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"level": "gucken"}, "asks for gucken, which is no level"),
        ({"work": "dringend"}, "says dringend, which is no kind of ticket or work"),
        ({"unread": ("starts_at sometime",)}, "says starts_at sometime, which names no clear time"),
        ({"person": None}, "does not say for whom it is"),
        ({"person": "Ninna"}, "names Ninna, which nobody knows (the nearest is Nina)"),
    ],
)
def test_what_cannot_be_understood_of_a_ticket_is_said(changes: dict[str, Any], says: str) -> None:
    (found,) = judged(tasks.vague, case(tickets=[ticket(**changes)]))
    assert says in found.summary


REQUEST = "https://git.example/shop/checkout/-/merge_requests/7"


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({"reason": "need prod access"}, "real reason"),
        ({"systems": ()}, "system"),
        ({"level": None}, "level"),
        ({"ends_at": None}, "end"),
    ],
)
def test_what_a_ticket_lacks_is_named(changes: dict[str, Any], lacks: str) -> None:
    (found,) = judged(tasks.vague, case(tickets=[ticket(**changes)]))
    assert f"names no {lacks}" in found.summary


@pytest.mark.parametrize(
    ("changes", "released", "says"),
    [
        ({}, {"approvers": ("gitlab:tom",)}, None),
        ({"kind": "access"}, {"approvers": ("gitlab:tom",)}, "was never approved"),
        ({}, {"approvers": ("gitlab:tom",), "time": AT}, f"{REQUEST} was approved by Tom, and by no other approver"),
        ({}, {"approvers": ()}, f"{REQUEST} was approved by nobody, and by no other approver"),
        ({}, {"approvers": ("gitlab:leon",)}, f"{REQUEST} was approved by Leon, and by no other approver"),
        ({"person": "tom"}, {"approvers": ("gitlab:tom",)}, "approved by Tom, and by no other approver"),
        ({}, {"approvers": ("gitlab:tom",), "merge_request": f"{REQUEST}, {REQUEST}1"}, "of which no release was read"),
        ({}, None, f"was never approved: it links {REQUEST}, of which no release was read"),
        ({"note": f"{REQUEST} {REQUEST}1"}, {"approvers": ("gitlab:tom",)}, "was never approved"),
        ({"approval": "PAY-184 rejected"}, {"approvers": ()}, "was refused: "),
    ],
)
def test_an_approval_of_the_merge_request_of_a_change_counts_where_it_was_read(
    changes: dict[str, Any], released: dict[str, Any] | None, says: str | None
) -> None:
    logins = config(
        people=[
            {"id": who, "name": who.title(), "accounts": [f"gitlab:{who}"], "job": "owner"}
            for who in ("mia", "leon", "nina", "piet", "sam")
        ]
        + [{"id": "tom", "name": "Tom", "accounts": ["gitlab:tom"], "job": "owner", "left": "2026-09-30"}]
    )
    unsaid = {"approver": None, "approved_at": None, "approval": None}
    change = ticket(**{"kind": "change", "note": f"What changes: {REQUEST}", **unsaid, **changes})
    fields = {"deployment_id": "1", "system_hint": "shop/checkout", "merge_request": REQUEST, **(released or {})}
    times = () if released is None else (AT - hour(3.5), AT - hour(72))
    ran = [Release(row=Deployment(**row(**{"time": time, **fields})), system="checkout") for time in times]
    found = judged(tasks.unapproved, case(config=logins, tickets=[change], releases=ran))
    assert [says in one.summary for one in found if says] == ([True] if says else [])
    assert bool(found) == bool(says)


def test_whose_access_somebody_approved_that_they_asked_for_is_said() -> None:
    asked = ticket(requester="tom", approver="tom")
    (found,) = judged(tasks.self_approved, case(tickets=[asked]))
    assert found.summary == f"Tom approved the access to Checkout that they asked for Nina under {asked.ticket}"
    (found,) = judged(tasks.self_approved, case(tickets=[replace(asked, person="tom")]))
    assert found.summary == f"Tom approved their own access to Checkout under {asked.ticket}"


@pytest.mark.parametrize("rule", [tasks.unapproved, tasks.no_closeout])
def test_what_people_wrote_under_a_ticket_and_cannot_be_read_accuses_nobody(rule: Any) -> None:
    unread = {"approver": None, "approved_at": None, "approval": "could not be read: the export holds no comments"}
    row = ticket(**unread, closeout=None, removal_confirmed=None)
    (outcome,) = rule(case(tickets=[row]))
    assert isinstance(outcome, NotJudged)
    assert outcome.reason == "what stands under PAY-184 could not be read: the export holds no comments"
    assert len(judged(rule, case(tickets=[replace(row, approval=None)]))) == 1


@pytest.mark.parametrize(
    ("untold", "changes", "found"),
    [
        (("closeout", "removal_confirmed"), {}, "what was done or that the access is gone"),
        (
            ("closed_at", "closeout", "removal_confirmed"),
            {"closed_at": None},
            "what was done or that the access is gone",
        ),
        (("closeout",), {"removal_confirmed": True}, "what was done"),
        (("closeout",), {"removal_confirmed": False}, True),
        (("closeout", "removal_confirmed"), {"closed_at": None}, True),
        (("removal_confirmed",), {"closeout": "Raised the timeout"}, True),
        (("removal_confirmed",), {"closeout": "Raised the timeout, access is gone"}, None),
        (("closed_at",), {"closeout": "Raised it", "removal_confirmed": True, "closed_at": None}, None),
        ((), {}, True),
    ],
)
def test_an_end_that_the_file_has_no_column_for_is_not_known_to_be_missing(untold, changes, found) -> None:
    row = ticket(**{"closeout": None, "removal_confirmed": None, "untold": untold, **changes})
    outcomes = list(tasks.no_closeout(case(tickets=[row])))
    said = [one.reason for one in outcomes if isinstance(one, NotJudged)]
    words = f"PAY-184 is in a file without a column that says {found}"
    assert (said, bool(judged(tasks.no_closeout, case(tickets=[row])))) == (
        ([words], False) if isinstance(found, str) else ([], bool(found))
    )


def test_what_a_stranger_was_given_may_be_what_a_ticket_for_a_stranger_is_about() -> None:
    miller = ticket(person="Bob Miller", requester="mia")
    theirs = grant("bob", identity=NOBODY, by=ActorClass.PERSON)
    (outcome,) = tasks.none(case(tickets=[miller], grants=[theirs]))
    assert isinstance(outcome, NotJudged)
    assert len(judged(tasks.none, case(tickets=[miller], grants=[grant("leon")]))) == 1


def test_what_was_given_under_a_ticket_that_is_not_clear_could_not_be_judged() -> None:
    unclear = case(tickets=[ticket(level="raed")], grants=[grant(ticket="PAY-184")])
    assert [type(one) for one in tasks.wider_than_approved(unclear)] == [NotJudged]


def test_whoever_has_but_a_number_is_told_by_what_the_log_calls_them() -> None:
    stranger = grant("gitlab-user:2", identity=NOBODY, by=ActorClass.PERSON, called="Jo Eve")
    (found,) = judged(tasks.none, case(grants=[stranger]))
    assert "gitlab-user:2 (Jo Eve) was given" in found.summary
    for called, count in (("nina", 0), ("Jo Eve", 1)):
        named = replace(stranger, called=called, ticket="PAY-184", giver=None)
        assert len(judged(tasks.unknown, case(tickets=[ticket()], grants=[named]))) == count


def test_of_a_right_whose_reach_is_not_known_only_its_end_is_compared() -> None:
    of_a_team = grant(systems=("checkout", "search"), level=Level.ADMIN, unplaced="no source reads what the team gives")
    (outcome,) = tasks.wider_than_approved(case(tickets=[ticket()], grants=[of_a_team]))
    assert isinstance(outcome, NotJudged)
    longer = replace(of_a_team, expires_at=AT)
    assert len(judged(tasks.wider_than_approved, case(tickets=[ticket()], grants=[longer]))) == 1
