"""Who was meant to do it."""

from typing import Any

import pytest

from auditor.activity.results import Episode
from auditor.model.findings import NotJudged
from auditor.model.tables import Ticket
from auditor.model.vocabulary import ActorClass
from auditor.rules import changes
from tests.cases import AT, AWS, ELSEWHERE, case, config, episode, hour, judged, ticket
from tests.copies import replace

GLASS = f"arn:aws:iam::{AWS}:user/glass"


@pytest.mark.parametrize(
    ("name", "action", "found"),
    [
        ("nina", "rds:ModifyDBInstance", True),
        ("nina", "secretsmanager:PutSecretValue", True),
        ("nina", "ecs:UpdateService", False),
        ("nina", "secretsmanager:GetSecretValue", False),
        ("mia", "rds:ModifyDBInstance", False),
    ],
    ids=["a database", "a secret", "a deploy is the job", "reading it", "an owner"],
)
def test_sensitive_work_is_for_people_named_for_it(name: str, action: str, found: bool) -> None:
    covered = episode(name, change_actions=(action,), uncovered=0)
    assert bool(judged(changes.not_named, case(tickets=[ticket()], episodes=[covered]))) is found


def test_what_was_refused_or_only_read_is_not_judged_and_the_ninth_action_is() -> None:
    tried = episode(actions=("rds:DeleteDBInstance", "ecs:UpdateService"), denied=1)
    assert judged(changes.not_named, case(episodes=[tried])) == []
    shown = tuple(f"ecs:Update{n}" for n in range(8))
    ninth = episode(actions=shown, change_actions=(*shown, "rds:DeleteDBInstance"))
    (found,) = judged(changes.not_named, case(episodes=[ninth]))
    assert found.facts["actions"] == ["rds:DeleteDBInstance"]


def test_an_episode_of_which_not_all_was_kept_is_not_cleared() -> None:
    (outcome,) = changes.not_named(case(episodes=[episode(whole=False)]))
    assert isinstance(outcome, NotJudged)
    known = episode(whole=False, change_actions=("rds:DeleteDBInstance",))
    assert len(judged(changes.not_named, case(episodes=[known]))) == 1


def test_google_services_are_sensitive_by_what_they_keep() -> None:
    version = episode(provider="gcp", change_actions=("secretmanager:AddSecretVersion",))
    found = judged(changes.not_named, case(episodes=[version]))
    assert [f.facts["capabilities"] for f in found] == [["manage-secrets"]]
    reading = episode(provider="gcp", change_actions=("secretmanager:AccessSecretVersion", "run:UpdateService"))
    assert judged(changes.not_named, case(episodes=[reading])) == []


def glass(**changes_: Any) -> Episode:
    return episode(None, actor_class=ActorClass.BREAK_GLASS, account=GLASS, **changes_)


@pytest.mark.parametrize("nothing", [{"changes": 0, "denied": 3}, {"actor_class": ActorClass.PERSON}])
def test_what_was_refused_and_what_is_no_emergency_access_is_no_use_of_it(nothing: dict[str, Any]) -> None:
    assert list(changes.break_glass(case(episodes=[replace(glass(), **nothing)]))) == []


def test_emergency_access_without_an_incident_is_one_finding_a_sitting() -> None:
    sign_in = glass(system=None, changes=0, logins=1, starts_at=AT - hour(4.1), ends_at=AT - hour(4.1))
    found = judged(changes.break_glass, case(episodes=[sign_in, glass()]))
    assert [(f.account, f.system, f.facts["keeper"]) for f in found] == [(GLASS, "checkout", "tom")]


def outage(**changes_: Any) -> Ticket:
    return ticket("INC-1", kind="incident", work="incident", starts_at=AT - hour(5), **changes_)


@pytest.mark.parametrize(
    ("tickets", "found"),
    [
        ([outage()], False),
        ([outage(closed_at=AT - hour(4.5))], True),
        ([outage(systems=("reports",))], True),
        ([ticket()], True),
    ],
    ids=["an incident then", "over before", "of something else", "an ordinary ticket"],
)
def test_an_incident_on_record_then_and_there_explains_it(tickets: list[Ticket], found: bool) -> None:
    assert bool(judged(changes.break_glass, case(config=ELSEWHERE, tickets=tickets, episodes=[glass()]))) is found


