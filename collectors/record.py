"""A record of JSON, asked by the names that lead to a value: what is not as it should be is said, and is no guess."""

import re
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct, field

from collectors.problems import Problems
from collectors.times import parse_time

_LONG_AGO, _LONGEST = 1970, 40


class Record(Struct):
    """A record; `problems` and `unread` get the times in it that cannot be read."""

    value: Any
    problems: Problems = field(default_factory=Problems)
    unread: list[str] = field(default_factory=list)

    def text(self, *path: str) -> str:
        """A text or number; empty where there is none. Raises ValueError where it is something else."""
        found = self.at(*path)
        if isinstance(found, bool) or not isinstance(found, str | int | float | None):
            raise ValueError(f"its {path[-1]} is no text")  # noqa: TRY004 - a file, not a call
        return "" if found is None else str(found).strip()

    def each(self, *path: str) -> list["Record"]:
        """The entries of a list; none where it is not there."""
        found = self.at(*path)
        if not isinstance(found, list | None):
            raise ValueError(f"its {path[-1]} is no list")  # noqa: TRY004 - a file, not a call
        return [Record(one, self.problems, self.unread) for one in found or ()]

    def at(self, *path: str) -> Any:
        """What stands there; None where nothing does. Raises ValueError where the way there is no object."""
        found = self.value
        for name in path:
            if not isinstance(found, dict | None):
                raise ValueError(f"what should hold its {name} is no object")  # noqa: TRY004 - a file, not a call
            found = (found or {}).get(name)
        return found

    def time(self, *path: str) -> datetime | None:
        """A time with its offset; None where there is none, or Go's zero. One that cannot be read is said."""
        text = self.text(*path)
        try:
            moment = parse_time(text) if text else None
        except ValueError:
            self.lose(path[-1], text)
            return None
        return moment if moment and moment.year >= _LONG_AGO else None

    def end(self, begins: datetime | None, pattern: re.Pattern[str], unit: timedelta, *path: str) -> datetime | None:
        """When something is over that begins then and lasts as many units as the pattern's group finds."""
        text = self.text(*path)
        found = pattern.fullmatch(text)
        if text and not found:
            self.lose(path[-1], text)
        return begins + float(found[1]) * unit if begins and found else None

    def lose(self, name: str, text: str) -> None:
        """Something of its time that cannot be read."""
        self.problems.note(f"{name} is no time and was left out")
        self.unread.append(f"{name} {text[:_LONGEST]}")
