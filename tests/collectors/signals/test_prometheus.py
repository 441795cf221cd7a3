"""Prometheus: a real one that scrapes a real exporter, and answers that were saved."""

import json
from datetime import UTC, datetime

import pytest
import requests

from auditor.demo.serving import served
from auditor.errors import SourceError
from auditor.model.signals import Signal, gathered
from tests import monitoring
from tests.waiting import until

RATE = 'sum(rate(http_requests_total{status="500"}[15s]))'
ERRORS = {"name": "errors", "query": RATE, "unit": "errors/s", "step": "10s"}


@pytest.fixture
def scraped(tmp_path):
    """A Prometheus with some seconds of a service's counters in it, and those counters."""
    program = monitoring.prometheus_program()
    if program is None:
        pytest.skip("Prometheus is not installed: `.ci/setup test-tools` unpacks it")
    counters = {"200": 100, "500": 0}
    with served(monitoring.exporter(counters)) as target, monitoring.prometheus(program, tmp_path, target) as url:
        until(lambda: ready(url))
        yield url, counters


def ready(url):
    try:
        return requests.get(f"{url}/-/ready", timeout=5).ok
    except requests.RequestException:
        return False


def answers(url, query):
    """Its values above zero, on the grid of ten seconds."""
    now = datetime.now(UTC).timestamp() // 10 * 10
    try:
        found = requests.get(f"{url}/api/v1/query", {"query": query, "time": now}, timeout=5).json()["data"]["result"]
    except (requests.RequestException, KeyError, ValueError):
        return False
    return [float(one["value"][1]) for one in found if float(one["value"][1]) > 0]


@pytest.mark.slow
def test_a_real_prometheus_is_checked(scraped, check):
    url, _ = scraped
    assert check("prometheus", url, token_env=None, query="vector(1)")[0] == "ok"
    status, told = check("prometheus", f"{url}/graph", token_env=None, query="up")
    assert (status, "What answers there is no API of Prometheus" in told) == ("failed", True)
    status, told = check("prometheus", url, token_env=None, query="sum(")
    assert (status, "parse error" in told) == ("failed", True)


@pytest.mark.slow
def test_a_rise_that_a_real_prometheus_scraped_is_read_as_a_curve(scraped, read):
    url, counters = scraped

    def rises():
        counters["500"] += 1
        return answers(url, RATE)

    until(rises)
    at = datetime.now(UTC)

    got = read("prometheus", [ERRORS], at=at, url=url)

    (curve,) = gathered(got.rows(Signal)).curves
    assert {row.system for row in got.rows(Signal)} == {"checkout"}
    assert (curve.name, curve.unit, curve.step) == ("errors", "errors/s", 10)
    assert max(value for _, value in curve.points) > 0
    (line,) = got.coverage
    assert (line.scope, line.status, line.to) == ("checkout errors", "ok", at)
    # Before it was started, Prometheus knows of nothing: that is said, and no zero.
    assert "no value at" in line.reason
    assert len(curve.points) < 10


@pytest.mark.slow
def test_what_it_refuses_is_told_in_its_own_words(scraped, read):
    url, _ = scraped
    got = read("prometheus", [ERRORS, {"name": "typo", "query": "sum(rate("}], url=url)
    assert [(line.scope, line.status) for line in got.coverage] == [
        ("checkout errors", "partial"),
        ("checkout typo", "failed"),
    ]
    assert "parse error" in got.coverage[1].reason


@pytest.mark.slow
def test_more_values_than_one_answer_may_have_are_asked_for_in_parts(scraped, read):
    url, _ = scraped
    got = read("prometheus", [{**ERRORS, "query": "vector(2)", "step": "1m"}], url=url)
    (curve,) = gathered(got.rows(Signal)).curves
    assert len(curve.points) == 30 * 24 * 60 + 1
    assert len([raw for raw in got.batches[0] if raw.part == "matrix"]) == 5
    assert [line.status for line in got.coverage] == ["ok"]


def matrix(*curves, **more):
    result = [{"metric": labels, "values": values} for labels, values in curves]
    return {"status": "success", "data": {"resultType": "matrix", "result": result}, **more}


def save(folder, name, answer):
    path = folder / "saved" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer))


AT = int(datetime(2026, 2, 20, 14, tzinfo=UTC).timestamp())


def test_saved_answers_are_read_by_their_place_and_once(tmp_path, read):
    save(tmp_path, "checkout/errors.json", matrix(({}, [[AT, "0"], [AT + 10, "4.5"], [AT + 20, "NaN"]])))
    save(tmp_path, "checkout/errors/later.json", matrix(({}, [[AT + 10, "5"], [AT + 30, "6"]])))
    got = read("prometheus", [ERRORS], path="saved")
    (curve,) = gathered(got.rows(Signal)).curves
    assert [value for _, value in curve.points] == [0, 5, 6] or [value for _, value in curve.points] == [0, 4.5, 6]
    seen = {one.origin: one.version for one in got.objects}
    assert read("prometheus", [ERRORS], seen, path="saved").objects == []


def test_curves_of_one_search_are_told_apart_and_labels_are_only_words(tmp_path, read):
    hostile = {"service": "<script>alert(1)</script>", "auth": "Bearer abcdef123456", "long": "x" * 9999}
    save(tmp_path, "checkout/errors.json", matrix(({"service": "cart"}, [[AT, "1"]]), (hostile, [[AT, "2"]])))
    curves = gathered(read("prometheus", [ERRORS], path="saved").rows(Signal)).curves
    names = sorted(curve.name for curve in curves)
    assert names[1] == "errors (cart)"
    assert "abcdef123456" not in names[0]
    assert len(names[0]) < 500


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("{", "cannot be read"),
        ("[]", "no object"),
        ({"status": "error", "error": "query timed out"}, "it says query timed out"),
        ({"status": "success", "data": {"resultType": "vector", "result": []}}, "it holds vector and no matrix"),
        (matrix(({}, [[AT, "1"], [AT]])), "value 1 is no moment with a number"),
        (matrix(([], [])), "no object with labels"),
        (matrix(({}, [[1e300, "1"]])), "value 0 is no moment"),
        (matrix(({}, [[AT + 10**9, "1"]])), "not of the stretch"),
        (matrix(({}, [[AT, "1"]]), warnings=["PartialResponse: store 2 is down"]), "store 2 is down"),
        (matrix(*(({"n": str(n)}, [[AT, "1"]]) for n in range(23))), "3 curves more than the 20"),
        (
            {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "histograms": []}]}},
            "native",
        ),
    ],
)
def test_what_is_no_curve_is_told(tmp_path, read, answer, why):
    save(tmp_path, "checkout/errors.json", answer)
    (line,) = read("prometheus", [ERRORS], path="saved").coverage
    assert line.status in ("partial", "failed")
    assert why in line.reason


def test_a_file_that_no_saved_search_is_for_is_told(tmp_path, read):
    save(tmp_path, "billing/errors.json", matrix(({}, [[AT, "1"]])))
    got = read("prometheus", [ERRORS], path="saved")
    assert got.rows(Signal) == []
    assert "no saved search of the system" in got.coverage[0].reason


def test_a_source_that_nothing_asks_says_how_to_ask_it(read):
    with pytest.raises(SourceError, match="no saved search"):
        read("prometheus", [], url="http://127.0.0.1:1")


def test_a_server_that_is_not_there_costs_one_question(read):
    with pytest.raises(SourceError, match="could not be reached"):
        read("prometheus", [ERRORS, {**ERRORS, "name": "more"}], url="http://127.0.0.1:1")
