"""A forge's answers: kept without secrets, page by page, and what it says when it says no."""

import json
from functools import partial

import pytest
from requests.exceptions import ChunkedEncodingError, InvalidJSONError, ReadTimeout, SSLError, TooManyRedirects

from auditor.errors import SourceError
from collectors.answers import kept, listed, paged, quoted, secret, single
from collectors.library_errors import explained


class ForgeError(Exception):
    """What a forge's library raises."""


def refused(error, told=lambda error: (None, error)):
    with pytest.raises(SourceError) as raised, explained("GitLab", "listing issues", ForgeError, told):
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("status", "what", "transient"),
    [
        (401, "GitLab does not accept the token", False),
        (403, "GitLab denied access while listing issues", False),
        (404, "GitLab", False),
        (429, "GitLab", True),
        (418, "GitLab", False),
        (499, "GitLab", False),
        (500, "GitLab", True),
        (503, "GitLab", True),
        (None, "GitLab", True),
    ],
)
def test_a_status_is_a_sentence_and_some_may_pass(status, what, transient):
    error = refused(ForgeError("no\n  way token=hunter2"), lambda error: (status, error))
    assert error.what.startswith(what)
    assert f"{status or 'no status'}: no way token=***" in error.what
    assert error.transient is transient
    assert isinstance(error.__cause__, ForgeError)


def test_each_status_that_is_known_has_a_sentence_of_its_own():
    kinds = {
        status: refused(ForgeError("x"), lambda error, status=status: (status, error))
        for status in (401, 403, 404, 429, 418)
    }
    assert len({error.what.replace(f"{status}: x", "") for status, error in kinds.items()}) == len(kinds)


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (ChunkedEncodingError("cut"), True),
        (InvalidJSONError("odd"), True),
        (ReadTimeout("slow"), True),
        (SSLError("who is it"), False),
        (TooManyRedirects("round"), True),
    ],
)
def test_an_answer_that_did_not_come_is_told_by_its_kind(error, transient):
    found = refused(error)
    assert (found.transient, "listing issues" in found.what) == (transient, True)


def test_kinds_of_trouble_on_the_way_are_told_apart():
    errors = [ChunkedEncodingError(), InvalidJSONError(), ReadTimeout(), SSLError(), TooManyRedirects()]
    assert len({refused(error).what.replace(type(error).__name__, "") for error in errors}) == len(errors)


@pytest.mark.parametrize("error", [ValueError("odd"), KeyError("id"), TypeError("none")])
def test_an_answer_of_another_shape_is_said(error):
    assert "the answer is not as it should be" in refused(error).what


def test_other_mistakes_are_mistakes():
    with pytest.raises(ZeroDivisionError), explained("GitLab", "x", ForgeError, lambda error: (None, error)):
        raise ZeroDivisionError


def test_long_messages_are_cut():
    assert refused(ForgeError("x" * 300)).what.count("x") < 210
    assert "x" * 195 + "…" not in refused(ForgeError("x" * 195)).what
    assert "résumé" in refused(ForgeError(), lambda error: (418, "résumé".encode())).what


def test_secrets_of_projects_are_taken_out_of_what_is_kept():
    content = b'{"runners_token": "GR-1", "import_url":"https://u:p@x", "password" : "a\\"b", "name": "x"}'
    raw = kept("o", "project", content)
    assert raw.load() == b'{"runners_token": "***", "import_url":"***", "password" : "***", "name": "x"}'
    assert (raw.origin, raw.part, raw.original, raw.size) == ("o", "project", True, len(raw.load()))
    assert json.loads(kept("o", "issues", [{"title": "Größe \ud800"}]).load().decode("utf-8", "surrogateescape"))


def pages(*found):
    for one in found:
        if isinstance(one, Exception):
            raise one
        yield one


def read(*found):
    explaining = partial(explained, "GitLab", "x", ForgeError, lambda error: (403, error))
    raws = paged("o", "issues", pages(*found), explaining)
    return [(raw.origin, raw.part, raw.missing and "missing", raw.load()) for raw in raws]


def test_every_page_is_kept_with_its_number():
    assert read([1, 2], [], [3]) == [
        ("o/page-0001", "issues", "", b"[1, 2]"),
        ("o/page-0002", "issues", "", b"[]"),
        ("o/page-0003", "issues", "", b"[3]"),
    ]
    assert list(paged("o", "issues", pages())) == []


def test_a_page_that_is_refused_is_said_in_its_place_and_ends_the_list():
    assert read([1], ForgeError("no")) == [
        ("o/page-0001", "issues", "", b"[1]"),
        ("o/page-0002", "", "missing", b""),
    ]


@pytest.mark.parametrize(
    ("data", "records"), [(b"[]", []), (b"[1, 2]", [1, 2]), (b'{"a": 1}', [{"a": 1}]), (b" [{}]", [{}])]
)
def test_an_answer_is_a_list_or_one_object(data, records):
    assert listed(data) == records


@pytest.mark.parametrize("data", [b"7", b'"x"', b"null", b"{", b"", b"[" * 100_000])
def test_anything_else_is_refused(data):
    with pytest.raises(ValueError, match=r".+"):
        listed(data)


def test_one_object_is_one_and_a_record_is_quoted_by_its_number():
    assert single(b'{"a": 1}') == single(b'[{"a": 1}]') == {"a": 1}
    for data in (b"[]", b"[1]", b"[{}, {}]"):
        with pytest.raises(ValueError, match="no object"):
            single(data)
    assert quoted('[1, {"a": "ö"}]'.encode(), 1) == '{\n "a": "ö"\n}'


@pytest.mark.parametrize(("value", "token"), [(" abc\n", "abc"), ("abc", "abc")])
def test_a_token_is_in_its_variable(monkeypatch, value, token):
    monkeypatch.setenv("FORGE_TOKEN", value)
    assert secret("code", "FORGE_TOKEN") == token


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_token_that_is_not_set_is_said(monkeypatch, value):
    monkeypatch.delenv("FORGE_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("FORGE_TOKEN", value)
    with pytest.raises(SourceError, match="FORGE_TOKEN"):
        secret("code", "FORGE_TOKEN")


def test_a_page_that_is_refused_is_said_as_a_sentence_without_its_end():
    explaining = partial(explained, "GitLab", "x", ForgeError, lambda e: (404, e))
    raws = list(paged("o", "issues", pages(ForgeError("no")), explaining))
    assert [raw.missing[-1] for raw in raws] != ["."]
    assert kept("o", "p", ["ö"]).load() == '["ö"]'.encode()
    assert "\ufffd" in refused(ForgeError(), lambda error: (418, b"caf\xe9")).what
