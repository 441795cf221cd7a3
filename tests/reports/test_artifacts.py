"""access.json and stories.json, from which reports are made again."""

import pytest

from auditor.errors import ReportError
from reports import artifacts


@pytest.mark.parametrize("what", ["access", "stories"])
def test_what_was_written_reads_back_the_same(shop, tmp_path, what):
    artifacts.write(getattr(shop, what), tmp_path / f"{what}.json")
    assert getattr(artifacts, what)(tmp_path) == getattr(shop, what)


@pytest.mark.parametrize("what", ["access", "stories"])
def test_anything_else_is_said_so(tmp_path, what):
    (tmp_path / f"{what}.json").write_text('[{"identity": 1}]')
    with pytest.raises(ReportError, match="cannot be read"):
        getattr(artifacts, what)(tmp_path)
