"""What a run stores is read back as of any time."""

import contextlib
import os
import pickle
import stat
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.errors import AlteredError, LockedError, StoreError
from auditor.evidence.objects_read import seen
from auditor.evidence.store import Store
from auditor.model.arrow import schema, to_arrow
from auditor.model.tables import Account, Activity, ReadObject

DAY = timedelta(days=1)


def names(table):
    return sorted(table["account"].to_pylist())


def files_of(store, folder=""):
    root = Path(store.name)
    return sorted(p.relative_to(root).as_posix() for p in (root / folder).rglob("*") if p.is_file())


def test_rows_come_back_as_they_were_written(store, made):
    rows = made.events_of([1, 2, 3])
    made.commit(store, "r1", rows)
    data = store.read(Activity, store.parts(Activity))
    assert data.schema == schema(Activity)
    assert data.to_pylist() == to_arrow(Activity, rows).to_pylist()


def test_the_manifest_says_what_was_stored(store, made):
    manifest = made.commit(store, "r1", [*made.events_of([1, 12]), made.account("mia")], pages=[b"page"])
    assert [(p.path, p.rows) for p in manifest.parts] == [
        ("lake/accounts/date=2026-10-02/r1-iam-0.parquet", 1),
        ("lake/activity/date=2026-10-01/r1-trail-1.parquet", 1),
        ("lake/activity/date=2026-10-02/r1-trail-2.parquet", 1),
    ]
    assert manifest.sources["trail"].tables == {"activity": 2}
    assert [f.path for f in manifest.raw] == ["raw/iam/r1-0.gz"]
    assert store.manifests() == [manifest]
    assert files_of(store, "lake") == [p.path for p in manifest.parts]


def test_late_rows_land_in_their_own_day(store, made):
    made.commit(store, "r1", made.events_of([20, 21]))
    made.commit(store, "r2", made.events_of([22, 3], "late.json"))
    days = {part.day: part.rows for part in store.parts(Activity) if part.path.split("/")[-1].startswith("r2-")}
    assert days == {date(2026, 10, 1): 1, date(2026, 10, 3): 1}
    assert all(f"date={part.day}" in part.path for part in store.parts(Activity))


def test_a_day_ends_at_midnight_utc(store, made):
    oslo = datetime.fromisoformat("2026-10-02T00:30:00+02:00")
    made.commit(store, "r1", [made.event(1, time=oslo)])
    assert [part.day for part in store.parts(Activity)] == [date(2026, 10, 1)]


def test_parts_are_chosen_by_day_source_and_run(store, made):
    made.commit(store, "r1", made.events_of([1, 11, 21]))
    made.commit(store, "r2", made.events_of([12], "b.json", source="other"), sources=["other"])
    second = date(2026, 10, 2)
    assert [p.rows for p in store.parts(Activity, days=(second, second))] == [1, 1]
    assert [p.day for p in store.parts(Activity, days=(second, second), sources=["other"])] == [second]
    assert len(store.parts(Activity, run="r1")) == 3


def test_what_is_shared_is_looked_up_once_and_knows_what_it_stored_itself(store, made):
    other = Store(store.name)
    made.commit(store, "r1", [made.account("mia")])
    with store.shared():
        assert [one.run for one in store.manifests()] == ["r1"]
        made.commit(other, "r2", [made.account("leon")])
        assert [one.run for one in store.manifests()] == ["r1"]
        made.commit(store, "r3", [made.account("nina")])
        assert [one.run for one in store.manifests()] == ["r1", "r2", "r3"]
        accounts = store.rows(Account, store.parts(Account))
        assert [one.account for one in store.rows(Account, store.parts(Account))] == [one.account for one in accounts]
        assert len(accounts) == 3
    made.commit(other, "r4", [made.account("tom")])
    assert [one.run for one in store.manifests()] == ["r1", "r2", "r3", "r4"]


def test_duckdb_reads_a_period_in_utc(store, made):
    made.commit(store, "r1", made.events_of(range(40)))
    first = datetime(2026, 10, 2, tzinfo=UTC)
    files = store.scan(Activity, first, first + DAY - timedelta(hours=1))
    assert len(files) == 1
    connection = store.connect()
    (hour,) = connection.execute("select max(extract(hour from time)) from read_parquet(?)", [files]).fetchone()
    assert hour == 9
    assert connection.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_duckdb_works_on_disk_where_memory_is_short(tmp_path):
    store = Store(str(tmp_path / "evidence"), memory="40MB")
    connection = store.connect()
    connection.execute("create temp table ids as select md5(range::varchar) as id from range(1000000)")
    assert connection.execute("select count(distinct id) from ids").fetchone() == (1_000_000,)
    (spill,) = (store.work / "spill").iterdir()
    assert spill.name == str(os.getpid())
    connection.close()
    assert files_of(store) == []


