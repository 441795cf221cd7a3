"""Requests as people write them."""

import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collectors.relative_times import parse_about
from collectors.tickets.request_template import fields

ZONE = ZoneInfo("Europe/Berlin")
TEMPLATE = Path(__file__).parents[3] / "templates/gitlab/access_request.md"


def test_the_template_itself_says_nothing():
    assert fields(TEMPLATE.read_text("utf-8")) == {}


def test_the_template_filled_in_is_read():
    text = TEMPLATE.read_text("utf-8")
    for name, value in {
        "Person": "@nina",
        "System": "production checkout service",
        "Level": "write",
        "Work": "risky",
        "Reason": "Checkout times out: look first, then correct one value.",
        "Starts at": "2026-02-10 09:15 +01:00",
        "Ends at": "2026-02-10 10:00 +01:00",
        "Extends": "#11",
    }.items():
        text = text.replace(f"**{name}:**", f"**{name}:** {value}")
    assert fields(text) == {
        "person": "@nina",
        "systems": "production checkout service",
        "level": "write",
        "work": "risky",
        "reason": "Checkout times out: look first, then correct one value.",
        "starts_at": "2026-02-10 09:15 +01:00",
        "ends_at": "2026-02-10 10:00 +01:00",
        "extends": "#11",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Person: nina\nReason: one\ntwo\n\nthree\n## More\nfour",
        "- **Person**: nina\n- **Reason:** one\n  two\n  three\n# More",
        "### Person\n\nnina\n\n### Reason\n\none\ntwo\n\nthree\n\n### Level\n\n_No response_\n",
        "| Person | nina |\n|---|---|\n| Reason | one |\ntwo\nthree",
    ],
)
def test_fields_are_found_however_they_are_set(text):
    assert fields(text)["person"] == "nina"
    assert [line for line in fields(text)["reason"].splitlines() if "|" not in line] == ["one", "two", "three"]


def test_only_what_is_ticked_is_asked_for():
    text = "### System\n- [x] Shop\n- [ ] Warehouse\n- [X] Till\n### Level\n- [ ] read\n- [ ] write\n"
    assert fields(text) == {"systems": "Shop\nTill"}


@pytest.mark.parametrize(
    "text",
    [
        "**Person:** nina\n**Beginn:** 08:50\n**Ende:** 09:30",
        "### Personne\nnina\n### Début\n08:50\n### Fin\n09:30",
        "Who: nina\nFrom: 08:50\nTo: 09:30",
        "### Voor wie\nnina\n### Vanaf\n08:50\n### Tot\n09:30",
        "Para quién: nina\nDesde: 08:50\nHasta: 09:30",
    ],
)
def test_fields_have_names_in_other_languages_too(text):
    assert fields(text) == {"person": "nina", "starts_at": "08:50", "ends_at": "09:30"}


def test_the_head_of_a_mail_is_no_time():
    assert fields("From: mia@quay.example\nTo: ops@quay.example\nDown.") == {}


def test_the_first_of_a_field_counts_and_comments_do_not():
    assert fields("Person: nina\nPerson: mallory\n<!-- System: all -->\n<!-- never closed\nLevel: admin") == {
        "person": "nina"
    }


def test_hostile_text_costs_no_time():
    began = time.process_time()
    for text in ("**a" * 500_000, "| " * 500_000, "<!--" * 500_000, "\n" * 1_000_000, "Person:" * 200_000):
        fields(text)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("2026-02-10 09:15 +01:00", 8),
        ("2026-02-10T09:15+01:00", 8),
        ("2026-02-10T09:15:00Z", 9),
        ("2026-02-10 09:15 UTC", 9),
        ("`2026-02-10 09:15`", 8),
    ],
)
def test_times_are_read_and_without_an_offset_are_the_organisations(text, hour):
    assert parse_about(text, ZONE, None) == datetime(2026, 2, 10, hour, 15, tzinfo=UTC)


@pytest.mark.parametrize(("fold", "day"), [(0, 9), (1, 10)])
def test_a_day_alone_is_its_beginning_or_its_end(fold, day):
    assert parse_about("2026-02-10", ZONE, None, fold) == datetime(2026, 2, day, 23, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "10:00", "0001-01-01 00:00 +14:00", "2026-02-30 09:00"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):
        parse_about(text, ZONE, None)
