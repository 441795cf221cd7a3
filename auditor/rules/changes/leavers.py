"""What people did after they had left."""

from collections.abc import Iterator

from auditor.case.case import Case
from auditor.model.findings import Outcome
from auditor.model.vocabulary import Severity
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.episodes import whence
from auditor.rules.facts import MOST_EVIDENCE, told_through
from auditor.rules.sittings import sittings
from auditor.rules.words import count, day, listing, moment


@session_rule(
    "changes/by-leaver",
    heading="Done by people who had left",
    severity=Severity.CRITICAL,
    reads=("activity",),
    why="Whoever left acts for nobody here any more, or somebody else acts with what they left behind.",
    controls=controls(soc2="CC6.2 CC7.2", iso="A.5.18 A.8.16", pci="8.2.5", nist="AC-2 PS-4", cis="5.3 6.2"),
)
def by_leaver(self: Rule, case: Case) -> Iterator[Outcome]:
    """Somebody who had left changed something, logged in or read in production; under a ticket too.

    Somebody leaves at the end of their last day in the organisation's time zone. Such work is no finding of `no-window`
    and its kin. One finding a sitting on a system.
    """
    done = [e for e in case.episodes if case.had_left(e) and e.succeeded]
    for sitting in sittings(done, who=lambda e: (e.person, e.system), gap=case.policy.session_gap):
        first, changes = sitting[0], sum(episode.changes for episode in sitting)
        person = case.config.people_by_id[first.person or ""]
        did = count(changes, "change") if changes else "no change"
        actions = list(dict.fromkeys(action for episode in sitting for action in episode.actions))
        told = [action for episode in sitting for action in episode.change_actions] or actions
        where = f"used {case.system_name(first.system)}" if first.system else f"was at work in {first.scope}"
        yield self.finding(
            person=person.id,
            account=first.account,
            system=first.system,
            thing=first.first_event,
            resource=next(iter(first.resources), None),
            credential=first.credential,
            starts_at=first.starts_at,
            ends_at=max(episode.ends_at for episode in sitting),
            summary=f"{person.name}, who left on {day(person.left) if person.left else 'an earlier day'}, {where} on "
            f"{moment(first.starts_at, case.config.zone)} ({did}: {listing(told)})",
            next_step="Disable the account or key at once, find out who used it, and check what was done.",
            facts={
                "left": str(person.left),
                "known_by": case.evidence_of(first),
                "through": told_through(case.through(first)),
                "changes": changes,
                "actions": actions,
                **whence(sitting),
            },
            evidence=tuple(episode.sample for episode in sitting[:MOST_EVIDENCE]),
        )
    here = {episode.person for episode in case.episodes if episode.person} - {episode.person for episode in done}
    yield from (self.clear(person=person) for person in sorted(here))
