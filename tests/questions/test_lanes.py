"""An incident in time: who acted in which lane, the windows behind them, and the error curve over them where there is one."""

from datetime import timedelta

import pytest

from auditor.model.signals import Curve
from auditor.questions.past import incident
from auditor.questions.times import Times
from reports.incident_pages import render
from reports.pictures.lanes import lanes
from tests.copies import replace
from tests.thursday import at, options

FROM, TO = at("10:30:00"), at("12:30:00")


@pytest.fixture(scope="session")
def review(shop):
    return incident(options(shop), "checkout", Times(FROM, TO))


def written(drawing):
    return [shape.text for shape in drawing.shapes if shape.kind == "words"]


def test_everybody_has_a_lane_those_who_changed_something_first_and_deployments_one_of_their_own(review):
    drawing = lanes(review)
    names = [shape.text for shape in drawing.shapes if shape.kind == "words" and shape.bold]
    assert names[0] == next(line.who for line in review.lines)
    assert "Deployments" in names
    titles = {shape.title for shape in drawing.shapes if shape.kind == "words" and shape.bold}
    for line in (line for line in review.lines if line.kind != "release"):
        assert any(title.startswith(line.who) for title in titles)
    marks = [shape for shape in drawing.shapes if shape.kind == "mark"]
    assert len(marks) == len(review.lines)
    assert 'class="drawing"' in render(review)


def test_windows_stand_behind_those_whom_they_allow(review):
    allowed = [one for one in review.tickets if one.people]
    bars = [shape.title for shape in lanes(review).shapes if shape.kind == "bar" and shape.title]
    assert set(bars) == {one.ticket for one in allowed}
    assert len(bars) == sum(len(one.people) for one in allowed)


def test_without_a_curve_it_says_so_and_with_one_it_is_drawn_and_broken_where_values_are_missing(review):
    missing = "No curve of errors: no signal of this system was read."
    assert missing in written(lanes(review))
    minute = timedelta(minutes=1)
    points = [(FROM + minute * n, float(n % 7)) for n in range(60) if not 20 <= n < 30]
    curve = Curve(name="errors", unit="errors/s", step=60, points=tuple(points))
    seen = replace(review, monitoring=replace(review.monitoring, curves=(curve,)))
    drawing = lanes(seen)
    drawn = [shape for shape in drawing.shapes if shape.kind == "curve"]
    assert [len(shape.points) for shape in drawn] == [20, 30]
    assert {"errors", "at most 6"} <= set(written(drawing))
    assert missing not in written(drawing)
    assert "errors" in drawing.words
    five = replace(review, monitoring=replace(review.monitoring, curves=(curve,) * 5))
    assert "and 2 more curves, not drawn" in written(lanes(five))


def test_a_long_curve_has_no_more_points_than_can_be_seen_and_keeps_its_peak(review):
    points = tuple((FROM + timedelta(seconds=n), 40.0 if n == 2000 else 1.0) for n in range(3600))
    curve = Curve(name="errors", unit="errors/s", step=1, points=points)
    drawing = lanes(replace(review, monitoring=replace(review.monitoring, curves=(curve,))))
    (drawn,) = (shape.points for shape in drawing.shapes if shape.kind == "curve")
    assert 100 < len(drawn) < 500
    assert [round(x) for x, y in drawn if y == min(y for _, y in drawn)] == [28]


def test_a_crowd_is_cut_and_counted_and_nothing_makes_no_picture(review):
    crowd = [replace(review.lines[0], who=f"person-{n}") for n in range(40)]
    drawing = lanes(replace(review, lines=tuple(crowd)))
    assert "and 26 more, listed below" in written(drawing)
    assert lanes(replace(review, lines=())) is None
