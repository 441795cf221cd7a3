"""Ends that an approver lengthens below a ticket."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.tickets.approvals import Comment
from collectors.tickets.extensions import approved_until, lengthened

ENDS = datetime(2026, 10, 14, 7, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("Extended until 10:00, approved", 8, 0),
        ("Approved: extend to 10:00", 8, 0),
        ("extended by 30 minutes", 8, 0),
        ("Verlängert bis 10 Uhr", 8, 0),
        ("Extension approved until 2026-10-14 10:00 UTC", 10, 0),
        ("Prolongé jusqu'à 10h00", 8, 0),
        ("Extended access to shop until 10:00", 8, 0),
        ("Extended by Maria for 30 minutes", 8, 0),
        ("Not extended until 10:00", 7, 30),
        ("Extend until 10:00?", 7, 30),
        ("Extended the timeout to 40s", 7, 30),
        ("Done until 10:00", 7, 30),
    ],
)
def test_an_approver_lengthens_in_words(text: str, hour: int, minute: int) -> None:
    said = Comment("tom", ENDS.replace(minute=20), text)
    assert lengthened(ENDS, [said], "tom", BERLIN) == datetime(2026, 10, 14, hour, minute, tzinfo=UTC)


def test_nobody_else_does_and_nobody_afterwards() -> None:
    said = Comment("nina", ENDS.replace(minute=20), "Extended until 10:00")
    assert lengthened(ENDS, [said], "tom", BERLIN) == ENDS
    assert lengthened(ENDS, [Comment("tom", ENDS.replace(minute=40), "Extended until 10:00")], "tom", BERLIN) == ENDS


@pytest.mark.parametrize(
    ("words", "hour", "minute"),
    [
        ("Approved, but only until 09:00", 7, 0),
        ("Genehmigt, nur bis 9 Uhr", 7, 0),
        ("Approved OPS-7 for Nina, at most until 2026-10-14 07:15 UTC", 7, 15),
        ("Approved for Nina only, until 09:00", 7, 30),
        ("Approved until 09:00", 7, 30),
        ("Approved, only until 08:00", 7, 30),
        ("Approved, only until 10:00", 7, 30),
        ("Rejected, only until 09:00", 7, 30),
        ("Approved, only until Mia is back", 7, 30),
    ],
)
def test_an_approval_leaves_less_where_it_says_so(words: str, hour: int, minute: int) -> None:
    begins = ENDS.replace(hour=6, minute=50)
    assert approved_until(ENDS, begins, words, BERLIN) == datetime(2026, 10, 14, hour, minute, tzinfo=UTC)
    assert approved_until(ENDS, None, words, BERLIN) == ENDS
