"""What pictures are made of, and how they are printed."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest

from reports.environment import environment
from reports.pictures.draw import FORMS, Across, Bar, Curve, Drawing, Mark, Stroke, Words, fitted
from reports.pictures.trend import trend

AT = datetime(2026, 10, 2, 2, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOSTILE = """</svg><script>alert(1)</script>" onload="x' $\\alpha$ {{ 7 * 7 }} &amp; \u202e\x00"""


def printed(drawing, config, links="true"):
    page = environment(config).from_string(
        '{% from "pictures/drawing.html" import drawing %}{{ drawing(picture, links=' + links + ") }}"
    )
    page.environment.autoescape = True
    return page.render(picture=drawing)


@pytest.fixture
def everything():
    said = {"title": HOSTILE, "href": "#f-0a1b"}
    shapes = [
        Bar(x=1, y=2, width=3, height=4, **said),
        Stroke(x=1, y=2, x2=3, y2=4, dashed=True, **said),
        Curve(points=((0, 1), (100, 2)), **said),
        Words(x=1, y=2, text=HOSTILE, more=HOSTILE, **said),
        Words(x=1, y=2, text=HOSTILE, turned=-45, **said),
        *(Mark(x=1, y=2, form=form, **said) for form in FORMS),
    ]
    legend = (((Mark(x=0, y=0, form="dot"),), HOSTILE),)
    return Drawing(words=HOSTILE, height=50, shapes=tuple(shapes), legend=legend)


def test_whatever_comes_from_outside_stays_text(everything, shop):
    text = printed(everything, shop.config)
    root = ET.fromstring(f"<div>{text}</div>")
    allowed = {"div", "p", "span", "svg", "a", "title", "rect", "line", "circle", "path", "g", "text", "tspan"}
    assert {element.tag.rpartition("}")[2] for element in root.iter()} == allowed
    names = {name for element in root.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert {element.get("href") for element in root.iter() if element.get("href")} == {"#f-0a1b"}
    assert "$\\alpha$ {{ 7 * 7 }} &amp; \ufffd\ufffd" in root.find(".//{*}text").text
    assert printed(everything, shop.config) == text


def test_what_leads_somewhere_is_no_single_image_and_on_paper_nothing_does(everything, shop):
    page = ET.fromstring(f"<div>{printed(everything, shop.config)}</div>").find(".//{*}svg[@role]")
    assert (page.get("role"), page.find("{*}a").get("href")) == ("group", "#f-0a1b")
    paper = ET.fromstring(f"<div>{printed(everything, shop.config, 'false')}</div>").find(".//{*}svg[@role]")
    assert paper.get("role") == "img"
    assert paper.find("{*}a") is None


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(minutes=40), ["04:00", "04:10", "04:20", "04:30", "04:40"]),
        (timedelta(hours=30), ["06:00", "12:00", "18:00", "3 Oct", "06:00"]),
        (timedelta(days=30), ["5 Oct", "12 Oct", "19 Oct", "26 Oct"]),
    ],
)
def test_times_are_named_round_and_by_the_local_clock(length, expected):
    across = Across(AT, AT + length)
    ticks = list(across.ticks(BERLIN))
    assert [name for _, name in ticks] == expected
    assert all(0 <= x <= 100 for x, _ in ticks)


def test_what_lies_outside_stands_at_the_edge():
    across = Across(AT, AT + timedelta(hours=1), 10, 90)
    assert across.at(AT - timedelta(days=1)) == 10
    assert across.at(AT + timedelta(minutes=30)) == 50
    assert across.bar(AT, AT + timedelta(days=1), y=0, height=5).width == 80


def test_a_text_is_cut_by_what_it_takes_in_width():
    assert fitted("Checkout service", 16) == "Checkout service"
    assert fitted("Checkout service", 10) == "Checkout…"
    assert fitted("決済サービス", 7) == "決済サ…"


def test_numbers_of_a_trend_do_not_touch_where_three_charts_share_a_sheet():
    points = {date(2026, 10, 29): 2016, date(2026, 11, 22): 2184, date(2026, 11, 29): 2136}
    drawing = trend(points, "hours", (), {date(2026, 10, 29): "a month ago", date(2026, 11, 22): "a week ago"})
    said = [shape.text for shape in drawing.shapes if isinstance(shape, Words)]
    assert said == ["2,136", "2,016", "29 Nov", "a month ago"]
