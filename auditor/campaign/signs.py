"""Signs that decisions were stamped rather than taken. They ask for a second look and accuse nobody."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from auditor.config.models import Config
from auditor.model.attestations import Attestation
from auditor.model.campaigns import Population
from auditor.model.groups import grouped
from reports.words import person, plural

_FEW = 5  # fewer are read in a minute
_QUICK = timedelta(minutes=1)


def signs(decisions: Iterable[Attestation], population: Population, config: Config) -> tuple[str, ...]:
    """A sentence for each sign, by who decided. Times are those of the reviewers' browsers, which may be wrong."""
    by = grouped((one.decided_by, one) for one in decisions)
    return tuple(
        f"{person(who, config)} {sentence}"
        for who, theirs in sorted(by.items())
        for sentence in (*_early(theirs, population), *_alike(theirs))
    )


def _early(theirs: Sequence[Attestation], population: Population) -> list[str]:
    early = [one for one in theirs if one.said_at and one.said_at < population.opened_at]
    if not early:
        return []
    lines = plural(len(early), "line")
    return [f"decided {lines} at a time before the page was made ({population.opened_at:%Y-%m-%d %H:%M} UTC)."]


def _alike(theirs: Sequence[Attestation]) -> list[str]:
    """Where every line was kept: how fast, and with how many words."""
    if len(theirs) < _FEW or any(one.decision != "keep" for one in theirs):
        return []
    times = [one.said_at for one in theirs if one.said_at]
    lines = f"kept all {len(theirs):,} lines"
    quick = len(times) == len(theirs) and max(times) - min(times) <= _QUICK
    same = len({one.reason.casefold() for one in theirs}) == 1
    return [f"{lines} within a minute."] * quick + [f"{lines} with the same words."] * same
