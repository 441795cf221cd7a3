"""What people say when they agree to access."""

import csv
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.statements import (
    Verdict,
    is_approval,
    is_for_reading,
    is_off,
    names,
    names_end,
    says_dropped,
    says_removed,
    verdict,
)
from tests.docs import APPROVALS

with APPROVALS.open(encoding="utf-8") as file:
    TABLE = [(row["sentence"], row["verdict"] or None, row["end"] == "yes") for row in csv.DictReader(file)]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len({sentence for sentence, _, _ in TABLE}) >= 120


@pytest.mark.parametrize(("sentence", "said", "ends"), TABLE, ids=[sentence for sentence, _, _ in TABLE])
def test_a_sentence_is_read_as_the_table_says(sentence: str, said: str | None, *, ends: bool) -> None:
    assert (verdict(sentence), names_end(sentence)) == (said, ends)


AGREED = st.sampled_from([sentence for sentence, said, _ in TABLE if said == Verdict.AGREED])
REFUSED = st.sampled_from([sentence for sentence, said, _ in TABLE if said == Verdict.REFUSED])


@given(AGREED, REFUSED)
def test_the_last_word_counts_and_what_is_quoted_or_in_brackets_does_not(yes: str, no: str) -> None:
    assert verdict(f"{yes}\n{no}") is Verdict.REFUSED
    assert verdict(f"{no}\n{yes}") is Verdict.AGREED
    assert verdict(f"> {no}\n{yes}") is Verdict.AGREED
    plain = no.replace("(", "").replace(")", "")
    assert verdict(f"{yes} ({plain})") is Verdict.AGREED


@given(AGREED, REFUSED)
def test_a_mail_that_is_pasted_whole_says_what_stands_below_its_head(yes: str, no: str) -> None:
    head = "From: Tom Reed <tom@harbour.example>\nSent: Monday 9:00\nSubject: RE: approved vendors"
    for own, said in ((yes, Verdict.AGREED), (no, Verdict.REFUSED)):
        assert verdict(f"{head}\n\n{own}\n\nFrom: Mia\nSent: Monday\nApproved?") is said


@given(AGREED)
def test_case_and_blanks_change_nothing(sentence: str) -> None:
    assert verdict(sentence.upper().replace(" ", "  ")) is Verdict.AGREED
    assert verdict(f"  {sentence}\n") is Verdict.AGREED


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    assert verdict(text) in (None, *Verdict)
    assert names_end(text) in (True, False)
    assert says_removed(text) in (None, True, False)
    assert says_dropped(text) in (True, False)


@given(st.integers(1, 999), st.integers(0, 9))
def test_an_id_is_not_found_in_a_longer_one(number: int, digit: int) -> None:
    assert names(f"Approved PAY-{number} for Nina", f"PAY-{number}")
    assert not names(f"Approved PAY-{number}{digit} for Nina", f"PAY-{number}")
    assert not names(f"Approved XPAY-{number} for Nina", f"PAY-{number}")


def test_names_are_words_and_not_letters_of_others() -> None:
    assert names("Approved PAY-1 for Ed.", "ed")
    assert not names("Approved PAY-1", "ed")
    assert names("nina/checkout for 60mins", "checkout")
    assert not names("checkout-worker for 60mins", "check")
    assert not names("whatever", None)


@pytest.mark.parametrize(
    ("note", "gone"),
    [
        ("Raised memory, watched errors. Access removed.", True),
        ("fixed the queue, access is gone", True),
        ("revoked nina's key", True),
        ("detached the policy", True),
        ("Zugriff entzogen", True),
        ("acc\u00e8s retir\u00e9", True),
        ("Acceso eliminado", True),
        ("access is not yet removed", False),
        ("Access removed: no", False),
        ("access will be removed tomorrow", False),
        ("Nina still has access", False),
        ("permissions not removed", False),
        ("queue fixed and deleted 3 rows", None),
        ("Removed the queue.", None),
        ("Permissions have been removed. Queue still slow.", True),
        ("Removed nina from prod-admins", True),
        ("removed from the sudoers group", True),
        ("Nina no longer has access", True),
        ("no access any more", True),
        ("Zugang gesperrt", True),
        ("Se retiró el acceso", True),
        ("Limit raised, please remove my access", False),
        ("TODO: remove access", False),
        ("I forgot to revoke the key", False),
        ("did remove the access", True),
        ("Is the access gone?", False),
        ("Access removed? yes", True),
        ("Zugriff muss noch entzogen werden", False),
        ("key metrics dropped", None),
        ("Access logs removed", None),
        ("Fixed. The grant lapsed at 09:30", True),
        ("Took nina out of the admins group", True),
        ("Access removal: done", True),
        ("Rimosso l'accesso", True),
        ("Toegang nog niet ingetrokken", False),
        ("Accesso non ancora rimosso", False),
        ("Removed rows from the queue", None),
        ("Closed the account page bug", None),
        ("", None),
    ],
)
def test_a_note_says_that_the_access_is_gone_or_that_it_is_not(note: str, gone: bool | None) -> None:
    assert says_removed(note) is gone


