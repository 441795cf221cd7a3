"""Is the evidence what earlier runs stored? The chain itself, and beside it what others know of it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from auditor.anchors import unvouched
from auditor.campaign.kept import POPULATION, PROOF, RECORD, REVIEWS
from auditor.config import Config
from auditor.errors import AlteredError
from auditor.evidence import judgements
from auditor.evidence.manifest import RawFile
from auditor.evidence.store import Store
from auditor.evidence.verify import Problem
from auditor.ledger import Ledger
from auditor.options import LEDGER
from auditor.seal import ON_RECORD, is_same, on_record

_ALWAYS = datetime.max.replace(tzinfo=UTC)


def problems(
    store: Store, output: Path | None, known: str | None = None, config: Config | None = None
) -> list[Problem]:
    """Everything that is missing, altered or strange: in the store, then in what the output folder holds beside it.

    Args:
        store: the evidence.
        output: where the runs left the ledger and their findings; None to look at the store alone.
        known: the hash of a run, written down elsewhere.
        config: who vouches for the runs from outside; None not to ask them.

    Raises:
        StoreError: the store or the ledger cannot be read.
    """
    found = list(store.verify(known))
    if config is not None:
        found += unvouched(config, store)
    if output is not None:
        found += _unknown_heads(store, output / LEDGER)
        if not found:  # what the chain keeps can be believed
            found += [*_altered(store, output), *_campaigns(output)]
    return found


def _unknown_heads(store: Store, ledger: Path) -> Iterator[Problem]:
    """Runs that the ledger knows and the chain does not: it was rolled back, deleted, cut short or made anew."""
    if not ledger.exists():
        return
    try:
        present = {link.sha256 for link in store.links()}
    except AlteredError:  # said already
        return
    with Ledger(ledger) as book:
        lost = [head for head in book.heads(_ALWAYS) if head.sha256 not in present]
    for head in lost:
        sentence = f"The ledger knows the run {head.run} ({head.sha256}), and the chain does not."
        yield Problem(f"manifests/{head.run}.json", "missing", sentence)


def _altered(store: Store, output: Path) -> Iterator[Problem]:
    """Findings, decisions and logs that are not what the chain keeps of them."""
    judged = judgements.judgements(store)
    final = {one.judges: one for one in judged}
    last = {file.origin: file for one in judged for file in one.kept}
    for one in judged:
        for file in one.kept if final[one.judges] is one else ():
            place = output / str(one.judges) / file.origin
            if len(Path(file.origin).parts) == 1 and place.is_file() and not is_same(place, file.content_sha256):
                yield Problem(str(place), "altered", f"{place} is not what the run {one.judges} found.")
    for name, file in last.items():
        yield from _not_continued(store, output, name, file)


def _campaigns(output: Path) -> Iterator[Problem]:
    """What lies of campaigns and is not what the ledger has of it."""
    if not (output / LEDGER).exists():
        return
    with Ledger(output / LEDGER) as ledger:
        for one in ledger.campaigns():
            proven = b"".join(ledger.proven(one.campaign))
            hashes = {POPULATION: one.population, PROOF: sha256(proven).hexdigest() if proven else ""}
            hashes[RECORD] = one.closing.record if one.closing else ""
            folder = output / REVIEWS / one.campaign
            for place in (folder / name for name, digest in hashes.items() if digest and folder.is_dir()):
                if not is_same(place, hashes[place.name]):
                    yield Problem(str(place), "altered", f"{place} is not what the ledger has of the campaign.")


def _not_continued(store: Store, output: Path, name: str, file: RawFile) -> Iterator[Problem]:
    """A file that only ever grows, and does not begin with what the chain keeps of it."""
    if name in ON_RECORD and (output / LEDGER).exists():
        with Ledger(output / LEDGER) as ledger:
            now = on_record(ledger).get(name, b"")
    elif len(Path(name).parts) > 1 and (output / name).is_file():
        now = (output / name).read_bytes()
    else:
        return
    if not now.startswith(store.content(file)):
        what = f"{ON_RECORD[name]} in the ledger are" if name in ON_RECORD else f"{name} is"
        yield Problem(name, "altered", f"{what} not what the chain keeps of them, and more.")
