"""Who could change production when earlier runs were judged: as the chain of evidence keeps it, not resolved anew."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from auditor.case.coverage import latest_run
from auditor.errors import AlteredError
from auditor.evidence import judgements
from auditor.evidence.manifest import Manifest
from auditor.evidence.store import Store
from auditor.model.entitlements import Entitlement

ACCESS = "access.json"
"""The name under which a judgement keeps every path."""


class Night(Struct, frozen=True):
    """The paths by which people could change production when a run read their sources."""

    at: datetime
    access: Sequence[Entitlement]


def nights(
    store: Store, access: Iterable[Entitlement], since: datetime, at: datetime
) -> tuple[Sequence[Night], Sequence[str]]:
    """The runs since a time that were judged, with the last one before it; and of which it cannot be told."""
    last = latest_run(store, at)
    if last is None:
        return (), ()
    judged: dict[str, tuple[Manifest, Manifest]] = {}
    for one in judgements.judgements(store):
        run = latest_run(store, one.at) if one.at < at else None
        if run and run.run != last.run:
            judged[run.run] = run, one
    earlier = sorted(judged.values(), key=lambda pair: (pair[0].at, pair[0].number))
    before = [pair for pair in earlier if pair[0].at <= since]
    found, lost = [], []
    for run, judgement in [*before[-1:], *earlier[len(before) :]]:
        try:
            found.append(Night(run.at, _writing(_kept(store, judgement), run)))
        except (AlteredError, msgspec.MsgspecError, StopIteration):
            lost.append(run.run)
    return [*found, Night(last.at, _writing(access, last))], lost


def _kept(store: Store, judgement: Manifest) -> tuple[Entitlement, ...]:
    file = next(file for file in judgement.kept if file.origin == ACCESS)
    return msgspec.json.decode(store.content(file), type=tuple[Entitlement, ...])


def _writing(access: Iterable[Entitlement], run: Manifest) -> list[Entitlement]:
    """The paths of people that a run saw: what rests on a source that it could not read may have changed."""
    sources = {name for name in run.sources if run.has_read(name)}
    return [
        path
        for path in access
        if path.person and path.writes and not path.eligible and sources.issuperset(e.source for e in path.evidence)
    ]
