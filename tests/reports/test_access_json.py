"""access.json, from which reports are made again."""

import pytest

from auditor.errors import ReportError
from reports import access_json


def test_what_was_written_reads_back_the_same(shop, tmp_path):
    place = tmp_path / "access.json"
    access_json.write(shop.access, place)
    assert access_json.read(place) == shop.access


def test_anything_else_is_said_so(tmp_path):
    place = tmp_path / "access.json"
    place.write_text('[{"identity": 1}]')
    with pytest.raises(ReportError, match="cannot be read"):
        access_json.read(place)
