"""The same store and its lease at gs://: Google's client of fsspec, against a stand-in over HTTP."""

import pytest

from auditor.demo.serving import served
from auditor.errors import LockedError, LostError
from auditor.evidence.manifest import HEAD, Named, encode
from auditor.evidence.store import Store
from tests.google_storage import storage
from tests.stand_ins import ENDS_WITHIN


@pytest.fixture
def machine(tmp_path, monkeypatch):
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # it asks by gRPC which kind of bucket it is
    with served(storage(), ENDS_WITHIN) as url:
        options = {"endpoint_url": url, "token": "anon"}
        numbers = iter(range(9))
        yield lambda: Store("gs://evidence/nightly", work=tmp_path / str(next(numbers)), options=options)


def test_runs_are_stored_one_at_a_time(machine, made):
    first, second = machine(), machine()
    made.commit(first, "r1", made.events_of([1, 2]), pages=[b"page"])
    with (
        second.lock(),
        pytest.raises(LockedError, match=r"holds the lease of gs://evidence/nightly: Process"),
        first.lock(),
    ):
        pass
    made.commit(second, "r2", made.events_of([2, 3], "b.json"))
    assert made.stored(first) == [(1, "a.json", 0), (2, "a.json", 1), (3, "b.json", 1)]
    assert list(first.verify()) == []


def test_whoever_lost_the_lease_stores_nothing(machine, made):
    first, second = machine(), machine()
    with first.lock():
        staging = first.staging("r1", made.NIGHT)
        conditional = first._files.conditional()
        assert conditional.put(HEAD, encode(Named()), "1") is None
        assert conditional.put(HEAD, encode(Named()), conditional.get(HEAD).version)
        made.commit(second, "r2")
        with pytest.raises(LostError):
            first.commit(staging, [], version="1", sources={})
    assert [manifest.run for manifest in first.manifests()] == ["r2"]
