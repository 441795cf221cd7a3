"""Ways in which a condition can be met: which are open, which can be asked for, and which ask for no less."""

import json
from datetime import UTC, datetime

import pytest

from auditor.providers.google.conditions import (
    ALWAYS,
    Terms,
    alternatives,
    asked_for_at,
    best_at,
    expiry,
    held_and_eligible,
    no_wider,
    parts_of,
)

EARLY, NOON, LATE = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (11, 12, 13))
UNTIL, SINCE = 'request.time < timestamp("2026-03-01T13:00:00Z")', 'request.time >= timestamp("2026-03-01T11:00:00Z")'
ASKS = "has({}.jitAccessConstraint)"


@pytest.mark.parametrize(
    ("terms", "is_time"),
    [
        (ALWAYS, True),
        (Terms(starts=NOON), True),
        (Terms(starts=LATE), False),
        (Terms(ends=NOON), False),
        (Terms(ends=LATE), True),
        (Terms(starts=EARLY, ends=LATE), True),
        (Terms(starts=EARLY, ends=EARLY), False),
    ],
)
def test_its_time_comes_with_its_beginning_and_is_over_with_its_end(terms, is_time):
    assert terms.is_time(NOON) is is_time
    assert terms.holds(NOON) is is_time
    assert not Terms(terms.starts, terms.ends, awaits=("a ticket",)).holds(NOON)


@pytest.mark.parametrize(
    ("one", "other", "within"),
    [
        (ALWAYS, ALWAYS, True),
        (Terms(starts=NOON), ALWAYS, True),
        (ALWAYS, Terms(starts=NOON), False),
        (Terms(starts=NOON), Terms(starts=NOON), True),
        (Terms(starts=LATE), Terms(starts=NOON), True),
        (Terms(starts=EARLY), Terms(starts=NOON), False),
        (Terms(ends=NOON), ALWAYS, True),
        (ALWAYS, Terms(ends=NOON), False),
        (Terms(ends=NOON), Terms(ends=NOON), True),
        (Terms(ends=EARLY), Terms(ends=NOON), True),
        (Terms(ends=LATE), Terms(ends=NOON), False),
        *(
            one
            for name in ("patterns", "facts", "awaits")
            for one in (
                (Terms(**{name: ("a",)}), ALWAYS, True),
                (ALWAYS, Terms(**{name: ("a",)}), False),
                (Terms(**{name: ("a", "b")}), Terms(**{name: ("b",)}), True),
                (Terms(**{name: ("a",)}), Terms(**{name: ("b",)}), False),
            )
        ),
    ],
)
def test_one_is_within_another_that_asks_for_no_more_and_lasts_no_shorter(one, other, within):
    assert one.within(other) is within


def test_both_at_once_begin_with_the_later_end_with_the_earlier_and_ask_for_all_of_it_once():
    one = Terms(EARLY, LATE, ("a", "b"), ("c",), ("d",))
    other = Terms(NOON, None, ("b", "e"), ("c", "f"), ("g",))
    assert one.also(other) == Terms(NOON, LATE, ("a", "b", "e"), ("c", "f"), ("d", "g"))
    assert other.also(one).ends == LATE
    assert Terms(ends=NOON).also(Terms(ends=LATE)).ends == NOON
    assert one.also(ALWAYS) == ALWAYS.also(one) == one


@pytest.mark.parametrize(
    ("expression", "ends"),
    [
        (UNTIL, LATE),
        (f"{UNTIL} || {UNTIL.replace('13', '12')}", LATE),
        (f"{UNTIL} || {SINCE}", None),
        (f"{UNTIL} || {ASKS}", LATE),
        (f"{ASKS} && {UNTIL}", LATE),
        (ASKS, None),
        ("false", None),
        ("", None),
    ],
)
def test_it_ends_for_good_where_every_way_that_can_be_held_does(expression, ends):
    assert expiry(expression) == ends


def condition(**parts):
    return json.dumps(parts)


@pytest.mark.parametrize(
    ("written", "held", "eligible"),
    [
        (condition(expression=UNTIL), (Terms(ends=LATE),), ()),
        (condition(expression=ASKS), (), (Terms(awaits=(ASKS,)),)),
        (condition(expression=f"{ASKS} || {UNTIL}"), (Terms(ends=LATE),), ()),
        (condition(expression=f"{ASKS} && {UNTIL.replace('13', '12')}"), (), ()),
        (condition(expression=UNTIL, entitlement="ops"), (), (Terms(ends=LATE, awaits=("ops",)),)),
        (condition(entitlement="ops"), (), (Terms(awaits=("ops",)),)),
        (condition(expression=UNTIL.replace("13", "12"), entitlement="ops"), (), ()),
        (None, (ALWAYS,), ()),
    ],
)
def test_what_is_held_and_what_can_be_asked_for(written, held, eligible):
    assert held_and_eligible(written, NOON) == (held, eligible)


def test_of_what_can_be_asked_for_the_longest_that_asks_for_least_comes_first():
    short, plain = f"({ASKS} && {UNTIL})", f"({ASKS} && a == b)"
    found = asked_for_at(f"{short} || {plain} || {ASKS}", NOON)
    assert [(one.ends, len(one.facts)) for one in found] == [(None, 0), (None, 1), (LATE, 0)]
    assert best_at(f"{short} || {ASKS}", NOON) == ()


@pytest.mark.parametrize(
    ("expression", "other", "no_more"),
    [
        (UNTIL, "", True),
        ("", UNTIL, False),
        (UNTIL, f"{UNTIL} || a == b", True),
        (f"{UNTIL} || a == b", UNTIL, False),
        ("false", UNTIL, True),
    ],
)
def test_a_condition_lets_in_no_more_where_each_of_its_ways_is_within_one_of_the_other(expression, other, no_more):
    assert no_wider(expression, other) is no_more


def test_what_is_told_of_the_caller_is_put_in_the_place_of_its_name():
    asked = "principal.type == 'user' && a.b == 'c'"
    assert alternatives(asked, {"principal.type": "user"}) == (Terms(facts=("a.b == 'c'",)),)
    assert alternatives(asked, {"principal.type": "robot"}) == ()
    assert alternatives(asked)[0].facts == ("principal.type == 'user'", "a.b == 'c'")
    assert alternatives("  ") == (ALWAYS,)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (condition(expression="x", title=4, description=None), {"expression": "x"}),
        ("a < b", {"expression": "a < b"}),
        ("[]", {}),
        (None, {}),
        ("", {}),
    ],
)
def test_the_parts_of_a_condition_are_texts(written, parts):
    assert parts_of(written) == parts
