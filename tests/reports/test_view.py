"""The view: everything that a report prints, computed."""

from datetime import timedelta

import pytest

from auditor.config.models import Config
from auditor.ledger import Trend
from auditor.model.vocabulary import Severity, Status
from reports import html, pack
from reports.history import History
from reports.view import build_view
from reports.words import agreed
from tests import subjects
from tests.copies import replace
from tests.reports.conftest import AT


def holders(view):
    return {holder.name: holder for holder in view.reach.holders}


def test_the_headline_is_the_sentence_that_matters(shop):
    view = build_view(shop.audit, shop.config, shop.access)
    assert view.headline == (
        "4 people and 1 account that nobody owns can change production today; 5 findings need a decision."
    )
    assert view.exposure.sentence == (
        "24 of 336 person-hours of a week known to be possible were used; 168 more may have been possible."
    )
    uncounted = replace(shop.audit, exposure=None)
    assert build_view(uncounted, shop.config).headline == "5 findings need a decision."
    clean = replace(uncounted, findings=(), not_judged=(), coverage=(), complete=True)
    assert (
        build_view(clean, shop.config, ()).headline == "Nobody can change production today; nothing needs a decision."
    )


def test_where_there_is_much_to_decide_the_gravest_stand_first_and_no_rule_crowds_out_the_others(shop):
    def found(rule, severity, number):
        return subjects.finding(rule=rule, severity=severity, thing=str(number), summary="", why="", next_step="")

    many = [found("changes/audit-trail", Severity.CRITICAL, n) for n in range(9)]
    others = [found("shared/root", Severity.CRITICAL, 1), found("standing/unused", Severity.LOW, 2)]
    view = build_view(replace(shop.audit, findings=(*many, *others)), shop.config)
    assert [row.finding.rule for row in view.first] == [
        "changes/audit-trail",
        "shared/root",
        *["changes/audit-trail"] * 5,
    ]
    assert html.render(view).count('class="first"') == 1
    assert build_view(replace(shop.audit, findings=tuple(others)), shop.config).first == ()


def test_it_never_says_clean_over_missing_evidence(shop):
    assert build_view(shop.audit, shop.config).completeness == (
        "This audit is not complete: 1 source could not be read and 2 questions could not be answered for lack of "
        "evidence. What is not listed is not thereby in order."
    )
    whole = replace(shop.audit, not_judged=(), coverage=(), complete=True)
    assert build_view(whole, shop.config).completeness.startswith("Everything that was configured was read")


def test_people_stand_with_what_they_can_do_in_words(shop):
    who = holders(build_view(shop.audit, shop.config, shop.access))
    assert list(who) == [
        "Piet Old",
        "Leon Weiss",
        "Mia Okafor",
        "Nina Alvarez",
        "Sam Lindqvist",
        "user/oncall",
        "emergency-admin",
        "ci-deploy",
    ]
    assert who["Piet Old"].note == "contractor, left 31 Aug 2024"
    assert who["Piet Old"].cells == ("admin", "")
    (piet,) = who["Piet Old"].sentences
    assert (piet.systems, piet.can) == (("everything in AWS 111122223333",), "anything at all")
    (mia,) = who["Mia Okafor"].sentences
    assert mia.can == "read logs, deploy and change configuration; cannot change the database or manage access"
    assert (mia.ways, mia.until) == (("user mia → group writers → policy checkout-write",), None)
    assert who["Nina Alvarez"].sentences[0].ways == ("key SHA256:mVwzQ1xY… on web-1",)
    assert who["Leon Weiss"].sentences[0].until == AT + timedelta(hours=3)


def test_access_that_has_ended_by_itself_is_gone(shop):
    assert holders(build_view(shop.audit, shop.config, shop.access))["Sam Lindqvist"].cells == ("read", "")


def test_findings_that_ask_for_the_same_stand_together_worst_first(shop):
    view = build_view(shop.audit, shop.config)
    assert [(i.ask.key, sum(dict(i.severities).values())) for i in view.agenda] == [
        ("take-away", 3),
        ("ask", 1),
        ("see", 1),
    ]
    assert view.agenda[0].severities == [(Severity.CRITICAL, 1), (Severity.HIGH, 1), (Severity.LOW, 1)]
    assert [group.worst.rule for group in view.agenda[0].groups] == [
        "standing/departed",
        "standing/write-access",
        "standing/unknown-person",
    ]


