"""The month in time: how far something is from its window is seen and said, and findings lead to their place."""

from datetime import timedelta

import pytest

from reports.pictures.month import month
from tests import subjects
from tests.copies import replace


@pytest.fixture
def drawn(shop):
    return month(shop.timeline, shop.audit.findings, shop.config)


def test_a_finding_is_marked_where_it_happened_and_leads_to_its_place_in_the_page(shop, drawn):
    (picture,) = drawn.drawings
    marks = [shape for shape in picture.shapes if shape.href]
    about = next(f for f in shop.audit.findings if f.rule == "changes/outside-window")
    assert {mark.href for mark in marks} == {f"#f-{about.id}"}
    assert marks[0].title == about.summary
    assert (marks[0].form, marks[0].filled) == ("triangle", True)
    assert picture.linked


def test_minutes_after_a_window_are_written_beside_the_hours_around_it(shop, drawn):
    (picture,) = drawn.drawings
    written = [shape.text for shape in picture.shapes if shape.kind == "words"]
    about = next(f for f in shop.audit.findings if f.rule == "changes/outside-window")
    after = (about.starts_at - shop.timeline.lanes[0].allowed[0].ends_at) // timedelta(minutes=1)
    assert after == 14
    assert "14 minutes after" in written
    assert any(text.startswith("PAY-184") for text in written)
    inside = replace(about, starts_at=shop.timeline.lanes[0].allowed[0].starts_at + timedelta(minutes=1))
    (calm,) = month(shop.timeline, [inside], shop.config).drawings
    assert not [shape for shape in calm.shapes if shape.kind == "words" and "after" in shape.text]


def test_it_says_the_same_in_words(drawn):
    assert drawn.words[0].startswith(
        "Leon Weiss on Checkout service: allowed under PAY-184; given policy checkout-operate <b>; 3 ch"
    )
    assert drawn.words[1].endswith(": allowed nothing; 0 changes and 2 other acts.")
    assert drawn.rest == "3 more lines not drawn."


def test_many_lanes_are_twelve_a_picture_and_the_rest_is_counted(shop):
    lane = shop.timeline.lanes[0]
    many = replace(shop.timeline, lanes=tuple(replace(lane, who=f"person-{n}") for n in range(500)), left=900)
    drawn = month(many, shop.audit.findings, shop.config)
    assert len(drawn.drawings) == 10
    assert len(drawn.words) == 120
    assert drawn.rest == "1,280 more lines not drawn."
    about = next(finding for finding in shop.audit.findings if finding.rule == "changes/outside-window")
    found = [subjects.about(about, person=f"person-{n}") for n in range(130)]
    assert month(many, found, shop.config).rest.startswith("1,280 more lines not drawn, 10 of them with findings")
    assert max(picture.height for picture in drawn.drawings) < 1000
