"""Spark as the steps need it: sqlglot carries their SQL, all else is as with DuckDB."""

from __future__ import annotations

import os
import re
import shutil
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from auditor.activity.engine import COLUMNS
from auditor.config.engine import SparkEngine
from auditor.errors import EngineError
from auditor.extras import lacking
from auditor.model.arrow import schema
from auditor.model.tables import Activity

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

# What auditor.yaml may overrule. Spark's web pages would show evidence to whoever reaches them.
_USUAL = {
    "spark.app.name": "production-access-auditor",
    "spark.log.level": "ERROR",
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# What the steps rest on: whole parts or an error, and no value that turns into NULL on the way.
_NEEDED = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.session.timeZone": "UTC",
}
# Parts are small: a task takes many of them, and as much of a shuffle as is worth a task.
_FEW_SPLITS = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
    "spark.sql.files.openCostInBytes": str(64 << 10),
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000",
}
_CHECKPOINTS = "spark.checkpoint.dir"
_ROWS_AT_ONCE = 2000
_TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "INTEGER": "INT", "BOOLEAN": "BOOLEAN"}
_SCHEMES = {"s3": "s3a"}
_PATTERN = re.compile(r"[\\*?\[\]{}]")


class Spark:
    """A cluster, or this machine's cores, for the steps.

    Args:
        session: a session whose names are free; its settings are changed.
    """

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._names: set[str] = set()
        for name, value in {**_NEEDED, **_FEW_SPLITS}.items():
            session.conf.set(name, value)

    def read(self, name: str, parts: Sequence[str]) -> None:
        """Name the rows of these Parquet parts of `activity`, with `us` and `id_number`."""
        from pyspark.sql.pandas.types import from_arrow_schema

        columns = from_arrow_schema(schema(Activity))
        if parts:
            # The folders' names are no columns.
            reader = self._session.read.schema(columns).option("recursiveFileLookup", "true")
            rows = reader.parquet(*map(_address, parts))
        else:
            rows = self._session.createDataFrame([], columns)
        numbers = ("unix_micros(time) AS us", "xxhash64(event_id) AS id_number")
        self._name(name, rows.selectExpr(*COLUMNS, *numbers))

    def give(self, name: str, rows: pa.Table) -> None:
        """Make rows known under a name."""
        self._name(name, self._session.createDataFrame(rows))

    def few(self, name: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Make some thousands of rows known under a name."""
        told = [tuple(row.get(column) for column in columns) for row in rows]
        types = ", ".join(f"{column} {_TYPES[kind]}" for column, kind in columns.items())
        self._name(name, self._session.createDataFrame(told, types))

    def view(self, name: str, query: str) -> None:
        """Name a query; it runs where it is used."""
        self._name(name, self._session.sql(_carried(query)))

    def table(self, name: str, query: str) -> None:
        """Run a query and keep its rows under a name: on two workers, so that one may be lost, or in `_CHECKPOINTS`.

        Kept so, a step's plan begins with these rows. With the plan of all that made them in it, planning takes longer
        than anything else.
        """
        from pyspark import StorageLevel

        rows = self._session.sql(_carried(query))
        if self._session.conf.get(_CHECKPOINTS, None):
            rows = rows.checkpoint()
        else:
            rows = rows.localCheckpoint(storageLevel=StorageLevel.MEMORY_AND_DISK_2)
        self._name(name, rows)

    def keep(self, name: str, query: str) -> None:
        """Name a query over all events: a cluster reads the parts again sooner than it keeps them twice."""
        self.view(name, query)

    def forget(self, *names: str) -> None:
        """Forget these names, and so what the cluster keeps."""
        for name in names:
            self._session.catalog.dropTempView(name)

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Run a query and go through its rows; few of them are Python objects at a time."""
        for batch in self.batches(query, _ROWS_AT_ONCE):
            yield from batch.to_pylist()

    def batches(self, query: str, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Run a query and go through its rows as Arrow has them."""
        yield from self._session.sql(_carried(query)).toArrow().to_batches(max_chunksize=size)

    def close(self) -> None:
        """Forget the names, and so what the cluster keeps; the session goes on, for the next one who asks."""
        for name in self._names:
            self._session.catalog.dropTempView(name)

    def _name(self, name: str, rows: DataFrame) -> None:
        rows.createOrReplaceTempView(name)
        self._names.add(name)


@contextmanager
def spark(settings: SparkEngine) -> Iterator[Spark]:
    """Spark as auditor.yaml asks for it, for the steps; raises as `connected` does."""
    with connected(settings, "Nothing was judged.") as session, closing(Spark(session)) as engine:
        yield engine


@contextmanager
def connected(settings: SparkEngine, undone: str) -> Iterator[SparkSession]:
    """A session of Spark's as auditor.yaml asks for it.

    Raises:
        EngineError: the extra or Java is missing, or the cluster cannot be reached or broke off.
    """
    if missing := lacking("spark"):
        raise EngineError("Spark is not installed.", means=undone, do=missing)
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    # No pandas frame is handed over, only Arrow.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    try:
        yield _session(settings, undone).newSession()
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise EngineError(
            f"Spark at {settings.master or 'the cluster that started the auditor'} failed: {_reason(error)}.",
            means=undone,
            do="See Spark's own log, and run again once it works; `auditor reconcile` judges evidence that is stored.",
        ) from error


def _session(settings: SparkEngine, undone: str) -> SparkSession:
    """The session of this process; it is started where there is none."""
    from pyspark.sql import SparkSession

    if settings.master and not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise EngineError(
            "There is no Java, which Spark runs on.", means=undone, do="Install Java 17, or set JAVA_HOME."
        )
    builder = SparkSession.builder
    own = dict(_USUAL)
    if settings.master:
        builder = builder.master(settings.master)
    if (settings.master or "").startswith("local["):
        own["spark.driver.host"] = "127.0.0.1"
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    for name, value in {**own, **settings.settings}.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


@lru_cache(maxsize=256)
def _carried(query: str) -> str:
    """A step in Spark's words."""
    import sqlglot
    from sqlglot import ErrorLevel

    return sqlglot.transpile(query, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)[0]


def _address(part: str) -> str:
    """A part as Hadoop names it, which takes a path for a pattern."""
    scheme, found, rest = part.partition("://")
    address = f"{_SCHEMES.get(scheme, scheme)}://{rest}" if found else f"file://{part}"
    return _PATTERN.sub(r"\\\g<0>", address)


def _reason(error: BaseException) -> str:
    """The first line of what Spark says, without its stack."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")[:500]
