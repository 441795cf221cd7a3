"""Questions about the past, put to a month of evidence: what is on the screen, without the page and PDF of a review."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.measure import Line, at_most, interleaved, task
from tests.bench.reconcile import AT, company, stored

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
_ASKED = {"incident": "incident, twelve hours of one system", "who": "who had access to one system"}


def past() -> list[Line]:
    """Seconds until the answer, loading of the program included."""
    evidence = stored(EVENTS)
    costs = interleaved({name: partial(task, name, evidence) for name in _ASKED}, ROUNDS)
    return [
        at_most(f"{what}, {EVENTS:,} events a month", costs[name], costs[name].seconds, 1, "s")
        for name, what in _ASKED.items()
    ]


def incident(evidence: str) -> float:
    """Seconds for twelve hours of one system."""
    begin = time.perf_counter()
    from auditor.cli.terminal.past import print_review
    from auditor.questions.past import incident as asked
    from auditor.questions.scene import Times

    start = AT - timedelta(hours=12)  # a nightly snapshot is never much further away
    review = asked(_options(evidence), "system-1", Times(start, AT))
    print_review(review)
    return time.perf_counter() - begin


def who(evidence: str) -> float:
    """Seconds to tell who had access to one system."""
    begin = time.perf_counter()
    from auditor.cli.terminal.past import print_who
    from auditor.questions.past import who as asked
    from reports.who import who_view

    then, system = asked(_options(evidence), "system-1")
    print_who(who_view(then, system), then.config.zone)
    return time.perf_counter() - begin


def _options(evidence: str) -> Any:
    from auditor.options import RunOptions

    return RunOptions(
        config=company(), at=AT, period=timedelta(days=30), evidence=evidence, output=Path(evidence), workers=1
    )
