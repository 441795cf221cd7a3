"""What hangs ends when its time is over, also inside of something that has a time of its own."""

import importlib
import signal
import time
from datetime import timedelta

import duckdb
import pytest

from auditor.deadline import OverdueError, deadline, interrupted_by

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


def test_an_import_comes_to_its_end_before_its_time_is_over(tmp_path, monkeypatch):
    (tmp_path / "slow_package").mkdir()
    (tmp_path / "slow_package/__init__.py").write_text("from . import part\nimport time\ntime.sleep(0.3)\n")
    (tmp_path / "slow_package/part.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(OverdueError):
        within(SOON, lambda: importlib.import_module("slow_package"), hang)
    assert importlib.import_module("slow_package").part


def test_there_is_no_deadline_once_it_is_kept():
    with deadline(LATE):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_what_a_library_does_in_threads_of_its_own_ends_with_its_time():
    many = "SELECT sum(one.i * other.i) FROM range(1000000) AS one(i), range(1000000) AS other(i)"
    connection = duckdb.connect()
    with pytest.raises(OverdueError), deadline(SOON), interrupted_by(connection.interrupt):
        connection.execute(many).fetchall()


def test_an_error_of_its_own_with_which_a_library_answers_the_alarm_is_overdue_too():
    def answers():
        try:
            hang()
        except OverdueError:
            raise RuntimeError("interrupted") from None

    with pytest.raises(OverdueError):
        within(SOON, answers)


def test_an_error_within_the_time_stays_what_it_is():
    with pytest.raises(ValueError), deadline(LATE):
        int("no number")
