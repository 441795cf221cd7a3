"""Who was on duty then: a rota's word before auditor.yaml's, and what it does not tell."""

from datetime import timedelta

import pytest

from auditor.case.duty import Duties, OnDuty, read_duties
from auditor.case.people import People
from auditor.evidence.store import Store
from auditor.model.findings import Clear, NotJudged
from auditor.model.tables import Duty
from auditor.model.vocabulary import Capability, Level
from auditor.rules import changes, readiness, tasks
from tests.cases import AT, access, case, config, hour, judged, row, ticket
from tests.rules.test_releases import company, given, release
from tests.stored import store_run

ROTA = {"name": "rota", "kind": "on-call", "path": "rota.ics", "systems": ["checkout"]}


def duty(title="Mia", begins=-8, ends=8, **changes):
    times = {"starts_at": AT + hour(begins), "ends_at": AT + hour(ends)}
    return Duty(**row(source="rota", system="checkout", schedule="rota", title=title, **times, **changes))


def duties(*rows, settings=None, read=AT):
    settings = settings or config(sources=[ROTA])
    return Duties(settings, People(settings), rows, {"rota": read} if read else {})


def on(told, moment=AT, last=None):
    settings = config(sources=[ROTA])
    return told.on(settings.systems_by_id["checkout"], moment, last)


@pytest.mark.parametrize(
    ("one", "people", "doubt"),
    [
        (duty("Mia"), ("mia",), ""),
        (duty("mia@harbour.example"), ("mia",), ""),
        (duty("On call - Mia - Checkout"), ("mia",), ""),
        (duty("Mia / Leon"), ("leon", "mia"), ""),
        (duty("Mia (first)"), ("mia",), ""),
        (duty("Mia is on-call"), ("mia",), ""),
        (duty("Mia on call for Checkout"), ("mia",), ""),
        (duty("Mia on duty for Leon"), ("mia",), ""),
        (duty("Rufbereitschaft Mia"), ("mia",), ""),
        (duty("Mia no longer on call"), (), "rota names Mia no longer on call, whom nobody knows"),
        (duty("Mia: not on call"), (), ""),
        (duty("Mias week"), (), "rota names Mias week, whom nobody knows"),
        (duty("Duty", names=("leon@harbour.example",)), ("leon",), ""),
        (duty("Mia", names=("leon@harbour.example", "x@y.example")), ("leon",), "leon@harbour.example, x@y.example"),
        (duty("Mia", names=("rota@group.example",)), ("mia",), ""),
        (duty("Duty", organiser="tom@harbour.example"), ("tom",), ""),
        (duty("Checkout: on-call week 7", organiser="tom@harbour.example"), ("tom",), ""),
        (duty("Bob", organiser="tom@harbour.example"), ("tom",), "rota names Bob, whom nobody knows"),
        (duty("Mia", ends=-1), (), ""),
        (duty("Mia - vacation"), (), ""),
        (duty("Out of office", names=("mia@harbour.example",)), (), ""),
        (duty("Urlaub: Mia"), (), ""),
        (duty("Mia - vacation (Leon covers)"), (), "rota names Mia - vacation (Leon covers), whom nobody knows"),
        (duty("Holiday shift: Mia"), (), "rota names Holiday shift: Mia, whom nobody knows"),
        (duty("Birthday: Mia"), (), ""),
        (duty("Birthday", names=("mia@harbour.example",)), (), ""),
        (duty("On-call handover: Mia / Leon"), (), ""),
        (duty("Handover meeting (Tom chairs): Mia / Leon"), (), "rota names Handover meeting (Tom chairs)"),
        (duty("Shadow: Mia"), (), ""),
        (duty("Shadow", organiser="mia@harbour.example"), (), ""),
        (duty("Leon (shadow: Mia)"), ("leon",), ""),
        (duty("Mia - shadowing - Leon"), (), "rota names Mia - shadowing - Leon, whom nobody knows"),
    ],
)
def test_whom_an_entry_means(one, people, doubt):
    told = on(duties(one))
    assert told.people == people
    assert doubt in told.doubt
    assert bool(told.doubt) is bool(doubt)