def test_without_tickets_its_use_could_not_be_judged() -> None:
    outcomes = list(changes.break_glass(case(episodes=[glass()], tickets_until=None)))
    assert [type(outcome) for outcome in outcomes] == [NotJudged]


FULL = "\n".join(
    f"{line}: something"
    for line in ("What changes", "Service", "User impact", "Rollback of code", "Rollback of config", "Logs to watch")
)


@pytest.mark.parametrize(
    ("note", "lacking"),
    [
        (FULL, None),
        (FULL.upper().replace(": ", " :  "), None),
        ("- " + FULL.replace("\n", "\n- "), None),
        (None, 6),
        (FULL.replace("Rollback of config: something", ""), 1),
        (FULL.replace("Rollback of config: something", "Rollback of config:"), 1),
        ("This changes: nothing else", 6),
    ],
)
def test_a_release_note_has_six_lines(note: str | None, lacking: int | None) -> None:
    found = judged(changes.incomplete_note, case(tickets=[ticket(kind="change", note=note)]))
    assert [len(f.facts["lacks"]) for f in found] == ([lacking] if lacking else [])


def test_only_releases_need_a_note() -> None:
    assert judged(changes.incomplete_note, case(tickets=[ticket(note=None)])) == []


@pytest.mark.parametrize(
    "innocent",
    [
        episode(change_actions=("rds:ModifyDBInstance",), system=None),
        episode(change_actions=("rds:ModifyDBInstance",), changes=0),
        episode(change_actions=("rds:ModifyDBInstance",), actor_class=ActorClass.PIPELINE),
    ],
    ids=["on nothing that is production", "nothing changed", "a pipeline"],
)
def test_only_what_people_changed_in_production_needs_a_name(innocent: Episode) -> None:
    assert list(changes.not_named(case(episodes=[innocent]))) == []


def test_whoever_has_it_in_the_job_is_named_for_it() -> None:
    dba = config(jobs={**config().model_dump(mode="json")["jobs"], "engineer": ["write-database"]})
    work = episode(change_actions=("rds:ModifyDBInstance",))
    assert judged(changes.not_named, case(config=dba, episodes=[work])) == []


@pytest.mark.parametrize(
    ("opened", "closed", "said"),
    [
        (-4.55, -3.95, None),
        (-4.4, -3.95, " from 6 minutes before INC-1 was opened"),
        (-4.55, -4.2, " until 12 minutes after INC-1 was over"),
        (-30, -4.55, ") 33 minutes after INC-1 was over"),
        (-60, -50, "and there is no incident on record"),
    ],
    ids=["during it", "begun early", "gone on", "afterwards", "of another day"],
)
def test_use_that_sticks_out_of_its_incident_is_told_by_how_much(opened: float, closed: float, said: str) -> None:
    """An incident with no responder; it is on record from when it was opened, whatever beginning it claims."""
    times = {"opened_at": AT + hour(opened), "closed_at": AT + hour(closed), "edited_at": AT + hour(closed)}
    during = ticket("INC-1", kind="incident", work="incident", person=None, starts_at=None, ends_at=None, **times)
    work = glass(starts_at=AT - hour(4.5), ends_at=AT - hour(4))
    found = judged(changes.break_glass, case(tickets=[during], episodes=[work]))
    assert [f.summary.endswith(said) for f in found] == ([True] if said else []), [f.summary for f in found]


def test_two_incidents_that_meet_explain_use_over_both() -> None:
    first = outage(opened_at=AT - hour(5), closed_at=AT - hour(4.2))
    second = replace(outage(opened_at=AT - hour(4.2), closed_at=AT), ticket="INC-2")
    work = glass(starts_at=AT - hour(4.5), ends_at=AT - hour(4))
    assert judged(changes.break_glass, case(tickets=[first, second], episodes=[work])) == []


def test_an_incident_on_something_that_nobody_knows_leaves_its_use_unjudged() -> None:
    work = case(tickets=[outage(systems=("the shop thing",))], episodes=[glass()])
    (outcome,) = changes.break_glass(work)
    assert isinstance(outcome, NotJudged)
    assert outcome.reason == "INC-1 names the shop thing, which nobody knows"


def test_whoever_is_known_to_have_used_it_is_named() -> None:
    (found,) = judged(changes.break_glass, case(episodes=[replace(glass(), person="nina")]))
    assert found.person == "nina"
    assert "was used by Nina on" in found.summary
    assert found.next_step.startswith("Ask Nina why;")
