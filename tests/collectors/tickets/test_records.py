"""Records of ticket files: CSV in the ways that spreadsheets write it, JSON lines and lists."""

import json

import pytest

from collectors.tickets.records import Layout, Record, WrongColumnsError, decoded, plain, read_records

TICKETS = Layout()


def values(text, layout=TICKETS):
    return [record.values for record in read_records(text.encode() if isinstance(text, str) else text, layout)]


TWO = [{"ticket": "OPS-1", "title": "One"}, {"ticket": "OPS-2", "title": "Two"}]


@pytest.mark.parametrize(
    "text",
    [
        "ticket,title\nOPS-1,One\nOPS-2,Two\n",
        "ticket;title\nOPS-1;One\nOPS-2;Two",
        "ticket\ttitle\r\nOPS-1\tOne\r\nOPS-2\tTwo\r\n",
        "sep=;\nticket;title\nOPS-1;One\nOPS-2;Two\n",
        ' Ticket , "TITLE"\nOPS-1,One\n\n , \nOPS-2,"Two"\n',
        "\n".join(map(json.dumps, TWO)),
        "\n\n".join(map(json.dumps, TWO)) + "\n",
        json.dumps(TWO, indent=1),
        "  " + json.dumps(TWO),
    ],
)
def test_a_file_is_read_in_whichever_form_it_is_written(text):
    assert values(text) == TWO


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_encodings_that_programs_write(encoding):
    data = "ticket,title\nOPS-1,Größe\n".encode(encoding)
    assert values(data) == [{"ticket": "OPS-1", "title": "Größe"}]
    assert decoded(data)[1] is True


@pytest.mark.parametrize(("data", "text"), [(b"a\xffb", "aÿb"), (b"a\x81b", "a�b"), (b"\xff\xfea\x00b", "a�")])
def test_bytes_that_are_no_unicode_are_what_windows_writes(data, text):
    assert decoded(data) == (text, False)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ticket,title\nOPS-1,One,more\n", "it has 3 values for 2 columns"),
        ('ticket,title\nOPS-1,"One"x\n', "it is no CSV: ',' expected after '\"'"),
        ('{"ticket": "OPS-1"}\noops\n', "it is no JSON: Expecting value: line 1 column 1 (char 0)"),
        ('{"ticket": "OPS-1"}\n7\n', "it is not a JSON object"),
        ('[{"ticket": "OPS-1"}, [1]]', "it is not a JSON object"),
        ('{"ticket": "OPS-1"}\n{"title": "a", "Title": "b"}\n', "it has title twice"),
    ],
)
def test_a_record_that_cannot_be_read_says_why(text, problem):
    records = read_records(text.encode(), Layout())
    (broken,) = [record for record in records if record.problem]
    assert (broken.problem, broken.values, broken.number) == (problem, {}, len(records) - 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        ("id,title\nOPS-1,One\n", "the column ticket is missing; its columns are id, title"),
        ("sep=;\n", "the column ticket is missing; it has no columns"),
        ("ticket,title,Title\nOPS-1,a,b\n", "there are two columns title"),
        ('{"id": 1}\n', "the column ticket is missing"),
        ("[1", "it is no JSON: Expecting"),
    ],
)
def test_a_file_that_holds_no_tickets_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        read_records(text.encode(), Layout())


def test_wrong_columns_are_told_from_other_mistakes():
    with pytest.raises(WrongColumnsError):
        read_records(b"id\n1\n", Layout())
    with pytest.raises(ValueError, match="no JSON") as told:
        read_records(b"[", Layout())
    assert not isinstance(told.value, WrongColumnsError)


def test_columns_may_be_called_otherwise_and_be_there_several_times():
    layout = Layout(ticket="ticket", renamed={"issue_key": "ticket", "comment": "comments"}, doubled=True)
    text = "Issue-Key,Comment,Comment,Title\nOPS-1,first, ,One\nOPS-2,a,b,Two\nOPS-3\n"
    assert values(text, layout) == [
        {"ticket": "OPS-1", "comments": ["first"], "title": "One"},
        {"ticket": "OPS-2", "comments": ["a", "b"], "title": "Two"},
        {"ticket": "OPS-3"},
    ]


def test_without_a_tickets_column_any_columns_do_and_the_most_frequent_sign_separates():
    assert values("a;b;c,d\n1;2;3\n", Layout(ticket=None)) == [{"a": "1", "b": "2", "c,d": "3"}]
    assert values('{"a": {"b": [{"c": 1, "c": 2}]}}', Layout(ticket=None)) == [{"a": {"b": [{"c": 2}]}}]


def test_a_line_break_in_a_value_is_part_of_it():
    assert read_records(b'ticket,title\nOPS-1,"One\nmore"\nOPS-2,Two\n', Layout()) == [
        Record(0, {"ticket": "OPS-1", "title": "One\nmore"}),
        Record(1, {"ticket": "OPS-2", "title": "Two"}),
    ]


@pytest.mark.parametrize(("value", "text"), [(" a ", "a"), (7, "7"), (True, "True"), (None, ""), ([], ""), (1.5, "")])
def test_a_value_as_text(value, text):
    assert plain(value) == text
