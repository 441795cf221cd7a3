"""The times that a question about the past is put with."""

from datetime import datetime, timedelta

from msgspec import Struct


class Times(Struct, frozen=True):
    """The times that were asked for; those of a ticket stand in for what is missing."""

    from_: datetime | None = None
    to: datetime | None = None
    last: timedelta | None = None
