"""Who approved what, from labels and comments."""

from datetime import UTC, datetime, timedelta

import pytest

from collectors.tickets.approvals import Approval, Comment, Mark, approval, closeout, removal, review

T0 = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
WORDS = "Approved: Nina on checkout, until 09:35."


def at(minutes):
    return T0 + timedelta(minutes=minutes)


def mark(minutes, label="access::approved", *, on=True, who="gitlab:tom"):
    return Mark(label, on, who, at(minutes))


def says(text, who="gitlab:tom", minutes=5):
    return Comment(who, at(minutes), text)


def agreed(*found):
    marks = [one for one in found if isinstance(one, Mark)]
    return approval(marks, [one for one in found if isinstance(one, Comment)], "gitlab:nina")


def test_the_label_says_who_and_when_and_the_comment_in_which_words():
    assert agreed(mark(3), says("Looks odd?"), says(WORDS)) == Approval("gitlab:tom", at(3), WORDS)


def test_a_label_without_words_is_said_to_be_one():
    assert agreed(mark(3), says(WORDS, who="gitlab:mia")).words == "label access::approved"


def test_without_a_label_the_comment_counts_and_somebody_elses_first():
    own, other = says("Approved, myself", "gitlab:nina", 1), says(WORDS, minutes=9)
    assert agreed(own, other) == Approval("gitlab:tom", at(9), WORDS)
    assert agreed(own).who == "gitlab:nina"


def test_a_label_taken_off_again_approves_nothing():
    off = mark(9, on=False)
    assert agreed(mark(3), off) is None
    assert agreed(mark(3), off, mark(9, "access::rejected")) is None
    assert agreed(mark(3), off, mark(12)).at == at(12)


def test_a_label_that_gave_way_to_a_later_stage_stands():
    assert agreed(mark(3), mark(9, on=False), mark(9, "access::removed")).at == at(3)


def test_the_first_time_it_was_put_on_counts():
    assert agreed(mark(3), mark(8)).at == at(3)


@pytest.mark.parametrize(
    "text",
    [
        "Approved in the chat",
        "Approved, see https://quay.slack.com/archives/C1/p1",
    ],
)
def test_chat_links_are_no_approval_but_kept_as_words(text):
    assert agreed(says(text, "gitlab:nina")) == Approval(None, None, text)
    assert agreed(says(text, "gitlab:nina"), says(WORDS)).who == "gitlab:tom"


@pytest.mark.parametrize(
    "text",
    [
        "Not approved",
        "Approved?",
        "> Approved: all\n\nby whom?",
        "Please approve",
        "disapproved",
        "approved by Tom: https://teams.microsoft.com/l/message/1",
        "",
    ],
)
def test_what_only_looks_like_an_approval_is_none(text):
    assert agreed(says(text)) is None


def test_the_second_reviewer_comes_from_a_label_or_a_comment():
    assert review([mark(4, "access::reviewed", who="gitlab:mia")], []) == ("gitlab:mia", at(4))
    assert review([], [says("Reviewed: fine", "gitlab:leon", 7)]) == ("gitlab:leon", at(7))
    assert review([], [says("Reviewed?")]) == (None, None)


def test_the_last_closeout_counts():
    notes = [says("Closeout: one", minutes=1), says("**Close-out**\n\ntwo\nAccess removed: yes", minutes=2)]
    assert closeout(notes) == "two\nAccess removed: yes"
    assert closeout([says("closed")]) is None


@pytest.mark.parametrize(
    ("text", "confirmed"),
    [("Access removed: yes", True), ("Access is gone.", True), ("access removed: no", False), ("all done", None)],
)
def test_removal_is_what_somebody_says(text, confirmed):
    assert removal([], [says(text)]) is confirmed
    assert removal([mark(9, "access::removed")], [says(text, minutes=1)]) is True


def test_the_words_nearest_to_the_label_are_those_of_the_approval():
    early, near = says(WORDS, minutes=1), says("Approved: all of it", minutes=6)
    assert agreed(mark(5), early, near) == Approval("gitlab:tom", at(5), "Approved: all of it")
    assert agreed(mark(2), early, near).words == WORDS


@pytest.mark.parametrize(
    ("later", "beside"),
    [
        (says("Not approved any more", minutes=20), "\n2026-02-10 09:20 UTC: Not approved any more"),
        (says("Not approved any more", "gitlab:mia", 20), ""),
        (says("Not approved", minutes=5), ""),
        (says("Not approved", minutes=3), ""),
        (says("Have fun", minutes=20), ""),
        (says("Approved: still", minutes=20), ""),
    ],
)
def test_what_the_same_person_took_back_later_stands_beside_the_approval(later, beside):
    assert agreed(says(WORDS), later) == Approval("gitlab:tom", at(5), WORDS + beside)
    assert agreed(mark(5), says(WORDS), later).words == WORDS + beside


def test_the_last_word_of_several_counts():
    no, yes = says("Not approved", minutes=20), says("Approved: after all", minutes=30)
    assert agreed(says(WORDS), no, yes).words == agreed(says(WORDS), yes, no).words == WORDS


@pytest.mark.parametrize(
    ("off", "other", "stands"),
    [
        (9, mark(9, "access::removed"), True),
        (9, mark(9 + 2 / 60, "access::removed"), True),
        (9, mark(9 + 3 / 60, "access::removed"), False),
        (9, mark(9, "access::removed", on=False), False),
        (9, mark(9, "kind::access"), False),
        (9, mark(9, "access::requested"), False),
        (9, mark(9, "Access:: Done "), True),
    ],
)
def test_which_label_an_approval_gives_way_to(off, other, stands):
    assert bool(agreed(mark(3), mark(off, on=False), other)) is stands
    assert agreed(mark(3, "approved"), mark(9, "approved", on=False), mark(9, "removed")) is None


def test_the_first_look_is_the_review_and_somebody_has_to_have_looked():
    marks = [mark(4, "access::reviewed", who="gitlab:mia"), mark(2, "access::reviewed", on=False), mark(1)]
    marks.append(mark(0, "access::reviewed", who=None))
    assert review(marks, [says("Reviewed", minutes=6)]) == ("gitlab:mia", at(4))
    assert review(marks, [says("Reviewed", minutes=3)]) == ("gitlab:tom", at(3))


def test_the_closeout_is_the_last_by_time_without_its_heading():
    notes = [says("Closeout: Closeout: two", minutes=2), says("Closeout: one", minutes=1)]
    assert closeout(notes) == "Closeout: two"
    assert closeout([says("Closeout:")]) is None


def test_the_last_word_on_removal_counts():
    gone = [mark(4, "access::removed"), mark(9, "access::removed", on=False), mark(9)]
    assert removal(gone, []) is True
    assert removal([mark(9)], [says("fine", minutes=10)]) is None
    assert removal(gone, [says("Access removed: no", minutes=5), says("fine", minutes=6)]) is False
