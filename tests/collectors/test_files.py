import csv
import gzip
import os

import pytest

from collectors.files import origin_of, unpacked
from collectors.forms import csv_rows


def test_what_is_no_gzip_is_left_as_it_is():
    assert unpacked(b"plain") == (b"plain", None)
    assert unpacked(b"") == (b"", None)


def test_gzip_members_in_a_row_are_one_text():
    assert unpacked(gzip.compress(b"one ") + gzip.compress(b"two")) == (b"one two", None)


def test_a_bomb_is_unpacked_to_a_limit():
    text, sentence = unpacked(gzip.compress(bytes(20 * 2**20)), limit=2**20)
    assert len(text) == 2**20
    assert "more than 1 MiB" in sentence


def test_endless_gzip_members_are_left():
    text, sentence = unpacked(gzip.compress(b"x") * 5000)
    assert len(text) == 1000
    assert "gzip streams" in sentence


def test_a_cut_file_gives_its_beginning():
    text, sentence = unpacked(gzip.compress(os.urandom(100_000))[:-50_000])
    assert text
    assert "cut short" in sentence


def test_what_follows_the_gzip_stream_is_said():
    assert unpacked(gzip.compress(b"one") + bytes(512)) == (b"one", None)
    assert unpacked(gzip.compress(b"one") + b"junk") == (b"one", "something else follows its gzip stream")


@pytest.mark.parametrize("spoil", [b"\x1f\x8bnot gzip at all", gzip.compress(b"x" * 1000, mtime=0)[:-8] + bytes(8)])
def test_a_damaged_file_is_refused(spoil):
    with pytest.raises(ValueError, match="damaged"):
        unpacked(spoil)


def test_an_origin_is_relative_to_the_configuration_where_it_can_be(context, tmp_path):
    assert origin_of(tmp_path / "logs" / "a.log", context) == "logs/a.log"
    assert origin_of(tmp_path.parent / "b.log", context) == (tmp_path.parent / "b.log").as_posix()
    assert origin_of(tmp_path / os.fsdecode(b"caf\xe9"), context) == "caf\\udce9"


def test_a_table_of_long_cells_leaves_other_tables_their_limit():
    before = csv.field_size_limit()
    long = "x" * (before + 1)
    assert list(csv_rows(f"id,name\n1,{long}\n2\n".encode(), ("id",))) == [
        {"id": "1", "name": long},
        "it has another number of columns than the first line",
    ]
    assert csv.field_size_limit() == before
