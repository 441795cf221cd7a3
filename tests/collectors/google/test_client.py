"""Google's answers and refusals, as sentences."""

import http.client
import json
from types import SimpleNamespace

import httplib2
import pytest
import requests
from google.api_core.exceptions import Forbidden, ServiceUnavailable
from google.auth.exceptions import RefreshError
from googleapiclient.errors import HttpError

from auditor.errors import SourceError
from collectors.google.client import call, explained, items, listed, refused


def http_error(status, message=None, content=None, **headers):
    body = content if content is not None else json.dumps({"error": {"message": message}}).encode()
    return HttpError(httplib2.Response({"status": status, **headers}), body)


def told(error):
    with pytest.raises(SourceError) as raised, explained("listing bindings"):
        raise error
    return raised.value


@pytest.mark.parametrize(
    ("status", "begins", "transient"),
    [
        (401, "The Google credentials have expired or are not valid", False),
        (403, "Google denied access while listing bindings", False),
        (404, "Google knows nothing of it, while listing bindings", False),
        (400, "Google answered 400", False),
        (408, "Google answered 408", True),
        (429, "Google answered 429", True),
        (500, "Google answered 500", True),
        (502, "Google answered 502", True),
        (503, "Google answered 503", True),
        (504, "Google answered 504", True),
        (501, "Google answered 501", False),
    ],
)
def test_a_status_is_a_sentence_and_some_may_pass(status, begins, transient):
    error = refused("listing bindings", status, "no way")
    assert error.what.startswith(begins)
    assert f"{status}: no way" in error.what
    assert (error.transient, "kept on doing so" in error.what) == (transient, transient)


def test_a_refusal_tells_what_google_said_and_no_more_than_people_read():
    assert "(403: Permission x denied)" in told(http_error(403, "Permission x denied")).what
    assert "(403)" in told(http_error(403, content=b"<html>")).what
    assert "(403)" in told(http_error(403, content=b"[]")).what
    assert "(403)" in told(http_error(403, content=b'{"error": "odd"}')).what
    assert "x" * 300 in refused("a", 400, "x" * 301).what
    assert "x" * 301 not in refused("a", 400, "x" * 301).what


@pytest.mark.parametrize(
    ("error", "begins", "transient"),
    [
        (Forbidden("no"), "Google denied access", False),
        (ServiceUnavailable("busy"), "Google answered 503: busy", True),
        (RefreshError("gone"), "Google does not accept the credentials", False),
        (OSError(5, "broken"), "Google could not be reached", True),
        (http.client.IncompleteRead(b""), "Google could not be reached", True),
        (httplib2.ServerNotFoundError("nowhere"), "Google could not be reached", True),
        (requests.Timeout("slow"), "Google could not be reached", True),
        (ValueError("odd"), "", True),
    ],
)
def test_every_kind_of_trouble_is_told(error, begins, transient):
    found = told(error)
    assert found.what.startswith(begins)
    assert (found.transient, "listing bindings" in found.what) == (transient, True)


def test_an_error_without_words_is_told_by_its_kind_and_a_long_one_is_cut():
    assert "(TimeoutError)" in told(TimeoutError()).what
    assert "x" * 299 + "…" in told(OSError("x" * 301)).what
    assert "x" * 300 + ")" in told(OSError("x" * 300)).what


class Request:
    """A request that comes to these answers, one after another."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def execute(self):
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


AT_ONCE = {"retry-after": "0"}


def test_what_may_pass_is_tried_again_as_soon_as_the_server_says():
    request = Request(http_error(503, "busy", **AT_ONCE), http_error(429, "busy", **AT_ONCE), {"a": 1})
    assert (call(request, "x"), request.asked) == ({"a": 1}, 3)


def test_after_five_attempts_it_is_given_up():
    request = Request(*(http_error(503, "busy", **AT_ONCE) for _ in range(9)))
    with pytest.raises(SourceError, match="503"):
        call(request, "x")
    assert request.asked == 5


@pytest.mark.parametrize("answer", [http_error(403, "no"), "<html>", [1]])
def test_what_will_not_pass_is_not_tried_again(answer):
    request = Request(answer, {"a": 1})
    with pytest.raises(SourceError):
        call(request, "x")
    assert request.asked == 1


def a_list(*pages):
    """An interface with one list of these pages, and what it was asked."""
    requests = [Request(page) for page in pages]
    asked = []

    def first(**arguments):
        asked.append(arguments)
        return requests[0]

    def following(request, answer):
        number = requests.index(request) + 1
        return requests[number] if answer.get("nextPageToken") and number < len(requests) else None

    return SimpleNamespace(list=first, list_next=following), asked


def test_a_list_is_read_to_its_end():
    resource, asked = a_list({"things": [1], "nextPageToken": "a"}, {"nextPageToken": "b"}, {"things": [2, 3]})
    assert items(resource, "list", "things", "x", name="p") == [1, 2, 3]
    assert asked == [{"name": "p"}]


def test_a_list_that_goes_round_in_a_circle_is_left():
    resource, _ = a_list({"nextPageToken": "a"}, {"nextPageToken": "b"}, {"nextPageToken": "a"})
    with pytest.raises(SourceError):
        list(listed(resource, "list", "x"))
