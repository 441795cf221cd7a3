"""What each job really used, and what is proposed of it."""

from datetime import timedelta

import pytest
import yaml

from auditor.case.job_use import job_uses
from auditor.model.vocabulary import Capability
from auditor.providers.registry import provider
from reports.job_use import draft, job_use_json, rows, sentences
from tests.cases import AT, access, case, config, episode, event, hour, ticket
from tests.copies import replace

DAYS = {"trail": tuple((AT - timedelta(days=n)).date() for n in range(30))}
PEOPLE = [
    {"id": "nina", "name": "Nina", "job": "engineer"},
    {"id": "leon", "name": "Leon", "job": "engineer"},
    {"id": "sam", "name": "Sam", "job": "support"},
    {"id": "piet", "name": "Piet", "job": "contractor", "left": "2026-09-01"},
]
SYSTEMS = [{"id": "checkout", "name": "Checkout", "resources": [{"provider": "ssh", "host": "web-1"}]}]
SETTINGS = config(
    people=PEOPLE,
    service_accounts=[],
    break_glass=[],
    systems=SYSTEMS,
    jobs={"engineer": ["read-logs", "deploy", "shell"], "support": ["read-logs", "restart"], "contractor": ["shell"]},
    policy={},
)
GRANT, CONFIG = "iam:AttachUserPolicy", "ssm:PutParameter"


def told(*episodes, **parts):
    made = case(**{"config": SETTINGS, "days": DAYS, "episodes": episodes, **parts})
    return {one.job: one for one in job_uses(made)}


def on(name, day, action, **more):
    starts = AT - timedelta(days=day)
    return episode(name, starts_at=starts, change_actions=(action,), actions=(action,), **more)


def test_what_half_of_a_job_used_on_two_days_is_proposed_and_the_rest_left_to_tickets():
    one = told(on("nina", 2, CONFIG), on("nina", 3, CONFIG), on("leon", 4, "ecs:UpdateService"))["engineer"]
    assert [(use.capability, use.people, use.days, use.asked) for use in one.uses] == [
        ("change-config", ("nina",), 2, 0),
        ("deploy", ("leon",), 1, 0),
    ]
    assert (one.seen, one.lacks, one.unknown) == (("nina", "leon"), "", 0)
    # Reading need not be in a log: what is stated of it stays.
    assert one.proposed == {Capability.READ_LOGS, Capability.CHANGE_CONFIG}
    assert [row[2:] for row in rows([one])] == [("1 of 2", "2", "0", "add"), ("1 of 2", "1", "0", "drop")]


def test_days_with_a_ticket_are_told_apart():
    asked = ticket(starts_at=AT - hour(4), person="nina")
    one = told(episode("nina", uncovered=0), on("nina", 3, "ecs:UpdateService"), tickets=[asked])["engineer"]
    assert [(use.capability, use.days, use.asked) for use in one.uses] == [("deploy", 2, 1)]


def test_what_is_held_and_never_used_is_told_apart_from_what_logs_need_not_show():
    held = access("sam", capabilities=frozenset({Capability.RESTART, Capability.READ_DATA}))
    passing = access("sam", capabilities=frozenset({Capability.SHELL}), expires_at=AT + hour(2), granted_at=AT)
    one = told(on("sam", 2, GRANT), access=[held, passing])["support"]
    assert (one.never_used, one.not_seen) == ({Capability.RESTART}, {Capability.READ_DATA})
    assert list(sentences([one], SETTINGS)) == [
        "support (Sam): held and never used: restart.",
        "support (Sam): held and not seen, which logs need not show: read-data.",
    ]


