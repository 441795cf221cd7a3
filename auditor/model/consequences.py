"""What taking rights away would have done: to what was done in a period, judged again as if they had been gone."""

from datetime import datetime, timedelta

from msgspec import Struct

from auditor.model.handles import Handle

RECENT = timedelta(days=7)
"""What would have failed within this before an audit may fail tomorrow."""


class WouldFail(Struct, frozen=True, kw_only=True):
    """Something that somebody did and could not have done.

    `who` is a roster id, or the account where nobody is known behind it.
    """

    who: str
    action: str
    last_at: datetime


class Missed(Struct, frozen=True, kw_only=True):
    """What was refused after a cleanup script took a right away, and only that right had allowed.

    Args:
        finding: the id of a finding that asked for it.
        undo: the command that gives it back; empty where the script is not found any more.
        acts: the foremost few, the latest first.
    """

    finding: str
    undo: str
    events: int
    last_at: datetime
    acts: tuple[WouldFail, ...]


class Consequence(Struct, frozen=True, kw_only=True):
    """What taking away a right, or all those of a finding, would have done, counted in acts of a period.

    Args:
        since: the beginning of the period, UTC; `until`: its end, the time of the audit.
        failed: how many would have failed without them.
        recent: how many of them in the last seven days.
        kept: how many another path still allows.
        lost: how many of those fail as well if all goes that any finding would take away.
        lost_recent: how many of them in the last seven days.
        unknown: of how many it cannot be told.
        why: why not; where nothing at all can be told, why that is.
        unseen: what may have been done with them and stands in no log, and which logs have gaps, a sentence each.
        acts: the foremost few of those that would have failed, the latest first.
        last_at: when they were last used, or may have been.
    """

    handles: tuple[Handle, ...]
    since: datetime
    until: datetime
    failed: int = 0
    recent: int = 0
    kept: int = 0
    lost: int = 0
    lost_recent: int = 0
    unknown: int = 0
    why: str = ""
    unseen: tuple[str, ...] = ()
    acts: tuple[WouldFail, ...] = ()
    last_at: datetime | None = None

    @property
    def breaks(self) -> int:
        """How many acts of the last seven days would have failed, with everything else gone that findings ask for."""
        return self.recent + self.lost_recent
