"""When a curve rose, and whether a change fits it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.case.rises import Fit, fit, rises, sides, unseen
from auditor.model.signals import Curve

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def minute(number):
    return NOON + timedelta(minutes=number)


def curve(values, start=-60, unit="errors/s", step=60):
    """A value a minute, from an hour before noon on; None leaves one out."""
    points = tuple((minute(start + n * step / 60), float(v)) for n, v in enumerate(values) if v is not None)
    return Curve(name="errors", unit=unit, step=step, points=points)


def found(told, from_=0, to=60):
    return list(rises(told, minute(from_), minute(to)))


QUIET = [0.2, 0.1, 0.3, 0.2] * 15


def test_a_rise_begins_with_its_first_high_value():
    (rise,) = found(curve([*QUIET, 0.2, 0.1, 5, 6, 4, 7, *[0.2] * 20]))
    assert (rise.at, rise.highest, rise.unseen) == (minute(2), 7, 0)
    assert rise.usual == pytest.approx(0.2)


def test_a_single_peak_is_no_rise():
    assert found(curve([*QUIET, 0.2, 50, 0.1, 0.2, 0.2, 0.1])) == []


def test_what_scatters_widely_has_to_rise_further():
    wild = [0, 9, 1, 8, 2, 7] * 10
    assert found(curve([*wild, 12, 11, 12, 13, 12])) == []
    assert found(curve([*wild, 60, 70, 65, 80, 60]))


def test_one_error_that_a_wide_window_shows_five_times_is_no_rise():
    once = [0] * 60 + [1 / 300] * 5 + [0] * 10
    assert found(curve(once)) == []
    assert found(curve(once, unit="ratio"))


def test_few_errors_after_none_are_a_rise_once_they_are_five():
    assert found(curve([0] * 60 + [1, 2, 1, 1, 0, 0, 0], unit="errors"))
    assert found(curve([0] * 60 + [1, 1, 1, 0, 0, 0, 0], unit="errors")) == []


def test_minutes_below_what_is_usual_take_nothing_from_a_rise():
    assert found(curve([10] * 60 + [16, 0, 16, 0, 16, *[10] * 9], unit="errors"))


def test_without_half_of_the_hour_before_nothing_can_be_told():
    assert found(curve([None] * 31 + QUIET[:29] + [9] * 10)) == []
    (rise,) = found(curve([None] * 12 + QUIET[:48] + [9] * 10))
    assert rise.unseen == 12


def test_each_rise_is_told_once():
    told = curve([*QUIET, *[9] * 5, *QUIET[:30], *[9] * 5, *QUIET[:10]])
    assert [rise.at for rise in found(told)] == [minute(0), minute(35)]


def test_high_values_far_apart_are_no_rise():
    assert found(curve([*QUIET, 9, *[None] * 20, 9, *[None] * 20, 9])) == []


def test_a_change_fits_what_began_soon_after_it():
    told = curve([*QUIET, *[9] * 60])
    (rise,) = found(told)
    assert [fit(told, rise, minute(m)) for m in (-2, -10, -11, -60, -61)] == [
        Fit.FITS,
        Fit.FITS,
        Fit.LOOSELY,
        Fit.LOOSELY,
        Fit.NOT,
    ]
    # A value stands for the minute before it: what was done within it may have come first.
    assert [fit(told, rise, minute(m)) for m in (0.5, 1)] == [Fit.FITS, Fit.NOT]


def test_what_began_unseen_cannot_be_told():
    values = [*QUIET[:50], *[None] * 10, *[9] * 10]
    told = curve(values)
    (rise,) = found(told)
    assert fit(told, rise, minute(-2)) is Fit.UNKNOWN
    assert unseen(told, minute(-10), minute(0)) == 10


def test_both_sides_of_a_change_are_means_of_half_an_hour():
    around = sides(curve([*[1] * 60, *[3] * 30]), minute(0), minute(0))
    assert (around.before, around.after, around.known, around.unseen) == (1, 3, True, 0)
    assert around.rise.at == minute(0)


def test_a_side_that_is_not_half_known_is_not_known():
    after = sides(curve([*[1] * 60, *[3] * 14]), minute(0), minute(0))
    assert (after.before, after.after, after.known, after.unseen) == (1, None, False, 16)
    before = sides(curve([*[None] * 40, *[1] * 20, *[3] * 30]), minute(0), minute(0))
    assert (before.known, before.unseen) == (False, 10)
    assert not sides(curve([]), minute(0), minute(0)).known


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=90))
def test_whatever_is_measured_a_rise_lies_in_what_was_asked_for_and_above_what_was_usual(values):
    told = curve(values)
    for rise in found(told):
        assert minute(0) <= rise.at < minute(60)
        assert rise.highest > rise.usual
