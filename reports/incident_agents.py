"""What agents and vendors did to a system, as an incident review shows it."""

from collections.abc import Iterator

from auditor.case.incident import Act, Incident
from auditor.case.placement import Where
from auditor.model.agents import AgentWork, in_order
from auditor.model.through import Through
from auditor.model.vocabulary import Category
from auditor.providers.registry import provider
from reports.incident_words import command, target, uncovered


def agents_at_work(review: Incident) -> tuple[AgentWork, ...]:
    """One row for each person, agent and system, those with changes under no ticket first."""
    found: dict[tuple[str, str, str | None], tuple[Through, list[Act]]] = {}
    for act in review.acts:
        through = provider(act.told.provider).through(act.told.invoked_by)
        if through and through.acts_itself:
            who = act.told.person or act.told.principal
            found.setdefault((who, through.name, act.told.system), (through, []))[1].append(act)
    return tuple(sorted((_work(review, who, *one) for (who, *_), one in found.items()), key=in_order))


def _work(review: Incident, who: str, through: Through, acts: list[Act]) -> AgentWork:
    changes = [act for act in acts if act.changes]
    first = [*changes, *acts]
    tickets = (window.ticket for act in acts if (window := act.placement.inside))
    return AgentWork(
        person=who,
        agent=through.name,
        kind=through.kind,
        system=acts[0].told.system,
        scope=acts[0].told.scope,
        starts_at=acts[0].told.time,
        ends_at=max(act.until for act in acts),
        sittings=len({act.told.session for act in acts}),
        changes=sum(act.count for act in changes),
        reads=sum(act.count for act in acts if act.told.outcome == "ok" and not act.changes),
        refused=sum(act.count for act in acts if act.told.outcome != "ok"),
        actions=tuple(dict.fromkeys(map(command, first))),
        resources=tuple(dict.fromkeys(map(target, first))),
        tickets=tuple(dict.fromkeys(tickets)),
        uncovered=sum(act.count for act in changes if uncovered(review, act)),
        unknown=next(_unknown(changes), None),
    )


def _unknown(changes: list[Act]) -> Iterator[str]:
    """Why it cannot be told whether a ticket allowed it."""
    for act in changes:
        if act.told.category != Category.GRANT and act.placement.where is Where.UNKNOWN:
            yield act.placement.reason
