"""What nobody uses."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model.findings import Finding, NotJudged
from auditor.model.tables import Credential
from auditor.rules import standing
from tests.cases import AT, access, access_key, case, episode, judged, key

DAY = timedelta(days=1)


def idle_key(user: str = "nina", **changes: Any) -> Credential:
    return access_key(user, **{"last_used_at": AT - 91 * DAY, **changes})


@pytest.mark.parametrize(
    ("credential", "idle"),
    [
        (idle_key(), True),
        (idle_key(last_used_at=AT - 90 * DAY), False),
        (idle_key(last_used_at=None, never_used=True), True),
        (idle_key(last_used_at=None, never_used=True, created_at=AT - 8 * DAY), False),
        (idle_key(kind="password"), True),
        (idle_key(enabled=False), False),
        (idle_key(expires_at=AT - DAY), False),
        (idle_key("root"), False),
        (idle_key("glass"), False),
    ],
)
def test_a_credential_is_unused_by_what_the_provider_knows(credential: Credential, idle: bool) -> None:
    assert bool(judged(standing.unused, case(credentials=[credential]))) is idle


def test_a_use_in_the_log_counts_too() -> None:
    assert judged(standing.unused, case(credentials=[idle_key()], last_used={"AKIA1": AT - DAY})) == []


def test_where_no_use_could_have_been_seen_it_could_not_be_judged() -> None:
    outcomes = list(standing.unused(case(credentials=[key("nina", "nina")])))
    assert [type(outcome) for outcome in outcomes] == [NotJudged]


def test_what_a_leaver_still_has_is_found_as_that() -> None:
    keys = [key("piet", "piet", last_used_at=AT - 300 * DAY)]
    assert judged(standing.unused, case(credentials=keys)) == []


def test_an_owner_who_has_not_used_the_right_for_long_is_asked() -> None:
    found = judged(standing.unused, case(access=[access("leon", last_used_at=AT - 120 * DAY)]))
    assert [(f.person, f.system, f.facts["days"]) for f in found] == [("leon", "checkout", 120)]
    assert found[0].facts["last_used_at"] == "2026-06-04T12:00:00Z"


@pytest.mark.parametrize(
    ("watched", "days"),
    [
        ({"watched_since": AT - 400 * DAY}, [400]),
        ({"watched_since": AT - 90 * DAY}, []),
        ({"watched_since": AT - 400 * DAY, "granted_at": AT - 91 * DAY}, [91]),
        ({"watched_since": AT - 400 * DAY, "granted_at": AT - 8 * DAY}, []),
    ],
)
def test_a_right_that_the_provider_watched_and_nobody_used_is_told(watched: dict[str, Any], days: list[int]) -> None:
    outcomes = list(standing.unused(case(access=[access("leon", **watched)])))
    found = [outcome for outcome in outcomes if isinstance(outcome, Finding)]
    assert [f.facts["days"] for f in found] == days
    assert all("has not used the right to change it for" in f.summary for f in found)
    assert not any(isinstance(outcome, NotJudged) for outcome in outcomes)


def test_a_second_path_that_nobody_watches_leaves_it_open() -> None:
    paths = [access("leon", watched_since=AT - 400 * DAY), access("leon", path=("key",))]
    assert [type(outcome) for outcome in standing.unused(case(access=paths))] == [NotJudged]


@pytest.mark.parametrize(("logins", "changes"), [(0, 3), (3, 0), (3, 3)])
def test_work_of_theirs_on_the_system_is_a_use(logins: int, changes: int) -> None:
    idle, work = access("leon", last_used_at=AT - 120 * DAY), episode("leon", logins=logins, changes=changes)
    assert judged(standing.unused, case(access=[idle], episodes=[work])) == []


def test_reading_is_no_use_of_a_right_to_change() -> None:
    idle, reading = access("leon", last_used_at=AT - 120 * DAY), episode("leon", changes=0, reads=3)
    assert len(judged(standing.unused, case(access=[idle], episodes=[reading]))) == 1


def test_a_writer_who_owns_nothing_is_found_for_the_access_itself() -> None:
    assert judged(standing.unused, case(access=[access("nina", last_used_at=AT - 120 * DAY)])) == []