def test_a_snapshot_is_each_sources_latest_good_run_until_then(store, made):
    made.commit(store, "r1", [made.account("mia"), made.account("host", "ssh")], sources=["iam", "ssh"])
    made.commit(store, "r2", [made.account("leon")], at=made.NIGHT + DAY, sources=["iam"])
    made.commit(store, "r3", [], at=made.NIGHT + 2 * DAY, sources=["iam", "ssh"], failed=["ssh"])
    both = ["iam", "ssh"]
    assert names(store.snapshot(Account, both, made.NIGHT)) == ["host", "mia"]
    assert names(store.snapshot(Account, both, made.NIGHT + DAY)) == ["host", "leon"]
    assert names(store.snapshot(Account, both, made.NIGHT + 2 * DAY)) == ["host"]
    assert names(store.snapshot(Account, ["ssh"], made.NIGHT + DAY)) == ["host"]
    assert names(store.snapshot(Account, both, made.NIGHT - DAY)) == []


def test_an_empty_snapshot_has_the_tables_columns(store):
    assert store.snapshot(Account, ["iam"], datetime(2026, 1, 1, tzinfo=UTC)).schema == schema(Account)


def test_the_last_version_of_an_object_is_the_one_that_was_seen(store, made):
    made.commit(store, "r1", [made.read_object("a", "1"), made.read_object("b", "1")])
    made.commit(
        store, "r2", [made.read_object("a", "2"), made.read_object("c", "7", "other")], sources=["trail", "other"]
    )
    assert seen(store, "trail") == {"a": "2", "b": "1"}
    assert seen(store, "nothing") == {}


def test_of_objects_in_folders_of_days_those_are_seen_that_are_listed_again(store, made):
    def objects(*days, version="1"):
        return [made.read_object(f"s3://trail/eu/2026/01/{day:02}/a", version) for day in days]

    beside = [made.read_object(f"s3://trail/eu/{name}/a", "1") for name in ("2026/99/01", "2026-01-01", "2026-01-31")]
    made.commit(store, "r1", [*objects(*range(1, 21)), *beside])
    late = {f"s3://trail/eu/2026/01/{day:02}/a": "1" for day in (17, 18, 19, 20)}
    dateless = {one.origin: "1" for one in beside}
    assert seen(store, "trail", 3) == late | dateless

    made.commit(store, "r2", [made.read_object("s3://trail/us/2025/12/31/a", "1"), made.read_object("top.json", "1")])
    dateless |= {"s3://trail/us/2025/12/31/a": "1", "top.json": "1"}
    assert seen(store, "trail", 3) == late | dateless

    made.commit(store, "r3", objects(10, version=""))
    again = {f"s3://trail/eu/2026/01/{day:02}/a": "" if day == 10 else "1" for day in range(7, 21)}
    assert seen(store, "trail", 3) == again | dateless
    made.commit(store, "r4", objects(10, version="2"))
    assert seen(store, "trail", 3) == late | dateless
    assert len(seen(store, "trail")) == 25


def test_raw_pages_are_read_back_as_received(store, made):
    page = b'{"UserDetailList": []}\n' * 100
    manifest = made.commit(store, "r1", pages=[page, b""])
    kept = manifest.raw[0] if manifest.raw[0].origin == "page-0" else manifest.raw[1]
    assert store.raw("iam", "page-0", kept.content_sha256) == page
    assert store.raw("iam", "page-0", "0" * 64) is None


def test_parts_of_an_older_version_get_todays_columns(store, made):
    with store.lock():
        staging = store.staging("r1", made.NIGHT)
        old = to_arrow(ReadObject, [made.read_object("a")]).drop_columns(["rejected", "reason"])
        old = old.append_column("given_up", pa.array([True]))
        store.commit(staging, staging.write("trail", ReadObject, old), version="0", sources={"trail": made.good})
    assert (
        store.read(ReadObject, store.parts(ReadObject)).to_pylist()
        == to_arrow(ReadObject, [made.read_object("a")]).to_pylist()
    )


