"""What collector tests share: a context, and a run of a collector from fetch to rows."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.model.arrow import from_arrow
from collectors.base import Context

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
