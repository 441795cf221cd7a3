"""Acts taken together, however many there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from auditor.rules.sittings import sittings

AT = datetime(2026, 9, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Login:
    """One from and to a minute, which counts how often it is asked when it was."""

    by: str
    begins: int
    ends: int
    asked: int = 0

    @property
    def span(self) -> tuple[datetime, datetime]:
        self.asked += 1
        return AT + self.begins * MINUTE, AT + self.ends * MINUTE


def together(logins: Sequence[Login]) -> list[list[tuple[str, int]]]:
    found = sittings(logins, who=lambda one: one.by, gap=30 * MINUTE)
    return [[(one.by, one.begins) for one in sitting] for sitting in found]


def test_a_pause_ends_a_sitting_and_is_counted_from_the_latest_end() -> None:
    long, within, near, later = Login("a", 0, 60), Login("a", 10, 11), Login("a", 90, 91), Login("a", 122, 123)
    found = together([later, near, Login("b", 50, 51), within, long])
    assert found == [[("a", 0), ("a", 10), ("a", 90)], [("a", 122)], [("b", 50)]]


def test_each_act_is_looked_at_a_few_times_however_long_the_sitting() -> None:
    logins = [Login("a", minute, minute) for minute in range(600)]
    assert [len(sitting) for sitting in together(logins)] == [600]
    assert max(one.asked for one in logins) <= 3
