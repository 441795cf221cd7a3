"""What people did after they had left."""

from datetime import timedelta

import pytest

from auditor.rules import changes
from auditor.rules.changes.leavers import by_leaver
from tests.cases import AT, case, config, episode, hour, judged, ticket

PEOPLE = [
    {"id": "piet", "name": "Piet Old", "left": (AT - timedelta(days=3)).date().isoformat()},
    {"id": "nina", "name": "Nina Alvarez"},
]


def of(*episodes, **parts):
    return case(config=config(people=PEOPLE), episodes=list(episodes), **parts)


def test_work_after_the_last_day_is_critical_also_under_a_ticket():
    covered = ticket(person="piet")
    late = episode("piet", uncovered=0, uncovered_from=None, uncovered_to=None)
    (found,) = judged(by_leaver, of(late, tickets=[covered]))
    assert (found.person, found.system, found.severity) == ("piet", "checkout", "critical")
    assert found.summary.startswith("Piet Old, who left on 29 Sep 2026, used ")


def test_it_is_not_also_a_change_without_a_ticket():
    assert judged(changes.no_window, of(episode("piet"))) == []


def test_the_last_day_itself_is_theirs_to_work():
    assert judged(by_leaver, of(episode("piet", starts_at=AT - timedelta(days=3)))) == []


@pytest.mark.parametrize(
    ("did", "says"),
    [
        ({"logins": 1}, ["(no change: ecs:ListTasks)"]),
        ({"reads": 2}, ["(no change: ecs:ListTasks)"]),
        ({"changes": 1, "change_actions": ("ecs:StopTask",)}, ["(1 change: ecs:StopTask)"]),
        ({"denied": 3}, []),
    ],
)
def test_whoever_left_did_it_if_they_only_looked_too_and_not_if_it_was_refused(did, says):
    told = {"changes": 0, "change_actions": (), "actions": ("ecs:ListTasks",), **did}
    assert [one.summary[one.summary.index("(") :] for one in judged(by_leaver, of(episode("piet", **told)))] == says


def test_those_who_are_here_are_clear_and_a_sitting_is_one_finding():
    work = [episode("piet"), episode("piet", starts_at=AT - hour(3.7)), episode("nina")]
    assert len(judged(by_leaver, of(*work))) == 1
    assert [str(one.subject) for one in by_leaver(of(episode("nina"), episode(None)))] == ["nina"]
