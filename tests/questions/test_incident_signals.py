"""The same Thursday with monitoring beside it: errors that rise two minutes after Leon's change."""

import json
from datetime import timedelta

import pytest
import yaml

from auditor import run as line
from auditor.cli.terminal.past import review_json, review_lines
from auditor.options import Silence
from auditor.questions.past import incident
from auditor.questions.times import Times
from reports.files import Written
from reports.incident_pages import render, render_markdown
from tests.thursday import GITLAB, NEXT_NIGHT, at, configure, options

METRICS = {"name": "metrics", "kind": "prometheus", "path": "metrics"}
DASHBOARDS = {"name": "dashboards", "kind": "grafana", "path": "dashboards"}
ERRORS = {"system": "checkout", "name": "errors", "source": "metrics", "query": "…", "unit": "errors/s"}
ALERTS = {"system": "checkout", "name": "alerts", "source": "dashboards", "query": "checkout"}
FROM, TO = at("10:30:00"), at("12:30:00")
LATER = NEXT_NIGHT + timedelta(minutes=5)


def matrix(values):
    points = [[int(time.timestamp()), str(value)] for time, value in values]
    return {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": points}]}}


def minutes(first, last, value):
    count = int((last - first).total_seconds() // 60)
    return [(first + timedelta(minutes=number), value(number)) for number in range(count)]


@pytest.fixture
def told(own_shop):
    """The review of the bad two hours with what monitoring told of them."""

    def make(values=(), annotations=(), signals=(ERRORS, ALERTS)):
        own_shop.write("metrics/checkout/errors.json", json.dumps(matrix(values)))
        own_shop.write("dashboards/annotations.json", json.dumps(list(annotations)))
        configure(own_shop, GITLAB, METRICS, DASHBOARDS)
        whole = yaml.safe_load((own_shop.folder / "auditor.yaml").read_text()) | {"signals": list(signals)}
        own_shop.write("auditor.yaml", json.dumps({**whole, "sources": [METRICS, DASHBOARDS]}))
        line.collect(options(own_shop, LATER), Silence())
        own_shop.write("auditor.yaml", json.dumps(whole))
        return incident(options(own_shop, LATER), "checkout", Times(FROM, TO))

    return make


def quiet_then(start, high):
    """A low and steady rate until a moment, then a high one."""
    return [
        *minutes(at("08:00:00"), start, lambda n: 0.1 + n % 3 / 10),
        *minutes(start, TO, lambda n: high + n % 2),
    ]


def test_errors_that_begin_after_a_change_are_told_beside_it_and_no_cause_is(told):
    review = told(quiet_then(at("11:07:00"), 4))
    (sentence,) = review.monitoring.sentences
    assert sentence == (
        "Errors began to rise at 13:07:00, from 0.2 to 5 errors/s: 2 min after Leon Roth's change (ecs:UpdateService "
        "service/checkout-prod/checkout-worker), which fits; 12 min after Leon Roth's deployment (main at 4f2c9e1d to "
        "production, harbour/checkout!88, approved by Mia Berg), which fits loosely."
    )
    assert "caus" not in sentence
    (curve,) = review.monitoring.curves
    assert curve.points[0][0] == FROM
    assert "What monitoring told" in render(review)
    assert "Errors began to rise at 13:07:00" in "\n".join(review_lines(review))


def test_minutes_without_data_are_told_and_no_fit_is(told):
    values = [one for one in quiet_then(at("11:07:00"), 4) if not at("11:00:00") <= one[0] < at("11:07:00")]
    (sentence,) = told(values).monitoring.sentences
    assert "cannot be told" in sentence
    assert "minutes without data" in sentence
    assert "it may have begun earlier" in sentence


def test_a_rise_before_anything_was_changed_fits_nothing(told):
    (sentence,) = told(quiet_then(at("10:40:00"), 4)).monitoring.sentences
    assert "no change is on record since 12:30:00" in sentence
    assert "fits" not in sentence


def test_what_stays_low_is_said_to(told):
    assert told(minutes(at("08:00:00"), TO, lambda n: 0.1)).monitoring.sentences == ("Errors did not rise.",)


def test_what_has_no_value_is_not_known(told):
    assert told([]).monitoring.sentences == ("No value of errors is stored for this time: what it was is not known.",)


def test_holes_are_never_calm(told):
    values = [one for one in minutes(at("08:00:00"), TO, lambda n: 0.1) if one[0].minute % 10]
    (sentence,) = told(values).monitoring.sentences
    assert sentence == "No rise of errors is seen; what it was in 24 minutes without a value is not known."


def test_without_a_saved_search_that_is_said(told):
    assert told(signals=[ALERTS]).monitoring.sentences == (
        "No saved search tells of Checkout service: what its errors did is not known.",
    )


def test_alerts_stand_on_the_timeline_and_what_they_say_is_only_words(told):
    alert = {
        "alertName": "<b>HighErrors</b>",
        "newState": "Alerting",
        "time": int(at("11:08:00").timestamp() * 1000),
        "text": "checkout: ![x](http://evil.example/p.png) \u202eabc",
    }
    review = told(quiet_then(at("11:07:00"), 4), [alert])
    (shown,) = [one for one in review.lines if one.kind == "signal"]
    assert (shown.at, shown.who, shown.did, shown.what) == (at("11:08:00"), "dashboards", "alert", "<b>HighErrors</b>")
    page = render(review)
    assert "&lt;b&gt;HighErrors" in page
    assert "<b>HighErrors" not in page
    assert "\u202e" not in page


def test_dashboards_and_what_alerts_stand_in_are_links_and_a_hostile_address_is_none(told):
    board = "https://grafana.example/d/ab12?from={from}&to={to}"
    searches = [{**ERRORS, "dashboard": board}, {**ALERTS, "dashboard": 'https://evil.example/"><script>'}]
    review = told(quiet_then(at("11:07:00"), 4), signals=searches)
    (errors, odd) = review.monitoring.dashboards
    span = f"from={int(FROM.timestamp())}000&to={int(TO.timestamp())}000"
    assert (errors.label, errors.url) == ("errors", f"https://grafana.example/d/ab12?{span}")
    assert "<script" not in odd.url
    assert errors.url.replace("&", "&amp;") in render(review)
    assert f"[errors](<{errors.url}>)" in render_markdown(review)
    assert f"Dashboard of errors: {errors.url}" in review_lines(review)
    assert review_json(review, Written({}, ()))["monitoring"]["dashboards"][0] == {"label": "errors", "url": errors.url}


def test_a_company_without_monitoring_hears_nothing_of_it(own_shop):
    review = incident(options(own_shop), "checkout", Times(FROM, TO))
    assert review.monitoring.sentences == ()
    assert "What monitoring told" not in render(review)
