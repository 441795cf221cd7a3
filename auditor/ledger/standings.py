"""What becomes of findings from one run to the next: new, open, back again, closed or past."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from auditor.ledger.records import Known
from auditor.model.findings import Finding, NotJudged
from auditor.model.groups import grouped
from auditor.model.subjects import Subject
from auditor.model.vocabulary import Status

_OVER = (Status.CLOSED, Status.PAST)


class Standings(Struct, frozen=True):
    """Compares a run's findings with those that the ledger knows; its arguments are those of `Ledger.record`."""

    before: Mapping[str, Known]
    period_from: datetime | None
    not_judged: Collection[NotJudged]
    unseen: Mapping[str, Collection[str]]
    came_back: Collection[str]

    def of(self, findings: Iterable[Finding]) -> dict[str, Status]:
        """The standing of every finding of the run, and of every earlier one that was not over, by id."""
        found = {finding.id: self._present(finding) for finding in findings}
        absent = [one for one in self.before.values() if one.status not in _OVER and one.id not in found]
        unjudged = grouped((lacking.rule, lacking.subject) for lacking in self.not_judged)
        return found | {
            one.id: Status.OPEN if self._kept(one, unjudged[one.rule]) else self._ended(one) for one in absent
        }

    def _present(self, finding: Finding) -> Status:
        """An exception says more than new or open does, so that it stays."""
        before = self.before.get(finding.id)
        if finding.status is Status.EXCEPTED:
            return Status.EXCEPTED
        if before is None:
            return Status.NEW
        return Status.REOPENED if finding.id in self.came_back or before.status is Status.CLOSED else Status.OPEN

    def _kept(self, known: Known, unjudged: Iterable[Subject]) -> bool:
        """Whether a finding that the run has not was not judged: its subject could not be, or lies in an unseen place.

        A finding's places are named by its account, resource and credential.
        """
        about = (known.subject.account, known.subject.thing, known.resource, known.credential)
        named = " ".join(text for text in about if text)
        unseen = any(place in named for place in self.unseen.get(known.rule, ()))
        return unseen or any(subject.covers(known.subject) for subject in unjudged)

    def _ended(self, known: Known) -> Status:
        """A state that is gone is closed; an act stays done."""
        past = self.period_from and known.acted_at and known.acted_at < self.period_from
        return Status.PAST if past else Status.CLOSED
