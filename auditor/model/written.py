"""What stands in files of its own beside the code that uses it: tables in YAML, and statements in SQL."""

import re
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import TypeVar

T = TypeVar("T")
_OTHER = re.compile(r"\$\{(\w+)\}")


def written(package: str, name: str, shape: type[T]) -> T:
    """The table `name`.yaml of a package, in the shape that it must have."""
    # msgspec takes a tenth of a second to import, and --help must not wait for it.
    import msgspec

    return msgspec.yaml.decode((files(package) / f"{name}.yaml").read_bytes(), type=shape)


def patterns(package: str, name: str) -> dict[str, re.Pattern[str]]:
    """The lists of a table as regular expressions, each for whatever one of its lines matches."""
    return {key: re.compile("|".join(lines)) for key, lines in written(package, name, dict[str, list[str]]).items()}


class Patterns:
    """The table `name`.yaml of a package: patterns by name, which need not be read before one of them is asked for.

    A pattern's lines are one, and `${name}` in it stands for the pattern of that name.
    """

    def __init__(self, package: str, name: str, flags: re.RegexFlag = re.IGNORECASE) -> None:
        self._flags = flags
        self._table = cache(partial(written, package, name, dict[str, str]))
        self._compiled: dict[str, re.Pattern[str]] = {}

    def names(self) -> tuple[str, ...]:
        """What the patterns are called, in the table's order."""
        return tuple(self._table())

    def text(self, name: str) -> str:
        """A pattern, with those that it names in their places."""
        return _OTHER.sub(lambda other: self.text(other[1]), "".join(self._table()[name].splitlines()))

    def __call__(self, name: str) -> re.Pattern[str]:
        """Compiled where it is first asked for: many together take longer than most questions to the past."""
        if name not in self._compiled:
            self._compiled[name] = re.compile(self.text(name), self._flags)
        return self._compiled[name]


def words_of(package: str, name: str) -> Callable[[str], frozenset[str]]:
    """Tells the words of the table `name`.yaml of a package by what they are for, where they stand apart by spaces.

    `${name}` among them stands for the words of that name.
    """
    table = cache(partial(written, package, name, dict[str, str]))

    @cache
    def words(use: str) -> frozenset[str]:
        own = table()[use]
        return frozenset(_OTHER.sub(" ", own).split()).union(*map(words, _OTHER.findall(own)))

    return words


@cache
def statement(package: str, name: str) -> str:
    """A statement of a package's folder `sql/`, as it is written."""
    return (files(package) / "sql" / f"{name}.sql").read_text("utf-8")