@pytest.mark.parametrize(
    ("title", "people"),
    [("Mia - plumber", ()), ("Mia - on call, plumber", ("mia",)), ("Leon (Platform)", ("leon",))],
)
def test_a_title_that_says_more_of_somebody_is_a_duty_where_it_or_the_rota_says_so(title, people):
    others = [duty("Platform: Tom", 20, 30), duty("Platform: Mia", 30, 40)]
    told = on(duties(*others, duty(title)))
    assert told.people == people
    assert bool(told.doubt) is not bool(people)


@pytest.mark.parametrize("title", ["Urlaub: Jörg Möller", "Jorg Moller - vacation", "Joerg Moeller (vacation)"])
def test_whoever_is_away_is_so_however_an_accent_is_written(title):
    jorg = {"id": "jm", "name": "Jörg Möller", "job": "owner"}
    people = [*(one.model_dump(mode="json", exclude_unset=True) for one in config().people), jorg]
    told = on(duties(duty(title), settings=config(sources=[ROTA], people=people)))
    assert (told.people, told.doubt) == ((), "")


@pytest.mark.parametrize(("status", "doubt"), [("ok", ""), ("partial", "rota was read in part")])
def test_of_a_rota_that_was_read_in_part_others_may_have_been_on_duty(tmp_path, status, doubt):
    settings, store = config(sources=[ROTA]), Store(str(tmp_path))
    store_run(store, "r1", AT, read=["rota"], status=status)
    assert on(read_duties(store, settings, People(settings), AT)).doubt == doubt


def test_a_moment_and_a_stretch():
    told = duties(duty("Mia", 0, 1), duty("Leon", 1, 2))
    assert on(told).people == ("mia",)
    assert on(told, AT + hour(1)).people == ("leon",)
    assert on(told, AT, AT + hour(3)).people == ("mia", "leon")


@pytest.mark.parametrize(("read", "moment"), [(None, AT), (AT, AT - timedelta(days=80)), (AT - timedelta(days=20), AT)])
def test_what_the_rota_does_not_reach_is_in_doubt(read, moment):
    assert "rota does not tell of" in on(duties(read=read), moment).doubt


def test_without_a_rota_auditor_yaml_says_it():
    system = config().systems_by_id["checkout"].model_copy(update={"on_duty": ("tom",)})
    assert Duties(config()).on(system, AT) == OnDuty(("tom",), "", rota=False)


@pytest.mark.parametrize(
    ("rows", "faults", "doubts"),
    [
        ([duty("Mia", -30, -10)], [], []),
        ([duty("Piet", -30, -10)], [["with neither owner on duty"]], []),
        ([], [["with neither owner on duty"]], []),
        ([duty("Somebody", -30, -10)], [], ["rota names Somebody, whom nobody knows"]),
        ([duty("Mia", -10, 10)], [["with neither owner on duty"]], []),
    ],
)
def test_an_owner_is_on_duty_at_the_time_of_the_release(rows, faults, doubts):
    settings = company(sources=[{"name": "releases", **GITLAB}, ROTA])
    told = given(config=settings, releases=[release()], duties=duties(*rows, settings=settings))
    assert [found.facts["faults"] for found in judged(changes.release_hours, told)] == faults
    assert [one.reason for one in changes.release_hours(told) if isinstance(one, NotJudged)] == doubts


GITLAB = {
    "kind": "gitlab-activity",
    "url": "https://gitlab.example",
    "token_env": "TOKEN",
    "projects": ["harbour/checkout"],
}


def test_whoever_is_on_duty_next_reads_the_logs():
    settings = config(sources=[ROTA])
    told = duties(duty("Mia"), duty("Tom", 10, 18), duty("Sam", 40, 48), settings=settings)
    found = list(
        readiness.log_access(
            case(
                config=settings,
                access=[access("mia", level=Level.READ, capabilities=frozenset({Capability.READ_LOGS}))],
                duties=told,
            )
        )
    )
    assert {(one.subject.person, type(one).__name__) for one in found} == {("mia", Clear.__name__), ("tom", "Finding")}


