"""What monitoring told of systems, read back for the moments that matter."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from auditor.activity.times import merged
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.signals import Signal, Signals, gathered

_ASKED = "system = $system AND collected_at <= $known AND time >= $from AND time < $to"
Span = tuple[datetime, datetime]
_DAY = timedelta(days=1)


def signals(store: Store, config: Config, system: str, spans: Iterable[Span], known: datetime) -> Signals:
    """What is stored of a system's spans of time, as it was known at a moment; spans that overlap count once."""
    names = [source.name for source in config.feeding(Signal.TABLE)]
    rows: list[Signal] = []
    for from_, to in _joined(spans) if names else ():
        parts = store.parts(Signal, sources=names, days=(from_.date(), to.date()))
        there = [part for part in parts if part.from_time <= to and from_ <= part.to_time]
        asked = {"system": system, "known": known, "from": from_, "to": to}
        rows += store.rows(Signal, there, _ASKED, **asked)
    return gathered(rows)


def _joined(spans: Iterable[Span]) -> Sequence[Span]:
    """Spans in order, those that overlap or lie within a day as one: their parts are the same."""
    return [(from_, to - _DAY) for from_, to in merged((from_, to + _DAY) for from_, to in spans)]
