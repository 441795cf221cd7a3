"""What the evidence is judged by: whether that was loosened, and by what."""

from collections.abc import Iterator

from auditor.case.case import Case
from auditor.case.loosened import PolicyChange
from auditor.model.findings import Outcome
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import Severity
from auditor.rules.asks import AGREE
from auditor.rules.base import Rule, controls, rule
from auditor.rules.words import listing, moment

_POLICY = "auditor.yaml"


@rule(
    "evidence/policy-changed",
    heading="The policy was loosened",
    judges=SubjectKind.EVENT,
    severity=Severity.MEDIUM,
    reads=(),
    asks=AGREE,
    why="A finding can be made to go away by changing what it is judged by instead of what it found.",
    controls=controls(soc2="CC8.1 CC4.2", iso="A.8.32", pci="6.5.1", nist="CM-3"),
)
def policy_changed(self: Rule, case: Case) -> Iterator[Outcome]:
    """Between two runs auditor.yaml changed so that less is found than before.

    A threshold or a window is longer, a second reviewer, a line of release notes, a freeze or a pair of conflicting
    capabilities is gone; an approver, a requester, an exception, a person or an account of theirs, a robot, a vendor or
    emergency access is new; a job may do more, a system has another owner; a system or a source is gone, or a source
    reads less. One finding each, with before and after; tightening is none. Where it cannot be told whether a change
    lets more pass, or a run kept no policy, it could not be judged. The first run has nothing to compare with.
    """
    for one in case.policy_changes.changes:
        if one.change.told:
            yield _loosened(self, case, one)
        else:
            change = one.change
            turned = f"was {change.before} and is {change.after}" if change.before != change.after else "is another one"
            said = f"{change.what} {turned}: whether less is found cannot be told"
            yield self.not_judged(thing=one.change.what, label=one.change.what, reason=said)
    if case.policy_changes.unknown:
        yield self.not_judged(thing=_POLICY, reason=listing(case.policy_changes.unknown))
    elif case.policy_changes.compared and not case.policy_changes.changes:
        yield self.clear(thing=_POLICY)


def _loosened(self: Rule, case: Case, one: PolicyChange) -> Outcome:
    zone, change = case.config.zone, one.change
    return self.finding(
        thing=f"{change.what}: {change.before} -> {change.after}",
        label=change.what,
        starts_at=one.seen_at,
        summary=f"{change.what} in auditor.yaml was loosened: {change.before} before, {change.after} since "
        f"{moment(one.seen_at, zone)}",
        next_step=f"Let an approver who gains nothing by it agree, or set it back. `auditor reconcile --policy "
        f"{one.last}` judges by what was before.",
        facts={
            "what": change.what,
            "before": change.before,
            "after": change.after,
            "last_judged_as_before": one.last_at,
            "last_run": one.last,
        },
    )
