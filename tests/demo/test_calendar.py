from datetime import UTC, date, datetime

from auditor.demo.calendar import Calendar, clock, last_night

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


def test_each_night_is_a_day_later():
    assert Calendar(SATURDAY.first, nights=3).at == datetime(2026, 11, 23, 3, 10, tzinfo=UTC)
