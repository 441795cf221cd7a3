"""What happened to a system, with the values that changes set and those before them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.incident import LOOK_BACK, Act, incident, with_before
from auditor.case.moment import place
from auditor.config.sources import AnySource
from auditor.errors import AuditorError
from auditor.evidence.store import Store
from auditor.model.details import details
from auditor.model.findings import Evidence
from auditor.model.tables import Activity, Policy
from auditor.options import RunOptions
from auditor.providers.registry import provider
from auditor.providers.settings import Setting
from auditor.questions.scene import Scene
from reports.incident import Review, review_view

MOST = 200
"""So many records are read again, the first ones: about ten milliseconds each."""

_BUCKET = "the log is read from a bucket without `keep_raw`"
_MANY = f"only the first {MOST} records are read again"
_GONE = "the record cannot be read where it was"


class Told(Struct, frozen=True):
    """A change whose values are asked for; `detail` is what its row keeps of it.

    Args:
        place: its account, project or host, and what it was done to.
        time: when; None where what it replaced is not asked for.
    """

    provider: str
    action: str
    detail: str | None
    evidence: Evidence
    place: tuple[str, str | None] = ("", None)
    time: datetime | None = None


def values(
    options: RunOptions, changes: Iterable[Told], policies: Sequence[Policy] = ()
) -> Mapping[tuple[str, str, int], Setting]:
    """What each change set, by the place of its record, secrets taken out.

    What a row keeps of a change of rights is all that is needed; of others the record is read again. One that cannot be
    read says why. Objects in a bucket are not fetched, unless they were kept. What a change of a policy replaced comes
    from the `policies` of a snapshot before it.
    """
    sources = {source.name: source for source in options.config.sources}
    store = options.store
    found: dict[tuple[str, str, int], Setting] = {}
    read = 0
    asked: dict[tuple[str, str, int], Told] = {}
    for one in changes:
        if one.time or place(one.evidence) not in asked:  # it may also be what was before another
            asked[place(one.evidence)] = one
    for one in asked.values():
        room, pointer = provider(one.provider), one.evidence
        if kept := details(one.detail):
            before = (row for row in policies if one.time and row.collected_at <= one.time)
            stood = room.stood(one.action, kept, one.place, before)
            found[place(pointer)] = replace(room.setting(one.action, kept, None), stood=stood)
            continue
        source = sources.get(pointer.source)
        fetched = pointer.origin.startswith("s3://") and not options.config.keep_raw
        if source is None or fetched or read >= MOST:
            found[place(pointer)] = Setting(unread=_GONE if source is None else _BUCKET if fetched else _MANY)
            continue
        read += 1
        try:
            record = json.loads("\n".join(_original(options, source, store, pointer)))
        except (AuditorError, ValueError):
            found[place(pointer)] = Setting(unread=_GONE)  # the act is told all the same
            continue
        if isinstance(record, dict):
            found[place(pointer)] = room.setting(one.action, room.asked(record), room.answered(record))
    return found


def _original(options: RunOptions, source: AnySource, store: Store, pointer: Evidence) -> list[str]:
    """The raw record's lines; raises as `original` does."""
    from collectors.base import Context  # late: most changes keep in their rows what they set
    from collectors.originals import original

    context = Context(collected_at=options.at, base=options.config.base, zone=options.config.timezone)
    return original(source, context, store, pointer)


def review(options: RunOptions, store: Store, asked: Scene) -> Review:
    """What happened to a system between two moments."""
    store.expect(Activity, asked.from_ - LOOK_BACK, asked.to)
    found = incident(store, options.config, asked.system, asked.from_, asked.to, max(options.at, asked.to))
    changes = [act for act in found.acts if act.changes and act.count == 1]
    told = dict(values(options, map(_change, changes), found.then.policies))
    tells = {one for one, setting in told.items() if setting.tells}  # of others no value before is ever shown
    found = with_before(store, found, lambda act: place(act.told.evidence) in tells)
    before = (one for act in found.acts if (one := _before(act)) and place(one.evidence) not in told)
    told |= values(options, before)
    return review_view(found, told, asked.ticket, asked.unknown)


def _change(act: Act) -> Told:
    one = act.told
    return Told(one.provider, one.action, one.detail, one.evidence, (one.scope, one.resource), one.time)


def _before(act: Act) -> Told | None:
    """The one of its kind before a change."""
    before = act.before
    return Told(act.told.provider, act.told.action, before.detail, before.evidence) if before else None
