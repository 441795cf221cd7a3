from datetime import UTC, date, datetime

from auditor.demo.calendar import NIGHTS, Calendar, clock, last_night

SATURDAY = Calendar(datetime(2026, 11, 21, 3, 10, tzinfo=UTC))


def test_the_audit_is_of_the_last_night_that_is_over():
    assert last_night(datetime(2026, 11, 21, 12, tzinfo=UTC)) == datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
    assert last_night(datetime(2026, 11, 21, 2, tzinfo=UTC)) == datetime(2026, 11, 20, 3, 10, tzinfo=UTC)


def test_working_days_leave_out_the_weekend():
    assert SATURDAY.workday(1) == date(2026, 11, 20)
    assert SATURDAY.workday(6) == date(2026, 11, 13)


def test_times_of_day_are_those_of_the_company():
    assert clock(date(2026, 7, 1), "09:15") == datetime(2026, 7, 1, 7, 15, tzinfo=UTC)
    assert clock(date(2026, 12, 1), "09:15") == datetime(2026, 12, 1, 8, 15, tzinfo=UTC)


def test_three_nights_come_before_the_one_that_the_story_is_told_from():
    nights = [Calendar(SATURDAY.told, night).at.date() for night in range(1, NIGHTS + 1)]
    assert nights == [date(2026, 9, 19), date(2026, 10, 24), date(2026, 11, 14), date(2026, 11, 21)]


def test_each_night_after_them_is_a_day_later():
    assert Calendar(SATURDAY.told, NIGHTS + 2).at == datetime(2026, 11, 23, 3, 10, tzinfo=UTC)


def test_what_is_not_over_at_a_night_was_the_last_time_as_long_before_it():
    first, told = Calendar(SATURDAY.told, 1), SATURDAY
    assert told.last_workday(6) == date(2026, 11, 13)
    assert first.last_workday(6) == date(2026, 9, 11)
