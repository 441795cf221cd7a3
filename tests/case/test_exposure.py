"""For how long people could change production: added up span by span, and minute by minute."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.case.exposure import exposure
from auditor.case.nights import Night
from auditor.model.entitlements import Unresolved
from auditor.model.exposure import Exposure
from auditor.model.subjects import Subject, SubjectKind
from tests.cases import AT, AWS, access, case, config, episode, event, grant, hour, ticket

WEEK = timedelta(days=7)
START = AT - WEEK
PAIRS = [("nina", "checkout"), ("leon", "checkout"), ("nina", "search")]
SOURCE = {"kind": "aws-cloudtrail", "path": "logs/"}
WITH_LOG = config(sources=[{"name": "trail", **SOURCE}])


def told(*nights: Night, length: timedelta = WEEK, **parts: object) -> Exposure:
    return exposure(case(**{"config": WITH_LOG, **parts}), nights, (), length)


def hours(one: Exposure, system: str = "checkout") -> dict[str, float]:
    (found,) = (row for row in one.systems if row.system == system)
    names = ("standing", "temporary", "used", "unknown")
    return {name: getattr(found, name) / 60 for name in names if getattr(found, name)}


def taken(name: str, time) -> object:
    asked = {"userName": name, "policyName": "deploy"}
    detail = json.dumps({"asked": asked, **asked})
    return event(category="grant", action="iam:DeleteUserPolicy", detail=detail, time=time, event_id=f"{name}{time}")


def test_what_stood_at_both_ends_stood_all_the_week_and_an_hour_of_it_was_used():
    path, work = access("nina"), episode(ends_at=AT - hour(3) - timedelta(seconds=1))
    week = told(Night(START - hour(5), [path]), Night(AT, [path]), access=[path], episodes=[work])
    assert hours(week) == {"standing": 168, "used": 1}
    assert hours(week, "search") == {}
    assert (week.possible, week.used, week.not_known) == (168 * 60, 60, 0)


def test_a_right_begins_when_it_was_given_and_is_not_known_before_where_nothing_tells():
    given_at, untold = access("nina", granted_at=AT - hour(10)), access("leon")
    week = told(Night(AT, [given_at, untold]))
    assert hours(week) == {"standing": 10, "unknown": 168}
    seen = told(Night(AT - hour(24), []), Night(AT, [given_at, untold]))
    assert hours(seen) == {"standing": 10, "unknown": 24}


def test_what_was_given_and_taken_between_two_nights_counts_for_that_long():
    jit = grant(time=AT - hour(4), expires_at=None)
    nights = Night(AT - hour(24), []), Night(AT, [])
    assert hours(told(*nights, grants=[jit], judged_events=[taken("nina", AT - hour(3))])) == {"standing": 1}
    assert hours(told(*nights, grants=[jit], tickets=[ticket()], judged_events=[taken("nina", AT - hour(3))])) == {
        "temporary": 1
    }
    assert hours(told(*nights, grants=[jit])) == {"unknown": 4}
    assert hours(told(*nights, grants=[grant(expires_at=AT - hour(2))])) == {"temporary": 2}


def test_of_several_removals_it_held_until_the_first_and_no_longer_than_its_own_end():
    path = access("nina", expires_at=AT - hour(10), granted_at=START - hour(1))
    nights, gone = (Night(START, [path]), Night(AT, [])), [taken("nina", AT - hour(5)), taken("nina", AT - hour(4))]
    assert hours(told(*nights, judged_events=gone)) == {"temporary": 158}
    standing = Night(START, [access("nina")]), Night(AT, [])
    assert hours(told(*standing, judged_events=gone)) == {"standing": 163, "unknown": 1}
    assert hours(told(*standing, judged_events=[taken("nina", AT)])) == {"standing": 168}


def test_who_changed_a_system_could_change_it():
    assert hours(told(Night(AT, []), episodes=[episode()])) == pytest.approx({"temporary": 11 / 60, "used": 11 / 60})


def test_without_a_log_use_is_not_known_and_without_a_right_read_that_is_said():
    path = access("nina")
    lost = Unresolved(subject=Subject(kind=SubjectKind.LOG, label="x"), reason="y", tables=("grants",))
    blind = case(
        config=config(sources=[{"name": "iam", "kind": "aws-iam", "account": AWS}]),
        failed={"iam": ("grants",)},
        unseen_systems=("search",),
        unresolved=[lost],
    )
    week = exposure(blind, [Night(START, [path]), Night(AT, [])], ["run-7"])
    assert week.used is None
    assert hours(week) == {"unknown": 168}
    assert [sentence.split(",")[0] for sentence in week.unknown] == [
        "the source iam could not be read",
        "the rights on Search were not read",
        "1 of the rights could not be made out",
        "who could change what at the run run-7 cannot be read",
        "no source of auditor.yaml tells what anybody did",
    ]


def test_the_removals_that_lower_it_most_take_one_persons_rights_and_owners_come_last():
    every = access("sam", None, unrestricted=True, path=("user sam", "admin"), handles=("all",))
    own = access("mia", path=("user mia", "own"), handles=("own",))
    two = [access("nina", path=("user nina", name), handles=(name,)) for name in ("a", "b")]
    temporary = access("leon", expires_at=AT + hour(5), granted_at=AT - hour(1))
    paths = [every, own, *two, temporary]
    week = told(Night(START, paths), Night(AT, paths), episodes=[episode("nina")])
    assert [(one.person, one.systems, one.minutes, one.used) for one in week.removals] == [
        ("sam", ("checkout", "search"), 2 * 168 * 60, 0),
        ("mia", ("checkout",), 168 * 60, 0),
        ("nina", ("checkout",), 168 * 60, 11),
    ]
    assert week.removals[2].rests_on == ("user nina → a", "user nina → b")


TICK = timedelta(seconds=20)
LENGTH = 180
"""In ticks: an hour."""


def at(tick: int):
    return AT + (tick - LENGTH) * TICK


@st.composite
def companies(draw):
    """Nights with paths, and grants, removals and work between them; times in ticks from the beginning."""
    ticks = st.integers(-30, LENGTH)
    nights = sorted(draw(st.sets(ticks, max_size=3)) | draw(st.sampled_from([set(), {LENGTH}])))
    maybe = st.none() | ticks
    held = {
        night: [
            (draw(st.sampled_from(PAIRS)), draw(maybe), draw(st.none() | st.integers(night + 1, LENGTH + 30)))
            for _ in range(draw(st.integers(0, 2)))
        ]
        for night in nights
    }
    within = st.integers(min([0, *nights]) + 1, LENGTH)
    given_ = [
        (pair, time, None if end is None else time + 1 + abs(end), None if since is None else min(since, time))
        for pair, time, end, since in draw(
            st.lists(st.tuples(st.sampled_from(PAIRS), within, maybe, maybe), max_size=2)
        )
    ]
    gone = draw(st.lists(st.tuples(st.sampled_from(["nina", "leon"]), within), max_size=2))
    work = draw(st.lists(st.tuples(st.sampled_from(PAIRS), within, st.integers(0, 20), st.booleans()), max_size=3))
    return held, given_, gone, work


@settings(max_examples=40)
@given(companies())
def test_it_is_what_a_count_of_every_minute_comes_to(company):
    held, given_, gone, work = company
    nights = [
        Night(
            at(night),
            [
                access(
                    *pair, granted_at=since if since is None else at(since), expires_at=end if end is None else at(end)
                )
                for pair, since, end in paths
            ],
        )
        for night, paths in held.items()
    ]
    week = told(
        *nights,
        length=LENGTH * TICK,
        grants=[
            grant(
                pair[0],
                systems=(pair[1],),
                time=at(time),
                expires_at=end if end is None else at(end),
                since=since if since is None else at(since),
            )
            for pair, time, end, since in given_
        ],
        judged_events=[taken(name, at(time)) for name, time in gone],
        episodes=[
            episode(*pair, starts_at=at(start), ends_at=at(start + length), changes=changes)
            for pair, start, length, changes in work
        ],
    )
    for system in ("checkout", "search"):
        assert hours(week, system) == pytest.approx(counted(company, system))


def counted(company, system: str) -> dict[str, float]:
    """Minute by minute."""
    sums = dict.fromkeys(("standing", "temporary", "used", "unknown"), 0)
    for pair in [pair for pair in PAIRS if pair[1] == system]:
        for minute in range(0, LENGTH, 3):
            ticks = range(minute, minute + 3)
            used = any(
                one == pair and changes and start // 3 * 3 <= minute <= (start + length) // 3 * 3
                for one, start, length, changes in company[3]
            )
            answers = {could(company, pair, tick, standing=False) for tick in ticks}
            always = True in {could(company, pair, tick, standing=True) for tick in ticks}
            sums["used"] += used
            if used or True in answers:
                sums["standing" if always else "temporary"] += 1
            else:
                sums["unknown"] += None in answers
    return {name: count / 60 for name, count in sums.items() if count}


def could(company, pair, tick: int, *, standing: bool) -> bool | None:
    """Whether somebody could change a system in the third of a minute that begins then; None where nobody knows."""
    held, given_, gone, _ = company
    opens = max((night for night in held if night <= tick), default=None)
    closes = min((night for night in held if night > tick), default=None)
    first, last = min([0, *held]) if opens is None else opens, LENGTH if closes is None else closes

    def paths(night):
        return [one for one in held.get(night, ()) if one[0] == pair and (one[2] is None or not standing)]

    def ended(since, end):
        """Whether it was over by then; None where that may be."""
        ends = [time for name, time in gone if name == pair[0] and max(first, since) < time <= last]
        ends += [end] if end is not None and end <= last else []
        if not ends or min(ends) <= tick < min(max(ends), max(end, min(ends)) if end is not None else max(ends)):
            return None
        return tick >= min(ends)

    before, after = paths(opens), paths(closes)
    if before and after:
        return True
    grants = [
        (time, end, since)
        for one, time, end, since in given_
        if one == pair and first < time <= last and (end is None or not standing)
    ]
    answers: list[bool | None] = [{None: None, True: False, False: True}[ended(first, end)] for _, _, end in before]
    for _, since, _ in after:
        if since is not None and since <= closes and (since > first or opens is None):
            answers.append(tick >= since)
        elif opens is None or not grants:
            answers.append(None)
    for time, end, since in grants:
        if tick < time:
            answers.append(None if since is not None and tick >= since else False)
        else:
            answers.append(True if after else {None: None, True: False, False: True}[ended(time, end)])
    return True if True in answers else None if None in answers else False
