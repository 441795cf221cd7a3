"""The same store at an fsspec URL: against moto's S3 server."""

import pytest

from auditor.errors import StoreError
from auditor.evidence.store import Store
from auditor.model.tables import Account, Activity
from tests import stand_ins


@pytest.fixture(scope="module")
def endpoint():
    with stand_ins.moto() as url:
        yield url


@pytest.fixture
def remote(endpoint, tmp_path, new_bucket):
    """A new bucket's store, found through the environment as a user's would be."""
    return Store(f"s3://{new_bucket(endpoint)}/nightly", work=tmp_path)


def test_runs_are_stored_read_and_verified(remote, made):
    made.commit(remote, "r1", [*made.events_of([1, 2, 12]), made.account("mia")], pages=[b"page"])
    manifest = made.commit(remote, "r2", [*made.events_of([2, 3], "b.json"), made.account("leon")])
    assert manifest.sources["trail"].duplicates == 1
    assert made.stored(remote) == [(1, "a.json", 0), (2, "a.json", 1), (3, "b.json", 1), (12, "a.json", 2)]
    assert remote.snapshot(Account, ["iam"], made.NIGHT)["account"].to_pylist() == ["leon"]
    assert remote.raw("iam", "page-0", remote.manifests()[0].raw[0].content_sha256) == b"page"
    files = remote.scan(Activity, made.NIGHT.replace(day=1, hour=0), made.NIGHT)
    count = "select count(*), min(extract(hour from time)) from read_parquet(?)"
    assert remote.connect().execute(count, [files]).fetchone() == (4, 1)
    assert list(remote.verify()) == []


def test_reading_asks_the_bucket_for_each_part_only_once_or_twice(remote, made, caplog):
    made.commit(remote, "r1", made.events_of([1, 12, 23]))
    files = remote.scan(Activity, made.NIGHT.replace(day=1, hour=0), made.NIGHT.replace(day=9))
    caplog.clear()  # each was checked before
    with caplog.at_level("INFO", logger="werkzeug"):
        assert remote.connect().execute("select count(*) from read_parquet(?)", [files]).fetchone() == (3,)
    asked = [record.getMessage() for record in caplog.records if "lake/activity" in record.getMessage()]
    assert len(files) == 3
    assert len(files) <= len(asked) <= 2 * len(files), asked


def test_a_bucket_is_opened_ahead_and_nothing_read_from_it_in_vain(remote, made):
    made.commit(remote, "r1", made.events_of([1, 12, 23]))
    parts = remote.parts(Activity)
    with remote.shared(soon=True):
        remote.expect(Activity, made.NIGHT.replace(day=1, hour=0), made.NIGHT.replace(day=9))
        assert not remote._checks._looked
        assert remote.ask(Activity, parts, "SELECT count(*) FROM stored") == [(3,)]


def test_damage_is_named(remote, made):
    made.commit(remote, "r1", made.events_of([1]))
    (part,) = remote.parts(Activity)
    remote._files.write(part.path, b"something else")
    assert [(problem.path, problem.kind) for problem in remote.verify()] == [(part.path, "altered")]
    remote._files.remove([part.path])
    assert [(problem.path, problem.kind) for problem in remote.verify()] == [(part.path, "missing")]


def test_what_a_killed_run_put_there_is_taken_away(remote, made):
    """As a run leaves it that is killed after uploading, before its manifest."""
    made.commit(remote, "r1", made.events_of([1]))
    orphan = "lake/activity/date=2026-10-01/r2-trail-0.parquet"
    remote._files.write("pending/r2.json", b'{"run": "r2", "paths": ["%s", "HEAD.json"]}' % orphan.encode())
    remote._files.write(orphan, b"half a night")
    made.commit(remote, "r2", made.events_of([2], "b.json"))
    assert remote._files.list("pending") == []
    assert made.stored(remote) == [(1, "a.json", 0), (2, "b.json", 0)]
    assert list(remote.verify()) == []


def test_a_bucket_that_is_not_there_is_a_sentence(remote, made, tmp_path):
    store = Store("s3://no-such-bucket-here/evidence", work=tmp_path / "work")
    with pytest.raises(StoreError, match="s3://no-such-bucket-here/evidence"):
        made.commit(store, "r1", made.events_of([1]))


def test_an_endpoint_that_does_not_answer_is_a_sentence(remote, tmp_path):
    options = {"endpoint_url": "http://127.0.0.1:9", "config_kwargs": {"retries": {"max_attempts": 0}}}
    with pytest.raises(StoreError, match="Cannot read s3://bucket/evidence"):
        Store("s3://bucket/evidence", work=tmp_path, options=options).manifests()
