"""Keys that one run saw and the run before it did not."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.build import build_case
from auditor.case.shared import Shared
from auditor.evidence.snapshots import snapshots
from auditor.evidence.store import Store
from auditor.model.findings import Finding, NotJudged
from auditor.model.tables import Coverage, Credential
from auditor.rules import tasks
from auditor.story import stories
from tests.cases import config, row, ticket
from tests.stored import store_run

AT = datetime(2026, 9, 20, 3, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTINGS = config(
    people=[
        {"id": "nina", "name": "Nina", "job": "engineer", "accounts": ["ssh-key:SHA256:n1", "ssh-key:SHA256:n2"]},
        *({"id": name, "name": name.title(), "job": "owner"} for name in ("tom", "mia", "leon")),
    ],
    service_accounts=[{"id": "backup", "purpose": "backups", "owner": "tom", "accounts": ["ssh-key:SHA256:b1"]}],
    systems=[
        {
            "id": "checkout",
            "name": "Checkout",
            "resources": [{"provider": "ssh", "host": "web-*"}, {"provider": "gcp", "project": "quay"}],
        }
    ],
    sources=[
        {"name": "keys", "kind": "ssh-keys", "path": "keys"},
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.json"},
    ],
    policy={"approvers": ["tom"]},
)
OLD = ("old", "web-1")


def credential(name, host, at, **known):
    provider = "gcp" if host.startswith("//") else "ssh"
    told = {"kind": "ssh-key", "account": f"ssh:app@{host.rpartition('/')[2]}", "resource": host, **known}
    return Credential(
        **row(source="keys", collected_at=at, credential=f"ssh-key:SHA256:{name}", provider=provider), **told
    )


@pytest.fixture
def stored(tmp_path):
    """The store after some nights, each of the keys that were seen by host, and of how each host was read."""
    store = Store(str(tmp_path / "evidence"))

    def stored(*nights, tickets=(), read=None, **known):
        for number, keys in enumerate(nights):
            at = AT - (len(nights) - 1 - number) * DAY
            seen = [credential(*one, at, **known) for one in keys]
            states = (read or {}).get(number, {"web-1": "ok"})
            lines = [
                Coverage(**row(source="keys", collected_at=at, scope=scope), from_=at, to=at, status=status)
                for scope, status in states.items()
            ]
            store_run(store, f"night-{number}", at, *seen, *lines, *tickets, read=["keys", "tickets"])
        return store

    return stored


@pytest.fixture
def case(stored):
    """The case after such nights."""
    return lambda *nights, **known: build_case(stored(*nights, **known), SETTINGS, AT, 7 * DAY)


@pytest.fixture
def given(stored):
    """The keys that were given in such nights: of the case only what tells of them."""

    def given(*nights, **known):
        store = stored(*nights, **known)
        return Shared(store, SETTINGS, AT, AT - 7 * DAY, snapshots(store, SETTINGS, AT)).keys_given

    return given


def asked(**changes):
    times = {"opened_at": AT - 4 * HOUR, "starts_at": AT - 3 * HOUR, "approved_at": AT - 3 * HOUR}
    return ticket(
        source="tickets", collected_at=AT, **{**times, "ends_at": AT - 2 * HOUR, "closed_at": None, **changes}
    )


def said(case):
    """What is said of what was given: of whose key it is a finding, and of whose it could not be judged."""
    outcomes = list(tasks.none(case))
    found = [(o.person, o.account) for o in outcomes if isinstance(o, Finding)]
    return found, [o for o in outcomes if isinstance(o, NotJudged)]


@pytest.mark.parametrize(("key", "person"), [("stranger", None), ("n1", "nina")])
def test_a_key_that_was_not_there_the_night_before_was_given_without_a_ticket(case, key, person):
    told = case([OLD], [OLD, (key, "web-1")], tickets=[asked(person="tom")])
    assert said(told) == ([(person, "ssh:app@web-1")], [])
    (grant,) = told.grants
    assert (grant.since, grant.time, grant.systems) == (AT - DAY, AT, ("checkout",))
    (finding,) = (o for o in tasks.none(told) if isinstance(o, Finding))
    assert "between 19 Sep 2026 05:00 and 20 Sep 2026 05:00" in finding.summary


def test_a_key_given_while_its_persons_ticket_was_open_is_explained_and_told(case):
    told = case([OLD], [OLD, ("n1", "web-1")], tickets=[asked()])
    assert said(told) == ([], [])
    (story,) = stories(told)
    assert [link.count for link in story.links if link.kind == "grant"] == [1]


def test_a_ticket_that_was_closed_before_the_last_night_explains_no_key(case):
    over = {"opened_at": AT - 40 * HOUR, "starts_at": AT - 40 * HOUR, "ends_at": AT - 30 * HOUR}
    told = case([OLD], [OLD, ("n1", "web-1")], tickets=[asked(**over, closed_at=AT - 30 * HOUR)])
    assert said(told)[0] == [("nina", "ssh:app@web-1")]


@pytest.mark.parametrize("written", ["for PAY-184", "nina PAY-184"])
def test_a_key_that_names_its_ticket_is_given_for_it(case, written):
    closed = {"opened_at": AT - 40 * HOUR, "starts_at": AT - 40 * HOUR, "ends_at": AT - 30 * HOUR}
    told = case([], [("n1", "web-1")], tickets=[asked(**closed, closed_at=AT - 30 * HOUR)], comment=written)
    assert said(told) == ([], [])
    assert [f.rule for f in tasks.unknown(told) if isinstance(f, Finding)] == ["tasks/unknown"]


def test_whether_an_unclear_ticket_was_for_a_key_cannot_be_told(case):
    found, unjudged = said(case([OLD], [OLD, ("n1", "web-1")], tickets=[asked(unread=("ends_at soon",))]))
    assert (found, len(unjudged)) == ([], 1)


@pytest.mark.parametrize(
    ("nights", "read"),
    [
        ([[OLD]], None),
        ([[OLD], [OLD]], None),
        ([[OLD], []], None),
        ([[("n1", "web-1")], [("n2", "web-1")]], None),
        ([[OLD], [OLD, ("b1", "web-1")]], None),
        ([[OLD], [OLD, ("x", "web-2")]], {1: {"web-1": "ok", "web-2": "ok"}}),
        ([[], [("x", "web-1")]], {0: {"web-1": "partial"}}),
        ([[], [("x", "web-1")]], {0: {"web-1": "failed"}}),
        ([[OLD], [], [OLD]], {1: {"web-1": "failed"}}),
    ],
    ids=[
        "one night",
        "the same",
        "gone",
        "another of hers",
        "a robot's",
        "a new host",
        "read in part",
        "unread",
        "again",
    ],
)
def test_what_is_not_known_to_be_new_was_given_to_nobody(given, nights, read):
    assert given(*nights, read=read) == []


def test_a_key_that_came_while_its_host_was_not_read_came_since_it_was(given):
    (grant,) = given([OLD], [], [OLD, ("x", "web-1")], read={1: {"web-1": "failed"}})
    assert (grant.since, grant.time) == (AT - 2 * DAY, AT)


def test_a_key_that_came_and_went_between_two_nights_of_the_period_is_told(given):
    assert [grant.time for grant in given([OLD], [OLD, ("x", "web-1")], [OLD])] == [AT - DAY]


@pytest.mark.parametrize("known", [{"enabled": False}, {"kind": "password"}])
def test_a_key_that_opens_nothing_is_given_to_nobody(given, known):
    assert given([], [("x", "web-1")], **known) == []


def test_a_key_in_a_projects_metadata_was_given_since_the_project_was_read_without_it(given):
    place = "//compute.googleapis.com/projects/quay/zones/z/instances/app-1"
    told = given([], [("x", place)], read={0: {"quay": "ok"}, 1: {"quay": "ok"}})
    assert [(one.recipient, one.systems) for one in told] == [("ssh:app@app-1", ("checkout",))]
