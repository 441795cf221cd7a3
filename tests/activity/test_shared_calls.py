"""Calls that the logs of two accounts have, and things of another account than the log's."""

import itertools

import pytest

from auditor.activity.results import Digest
from tests.activity.acts import act, digested

PRODUCTION, STRANGER = "444455556666", "999988887777"
CALLER = act("3 10:00", request="shared:s", on="assets/a", event_id="by-caller")
OWNER = act(
    "3 10:00",
    request="shared:s",
    scope=PRODUCTION,
    account="aws-account:111122223333",
    actor="AIDANINA",
    actor_kind="AWSAccount",
    credential=None,
    on="checkout/a",
    event_id="by-owner",
)
OTHER = act("3 10:01", request="shared:t", on="assets/b")


def told(digest: Digest) -> list[tuple[str | None, str, int]]:
    return [(one.person, one.scope, one.changes) for one in digest.episodes]


@pytest.mark.parametrize("rows", list(itertools.permutations([CALLER, OWNER])))
def test_a_call_in_two_logs_is_the_callers_once_where_it_was_done(rows) -> None:
    assert told(digested(rows)) == [("nina", PRODUCTION, 1)]


def test_a_copy_that_two_sources_deliver_is_no_other_call() -> None:
    assert told(digested([CALLER, OWNER, OWNER, CALLER])) == [("nina", PRODUCTION, 1)]


def test_calls_with_ids_of_their_own_are_as_many_as_they_are() -> None:
    assert told(digested([CALLER, OTHER])) == [("nina", "111122223333", 2)]


def test_one_log_has_a_call_once_so_that_one_id_in_it_twice_is_two_calls() -> None:
    again = act("3 10:02", request="shared:s", on="assets/c")
    other = act("3 10:03", request="shared:s", on="assets/d", action="ecs:StopTask")
    assert told(digested([CALLER, again, other])) == [("nina", "111122223333", 3)]


def test_what_another_account_has_is_changed_there_and_not_where_the_log_is() -> None:
    assert sorted(told(digested([act("3 10:00", owner=STRANGER), act("3 10:01")]))) == [
        ("nina", "111122223333", 1),
        ("nina", STRANGER, 1),
    ]


def test_a_copy_is_a_sign_of_life_of_its_account() -> None:
    rows = [act(f"{day} {clock}", scope=PRODUCTION) for day in range(1, 31) for clock in ("00:00", "10:00", "20:00")]
    others = [one for one in rows if one.time != CALLER.time]
    assert [one.scope for one in digested([*others, CALLER]).silences if one.scope == PRODUCTION] == [PRODUCTION]
    assert [one.scope for one in digested([*others, CALLER, OWNER]).silences if one.scope == PRODUCTION] == []