@pytest.mark.parametrize(
    ("person", "people"), [("on-call", ("leon",)), ("whoever is on duty", ("leon",)), ("the on-call owner", ())]
)
def test_a_ticket_for_whoever_is_on_duty_is_theirs_who_was(person, people):
    settings = config(sources=[ROTA])
    incident = ticket("INC-7", kind="incident", work="incident", person=person, ends_at=None, closed_at=None)
    told = case(config=settings, tickets=[incident], duties=duties(duty("Leon"), settings=settings))
    assert told.refs["INC-7"].people == people


def test_an_incident_is_theirs_too_who_took_over_while_it_lasted():
    settings = config(sources=[ROTA])
    told = duties(duty("Leon", -10, -3), duty("Mia", -3, 5), duty("Tom", 5, 9), settings=settings)
    meant = {"starts_at": AT - hour(4), "ends_at": None, "closed_at": AT}
    tickets = [
        ticket("INC-7", kind="incident", work="incident", person="whoever is on call", **meant),
        ticket("INC-8", kind="incident", work="incident", person="Nina", **meant),
        ticket("PAY-1", person="whoever is on call", **meant),
    ]
    refs = case(config=settings, tickets=tickets, duties=told).refs
    assert [refs[one].people for one in ("INC-7", "INC-8", "PAY-1")] == [("leon", "mia"), ("nina",), ("leon",)]


def test_a_ticket_for_whoever_is_on_duty_may_be_anybodys_where_the_rota_does_not_tell():
    settings = config(sources=[ROTA])
    tickets = [ticket("PAY-1", person="on call"), ticket("PAY-2", person="owner")]
    told = case(config=settings, tickets=tickets, duties=duties(duty("Bob on call"), settings=settings))
    assert (told.refs["PAY-1"].meant, told.refs["PAY-2"].meant) == (None, {"mia", "leon"})


def test_an_incident_that_names_nobody_may_be_for_whoever_was_on_duty():
    settings = config(sources=[ROTA])
    meant = {"kind": "incident", "work": "incident", "person": "Rufbereitschaft Nord", "ends_at": None}
    incidents = [ticket("INC-7", **meant), ticket("INC-8", starts_at=None, **meant)]
    told = case(config=settings, tickets=incidents, duties=duties(duty("Tom"), settings=settings))
    assert [ref.meant for ref in told.refs.values()] == [{"mia", "leon", "tom"}] * 2


@pytest.mark.parametrize(
    ("approver", "lets", "found"), [("leon", True, False), ("leon", False, True), ("mia", True, True)]
)
def test_the_approver_of_last_resort_is_whoever_is_on_duty(approver, lets, found):
    settings = config(sources=[ROTA], policy={"approvers": ["tom"], "duty_approves": lets})
    words = "Approved INC-7 for Nina on checkout until it is fixed"
    incident = ticket("INC-7", kind="incident", work="incident", approver=approver, approval=words)
    told = case(config=settings, tickets=[incident], duties=duties(duty("Leon"), settings=settings))
    assert bool(judged(tasks.unapproved, told)) is found
    unread = case(config=settings, tickets=[incident], duties=duties(settings=settings, read=None))
    assert bool(judged(tasks.unapproved, unread)) is not lets
    assert any(isinstance(one, NotJudged) for one in tasks.unapproved(unread)) is lets


def test_a_night_in_which_the_rota_could_not_be_read_leaves_what_was_known(tmp_path):
    settings, store = config(sources=[ROTA]), Store(str(tmp_path))
    for number, status in enumerate(("ok", "failed")):
        store_run(store, f"r{number}", AT + hour(number), read=["rota"], status=status)
    told = read_duties(store, settings, People(settings), AT + hour(2))
    assert [on(told, AT + hour(later)).doubt for later in (0, 24 * 20)] == [
        "",
        on(duties(), AT + hour(24 * 20)).doubt,
    ]


def test_of_two_systems_one_whose_rota_is_in_doubt_makes_it_anybodys():
    settings = config(sources=[ROTA])
    both = ticket("PAY-1", person="on call", systems=("checkout", "search"))
    told = case(config=settings, tickets=[both], duties=duties(duty("Bob on call"), settings=settings))
    assert told.refs["PAY-1"].meant is None
