"""What stands on the incident about the use of emergency access."""

import re
from collections.abc import Iterator
from datetime import datetime

from auditor.case.case import Case
from auditor.model.findings import Outcome, pointer
from auditor.model.statements import says_called
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Severity
from auditor.rules.asks import COMPLETE
from auditor.rules.base import Rule, controls, rule
from auditor.rules.sittings import emergency_uses, person_of
from auditor.rules.words import length, listing, moment

_COMMENT = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ) (?P<who>.*?): (?P<words>.*)", re.DOTALL)


@rule(
    "changes/unrecorded-emergency",
    heading="Emergency access that its incident does not tell of",
    judges=SubjectKind.SESSION,
    severity=Severity.MEDIUM,
    reads=("activity", "tickets"),
    asks=COMPLETE,
    why="What nobody wrote down while it burned nobody can tell apart from a break-in afterwards.",
    controls=controls(soc2="CC7.4", iso="A.5.26 A.5.28", pci="12.10.5", nist="IR-4 IR-5", cis="17.4"),
)
def unrecorded_emergency(self: Rule, case: Case) -> Iterator[Outcome]:
    """Emergency access used in an incident without a note there within `incident_note_within`, or without a call.

    A note is any comment from that long before the use until that long after its end. That somebody was called is asked
    for where policy says so (`emergency_call`), and may stand in any comment, in the reason or in the closeout. Where
    comments were not read, of that incident or of any of its source, it could not be judged. One finding a sitting; use
    without an incident is `changes/break-glass`.
    """
    commented = {row.source for row in case.tickets if row.comments}
    for sitting, incident in emergency_uses(case):
        first, end = sitting[0], max(e.ends_at for e in sitting)
        row = case.ticket_rows.get(incident.inside.ticket) if incident.inside else None
        if row is None:
            continue
        account = first.account or first.actor or ""
        subject = {"account": account, "thing": first.first_event}
        lacks = [what for what, there in _recorded(case, row, (first.starts_at, end)).items() if not there]
        if not lacks:
            yield self.clear(**subject)
            continue
        if row.source not in commented or row.words_unread:
            yield self.not_judged(**subject, reason="what stands under incidents was not read")
            continue
        by = listing(map(case.doer, sitting))
        yield self.finding(
            **subject,
            person=person_of(sitting),
            starts_at=first.starts_at,
            ends_at=end,
            ticket=row.ticket,
            summary=f"{by} used the emergency access {case.who(account).owner or account} on "
            f"{moment(first.starts_at, case.config.zone)}, and {row.ticket} has {listing(lacks)}",
            next_step=f"Write into {row.ticket} who opened it, why, what was done, and who was told.",
            facts={"lacks": lacks, "within": length(case.policy.incident_note_within)},
            evidence=(first.sample, pointer(row)),
        )


def _recorded(case: Case, row: Ticket, span: tuple[datetime, datetime]) -> dict[str, bool]:
    within = case.policy.incident_note_within
    told = [match for one in row.comments if (match := _COMMENT.fullmatch(one))]
    times = [datetime.fromisoformat(match["at"]) for match in told]
    found = {f"no note within {length(within)}": any(span[0] - within <= at <= span[1] + within for at in times)}
    if case.policy.emergency_call:
        words = [*(match["words"] for match in told), row.reason or "", row.closeout or ""]
        found["no call"] = any(map(says_called, words))
    return found
