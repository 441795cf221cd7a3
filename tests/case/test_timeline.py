"""Windows in time."""

import random
from datetime import timedelta
from itertools import islice

from auditor.case.timeline import NOTHING, Timeline
from auditor.model.tickets import Window
from auditor.model.vocabulary import Level
from tests.cases import AT

DAY = timedelta(days=1)


def window(begins: float, days: float) -> Window:
    starts = AT + begins * DAY
    names = {"ticket": f"PAY-{begins}", "person": "nina", "system": "checkout"}
    return Window(**names, level=Level.WRITE, starts_at=starts, ends_at=starts + days * DAY)


def test_those_near_a_stretch_are_all_that_lie_no_farther_in_their_order() -> None:
    chance = random.Random(16)
    for number in (0, 1, 2, 5, 33):
        begins = sorted(chance.uniform(0, 90) for _ in range(number))
        windows = [window(one, chance.choice([0.01, 0.5, 60])) for one in begins]
        timeline = Timeline(windows)
        for _ in range(50):
            first = AT + chance.uniform(-5, 95) * DAY
            last = first + chance.choice([0, 0.1, 9]) * DAY
            for reach in (timedelta(0), DAY):
                expected = [one for one in windows if one.overlaps(first, last, reach)]
                assert list(timeline.near(first, last, reach)) == expected


def test_what_ended_long_ago_is_passed_over_also_behind_one_that_lasts() -> None:
    looked: list[int] = []

    class Ends(list):
        def __getitem__(self, at):
            looked.append(at)
            return super().__getitem__(at)

    timeline = Timeline([window(0, 400), *(window(day / 100, 0.005) for day in range(1, 20_000))])
    timeline._ends = Ends(timeline._ends)
    late = AT + 199.95 * DAY
    assert [one.ticket for one in islice(timeline.near(late, late, timedelta(0)), 2)][:1] == ["PAY-0"]
    assert len(looked) < 200


def test_there_may_be_none() -> None:
    assert list(NOTHING.near(AT, AT, DAY)) == []
