"""What would have failed without the rights that findings would take away, put on the findings."""

from collections.abc import Sequence
from itertools import chain

from msgspec.structs import replace

from auditor.case.attribution import Attributed
from auditor.case.case import Case
from auditor.case.consequences import consequences
from auditor.evidence.store import Store
from auditor.model.consequences import Consequence
from auditor.model.findings import Finding
from auditor.model.handles import Handle, identity
from reports.consequences import WITHOUT_IT, sentence


def foreseen(
    store: Store, case: Case, activity: Attributed, findings: Sequence[Finding]
) -> tuple[Sequence[Finding], Sequence[Consequence]]:
    """The findings that name rights with what would have failed without them; and that of each right by itself.

    What is under an exception stays, and is not asked about.
    """
    asked = {_key(one.handles): one.handles for one in findings if one.handles and not one.exception}
    alone = {_key([handle]): (handle,) for handle in chain.from_iterable(asked.values())}
    sets = {**asked, **alone}
    found = consequences(store, case, activity, sets.values())
    by_key = dict(zip(sets, found, strict=True))
    told = []
    for one in findings:
        known = by_key.get(_key(one.handles))
        facts = {**one.facts, WITHOUT_IT: sentence(known, case.config)} if known and not one.exception else one.facts
        told.append(replace(one, facts=facts) if facts is not one.facts else one)
    return told, found


def _key(handles: Sequence[Handle]) -> tuple[str, ...]:
    return tuple(sorted(map(identity, handles)))
