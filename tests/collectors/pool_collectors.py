"""Small collectors that worker processes can import."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from auditor.errors import SourceError
from auditor.model.arrow import to_arrow
from auditor.model.tables import Coverage, ReadObject, Ticket
from collectors.base import Batch, Context, Normalised, Raw

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)


def content(number: int) -> bytes:
    return str(number).encode()


@dataclass(frozen=True)
class Numbers:
    """Yields `count` batches of one object; the batch `deadly` kills its process, a count of refused ends in refusal.

    The batch `odd` holds what nobody expected; one that is `hung` never ends.
    """

    count: int
    base: Path
    deadly: int | None = None
    only_once: bool = False
    refused: bool = False
    keep_raw: bool = False
    slow: float = 0
    timeout: timedelta = timedelta(minutes=10)
    odd: int | None = None
    hung: bool = False
    never_empty: bool = False
    silent: bool = False

    @property
    def source(self) -> Any:
        return SimpleNamespace(name="numbers", kind="tickets-file", timeout=self.timeout, NEVER_EMPTY=self.never_empty)

    @property
    def context(self) -> Context:
        return Context(collected_at=AT, base=self.base, keep_raw=self.keep_raw)

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        for number in range(self.count):
            if str(number) not in seen:
                yield [Raw(str(number), partial(content, number), version="1", original=number == 0)]
        while self.hung:
            time.sleep(1)
        if self.refused:
            raise SourceError("The shelf fell down.", do="Put it up again.")

    def normalise(self, batch: Batch) -> Normalised:
        if self.silent:
            stamp = {"source": "numbers", "collected_at": AT, "origin": batch[0].origin}
            return Normalised(coverage=[Coverage(**stamp, scope="all", from_=AT, to=AT, status="ok")])
        number = int(batch[0].load())
        (self.base / f"pid-{os.getpid()}").touch()
        time.sleep(self.slow)
        if number == self.odd:
            raise KeyError("\ud800")
        if number == self.deadly and not (self.only_once and self._died_before()):
            os.kill(os.getpid(), signal.SIGKILL)
        stamp = {"source": "numbers", "collected_at": AT, "origin": str(number)}
        return Normalised(
            tables={Ticket: to_arrow(Ticket, [Ticket(**stamp, ticket=f"T-{number}")])},
            objects=[ReadObject(**stamp, version="1", rows=1)],
            coverage=[
                Coverage(**stamp, scope=f"shelf-{number % 2}", from_=AT.replace(day=number % 28 + 1), to=AT, rows=1)
            ],
        )

    def _died_before(self) -> bool:
        mark = self.base / "died"
        died = mark.exists()
        mark.touch()
        return died
