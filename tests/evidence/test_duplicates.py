"""An event is stored once, however often and wherever it is delivered."""

import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.evidence.store import Store
from auditor.model.arrow import to_arrow
from auditor.model.tables import Activity

files = st.lists(st.lists(st.integers(0, 35), max_size=8), max_size=4)


@settings(max_examples=8)
@given(runs=st.lists(files, min_size=1, max_size=3))
def test_whatever_is_delivered_each_event_is_stored_once_as_it_came_first(made, runs):
    expected = {}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        for number, delivered in enumerate(runs):
            parts = []
            with store.lock():
                staging = store.staging(f"r{number}", made.NIGHT)
                for name in reversed(range(len(delivered))):
                    rows = made.events_of(delivered[name], f"{number}-{name}.json")
                    parts += staging.write("trail", Activity, to_arrow(Activity, rows))
                manifest = store.commit(staging, parts, version="1", sources={"trail": made.good})
            before = len(expected)
            for name, events in enumerate(delivered):
                for record, event in enumerate(events):
                    expected.setdefault(event, (event, f"{number}-{name}.json", record))
            counted = manifest.sources["trail"]
            assert counted.duplicates == sum(map(len, delivered)) - (len(expected) - before)
            assert counted.tables.get("activity", 0) == len(expected) - before
        assert made.stored(store) == sorted(expected.values())
        assert list(store.verify()) == []


def test_an_event_of_an_earlier_run_is_dropped_from_the_new_part(store, made):
    made.commit(store, "r1", made.events_of([1, 2], "a.json"))
    made.commit(store, "r2", made.events_of([2, 3], "b.json"))
    assert made.stored(store) == [(1, "a.json", 0), (2, "a.json", 1), (3, "b.json", 1)]


def test_one_file_read_by_two_sources_is_stored_once(store, made):
    rows = [*made.events_of([1, 2], source="b-bucket"), *made.events_of([1, 2], source="a-folder")]
    made.commit(store, "r1", rows, sources=["a-folder", "b-bucket"])
    assert [part.source for part in store.parts(Activity)] == ["a-folder"]


def test_the_same_id_at_two_providers_is_two_events(store, made):
    made.commit(store, "r1", [made.event(1), made.event(1, record=1, provider="gcp")])
    assert len(made.stored(store)) == 2


def test_parts_without_duplicates_are_not_written_anew(store, made):
    with store.lock():
        staging = store.staging("r1", made.NIGHT)
        clean = staging.write("trail", Activity, to_arrow(Activity, made.events_of([1, 2])))
        double = staging.write("trail", Activity, to_arrow(Activity, made.events_of([3, 3], "b.json")))
        inodes = {(staging.folder / part.path).stat().st_ino for part in (*clean, *double)}
        manifest = store.commit(staging, [*clean, *double], version="1", sources={"trail": made.good})
    kept = {part.sha256 for part in manifest.parts}
    assert clean[0].sha256 in kept
    assert double[0].sha256 not in kept
    assert len(inodes & {(store.work / part.path).stat().st_ino for part in manifest.parts}) == 1


def test_strange_ids_are_compared_as_they_are(store, made):
    ids = ["", " ", "a", "A", "a'--", "ä", "a\x00b", "💥"]
    rows = [made.event(1, record=n, event_id=name) for n, name in enumerate(ids * 2)]
    made.commit(store, "r1", rows)
    data = store.read(Activity, store.parts(Activity))
    assert data["event_id"].to_pylist() == ids
