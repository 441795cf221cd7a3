import textwrap
from pathlib import Path

import pytest

from auditor.config import Config, load
from auditor.errors import ConfigError, Mistake

ROSTER = """\
organisation: Harbour Shop
people:
  - {id: nina, name: Nina Alvarez, email: nina@harbour.example, accounts: ["gitlab:nina"]}
  - {id: mia, name: Mia Berg, email: mia@harbour.example}
"""


@pytest.fixture
def loads(tmp_path: Path):
    """Loads a text as auditor.yaml."""

    def loads(text: str | bytes) -> Config:
        path = tmp_path / "auditor.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(path)

    return loads


@pytest.fixture
def with_roster(loads):
    """Loads a roster of nina and mia, lines 1 to 4, with more below it, from line 5."""
    return lambda text: loads(ROSTER + textwrap.dedent(text))


@pytest.fixture
def mistakes(loads):
    """What is wrong with a text: (line, path, problem, hint), in the order of the file."""

    def mistakes(text: str | bytes) -> list[tuple[int, str, str, str]]:
        with pytest.raises(ConfigError) as caught:
            loads(text)
        return [_plain(mistake) for mistake in caught.value.mistakes]

    return mistakes


@pytest.fixture
def roster_mistakes(mistakes):
    """What is wrong with what stands below the roster."""
    return lambda text: mistakes(ROSTER + textwrap.dedent(text))


def _plain(mistake: Mistake) -> tuple[int, str, str, str]:
    return int(mistake.where.rpartition(":")[2]), mistake.path, mistake.problem, mistake.hint
