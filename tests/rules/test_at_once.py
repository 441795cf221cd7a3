"""Sessions of one key that were open at once: found as the slow obvious way finds them, and however many there are."""

import random
from datetime import timedelta
from itertools import combinations
from time import process_time

import pytest

from auditor.rules.shared.at_once import first_of_each_day
from tests.cases import AT, episode


def sessions(number, networks, minutes, seed=1):
    chance = random.Random(seed)
    for _ in range(number):
        begins = AT - timedelta(minutes=chance.randrange(29 * 1440))
        ends = begins + timedelta(minutes=chance.randrange(minutes))
        places = range(chance.choice([0, 1, 1, 1, 2]))
        addresses = tuple(f"{chance.randrange(20, 20 + networks)}.1.1.1" for _ in places)
        yield episode(starts_at=begins, ends_at=ends, login_addresses=addresses)


def slowly(all_of_them):
    found = {}
    for one, other in combinations(sorted(all_of_them, key=lambda one: one.span), 2):
        places = [{ip.split(".")[0] for ip in e.login_addresses} for e in (one, other)]
        overlap = min(one.ends_at, other.ends_at) > max(one.starts_at, other.starts_at)
        if overlap and all(places) and places[0].isdisjoint(places[1]):
            found.setdefault(max(one.starts_at, other.starts_at).date(), (one, other))
    return found


@pytest.mark.parametrize("minutes", [3, 700, 60_000])
@pytest.mark.parametrize("networks", [1, 2, 6])
def test_the_first_two_of_each_day_are_those_that_the_slow_obvious_way_finds(minutes, networks) -> None:
    for seed in range(3):
        some = list(sessions(40, networks, minutes, seed))
        assert first_of_each_day(some, frozenset()) == slowly(some)


def test_sessions_that_were_all_open_at_once_are_not_compared_each_with_each() -> None:
    cost = {}
    for number in (1_000, 8_000):
        some = list(sessions(number, 90, 60_000))
        begin = process_time()
        first_of_each_day(some, frozenset())
        cost[number] = process_time() - begin
    assert cost[8_000] < 8 * 4 * cost[1_000]


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("203.0.113.7", "198.51.100.9", True),
        ("2001:db8:7::1", "2001:db9:7::1", True),
        ("203.0.113.7", "2001:db8:7::1", False),
    ],
)
def test_the_two_kinds_of_address_of_one_desk_are_not_two_places(one, other, apart) -> None:
    begins = AT - timedelta(hours=3)
    both = [episode(starts_at=begins, ends_at=AT, login_addresses=(address,)) for address in (one, other)]
    assert bool(first_of_each_day(both, frozenset())) is apart


@pytest.mark.parametrize(("action", "found"), [("ssh:logout", True), ("ssh:timeout:logout", False)])
def test_who_goes_on_elsewhere_is_not_in_the_session_that_nobody_answers_in(action, found) -> None:
    left = episode(
        starts_at=AT - timedelta(hours=2), ends_at=AT, login_addresses=("203.0.113.7",), actions=("ssh:login", action)
    )
    home = episode(starts_at=AT - timedelta(minutes=20), ends_at=AT, login_addresses=("198.51.100.9",))
    assert bool(first_of_each_day([left, home], frozenset())) == found
    early = episode(starts_at=AT - timedelta(minutes=90), ends_at=AT, login_addresses=("198.51.100.9",))
    assert first_of_each_day([left, early], frozenset())
