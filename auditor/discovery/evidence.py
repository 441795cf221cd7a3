"""Sources read once into a store that is thrown away, and the case that they make under a configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec.structs import replace

from auditor.case.build import build_case
from auditor.case.case import Case
from auditor.case.coverage import days_recorded
from auditor.config import Config
from auditor.evidence.snapshots import snapshots
from auditor.options import Progress, RunOptions
from auditor.run import collect

PERIOD = timedelta(days=90)
"""How far back use is looked at: what nobody used for longer tells little of whose it is."""

_EVER = timedelta(days=3650)


class Evidence:
    """What the sources tell, read once; the cases are made of it by as many configurations as are tried.

    Args:
        options: of the run that read it.
        missed: what could not be read, or only in part, a sentence each.
    """

    def __init__(self, options: RunOptions, missed: tuple[str, ...]) -> None:
        self._options = options
        self._store = options.store
        self.missed = missed
        self.rows = snapshots(self._store, options.config, options.at)

    def case(self, settings: dict[str, Any]) -> Case:
        """The case under these settings; the sources stay those that were read."""
        options = self._options
        config = configured({**settings, "sources": []}, options.config.base)
        config = config.model_copy(update={"sources": options.config.sources})
        with self._store.shared() as store:
            return build_case(store, config, options.at, options.period)


def configured(settings: dict[str, Any], base: Path) -> Config:
    """A configuration of plain values, as auditor.yaml has them."""
    return Config.model_validate({**settings, "base": base}, by_alias=True, by_name=False)


@contextmanager
def read(config: Config, at: datetime, progress: Progress) -> Iterator[Evidence]:
    """Read every source of a configuration, which need have nothing else; what was read is gone afterwards."""
    with TemporaryDirectory(prefix="auditor-") as folder:
        options = RunOptions(
            config=config, at=at, period=_EVER, evidence=f"{folder}/evidence", output=Path(folder) / "output", workers=1
        )
        seen = collect(options, progress).seen
        known = days_recorded(options.store, config, at - _EVER, at)
        ends = min((days[-1] for days in known.values() if days), default=at.date())
        # Logs may have been copied long ago: then it is their last days that count.
        options = replace(options, period=PERIOD + (at.date() - ends))
        lines = (f"{one.source}, {one.scope}: {one.reason or one.status}" for one in seen if one.status != "ok")
        yield Evidence(options, tuple(dict.fromkeys(lines)))
