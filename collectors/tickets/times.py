"""Times in a forge's answers."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from collectors.reading import Problems
from collectors.times import parse_time

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Times:
    """Reads times; one that cannot be read costs itself, and is a problem."""

    problems: Problems

    def read(self, text: str | None, name: str, where: str) -> datetime | None:
        """A time, or a day as its first moment in UTC: members and tokens end when their last day begins there."""
        if not text:
            return None
        try:
            if _DAY.fullmatch(text):
                return datetime.fromisoformat(text).replace(tzinfo=UTC)
            return parse_time(text)
        except ValueError:
            self.problems.note(f"{name} is no time and was left out", where)
            return None
