"""Secrets that somebody who left knows."""

from collections.abc import Iterator

from auditor.case.case import Case
from auditor.config.sources.vault import SECRETS
from auditor.model.findings import Outcome
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import Severity
from auditor.providers.registry import account_name
from auditor.rules.asks import RENEW
from auditor.rules.base import Rule, controls, rule
from auditor.rules.facts import MOST_EVIDENCE
from auditor.rules.words import count, day, listing, moment


@rule(
    "standing/known-secret",
    heading="Secrets that somebody who left knows",
    judges=SubjectKind.PERSON,
    severity=Severity.HIGH,
    reads=(SECRETS,),
    asks=RENEW,
    why="Whoever knows a secret keeps it when they go; taking their accounts away takes nothing of it.",
    controls=controls(soc2="CC6.2 CC6.3", iso="A.5.17 A.6.5", pci="8.2.5 8.3.9", nist="IA-5 PS-4", cis="5.1 6.2"),
)
def known_secret(self: Rule, case: Case) -> Iterator[Outcome]:
    """A shared secret that somebody who left had opened, and that was not changed since they last did.

    Whoever opened it is told by what keeps it, as far back as that was read: of somebody who left before, it could not
    be judged. An edit counts as a change, for it is not told what was edited. One finding a person.
    """
    known = case.secrets
    for person in case.config.people:
        if known.since is None or person.left is None or not case.has_left(person.id):
            continue
        own = [one for one in known.opened if one.person == person.id]
        still = [one for one in own if one.account not in known.changed or known.changed[one.account] < one.at]
        left = case.config.left_at(person.id)
        if not still and left is not None and left < known.since:
            reason = f"what secrets people opened is known since {moment(known.since, case.config.zone)} only"
            yield self.not_judged(person=person.id, reason=reason)
            continue
        if not still:
            yield self.clear(person=person.id)
            continue
        names = [case.who(one.account).owner or account_name(one.account).short or one.account for one in still]
        yield self.finding(
            thing="known-secret",
            person=person.id,
            account=still[0].account,
            summary=f"{person.name} left on {day(person.left)} and knows {count(len(still), 'secret')} that "
            f"{'was' if len(still) == 1 else 'were'} not changed since: {listing(names)}",
            next_step="Change them where they are used, then in what keeps them.",
            facts={"left": str(person.left), "secrets": sorted(one.account for one in still)},
            evidence=tuple(one.evidence for one in still[:MOST_EVIDENCE]),
        )
