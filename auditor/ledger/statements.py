"""The ledger's SQL: each question, and each step from one version to the next, stands in a file of `sql/`."""

from functools import cache
from importlib.resources import files

_FOLDER = files("auditor.ledger") / "sql"
VERSION = 5
"""Of the file, as this program writes it; `version_<n>.sql` brings the one before to version n."""


@cache
def statement(name: str) -> str:
    """A question as it is written."""
    return (_FOLDER / f"{name}.sql").read_text("utf-8")


def migration(version: int) -> list[str]:
    """The statements that bring a ledger of the version before to this one, for one transaction."""
    return statement(f"version_{version}").split(";\n")[:-1]
