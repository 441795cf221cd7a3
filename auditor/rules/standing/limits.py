"""How many may change a system, and what one person may not hold together."""

from collections.abc import Iterator, Mapping

from auditor.case.case import Case
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Outcome
from auditor.model.groups import grouped
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import Capability, Severity
from auditor.providers.systems import reaches
from auditor.rules.asks import TAKE_AWAY
from auditor.rules.base import Rule, controls, rule
from auditor.rules.causes import RIGHTS, is_standing_write
from auditor.rules.facts import evidence_of, handles_of, path_facts
from auditor.rules.words import listing


@rule(
    "standing/too-many-writers",
    heading="More people can change it than agreed",
    judges=SubjectKind.SYSTEM,
    severity=Severity.MEDIUM,
    reads=(*RIGHTS, "tickets"),
    asks=TAKE_AWAY,
    why="Every further person who can change a system is a further way to break it, and blurs who answers for it.",
    controls=controls(soc2="CC6.3", iso="A.8.2", pci="7.2.1 7.2.2", nist="AC-6 AC-6(7)", cis="6.8"),
)
def too_many_writers(self: Rule, case: Case) -> Iterator[Outcome]:
    """More people can change a system than `max_writers`. One finding a system.

    Counts people with standing write, owners and those under an exception too; not pipelines, break-glass, rights that
    end by themselves or stand in a live window, and not unrestricted rights, which `admin-access` judges.
    """
    for system in case.config.systems:
        paths = [a for a in case.access if a.system == system.id and not a.unrestricted and is_standing_write(a, case)]
        people = sorted({a.person for a in paths if a.person})
        if len(people) <= case.policy.max_writers:
            yield self.clear(system=system.id)
            continue
        yield self.finding(
            thing="too-many-writers",
            system=system.id,
            summary=f"{len(people)} people can change {system.name} at any time "
            f"({listing(map(case.name, people))}); policy allows {case.policy.max_writers}",
            next_step=f"Agree on whom of {listing((case.name(p) for p in people), 6)} the system needs, "
            "and let the others ask for a task and a time.",
            facts={"people": people, "allowed": case.policy.max_writers, "owners": sorted(system.owners)},
            evidence=evidence_of(paths),
        )


@rule(
    "standing/conflicting-rights",
    heading="Rights that should be apart",
    judges=SubjectKind.ENTITLEMENT,
    severity=Severity.MEDIUM,
    reads=(*RIGHTS, "tickets"),
    asks=TAKE_AWAY,
    why="Somebody who holds both can do alone, and by one mistake, what two people should do together.",
    controls=controls(soc2="CC6.3", iso="A.5.3", pci="7.2.1", nist="AC-5 AC-6", cis="6.8"),
)
def conflicting_rights(self: Rule, case: Case) -> Iterator[Outcome]:
    """One person holds two capabilities on one system that policy keeps apart. Owners are judged too.

    Somebody with unrestricted rights there, or who has left, has a finding of that rule; a right in a live window is
    not counted. One finding a person and system.
    """
    for (person, system), paths in sorted(_by_holder(case).items()):
        held = {c for a in paths for c in a.capabilities}
        pairs = [pair for pair in case.policy.conflicting if held.issuperset(pair)]
        if not pairs:
            yield self.clear(person=person, system=system)
            continue
        telling = [a for a in paths if a.capabilities & {c for pair in pairs for c in pair}]
        yield self.finding(
            thing="conflicting-rights",
            person=person,
            account=telling[0].account,
            system=system,
            summary=f"{case.name(person)} can both {_both(pairs[0])} on {case.system_name(system)}",
            next_step="Give one of the two to somebody else, or grant it for a task and a time.",
            facts={**path_facts(case, telling), "conflicts": [f"{a} with {b}" for a, b in pairs]},
            handles=handles_of(telling),
            evidence=evidence_of(telling),
        )


def _by_holder(case: Case) -> Mapping[tuple[str, str], list[Entitlement]]:
    """People's paths by person and system, those of leavers and of the unrestricted left out."""
    wide = [access for access in case.access if access.unrestricted]
    admins = {(path.person, system.id) for path in wide for system in case.config.systems if reaches(path, system)}
    own = (((one.person, one.system), one) for one in case.access if one.person and one.system)
    stays = ((pair, one) for pair, one in own if pair not in admins and not case.has_left(one.person))
    return grouped((pair, one) for pair, one in stays if not case.allowed.right(one, case.at))


def _both(pair: tuple[Capability, Capability]) -> str:
    return f"{pair[0].words} and {pair[1].words}"
