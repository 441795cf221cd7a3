"""What cleanup scripts did since the last run: read from their logs, and put beside what the audit found."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from auditor.ledger import Ledger, Removal
from auditor.model.findings import Finding
from auditor.model.handles import Handle
from auditor.options import RunOptions
from reports.cleanup.registry import right_of

_log = logging.getLogger(__name__)

LOG = "cleanup-log.jsonl"
LONGEST_LOG = 64 << 20
_NEXT = timedelta(microseconds=1)


class _Line(msgspec.Struct, frozen=True):
    """A line of the log, as far as it is used."""

    time: datetime
    action: Literal["revoke", "undo", "delete"]
    status: str
    cleanup: str
    step: int
    provider: str
    type: str
    account: str
    right: str
    findings: tuple[str, ...]
    caller: str = ""


# The only other field of a line has the kind of holder for a name.
_FIXED = frozenset(field.encode_name for field in msgspec.structs.fields(_Line)) | {"run", "detail"}


def logs(options: RunOptions, ledger: Ledger) -> list[Path]:
    """The logs that cleanup scripts left: the runs' own, and of those that were written elsewhere."""
    # `latest` is a second way to one of them.
    folders = {folder.resolve() for folder in (*options.output.glob("*/cleanup"), *ledger.scripts())}
    return [folder / LOG for folder in sorted(folders) if (folder / LOG).is_file()]


def take_in(options: RunOptions, ledger: Ledger) -> None:
    """Put into the ledger what the logs tell."""
    for log in logs(options, ledger):
        ledger.note(_removals(log))


def confirmed(
    findings: Sequence[Finding], removed: Iterable[Removal], since: datetime | None
) -> tuple[list[Finding], frozenset[str]]:
    """The findings with what was taken away and is there again; and the ids of those that came back since a time."""
    by_right: dict[tuple[str, ...], Removal] = {one.right: one for one in removed}
    told, back = [], set()
    for finding in findings if by_right else ():
        found = [one for right in rights_of(finding.handles) if (one := by_right.get(right))]
        if found:
            last = max(found, key=lambda one: one.time)
            facts = {"taken_away_at": f"{last.time:%Y-%m-%dT%H:%M:%SZ}", "taken_away_by": last.caller or None}
            told.append(replace(finding, facts={**finding.facts, **facts}))
            if since is None or last.time > since:
                back.add(finding.id)
        else:
            told.append(finding)
    return told or list(findings), frozenset(back)


def _removals(log: Path) -> Iterator[Removal]:
    """What a log says was done; a line that is no such line, or was cut off, is said and left out."""
    if log.stat().st_size > LONGEST_LOG:
        _log.warning("%s is longer than any log of a cleanup script, and was not read.", log)
        return
    latest: dict[tuple[str, ...], datetime] = {}
    for number, text in enumerate(log.read_bytes().splitlines(), start=1):
        try:
            fields: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
            line = msgspec.convert(fields, _Line)
            (holder_kind,) = fields.keys() - _FIXED
        except ValueError as error:
            _log.warning("Line %d of %s could not be read and was left out: %s.", number, log, error)
            continue
        if line.status == "done":
            right = (line.provider, line.type, line.account, holder_kind, str(fields[holder_kind]), line.right)
            # Its times are whole seconds: what was done to a right within one keeps the log's order.
            latest[right] = max(line.time, latest.get(right, line.time - _NEXT) + _NEXT)
            done = {name: getattr(line, name) for name in ("cleanup", "step", "caller", "action")}
            done["time"] = latest[right]
            yield from (Removal(**done, finding=finding, right=right) for finding in line.findings)


def rights_of(handles: Iterable[Handle]) -> Iterator[tuple[str, ...]]:
    """What tells the rights apart that handles name, as a log names them."""
    for handle in handles:
        right = right_of(handle)
        if right:
            yield right.logged
