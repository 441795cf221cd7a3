"""Whether Spark can be started here, and how it is for tests: on a few rows, compiling costs more than it saves."""

import os
import shutil

import pytest

from auditor.extras import lacking

QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "4",
}
MISSING = lacking("spark") or (
    None if shutil.which("java") or os.environ.get("JAVA_HOME") else "There is no Java, which Spark runs on."
)
needs_spark = pytest.mark.skipif(MISSING is not None, reason=f"{MISSING} `make spark` brings it.")
