"""How findings say lengths, numbers and names."""

from datetime import timedelta

import pytest

from auditor.rules.words import count, length, listing


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "0 seconds"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (172_799, "47 hours"),
        (172_800, "2 days"),
        (86_400 * 1214, "1,214 days"),
    ],
)
def test_a_length_is_said_in_its_largest_unit_that_is_there_twice(seconds, said):
    assert length(timedelta(seconds=seconds)) == said


def test_a_noun_stands_with_its_number():
    assert [count(1, "change"), count(4, "change"), count(2, "access"), count(1000, "branch")] == [
        "1 change",
        "4 changes",
        "2 accesses",
        "1,000 branches",
    ]


@pytest.mark.parametrize(
    ("names", "said"),
    [("", ""), ("a", "a"), ("aa", "a"), ("ab", "a or b"), ("abc", "a, b or c"), ("abcde", "a, b, c and 2 more")],
)
def test_names_are_listed_once_each_and_the_rest_counted(names, said):
    assert listing(names, last="or") == said
