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
        (gzip.compress(PACKED + PACKED, mtime=0), Unpacked(DATA + DATA, None, False)),
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


@pytest.mark.parametrize(
    ("content", "told"), [(b"a", True), ("ö".encode(), True), (b"\xff", False), (b"\xed\xa0\x80", False)]
)
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
        ([{**EVENT, "userIdentity" + ".a" * 3000: 1}, EVENT], ["it is nested too deeply to be read", ("b", None)]),
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


UPDATE = '{"eventTime": "2026-02-01T08:00:00Z", "eventSource": "ecs.amazonaws.com", "eventName": "UpdateService"%s}'
TOLD = UPDATE % ', "requestParameters": {"note": "f\xfcr", "service": "checkout"}'


@pytest.mark.parametrize(
    "content",
    [
        f'{{"Records": [{TOLD}]}}'.encode("latin-1"),
        f"[{TOLD}]".encode("latin-1"),
        f"{TOLD}\n".encode("latin-1"),
        f"trail.0: [1769932800.000000000, {json.dumps({'log': TOLD})}]\n".encode(),
        f"trail.0: [[1769932800.0, {{}}], {TOLD}]\r\n".encode(),
        f"Events:\n- EventId: x\n  CloudTrailEvent: '{TOLD}'\n".encode(),
    ],
    ids=["a file in Latin-1", "a list", "lines", "Fluent Bit", "Fluent Bit with CRLF", "YAML"],
)
def test_what_was_asked_is_read_whatever_wrote_the_file(content):
    (record,) = (one for chunk in records(content) for one in chunk)
    assert json.loads(bytes(record.request_parameters))["service"] == "checkout"
    assert original(content, 0)["requestParameters"]["service"] == "checkout"


def test_a_notification_of_s3_is_no_event():
    told = UPDATE.replace("ecs.amazonaws.com", "aws:s3") % ""
    for content in (f'{{"Records": [{told}]}}', f'{{"Records": [{told}, {UPDATE % ""}]}}'):
        first = next(one for chunk in records(content.encode()) for one in chunk)
        assert first == "it is S3's notification of a file, and no event of CloudTrail"


def test_the_original_of_a_record_by_its_number():
    content = json.dumps([EVENT, {**EVENT, "x": 1}]).encode()
    assert original(content, 1) == {**EVENT, "x": 1}
    with pytest.raises(ValueError, match="there is no such record in it"):
        original(content, 2)
