"""The steps of the digest, in order: each a query of its own in `sql/`, over what the steps before it made.

They are written so that sqlglot carries them to Spark: whole microseconds instead of times, hour buckets and anti-joins
instead of range and AS OF joins, no function of one engine only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from string import Template
from typing import TYPE_CHECKING, Any, Protocol

from auditor.model.written import statement

if TYPE_CHECKING:
    import pyarrow as pa

TEXT = "VARCHAR"


class Engine(Protocol):
    """What runs the steps; `read` gives it the rows of `activity`."""

    def read(self, name: str, parts: Sequence[str]) -> None:
        """Name the rows of these parts of `activity`.

        `time` becomes `us`, microseconds since 1970; `id_number` is a number made of `event_id`, cheaper to compare.
        """

    def give(self, name: str, rows: pa.Table) -> None:
        """Make rows known under a name."""

    def few(self, name: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Make some thousands of rows known under a name, with the types of their columns; what they lack is null."""

    def view(self, name: str, query: str) -> None:
        """Name a query; it runs where it is used."""

    def table(self, name: str, query: str) -> None:
        """Run a query and keep its rows under a name."""

    def keep(self, name: str, query: str) -> None:
        """Name a query over all events that many steps go through: an engine may keep its rows on disk."""

    def forget(self, *names: str) -> None:
        """Free what kept rows take, when no step needs them any more."""

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Run a query and go through its rows."""

    def batches(self, query: str) -> Iterator[pa.RecordBatch]:
        """Run a query and go through its rows as Arrow has them."""


VIEWS = frozenset(
    {
        "recorded",
        "told_once",
        "events",
        "acts",
        "caller_acts",
        "numbered_acts",
        "named_acts",
        "judged_caller_acts",
        "judged_named_acts",
        "placed_acts",
        "judged_acts",
        "episode_acts",
        "account_acts",
        "account_acts_on_systems",
    }
)
"""Steps over every event whose rows are not kept: later steps read through them."""


class Steps:
    """The queries with the values of one digest in place of `$names`: plans are only good when they know them."""

    def __init__(self, engine: Engine, values: Mapping[str, int | str]) -> None:
        self._engine = engine
        self._values = values

    def prepare(self, *names: str) -> None:
        """Run steps in this order and keep what they make under their names."""
        for name in names:
            make = self._engine.view if name in VIEWS else self._engine.table
            make(name, self._query(name))

    def keep(self, name: str) -> None:
        """Let the engine keep a step over every event, for the many that go through it."""
        self._engine.keep(name, self._query(name))

    def hold(self, name: str) -> None:
        """Run a step over every event that makes few rows, and keep them."""
        self._engine.table(name, self._query(name))

    def rows(self, name: str) -> Iterator[dict[str, Any]]:
        """Run a step and go through its rows."""
        return self._engine.rows(self._query(name))

    def _query(self, name: str) -> str:
        return Template(statement(__package__, name)).substitute(self._values)