def test_accounts_that_nobody_declares_are_a_naming_job_in_every_report(shop):
    """On paper and on the page, with the line for auditor.yaml; and never among what is to be taken away."""
    facts = {"undeclared": "ssh-key:SHA256:x", "declare": 'accounts: ["ssh-key:SHA256:x"]', "changes": 2}
    asking = replace(shop.audit.findings[-1], facts=facts, summary="A key of nobody opens web-1")
    robot = {
        "undeclared": "ci",
        "declare": '{id: …, owner: …, purpose: …, accounts: ["ci"]}',
        "capabilities": ["deploy"],
    }
    other = subjects.about(replace(asking, facts=robot, summary="Nobody owns ci"), account="ci")
    audit = replace(shop.audit, findings=(asking, other))
    past = History(history=[Trend(run="r", at=AT, people_with_write=1, new=2, open=2, closed=0, reopened=0)])
    view = build_view(audit, shop.config, past=past)

    assert [item.ask.key for item in view.agenda] == ["name"]
    assert [one.line for one in view.strangers] == [f"- {robot['declare']}", '- "ssh-key:SHA256:x"']
    for page in (html.render(view), pack.html(view)):
        assert "This is the first run" in page
        assert "2 accounts that auditor.yaml does not know" in page
        assert "a naming job, not a revocation" in page
        assert "&#34;ssh-key:SHA256:x&#34;" in page or '"ssh-key:SHA256:x"' in page
    after = replace(past.history[0], at=AT - timedelta(days=1))
    assert not build_view(audit, shop.config, past=History(history=[after, *past.history])).first_run


def test_findings_under_an_exception_are_listed_and_need_no_decision(shop):
    view = build_view(shop.audit, shop.config)
    (row,) = view.exceptions
    assert agreed(row.exception, shop.config) == "until 31 Dec 2026, approved by tom: owner on call"
    by_mia = {**(row.exception or {}), "approved_by": "mia", "until": "soon"}
    assert agreed(by_mia, shop.config) == "until soon, approved by Mia Okafor: owner on call"
    assert row not in [r for i in view.agenda for g in i.groups for r in g.rows]
    assert row in view.rows
    closed = replace(shop.audit.findings[0], status=Status.CLOSED)
    assert build_view(replace(shop.audit, findings=(closed,)), shop.config).agenda == ()


def test_a_finding_without_person_system_or_time_is_a_row_like_any_other(shop):
    rows = html.payload(build_view(shop.audit, Config(organisation="x")))["rows"]
    gap = next(row for row in rows if row["summary"].startswith("The log of web-2"))
    assert not {"person", "system", "when"} & gap.keys()


def test_what_could_not_be_judged_is_grouped_by_reason(shop):
    view = build_view(shop.audit, shop.config)
    (item,) = view.not_judged
    assert item.headings == ["Can change production at any time"]
    assert (len(item.items), list(map(str, item.subjects))) == (
        2,
        ["checkout in harbour-prod", "hosts in harbour-prod"],
    )
    assert (view.hashes, view.originals) == ((), 1)


def test_where_rights_were_not_read_nobody_is_said_to_be_shut_out(shop):
    unseen = tuple(system.id for system in shop.config.systems)
    blind = build_view(replace(shop.audit, unseen_systems=unseen), shop.config, ())
    assert {system.told(system.changers) for system in blind.reach.systems} == {"could not be seen"}
    assert blind.headline.startswith("Who can change production today is not known")
    assert "can change production" not in {label for _, label in blind.figures}
    partly = build_view(replace(shop.audit, unseen_systems=unseen), shop.config, shop.access)
    assert all("could not be seen" in system.told(system.changers) for system in partly.reach.systems)


@pytest.mark.parametrize(
    ("missing", "note"),
    [
        ((), "every day"),
        ((3,), "nothing on 3 Sep"),
        ((3, 4, 9), "nothing on 3 Sep, 4 Sep and 9 Sep"),
        (range(3, 10), "records on 24 of 31 days"),
    ],
)
def test_the_logs_are_told_day_by_day(shop, missing, note):
    first = shop.audit.period_from.date()
    days = [first + timedelta(days=number) for number in range(31)]
    seen = tuple(day for day in days if not (day.month == 9 and day.day in missing))
    view = build_view(replace(shop.audit, days={"trail": seen, "never read": ()}), shop.config)
    (trail,) = view.days
    assert (trail.source, trail.note, trail.seen) == ("trail", note, set(seen))
    assert len(trail.days) == 31


def test_a_log_of_several_hosts_names_those_that_were_silent_while_others_recorded(shop):
    first = shop.audit.period_from.date()
    days = tuple(first + timedelta(days=number) for number in range(31))
    one = replace(shop.audit.findings[0], rule="evidence/gap", resource="web-1", facts={"source": "logins"})
    audit = replace(shop.audit, days={"logins": days, "trail": days}, findings=(one, replace(one, resource="web-2")))
    logins, trail = build_view(audit, shop.config).days
    assert (logins.note, trail.note) == ("every day; silent for a time: web-1 and web-2", "every day")
