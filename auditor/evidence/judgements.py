"""Judgements in the chain: what a run was judged by, and what came of it. The hash of one vouches for its run."""

from collections.abc import Mapping
from datetime import datetime

from auditor.evidence.kept import hashes
from auditor.evidence.manifest import POLICY, Link, Manifest
from auditor.evidence.store import Store


def record(store: Store, run: str, at: datetime, *, version: str, kept: Mapping[str, bytes]) -> Link:
    """Add to the chain what judging a run rested on and came to: once, however often it is judged alike.

    Raises:
        StoreError: it cannot be stored.
    """
    before = judgements(store, run)
    known = before[-1] if before else None
    if known is None or {file.origin: file.content_sha256 for file in known.kept} != hashes(kept):
        name = f"{run}.judged-{len(before) + 1}" if before else f"{run}.judged"
        known = store.commit(store.staging(name, at), (), version=version, sources={}, kept=kept, judges=run)
    return next(link for link in store.links() if link.run == known.run)


def judgements(store: Store, run: str | None = None) -> list[Manifest]:
    """Those of all runs or of one, oldest first; raises AlteredError where the chain is broken."""
    judged = [manifest for manifest in store.records() if manifest.judges is not None]
    return [manifest for manifest in judged if run in (None, manifest.judges)]


def head(store: Store, run: str) -> Link | None:
    """The link of a run's last judgement; None where it was never judged."""
    judged = judgements(store, run)
    return next((link for link in store.links() if judged and link.run == judged[-1].run), None)


def links(store: Store, run: str) -> list[Link]:
    """The links of what a run read and of its last judgement, as far as the chain has them."""
    judged = judgements(store, run)
    names = {run, *(manifest.run for manifest in judged[-1:])}
    return [link for link in store.links() if link.run in names]


def kept_policies(store: Store, at: datetime | None = None) -> list[tuple[Manifest, bytes | None]]:
    """The runs until a time, or all, in its order, each with what auditor.yaml said then; None where one kept none.

    Raises:
        AlteredError: one is missing or is not what its manifest says.
    """
    runs = sorted(
        (run for run in store.manifests() if at is None or run.at <= at), key=lambda run: (run.at, run.number)
    )
    files = [next((file for file in run.kept if file.origin == POLICY), None) for run in runs]
    contents = {file.path: store.content(file) for file in files if file}
    return [(run, contents[file.path] if file else None) for run, file in zip(runs, files, strict=True)]