def test_a_snapshot_of_nothing_stages_nothing(store, made):
    with store.lock():
        assert store.staging("r1", made.NIGHT).write("iam", Account, to_arrow(Account, [])) == []


def test_workers_get_the_staging_folder_by_pickle(store, made):
    with store.lock():
        staging = pickle.loads(pickle.dumps(store.staging("r1", made.NIGHT)))
        (part,) = pickle.loads(pickle.dumps(staging.write("iam", Account, to_arrow(Account, [made.account("mia")]))))
        assert pq.ParquetFile(staging.folder / part.path).metadata.num_rows == part.rows == 1


def test_what_is_staged_but_not_committed_is_not_stored(store, made):
    with store.lock():
        store.staging("r1", made.NIGHT).write("iam", Account, to_arrow(Account, [made.account("mia")]))
    assert store.parts(Account) == []
    made.commit(store, "r2", [made.account("leon")])
    assert names(store.snapshot(Account, ["iam"], made.NIGHT)) == ["leon"]
    assert files_of(store, "staging") == []


def test_only_the_owner_can_read_the_evidence(store, made):
    umask = os.umask(0)
    try:
        made.commit(store, "r1", [*made.events_of([1]), made.account("mia")], pages=[b"page"])
    finally:
        os.umask(umask)
    root = Path(store.name)
    modes = {p.relative_to(root).as_posix(): stat.S_IMODE(p.stat().st_mode) for p in (root, *root.rglob("*"))}
    assert {path for path, mode in modes.items() if (root / path).is_file() and mode != 0o600} == set()
    assert {path for path, mode in modes.items() if (root / path).is_dir() and mode != 0o700} == set()


def test_a_second_run_is_told_who_holds_the_lock(store):
    with (
        store.lock(),
        pytest.raises(LockedError, match=f"process {os.getpid()} on ") as raised,
        Store(store.name).lock(),
    ):
        pass
    assert raised.value.exit_status == 4
    with store.lock():
        pass


def test_another_process_is_kept_out_too(store):
    attempt = "import sys; from auditor.evidence.store import Store\nwith Store(sys.argv[1]).lock(): pass"
    with store.lock():
        process = subprocess.run(
            [sys.executable, "-c", attempt, store.name], capture_output=True, text=True, check=False
        )
    assert process.returncode == 1
    assert "LockedError" in process.stderr


def test_staging_needs_the_lock(store, made):
    with pytest.raises(StoreError, match="lock is not held"):
        store.staging("r1", made.NIGHT)


@pytest.mark.parametrize("run", ["", "../r1", "a/b", ".hidden", "a" * 101])
def test_a_runs_id_must_be_able_to_name_a_file(store, made, run):
    with store.lock(), pytest.raises(StoreError, match="cannot name a run"):
        store.staging(run, made.NIGHT)


def test_a_run_is_stored_once(store, made):
    made.commit(store, "r1")
    with store.lock(), pytest.raises(StoreError, match="r1 is stored already"):
        store.staging("r1", made.NIGHT)


def test_a_sources_name_cannot_lead_out_of_the_store(store, made):
    row = made.account("mia", "../../up")
    made.commit(store, "r1", [row], sources=["../../up"])
    assert [part.path for part in store.parts(Account)] == ["lake/accounts/date=2026-10-02/r1-______up-0.parquet"]
    assert names(store.snapshot(Account, ["../../up"], made.NIGHT)) == ["mia"]


def test_what_was_looked_at_ahead_is_refused_where_it_is_read_and_there_alone(store, made):
    before = set(threading.enumerate())
    made.commit(store, "r1", made.events_of([1, 26]))
    for part in store.parts(Activity)[1:]:
        (Path(store.name) / part.path).write_bytes(b"altered")
    first, last = store.parts(Activity)
    for _ in range(2):
        with store.shared(soon=True):
            store.expect(Activity, first.from_time, last.to_time)
            assert store.ask(Activity, [first], "SELECT count(*) FROM stored") == [(1,)]
            with pytest.raises(AlteredError, match="was altered"):
                store.scan(Activity, last.from_time, last.to_time)
            with pytest.raises(AlteredError, match="was altered"):
                store.scan(Activity, last.from_time, last.to_time)
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


