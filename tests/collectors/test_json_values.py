"""JSON values one after another, some of them broken."""

import json

import pytest

from collectors.json_values import TOO_DEEP, Broken, values


def is_record(value):
    return "id" in value


def read(text, start=0):
    return [str(one) if isinstance(one, Broken) else one for one in values(text, start, is_record)]


@pytest.mark.parametrize("between", ["", " ", "\n", ", ", "],\n[", "}\n"])
def test_what_stands_between_values_is_passed_over(between):
    text = between.join(json.dumps({"id": number}) for number in range(3))
    assert read(text.replace("[", "")) == [{"id": 0}, {"id": 1}, {"id": 2}]


def test_it_begins_where_it_is_told_to():
    assert read('{"Records": [{"id": 1}, {"id": 2}]}', len('{"Records": [')) == [{"id": 1}, {"id": 2}]
    assert read("") == read(" \n]}") == []


def test_a_broken_piece_costs_itself_and_what_follows_is_found_again():
    text = '{"id": 1}, {"id": 2, "x": {"y": oops}}, {"id": 3}'
    assert read(text) == [{"id": 1}, "it is not valid JSON", {"id": 3}]


def test_an_object_within_the_broken_piece_is_no_record():
    text = '{"id": 1, "bad": oops, "in": {"name": "x"}}, {"id": 2}'
    assert read(text) == ["it is not valid JSON", {"id": 2}]


def test_what_is_broken_up_to_the_end_is_said():
    assert read('{"id": 1}, {"id": ') == [{"id": 1}, "it is not valid JSON, up to the end of the file"]


def test_after_too_many_attempts_the_rest_is_left():
    text = "oops " + '{"x" ' * 10_001 + '{"id": 1}'
    assert read(text) == ["it is not valid JSON, and too much follows it"]


@pytest.mark.parametrize("depth", [3_000, 30_000])
def test_what_is_nested_too_deeply_costs_itself_alone(depth):
    deep = '{"id": 2, "in": ' + '{"x":[' * depth + '"}"' + "]}" * depth + "}"
    assert read(f'{{"id": 1}}\n{deep}\n{{"id": 3}}') == [{"id": 1}, TOO_DEEP, {"id": 3}]
    # Around the records stands something that is as deep as they are.
    assert read(f'{{"Records": [{{"id": 1}}, {deep}, {{"id": 3}}]}}') == [TOO_DEEP, {"id": 1}, TOO_DEEP, {"id": 3}]
    cut = read(f'{{"id": 1}}\n{deep[:-9]}')
    assert cut[0] == {"id": 1}
    assert cut[1].startswith("it is not valid JSON, ")
