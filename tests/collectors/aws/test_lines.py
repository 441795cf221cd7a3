"""AWS's answers as lines of JSON: read line by line, and what of them cannot be."""

import json

import msgspec
import pytest

from collectors.aws.lines import Answers, Line, is_lines, kept, quoted
from collectors.base import Raw
from collectors.reading import Reading

LISTED = {
    "call": "sso:List",
    "asked": {"Id": "a", "n": 1},
    "reply": {"Things": [{"id": 1}, {"id": "x"}, 7], "More": ""},
}


class Thing(msgspec.Struct):
    id: int


@pytest.fixture
def answers(context):
    """What lines come to, each a document or the text of a line; several objects where lists are given."""

    def run(*objects):
        batch = []
        for number, lines in enumerate(objects):
            text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
            batch.append(Raw(f"dump-{number}", text.encode, version="1"))
        return Answers(Reading("sso", context), batch)

    return run


def test_each_line_is_an_answer_and_points_at_its_place(answers):
    found = answers([LISTED, "", {"call": "sso:Get", "error": "AWS denied access"}], [LISTED])
    assert [(at["origin"], at["record"], line.call) for at, line in found.lines] == [
        ("dump-0", 0, "sso:List"),
        ("dump-0", 2, "sso:Get"),
        ("dump-1", 0, "sso:List"),
    ]
    assert [(line.call, why) for _, line, why in found.refused()] == [("sso:Get", "AWS denied access")]
    assert [line.call for _, line, _ in found.replies("sso:List", "sso:Get")] == ["sso:List", "sso:List"]
    assert (found.lines[0][1].of("Id"), found.lines[0][1].of("n"), found.lines[0][1].of("other")) == ("a", "", "")
    assert not found.problems


def test_a_last_page_that_is_not_there_is_said_and_one_that_is_ends_its_call(answers):
    first = {**LISTED, "reply": {"Things": [], "NextToken": "t"}}
    last = {**LISTED, "asked": {**LISTED["asked"], "NextToken": "t"}}
    refused = {"call": "sso:Get", "error": "AWS denied access"}
    for lines, said in (([first, last], None), ([first, refused], "the last pages of sso:List are not there")):
        found = answers(lines)
        found.note_cut()
        assert (found.problems.sentence() or None) == said
    found.note_gaps()
    assert "AWS denied access" in found.problems.sentence()


def test_entries_of_a_shape_are_read_and_the_others_counted(answers):
    found = answers([LISTED])
    assert [entry.id for _, _, entry in found.entries("sso:List", "Things", Thing)] == [1]
    assert list(found.entries("sso:Get", "Things", Thing)) == []
    assert list(found.entries("sso:List", "More", Thing)) == []
    assert found.problems.rejected == 2
    assert "an entry of Things is not as AWS writes it" in found.problems.sentence()
    assert "line 1 of dump-0" in found.problems.sentence()


@pytest.mark.parametrize(
    ("reply", "ids"),
    [({"Thing": {"id": 1}}, [1]), ({"Thing": {}}, []), ({"Thing": ""}, []), ({}, []), ({"Thing": [{"id": 2}]}, [2])],
)
def test_what_is_no_list_is_the_one_entry(answers, reply, ids):
    found = answers([{"call": "sso:Get", "reply": reply}])
    assert [entry.id for _, _, entry in found.entries("sso:Get", "Thing", Thing)] == ids


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not an answer written as a line of JSON"),
        ("[]", "it is not an answer written as a line of JSON"),
        ('{"call": "x"}', "it has neither a reply nor an error"),
        ('{"call": 7, "reply": {}}', "it is not an answer written as a line of JSON"),
    ],
)
def test_a_line_that_cannot_be_read_costs_itself(answers, text, why):
    found = answers([text, LISTED])
    assert [line.call for _, line in found.lines] == ["sso:List"]
    assert (found.problems.rejected, why in found.problems.sentence()) == (1, True)


def test_what_a_line_does_not_tell_is_noted_once_for_its_object(answers):
    found = answers([LISTED, LISTED])
    for at, _ in found.lines:
        found.note(at, "the end of the list is missing")
    assert (found.problems.sentence(), found.problems.rejected) == ("the end of the list is missing and 1 more", 0)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b'{"call": "x", "reply": {}}\nnonsense', True),
        (b'\xef\xbb\xbf{"call": "x", "error": "no"}', True),
        ('{"call": "x", "error": "no"}'.encode("utf-16"), True),
        (b'{"call": "", "reply": {}}', False),
        (b'{"call": "x"}', False),
        (b'{"UserDetailList": []}', False),
        (b'[{"call": "x", "reply": {}}]', False),
        (b"", False),
        (b'{"call": "' + b"x" * 70_000 + b'", "reply": {}}', False),
    ],
)
def test_such_lines_are_known_by_the_first_of_them(data, lines):
    assert is_lines(data) is lines


def test_answers_are_kept_a_line_each_and_quoted_by_their_number():
    raw = kept("sso/answers", [{"call": "a", "reply": {}}, {"call": "b", "error": "nö"}], "part")
    assert (raw.origin, raw.part, raw.original, raw.load().count(b"\n")) == ("sso/answers", "part", True, 2)
    assert json.loads(quoted(raw.load(), 1)) == {"call": "b", "error": "nö"}
    assert msgspec.json.decode(raw.load().splitlines()[0], type=Line) == Line("a", reply={})
