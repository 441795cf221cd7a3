"""What happened to a system between two moments, from a few acts by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.build import build_case
from auditor.case.incident import incident, with_before
from auditor.case.job_use import job_uses
from auditor.case.placement import UNCLAIMED, Where
from auditor.evidence.store import Store
from auditor.model.tables import Activity, Deployment, Ticket
from tests.activity.acts import act, look, ssh
from tests.cases import AWS, ELSEWHERE, config, row, ticket
from tests.copies import replace
from tests.stored import store_run

# A quarter of an hour begins at the full hour, as floods are counted.
NOON = datetime(2026, 9, 3, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RELEASES = {
    "name": "releases",
    "kind": "gitlab-activity",
    "url": "https://gitlab.example",
    "token_env": "TOKEN",
    "projects": ["harbour/checkout"],
}
SETTINGS = config(
    sources=[
        {"name": "trail", "kind": "aws-cloudtrail", "path": "logs"},
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.json"},
        RELEASES,
    ],
    systems=[
        {
            "id": "checkout",
            "name": "Checkout",
            "resources": [
                {"provider": "aws", "account": "111122223333", "match": ["*checkout*"]},
                {"provider": "gitlab", "project": "harbour/checkout", "environment": "production"},
                {"provider": "ssh", "host": "web-*.harbour.example"},
            ],
        },
        {
            "id": "search",
            "name": "Search",
            "resources": [{"provider": "aws", "account": "111122223333", "match": ["*search*"]}],
        },
    ],
)


@pytest.fixture
def told(tmp_path):
    """Stores these rows, and tells of the hour from noon on."""
    store = Store(str(tmp_path / "evidence"))

    sources = {Activity: "trail", Ticket: "tickets", Deployment: "releases"}

    def run(*rows, from_=NOON, to=NOON + HOUR, now=NOON + DAY):
        own = (replace(one, source=sources[type(one)]) for one in rows)
        store_run(store, "night", now, *own, read=sources.values())
        found = incident(store, SETTINGS, SETTINGS.systems[0], from_, to, now)
        return with_before(store, found, lambda act: act.changes)

    return run


def at(minutes=0.0, **more):
    return NOON + timedelta(minutes=minutes, **more)


def robot(number, minutes, **columns):
    """One of many alike calls of the pipeline's."""
    return act(at(minutes), "ci", f"checkout/{number}", account="arn:aws:iam::111122223333:role/ci-deploy", **columns)


def summary(found):
    return [(one.count, one.told.time, one.until) for one in found.acts]


def test_acts_on_the_system_are_told_in_order_and_others_are_not(told):
    found = told(
        act(at(9), on="checkout/api"),
        act(at(2), on="checkout/web"),
        act(at(3), on="search/web"),
        act(at(-1), on="checkout/api"),
        act(at(60), on="checkout/api"),
        act(at(5), on="checkout/own", account=f"arn:aws:iam::{AWS}:role/aws-service-role/ecs.amazonaws.com/ForECS"),
    )
    assert [(one.told.resource, one.told.time, one.told.person) for one in found.acts] == [
        ("checkout/web", at(2), "nina"),
        ("checkout/api", at(9), "nina"),
    ]
    assert (found.cut, found.system.id, found.from_, found.to) == (False, "checkout", NOON, NOON + HOUR)


def test_more_alike_acts_in_a_quarter_than_people_read_are_a_flood(told):
    quiet = [robot(f"quiet-{minute}", minute) for minute in range(3)]
    flood = [robot(f"flood-{minute}", 5 + minute, action="ecs:RunTask") for minute in range(4)]
    few = [act(at(20 + second / 60), on=f"checkout/{second}") for second in range(20)]
    many = [act(at(40 + second / 60), on=f"checkout/{second}", action="ecs:RunTask") for second in range(21)]
    failed = [act(at(50 + second / 60), on=f"checkout/{second}", outcome="failed") for second in range(4)]
    reads = [look(at(55 + second / 60), on=f"checkout/{second}") for second in range(4)]
    acts = told(*quiet, *flood, *few, *many, *failed, *reads).acts
    assert [(one.count, one.told.time, one.until) for one in acts if one.count > 1] == [
        (4, at(5), at(8)),
        (21, at(40), at(40 + 20 / 60)),
        (4, at(50), at(50 + 3 / 60)),
        (4, at(55), at(55 + 3 / 60)),
    ]
    single = [one for one in acts if one.count == 1]
    assert [(one.told.time, one.until) for one in single] == [(row.time, row.time) for row in (*quiet, *few)]
    assert [one.resources for one in single[:3]] == [(f"checkout/quiet-{minute}",) for minute in range(3)]