@pytest.mark.parametrize(
    ("closeout", "dropped"),
    [
        ("Withdrawn, not needed any more. No access was given.", True),
        ("Cancelled", True),
        ("Won't do", True),
        ("duplicate of PAY-3", True),
        ("No longer needed", True),
        ("Nicht mehr nötig", True),
        ("Annulé", True),
        ("Ya no es necesario", True),
        ("Kein Zugriff wurde erteilt", True),
        ("Access was never granted", True),
        ("Raised memory; a restart was not needed", False),
        ("Raised the limit; the key is not needed any more", False),
        ("Denied traffic from 10.0.0.0/8 in the security group", False),
        ("Declined the first plan; raised memory. Access removed.", False),
        ("Access withdrawn", False),
        ("Cancelled order fixed", False),
        ("Denied logins explained", False),
        ("Cancelled because of holidays", True),
        ("Solved itself, no access needed", True),
        ("Raised memory", False),
        ("", False),
    ],
)
def test_a_closeout_says_that_nothing_came_of_what_was_asked_for(closeout: str, *, dropped: bool) -> None:
    assert says_dropped(closeout) is dropped


@pytest.mark.parametrize(
    ("status", "off"),
    [
        ("Rejected", True),
        ("Declined", True),
        ("Closed - Cancelled", True),
        ("Closed, Won't Do", True),
        ("not_planned", True),
        ("Abgelehnt", True),
        ("Annulé", True),
        ("access::rejected", True),
        ("Closed", False),
        ("Done", False),
        ("Revoked", False),
        ("Approved", False),
        ("New", False),
        ("", False),
    ],
)
def test_a_status_says_that_nothing_is_to_come_of_a_ticket(status: str, *, off: bool) -> None:
    assert is_off(status) is off


@pytest.mark.parametrize(
    ("remark", "approves"),
    [
        ("Approved OPS-7 for Nina, until 09:30", True),
        ("@nina approved for 1 hour", True),
        ("Hi Nina, approved until 12:00", True),
        ("Genehmigt bis 12 Uhr", True),
        ("ok, restarted", False),
        ("Go ahead, OPS-7 for Nina until 09:30", True),
        ("Signed off: OPS-7, Nina, until 09:30", True),
        ("Grünes Licht für Nina bis 9:30 Uhr", True),
        ("looks good now", False),
        ("Waiting for Tom to approve OPS-7 until 09:30", False),
        ("I would approve this if the tests were green", False),
        ("Approved by Tom in the meeting", False),
        ("Not approved", False),
        (":thumbsup: OPS-7 for Nina on shop until 09:30", True),
        ("👍", False),
        (":+1: me too", False),
        ("approved?", False),
        ("Closeout: limit raised", False),
        ("I looked at the graphs and at the logs for a while, and it was approved", False),
    ],
)
def test_a_remark_under_a_ticket_is_an_approval_or_not(remark: str, approves: bool) -> None:
    assert is_approval(remark) is approves


@pytest.mark.parametrize(
    "text", ["A" * 400_000, "approved " * 50_000, "approved if a " * 30_000, "1 " * 200_000, "until " + "x " * 200_000]
)
def test_long_texts_cost_no_time(text: str) -> None:
    began = time.thread_time()
    for read in (verdict, names_end, says_removed, is_approval):
        read(text)
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Approved for Nina on shop until 11:00, read-only", True),
        ("Approved read-only for Nina on shop until 11:00", True),
        ("Approved for Nina (read only) until 11:00", True),
        ("Genehmigt für Nina, nur lesend, bis 11:00", True),
        ("Approved for Nina on shop until 11:00, for read-only access", True),
        ("Approved for read-only replica until 11:00", False),
        ("Approved until 11:00: set the database for read-only, then migrate", False),
        ("Approved until 11:00: the replica, read-only, is to be promoted", False),
        ("Approved: switch shop to read-only until 11:00", False),
        ("Approved for Nina, not read-only, until 11:00", False),
        ("> read-only\nApproved for Nina until 11:00", False),
    ],
)
def test_an_approval_may_be_of_reading_alone(text: str, *, reading: bool) -> None:
    assert is_for_reading(text) is reading


def test_of_two_boxes_the_one_that_is_ticked_counts() -> None:
    assert verdict("Approved: [ ] yes [x] no") is Verdict.REFUSED
    assert verdict("Approved: \u2610 Ja \u2612 Nein") is Verdict.REFUSED
    assert verdict("Approved: [x] yes [ ] no") is Verdict.AGREED
    assert verdict("[x] No downtime expected. Approved OPS-1") is Verdict.AGREED
