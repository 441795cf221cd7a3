"""decisions.json: every mistake in it at once, each with its place."""

import json
from datetime import date

import pytest

from auditor.errors import DecisionsError
from reports.decisions_json import FORMAT, Review, read

FIRST, SECOND, OWN = "a" * 16, "b" * 16, "c" * 16
KEEP = {"finding": FIRST, "decision": "keep", "reason": "owner on call", "until": None}


@pytest.fixture
def file(tmp_path):
    """Writes a file of decisions, and reads it."""

    def file(*entries, text=None, **fields):
        path = tmp_path / "decisions.json"
        whole = {"format": FORMAT, "run": "20261002T020000Z", "decisions": list(entries), **fields}
        path.write_text(json.dumps(whole) if text is None else text, encoding="utf-8")
        return read(
            path,
            Review(
                today=date(2026, 10, 2),
                findings={FIRST, SECOND, OWN},
                refused=lambda one, _: "it concerns the access of the person who decides" if one == OWN else None,
            ),
        )

    return file


def mistakes(error):
    return [(mistake.path, mistake.problem) for mistake in error.value.mistakes]


def test_sound_decisions_are_read(file):
    until = {"finding": SECOND, "decision": "exception", "reason": " until the move ", "until": "2026-10-03"}
    made = file(KEEP, until)
    assert [(one.decision, one.until, one.reason) for one in made.decisions] == [
        ("keep", None, "owner on call"),
        ("exception", date(2026, 10, 3), "until the move"),
    ]


def test_every_mistake_is_told_at_once_with_its_place(file):
    with pytest.raises(DecisionsError) as error:
        file(
            {**KEEP, "finding": "f" * 16, "reason": "  "},
            {**KEEP, "decision": "ignore", "because": "x"},
            {**KEEP, "finding": OWN},
            KEEP,
            run="",
        )
    assert [place for place, _ in mistakes(error)] == [
        "run",
        "decisions[0].finding",
        "decisions[0].reason",
        "decisions[1].decision",
        "decisions[1].because",
        "decisions[2].finding",
        "decisions[3].finding",
    ]
    assert error.value.diagnostics()[0].endswith("decisions.json has 7 mistakes.")


@pytest.mark.parametrize(
    ("change", "place", "said"),
    [
        ({"finding": "f" * 16}, "decisions[0].finding", "the latest run has no such finding"),
        ({"finding": OWN}, "decisions[0].finding", "concerns the access of the person who decides"),
        ({"finding": 7}, "decisions[0].finding", "valid string"),
        ({"reason": ""}, "decisions[0].reason", "expected a reason"),
        ({"reason": "x" * 2001}, "decisions[0].reason", "at most 2000"),
        ({"decision": "KEEP"}, "decisions[0].decision", "'keep', 'revoke', 'exception', 'explained' or 'do-by'"),
        ({"until": "2026-12-31"}, "decisions[0].until", "only an exception has an end"),
        ({"decision": "exception"}, "decisions[0].until", "expected the exception's last day"),
        ({"decision": "exception", "until": "2026-10-02"}, "decisions[0].until", "a day after 2026-10-02"),
        ({"decision": "exception", "until": "2026-02-30"}, "decisions[0].until", "in the calendar"),
        ({"decision": "exception", "until": 1893456000}, "decisions[0].until", "a date written as"),
        ({"decision": "do-by", "who": "mia"}, "decisions[0].until", "expected the day to do it by"),
        ({"decision": "do-by", "until": "2026-12-31"}, "decisions[0].who", "expected who does it"),
        ({"who": "mia"}, "decisions[0].who", "only what is to be done by a day has somebody"),
        ({"whose": "mia"}, "decisions[0].whose", "extra inputs are not permitted"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(file, change, place, said):
    with pytest.raises(DecisionsError) as error:
        file({**KEEP, **change})
    ((found, problem),) = mistakes(error)
    assert found == place
    assert said in problem


def test_an_entry_without_its_parts_is_a_mistake_for_each(file):
    with pytest.raises(DecisionsError) as error:
        file({})
    assert {place for place, _ in mistakes(error)} == {
        f"decisions[0].{name}" for name in ("finding", "decision", "reason")
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected JSON"),
        ("[" * 100_000, "expected JSON"),
        ("[]", "got None (export it from the page)"),
        ('{"format": "x", "format": "y"}', "a name comes twice"),
    ],
)
def test_what_is_no_such_file_is_a_sentence(file, text, said):
    with pytest.raises(DecisionsError) as error:
        file(text=text)
    assert said in error.value.diagnostics()[1]


def test_another_format_and_no_decisions_are_mistakes(file):
    with pytest.raises(DecisionsError) as error:
        file(format="somebody-else/9")
    assert [place for place, _ in mistakes(error)] == ["format"]
