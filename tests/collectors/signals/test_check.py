"""What `auditor check` says of sources of monitoring: each sentence tells what happened, what it means, what to do."""

import pytest
from flask import Flask, redirect

from tests import monitoring
from tests.stand_ins import StandIn, running

KINDS = ("prometheus", "loki", "grafana", "sentry")
NOTHING = "Nothing of this source was read."


@pytest.fixture
def portal():
    """A company's portal, where a sign-in stands in front of whatever is below `/inside`."""
    app = Flask("portal")

    @app.get("/<path:place>")
    def page(place):
        return redirect("/login?next=token") if place.startswith("inside") else "<!doctype html><title>Portal</title>"

    with running(StandIn(app)) as server:
        yield server


@pytest.fixture(params=KINDS[1:])
def server(request):
    made = {
        "loki": lambda: monitoring.loki({}),
        "grafana": lambda: monitoring.grafana([]),
        "sentry": lambda: monitoring.sentry(monitoring.Errors()),
    }
    with made[request.param]() as running_:
        yield request.param, running_.url


def test_one_that_answers_is_ok_or_says_what_has_no_value(server, check):
    kind, url = server
    status, told = check(kind, url)
    assert (status, "rows from its first answers" in told or "`alive` would tell which" in told) == (
        "partial" if kind == "loki" else "ok",
        True,
    )


def test_a_token_that_is_wrong_or_missing_is_told_apart(server, check, monkeypatch):
    kind, url = server
    status, told = check(kind, url, token_env="WRONG_TOKEN")
    assert status == "failed"
    assert f"{kind.title()} does not accept the token" in told
    assert f"{NOTHING} Make a new token and put it into the environment variable that `token_env` names." in told
    monkeypatch.delenv("WRONG_TOKEN")
    assert "the environment variable WRONG_TOKEN is not set" in check(kind, url, token_env="WRONG_TOKEN")[1]
    if kind != "sentry":
        _, told = check(kind, url, token_env=None)
        assert f"{kind.title()} asks for a token, and none is given" in told
        assert "as `token_env`" in told


def test_a_path_that_is_wrong_is_no_api(server, check):
    kind, url = server
    status, told = check(kind, f"{url}/explore")
    assert (status, f"What answers there is no API of {kind.title()} (404" in told) == ("failed", True)
    assert f"{NOTHING} Give `url` as the address of {kind.title()} itself" in told


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_or_a_sign_in_in_front_is_told(kind, portal, check):
    status, told = check(kind, portal.url)
    assert (status, f"What answers there is no API of {kind.title()} (200: text/html" in told) == ("failed", True)
    status, told = check(kind, f"{portal.url}/inside")
    assert (status, f"{kind.title()} sends whoever asks on to /login, while" in told) == ("failed", True)
    assert "the token goes nowhere else" in told
    assert not [call for call in portal.calls if "/login" in call]


@pytest.mark.parametrize("kind", KINDS)
def test_where_nobody_answers_that_is_told(kind, check):
    status, told = check(kind, "http://127.0.0.1:9")
    assert (status, f"{kind.title()} could not be reached" in told) == ("failed", True)
    assert "Check the network and the source's url." in told
