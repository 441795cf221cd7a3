"""A small store, and rows to put in it."""

import urllib.request
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from auditor.evidence.manifest import SourceRun
from auditor.evidence.store import Store
from auditor.model.arrow import to_arrow
from auditor.model.tables import Account, Activity, ReadObject

NIGHT = datetime(2026, 10, 2, 4, 0, tzinfo=UTC)


def event(number, origin="a.json", record=0, source="trail", **fields):
    """An event whose id and time follow from its number: ten of them a day, from 1 October on."""
    time = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=number // 10, hours=number % 10)
    known = {"event_id": f"id-{number}", "time": time, "provider": "aws", "scope": "111122223333"}
    known |= {"action": "s3:GetObject", "category": "read", "level": "read", "outcome": "ok"}
    return Activity(**known | {"source": source, "origin": origin, "record": record, "collected_at": NIGHT} | fields)


def events_of(numbers, origin="a.json", **fields):
    """A file's events, numbered as its records are."""
    return [event(number, origin, record, **fields) for record, number in enumerate(numbers)]


def account(name, source="iam"):
    return Account(
        source=source,
        collected_at=NIGHT,
        origin="page",
        account=name,
        provider="aws",
        scope="111122223333",
        kind="person",
    )


def read_object(origin, version="1", source="trail"):
    return ReadObject(source=source, collected_at=NIGHT, origin=origin, version=version)


def commit(store, run, rows=(), *, at=NIGHT, failed=(), sources=("trail", "iam"), pages=(), kept=None, wait=None):
    """Store a run as the auditor does: one `write` for each table of each list of rows."""
    with store.lock(wait or timedelta()):
        staging = store.staging(run, at)
        parts = []
        for table in (Activity, Account, ReadObject):
            for source in sorted({row.source for row in rows if isinstance(row, table)}):
                chosen = [row for row in rows if isinstance(row, table) and row.source == source]
                parts += staging.write(source, table, to_arrow(table, chosen))
        raw = [staging.keep_raw("iam", f"page-{i}", page) for i, page in enumerate(pages)]
        outcome = {name: SourceRun(kind="made-up", status="failed" if name in failed else "ok") for name in sources}
        return store.commit(staging, parts, version="1", sources=outcome, raw=raw, kept=kept or {})


def stored(store):
    """Every stored event as (number, origin, record), sorted."""
    data = store.read(Activity, store.parts(Activity)).to_pylist()
    return sorted((int(row["event_id"].removeprefix("id-")), row["origin"], row["record"]) for row in data)


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "evidence"))


@pytest.fixture(scope="session")
def made():
    """The helpers of this file, for tests that are imported one by one."""
    return SimpleNamespace(
        NIGHT=NIGHT,
        good=SourceRun(kind="made-up", status="ok"),
        event=event,
        events_of=events_of,
        account=account,
        read_object=read_object,
        commit=commit,
        stored=stored,
    )


@pytest.fixture
def new_bucket(tmp_path, monkeypatch):
    """Makes a bucket at an endpoint, to be found through the environment as a user's would be; gives its name."""

    def make(url):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        bucket = f"evidence-{abs(hash(tmp_path))}"
        request = urllib.request.Request(f"{url}/{bucket}", method="PUT", headers={"Host": "s3.amazonaws.com"})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200
        return bucket

    return make
