"""The matrix of people by systems: what it says of each, what changed since a month ago, and however many there are."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.roster import Person
from auditor.config.systems import AwsResource, System
from auditor.model.vocabulary import Level
from reports import artifacts, findings_json
from reports.access_matrix import reach
from reports.files import write_private
from reports.pictures.grid import Before, Can, Cell, grid, together
from reports.pictures.matrix import matrix
from tests.copies import replace

AT = datetime(2026, 10, 2, 2, tzinfo=UTC)
THEN = AT - timedelta(days=30)


def of(name, found):
    (row,) = (row for row in found.rows if row.names == (name,))
    return row.cells


@pytest.fixture
def leon(shop):
    path = next(path for path in shop.access if path.person == "leon" and path.system == "checkout")
    return replace(path, level=Level.WRITE, expires_at=None, conditions=(), borrowed=False)


def test_each_holder_stands_under_what_they_can_do(shop, leon):
    read = replace(leon, level=Level.READ)
    lent, asked = replace(leon, borrowed=True), replace(leon, eligible=True)
    for paths, expected in (
        ([leon, read, lent], Can.CHANGE),
        ([read, lent], Can.BORROW),
        ([read, asked], Can.READ),
        ([asked], Can.ASK),
    ):
        assert of("Leon Weiss", grid(paths, shop.config, AT))[0] == Cell(expected)


def test_what_is_more_or_less_than_a_month_ago_is_marked_and_what_is_gone_too(shop, leon):
    read = replace(leon, level=Level.READ)

    def moved(now, then, **blind):
        found = grid(now, shop.config, AT, before=Before(at=THEN, access=then, **blind))
        return [cells.more for cells in of("Leon Weiss", found)[:1]]

    assert moved([leon], [read]) == [True]
    assert moved([read], [leon]) == [False]
    assert moved([], [leon]) == [False]
    assert moved([leon], [leon]) == moved([replace(leon, borrowed=True)], [leon]) == [None]
    assert moved([leon], [], unseen=("checkout",)) == [None]  # it may have been there, and nobody looked


def test_that_somebody_was_named_is_no_change_of_a_right(shop, leon):
    unnamed = replace(leon, identity=replace(leon.identity, person=None))
    found = grid([leon], shop.config, AT, before=Before(at=THEN, access=[unnamed]))
    assert [row.names for row in found.rows] == [("Leon Weiss",)]
    assert of("Leon Weiss", found)[0].more is None


def test_the_run_of_a_month_ago_is_read_from_its_folder_where_that_can_be(shop, tmp_path):
    assert Before.of(tmp_path) is None
    write_private(tmp_path / "findings.json", findings_json.dumps(shop.audit))
    write_private(tmp_path / "access.json", artifacts.dumps(shop.access))
    assert Before.of(tmp_path) == Before(at=shop.audit.audited_at, access=shop.access)


def test_without_such_a_run_it_says_so_and_a_system_not_all_read_has_a_question_mark(shop):
    found = grid(shop.access, shop.config, AT, unseen=("hosts",))
    drawn = matrix(found, shop.config.zone)
    assert drawn.words.endswith("; there is no run of about a month before to compare with.")
    (page,) = drawn.pages
    written = [shape.text for shape in page.drawing.shapes if shape.kind == "words"]
    assert "Web hosts ?" in written
    assert page.part == ""


def test_seven_hundred_people_and_thirty_systems_are_drawn_in_pictures_that_can_be_read(shop, leon):
    systems = tuple(
        System(
            id=f"s{n}",
            name=f"System {n}",
            resources=(AwsResource(provider="aws", account="111122223333", match=("*",)),),
        )
        for n in range(30)
    )
    people = tuple(Person(id=f"p{n}", name=f"Person {n}", email=f"p{n}@x.example") for n in range(700))
    config = shop.config.model_copy(update={"systems": systems, "people": people})
    access = [
        replace(
            leon,
            account=f"p{n}",
            system=f"s{(n * 7 + k) % 30}",
            level=Level.WRITE if k == n % 5 else Level.READ,
            identity=replace(leon.identity, person=f"p{n}", account=f"p{n}"),
        )
        for n in range(700)
        for k in range(3)
    ]
    found = grid(access, config, AT)
    assert len(found.rows) == 700
    drawn = matrix(found, config.zone)
    rows = together(found.rows)
    assert sum(len(row.names) for row in rows) == 700
    assert len(rows) < 200
    for page in drawn.pages:
        assert page.part
        assert page.drawing.height < 1000
        assert len([shape for shape in page.drawing.shapes if shape.kind == "words" and shape.turned]) == 10
    shown = {shape.title for page in drawn.pages for shape in page.drawing.shapes if shape.kind == "words"}
    assert sum(any(name in title for title in shown) for name in ("Person 3", "Person 400", "Person 699")) == 3


def test_the_end_that_is_told_is_that_of_the_ways_that_are_told(shop, leon):
    ends = AT + timedelta(days=20)
    read, gone = replace(leon, level=Level.READ, path=("group readers",)), AT.date() - timedelta(days=1)
    people = tuple(one.model_copy(update={"left": gone}) if one.id == "leon" else one for one in shop.config.people)
    (holder,) = reach(
        [replace(leon, expires_at=ends), read], shop.config.model_copy(update={"people": people}), AT
    ).holders
    assert [(one.until, len(one.ways)) for one in holder.sentences] == [(ends, 1)]
    assert holder.note == "engineer, left 1 Oct 2026"
    (holder,) = reach([replace(leon, expires_at=ends), leon], shop.config, AT).holders
    assert [one.until for one in holder.sentences] == [None]
