"""The digest on DuckDB and on Spark, both with this machine's two cores: what Spark costs where one machine is enough."""

from __future__ import annotations

import time
from functools import partial

from auditor.extras import lacking
from tests.bench.activity import activity
from tests.bench.digest import EVENTS, ROUNDS, timed
from tests.bench.measure import Line, interleaved, task

MASTER = "local[2]"
FEW = EVENTS // 10


def spark() -> list[Line]:
    """The same events on both, and a tenth of them: what does not grow with them is starting, planning and compiling."""
    if missing := lacking("spark"):
        return [Line(f"not measured: {missing}")]
    lines = []
    for events in (FEW, EVENTS):
        folder = activity(events)
        costs = interleaved(
            {"DuckDB": partial(task, "digest", folder), f"Spark {MASTER}": partial(task, "spark", folder, MASTER)},
            ROUNDS,
        )
        least = costs["DuckDB"]
        for name, cost in costs.items():
            ratios = f"{cost.seconds / least.seconds:.1f} x DuckDB's seconds, {cost.cpu / least.cpu:.1f} x its CPU"
            lines.append(Line(f"digest {events:,} events: {name}", cost, ratios))
    return lines


def run(folder: str, master: str) -> float:
    """Seconds to start Spark and digest a folder of parts; its JVM has ended then, so that its work is counted."""
    from pyspark import SparkContext

    from auditor.activity.engines import opened
    from auditor.config.engine import SparkEngine

    begin = time.perf_counter()
    asked = SparkEngine(kind="spark", master=master, settings={"spark.driver.memory": "2g"})
    with opened(None, asked) as engine:  # type: ignore[arg-type] # the parts are named here
        timed(engine, folder)
    seconds = time.perf_counter() - begin
    java = SparkContext._gateway.proc
    java.stdin.close()
    java.wait()
    return seconds
