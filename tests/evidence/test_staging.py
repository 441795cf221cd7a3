"""What a run staged, in as few parts as its rows fit in."""

import itertools

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.model.arrow import schema, to_arrow
from auditor.model.tables import Account, Activity

DAY = 10  # events, as the fixture makes them


@pytest.fixture
def staging(store, made):
    with store.lock():
        yield store.staging("r1", made.NIGHT)


def stored(staging, parts):
    return [pq.ParquetFile(staging.folder / part.path).read() for part in parts]


def test_small_parts_of_a_day_are_one_in_their_order(staging, made):
    batches = [to_arrow(Activity, made.events_of([number, number + DAY])) for number in (3, 1, 2)]
    parts = [part for batch in batches for part in staging.write("trail", Activity, batch)]
    joined = staging.joined(parts)
    assert [(part.day.day, part.rows) for part in joined] == [(1, 3), (2, 3)]
    assert [rows["event_id"].to_pylist() for rows in stored(staging, joined)] == [
        ["id-3", "id-1", "id-2"],
        ["id-13", "id-11", "id-12"],
    ]
    assert [(part.from_time.hour, part.to_time.hour) for part in joined] == [(1, 3), (1, 3)]
    assert all(rows.schema.equals(schema(Activity), check_metadata=True) for rows in stored(staging, joined))


def test_each_source_and_each_table_has_parts_of_its_own(staging, made):
    events, people = to_arrow(Activity, made.events_of([1])), to_arrow(Account, [made.account("mia")])
    parts = [part for name in ("b", "a", "b") for part in staging.write(name, Activity, events)]
    parts += [part for _ in range(2) for part in staging.write("b", Account, people)]
    found = [(part.source, part.table, part.rows) for part in staging.joined(parts)]
    assert found == [("b", "activity", 2), ("a", "activity", 1), ("b", "accounts", 2)]


@pytest.mark.parametrize(
    ("sizes", "joined"),
    [
        ((29_000, 1_000, 1), [30_000, 1]),
        ((1, 30_000, 1, 1), [1, 30_000, 2]),
        ((30_001, 30_001), [30_001, 30_001]),
        ((5,), [5]),
        ((), []),
    ],
)
def test_a_part_stays_as_small_as_a_batch(staging, made, sizes, joined):
    day = to_arrow(Activity, made.events_of([1]))
    parts = [
        part
        for size in sizes
        for part in staging.write("trail", Activity, day.take(pa.array(itertools.repeat(0, size), pa.int32())))
    ]
    assert [part.rows for part in staging.joined(parts)] == joined
