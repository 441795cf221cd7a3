"""Names that sessions give themselves."""

from collections.abc import Iterator

from auditor.case.case import Case
from auditor.model.findings import Outcome
from auditor.model.groups import grouped
from auditor.model.vocabulary import Severity
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.facts import MOST_EVIDENCE
from auditor.rules.words import moment


@session_rule(
    "shared/borrowed-name",
    heading="Sessions under somebody else's name",
    severity=Severity.HIGH,
    reads=("activity",),
    why="Whoever reads the log afterwards asks the wrong person, or nobody.",
    controls=controls(soc2="CC6.1", iso="A.5.16 A.5.17", pci="8.2.1 10.2.1.2", nist="AU-10 IA-2", cis="5.1"),
)
def borrowed_name(self: Rule, case: Case) -> Iterator[Outcome]:
    """A session called itself somebody else than the person whose credential opened it.

    A name counts that is an e-mail of the roster or a declared account. A session that a robot opened may be named
    after whoever started the job. One finding a session.
    """
    sessions = grouped(((one.actor, one.person), one) for one in case.episodes if one.actor and one.person)
    for (actor, person), episodes in sorted(sessions.items()):
        claimed, first = case.borrowed.get((actor, person)), episodes[0]
        if claimed is None:
            yield self.clear(person=person, account=first.account, thing=actor)
            continue
        yield self.finding(
            person=person,
            account=first.account,
            system=next((episode.system for episode in episodes if episode.system), None),
            thing=actor,
            credential=first.credential,
            starts_at=first.starts_at,
            ends_at=max(episode.ends_at for episode in episodes),
            summary=f"{case.name(person)} opened a session under the name of {case.name(claimed)} on "
            f"{moment(first.starts_at, case.config.zone)}",
            next_step=f"Ask {case.name(person)} why; let the role's trust policy require a source identity.",
            facts={
                "called_itself": actor.rsplit("/", 1)[-1],
                "actions": sorted({action for episode in episodes for action in episode.actions}),
                "from": sorted({address for episode in episodes for address in episode.source_ips}),
            },
            evidence=tuple(episode.sample for episode in episodes[:MOST_EVIDENCE]),
        )
