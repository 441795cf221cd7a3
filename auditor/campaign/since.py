"""What later runs say of a campaign: sources that failed, lines that are new or gone, what became of the revoked."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.campaign.population import lines_of
from auditor.config.models import Config
from auditor.evidence import judgements
from auditor.ledger import Removal
from auditor.model.campaign_standing import Change, Outcome, Proof, SourceStanding
from auditor.model.campaigns import LineItem, Population, line_id
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit, CoverageLine
from auditor.model.handles import read_handle
from auditor.options import RunOptions
from auditor.removals import rights_of
from auditor.seal import unaltered
from reports import artifacts

_RANK = ("ok", "partial", "failed")


class Later(Struct, frozen=True, kw_only=True):
    """A run after the population was frozen: what it found, and every path that stood then."""

    audit: Audit
    access: Sequence[Entitlement]

    @classmethod
    def of(cls, audit: Audit, access: Iterable[Entitlement]) -> "Later":
        """Of what a run left: paths that have ended by themselves are gone."""
        standing = [one for one in access if one.lasts(audit.audited_at)]
        return cls(audit=audit, access=standing)


def later_runs(options: RunOptions, since: datetime, tonight: Later | None = None) -> Iterator[Later]:
    """The runs after a time whose results are there, oldest first; raises AlteredError for one that was edited.

    `tonight` is a run whose results are not written yet: it stands for itself.
    """
    with options.ledger as ledger:
        history = [run.run for run in ledger.history() if since < run.at <= options.at]
    judged = judgements.judgements(options.store) if history else []
    for run in history:
        folder = options.output / run
        if (folder / artifacts.ACCESS).exists() and not (tonight and run == tonight.audit.run):
            audit = unaltered(options, folder, judged)
            yield Later.of(audit, artifacts.paths(folder))
    if tonight and tonight.audit.audited_at > since:
        yield tonight


class Since:
    """Everything that later runs say, taken in one by one; only the latest is kept whole.

    Args:
        to_go: the lines that were to go, by id, each with when that was decided.
    """

    def __init__(self, population: Population, to_go: Mapping[str, tuple[LineItem, datetime]]) -> None:
        self._population, self._to_go = population, to_go
        self._failed: list[dict[str, str]] = []
        self._proofs = {name: Proof(line=name, outcome="could not be judged", why="no run since") for name in to_go}
        self.latest: Later | None = None

    def take_in(self, run: Later) -> None:
        """One more run, later than those before."""
        self.latest = run
        self._failed.append(_unread_sources(run.audit.coverage))
        there = {line_id(path) for path in run.access} if self._to_go else set()
        for name, (line, decided_at) in self._to_go.items():
            if run.audit.audited_at > decided_at:
                self._proofs[name] = _judged(self._proofs[name], line, run.audit, there)

    @property
    def sources(self) -> tuple[SourceStanding, ...]:
        """Every source that was not read, or not all of it, in the run that was frozen or in one since."""
        then = _unread_sources(self._population.unseen)
        now = self._failed[-1] if self._failed else then
        reasons = {name: reason for failed in (then, *self._failed) for name, reason in failed.items()}
        return tuple(
            SourceStanding(
                source=name,
                reason=reason,
                then=name in then,
                since=sum(name in failed for failed in self._failed),
                now=name in now,
            )
            for name, reason in sorted(reasons.items())
        )

    def proofs(self, removed: Collection[Removal]) -> tuple[Proof, ...]:
        """What became of each line that was to go; `removed` is what cleanup scripts took away."""
        access = self.latest.access if self.latest else ()
        return tuple(_told(self._proofs[name], line, removed, access) for name, (line, _) in self._to_go.items())


def _unread_sources(coverage: Iterable[CoverageLine]) -> dict[str, str]:
    return {seen.source: seen.reason or seen.status for seen in coverage if seen.status != "ok"}


def changes(population: Population, latest: Later | None, config: Config) -> tuple[Change, ...]:
    """Where the latest run differs from what was frozen. What it could not see is not gone."""
    if latest is None:
        return ()
    before = {line.id: line for line in population.lines}
    today = latest.audit.audited_at.astimezone(config.zone).date()
    now = {line.id: line for line in lines_of(latest.access, config, today)}
    new = [Change(line=line, what="new") for name, line in now.items() if name not in before]
    wider = [
        Change(line=now[name], what="wider") for name, line in before.items() if name in now and _wider(line, now[name])
    ]
    gone = [
        Change(line=line, what="gone")
        for name, line in before.items()
        if name not in now and not _unread(line, latest.audit.coverage)
    ]
    return (*new, *wider, *gone)


def _judged(before: Proof, line: LineItem, audit: Audit, there: Collection[str]) -> Proof:
    unread = _unread(line, audit.coverage)
    found: Outcome = "could not be judged" if unread else "gone"
    if line.id in there and unread != "failed":
        found = "still there"
    if before.outcome == "gone" and found != "still there":
        return before  # the first run that found it so says when
    why = f"{', '.join(line.sources) or 'its source'} could not be read, or not all of it"
    return Proof(
        line=line.id,
        outcome=found,
        run=audit.run,
        at=audit.audited_at,
        why=why if found == "could not be judged" else "",
    )


def _told(proof: Proof, line: LineItem, removed: Iterable[Removal], access: Iterable[Entitlement]) -> Proof:
    """The proof with who took it away, and by what other paths its holder reaches the same still."""
    targets = set(rights_of(map(read_handle, line.handles)))
    last = max((one for one in removed if one.right in targets), key=lambda one: one.time, default=None)
    if last:
        proof = replace(proof, taken_away_at=last.time, taken_away_by=last.caller)
    if proof.outcome != "gone":
        return proof
    still = [path for path in access if _same_reach(path, line)]
    return replace(proof, still_by=tuple(path.words or path.account for path in still))


def _same_reach(path: Entitlement, line: LineItem) -> bool:
    holder = path.person == line.person if line.person else path.account == line.account
    place = path.system == line.system if line.system else (path.provider, path.scope) == (line.provider, line.scope)
    return holder and place and not path.eligible and path.writes >= line.writes


def _unread(line: LineItem, coverage: Iterable[CoverageLine]) -> str:
    """How badly what a line is known from was read: partial, failed, or empty where it was read whole.

    A source that has a line for the line's own scope is judged by it, and by what it says of itself as a whole.
    """
    by: dict[str, list[CoverageLine]] = {name: [] for name in line.sources}
    for seen in coverage:
        if seen.source in by:
            by[seen.source].append(seen)
    worst = "ok" if by else "failed"
    for name, all_of_it in by.items():
        own = [one for one in all_of_it if one.scope == line.scope]
        told = [one for one in all_of_it if one.scope in (line.scope, name)] if own else all_of_it
        worst = max(worst, *(one.status for one in told), key=_RANK.index) if told else "failed"
    return "" if worst == "ok" else worst


def _wider(before: LineItem, now: LineItem) -> bool:
    """Whether a line gives more, or longer, than what was frozen."""
    longer = before.expires_at is not None and (now.expires_at is None or now.expires_at > before.expires_at)
    return (
        longer
        or (now.unrestricted and not before.unrestricted)
        or not set(now.capabilities) <= set(before.capabilities)
    )