@pytest.mark.parametrize("category", ["grant", "audit-trail"])
def test_changes_of_rights_and_of_the_trail_are_told_one_by_one(told, category):
    rights = [robot(number, number / 60, action="iam:AttachRolePolicy", category=category) for number in range(90)]
    tried = [robot(number, 20 + number / 60, action="iam:PutRolePolicy", outcome="denied") for number in range(90)]
    acts = told(*rights, *tried).acts
    assert [(one.count, one.resources) for one in acts[:-1]] == [(1, (f"checkout/{number}",)) for number in range(90)]
    assert acts[-1].count == 90


def test_a_flood_that_goes_on_in_the_next_quarter_is_the_same_flood(told):
    found = told(*(robot(minute, minute) for minute in range(30)))
    assert summary(found) == [(30, at(0), at(29))]
    assert found.acts[0].resources[:2] == ("checkout/0", "checkout/1")
    assert len(set(found.acts[0].resources)) == len(found.acts[0].resources)


@pytest.mark.parametrize(("pause", "floods"), [(15, 1), (16, 2)])
def test_a_flood_after_a_quarter_of_an_hours_pause_is_another(told, pause, floods):
    # The first ends with its quarter, at 12:14.
    first = [robot(minute, 11 + minute) for minute in range(4)]
    found = told(*first, *(robot(minute, 14 + pause + minute / 10) for minute in range(4)))
    assert [one.count for one in found.acts] == [8 // floods] * floods


def test_only_what_is_alike_in_everything_is_one_flood(told):
    others = [
        {},
        {"action": "ecs:RunTask"},
        {"outcome": "denied"},
        {"category": "secret"},
        {"invoked_by": "x.amazonaws.com"},
    ]
    found = told(*(robot(n, n + m / 10, **other) for m, other in enumerate(others) for n in range(4 + m)))
    assert sorted(one.count for one in found.acts) == [4, 5, 6, 7, 8]


def test_what_is_different_or_known_afterwards(told):
    acts = {
        (True, False): [{}, {"category": "secret"}, {"category": "grant", "level": "admin"}],
        (False, True): [{"category": "secret", "level": "read"}],
        (False, False): [
            {"outcome": "denied"},
            {"category": "login"},
            {"category": "read", "level": "read"},
            {"category": "secret", "level": "read", "outcome": "denied"},
        ],
    }
    every = [(kind, columns) for kind, some in acts.items() for columns in some]
    found = told(*(act(at(number), on=f"checkout/{number}", **columns) for number, (_, columns) in enumerate(every)))
    assert [(one.changes, one.reveals) for one in found.acts] == [kind for kind, _ in every]


def test_what_no_system_claims_is_told_where_it_may_bear_on_it(told):
    login, reading = {"category": "login", "level": "write"}, {"category": "read", "level": "read"}
    robot = {"who": "ci", "account": "arn:aws:iam::111122223333:role/ci-deploy"}
    may_bear = [login, {}, {**robot, "category": "grant"}, {**robot, "category": "audit-trail"}]
    not_so = [reading, robot, {**login, "scope": "999900001111"}]
    # Of the other account nothing is done to the system, so that it has no place in it.
    found = told(*(act(at(number), on=None, **columns) for number, columns in enumerate((*may_bear, *not_so))))
    assert [(one.told.time, one.told.system) for one in found.acts] == [(at(number), None) for number in range(4)]
    assert {one.resources for one in found.acts} == {()}
    assert found.acts[1].placement == UNCLAIMED


def test_each_change_is_placed_by_the_tickets_of_whoever_did_it(told):
    nina = ticket(
        source="tickets", starts_at=at(0), ends_at=at(10), closed_at=None, opened_at=at(-60), approved_at=at(-50)
    )
    found = told(nina, act(at(5)), act(at(12)), act(at(30)), act(at(5.5), "leon", account="ssh:leon"), look(at(6)))
    places = {(one.told.person, one.told.time): one.placement.where for one in found.acts}
    assert places == {
        ("nina", at(5)): Where.COVERED,
        ("nina", at(6)): Where.COVERED,
        ("nina", at(12)): Where.COVERED,
        ("nina", at(30)): Where.OUTSIDE,
        ("leon", at(5.5)): Where.NOWHERE,
    }
    assert [(w.ticket, w.person) for w in found.windows] == [("PAY-184", "nina")]
    assert (list(found.tickets), found.tickets_until) == (["PAY-184"], NOON + DAY)


def test_a_change_on_another_host_than_the_tickets_is_beyond_it_in_every_answer(told, tmp_path):
    one_host = ticket(
        source="tickets",
        systems=("web-1.harbour.example",),
        starts_at=at(0),
        ends_at=at(30),
        closed_at=None,
        approval="Approved PAY-184 for Nina",
    )
    acts = [
        ssh(at(minutes), "sudo", scope=host, session=host, account=f"ssh:nina@{host}", resource=host)
        for minutes, host in ((5, "web-1.harbour.example"), (10, "web-2.harbour.example"))
    ]
    review = told(one_host, *acts)
    placed = {one.told.scope: one.placement.where for one in review.acts}
    assert placed == {"web-1.harbour.example": Where.COVERED, "web-2.harbour.example": Where.BEYOND}
    audited = build_case(Store(str(tmp_path / "evidence")), SETTINGS, NOON + DAY, timedelta(days=30))
    assert {episode.scope: placement.where for episode, placement in audited.placements} == placed
    (used,) = (use for job in job_uses(audited) for use in job.uses)
    assert (used.days, used.asked) == (1, 0)


def test_a_change_is_placed_as_the_audit_places_it(told, tmp_path):
    hours = {"source": "tickets", "closed_at": None, "opened_at": at(-60), "approved_at": at(-50)}
    tickets = [
        ticket("A-1", starts_at=at(-20), ends_at=at(8), **hours),
        ticket("A-2", starts_at=at(8), ends_at=at(12), **hours),
    ]
    alike = [act(at(n / 2), on="checkout/queue") for n in range(30)]
    asked_before = [act(at(minutes), invoked_by="cloudformation.amazonaws.com") for minutes in (20, 55)]
    others = [act(at(30), "leon"), act(at(30), "nina", "search/api")]
    review = told(*tickets, *alike, *asked_before, *others)
    assert [one.count for one in review.acts] == [30, 1, 1, 1]
    audited = build_case(Store(str(tmp_path / "evidence")), SETTINGS, NOON + DAY, timedelta(days=30))
    for one in review.acts:
        (own,) = (
            placement.where
            for episode, placement in audited.placements
            if episode.person == one.told.person and episode.starts_at <= one.told.time <= episode.ends_at
        )
        assert one.placement.where is own


def test_what_an_access_broker_gave_before_the_time_covers_what_was_done_with_it(tmp_path):
    nina = {"provider": "gcp", "scope": "reports", "account": "user:nina@harbour.example"}
    asked = {**nina, "category": "grant", "level": "read", "on": "projects/reports/entitlements/deploy/grants/ab-12"}
    length = '{"grant": {"requestedDuration": "7200s"}}'
    rows = [
        act(
            at(-90), action="privilegedaccessmanager:CreateGrant", detail=length, actor="nina@harbour.example", **asked
        ),
        act(at(-80), action="privilegedaccessmanager:ApproveGrant", actor="nina@harbour.example", **asked),
        act(at(5), action="run:UpdateService", on="services/reports", actor="nina@harbour.example", **nina),
    ]
    store = Store(str(tmp_path / "evidence"))
    store_run(store, "night", NOON + DAY, *rows)
    system = ELSEWHERE.systems_by_id["reports"]
    (acted,) = incident(store, ELSEWHERE, system, NOON, NOON + HOUR, NOON + DAY).acts
    assert acted.placement.inside
    assert acted.placement.inside.ticket == "PAM deploy ab-12"


def test_somebody_who_had_left_no_window_allows(told):
    gone = NOON + timedelta(days=29)
    open_ = {"source": "tickets", "person": "piet", "closed_at": None, "opened_at": gone - HOUR, "approved_at": gone}
    host, login = "web-1.harbour.example", {"actor": "deploy", "credential": "ssh-key:SHA256:piet"}
    acted = ssh(gone + MINUTE, "sudo", scope=host, resource=host, account=f"ssh:deploy@{host}", **login)
    found = told(
        ticket(starts_at=gone, ends_at=gone + HOUR, **open_), acted, from_=gone, to=gone + HOUR, now=gone + DAY
    )
    assert [(one.told.person, one.placement.where) for one in found.acts] == [("piet", Where.NOWHERE)]


def test_only_windows_that_touch_the_time_are_told(told):
    times = {"closed_at": None, "opened_at": at(-600), "approved_at": at(-600), "source": "tickets"}
    found = told(
        ticket("A-1", starts_at=at(-120), ends_at=at(-60), **times),
        ticket("A-2", starts_at=at(-60), ends_at=at(1), **times),
        ticket("A-3", starts_at=at(59), ends_at=at(120), **times),
        ticket("A-4", starts_at=at(0), ends_at=at(30), systems=("search",), **times),
        act(at(1)),
    )
    assert [w.ticket for w in found.windows] == ["A-2", "A-3"]


def test_a_change_is_told_with_the_last_one_of_its_kind_on_the_same_thing(told):
    earlier = NOON - DAY
    before = {
        "checkout/a": {},
        "checkout/b": {"on": "checkout/web"},
        "checkout/c": {"action": "ecs:RunTask"},
        "checkout/d": {"outcome": "denied"},
        "checkout/e": {"time": NOON - timedelta(days=29)},
        "checkout/f": {"time": NOON - timedelta(days=32)},
    }
    rows = [act(**{"time": earlier, "who": "leon", "on": on, **columns}) for on, columns in before.items()]
    found = told(*rows, *(act(at(number), on=on) for number, on in enumerate(before)))
    told_before = {one.told.resource: one.before.time for one in found.acts if one.before}
    assert told_before == {"checkout/a": earlier, "checkout/e": NOON - timedelta(days=29)}


def test_of_several_changes_before_it_the_last_counts(told):
    found = told(act(NOON - 2 * DAY), act(NOON - DAY), act(at(1)), act(at(2)))
    assert [one.before.time for one in found.acts] == [NOON - DAY, at(1)]


def deployment(number, began, **columns):
    known = {
        "deployment_id": f"{number}",
        "time": began,
        "finished_at": began + 5 * MINUTE,
        "system_hint": "harbour/checkout",
        "environment": "production",
        "status": "success",
    }
    return Deployment(**row(source="releases", collected_at=NOON + DAY), **{**known, **columns})


def test_a_release_is_told_with_the_last_good_one_before_it(told):
    found = told(
        deployment(1, NOON - 2 * DAY),
        deployment(2, NOON - DAY),
        deployment(3, NOON - HOUR, status="failed"),
        deployment(4, at(10)),
        deployment(5, at(30)),
        deployment(6, NOON - 2 * HOUR, environment="staging"),
    )
    assert [one.deployment_id for one in found.deployments] == ["4", "5"]
    assert {name: one.deployment_id for name, one in found.released_before.items()} == {"4": "2", "5": "4"}


def test_a_release_of_the_time_is_one_that_was_under_way_in_it(told):
    found = told(
        deployment(1, NOON - 6 * MINUTE),
        deployment(2, NOON - 4 * MINUTE),
        deployment(3, NOON - 3 * MINUTE, finished_at=None),
        deployment(4, at(59)),
        deployment(5, at(60)),
    )
    assert [one.deployment_id for one in found.deployments] == ["2", "4"]


def test_without_any_release_before_none_is_named(told):
    assert told(deployment(1, NOON - 40 * DAY), deployment(2, at(1))).released_before == {}


@pytest.mark.parametrize(
    ("later", "where"),
    [([], Where.UNKNOWN), ([{"ticket": "PAY-184"}], Where.COVERED), ([{"person": "leon"}], Where.UNKNOWN)],
)
def test_a_ticket_that_is_in_no_export_any_more_leaves_doubt(tmp_path, later, where):
    store = Store(str(tmp_path / "evidence"))
    asked = {"source": "tickets", "starts_at": NOON, "ends_at": NOON + HOUR}
    told = [ticket(**asked, collected_at=NOON + DAY), replace(act(at(5)), source="trail")]
    left = [ticket(**asked, **{"ticket": "PAY-185", **one}, collected_at=NOON + 2 * DAY) for one in later]
    for number, rows in enumerate((told, left)):
        store_run(store, f"night-{number}", NOON + (number + 1) * DAY, *rows, read=("trail", "tickets"))
    found = incident(store, SETTINGS, SETTINGS.systems[0], NOON, NOON + HOUR, NOON + 3 * DAY)
    assert [one.placement.where for one in found.acts] == [where]
