"""Sessions that name nobody, or the wrong one."""

from datetime import timedelta
from time import thread_time
from typing import Any

import pytest

from auditor.activity.results import AlternatingUse, Episode, JudgedEvent, KeyUse
from auditor.model.findings import NotJudged
from auditor.model.vocabulary import ActorClass
from auditor.rules import shared
from tests.cases import AT, AWS, PIXEL, case, config, episode, event, hour, judged
from tests.copies import replace

ROBOT = f"arn:aws:iam::{AWS}:user/metrics"


def by_hand(**changes: Any) -> JudgedEvent:
    fields = {"account": ROBOT, "action": "signin:ConsoleLogin", "category": "login", "time": AT - hour(5)}
    return event(**{**fields, **changes})


def test_a_robots_account_signed_in_to_the_console_is_in_somebodys_hands() -> None:
    found = judged(shared.service_account_by_person, case(judged_events=[by_hand()]))
    assert [(f.person, f.account) for f in found] == [(None, ROBOT)]
    assert found[0].summary.startswith("Somebody used metrics by hand on ")


def test_a_person_behind_a_service_account_is_named() -> None:
    acts = [by_hand(person="nina", action="s3:ListBuckets", time=AT - hour(5 - n / 10)) for n in range(3)]
    found = judged(shared.service_account_by_person, case(judged_events=acts))
    assert [(f.person, f.facts["actions"]) for f in found] == [("nina", ["s3:ListBuckets"])]
    assert found[0].ends_at == AT - hour(4.8)


def test_two_sittings_are_two_findings() -> None:
    acts = [by_hand(), by_hand(time=AT - hour(2), event_id="e-10")]
    assert len({f.id for f in judged(shared.service_account_by_person, case(judged_events=acts))}) == 2


@pytest.mark.parametrize(
    "innocent",
    [by_hand(outcome="failed"), by_hand(action="ecs:UpdateService"), by_hand(actor_class=ActorClass.PERSON)],
    ids=["failed", "the robot's own work", "a person's own account"],
)
def test_what_is_no_use_by_hand(innocent: JudgedEvent) -> None:
    assert judged(shared.service_account_by_person, case(judged_events=[innocent])) == []


@pytest.mark.parametrize(
    ("provider", "account", "asked"),
    [
        ("aws", f"arn:aws:iam::{AWS}:role/ci", f"arn:aws:iam::{AWS}:role/ci"),
        (
            "gcp",
            "serviceAccount:ci@p.iam.gserviceaccount.com",
            "projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com",
        ),
    ],
)
def test_whoever_asks_for_a_session_as_a_robot_uses_it_once(provider: str, account: str, asked: str) -> None:
    robots = config(service_accounts=[{"id": "ci", "owner": "mia", "purpose": "deploys", "accounts": [account]}])
    when = (AT - hour(3.9), AT - hour(3.9))
    opened = episode(provider=provider, changes=0, logins=1, login_targets=(asked,), login_times=(when,))
    used = by_hand(provider=provider, account=account, person="nina", action="run:UpdateService")
    (found,) = judged(shared.service_account_by_person, case(config=robots, episodes=[opened]))
    assert (found.person, found.account, found.starts_at, found.ends_at) == ("nina", account, *when)
    (found,) = judged(shared.service_account_by_person, case(config=robots, episodes=[opened], judged_events=[used]))
    assert found.summary.endswith("(run:UpdateService)")
    assert judged(shared.service_account_by_person, case(episodes=[opened])) == []


def nameless(**changes: Any) -> Episode:
    fields = {"actor_class": ActorClass.UNKNOWN, "account": f"arn:aws:iam::{AWS}:role/operator", "actor": "session-7"}
    return episode(None, **{**fields, **changes})


def key_use(day: float, address: str = "10.20.1.30", agent: str = "Boto3/1.34", **changes: Any) -> KeyUse:
    """A robot's key in use since so many days before the audit."""
    values: dict[str, Any] = {"account": f"arn:aws:iam::{AWS}:user/metrics-bot"}
    values |= {"credential": "AKIABOT", "network": address.rsplit(".", 2)[0], "program": agent.partition("/")[0]}
    values |= {"events": 40, "days": 20, "first_at": AT - hour(24 * day), "last_at": AT, "source_ip": address}
    return KeyUse(**values | {"user_agent": agent, "sample": episode().sample} | changes)


