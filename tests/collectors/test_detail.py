"""A request's parameters as evidence: without secrets, and no longer than is kept beside a row."""

import json

import pytest

from collectors.detail import LONGEST, REMOVED, detail, quoted


def deep(levels):
    value = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


def bottom(text):
    value = json.loads(text)
    while isinstance(value, dict):
        (value,) = value.values()
    return value


@pytest.mark.parametrize("nothing", [None, {}, ""])
def test_without_parameters_there_is_no_detail(nothing):
    assert detail(nothing) is None


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("password", "x", REMOVED), ("masterUserPassword", "x", REMOVED), ("passphrase", "x", REMOVED),
        ("privateKey", "x", REMOVED), ("private_key", "x", REMOVED), ("authToken", {"a": 1}, REMOVED),
        ("plaintext", "x", REMOVED), ("ciphertextBlob", "x", REMOVED), ("clientAssertion", "x", REMOVED),
        ("credential", "x", REMOVED), ("authorization", "x", REMOVED), ("secretString", "x", REMOVED),
        ("secretId", "x", "x"), ("secretArn", "x", "x"), ("secretName", "x", "x"), ("credentials", "x", "x"),
        ("authorizationType", "x", "x"), ("password", "", ""), ("password", None, None), ("name", 7, 7),
        ("list", [{"token": "x"}, 1], [{"token": REMOVED}, 1]), ("n" * 201, 1, None),
    ],
)  # fmt: skip
def test_secrets_are_taken_out_by_their_names(name, value, kept):
    assert json.loads(detail({name: value})) == ({name[:200]: value} if len(name) > 200 else {name: kept})


def test_long_and_deep_parameters_are_cut():
    assert bottom(detail(deep(12))) == "x"
    assert bottom(detail(deep(13))) == "[too deep]"
    assert json.loads(detail({"a": "x" * 6144})) == {"a": "x" * 6144}
    assert json.loads(detail({"a": "x" * 6145})) == {"a": "x" * 6144 + "…"}
    assert json.loads(detail({"a": list(range(201))})) == {"a": list(range(200))}
    assert list(json.loads(detail({f"n{n}": n for n in range(201)}))) == [f"n{n}" for n in range(200)]


def test_what_is_too_long_as_a_whole_is_cut_further():
    found = json.loads(detail({"a": ["x" * 2000] * 20}))
    assert found == {"a": ["x" * 384 + "…"] * 20}
    assert json.loads(detail({"a": ["x" * 900] * 2}))["a"][0] == "x" * 900
    long = {f"n{number}": list(range(200)) for number in range(190)}
    assert json.loads(detail(long)).keys() == {"too long to keep"}
    assert len(detail(long)) < LONGEST


def test_a_record_is_quoted_as_people_read_it():
    assert quoted({"a": "ö\ud800", "token": "x"}) == '{\n  "a": "ö\\ud800",\n  "token": "[removed]"\n}'