def test_those_who_share_a_store_have_the_memory_that_they_ask_for_whoever_asked_before(store, made):
    made.commit(store, "r1", [made.account("mia")])
    assert store.ask(Account, store.parts(Account), "SELECT count(*) FROM stored") == [(1,)]
    limits = [_memory(store.connect("300MB"))]
    with store.shared():
        limits += [_memory(store.connect("300MB")), _memory(store.connect()), _memory(store.connect("200MB"))]
    assert limits[0] == limits[1] == limits[2] != limits[3]


def _memory(connection):
    with contextlib.closing(connection):
        return connection.execute("SELECT current_setting('memory_limit')").fetchone()


def test_reading_an_altered_part_is_refused(store, made):
    made.commit(store, "r1", [made.account("mia")])
    (part,) = store.parts(Account)
    file = Path(store.name) / part.path
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(AlteredError, match="was altered"):
        store.snapshot(Account, ["iam"], made.NIGHT)
    file.unlink()
    with pytest.raises(AlteredError, match="is missing"):
        store.snapshot(Account, ["iam"], made.NIGHT)


def test_a_manifest_that_leads_out_of_the_store_is_refused(store, made):
    made.commit(store, "r1", [made.account("mia")])
    manifest = Path(store.name, "manifests/r1.json")
    manifest.write_text(manifest.read_text().replace("lake/accounts/", "../../../etc/"))
    Path(store.name, "HEAD.json").unlink()
    with pytest.raises(AlteredError, match="leads out of the store"):
        Store(store.name).snapshot(Account, ["iam"], made.NIGHT)


def test_a_manifest_of_a_newer_version_is_refused(store, made):
    made.commit(store, "r1")
    manifest = Path(store.name, "manifests/r1.json")
    manifest.write_text(manifest.read_text().replace('"format": 2', '"format": 3'))
    with pytest.raises(StoreError, match="newer auditor"):
        Store(store.name).manifests()


def test_a_store_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "evidence").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="Cannot lock"), Store(str(tmp_path / "evidence")).lock():
        pass


FULL_DISK = """
import os, sys
from datetime import UTC, datetime
from auditor.errors import StoreError
from auditor.evidence.store import Store

def run(name):
    with store.lock():
        staging = store.staging(name, datetime(2026, 10, 2, tzinfo=UTC))
        raw = [staging.keep_raw("iam", str(n), os.urandom(50_000)) for n in range(4)]
        store.commit(staging, [], version="1", sources={}, raw=raw)

store = Store(sys.argv[1] + "/evidence")
run("first")
room = sys.argv[1] + "/filler"
with open(room, "wb", buffering=0) as filler:
    free = os.statvfs(sys.argv[1])
    filler.write(bytes((free.f_bavail - int(sys.argv[2])) * free.f_bsize))
try:
    run("second")
except StoreError as error:
    print(*error.diagnostics())
print("problems:", list(Store(store.name).verify()))
os.unlink(room)
run("third")
print("problems:", list(store.verify()), "runs:", [manifest.run for manifest in store.manifests()])
"""


@pytest.mark.parametrize(
    ("left", "runs"),
    [
        pytest.param(0, ["first", "third"], id="lock"),
        pytest.param(20, ["first", "third"], id="staging"),
        pytest.param(52, ["first", "third"], id="announcement"),
        pytest.param(53, ["first", "third"], id="HEAD"),
    ],
)
def test_a_full_disk_is_a_sentence_and_costs_nothing_stored(tmp_path, left, runs):
    """On a real file system of one megabyte, with so many blocks left that it is full when that is written."""
    script = 'mount -t tmpfs -o size=1m tmpfs "$1" && "$2" -c "$3" "$1" "$4" && exit 7'
    values = [str(tmp_path), sys.executable, FULL_DISK, str(left)]
    try:
        process = subprocess.run(
            ["unshare", "-r", "-m", "sh", "-c", script, "sh", *values], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if "mount" in process.stderr or "unshare" in process.stderr:
        pytest.skip(f"no file system can be mounted here: {process.stderr.strip()[-200:]}")
    assert process.returncode == 7, process.stderr
    assert "No space left on device" in process.stdout
    assert "Free some space and run again" in process.stdout
    assert process.stdout.count("problems: []") == 2
    assert process.stdout.endswith(f"runs: {runs}\n")
