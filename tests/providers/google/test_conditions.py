"""Conditions as people and just-in-time tools write them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.providers.google.conditions import alternatives, best_at, expiry, parts_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_time_is_an_expiry():
    assert expiry('request.time < timestamp("2026-03-01T13:00:00Z")') == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_a_beginning_and_an_end_in_one_condition_hold_between_them():
    both = '(request.time >= timestamp("2026-03-01T11:00:00Z") && request.time < timestamp("2026-03-01T13:00:00Z"))'
    assert best_at(both, NOON)
    assert not best_at(both, datetime(2026, 3, 1, 10, 59, tzinfo=UTC))
    assert not best_at(both, datetime(2026, 3, 1, 13, tzinfo=UTC))


@pytest.mark.parametrize(
    "written",
    [
        'timestamp("2026-03-01T13:00:00Z") > request.time',
        '!(request.time >= timestamp("2026-03-01T13:00:00Z"))',
        '!(request.time > timestamp("2026-03-01T13:00:00.000000000Z") || false)',
        "request.time<timestamp('2026-03-01T12:00:00Z') + duration('3600s')",
        'request.time < timestamp("2026-03-01T14:00:00+01:00")',
    ],
)
def test_the_same_end_is_understood_however_it_is_written(written):
    assert expiry(written) == datetime(2026, 3, 1, 13, tzinfo=UTC)


def test_another_way_without_an_end_leaves_the_whole_without_one():
    either = 'request.time < timestamp("2026-03-01T13:00:00Z") || resource.type == "run.googleapis.com/Service"'
    assert expiry(either) is None
    assert best_at(either, NOON)[0].facts == ('resource.type == "run.googleapis.com/Service"',)


def test_the_latest_of_several_ends_counts():
    either = 'request.time < timestamp("2026-03-01T13:00:00Z") || request.time < timestamp("2026-03-02T13:00:00Z")'
    assert expiry(either) == datetime(2026, 3, 2, 13, tzinfo=UTC)


def test_a_name_is_a_pattern_and_the_rest_stays_in_its_own_words():
    (terms,) = alternatives('resource.name.startsWith("projects/_/buckets/a") && request.time.getHours("UTC") > 8')
    assert terms.patterns == ("projects/_/buckets/a*",)
    assert terms.facts == ('request.time.getHours("UTC") > 8',)


def test_an_operator_inside_a_text_is_text():
    (terms,) = alternatives('resource.name == "a && b || c"')
    assert terms.patterns == ("a && b || c",)


@pytest.mark.parametrize("broken", ["((((", "a &&", "&& b", ")", "!" * 300, "(" * 500 + "a", "x" * 30_000, "a == b)"])
def test_what_is_not_understood_ends_nothing(broken):
    (terms,) = alternatives(broken)
    assert terms.holds(NOON)
    assert terms.facts
    assert expiry(broken) is None


def test_hundreds_of_alternatives_are_one_fact():
    many = " && ".join(f"(a{n} || b{n})" for n in range(20))
    assert len(alternatives(many)) == 1


@given(st.text(alphabet='()!&|"<>=request.time timestamp(12026-)', max_size=80))
def test_no_text_breaks_the_reader(text):
    for terms in alternatives(text):
        terms.holds(NOON)


def test_a_condition_that_is_no_json_is_its_own_expression():
    assert parts_of("request.time < x") == {"expression": "request.time < x"}
    assert parts_of("[1]") == {}
    assert parts_of(None) == {}


@pytest.mark.parametrize(("deep", "understood"), [(39, True), (40, False)])
def test_what_is_nested_deeper_than_people_write_is_one_fact(deep, understood):
    (terms,) = alternatives("(" * deep + 'resource.name == "a"' + ")" * deep)
    assert (terms.patterns == ("a",)) is understood


@pytest.mark.parametrize(
    ("written", "ends"),
    [
        ("request.time < timestamp(1772370000)", datetime(2026, 3, 1, 13, tzinfo=UTC)),
        ('request.time < timestamp("2026-03-01T12:00:00Z") + duration("1h")', datetime(2026, 3, 1, 13, tzinfo=UTC)),
        ('request.time - duration("1h") < timestamp("2026-03-01T12:00:00Z")', datetime(2026, 3, 1, 13, tzinfo=UTC)),
        ('request.time - timestamp("2026-03-01T12:00:00Z") < duration("60m")', datetime(2026, 3, 1, 13, tzinfo=UTC)),
        ('request.time < timestamp(r"2026-03-01T13:00:00Z") // the end', datetime(2026, 3, 1, 13, tzinfo=UTC)),
        ('true ? request.time < timestamp("2026-03-01T13:00:00Z") : false', datetime(2026, 3, 1, 13, tzinfo=UTC)),
        ("request.time.getFullYear() < 2027", datetime(2027, 1, 1, tzinfo=UTC)),
        ("2026 >= request.time.getFullYear()", datetime(2027, 1, 1, tzinfo=UTC)),
        ("request.time.getFullYear('Europe/Berlin') == 2026", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("!(request.time.getFullYear() > 2026)", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_end_is_read_in_every_form_of_the_language(written, ends):
    assert expiry(written) == ends
    assert best_at(written, NOON)
    assert not best_at(written, ends)


def test_names_in_a_list_are_ways_of_their_own():
    found = alternatives('resource.name in ["projects/a", "projects/b"] || "x//y" == resource.name')
    assert [terms.patterns for terms in found] == [("projects/a",), ("projects/b",), ("x//y",)]


def test_years_that_nothing_is_known_of_stay_in_their_own_words():
    (terms,) = alternatives("request.time.getFullYear('Nowhere/City') < 2027")
    assert terms.facts == ("request.time.getFullYear('Nowhere/City') < 2027",)


TIMED = "timestamp('2026-03-01T12:00:00Z')"


@pytest.mark.parametrize(
    ("expression", "starts", "ends"),
    [
        (f"request.time < {TIMED}", None, 12),
        (f"request.time <= {TIMED}", None, 12),
        (f"{TIMED} > request.time", None, 12),
        (f"request.time > {TIMED}", 12, None),
        (f"{TIMED} <= request.time", 12, None),
        (f"!(request.time < {TIMED})", 12, None),
        (f"!(request.time >= {TIMED})", None, 12),
        (f"request.time < {TIMED} + duration('2h')", None, 14),
        (f"request.time < {TIMED} - duration('2h')", None, 10),
        (f"request.time + duration('2h') < {TIMED}", None, 10),
        (f"request.time - duration('2h') < {TIMED}", None, 14),
        (f"request.time - {TIMED} < duration('3h')", None, 15),
        (f"{TIMED} - request.time > duration('3h')", None, 9),
        (f"{TIMED} - request.time < duration('3h')", 9, None),
        (f"duration('3h') > request.time - {TIMED}", None, 15),
    ],
)
def test_the_time_of_the_request_may_stand_in_a_sum(expression, starts, ends):
    (way,) = alternatives(expression)
    assert (way.starts and way.starts.hour, way.ends and way.ends.hour, way.facts) == (starts, ends, ())


@pytest.mark.parametrize(
    "expression",
    [
        f"request.time == {TIMED}",
        "request.time - request.time < duration('3h')",
        f"request.time + request.time < {TIMED}",
        "request.time < request.auth.time",
        f"request.time - {TIMED} < 'x'",
        "request.time + duration('3h') < 5",
    ],
)
def test_what_is_no_bound_stays_in_its_own_words(expression):
    (way,) = alternatives(expression)
    assert (way.starts, way.ends, way.facts) == (None, None, (expression,))


@pytest.mark.parametrize(
    ("expression", "patterns"),
    [
        ("resource.name == 'a/b'", [("a/b",)]),
        ("'a/b' == resource.name", [("a/b",)]),
        ("resource.name.startsWith('a/')", [("a/*",)]),
        ("resource.name.endsWith('/b')", [("*/b",)]),
        ("resource.name.contains('b')", [("*b*",)]),
        ("resource.name in ['a', 'b', 7]", [("a",), ("b",)]),
        ("resource.name.startsWith('a*')", [("a?*",)]),
        ("resource.name.startsWith('a') && resource.name.endsWith('b')", [("a*", "*b")]),
        ("resource.name.startsWith('a') || resource.name.endsWith('b')", [("a*",), ("*b",)]),
    ],
)
def test_the_name_of_the_resource_is_a_pattern(expression, patterns):
    assert [(way.patterns, way.facts) for way in alternatives(expression)] == [(one, ()) for one in patterns]


@pytest.mark.parametrize(
    "expression",
    [
        "resource.name != 'a'",
        "resource.type == 'a'",
        "resource.name.matches('a')",
        "resource.name == request.path",
        "resource.name.startsWith(7)",
        "resource.service.startsWith('a')",
    ],
)
def test_what_is_no_pattern_stays_in_its_own_words(expression):
    assert [(way.patterns, way.facts) for way in alternatives(expression)] == [((), (expression,))]
    ((patterns, facts),) = [(way.patterns, way.facts) for way in alternatives(f"!({expression})")]
    assert (patterns, facts) == ((), (f"not {expression}",))


@pytest.mark.parametrize(
    ("comparison", "starts", "ends"),
    [("<", None, 2026), ("<=", None, 2027), (">", 2027, None), (">=", 2026, None), ("==", 2026, 2027)],
)
def test_the_year_of_the_request_is_a_time(comparison, starts, ends):
    (way,) = alternatives(f"request.time.getFullYear() {comparison} 2026")
    assert (way.starts and way.starts.year, way.ends and way.ends.year) == (starts, ends)
    (way,) = alternatives("2026 > request.time.getFullYear('Europe/Berlin')")
    assert (way.starts, way.ends) == (None, datetime(2025, 12, 31, 23, tzinfo=UTC))


def test_ways_that_last_longest_and_ask_for_least_come_first():
    ends = [f"request.time < timestamp('2026-03-0{day}T00:00:00Z')" for day in (3, 5)]
    found = best_at(f"{ends[0]} || {ends[1]} && a.b == 1 || {ends[1]}", datetime(2026, 3, 1, tzinfo=UTC))
    assert [(way.ends.day, len(way.facts)) for way in found] == [(5, 0), (5, 1), (3, 0)]
    assert best_at(ends[0], datetime(2026, 3, 3, tzinfo=UTC)) == ()
    assert len(best_at(ends[0], datetime(2026, 3, 2, 23, 59, tzinfo=UTC))) == 1
