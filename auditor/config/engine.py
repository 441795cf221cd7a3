"""Which engine digests activity: DuckDB on this machine, or Spark."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from auditor.config.base import Model, Text, optional

_SECRET = re.compile(r"secret|passw|token|credential|access\.?key|account\.?key|private\.?key", re.IGNORECASE)


def _without_secrets(settings: dict[str, str]) -> dict[str, str]:
    """Settings stand on Spark's command line and its web pages, and the configuration is kept beside the evidence."""
    for name in settings:
        if not name.startswith("spark."):
            raise ValueError(f"expected names that begin with `spark.`, such as spark.executor.memory: {name}")
        if _SECRET.search(name):
            raise ValueError(f"expected no secret: let Spark's own machines have it, and take {name} away")
    return settings


class DuckDBEngine(Model):
    """DuckDB, inside of the auditor's own process."""

    kind: Literal["duckdb"] = "duckdb"


class SparkEngine(Model):
    """Spark, for whoever outgrows one machine; needs the extra `spark` and Java 17."""

    kind: Literal["spark"]
    master: Text | None = optional(
        "where it runs, such as `spark://host:7077`, `yarn` or `local[4]`; left out, what the auditor was "
        "started by says it (spark-submit, a notebook)"
    )
    settings: Annotated[dict[Text, str], AfterValidator(_without_secrets)] = Field(
        default={}, description="Spark's own settings, by their names, such as `spark.executor.memory: 8g`; no secrets"
    )
    collect: bool = Field(
        default=False,
        description="let it read the buckets of sources too: its machines then need Python with the auditor in the "
        "same version, and credentials of their own that may read them",
    )


AnyEngine = Annotated[DuckDBEngine | SparkEngine, Field(discriminator="kind")]
