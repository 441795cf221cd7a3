"""The months before: one sentence, charts without anything but lines, and what is gone."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from auditor.ledger import Known, Trend
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity, Status
from reports import html, pack
from reports.history import History
from reports.trend import build_trend
from reports.view import build_view
from tests.copies import replace

AT = datetime(2026, 10, 2, 2, tzinfo=UTC)


def night(days_ago, people, open_=5):
    at = AT - timedelta(days=days_ago)
    return Trend(run=f"{at:%Y%m%d}", at=at, people_with_write=people, new=0, open=open_, closed=0, reopened=0)


def gone(number):
    nothing = dict.fromkeys(("resource", "credential", "ticket", "acted_at"))
    return Known(
        id=f"{number:016x}",
        rule="tasks/none",
        severity=Severity.LOW,
        summary=f"Grant {number} had no ticket <b>",
        subject=Subject(kind=SubjectKind.GRANT, thing="x"),
        status=Status.CLOSED,
        **nothing,
    )


@pytest.fixture
def past():
    return History(history=[night(60, 9, 30), night(31, 6, 12), night(7, 5), night(0, 4)], closed=[gone(1)])


def said(history, shop):
    return build_trend(History(history=history), AT, shop.config).sentence


def test_today_stands_against_about_a_month_ago(past, shop):
    assert (
        said(past.history, shop)
        == "4 people can change production at any time, without asking; 6 a month ago and 5 a week ago."
    )
    assert (
        said([night(8, 3), night(0, 4)], shop)
        == "4 people can change production at any time, without asking; 3 on 24 September 2026."
    )


def test_hours_that_were_used_are_compared_where_most_of_them_are_known(shop):
    nights = [
        replace(night(ago, 4), minutes_possible=possible * 60, minutes_used=61, minutes_unknown=unknown * 60)
        for ago, possible, unknown in ((60, 400, 400), (31, 504, 12), (7, 10, 300), (0, 336, 0))
    ]
    told = build_trend(History(history=nights), AT, shop.config)
    assert " Hours used were 2 of 504 a month ago." in told.sentence
    (hours,) = (chart.words for chart in told.charts if chart.heading.startswith("Hours"))
    assert hours.endswith(": 504 on 1 September 2026, 336 on 2 October 2026")
    assert "Hours" not in said([*nights[:3], replace(nights[3], minutes_unknown=336 * 60)], shop)


def test_after_how_many_changes_monitoring_rose_stands_against_the_month_before(shop):
    nights = [
        replace(night(ago, 4), changes=changes, rose=rose)
        for ago, changes, rose in ((60, None, None), (31, 20, 5), (7, 0, 0), (0, 17, 3))
    ]
    assert said(nights, shop).endswith("Monitoring rose after 3 of 17 changes, 5 of 20 a month ago.")


def test_where_the_nearest_night_is_another_day_that_day_is_named(shop):
    assert said([night(22, 3), night(0, 1)], shop).endswith(
        "1 person can change production at any time, without asking; 3 on 10 September 2026."
    )


@pytest.mark.parametrize(
    "history", [[], [(0, 4)], [(3, 6), (0, 4)], [(12, 6), (0, 4)], [(90, 6), (0, 4)], [(30, None), (0, 4)]]
)
def test_without_a_night_of_about_then_nothing_is_compared(history, shop):
    assert said([night(*one) for one in history], shop) == ""


def test_nights_after_the_audit_do_not_count(shop):
    assert said([night(30, 6), night(0, 4), night(-5, 1)], shop).startswith("4 people")


def test_a_chart_says_in_words_what_its_line_shows(past, shop):
    charts = build_trend(past, AT, shop.config).charts
    assert [chart.words for chart in charts] == [
        "People who can change production at any time: 9 on 3 August 2026, 6 a month ago, 5 a week ago, 4 on 2 October 2026",
        "Open findings: 30 on 3 August 2026, 12 a month ago, 5 a week ago, 5 on 2 October 2026",
    ]
    for chart in charts:
        assert chart.drawing.words == chart.words
        assert len([shape for shape in chart.drawing.shapes if shape.kind == "mark"]) == 4
    written = [shape.text for shape in charts[0].drawing.shapes if shape.kind == "words"]
    assert written == ["4", "9", "6", "5", "2 Oct", "3 Aug", "a month ago"]


def test_the_trend_marks_when_the_policy_moved(past, shop):
    moved = [replace(run, policy_changes=run.at.day == 25) for run in past.history]
    view = build_trend(History(history=moved), AT, shop.config)
    said = "The policy was loosened on 25 September 2026"
    assert view.sentence.endswith(f"{said} (rings in the charts); its finding says how.")
    alone = build_trend(
        History(history=[moved[-1], *(run for run in moved if run.policy_changes)][1:]), AT, shop.config
    )
    assert alone.sentence.endswith(f"{said}; its finding says how.")
    for chart in view.charts:
        rings = [shape.title for shape in chart.drawing.shapes if shape.kind == "mark" and shape.form == "ring"]
        assert rings == ["25 Sep: policy loosened"]


def test_one_night_makes_no_chart(shop):
    assert build_trend(History(history=[night(0, 4)]), AT, shop.config).charts == ()


def test_page_and_pack_show_the_trend_and_what_is_gone(past, shop):
    many = replace(past, closed=[gone(number) for number in range(20)])
    view = build_view(shop.audit, shop.config, shop.access, past=many)
    page = html.render(view)
    assert page.count('class="drawing"') == 2
    assert "Grant 3 had no ticket &lt;b&gt;" in page
    text = " ".join(re.sub("<[^>]*>", "", pack.html(view)).split())
    assert "4 people can change production at any time, without asking; 6 a month ago and 5 a week ago." in text
    assert "2 Oct" in text
    assert "20 findings are gone" in text
    assert "And 5 more." in text


def test_a_report_on_a_month_is_named_for_it(past, shop):
    month = replace(past, month="September 2026")
    page = html.render(build_view(shop.audit, shop.config, shop.access, past=month))
    assert "<title>Production access of Harbour Shop, September 2026</title>" in page
    assert "can change production on 2 October 2026;" in page
    assert "Closed in September 2026" in page
