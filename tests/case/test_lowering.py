"""Which removals lower exposure most: what was possible and never used, with what goes along."""

import pytest

from auditor.case.lowering import Held, lowering
from tests.cases import ELSEWHERE, access, case


def held(person, system, *rights, minutes=60, used=0):
    """A system that somebody can change by rights, each of which a cleanup takes away by its handle."""
    paths = tuple(access(person, system, handles=(right,) if right else (), path=(right or "own",)) for right in rights)
    return Held(person=person, system=system, paths=paths, minutes=minutes, used=used)


def told(*some):
    return [
        (one.person, one.systems, one.minutes, one.used, one.rests_on) for one in lowering(case(config=ELSEWHERE), some)
    ]


def test_the_most_that_was_possible_and_never_used_comes_first():
    some = [held("nina", "checkout", "a", minutes=60), held("sam", "search", "b", minutes=90, used=20)]
    assert told(*some) == [
        ("sam", ("search",), 90, 20, ("b",)),
        ("nina", ("checkout",), 60, 0, ("a",)),
    ]


def test_what_rests_on_the_same_rights_alone_goes_along_and_what_has_more_stays():
    some = [
        held("nina", "checkout", "a"),
        held("nina", "search", "a", used=None),
        held("nina", "reports", "a", "b", minutes=30),
    ]
    assert told(*some[:2]) == [("nina", ("checkout", "search"), 120, 0, ("a",))]
    assert told(*some) == [("nina", ("checkout", "reports", "search"), 150, 0, ("a", "b"))]
    alone = [some[0], held("nina", "reports", "b", "c", minutes=30)]
    assert [one[1] for one in told(*alone)] == [("checkout",), ("reports",)]


@pytest.mark.parametrize(
    ("some", "first"),
    [
        # Of equal ones an owner's comes last, then that of fewer rights, then by name.
        ([held("mia", "checkout", "a"), held("nina", "checkout", "b")], "nina"),
        ([held("nina", "checkout", "a", "b"), held("sam", "checkout", "c")], "sam"),
        ([held("sam", "checkout", "c"), held("nina", "checkout", "a")], "nina"),
        ([held("mia", "checkout", "a", minutes=61), held("nina", "checkout", "b")], "mia"),
    ],
)
def test_of_equal_ones_whose_comes_first(some, first):
    assert told(*some)[0][0] == first


def test_what_was_used_all_the_time_lowers_nothing_and_no_more_than_three_are_told():
    assert told(held("nina", "checkout", "a", used=60)) == []
    many = [held(person, "checkout", person) for person in ("nina", "sam", "tom", "piet")]
    assert [one[0] for one in told(*many)] == ["nina", "piet", "sam"]


def test_what_was_used_is_not_known_where_no_log_tells():
    assert told(held("nina", "checkout", "a", used=None)) == [("nina", ("checkout",), 60, None, ("a",))]


def test_a_right_that_no_cleanup_names_is_told_by_its_path_and_is_its_holders_own():
    some = [held("nina", "checkout", ""), held("sam", "checkout", "")]
    assert [(person, rests_on) for person, _, _, _, rests_on in told(*some)] == [("nina", ("own",)), ("sam", ("own",))]
