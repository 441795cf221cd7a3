"""What is said of earlier nights: that something was missing then, or that it was made up for since."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.coverage import coverage, days_recorded, failed_sources, known_until, lost_tickets, no_source
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.tables import Activity, Coverage, Grant, ReadObject, Ticket
from tests.stored import store_run

NIGHT = datetime(2026, 10, 2, 4, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = Config(
    organisation="Harbour Shop",
    sources=[
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.csv"},
        {"name": "trail", "kind": "aws-cloudtrail", "path": "logs"},
        {"name": "iam", "kind": "aws-iam", "account": "111122223333", "file": "iam.json"},
    ],
)


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "evidence"))


def night(store, number, source, *, scope="111122223333", status="ok", rows=3, rejected=0, reason=None, files=None):
    """Store a night on which one source was read; `files` maps the objects that it read to what came of them."""
    at = NIGHT + number * DAY
    stamp = {"source": source, "collected_at": at}
    told = {"status": status, "rejected": rejected, "reason": reason}
    seen = Coverage(**stamp, origin="place", scope=scope, from_=at - DAY, to=at, rows=rows, **told)
    read = [ReadObject(**stamp, origin=name, status=word) for name, word in (files or {}).items()]
    store_run(store, f"night-{number}", at, seen, *read, status=status)


def lines(store, number, source="trail", period=30):
    at = NIGHT + number * DAY
    return [
        (seen.scope, seen.status, seen.rows, seen.reason)
        for seen in coverage(store, CONFIG, at - period * DAY, at)
        if seen.source == source
    ]


@pytest.mark.parametrize(
    ("status", "rejected", "lost"),
    [("ok", 0, False), ("partial", 0, False), ("partial", 1, True)],
    ids=["all read", "a ticket with a time that is none", "a record that is no ticket"],
)
def test_tickets_are_lost_where_records_of_the_last_good_night_could_not_be_read(store, status, rejected, lost):
    night(store, 0, "tickets", scope="tickets.csv", rejected=7, status="partial", reason="cut")
    night(store, 1, "tickets", scope="tickets.csv", rejected=rejected, status=status, reason="line 8")
    night(store, 2, "tickets", scope="tickets.csv", status="failed")
    told = lost_tickets(store, CONFIG, NIGHT + 2 * DAY)
    assert told == ("not every ticket of tickets.csv could be read: line 8" if lost else "")


def test_a_file_that_was_cut_short_is_missing_from_every_later_night_too(store):
    night(store, 0, "trail", status="partial", reason="a.gz: truncated", files={"a.gz": "failed", "b.gz": "ok"})
    night(store, 1, "trail", files={"c.gz": "ok"})
    assert lines(store, 1) == [("111122223333", "partial", 6, "a.gz: truncated")]


def test_a_file_that_was_read_after_all_is_missing_no_more(store):
    night(store, 0, "trail", status="partial", reason="a.gz: access denied", files={"a.gz": "failed"})
    night(store, 1, "trail", files={"a.gz": "ok"})
    assert lines(store, 0) == [("111122223333", "partial", 3, "a.gz: access denied")]
    assert lines(store, 1) == [("111122223333", "ok", 6, None)]


def test_a_night_of_which_all_was_read_since_is_whole_whatever_else_is_lost_of_it_later(store):
    night(store, 0, "trail", status="partial", reason="b.gz: denied", files={"a.gz": "ok", "b.gz": "failed"})
    night(store, 1, "trail", status="partial", reason="a.gz: denied", files={"a.gz": "failed", "b.gz": "ok"})
    night(store, 2, "trail", files={"c.gz": "ok"})
    assert lines(store, 2) == [("111122223333", "partial", 9, "a.gz: denied")]


def test_what_the_period_has_left_behind_is_missing_no_more(store):
    night(store, 0, "trail", status="partial", reason="a.gz: truncated", files={"a.gz": "failed"})
    night(store, 9, "trail", files={"c.gz": "ok"})
    assert lines(store, 9, period=7) == [("111122223333", "ok", 3, None)]


def test_a_source_that_could_not_be_read_at_all_is_well_once_it_is_read_again(store):
    night(store, 0, "trail", scope="trail", status="failed", rows=0, reason="logs does not exist")
    night(store, 1, "trail", files={"a.gz": "ok"})
    assert lines(store, 1) == [("111122223333", "ok", 3, None)]


def test_of_a_snapshot_only_the_latest_counts(store):
    night(store, 0, "iam", scope="444455556666", status="partial", reason="half", files={"old.json": "partial"})
    night(store, 1, "iam", files={"iam.json": "ok"})
    assert lines(store, 1, "iam") == [("111122223333", "ok", 3, None)]


def test_a_source_that_was_never_read_is_said_to_be_so(store):
    night(store, 0, "trail")
    assert lines(store, 0, "iam") == [("iam", "failed", 0, "it has not been collected yet")]


def test_the_days_of_a_log_are_those_with_any_record_as_far_as_it_was_collected(store):
    def event(number, day):
        time = NIGHT + day * DAY
        known = {"provider": "aws", "scope": "1", "action": "a:B", "category": "read", "level": "read", "outcome": "ok"}
        return Activity(source="trail", collected_at=NIGHT, origin="a", event_id=f"e{number}", time=time, **known)

    for number, days in enumerate(((-40, -3, -3, -1), (-2,))):
        rows = [event(10 * number + nth, day) for nth, day in enumerate(days)]
        store_run(store, f"night-{number}", NIGHT + number * DAY, *rows)
    read = days_recorded(store, CONFIG, NIGHT - 30 * DAY, NIGHT)
    assert read == {"trail": ((NIGHT - 3 * DAY).date(), (NIGHT - DAY).date())}
    later = days_recorded(store, CONFIG, NIGHT - 30 * DAY, NIGHT + DAY)
    assert len(later["trail"]) == 3


def test_the_stretch_of_a_stream_is_all_that_its_nights_read_and_a_snapshots_is_the_last(store):
    for number in (0, 1):
        night(store, number, "trail")
        night(store, number + 10, "iam")
    told = {line.source: line for line in coverage(store, CONFIG, NIGHT - 30 * DAY, NIGHT + 11 * DAY)}
    assert (told["trail"].from_, told["trail"].to, told["trail"].rows) == (NIGHT - DAY, NIGHT + DAY, 6)
    assert (told["iam"].from_, told["iam"].to, told["iam"].rows) == (NIGHT + 10 * DAY, NIGHT + 11 * DAY, 3)
    assert list(told) == ["tickets", "trail", "iam"]


@pytest.mark.parametrize(("nights", "more"), [(5, ""), (6, "; and 1 more reasons"), (8, "; and 3 more reasons")])
def test_of_many_reasons_the_newest_few_are_told_each_once(store, nights, more):
    for number in range(nights):
        night(store, number, "trail", status="partial", reason=f"reason {number}", files={f"{number}.gz": "failed"})
    night(store, nights, "trail", status="partial", reason=f"reason {nights - 1}", files={"x.gz": "failed"})
    ((_, status, _, reason),) = lines(store, nights)
    assert status == "partial"
    assert reason == "; ".join(f"reason {number}" for number in range(nights - 1, nights - 6, -1)) + more


def test_which_sources_the_last_run_could_not_read_or_none_ever_read(store):
    assert list(failed_sources(store, CONFIG, NIGHT)) == ["tickets", "trail", "iam"]
    night(store, 0, "trail")
    night(store, 1, "iam", status="partial")
    assert list(failed_sources(store, CONFIG, NIGHT)) == ["tickets", "iam"]
    failed = failed_sources(store, CONFIG, NIGHT + DAY)
    assert list(failed) == ["tickets", "trail"]
    assert Ticket.TABLE in failed["tickets"]
    night(store, 2, "trail", status="failed")
    assert "trail" in failed_sources(store, CONFIG, NIGHT + 2 * DAY)


def test_what_is_known_is_known_until_the_source_that_was_read_longest_ago(store):
    two = Config.model_validate(
        {
            "organisation": "Harbour Shop",
            "sources": [{"name": name, "kind": "tickets-file", "path": f"{name}.csv"} for name in ("a", "b")],
        }
    )
    night(store, 0, "a")
    night(store, 1, "a")
    assert known_until(store, two, NIGHT + DAY, Ticket.TABLE) is None
    night(store, 2, "b")
    night(store, 3, "b", status="failed")
    assert known_until(store, two, NIGHT + 3 * DAY, Ticket.TABLE) == NIGHT + DAY
    assert known_until(store, two, NIGHT + DAY, Ticket.TABLE) is None
    assert known_until(store, two, NIGHT + 3 * DAY, Grant.TABLE) is None


def test_what_no_source_tells_is_said_unless_there_is_none_at_all():
    trail = CONFIG.model_copy(update={"sources": CONFIG.sources[1:2]})
    assert no_source(CONFIG, Ticket.TABLE) == ""
    assert no_source(trail, Activity.TABLE) == ""
    assert no_source(trail, Ticket.TABLE).startswith("no source of auditor.yaml tells ")
    assert no_source(CONFIG.model_copy(update={"sources": ()}), Ticket.TABLE) == ""
