"""What agents and vendors did in the period, put together for the reports."""

from datetime import timedelta
from typing import Any

from auditor.agents import agents_at_work
from auditor.model.through import ThroughKind
from tests.cases import AT, case, episode, hour, ticket

AGENT = "aws-mcp.amazonaws.com"
COVERED: dict[str, Any] = {"uncovered": 0, "uncovered_from": None, "uncovered_to": None}


def test_only_what_was_done_by_agents_and_vendors_is_told() -> None:
    by_hand, built = episode(), episode(through="cloudformation.amazonaws.com")
    assert agents_at_work(case(episodes=[by_hand, built])) == ()
    (work,) = agents_at_work(case(episodes=[by_hand, episode(through="vendor:AWS account 999988887777")]))
    assert (work.person, work.agent, work.kind) == ("nina", "AWS account 999988887777", ThroughKind.VENDOR)


def test_several_sittings_of_one_agent_for_one_person_are_counted_together() -> None:
    first = episode(through=AGENT, denied=2)
    looking = episode(through=AGENT, starts_at=AT - hour(20), changes=0, reads=4, **COVERED)
    (work,) = agents_at_work(case(episodes=[first, looking]))
    assert (work.sittings, work.changes, work.refused) == (2, first.changes, 2)
    assert work.reads == 4 + first.reads + first.logins + looking.logins
    assert (work.starts_at, work.ends_at) == (looking.starts_at, first.ends_at)
    assert work.uncovered == first.uncovered
    assert work.actions[0] == "ecs:UpdateService"


def test_other_people_systems_and_agents_are_told_apart_and_what_has_no_ticket_comes_first() -> None:
    inside = episode(through=AGENT, starts_at=AT - hour(3.8), **COVERED)
    others = [episode("leon", through=AGENT), episode(through="agent:cursor", system=None, **COVERED)]
    works = agents_at_work(case(tickets=[ticket()], episodes=[inside, *others]))
    assert [(work.person, work.agent, work.system) for work in works] == [
        ("leon", "AWS MCP server", "checkout"),
        ("nina", "AWS MCP server", "checkout"),
        ("nina", "cursor", None),
    ]
    assert [work.tickets for work in works] == [(), ("PAY-184",), ()]


def test_where_tickets_are_not_known_nothing_is_said_to_be_without_one() -> None:
    (work,) = agents_at_work(case(episodes=[episode(through=AGENT)], tickets_until=AT - timedelta(days=9)))
    assert work.uncovered == 0
    assert work.unknown is not None
    assert work.unknown.startswith("tickets are known until")
