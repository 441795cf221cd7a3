"""What collector tests share: a context, and a run of a collector from fetch to rows."""

import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from auditor.model.arrow import from_arrow
from collectors.base import Context

GOLDEN = Path(__file__).parents[1] / "data/collectors"
SHARED = Path(__file__).parents[3] / "shared"


@dataclass
class Collected:
    """Everything that a collector came to."""

    tables: dict = field(default_factory=dict)
    objects: list = field(default_factory=list)
    coverage: list = field(default_factory=list)
    batches: list = field(default_factory=list)

    def rows(self, table):
        return self.tables.get(table, [])


@pytest.fixture
def context(tmp_path):
    return Context(
        collected_at=datetime(2026, 3, 1, 3, 0, tzinfo=UTC), base=tmp_path, zone="Europe/Berlin", keep_raw=False
    )


@pytest.fixture
def collect():
    def run(collector, seen=None, but=None):
        got = Collected()
        for batch in collector.fetch(seen or {}):
            if batch and batch[0].part == but:
                continue
            got.batches.append(list(batch))
            normalised = collector.normalise(batch)
            for table, data in normalised.tables.items():
                got.tables.setdefault(table, []).extend(from_arrow(table, data))
            got.objects += normalised.objects
            got.coverage += normalised.coverage
        return got

    return run


@pytest.fixture
def shared():
    """A folder of material that lies beside the checkout on some machines."""

    def find(relative):
        path = SHARED / relative
        if not path.exists():
            pytest.skip(f"{relative} is not beside this checkout")
        return path

    return find


@pytest.fixture
def told_whole():
    """Compares every row, every line of coverage and what was asked for with a golden file, in an order of its own.

    AUDITOR_RENEW_SNAPSHOTS=1 renews it. Places that differ each time, such as a server's address, are told by their
    names.
    """

    def check(name, got, asked=(), **places):
        rows = [*(row for rows in got.tables.values() for row in rows), *got.coverage, *got.objects]
        told = [json.dumps(one, ensure_ascii=False, default=str) for one in (*map(_document, rows), *asked)]
        for place, value in places.items():
            told = [one.replace(value, f"<{place}>") for one in told]
        path, document = GOLDEN / f"{name}.json", [json.loads(one) for one in sorted(told)]
        if os.environ.get("AUDITOR_RENEW_SNAPSHOTS") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        assert document == json.loads(path.read_text())

    return check


def _document(row):
    told = msgspec.structs.asdict(row)
    known = ("source", "collected_at", "sha256", "version")
    kept = {name: value for name, value in told.items() if name not in known and value not in (None, "", ())}
    return {"is": type(row).__name__, **kept}
