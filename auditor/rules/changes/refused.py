"""What somebody tried and was refused: the log, the rights and the emergency access that it was aimed at."""

from collections.abc import Iterator

from auditor.activity.results import JudgedEvent
from auditor.case.case import Case
from auditor.model.findings import Outcome
from auditor.model.groups import only
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import SAFEGUARDS, ActorClass, Category, Severity
from auditor.model.vocabulary import Outcome as Result
from auditor.providers.registry import place
from auditor.rules.asks import ASK
from auditor.rules.base import Rule, controls, rule
from auditor.rules.facts import MOST_EVIDENCE, told_through
from auditor.rules.sittings import sittings
from auditor.rules.words import count, listing, moment

_EMERGENCY = (ActorClass.ROOT, ActorClass.BREAK_GLASS)
_TRYING = (ActorClass.PERSON, ActorClass.UNKNOWN, *_EMERGENCY)


@rule(
    "changes/refused",
    heading="Tried and refused",
    judges=SubjectKind.EVENT,
    severity=Severity.MEDIUM,
    reads=("activity", "tickets"),
    asks=ASK,
    why="Whoever reaches for rights or for the log and is refused may find another way tomorrow.",
    controls=controls(soc2="CC7.2", iso="A.8.15 A.8.16", pci="10.2.1.4", nist="AC-6(9) AU-6(3)", cis="8.11"),
)
def refused(self: Rule, case: Case) -> Iterator[Outcome]:
    """Refused attempts on rights, the trail, root and emergency access, and whatever root and emergency accounts tried.

    By people, by callers whom nobody knows and by robots that nobody declares; declared robots that lack a right are
    the team's everyday. A window of theirs on the system that it concerns explains it. Nothing was changed. One finding
    a sitting; of a robot, one altogether.
    """
    tried = [e for e in case.judged_events if e.outcome == Result.DENIED and _counts(case, e)]
    robots = [e for e in tried if e.actor_class is ActorClass.SERVICE]
    others = [e for e in tried if e.actor_class is not ActorClass.SERVICE]
    found = sittings(others, who=_who, gap=case.policy.session_gap)
    for sitting in (*found, *sittings(robots, who=_who, gap=case.at - case.period_from)):
        first, system = sitting[0], only(case.systems.of(e.provider, e.scope, e.resource) for e in sitting)
        where = only(e.place for e in sitting)
        if any(case.allowed.windows(first.person, system, where, first.time, sitting[-1].time)):
            yield self.clear(person=first.person, account=first.account, system=system, thing=first.event_id)
            continue
        actions = list(dict.fromkeys(e.action for e in sitting))
        yield self.finding(
            person=first.person,
            account=first.account,
            system=system,
            thing=first.event_id,
            resource=first.resource,
            credential=first.credential,
            starts_at=first.time,
            ends_at=sitting[-1].time,
            summary=f"{case.doer(first)} tried to {_aim(sitting)} in {place(first.provider, first.scope)} on "
            f"{moment(first.time, case.config.zone)} and was refused "
            f"({count(len(sitting), 'attempt')}: {listing(actions)})",
            next_step="Ask what it was for; if they know nothing of it, replace the credential that was used.",
            facts={
                "attempts": len(sitting),
                "through": told_through(case.through(first)),
                "actions": actions,
                "resources": list(dict.fromkeys(e.resource for e in sitting if e.resource)),
                "from": sorted({e.source_ip for e in sitting if e.source_ip}),
                "with": sorted({e.user_agent for e in sitting if e.user_agent}),
            },
            evidence=tuple(e.evidence for e in sitting[:MOST_EVIDENCE]),
        )


def _counts(case: Case, event: JudgedEvent) -> bool:
    trying = event.actor_class in _TRYING or (event.actor_class is ActorClass.SERVICE and case.is_undeclared(event))
    if event.category == Category.LOGIN:
        return trying and case.who((event.resource or "").partition(" ")[0]).actor_class in _EMERGENCY
    if event.actor_class in _EMERGENCY:
        return True
    return trying and (event.keeps_log or event.category in SAFEGUARDS)


def _aim(sitting: list[JudgedEvent]) -> str:
    categories = {event.category for event in sitting}
    if Category.AUDIT_TRAIL in categories or any(event.keeps_log for event in sitting):
        return "narrow the audit trail"
    return "give or take rights" if Category.GRANT in categories else "use emergency access"


def _who(event: JudgedEvent) -> str:
    return event.person or event.account or event.actor or "somebody"
