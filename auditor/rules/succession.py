"""Findings that went on as another: the same subject, told by another rule of those that give it one finding."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from auditor.ledger import Known
from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.model.vocabulary import Status
from auditor.rules.registry import one_of

Succession = tuple[Known, Finding]
"""What was closed, and the finding that it goes on as."""


def apart(
    closed: Iterable[Known], findings: Sequence[Finding], since: datetime
) -> tuple[tuple[Known, ...], tuple[Succession, ...]]:
    """What is gone, and what is only told otherwise by a finding that was not there at a time.

    It goes on as a finding of a rule with the same `one_of`, about the same holder, on the same system or on all of
    them, and of an act about one that began then.
    """
    new = (one for one in findings if one.status is Status.REOPENED or (one.first_seen and one.first_seen > since))
    fresh = grouped(((one_of(one.rule), one.starts_at or one.ends_at), one) for one in new)
    gone: list[Known] = []
    succeeded: list[Succession] = []
    for known in closed:
        group = one_of(known.rule)
        heirs = fresh.get((group, known.acted_at), ()) if group else ()
        heir = next((one for one in heirs if _goes_on(known, one)), None)
        if heir:
            succeeded.append((known, heir))
        else:
            gone.append(known)
    return tuple(gone), tuple(succeeded)


def _goes_on(known: Known, finding: Finding) -> bool:
    was, now = known.subject, finding.subject
    if was.person and now.person:
        holder = was.person == now.person
    else:
        holder = was.account is not None and was.account == now.account
    return finding.rule != known.rule and holder and (was.system == now.system or None in (was.system, now.system))
