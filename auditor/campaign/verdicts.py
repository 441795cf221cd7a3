"""What was decided on each line: the latest of each who decided, and whether they agree."""

from collections import defaultdict
from collections.abc import Iterable

from auditor.model.attestations import Attestation

Decided = dict[str, tuple[Attestation, ...]]


def latest(attestations: Iterable[Attestation]) -> Decided:
    """By line, the latest of each who decided on it; who spoke last stands last."""
    by: dict[str, dict[str, Attestation]] = defaultdict(dict)
    for one in attestations:
        by[one.line].pop(one.decided_by, None)
        by[one.line][one.decided_by] = one
    return {line: tuple(said.values()) for line, said in by.items()}


def differ(said: Iterable[Attestation]) -> bool:
    """Whether people decided differently on a line."""
    return len({(one.decision, one.until, one.who) for one in said}) > 1
