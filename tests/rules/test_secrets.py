"""Secrets that people keep together, and what incidents tell of emergency access."""

from datetime import timedelta

import pytest

from auditor.case.secrets import Opened, Secrets
from auditor.model.findings import NotJudged
from auditor.model.statements import UNREAD, says_called
from auditor.model.vocabulary import ActorClass
from auditor.reconcile import reconcile
from auditor.rules import shared
from auditor.rules.changes.emergency_record import unrecorded_emergency
from auditor.rules.standing.secrets import known_secret
from tests.cases import AT, PIXEL, case, config, episode, hour, judged, ticket

DAY = timedelta(days=1)
ROBOT = {"id": "db-admin", "owner": "mia", "purpose": "the database", "accounts": ["vault-item:db"]}


def opened(person, account="vault-item:db", days=9):
    return Opened(account=account, person=person, at=AT - days * DAY, evidence=PIXEL)


def kept(*uses, since=300, **changed):
    return Secrets(
        opened=uses, changed={f"vault-item:{name}": at for name, at in changed.items()}, since=AT - since * DAY
    )


def test_a_leaver_knows_what_was_not_changed_since_they_opened_it_last():
    (found,) = judged(known_secret, case(secrets=kept(opened("piet"), opened("nina"))))
    assert (found.person, found.facts["secrets"]) == ("piet", ["vault-item:db"])
    assert judged(known_secret, case(secrets=kept(opened("piet"), db=AT - 8 * DAY))) == []
    assert judged(known_secret, case(secrets=kept(opened("piet"), db=AT - 10 * DAY)))


def test_of_whoever_left_before_it_was_read_nothing_is_known():
    (told,) = known_secret(case(secrets=kept(opened("nina", days=0.5), since=1)))
    assert isinstance(told, NotJudged)
    assert "is known since 1 Oct 2026" in told.reason
    assert list(known_secret(case())) == []


def test_only_what_tells_of_secrets_leaves_unjudged_who_knows_them():
    def told(**failed):
        return reconcile(case(failed=failed), [known_secret]).told

    assert told(trail=("activity", "trails")) == ()
    assert len(told(vault=("activity", "secrets"))) == 1


def test_several_who_opened_a_robot_s_secret_in_the_period_share_it():
    settings = config(service_accounts=[ROBOT])
    (found,) = judged(shared.login, case(config=settings, secrets=kept(opened("nina"), opened("sam"))))
    assert found.summary == "Nina and Sam share db-admin: each of them opened its secret"
    before = kept(opened("nina"), opened("sam", days=90))
    assert judged(shared.login, case(config=settings, secrets=before)) == []
    assert judged(shared.login, case(secrets=kept(opened("nina"), opened("sam")))) == []  # nobody says what it opens


def incident(*comments, **more):
    return ticket("INC-1", kind="incident", work="incident", ends_at=None, comments=comments, **more)


def record(*tickets, call=False, people=("nina",)):
    there = {"actor_class": ActorClass.BREAK_GLASS, "account": "vault-item:x"}
    used = [episode(starts_at=AT - hour(3), ends_at=AT - hour(3), person=person, **there) for person in people]
    glass = [{"id": "glass", "accounts": ["vault-item:x"], "keeper": "tom"}]
    policy = {"approvers": ["tom"], "emergency_call": call}
    return case(config=config(break_glass=glass, policy=policy), episodes=used, tickets=list(tickets))


NOTE = f"{AT - hour(2.9):%Y-%m-%dT%H:%M:%SZ} gitlab:nina: Opened the envelope, called Tom."


def test_emergency_access_takes_a_note_in_time_and_a_call_where_policy_asks_for_one():
    assert judged(unrecorded_emergency, record(incident(NOTE), call=True)) == []
    quiet = NOTE.replace("called", "told")
    assert judged(unrecorded_emergency, record(incident(quiet))) == []
    (found,) = judged(unrecorded_emergency, record(incident(quiet), call=True))
    assert found.facts["lacks"] == ["no call"]
    late = f"{AT - hour(1):%Y-%m-%dT%H:%M:%SZ} gitlab:nina: Done."
    (found,) = judged(unrecorded_emergency, record(incident(late)))
    assert found.facts["lacks"] == ["no note within 15 minutes"]


def test_emergency_access_that_two_used_is_told_of_both_and_held_against_neither_alone():
    late = f"{AT - hour(1):%Y-%m-%dT%H:%M:%SZ} gitlab:nina: Done."
    (found,) = judged(unrecorded_emergency, record(incident(late), people=("nina", "sam")))
    assert found.person is None
    assert found.summary.startswith("Nina and Sam used the emergency access glass")


def test_where_no_comment_was_read_and_where_there_was_no_incident_nobody_is_accused():
    (told,) = unrecorded_emergency(record(incident()))
    assert isinstance(told, NotJudged)
    assert list(unrecorded_emergency(record())) == []
    elsewhere = ticket("INC-2", kind="incident", comments=(NOTE,), source="other")
    assert judged(unrecorded_emergency, record(incident(), elsewhere)) == []
    cut = incident("2026-01-01T00:00:00Z gitlab:nina: On it.", approval=f"{UNREAD}what stands under it")
    assert judged(unrecorded_emergency, record(cut)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("called Tom at 3", True),
        ("Habe Tom angerufen", True),
        ("J'ai appelé Tom", True),
        ("told Tom on the phone", True),
        ("a recall of the build", False),
        ("wrote to Tom", False),
    ],
)
def test_a_call_is_told_in_words(text, said):
    assert says_called(text) is said
