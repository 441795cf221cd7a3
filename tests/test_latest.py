"""Which run `latest` shows."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.config import Config
from auditor.judging import point_latest
from auditor.options import RunOptions


@pytest.mark.parametrize(
    ("run", "current", "shown", "told"),
    [
        ("20261130T030000Z", True, "20261130T030000Z", False),
        ("20261101T030000Z", False, "20261129T030000Z", False),  # the past, judged again
        ("20261101T030000Z", True, "20261101T030000Z", True),  # what it showed is still to come
    ],
)
def test_latest_shows_the_latest_audit_and_none_that_is_still_to_come(
    tmp_path: Path, run: str, current: bool, shown: str, told: bool
) -> None:
    for name in ("20261129T030000Z", run):
        (tmp_path / name).mkdir()
    (tmp_path / "latest").symlink_to("20261129T030000Z")
    options = RunOptions(
        config=Config(organisation="Harbour Shop", timezone="UTC"),
        at=datetime(2026, 11, 30, tzinfo=UTC),
        period=timedelta(days=30),
        evidence="evidence",
        output=tmp_path,
        workers=1,
        current=current,
    )
    problems = point_latest(options, run)
    assert str((tmp_path / "latest").readlink()) == shown
    assert ["20261129T030000Z, whose time is still to come" in one for one in problems] == [True] * told
