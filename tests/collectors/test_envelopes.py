"""What other programs wrap log records in, and tables in other forms: each is unwrapped, or given back as it is."""

import base64
import gzip
import json

import pytest

from collectors.envelopes import packed_lines, records_in
from collectors.forms import csv_rows, nested, yaml_documents

ONE, TWO = {"id": 1}, {"id": 2}
TEXT = json.dumps(ONE)


def packed(text):
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def found(value):
    return records_in(value, lambda value: value if "id" in value else None)


def deep(levels):
    value = ONE
    for _ in range(levels):
        value = {"detail": value}
    return value


@pytest.mark.parametrize(
    ("value", "records"),
    [
        (ONE, [ONE]),
        ([ONE, TWO], [ONE, TWO]),
        ({"Records": [ONE, {"x": 1}, 7]}, [ONE, {"x": 1}, 7]),
        ({"hits": {"hits": [{"_source": ONE}, {"_source": TWO}]}}, [ONE, TWO]),
        ({"message": TEXT}, [ONE]),
        ({"log": f"2026-02-20 host: {TEXT}\n"}, [ONE]),
        ({"message": f"{TEXT}\n{json.dumps(TWO)}"}, [ONE, TWO]),
        ({"message": f"x [{TEXT}]"}, [ONE]),
        ({"message": '["a", ' + TEXT + "]"}, ["a", ONE]),
        ({"awslogs": {"data": packed(TEXT)}}, [ONE]),
        ({"data": base64.b64encode(TEXT.encode()).decode()}, [ONE]),
        ({"data": base64.urlsafe_b64encode('{"id":"\u00ff\u00fe??>>"}'.encode()).decode().rstrip("=")}, [{"id": "\u00ff\u00fe??>>"}]),
        ({"results": [[{"field": "id", "value": "7"}, {"field": "b", "value": 1}]]}, [{"id": "7", "b": 1}]),
        ({"QueryResultRows": [[{"id": "7"}, {"b": 1}]]}, [{"id": "7", "b": 1}]),
        (
            {"Rows": [{"Data": [{"VarCharValue": "id"}, {"VarCharValue": "b"}, 7]}, {"Data": [{"VarCharValue": "7"}, {}, 8]}]},
            [{"id": "7"}],
        ),
        ({"data": {"result": [{"stream": {}, "values": [["17", TEXT], ["18", json.dumps(TWO)]]}]}}, [ONE, TWO]),
        ({"labels": {}, "line": TEXT, "timestamp": "2026-02-20T08:00:00Z"}, [ONE]),
        ({"columns": [{"name": "at"}, {"name": "message"}], "values": [["17", TEXT]]}, [ONE]),
        ({"_id": "a", "attributes": ONE}, [ONE]),
        ({"events": [{"messageType": "CONTROL_MESSAGE", "message": TEXT}, ONE]}, [ONE]),
        ([{"index": {"_index": "x"}}, ONE, {"create": {}}, TWO, {"delete": {}}], [ONE, TWO, {"delete": {}}]),
        (deep(16), [ONE]),
        # What is no record and carries none stays as it is, so that it is counted.
        (deep(17), [deep(17)]),
        ({"x": 1}, [{"x": 1}]),
        ({"other": ONE}, [{"other": ONE}]),
        ({"other": TEXT}, [ONE]),
        ({"Records": [{"x": 1}]}, [{"x": 1}]),
        ({"Records": {"x": 1}}, [{"Records": {"x": 1}}]),
        ([{"x": 1}, {"y": 1}], [{"x": 1}, {"y": 1}]),
        ([], []),
        (7, [7]),
        ({"message": "no json"}, [{"message": "no json"}]),
        ({"message": "{broken"}, [{"message": "{broken"}]),
        ({"data": packed(TEXT)[:24]}, [{"data": packed(TEXT)[:24]}]),
        ({"data": "H4sIx"}, [{"data": "H4sIx"}]),
        ({"events": [{"field": "id"}, {"field": "b", "value": 1}]}, [{"events": [{"field": "id"}, {"field": "b", "value": 1}]}]),
        ({"messageType": "CONTROL_MESSAGE", "message": TEXT}, []),
        ({"messageType": "DATA_MESSAGE", "logEvents": [{"message": TEXT}]}, [ONE]),
        ({"index": {"_index": "x"}}, []),
        ({"index": 7}, [{"index": 7}]),
    ],
)  # fmt: skip
def test_records_are_found_wherever_they_are_carried(value, records):
    assert found(value) == records


