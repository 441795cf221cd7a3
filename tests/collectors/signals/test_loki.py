"""Loki as a stand-in over HTTP: counts of lines, what stands for zero, and servers that are ill."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.errors import SourceError
from auditor.model.signals import Signal, gathered
from tests import monitoring

NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)
AT = int(datetime(2026, 2, 28, 14, tzinfo=UTC).timestamp())
COUNT = 'sum(count_over_time({app="checkout"} |= "timeout" [1m]))'
ALIVE = 'sum(count_over_time({app="checkout"} [1m]))'
TIMEOUTS = {"name": "timeouts", "query": COUNT}


@pytest.fixture
def curves():
    return {COUNT: [({}, {AT: 3, AT + 60: 4})]}


@pytest.fixture
def server(curves):
    with monitoring.loki(curves) as running:
        yield running


def values(got):
    return [(time, value) for curve in gathered(got.rows(Signal)).curves for time, value in curve.points]


def test_counts_are_a_curve_and_minutes_without_one_are_told(server, read):
    got = read("loki", [TIMEOUTS], url=server.url, tenant="harbour")
    assert [value for _, value in values(got)] == [3, 4]
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", "no value at 43,198 of 43,200 moments")
    assert set(server.tenants) == {"harbour"}


def test_where_lines_came_and_none_was_counted_there_were_none(server, curves, read):
    curves[ALIVE] = [({}, dict.fromkeys(range(AT - 120, AT + 180, 60), 9))]
    got = read("loki", [{**TIMEOUTS, "alive": ALIVE}], url=server.url)
    assert [value for _, value in values(got)] == [0, 0, 3, 4, 0]


def test_what_counted_nothing_at_all_is_not_taken_for_calm(server, read):
    (line,) = read("loki", [{"name": "logins", "query": "count_over_time({}[1m])"}], url=server.url).coverage
    assert line.status == "partial"
    assert "it gave no value at all" in line.reason


def test_a_query_that_gives_lines_is_refused_and_no_line_is_kept(server, read):
    got = read("loki", [{"name": "lines", "query": '{app="checkout"}'}], url=server.url)
    assert "it holds streams and no matrix" in got.coverage[0].reason


def test_a_later_run_asks_for_what_is_new_and_an_hour_before_it(server, read):
    first = read("loki", [TIMEOUTS], url=server.url)
    seen = {one.origin: one.version for one in first.objects}
    server.requests.clear()
    later = read("loki", [TIMEOUTS], seen, at=NOW + timedelta(days=1), url=server.url)
    (call,) = server.calls
    assert f"start={int((NOW - timedelta(hours=1)).timestamp())}" in call
    assert later.coverage[0].from_ == NOW - timedelta(hours=1)


def test_another_query_under_the_same_name_begins_anew(server, read):
    seen = {one.origin: one.version for one in read("loki", [TIMEOUTS], url=server.url).objects}
    server.requests.clear()
    read("loki", [{**TIMEOUTS, "query": ALIVE}], seen, url=server.url)
    assert len(server.calls) == 5


def test_what_could_not_be_read_is_asked_for_again_by_the_next_run(server, read):
    server.fails("query_range", 400, message="the query would read too many series", after=2)
    got = read("loki", [TIMEOUTS], url=server.url)
    (line,) = got.coverage
    assert (line.status, "too many series" in line.reason) == ("partial", True)
    (checkpoint,) = [one for one in got.objects if "|" not in one.origin]
    assert checkpoint.version == ""


def test_being_asked_to_slow_down_is_heeded(server, read):
    server.fails("query_range", 429, retry_after=1, times=1)
    got = read("loki", [TIMEOUTS], url=server.url)
    assert got.coverage[0].status == "ok"
    assert len(server.calls) == 6


def test_a_limit_that_stays_is_told(server, read):
    server.fails("query_range", 429, message="too many outstanding requests", retry_after=0)
    assert "asked to slow down" in read("loki", [TIMEOUTS], url=server.url).coverage[0].reason


@pytest.mark.parametrize(
    ("fault", "why"), [({"body": '{"status": "succ'}, "cannot be read"), ({"cut": True}, "was cut")]
)
def test_half_an_answer_costs_its_search_alone(server, read, fault, why):
    server.fails("query_range", query="timeout", **fault)
    got = read("loki", [TIMEOUTS, {"name": "all", "query": "vector(1)"}], url=server.url)
    assert why in got.coverage[0].reason
    assert got.coverage[1].scope == "checkout all"


def test_a_token_that_has_expired_costs_the_source(server, read, monkeypatch):
    monkeypatch.setenv("MONITORING_TOKEN", "old")
    with pytest.raises(SourceError, match="does not accept the token, or it has expired"):
        read("loki", [TIMEOUTS], url=server.url)


def test_a_redirect_takes_the_token_nowhere(server, read):
    with monitoring.loki({}) as other:
        server.fails("query_range", 302, headers={"Location": f"{other.url}/loki/api/v1/query_range"}.items())
        with pytest.raises(SourceError, match=f"sends whoever asks on to {other.url}/loki"):
            read("loki", [TIMEOUTS], url=server.url)
        assert other.calls == []


def test_a_user_and_a_password_may_stand_for_the_token(server, read, monkeypatch):
    monkeypatch.setenv("MONITORING_USER", "4711")
    with pytest.raises(SourceError, match="token"):
        read("loki", [TIMEOUTS], url=server.url, user_env="MONITORING_USER")
    assert server.requests[0].token.startswith("Basic ")