LAPTOP = ("91.12.40.7", "aws-cli/2.17.1")


@pytest.mark.parametrize(
    ("uses", "found"),
    [
        ([key_use(29), key_use(5, *LAPTOP, days=1)], True),
        ([key_use(29), key_use(5, "91.12.40.7", days=1)], False),
        ([key_use(29), key_use(5, "10.20.9.9", "aws-cli/2.17.1", days=1)], False),
        ([key_use(29, days=2), key_use(5, *LAPTOP, days=1)], False),
        ([key_use(6), key_use(5, *LAPTOP, days=1)], False),
        ([key_use(29)], False),
    ],
    ids=["elsewhere", "its own program", "its own network", "hardly used before", "new itself", "at home"],
)
def test_a_robots_key_away_from_its_pipeline_is_in_somebodys_hands(uses: list[KeyUse], found: bool) -> None:
    away = judged(shared.service_account_by_person, case(key_uses=uses))
    assert bool(away) is found
    if found:
        assert (away[0].credential, away[0].facts["before_from"]) == ("AKIABOT", ["10.20"])
        assert away[0].summary.startswith("A key of metrics-bot was used from 91.12.40.7 with aws-cli on")


def test_changes_by_a_session_of_nobody_cannot_be_attributed() -> None:
    found = judged(shared.unattributable, case(episodes=[nameless()]))
    assert [(f.person, f.system, f.facts["changes"]) for f in found] == [(None, "checkout", 3)]


@pytest.mark.parametrize(
    ("session", "found"),
    [
        (nameless(changes=0, logins=1, provider="ssh"), ["a login"]),
        (nameless(changes=0, logins=2, sittings=2, provider="ssh"), ["logins"]),
        (nameless(changes=0, reads=3), []),
        (nameless(system=None), []),
        (nameless(actor_class=ActorClass.PERSON), []),
    ],
    ids=["a login", "two", "reading only", "not production", "a known person"],
)
def test_production_must_be_touched(session: Episode, found: list[str]) -> None:
    told = judged(shared.unattributable, case(episodes=[session]))
    assert [one.summary.partition("(")[2].partition(")")[0] for one in told] == found


def test_an_account_that_nobody_declares_is_asked_for_once_whatever_it_touched() -> None:
    sittings = [
        nameless(starts_at=AT - hour(24 * day), system=system) for day in (1, 3) for system in ("checkout", "x")
    ]
    (found,) = judged(shared.unattributable, case(episodes=sittings))
    assert (found.account, found.system) == (f"arn:aws:iam::{AWS}:role/operator", None)
    said = (
        "Checkout and x were touched since 29 Sep 2026 14:00 (12 changes) in 4 sessions of role/operator, which nobody "
    )
    assert found.summary == f"{said}declares"
    assert (found.facts["undeclared"], found.facts["changes"]) == (found.account, 12)


@pytest.mark.parametrize("provider", ["aws", "ssh", "vault"])
def test_for_what_was_done_by_no_account_at_all_nothing_is_asked_to_be_declared(provider: str) -> None:
    nobody = nameless(provider=provider, account=None, actor=None, session=None, credential=None)
    (found,) = judged(shared.unattributable, case(episodes=[nobody]))
    assert "undeclared" not in found.facts
    assert "accounts:" not in found.next_step


def test_a_directorys_users_are_asked_for_each_by_name() -> None:
    """Whoever comes in by a single sign-on shares the role, and is somebody else."""
    role = f"arn:aws:sts::{AWS}:assumed-role/AWSReservedSSO_Ops_0123456789abcdef"
    names = ("nora@harbour.example", "leo@harbour.example")
    sittings = [nameless(actor=f"{role}/{name}", starts_at=AT - hour(24 * day)) for day in (1, 3) for name in names]
    found = judged(shared.unattributable, case(episodes=sittings))
    assert {(f.account, f.facts["undeclared"]) for f in found} == {(f"{role}/{name}", name) for name in names}
    assert len(found) == 2


