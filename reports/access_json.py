"""access.json: who could touch what at the time of the audit, kept so that reports can be made again from a run."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from auditor.errors import ReportError
from auditor.resolve.types import Access
from reports.files import write_private


def write(access: Sequence[Access], path: Path) -> None:
    """Write every path of access; the file appears whole or not at all, readable by its owner only."""
    write_private(path, msgspec.json.format(msgspec.json.encode(list(access), order="deterministic"), indent=1))


def read(path: Path) -> tuple[Access, ...]:
    """The paths of access as `write` left them.

    Raises:
        ReportError: when the file is missing or is not what `write` wrote.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[Access, ...])
    except (OSError, msgspec.MsgspecError) as error:
        raise ReportError(
            f"{path} cannot be read: {error}.",
            means="Who can touch what is missing from reports made from that run.",
            do="Run the audit again.",
        ) from error
