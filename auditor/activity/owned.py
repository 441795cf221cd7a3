"""Which system each of many things belongs to, as Arrow has them."""

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from auditor.model.arrow import empty

Owners = Callable[[str, str, pa.Array], pa.Array]
_NOTHING_OWNED = empty(pa.schema([("thing", pa.int64()), ("owner", pa.int32())]))


def owned(things: Iterable[pa.RecordBatch], owners: Owners) -> Mapping[str, pa.Table]:
    """`owned`: the numbers of things that a system claims, each with that of the system; `owners`: those of systems."""
    numbers: dict[str, int] = {}
    found = [_NOTHING_OWNED]
    for batch in things:
        table = pa.Table.from_batches([batch])
        for place in table.group_by(["provider", "scope"]).aggregate([]).to_pylist():
            alike = (pc.equal(table[name], place[name]) for name in ("provider", "scope"))
            here = table.filter(pc.and_(*alike))
            systems = owners(place["provider"], place["scope"], here["resource"].combine_chunks())
            codes = [None if one is None else numbers.setdefault(one, len(numbers)) for one in systems.to_pylist()]
            claimed = pa.table({"thing": here["thing"].cast(pa.int64()), "owner": pa.array(codes, pa.int32())})
            found.append(claimed.filter(pc.is_valid(claimed["owner"])))
    named = pa.table({"owner": pa.array(numbers.values(), pa.int32()), "system": pa.array(numbers, pa.string())})
    return {"owned": pa.concat_tables(found), "owners": named}
