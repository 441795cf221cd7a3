"""Where no record of a scope exists for longer than the policy allows."""

from datetime import timedelta

from tests.activity.acts import BEGIN, END, HOUR, act, digested, ssh


def every(hours: float, begin=BEGIN, end=END, make=act):
    """Something of a scope at regular times."""
    count = int((end - begin) / (hours * HOUR))
    return [make(begin + n * hours * HOUR) for n in range(count)]


def heartbeat(time, host="web-1"):
    columns = {"account": None, "actor": None, "credential": None, "category": "read", "level": "read"}
    return ssh(time, "heartbeat", session=None, action="log:heartbeat", actor_kind="log", scope=host, **columns)


def told(rows):
    return [(s.scope, s.from_ - BEGIN, s.to - BEGIN, s.at_start, s.at_end) for s in digested(rows).silences]


def test_a_log_that_is_heard_often_enough_has_no_silence() -> None:
    digest = digested(every(12))
    assert digest.silences == ()
    assert digest.heard == {"111122223333"}


def test_a_pause_over_the_limit_is_a_silence_from_the_last_record_to_the_next() -> None:
    rows = [row for row in every(6) if not 100 * HOUR < row.time - BEGIN < 125 * HOUR]
    assert told(rows) == [("111122223333", 96 * HOUR, 126 * HOUR, False, False)]


def test_exactly_the_limit_is_no_silence_and_a_microsecond_more_is_one() -> None:
    tick = timedelta(microseconds=1)
    rows = every(6, end=BEGIN + 48 * HOUR)
    rest = every(6, begin=BEGIN + 54 * HOUR)
    assert told([*rows, *rest]) == []
    later = [*rows, act(BEGIN + 54 * HOUR + tick), *rest[1:]]
    assert told(later) == [("111122223333", 42 * HOUR, 54 * HOUR + tick, False, False)]


def test_a_scope_that_begins_late_or_ends_early_is_marked_as_such() -> None:
    rows = every(6, begin=BEGIN + 48 * HOUR, end=END - 48 * HOUR)
    assert told(rows) == [
        ("111122223333", timedelta(0), 48 * HOUR, True, False),
        ("111122223333", 30 * 24 * HOUR - 54 * HOUR, 30 * 24 * HOUR, False, True),
    ]


def test_a_sign_of_life_and_an_aws_service_break_a_silence_too() -> None:
    lambda_ = [act(row.time, who="lambda", scope="444455556666") for row in every(6)]
    assert told([*every(6, make=heartbeat), *lambda_]) == []


def test_two_sources_of_one_account_are_heard_together() -> None:
    halves = [act(row.time, source=("trail", "archive")[n % 2]) for n, row in enumerate(every(10))]
    assert told(halves) == []


def test_each_host_is_silent_for_itself() -> None:
    rows = [*every(6, make=heartbeat), heartbeat(BEGIN, "web-2"), heartbeat(END - HOUR, "web-2")]
    assert [scope for scope, *_ in told(rows)] == ["web-2"]


def test_a_scope_heard_of_only_before_the_period_is_silent_throughout() -> None:
    digest = digested([act(BEGIN - HOUR)])
    assert [(s.from_, s.to, s.at_start, s.at_end) for s in digest.silences] == [(BEGIN, END, True, True)]
    assert digest.heard == {"111122223333"}


def test_quiet_google_projects_are_no_silence() -> None:
    assert told([act(BEGIN, provider="gcp", scope="harbour-prod")]) == []
