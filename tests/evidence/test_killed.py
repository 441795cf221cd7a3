"""A run may be killed at any moment: nothing is lost, nothing is stored twice, and the next run cleans up."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.evidence.store import Store
from auditor.model.tables import Account, Activity, ReadObject
from tests import waiting


@pytest.fixture(scope="module")
def night():
    """Runs a night, killed before the given operation on a file; returns how many there were, and the exit status."""
    script = Path(__file__).with_name("killed_runs.py")
    process = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(store, name, kill=0):
        process.stdin.write(f"{store} {name} {kill}\n")
        process.stdin.flush()
        operations, status = process.stdout.readline().split()
        return int(operations), int(status)

    yield run
    process.stdin.close()
    assert process.wait(timeout=waiting.LIMIT) == 0


def content(store):
    """Every stored row of the tables that grow, and the snapshot."""
    rows = [
        store.read(table, store.parts(table)).sort_by([("origin", "ascending"), ("record", "ascending")]).to_pylist()
        for table in (Activity, ReadObject)
    ]
    return [*rows, store.snapshot(Account, ["iam"], store.manifests()[-1].at).to_pylist()]


def unnamed(store):
    """Files below the store's data folders that no manifest names, and whatever is left of a run at work."""
    named = {file.path for manifest in store.records() for file in manifest.files}
    root = Path(store.name)
    folders = [root / name for name in ("lake", "raw", "staging", "pending")]
    found = {p.relative_to(root).as_posix() for folder in folders for p in folder.rglob("*") if p.is_file()}
    return found - named | {p.name for p in root.rglob("*.tmp")}


def test_a_run_killed_at_any_operation_leaves_a_store_like_an_undisturbed_one(night, tmp_path):
    """Every sixth operation; after half of them the same run is tried again, after the others it is the next night's."""
    total, status = night(tmp_path / "undisturbed", "r1")
    assert status == 0
    expected = content(Store(str(tmp_path / "undisturbed")))
    assert len(expected[0]) == 7
    stored = []
    for kill in range(1, total + 1, 6):
        folder = tmp_path / f"killed-{kill}"
        assert night(folder, "r1", kill) == (0, -signal.SIGKILL)
        store = Store(str(folder))
        assert list(store.verify()) == []
        stored.append(bool(store.manifests()))
        assert night(folder, "r1" if kill % 4 == 1 and not stored[-1] else "r2")[1] == 0
        store = Store(str(folder))
        assert content(store) == expected
        assert list(store.verify()) == []
        assert unnamed(store) == set()
    assert stored == sorted(stored), "a run is stored from one operation on"
    assert stored.count(False) > 6
    assert stored.count(True) > 0


def test_a_run_killed_three_nights_in_a_row_is_made_up_for(night, tmp_path):
    total, _ = night(tmp_path / "undisturbed", "r1")
    for number, kill in enumerate((total // 3, total // 2, total * 2 // 3)):
        night(tmp_path / "killed", f"r{number}", kill)
    night(tmp_path / "killed", "last")
    store = Store(str(tmp_path / "killed"))
    assert content(store) == content(Store(str(tmp_path / "undisturbed")))
    assert unnamed(store) == set()
