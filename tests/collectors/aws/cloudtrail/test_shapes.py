"""Objects as tables write them in one cell."""

import pytest

from collectors.aws.cloudtrail.shapes import loose, struct, text


def nested(levels):
    cell = "x"
    for _ in range(levels):
        cell = f"{{a={cell}}}"
    return cell


def bottom(value):
    while isinstance(value, dict):
        value = value["a"]
    return value


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (' {"a": 1} ', {"a": 1}),
        ("{type=IAMUser, useridentity={arn=a:b}}", {"type": "IAMUser", "userIdentity": {"arn": "a:b"}}),
        ("{a=null, b=, c=x=y}", {"a": None, "b": None, "c": "x=y"}),
        ("{a=[1, b=2], c=3}", {"a": "[1, b=2]", "c": "3"}),
        ("{a={b=1, c=2}, d=one, two}", {"a": {"b": "1", "c": "2"}, "d": "one, two"}),
        ("{a={}}", {"a": "{}"}),
        ("plain", "plain"),
        ("{cut", "{cut"),
    ],
)
def test_an_object_in_a_cell(cell, value):
    assert struct(cell) == value


def test_objects_in_objects_are_read_to_a_bound():
    assert bottom(struct(nested(13))) == "x"
    assert bottom(struct(nested(14))) == "{a=x}"


@pytest.mark.parametrize(
    ("raw", "value"),
    [(b'{"a": 1}', {"a": 1}), (b'"{a=1}"', {"a": "1"}), (b'"[1]"', [1]), (b'"text"', "text"), (b"{", None), (b"7", 7)],
)
def test_a_value_is_decoded_and_an_object_as_text_too(raw, value):
    assert loose(raw) == value


@pytest.mark.parametrize(("value", "told"), [("a", "a"), ("", None), (7, None), (None, None)])
def test_a_text(value, told):
    assert text(value) == told
