"""The sentences for what is refused: the code names no other, and each of them has what it names."""

import re
from pathlib import Path
from string import Formatter

import pytest

from auditor.errors import SourceError
from auditor.model.written import written
from collectors.refusals import _table, refusal

ROOT = Path(__file__).parents[2] / "collectors"
SOURCE = "".join(path.read_text("utf-8") for path in sorted(ROOT.glob("**/*.py")))
KINDS = [(service, kind) for service, kinds in _table().items() for kind in kinds]


def test_every_kind_is_known_and_used():
    named = set(re.findall(r'refusal\(\s*"(\w+)",\s*"([^"]+)"', SOURCE))
    assert len(named) > 20
    assert named <= set(KINDS)
    by_code = written("collectors.aws", "error_codes", dict[str, list[str]])
    assert [kind for _, kind in KINDS if f'"{kind}"' not in SOURCE and kind not in by_code] == []


@pytest.mark.parametrize(("service", "kind"), KINDS)
def test_its_sentences_end_and_say_what_they_are_told(service, kind):
    found = _table()[service][kind]
    names = {name for text in (found.what, found.do) for _, name, _, _ in Formatter().parse(text) if name}
    error = refusal(service, kind, **{name: f"{{{name}}}" for name in names})
    assert error.what.endswith(".")
    assert error.means.endswith(".")
    assert all(f"{{{name}}}" in error.what + error.do for name in names)


def test_what_happened_may_be_a_part_of_another_sentence():
    assert SourceError("It is gone.").why == SourceError("It is gone").why == "It is gone"
