"""Puts what a run was judged by, and what came of it, into the chain of evidence; its hash vouches for the run."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

import auditor
from auditor.config.kept_policy import kept_policy
from auditor.errors import AlteredError
from auditor.evidence import judgements
from auditor.evidence.files import fingerprint
from auditor.evidence.manifest import POLICY, Manifest
from auditor.evidence.store import Store
from auditor.ledger import Decision, Head, Ledger
from auditor.model.findings import Audit
from auditor.options import LATEST, RunOptions
from auditor.removals import LONGEST_LOG, logs
from reports import findings_json
from reports.artifacts import ACCESS
from reports.write import FINDINGS

ON_RECORD = {
    "decisions.jsonl": "The decisions",
    "campaigns.jsonl": "The campaigns",
    "attestations.jsonl": "The decisions of campaigns",
    "closings.jsonl": "The closings of campaigns",
    "proofs.jsonl": "The proofs of campaigns",
}


def seal(store: Store, options: RunOptions, run: str, documents: Mapping[str, bytes]) -> Head:
    """Keep the run's documents in the chain, with the policy, every decision and the logs of cleanup scripts.

    The store's lock is held. Documents go by the names of their files.

    Returns:
        What the chain ends with from now on; the ledger knows it too.

    Raises:
        StoreError: it cannot be stored.
    """
    with options.ledger as ledger:
        kept = {**documents, POLICY: kept_policy(options.config), **on_record(ledger)}
        kept |= {_name(log, options): log.read_bytes() for log in logs(options, ledger) if _fits(log)}
        link = judgements.record(store, run, options.at, version=auditor.__version__, kept=kept)
        head = Head(run=link.run, at=options.at, number=link.number, sha256=link.sha256)
        ledger.remember(head)
    return head


def latest(options: RunOptions) -> tuple[Path, Audit]:
    """The folder of the latest audit, and the audit, if it is still what that run found.

    Raises:
        AlteredError: its findings, or who could touch what, were edited since.
        ReportError: it cannot be read, or leads out of the output folder.
    """
    folder = options.folder(LATEST)
    return folder, unaltered(options, folder)


def unaltered(options: RunOptions, folder: Path, judged: Sequence[Manifest] | None = None) -> Audit:
    """The audit that a run left in its folder, checked against what was judged; raises as `latest` does."""
    audit = findings_json.read(folder / FINDINGS)
    every = judgements.judgements(options.store, audit.run) if judged is None else judged
    known = [one for one in every if one.judges == audit.run]
    for file in known[-1].kept if known else ():
        if file.origin in (FINDINGS, ACCESS) and not is_same(folder / file.origin, file.content_sha256):
            raise AlteredError(
                f"{folder / file.origin} is not what the run {audit.run} left: it was edited since.",
                means="Nothing is decided, explained or taken away by it.",
                do="Run `auditor verify`; `auditor reconcile` with the --at of that run writes it anew.",
            )
    return audit


def _fits(log: Path) -> bool:
    return log.stat().st_size <= LONGEST_LOG


def _name(log: Path, options: RunOptions) -> str:
    """Where a log lies, from the output folder: that may move."""
    root = options.output.resolve()
    return str(log.relative_to(root) if log.is_relative_to(root) else log)


def is_same(place: Path, sha256: str) -> bool:
    """Whether a file is there, with this content."""
    if not place.is_file():
        return False
    with place.open("rb") as stream:
        return fingerprint(stream)[1] == sha256


def on_record(ledger: Ledger) -> dict[str, bytes]:
    """What the ledger keeps of what was decided, in files of JSON lines that only ever grow."""
    campaigns = {
        "campaigns.jsonl": _lines(replace(one, closing=None) for one in ledger.campaigns()),
        "attestations.jsonl": _lines(ledger.attestations()),
        "closings.jsonl": _lines(ledger.closings()),
        "proofs.jsonl": b"".join(ledger.proven()),
    }
    return {"decisions.jsonl": decided(ledger.decisions())} | {name: data for name, data in campaigns.items() if data}


def decided(decisions: Sequence[Decision]) -> bytes:
    """Decisions as lines of JSON, in the order in which they were added; those of an older auditor as it wrote them."""
    lines = (msgspec.to_builtins(decision) for decision in decisions)
    return _lines({name: value for name, value in line.items() if value or name != "who"} for line in lines)


def _lines(records: Iterable[Any]) -> bytes:
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)