def test_a_key_that_nobody_declares_is_asked_for_once_a_login() -> None:
    on_host = {"provider": "ssh", "account": "ssh:deploy@web-1", "credential": "ssh-key:SHA256:x", "logins": 1}
    found = judged(shared.unattributable, case(episodes=[nameless(**on_host, starts_at=AT - hour(d)) for d in (9, 90)]))
    assert [(f.account, f.facts["declare"]) for f in found] == [("ssh:deploy@web-1", 'accounts: ["ssh-key:SHA256:x"]')]


def turns(**changes: Any) -> AlternatingUse:
    fields: dict[str, Any] = {
        "person": "nina",
        "account": f"arn:aws:iam::{AWS}:user/nina",
        "credential": "AKIA1",
        "turns": 6,
        "first_at": AT - hour(5),
        "last_at": AT - hour(4.5),
        "addresses": ("192.0.2.7", "198.51.100.9"),
        "programs": ("aws-cli/2", "Boto3/1"),
        "sample": PIXEL,
    }
    return AlternatingUse(**{**fields, **changes})


def test_a_key_used_in_turns_from_two_networks_says_how_sure_it_is() -> None:
    found = judged(shared.two_places, case(alternating_uses=[turns(), turns(credential="AKIA2", turns=2)]))
    assert [(f.person, f.credential, f.facts["sureness"]) for f in found] == [
        ("nina", "AKIA1", "high"),
        ("nina", "AKIA2", "medium"),
    ]


def ssh(start: float, end: float, address: str) -> Episode:
    return episode(
        provider="ssh",
        credential="ssh-key:SHA256:nina",
        logins=1,
        starts_at=AT - hour(start),
        ends_at=AT - hour(end),
        login_addresses=(address,),
        session=f"{address} {start}",
    )


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        (ssh(4.5, 4, "1.1.9.9"), True),
        (ssh(3, 2, "1.1.9.9"), False),
        (ssh(4.5, 4, "8.8.200.1"), False),
        (ssh(4.5, 4, "10.0.0.9"), False),
        (ssh(4.5, 4, "not an address"), False),
    ],
    ids=["two continents at once", "one after the other", "the same network", "a private network", "no address"],
)
def test_ssh_sessions_of_one_key_from_two_networks_must_overlap(other: Episode, apart: bool) -> None:
    found = judged(shared.two_places, case(episodes=[ssh(5, 4, "8.8.4.4"), other]))
    assert bool(found) is apart
    if apart:
        assert (found[0].starts_at, found[0].ends_at) == (AT - hour(4.5), AT - hour(4))
        assert found[0].ends_at - found[0].starts_at == timedelta(minutes=30)


def test_a_key_with_hundreds_of_sessions_is_judged_at_once() -> None:
    """Each compared with each, these took 15 s; only those that are open at one time need to be."""
    one_by_one = [ssh(2 * n + 2, 2 * n + 1, f"8.8.{n % 250}.4") for n in range(600)]
    began = thread_time()
    assert judged(shared.two_places, case(episodes=one_by_one)) == []
    assert thread_time() - began < 3
    assert len(judged(shared.two_places, case(episodes=[*one_by_one, ssh(1000, 999, "1.1.9.9")]))) == 1


def test_an_address_that_three_people_log_in_from_is_the_offices() -> None:
    sessions = [ssh(5, 4, "8.8.4.4"), ssh(4.5, 4, "1.1.9.9")]
    others = [replace(ssh(9, 8, "1.1.9.9"), person=who, credential=f"ssh-key:SHA256:{who}") for who in ("mia", "leon")]
    assert judged(shared.two_places, case(episodes=[*sessions, *others])) == []
    assert len(judged(shared.two_places, case(episodes=[*sessions, others[0]]))) == 1


def test_a_session_under_a_colleagues_name_is_one_finding_of_whoever_opened_it() -> None:
    actor = f"arn:aws:sts::{AWS}:assumed-role/deploy/mia@harbour.example"
    work = [episode(actor=actor), episode(actor=actor, starts_at=AT - hour(2)), episode(), episode("mia", actor=actor)]
    (found,) = judged(shared.borrowed_name, case(episodes=work, borrowed={(actor, "nina"): "mia"}))
    assert (found.person, found.system) == ("nina", "checkout")
    assert found.summary == "Nina opened a session under the name of Mia on 2 Oct 2026 10:00"


def test_a_session_under_ones_own_name_is_clear() -> None:
    assert judged(shared.borrowed_name, case(episodes=[episode()])) == []


