"""What could not be read, in sentences, and what of a batch is covered."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.model.arrow import from_arrow
from auditor.model.tables import Activity, Ticket
from collectors.base import Raw
from collectors.problems import Problems
from collectors.reading import Reading, shaped


def problems(*said):
    found = Problems()
    for one in said:
        found.note(*one)
    return found


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ([], None),
        ([("a",)], "a"),
        ([("a", "line 1")], "a (line 1)"),
        ([("a", "line 1"), ("a", "line 2")], "a (line 1 and 1 more)"),
        ([("a", ""), ("a", ""), ("a", "")], "a and 2 more"),
        ([("a", "1"), ("b", "2"), ("a", "3")], "a (1 and 1 more); b (2)"),
        ([(str(n), "") for n in range(10)], "; ".join(map(str, range(10)))),
        ([(str(n), "") for n in range(12)], "; ".join([*map(str, range(10)), "and 2 more problems"])),
    ],
)
def test_each_problem_is_said_once_with_its_first_place_and_the_number_of_others(said, sentence):
    found = problems(*said)
    assert (found.sentence(), bool(found), found.rejected) == (sentence, bool(said), 0)


def test_rejected_records_are_counted_and_what_holds_for_all_is_not():
    found = Problems()
    found.reject("a", "line 1")
    found.reject("a", "line 2")
    found.note_once("b")
    found.note_once("b")
    assert (found.sentence(), found.rejected) == ("a (line 1 and 1 more); b", 2)


def test_the_problems_of_a_part_are_named_after_it():
    part, whole = Problems(), Problems()
    part.reject("a", "line 1")
    whole.include(part, "x.csv")
    whole.include(part)
    whole.include(Problems(), "y.csv")
    assert (whole.sentence(), whole.rejected) == ("x.csv: a (line 1); a (line 1)", 2)


def test_of_a_list_the_entries_that_have_the_shape_are_read_each_with_its_number():
    found = Problems()
    read = list(shaped([1, "2", "x", None, 5], int, found, "numbers"))
    assert (read, found.rejected) == ([(0, 1), (1, 2), (4, 5)], 2)
    assert "record 2" in found.sentence()
    assert list(shaped({"a": 1}, int, found, "numbers")) == []


def raw(name, content=b"x", **more):
    return Raw(name, lambda: content, version="1", **more)


def lost():
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize(
    ("raws", "spoil", "statuses", "covered"),
    [
        ([raw("a"), raw("b")], (), ["ok", "ok"], "ok"),
        ([raw("a"), raw("b")], ("a",), ["failed", "ok"], "partial"),
        ([raw("a"), raw("b")], ("a", "b"), ["failed", "failed"], "failed"),
        ([raw("a", skipped="no log"), raw("b")], (), ["skipped", "ok"], "ok"),
        ([Raw("a", lost, version="1"), raw("b")], (), ["failed", "ok"], "partial"),
    ],
)
def test_a_scope_failed_where_all_of_its_objects_are_lost(context, raws, spoil, statuses, covered):
    def take(origin):
        if origin.raw.origin in spoil:
            raise ValueError("it is torn")

    reading = Reading("tickets", context)
    whole = Problems()
    for one in raws:
        whole.include(reading.read(one, take).problems)
    reading.cover("tickets", whole)
    got = reading.normalised()
    assert [one.status for one in got.objects] == statuses
    # What could not be read has no version, so that the next run tries it again.
    assert [one.version for one in got.objects] == ["" if status == "failed" else "1" for status in statuses]
    (line,) = got.coverage
    assert (line.status, line.scope, line.from_, line.to) == (
        covered,
        "tickets",
        context.collected_at,
        context.collected_at,
    )


def test_rows_are_counted_by_the_object_that_they_come_from(context):
    reading = Reading("tickets", context)
    for name, number in (("a", 2), ("b", 1), ("c", 0)):
        origin = reading.read(raw(name, name.encode()), lambda origin: None)
        reading.extend(Ticket(**origin.at(n), ticket=f"{name}-{n}") for n in range(number))
    since = context.collected_at - timedelta(days=1)
    reading.cover("all", Problems(), window=(since, context.collected_at), remark="read twice")
    reading.cover("half", problems(("torn",)), 1, remark="read twice")
    reading.cover("none", Problems(), failed=True, origin="elsewhere")
    got = reading.normalised()
    assert [(one.origin, one.rows, one.reason) for one in got.objects] == [
        ("a", 2, None),
        ("b", 1, None),
        ("c", 0, None),
    ]
    assert [(c.scope, c.rows, c.status, c.reason, c.origin) for c in got.coverage] == [
        ("all", 3, "ok", "read twice", "a"),
        ("half", 1, "partial", "torn; read twice", "a"),
        ("none", 3, "failed", None, "elsewhere"),
    ]
    assert got.coverage[0].from_ == since


def test_text_that_no_encoding_holds_is_stored_readable(context):
    reading = Reading("tickets", context)
    origin = reading.read(raw("a"), lambda origin: None)
    reading.extend([Ticket(**origin.at(0), ticket="T-\ud800", systems=("a\udfff", "b"))])
    (row,) = reading.normalised().tables[Ticket].to_pylist()
    assert json.dumps([row["ticket"], row["systems"]]).isascii()
    assert (row["ticket"].startswith("T-"), len(row["systems"])) == (True, 2)


def test_a_long_log_is_kept_in_columns_and_loses_nothing(context):
    begin = datetime(2026, 10, 1, tzinfo=UTC)
    reading = Reading("logs", context)
    files = [reading.open(Raw(f"{name}.log", name.encode)) for name in ("a", "b")]
    rows = [
        Activity(
            **files[number % 2].at(number),
            event_id=f"e{number}",
            time=begin + timedelta(seconds=number),
            provider="ssh",
            scope=f"web-{number % 3}",
            action="ssh:login",
            category="login",
            level="read",
            outcome="ok",
            actor="nina" if number % 5 else None,
        )
        for number in range(45_001)
    ]
    reading.extend(rows)
    assert len(reading) == 45_001
    assert len(reading.rows(Activity)) < 45_001, "not all of them are objects any more"
    assert reading.window() == (begin, rows[-1].time)
    assert reading.extents() == {
        "web-0": (15_001, begin, rows[45_000].time),
        "web-1": (15_000, rows[1].time, rows[44_998].time),
        "web-2": (15_000, rows[2].time, rows[44_999].time),
    }
    assert {name: count for name, (count, *_) in reading.extents(lambda _: "all", "b.log").items()} == {"all": 22_500}
    got = reading.normalised()
    assert list(from_arrow(Activity, got.tables[Activity])) == rows
    assert [one.rows for one in got.objects] == [22_501, 22_500]
    assert not Reading("logs", context).extents()
