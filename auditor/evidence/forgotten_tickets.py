"""What a source told of before and has forgotten since: some keep what they tell for weeks, or until it is over."""

from collections.abc import Iterable
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from auditor.evidence.manifest import Part
from auditor.evidence.staging import Staging
from auditor.evidence.store import Store
from auditor.model.tables import Ticket

KEPT = timedelta(days=400)
"""So long after a source told of a ticket last, it stands in its snapshots."""


def remembered(store: Store, staging: Staging, source: str, parts: Iterable[Part]) -> list[Part]:
    """The tickets of a source's snapshot before that this run's parts lack, as one more part."""
    staged = [staging.folder / part.path for part in parts if part.table == Ticket.TABLE]
    told = [ticket for path in staged for ticket in pq.read_table(path, columns=["ticket"])["ticket"].to_pylist()]
    before = store.snapshot(Ticket, [source], staging.at)
    forgotten = pc.invert(pc.is_in(before["ticket"], value_set=pa.array(told, pa.string())))
    recent = pc.greater(before["collected_at"], pa.scalar(staging.at - KEPT, before["collected_at"].type))
    return staging.write(source, Ticket, before.filter(pc.and_(forgotten, recent)))
