"""What a batch's objects hold, unpacked ahead: in order, and each with its own fault."""

import gzip
import hashlib
from functools import partial

import pytest

from collectors.aws.cloudtrail.contents import opened
from collectors.aws.cloudtrail.files import UnreadableError
from collectors.base import Raw, missing


def refuse():
    raise PermissionError("not yours")


def raw(name, data):
    return Raw(name, partial(bytes, data), size=len(data))


@pytest.mark.parametrize("place", ["logs", "s3://bucket"])
def test_objects_come_in_order_each_with_its_own_fault(place):
    good, latin = gzip.compress(b'{"Records": []}'), gzip.compress("é".encode("latin-1"))
    batch = [
        raw(f"{place}/1", good),
        raw(f"{place}/2", good[:-6]),
        Raw(f"{place}/3", refuse),
        missing(f"{place}/4", "it is gone"),
        Raw(f"{place}/5", refuse, skipped="a note"),
        raw(f"{place}/6", latin),
        raw(f"{place}/7", b"{}"),
        raw(f"{place}/8", good + good),
    ]
    found = list(opened(batch))
    assert [one.origin for one, _ in found] == [one.origin for one in batch]
    (whole, content), (_, cut), (refused, _), _, _, (_, odd), (_, plain), (_, twice) = found
    assert whole.load() == good
    assert content().sha256 == hashlib.sha256(b'{"Records": []}').hexdigest()
    assert content().text
    assert not odd().text
    assert plain().sha256 == hashlib.sha256(b"{}").hexdigest()
    assert twice().sha256 is None
    with pytest.raises(UnreadableError):
        cut()
    with pytest.raises(PermissionError):
        refused.load()
