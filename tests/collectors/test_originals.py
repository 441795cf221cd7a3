"""The raw record behind a row: from the store, else from where it was collected, and only if it is the same."""

import hashlib

import pytest

from auditor.config.sources.tickets import TicketsFile
from auditor.errors import SourceError
from auditor.model.findings import Evidence
from collectors.originals import original

DATA = b"ticket,title\nOPS-1,Slow\nOPS-2,Down\n"


class Kept:
    """A store that keeps one object."""

    def __init__(self, data):
        self.data, self.asked = data, []

    def raw(self, source, origin, content_sha256):
        self.asked.append((source, origin, content_sha256))
        return self.data


@pytest.fixture
def read(context):
    (context.base / "t.csv").write_bytes(DATA)
    source = TicketsFile(name="tickets", kind="tickets-file", path="t.csv")

    def run(store, record=1, origin="t.csv", data=DATA):
        pointer = Evidence(source="tickets", origin=origin, record=record, sha256=hashlib.sha256(data).hexdigest())
        return original(source, context, store, pointer)

    return run


def test_a_record_is_shown_from_the_store_or_from_its_place(read):
    store = Kept(DATA.replace(b"Down", b"Kept"))
    assert read(store) == ["ticket: OPS-2", "title: Kept"]
    assert store.asked == [("tickets", "t.csv", hashlib.sha256(DATA).hexdigest())]
    assert read(Kept(None)) == ["ticket: OPS-2", "title: Down"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"record": 7}, "Record 7 of t.csv cannot be shown"),
        ({"origin": "gone.csv"}, "gone.csv"),
        ({"data": b"other"}, "t.csv"),
    ],
)
def test_a_record_that_is_gone_or_is_another_is_said(read, changes, what):
    with pytest.raises(SourceError) as caught:
        read(Kept(None), **changes)
    assert what in caught.value.what
