"""What taking a right away would have done, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.model.consequences import Consequence, Missed, WouldFail
from reports.consequences import refused, sentence, use_and_failure, warning
from tests.cases import config

AT = datetime(2026, 10, 2, 3, tzinfo=UTC)
ROLE = "arn:aws:iam::111122223333:role/ci-deploy"


def one(**told):
    return Consequence(handles=({"provider": "aws"},), since=AT - timedelta(days=30), until=AT, **told)


def act(who=ROLE, action="ecs:UpdateService", **told):
    return WouldFail(**{"who": who, "action": action, "last_at": AT, **told})


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "nothing would have failed"),
        ({"last_at": AT - timedelta(days=61)}, "last used 61 days ago; nothing would have failed"),
        (
            {"failed": 40, "recent": 14, "acts": (act(), act("nina", "s3:PutObject"), act("nina", "s3:GetObject"))},
            (
                "would have failed 14 times in the last week, 40 in 30 days: ci, ecs:UpdateService and Nina, "
                "s3:PutObject, s3:GetObject"
            ),
        ),
        (
            {"failed": 1, "acts": (act(),)},
            "would have failed 1 time in 30 days, and not in the last week: ci, ecs:UpdateService",
        ),
        ({"kept": 3}, "nothing would have failed; another path still allows what was done 3 times"),
        (
            {"kept": 3, "lost": 2},
            "another path still allows what was done 3 times; 2 of them not if all goes that findings ask for",
        ),
        (
            {"unknown": 1_200, "why": "it hangs on x"},
            "of 1,200 acts it is not known whether they would have failed: it hangs on x",
        ),
        ({"why": "no log of web-1 was read"}, "what would have failed is not known: no log of web-1 was read"),
        (
            {"unseen": ("it may have been used for reading: of that no log tells",)},
            "nothing that stands in a log would have failed; it may have been used for reading: of that no log tells",
        ),
    ],
)
def test_the_answer_is_a_sentence_and_unknown_is_never_safe(told, words):
    assert sentence(one(**told), config()) == words


def test_only_what_would_have_broken_in_the_last_week_is_warned_of():
    assert warning(None, config()) == warning(one(failed=9), config()) == ""
    broken = one(failed=9, recent=2, acts=(act(),))
    assert warning(broken, config()) == "it would have failed 2 times in the last week: ci, ecs:UpdateService"
    together = one(kept=9, lost=3, lost_recent=1, acts=(act(),))
    assert "1 time in the last week, with the other rights gone that findings ask for:" in warning(together, config())


def test_what_was_refused_since_is_told_with_the_way_back():
    missed = Missed(finding="f", undo="bash undo.sh --only 4 --apply", events=3, last_at=AT, acts=(act(),))
    assert refused(missed, config()) == (
        "Missed since: 3 times refused, the last 2 Oct 2026 05:00 CEST: ci, ecs:UpdateService; "
        "to give it back: bash undo.sh --only 4 --apply."
    )


def test_a_sentence_parts_into_its_last_use_and_what_would_have_failed():
    assert use_and_failure("last used 2 days ago; another path still allows it; x") == (
        "2 days ago",
        "another path still allows it; x",
    )
    assert use_and_failure("nothing would have failed") == ("", "nothing would have failed")
