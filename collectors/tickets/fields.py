"""What an answer says, with where it stands, and the times in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from collectors.stamping import Complaints, Place, Stamp
from collectors.times import parse_time

T = TypeVar("T")

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """One record of an answer."""

    place: Place
    record: int
    value: T

    def at(self) -> Stamp:
        """The columns that say where it stands."""
        return self.place.at(self.record)


@dataclass(frozen=True, slots=True)
class Times:
    """Reads times; one that cannot be read costs itself and a complaint."""

    complaints: Complaints

    def read(self, text: str | None, name: str, where: str) -> datetime | None:
        """A time, or a day as its first moment in UTC: members and tokens end when their last day begins there."""
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                return datetime.fromisoformat(text).replace(tzinfo=UTC)
            return parse_time(text)
        except ValueError:
            self.complaints.note(f"{name} is no time and was left out", where)
            return None
