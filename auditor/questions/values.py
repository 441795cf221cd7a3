"""The values that changes set: from their rows, else as the raw records have them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from auditor.case.moment import place
from auditor.errors import AuditorError
from auditor.model.details import details
from auditor.model.findings import Evidence
from auditor.options import RunOptions
from auditor.providers.registry import provider
from auditor.providers.settings import Setting
from collectors.base import Context
from collectors.originals import original

MOST = 200
"""So many records are read again, the first ones: about ten milliseconds each."""


@dataclass(frozen=True, slots=True)
class Told:
    """A change whose values are asked for; `detail` is what its row keeps of it."""

    provider: str
    action: str
    detail: str | None
    evidence: Evidence


def values(options: RunOptions, changes: Iterable[Told]) -> Mapping[tuple[str, str, int], Setting]:
    """What each change set, by the place of its record, secrets taken out.

    What a row keeps of a change of rights is all that is needed; of others the record is read again. One that cannot be
    read has none. Objects in a bucket are not fetched, unless they were kept.
    """
    sources = {source.name: source for source in options.config.sources}
    context = Context(collected_at=options.at, base=options.config.base, zone=options.config.timezone)
    store = options.store
    found: dict[tuple[str, str, int], Setting] = {}
    read = 0
    for one in {place(one.evidence): one for one in changes}.values():
        room, pointer = provider(one.provider), one.evidence
        if kept := details(one.detail):
            found[place(pointer)] = room.setting(one.action, kept, None)
            continue
        source = sources.get(pointer.source)
        fetched = pointer.origin.startswith("s3://") and not options.config.keep_raw
        if source is None or fetched or read >= MOST:
            continue
        read += 1
        try:
            record = json.loads("\n".join(original(source, context, store, pointer)))
        except (AuditorError, ValueError):
            continue  # the act is told all the same, without its values
        if isinstance(record, dict):
            found[place(pointer)] = room.setting(one.action, room.asked(record), room.answered(record))
    return found