@pytest.mark.parametrize(
    ("said", "whole"),
    [
        ({"timed_out": False, "_shards": {"failed": 0}, "hits": {"hits": [ONE]}}, True),
        ({"timed_out": True, "hits": {"hits": [ONE]}}, False),
        ({"_shards": {"failed": 2}, "hits": {"hits": [ONE]}}, False),
        ({"is_partial": True, "columns": [{"name": "id"}], "values": [[1]]}, False),
        ({"results": [ONE], "status": "Complete", "statistics": {"recordsMatched": 1.0}}, True),
        ({"results": [ONE], "status": "Running"}, False),
        ({"results": [ONE], "status": "Complete", "statistics": {"recordsMatched": 9.0}}, False),
        ({"QueryResultRows": [ONE], "QueryStatus": "FINISHED"}, True),
        ({"QueryResultRows": [ONE], "QueryStatus": "TIMED_OUT"}, False),
        ({"event": ONE, "status": "Failed"}, True),
        ({"results": [ONE], "status": {"code": 1}, "QueryStatus": ["FAILED"], "statistics": 7, "_shards": []}, True),
    ],
)
def test_an_answer_whose_query_did_not_end_is_not_all(said, whole):
    first, *rest = found(said)
    assert (first["id"], bool(rest)) == (1, not whole)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (f"{packed('a')}\n{packed('b')}\n", [packed("a"), packed("b")]),
        (f"{packed('a')}\nplain!\n", []),
        ("plain", []),
        ("", []),
    ],
)
def test_lines_of_packed_records(content, lines):
    assert packed_lines(content.encode()) == lines


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("id,b\n1,x\n", [{"id": "1", "b": "x"}]),
        ("\ufeffID;who.name;who.id\n1;n;2\n", [{"ID": "1", "who": {"name": "n", "id": "2"}}]),
        ("b|identity\n1|2\n", [{"b": "1", "identity": "2"}]),
        ("b\tid\n1\t\n\n", [{"b": "1"}]),
        ('id,b\n1,"x\ny"\n2\n', [{"id": "1", "b": "x\ny"}, "it has another number of columns than the first line"]),
        ("a,b\n1,2\n", None),
        ('a,b\n1,"{""x"": 2}"\n', [{"a": "1", "b": '{"x": 2}'}]),
        ('{"id": 1}', None),
        ("[id]", None),
        ("<id>", None),
        ("", None),
    ],
)
def test_a_table_is_known_by_the_columns_of_its_first_line(text, rows):
    read = csv_rows(text.encode(), ("id",))
    assert (read and list(read)) == rows


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("id: 1\n---\nid: 2\n", [{"id": 1}, {"id": 2}]),
        ("---\n- id: 1\n- id: 2\n", [{"id": 1}, {"id": 2}]),
        ("- id: 1\n- 7\n", [{"id": 1}, "it is no YAML object"]),
        ("id: 1\nid: 2\n", ["it is no YAML object"]),
        ("other: 1\n", None),
    ],
)
def test_yaml_is_known_by_its_keys(text, documents):
    read = yaml_documents(text.encode(), {"id"})
    assert (read and list(read)) == documents


def test_parts_of_an_object_by_their_paths():
    cells = [(("a", "b"), 1), (("a", "c", "d"), 2), (("e",), 3), (("e", "f"), 4)]
    assert nested(cells) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}
