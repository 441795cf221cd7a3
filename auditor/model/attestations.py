"""A campaign on record: how it was opened, what each reviewer decided on each line, and how it was closed."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

LineVerdict = Literal["keep", "revoke", "until", "explained", "do-by"]


class Closing(Struct, frozen=True, kw_only=True):
    """The end of a campaign: `despite` is why it was closed with something left open, `record` its record's hash."""

    campaign: str
    closed_at: datetime
    closed_by: str
    despite: str
    record: str
    known_by: str


class Campaign(Struct, frozen=True, kw_only=True):
    """A review of every line of access, as it was frozen.

    Args:
        campaign: its month, such as 2026-10.
        run: the run that the lines come from.
        manifest: the hash by which the chain of evidence vouches for that run; empty where it does not.
        population: SHA-256 of the file of lines.
        opened_by: the operating system's user.
    """

    campaign: str
    run: str
    manifest: str
    population: str
    lines: int
    opened_at: datetime
    opened_by: str
    due: date
    closing: Closing | None = None


class Attestation(Struct, frozen=True, kw_only=True):
    """What one reviewer decided on one line of a campaign.

    `until` is the last day that it may stay, or the day to act by; `who` acts. `decided_at` is when it was recorded,
    `said_at` when it was decided by the clock of the reviewer's browser. `known_by` as in `Decision`.
    """

    campaign: str
    line: str
    decision: LineVerdict
    reason: str
    decided_by: str
    decided_at: datetime
    until: date | None = None
    who: str = ""
    said_at: datetime | None = None
    known_by: str = ""
