"""What the logs of systems' accounts and projects leave out, and which questions that leaves open."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from auditor.case.case import Case
from auditor.model.findings import NotJudged
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Trail
from auditor.model.vocabulary import Category, CoverageStatus, trails_of
from auditor.providers.protocol.logs import Unrecorded
from auditor.providers.registry import provider
from auditor.rules.base import Rule
from auditor.rules.words import listing


@lru_cache(maxsize=1)
def left_out_by_trails(case: Case) -> Sequence[tuple[str, Unrecorded, list[Trail]]]:
    """Each account that trails record: what they leave out, or why that is not known, and the trails.

    Worked out once a case, because several rules rest on it.
    """
    told = []
    for scope, name in _places(case):
        trails = [trail for trail in case.trails if trail.account == scope or trail.organisation]
        if found := provider(name).unrecorded(scope, trails):
            unknown = _unknown(case, scope, trails, found)
            told.append((scope, Unrecorded((), "", unknown=unknown) if unknown else found, trails))
    return told


@lru_cache(maxsize=1)
def left_out_by_policies(case: Case) -> Sequence[tuple[str, Unrecorded]]:
    """Each project of which policies say what is recorded, likewise."""
    read = {(episode.scope, episode.provider) for episode in case.episodes if episode.secrets or episode.objects}
    return [
        (scope, found)
        for scope, name in _places(case)
        if (found := provider(name).unrecorded_reads(scope, case.policies, seen=(scope, name) in read))
    ]


def unseen(rule: Rule, case: Case, *kinds: Category) -> Iterator[NotJudged]:
    """Of each place whose log leaves acts of these kinds out that they could not be judged there.

    Where it is not known, what lies in the log shows that such acts are recorded.
    """
    seen = {e.scope for e in case.episodes if e.reads or e.secrets or e.objects or e.logins}
    told = [(scope, found) for scope, found, _ in left_out_by_trails(case)]
    for scope, found in [*told, *left_out_by_policies(case)]:
        if reason := _reason(found, kinds, seen=scope in seen):
            yield rule.not_judged(kind=SubjectKind.LOG, account=scope, reason=reason)


def doubt(found: Unrecorded, kinds: Iterable[Category]) -> str:
    """Why it cannot be told whether acts of these kinds are recorded; empty where it can."""
    if not found.unknown or not found.hides:
        return found.unknown
    hidden = listing(_hidden(found, kinds))
    return f"{found.unknown}: {hidden} may not be recorded" if hidden else ""


def _reason(found: Unrecorded, kinds: Iterable[Category], *, seen: bool) -> str:
    if found.unknown:
        return "" if seen else doubt(found, kinds)
    hidden = _hidden(found, kinds)
    return found.sentence(listing(hidden)) if hidden else ""


def _hidden(found: Unrecorded, kinds: Iterable[Category]) -> dict[str, None]:
    return dict.fromkeys(found.hides[kind] for kind in kinds if kind in found.hides)


def _unknown(case: Case, scope: str, trails: list[Trail], found: Unrecorded) -> str:
    lines = [line for line in case.coverage if line.scope == trails_of(scope)]
    if not trails and not any(line.status == CoverageStatus.OK for line in lines):
        return "what its trails record was not read"
    unasked = [trail.name for trail in trails if trail.logging is None or not trail.asked]
    return f"what {listing(unasked)} records could not be asked" if found.lacks and unasked else ""


def _places(case: Case) -> list[tuple[str, str]]:
    """Accounts and projects of systems, with their provider."""
    return sorted({(place.scope, place.provider_name) for system in case.config.systems for place in system.resources})