def test_an_undeclared_role_is_one_finding_and_not_one_a_night() -> None:
    nights = [nameless(actor=f"session-{n}", starts_at=AT - hour(24 * n), ends_at=AT - hour(24 * n)) for n in (1, 2, 3)]
    (found,) = judged(shared.unattributable, case(episodes=nights))
    assert "in 3 sessions of role/" in found.summary
    assert (found.starts_at, found.facts["changes"]) == (AT - hour(72), 9)
    (tomorrow,) = judged(shared.unattributable, case(episodes=nights[:2]))
    assert tomorrow.id == found.id


def test_a_workload_beside_the_declared_ones_is_one_finding_too() -> None:
    nights = [nameless(actor=f"session-{n}", starts_at=AT - hour(24 * n), ends_at=AT - hour(24 * n)) for n in (1, 2)]
    keys = {(e.account, e.actor, e.credential): "the workload repo:acme/sandbox, which nobody declares" for e in nights}
    assert len(judged(shared.unattributable, case(episodes=nights, known_by=keys, undeclared=keys))) == 1
    several = dict.fromkeys(keys, "the session was opened by several people")
    found = judged(shared.unattributable, case(episodes=nights, known_by=several))
    assert len(found) == 2
    assert found[0].summary.endswith("tied to a person (the session was opened by several people)")


ROOT = f"arn:aws:iam::{AWS}:root"


def as_root(**changes: Any) -> Episode:
    """Root's key is used."""
    return nameless(actor_class=ActorClass.ROOT, account=ROOT, actor=ROOT, system=None, **changes)


def test_a_session_as_root_that_somebody_opened_from_another_account_is_theirs_and_no_sign_in() -> None:
    theirs = as_root(person="nina", session=f"{ROOT}#1")
    (found,) = judged(shared.root, case(episodes=[theirs]))
    assert (found.person, found.next_step.partition(",")[0]) == ("nina", "Ask Nina what it was for")
    assert "was used by Nina in a session opened from another account" in found.summary
    (unknown,) = judged(shared.root, case(episodes=[as_root(session=f"{ROOT}#1")]))
    assert "who opened the session" in unknown.next_step
    (password,) = judged(shared.root, case(episodes=[as_root()]))
    assert "Ask the keeper" in password.next_step
    on_host = as_root(session="ssh:root@web-1/7/x", provider="ssh", scope="web-1")
    (shell,) = judged(shared.root, case(episodes=[replace(on_host, account="ssh:root@web-1")]))
    assert "Ask the keeper" in shell.next_step
    assert "opened from" not in shell.summary
    assert len(judged(shared.root, case(episodes=[theirs, as_root()]))) == 2


def test_what_was_done_in_a_session_as_root_that_no_log_tells_could_not_be_judged() -> None:
    opening = episode(changes=0, logins=1, login_targets=(f"{ROOT} arn:aws:iam::aws:policy/root-task/x",))
    (outcome,) = shared.root(case(episodes=[opening]))
    assert isinstance(outcome, NotJudged)
    assert (outcome.subject.account, outcome.subject.person) == (ROOT, "nina")
    told = as_root(person="nina", session="x", changes=0, logins=0, reads=1)
    assert list(shared.root(case(episodes=[opening, told]))) == []


@pytest.mark.parametrize(("whose", "found"), [({"person": "nina", "session": "x"}, 0), ({"session": "x"}, 1), ({}, 1)])
def test_looking_at_an_account_as_root_is_no_use_of_it_where_it_is_known_who_did(
    whose: dict[str, Any], found: int
) -> None:
    looking = as_root(changes=0, uncovered=0, logins=0, reads=3, **whose)
    assert len(judged(shared.root, case(episodes=[looking]))) == found


def test_two_sessions_of_nobody_are_two_findings_and_roots_sessions_are_roots() -> None:
    directory = f"arn:aws:sts::{AWS}:assumed-role/AWSReservedSSO_Ops_0123456789abcdef"
    sessions = [nameless(actor=f"{directory}/eve"), nameless(actor=f"{directory}/mallory")]
    assert len(judged(shared.unattributable, case(episodes=sessions))) == 2
    as_root = [nameless(actor_class=ActorClass.ROOT, actor=actor, system=None) for actor in ("root a", "root b")]
    assert len(judged(shared.root, case(episodes=as_root))) == 1
