"""Packed files and other encodings, and logs in many files."""

import bz2
import codecs
import lzma
import os

import pyarrow as pa
import pytest

from collectors.base import Raw
from collectors.log_files import batches, beside, walk
from collectors.packing import unpacked, utf8

DATA = os.urandom(1000) * 1200


def zstd(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("pack", [lzma.compress, lambda data: bz2.compress(data, 1), zstd])
def test_a_packed_file_is_unpacked_to_a_limit(pack):
    assert unpacked(pack(DATA), len(DATA)) == (DATA, None)
    assert unpacked(pack(b""), 1) == (b"", None)
    cut = DATA[: 1 << 20], "it unpacks to more than 1 MiB; the rest was left"
    assert unpacked(pack(DATA), 1 << 20) == cut


def test_of_a_damaged_file_what_came_before_is_kept():
    content, warning = unpacked(zstd(os.urandom(3 << 20))[: 2 << 20], 1 << 30)
    assert 1 << 20 <= len(content) < 3 << 20
    assert warning.startswith(f"it is damaged or cut short after {len(content):,} bytes: ")


@pytest.mark.parametrize("data", [lzma.compress(b"x")[:8], bz2.compress(b"x")[:5], zstd(b"x" * 99)[:6]])
def test_a_file_of_which_nothing_can_be_had_is_damaged(data):
    with pytest.raises(ValueError, match="it is damaged or cut short: "):
        unpacked(data, 10)


def test_what_is_not_packed_is_nobodys():
    assert unpacked(b"plain", 10) is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a", b"a"),
        (codecs.BOM_UTF8 + b"a", b"a"),
        ("ab".encode("utf-16-le"), b"a\0b\0"),
        (codecs.BOM_UTF16_LE + "{ö".encode("utf-16-le"), "{ö".encode()),
        (codecs.BOM_UTF16_BE + "{ö".encode("utf-16-be"), "{ö".encode()),
        (codecs.BOM_UTF16_LE + b"\0\0", codecs.BOM_UTF16_LE + b"\0\0"),
        (codecs.BOM_UTF16_LE + b"ab", codecs.BOM_UTF16_LE + b"ab"),
        (codecs.BOM_UTF16_BE + b"a\0", codecs.BOM_UTF16_BE + b"a\0"),
        (b"", b""),
    ],
)
def test_text_is_turned_into_utf_8(content, text):
    assert utf8(content) == text


def raws(*sizes):
    return [Raw(f"f{number}", bytes, version=f"v{number}", size=size) for number, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "seen", "found"),
    [
        ((3, 3, 3), {}, [["f0", "f1"], ["f2"]]),
        ((5, 1), {}, [["f0"], ["f1"]]),
        ((0, 0, 0, 0), {}, [["f0", "f1", "f2"], ["f3"]]),
        ((3, 3, 3), {"f0": "v0", "f1": "old"}, [["f1", "f2"]]),
        ((3,), {"f0": "v0"}, []),
        ((), {}, [[]]),
    ],
)
def test_what_is_new_comes_some_at_a_time(sizes, seen, found):
    read = batches(raws(*sizes), seen, most=5, most_files=3, size=lambda raw: raw.size)
    assert [[raw.origin for raw in batch] for batch in read] == found


def test_files_of_one_day_come_together():
    listed = [Raw(f"{account}/{day}", bytes, size=1) for account in "ab" for day in "132"]
    read = batches(listed, {}, most=3, most_files=3, size=lambda raw: raw.size, day=lambda raw: raw.origin[-1])
    assert [[raw.origin for raw in batch] for batch in read] == [["a/1", "b/1"], ["a/2", "b/2"], ["a/3", "b/3"]]


def test_a_day_of_little_comes_with_the_next():
    listed = [Raw(f"{account}/{day}", bytes, size=1) for account in "ab" for day in "132"]
    read = batches(listed, {}, most=5, most_files=5, size=lambda raw: raw.size, day=lambda raw: raw.origin[-1])
    assert [len(batch) for batch in read] == [4, 2]


def test_what_has_no_version_is_always_new():
    read = batches([Raw("f", bytes)], {"f": ""}, most=5, most_files=3, size=lambda raw: raw.size)
    assert [len(batch) for batch in read] == [1]


@pytest.mark.parametrize(("seen", "found"), [({}, [["readme"], []]), ({"readme": "1"}, [[]])])
def test_a_folder_with_nothing_but_what_lies_beside_logs_has_no_log(seen, found):
    read = batches(
        [Raw("readme", bytes, version="1", skipped="beside")], seen, most=5, most_files=3, size=lambda raw: raw.size
    )
    assert [[raw.origin for raw in batch] for batch in read] == found


@pytest.mark.parametrize(
    ("name", "is_beside"),
    [
        ("_SUCCESS", True),
        ("README.md", True),
        ("Thumbs.db", True),
        ("result_sign.json", True),
        ("result_1.csv", False),
        ("notes", True),
        ("read.json", False),
        ("notebook-1.log", False),
        ("license_server.log", False),
        ("a.sha256", True),
        ("a.json", False),
        ("a", False),
        ("x.pdf", True),
    ],
)
def test_what_lies_beside_logs_is_known_by_its_name(name, is_beside):
    assert beside(name) is is_beside


def test_a_folder_is_walked_in_order_and_every_file_has_its_version(context):
    for name, text in {"b/a": "1", "a": "22", "b/.hidden": "x", ".git/c": "x", "c.md": "333"}.items():
        path = context.base / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, ns=(7, 7))
    (context.base / "logs" / "d").symlink_to(context.base / "logs" / "a")
    (context.base / "logs" / "e").symlink_to(context.base / "nowhere")
    (context.base / "logs" / "f").symlink_to(context.base / "logs" / "b")
    skipped, link = (
        "its name says that it is no log",
        "it is a link that leads out of the folder, which is not followed",
    )
    assert [(raw.origin, raw.version, raw.size, raw.skipped or raw.missing) for raw in walk("s", "logs", context)] == [
        ("logs/a", "2:7", 2, ""),
        ("logs/b/a", "1:7", 1, ""),
        ("logs/c.md", "3:7", 3, skipped),
        ("logs/d", "2:7", 2, ""),
        ("logs/e", "", 0, link),
    ]
    (one,) = walk("s", "logs/b/a", context)
    assert (one.origin, one.load(), one.size) == ("logs/b/a", b"1", 1)
