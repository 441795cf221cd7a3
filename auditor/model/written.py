"""What stands in files of its own beside the code that uses it: tables in YAML, and statements in SQL."""

import re
from functools import cache
from importlib.resources import files
from typing import TypeVar

T = TypeVar("T")


def written(package: str, name: str, shape: type[T]) -> T:
    """The table `name`.yaml of a package, in the shape that it must have."""
    # msgspec takes a tenth of a second to import, and --help must not wait for it.
    import msgspec

    return msgspec.yaml.decode((files(package) / f"{name}.yaml").read_bytes(), type=shape)


def patterns(package: str, name: str) -> dict[str, re.Pattern[str]]:
    """The lists of a table as regular expressions, each for whatever one of its lines matches."""
    return {key: re.compile("|".join(lines)) for key, lines in written(package, name, dict[str, list[str]]).items()}


@cache
def statement(package: str, name: str) -> str:
    """A statement of a package's folder `sql/`, as it is written."""
    return (files(package) / "sql" / f"{name}.sql").read_text("utf-8")
