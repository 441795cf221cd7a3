"""What hangs ends when its time is over, also inside of something that has a time of its own."""

import signal
import time
from datetime import timedelta

import pytest

from auditor.deadline import OverdueError, deadline

SOON, LATE = timedelta(milliseconds=50), timedelta(hours=1)


def hang():
    time.sleep(600)


def within(length, *steps):
    with deadline(length):
        for step in steps:
            step()


def test_what_hangs_ends_at_its_deadline():
    with pytest.raises(OverdueError), deadline(SOON):
        hang()


def test_an_outer_deadline_holds_after_an_inner_one():
    with pytest.raises(OverdueError):
        within(SOON, lambda: within(LATE), hang)


def test_an_outer_deadline_that_passed_meanwhile_holds_at_once():
    def overdue():
        with pytest.raises(OverdueError):
            within(SOON, hang)

    with pytest.raises(OverdueError):
        within(SOON * 2, overdue, hang)


def test_a_time_that_is_over_before_it_begins_leaves_no_alarm():
    with pytest.raises(OverdueError), deadline(timedelta(microseconds=1)):
        hang()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_there_is_no_deadline_once_it_is_kept():
    with deadline(LATE):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
