"""`verify` names whatever is missing or altered, newest first."""

import json
import shutil
from pathlib import Path

import pytest

from auditor.errors import AlteredError
from auditor.evidence.store import Store
from auditor.model.tables import Activity


@pytest.fixture(scope="module")
def whole(tmp_path_factory, made):
    """A store of five runs: a part and a page each."""
    store = Store(str(tmp_path_factory.mktemp("whole")))
    for number in range(1, 6):
        made.commit(store, f"r{number}", made.events_of([number]), pages=[b"page %d" % number])
    return Path(store.name)


@pytest.fixture
def root(whole, tmp_path):
    """A copy of it, to be damaged."""
    return shutil.copytree(whole, tmp_path / "evidence")


def problems(root):
    return [(problem.path, problem.kind) for problem in Store(str(root)).verify()]


def part(root, run):
    (found,) = root.glob(f"lake/*/*/{run}-*")
    return found


def flip(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_an_untouched_store_has_no_problems(root):
    assert problems(root) == []


def test_an_empty_store_has_no_problems(store):
    assert list(store.verify()) == []


def test_a_flipped_byte_is_named(root):
    flip(part(root, "r2"))
    assert problems(root) == [("lake/activity/date=2026-10-01/r2-trail-0.parquet", "altered")]


def test_bytes_added_to_a_page_are_named(root):
    page = root / "raw/iam/r4-0.gz"
    page.write_bytes(page.read_bytes() + b"more")
    assert problems(root) == [("raw/iam/r4-0.gz", "altered")]


def test_every_damage_is_named_newest_first(root):
    part(root, "r5").unlink()
    flip(part(root, "r3"))
    (root / "raw/iam/r1-0.gz").unlink()
    assert problems(root) == [
        ("lake/activity/date=2026-10-01/r5-trail-0.parquet", "missing"),
        ("lake/activity/date=2026-10-01/r3-trail-0.parquet", "altered"),
        ("raw/iam/r1-0.gz", "missing"),
    ]


def test_a_deleted_manifest_is_named_and_what_came_before_is_still_checked(root):
    (root / "manifests/r3.json").unlink()
    flip(part(root, "r1"))
    assert problems(root) == [
        ("manifests/r3.json", "missing"),
        ("lake/activity/date=2026-10-01/r1-trail-0.parquet", "altered"),
    ]


def test_two_deleted_neighbours_are_two_problems(root):
    (root / "manifests/r3.json").unlink()
    (root / "manifests/r2.json").unlink()
    found = list(Store(str(root)).verify())
    assert [problem.kind for problem in found] == ["missing", "missing"]
    assert "r3" in found[0].sentence
    assert "number 2" in found[1].sentence


def test_the_first_manifest_deleted_is_named(root):
    (root / "manifests/r1.json").unlink()
    assert problems(root) == [("manifests/r1.json", "missing")]


def test_an_edited_manifest_is_named(root):
    manifest = root / "manifests/r3.json"
    record = json.loads(manifest.read_text())
    record["sources"]["iam"]["status"] = "failed"
    manifest.write_text(json.dumps(record))
    assert problems(root) == [("manifests/r3.json", "altered")]


def test_an_edited_newest_manifest_is_named(root):
    manifest = root / "manifests/r5.json"
    manifest.write_text(manifest.read_text().replace('"rows": 1', '"rows": 2'))
    assert problems(root) == [("manifests/r5.json", "altered")]


@pytest.mark.parametrize("size", [0, 1, 200])
def test_a_truncated_newest_manifest_is_named(root, size):
    manifest = root / "manifests/r5.json"
    manifest.write_bytes(manifest.read_bytes()[:size])
    assert problems(root) == [("manifests/r5.json", "altered")]


def test_a_deleted_newest_manifest_does_not_pass_silently(root):
    (root / "manifests/r5.json").unlink()
    assert problems(root) == [("manifests/r5.json", "missing")]


def test_a_deleted_newest_manifest_and_head_do_not_pass_silently(root):
    (root / "manifests/r5.json").unlink()
    (root / "HEAD.json").unlink()
    assert problems(root) == [("HEAD.json", "missing")]


def test_a_head_that_names_an_older_run_does_not_pass_silently(root, made):
    older = (root / "HEAD.json").read_bytes()
    made.commit(Store(str(root)), "r6")
    (root / "HEAD.json").write_bytes(older)
    assert problems(root) == [("HEAD.json", "altered")]


def test_a_head_that_cannot_be_read_is_named(root):
    (root / "HEAD.json").write_text("{")
    assert problems(root) == [("HEAD.json", "altered")]


def test_a_manifest_outside_the_chain_is_named(root):
    shutil.copy(root / "manifests/r2.json", root / "manifests/r2b.json")
    assert sorted(problems(root)) == [("manifests/r2b.json", "altered")]


def test_all_manifests_gone_do_not_pass_silently(root):
    shutil.rmtree(root / "manifests")
    (root / "HEAD.json").unlink()
    assert problems(root) == [("manifests", "missing")]


@pytest.mark.parametrize("run", ["r1", "r3", "r5"])
def test_nothing_is_read_from_a_store_with_a_manifest_missing(root, run):
    (root / f"manifests/{run}.json").unlink()
    with pytest.raises(AlteredError, match="chain of manifests is broken"):
        Store(str(root)).manifests()


def test_no_run_is_added_to_a_broken_chain(root, made):
    (root / "manifests/r5.json").unlink()
    with pytest.raises(AlteredError, match="chain of manifests is broken"):
        made.commit(Store(str(root)), "r6")
    assert problems(root) == [("manifests/r5.json", "missing")]


def test_what_no_run_stored_is_named(root):
    stranger = root / "lake/activity/date=2026-10-01/r2-trail-9.parquet"
    shutil.copy(part(root, "r2"), stranger)
    assert problems(root) == [("lake/activity/date=2026-10-01/r2-trail-9.parquet", "unnamed")]


def test_a_chain_that_was_made_anew_is_told_by_a_hash_that_was_written_down(root, whole):
    store = Store(str(root))
    known = store.links()[2].sha256
    assert list(store.verify(known)) == []
    assert [problem.kind for problem in store.verify("0" * 64)] == ["missing"]


def test_a_link_in_the_store_is_refused(root, tmp_path):
    outside = part(root, "r2").replace(tmp_path / "outside.parquet")
    (root / "lake/activity/date=2026-10-01/r2-trail-0.parquet").symlink_to(outside)
    with pytest.raises(AlteredError, match="symbolic link"):
        problems(root)


def test_parts_are_checked_before_another_program_reads_them(root):
    flip(part(root, "r3"))
    store = Store(str(root))
    (one,) = [p for p in store.parts(Activity) if "/r3-" in p.path]
    with pytest.raises(AlteredError, match="r3-trail-0"):
        store.scan(Activity, one.from_time, one.to_time)