def test_giving_rights_and_working_in_a_shell_are_uses_and_what_is_not_understood_is_counted():
    given = event(category="grant", action="gitlab:member_created", provider="gitlab", person="nina")
    sudo = on("leon", 2, "sudo:systemctl", provider="ssh", logins=1, login_targets=("web-1",))
    odd = on("nina", 2, "gcp:Odd", provider="gcp")
    one = told(sudo, odd, judged_events=[given])["engineer"]
    assert {use.capability for use in one.uses} == {Capability.MANAGE_ACCESS, Capability.SHELL}
    assert one.unknown == 1


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"days": {"trail": DAYS["trail"][:5]}}, "logs were recorded on 5 days only"),
        ({"days": {"trail": DAYS["trail"][:8], "hosts": DAYS["trail"][:13]}}, "logs were recorded on 13 days only"),
        ({"failed": {"trail": ("activity",)}}, "a log could not be read"),
        ({"episodes": []}, "nobody who holds it was seen at work"),
    ],
)
def test_too_little_evidence_proposes_nothing(parts, why):
    one = told(on("nina", 2, CONFIG), on("nina", 3, CONFIG), **parts)["engineer"]
    assert (one.lacks, one.proposed) == (why, one.stated)
    assert told(**parts)["contractor"].lacks == "nobody holds it"


def test_the_proposal_is_a_draft_and_plain_json():
    uses = list(told(on("nina", 2, CONFIG), on("nina", 3, CONFIG)).values())
    assert yaml.safe_load(draft(uses)) == {
        "jobs": {
            "contractor": ["shell"],
            "engineer": ["read-logs", "change-config"],
            "support": ["read-logs", "restart"],
        }
    }
    assert job_use_json(uses)[1]["used"] == [
        {"capability": "change-config", "people": ["nina"], "days": 2, "days_with_a_ticket": 0}
    ]


def test_commands_of_databases_take_what_their_names_say():
    home = provider("postgres")
    assert {command: sorted(home.capabilities(f"postgres:{command}")) for command in ("SELECT", "UPDATE", "GRANT")} == {
        "SELECT": ["read-data"],
        "UPDATE": ["write-database"],
        "GRANT": ["manage-access"],
    }
    assert home.capabilities("postgres:connect") == frozenset()


def test_fourteen_days_of_logs_and_of_the_period_are_enough():
    enough = {"days": {"trail": DAYS["trail"][:14]}}
    assert told(on("nina", 2, CONFIG), **enough)["engineer"].lacks == ""
    for days, lacks in ((14, ""), (13.9, "less than 14 days were looked at")):
        made = replace(
            case(config=SETTINGS, days=DAYS, episodes=[on("nina", 2, CONFIG)]), period_from=AT - hour(24 * days)
        )
        assert {one.job: one.lacks for one in job_uses(made)}["engineer"] == lacks


def test_a_failed_source_that_tells_no_acts_takes_nothing_from_it():
    assert told(on("nina", 2, CONFIG), failed={"iam": ("grants",)})["engineer"].lacks == ""


def test_whoever_left_used_it_and_holds_it_no_more_and_a_job_may_stand_in_no_list():
    people = [*PEOPLE, {"id": "eve", "name": "Eve", "job": "auditor"}]
    settings = config(people=people, service_accounts=[], break_glass=[], systems=SYSTEMS, jobs={}, policy={})
    found = told(on("piet", 40, CONFIG), on("nina", 2, CONFIG), config=settings)
    assert sorted(found) == ["auditor", "engineer", "support"]
    assert (found["engineer"].people, found["engineer"].seen) == (("nina", "leon"), ("nina",))
    assert (found["engineer"].stated, found["auditor"].proposed) == (None, frozenset())


def test_a_use_by_less_than_half_of_a_job_or_on_one_day_is_no_proposal():
    three = [*PEOPLE, {"id": "eve", "name": "Eve", "job": "engineer"}]
    jobs = {"engineer": ["read-logs", "deploy"]}
    settings = config(people=three, service_accounts=[], break_glass=[], systems=SYSTEMS, jobs=jobs, policy={})
    twice = [on("nina", day, CONFIG) for day in (2, 3)]
    quiet = {Capability.READ_LOGS}
    assert told(*twice, config=settings)["engineer"].proposed == quiet
    assert told(*twice, on("eve", 4, CONFIG), config=settings)["engineer"].proposed == {
        *quiet,
        Capability.CHANGE_CONFIG,
    }
    assert told(twice[0])["engineer"].proposed == quiet
