"""Objects of a trail as stored: unpacked within bounds, and whatever is wrong with one said."""

import gzip
import json

import pytest

from collectors.aws.cloudtrail.files import DigestError, Unpacked, UnreadableError, is_text, original, records, unpack

DATA = b'{"Records":[]}'
PACKED = gzip.compress(DATA, mtime=0)


@pytest.mark.parametrize(
    ("data", "unpacked"),
    [
        (DATA, Unpacked(DATA, None, True)),
        (PACKED, Unpacked(DATA, None, True)),
        (PACKED + gzip.compress(b"x", mtime=0), Unpacked(DATA + b"x", None, False)),
        (PACKED + b"more", Unpacked(DATA, "4 bytes that are not gzip follow its end", False)),
        (gzip.compress(b"", mtime=0), Unpacked(b"", None, True)),
        (b"", Unpacked(b"", None, True)),
    ],
)
def test_what_an_object_holds(data, unpacked):
    assert unpack(data) == unpacked


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (PACKED[:-3], "truncated: its gzip stream ends in the middle; nothing of it was kept"),
        (PACKED[:12], "truncated: its gzip stream ends in the middle; nothing of it was kept"),
        (PACKED[:-8] + b"\0" * 8, r"its gzip stream is corrupt \(.+\); nothing of it was kept"),
        (b"\x1f\x8bdamaged!", r"its gzip stream is corrupt \(.+\); nothing of it was kept"),
    ],
)
def test_a_damaged_object_gives_nothing(data, why):
    with pytest.raises(UnreadableError, match=why):
        unpack(data)


@pytest.mark.parametrize(("content", "told"), [(b"a", True), ("ö".encode(), True), (b"\xff", False)])
def test_whether_it_is_text(content, told):
    assert is_text(content) is told


EVENT = {"eventTime": "2026-02-14T09:10:00Z", "eventSource": "a", "eventName": "b"}
INSIGHT = {"eventCategory": "Insight", "timeWindow": {"windowStart": "x"}, "insightDetails": {"eventSource": "s"}}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"Records": [EVENT]}, [("b", None)]),
        ([{**EVENT, "readOnly": True}], [("b", True)]),
        ([{**EVENT, "readOnly": "TRUE"}, 7], [("b", True), "it is not a JSON object"]),
        ([{**EVENT, "readOnly": "false", "eventVersion": 7}], [("b", False)]),
        ({"Records": [{"eventTime": "x", "eventName": ""}]}, ["it has no eventSource and no eventName"]),
        ([{"eventCategory": "Insight"}], ["it has no eventTime and no eventSource"]),
        ([{**INSIGHT, "eventVersion": 7}], [("-", None)]),
    ],
)
def test_the_records_of_a_file(content, told):
    found = [one for chunk in records(json.dumps(content).encode()) for one in chunk]
    assert [one if isinstance(one, str) else (one.event_name, one.read_only) for one in found] == told


def test_what_holds_no_events_is_said():
    with pytest.raises(UnreadableError, match="it is empty"):
        list(records(b" \n"))
    with pytest.raises(DigestError, match="a CloudTrail digest file"):
        list(records(b'{"digestStartTime":"x"}'))


def test_the_original_of_a_record_by_its_number():
    content = json.dumps([EVENT, {**EVENT, "x": 1}]).encode()
    assert original(content, 1) == {**EVENT, "x": 1}
    with pytest.raises(ValueError, match="there is no such record in it"):
        original(content, 2)
