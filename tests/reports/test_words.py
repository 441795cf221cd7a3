"""How values are said."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from auditor.config.models import Config
from auditor.model.vocabulary import Capability, Severity
from reports.words import (
    abilities,
    clipped,
    clock,
    cut,
    fact,
    fact_value,
    listing,
    mark,
    person,
    plural,
    short,
    shown,
    stretch,
    until,
    when,
)

IAM = "arn:aws:iam::111122223333:"
BERLIN = ZoneInfo("Europe/Berlin")


def test_text_from_outside_cannot_turn_the_writing_round_or_hide():
    assert shown("user\u202egpj.exe\x1b[2J\ud800\x00") == "user\ufffdgpj.exe\ufffd[2J\ufffd\ufffd"
    assert shown("a\nb\tc") == "a b c"
    assert shown("Søren Đorđe 田中 👩\u200d💻") == "Søren Đorđe 田中 👩\u200d💻"
    assert shown(None) == ""


def test_an_endless_word_is_cut_in_its_middle_and_says_by_how_much():
    assert shown("by " + "A" * 1000) == "by " + "A" * 1000
    assert shown(f"by {'A' * 20_000} today") == f"by {'A' * 600}… 19,200 letters more …{'A' * 200} today"


def test_counts_and_lists_read_like_sentences():
    assert [plural(n, "person", "people") for n in (0, 1, 5000)] == ["0 people", "1 person", "5,000 people"]
    assert [listing("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listing("abcdef", most=2) == "a, b and 4 more"
    assert listing("abc", most=2) == "a, b and c"


def test_times_are_said_in_the_organisations_zone():
    begin, end = datetime(2026, 10, 2, 7, 41, tzinfo=UTC), datetime(2026, 10, 2, 7, 49, tzinfo=UTC)
    assert when(begin, BERLIN) == "2 Oct 2026 09:41 CEST"
    assert stretch(begin, end, BERLIN) == "2 Oct 2026 09:41 to 09:49 CEST"
    assert stretch(begin, None, BERLIN) == "2 Oct 2026 09:41 CEST"
    assert stretch(None, None, BERLIN) == ""
    assert stretch(datetime(2026, 10, 24, 23, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC), BERLIN) == (
        "25 Oct 2026 01:30 CEST to 25 Oct 2026 02:30 CET"
    )

    assert clock(begin, end, BERLIN) == "09:41:00-09:49:00"
    assert clock(begin, begin, BERLIN) == "09:41:00"
    later = end + timedelta(days=1)
    assert clock(begin, later, BERLIN, dated=True) == "2 Oct 09:41:00 to 3 Oct 09:49:00"
    assert [until(moment, BERLIN) for moment in (end, None)] == ["until 2 Oct 2026 09:49 CEST", "no end"]


def test_what_is_cut_says_how_much_is_left_and_where_it_is():
    assert cut("abcde", 3, "story", "on the page", "stories") == ("abc", "And 2 more stories, on the page.")
    assert cut("abcd", 3, "log", "on the page").rest == "And 1 more log, on the page."
    assert cut("abc", 3, "log", "on the page") == ("abc", "")


def test_every_severity_has_a_sign_of_its_own():
    assert len({mark(severity) for severity in Severity}) == len(Severity)


def test_rights_are_said_with_their_limits():
    assert abilities([Capability.DEPLOY, Capability.RESTART]) == (
        "deploy and restart; cannot change configuration, change the database or manage access"
    )
    assert abilities([Capability.READ_LOGS]) == "read logs, nothing more"
    assert "cannot" not in abilities(Capability)


def test_long_names_keep_their_beginning_and_end():
    assert short("a" * 44) == "a" * 44
    assert short("begin" + "x" * 90 + "end").endswith("end")
    assert len(short("x" * 500)) <= 44


@pytest.mark.parametrize(
    ("value", "said"),
    [(True, "yes"), (None, "unknown"), (["a", "b"], "a and b"), ({"a_b": 1}, "a b: 1"), (7, "7"), (26.0, "26")],
)
def test_facts_are_said_in_words(value, said):
    assert fact_value(value) == said


def test_times_among_facts_are_those_of_the_zone():
    assert fact_value(["2026-10-02T07:41:10Z", "x"], BERLIN) == "2 Oct 2026 09:41 CEST and x"
    assert fact_value("2026-10-99T07:41:10Z", BERLIN) == "2026-10-99T07:41:10Z"
    assert fact_value("2026-10-02T07:41:10Z") == "2026-10-02T07:41:10Z"
    assert fact_value(datetime(2026, 10, 2, 7, 41, tzinfo=UTC), BERLIN) == "2 Oct 2026 09:41 CEST"
    assert fact_value("2026-10-21", BERLIN) == "21 Oct 2026"


CONFIG = Config.model_validate(
    {
        "organisation": "Harbour Shop",
        "people": [{"id": "mia", "name": "Mia Roth"}],
        "service_accounts": [
            {"id": "ci", "owner": "mia", "purpose": "deploys", "accounts": [f"{IAM}role/ci-1", "ssh:ci"]}
        ],
        "break_glass": [{"id": "sealed", "keeper": "mia", "accounts": [f"{IAM}user/bg"]}],
    }
)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("mia", "Mia Roth"),
        (f"{IAM}role/ci-1", "ci"),
        ("ssh:ci@web-1.harbour.example", "ci"),
        (f"{IAM}user/bg", "sealed"),
        (f"{IAM}user/other", "user/other"),
        (f"{IAM}root", "root of 111122223333"),
        (None, ""),
    ],
)
def test_who_is_declared_goes_by_the_name_that_auditor_yaml_gives(who, said):
    assert person(who, CONFIG) == said


def test_people_among_facts_have_their_names():
    assert fact("keeper", "mia", CONFIG) == "Mia Roth"
    assert fact("people", ["mia", "somebody else"], CONFIG) == "Mia Roth and somebody else"
    assert fact("ticket", "mia", CONFIG) == "mia"


def test_a_sentence_is_cut_after_a_whole_word_and_says_so():
    assert clipped("one two", 7) == "one two"
    assert clipped("one, two three", 12) == "one, two…"
    assert clipped("one, two three", 8) == "one…"
    assert clipped("abcdefgh", 4) == "abc…"
