"""Which changes no window of their person on that system covers."""

from datetime import timedelta
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.activity.limits import Limits
from auditor.activity.results import Episode
from auditor.model.tables import Activity
from auditor.model.tickets import Window as ResolvedWindow
from auditor.model.vocabulary import Level
from tests.activity.acts import AWS, BEGIN, END, LIMITS, MINUTE, Window, act, at, digested, look, person_of, ssh, window
from tests.copies import replace

TICK = timedelta(microseconds=1)


def uncovered(*rows: Activity, windows: list[Window]) -> int:
    return sum(episode.uncovered for episode in digested(rows, windows).episodes)


def test_a_window_reaches_as_far_as_the_tolerance_and_no_further() -> None:
    early, late = at("3 09:55") - TICK, at("3 11:05") + TICK
    times = [early, early + TICK, at("3 10:30"), late - TICK, late]
    episodes = digested([act(time) for time in times], [window("3 10:00", "3 11:00")]).episodes
    assert sum(episode.changes for episode in episodes) == len(times)
    outside = [(one.uncovered_from, one.uncovered, one.uncovered_to) for one in episodes if one.uncovered]
    assert sorted(outside) == [(early, 1, early), (late, 1, late)]


def test_what_a_service_was_asked_for_in_a_window_it_may_do_for_as_long_as_a_session_has_a_tail() -> None:
    def stack(time: str, by: str | None = "cloudformation.amazonaws.com") -> Activity:
        return act(time, invoked_by=by)

    windows = [window("3 10:00", "3 11:00")]
    assert uncovered(stack("3 10:59"), stack("3 11:20"), stack("3 11:34"), windows=windows) == 0
    assert uncovered(stack("3 11:36"), stack("3 12:00"), stack("3 09:50"), windows=windows) == 3
    assert uncovered(stack("3 11:20", None), stack("3 11:20", "vendor:AWS account 1"), windows=windows) == 2
    assert uncovered(stack("3 10:20"), stack("3 10:44"), windows=[window("3 10:00", "3 10:10")]) == 0
    close = [*windows, window("3 11:12", "3 11:14")]
    assert [(e.changes, e.uncovered) for e in digested([stack("3 11:13"), stack("3 11:30")], close).episodes] == [
        (2, 0)
    ]


def test_a_window_of_somebody_else_for_something_else_or_for_reading_covers_no_change() -> None:
    others = [
        window("3 10:00", "3 11:00", person="leon"),
        window("3 10:00", "3 11:00", system="catalog"),
        window("3 10:00", "3 11:00", write=False),
    ]
    assert uncovered(act("3 10:30"), windows=others) == 1


def test_a_window_for_one_host_covers_no_change_on_another_and_one_for_the_system_both() -> None:
    rows = [
        ssh(time, "sudo", scope=host, account=f"ssh:nina@{host}", session=f"{host}/s1", resource=f"checkout/{host}")
        for time in ("3 10:10", "3 10:50")
        for host in ("web-1", "web-2.harbour.example")
    ]
    one_host = window("3 10:00", "3 11:00", only=(("ssh", "WEB-1.harbour.example"),))
    own_key = act("3 10:30")

    def bare(*windows: Window) -> dict[str, int]:
        return {one.scope: one.uncovered for one in digested([*rows, own_key], windows).episodes}

    assert bare(one_host) == {"web-1": 0, "web-2.harbour.example": 2, AWS: 0}
    assert bare(one_host, window("3 10:40", "3 11:00")) == {"web-1": 0, "web-2.harbour.example": 1, AWS: 0}
    assert bare(one_host, window("3 10:00", "3 11:00", system="catalog")) == bare(one_host)


def test_overlapping_windows_cover_together_and_count_a_change_once() -> None:
    windows = [window("3 10:00", "3 12:00"), window("3 10:30", "3 10:40"), window("3 11:59", "3 14:00")]
    rows = [act(at("3 10:00") + n * 20 * MINUTE) for n in range(13)]
    digest = digested(rows, windows)
    assert [(e.changes, e.uncovered) for e in digest.episodes] == [(13, 0)]


def test_a_long_outer_window_counts_even_where_a_later_one_has_ended() -> None:
    windows = [window("3 08:00", "3 20:00"), window("3 10:00", "3 10:10")]
    assert uncovered(act("3 15:00"), windows=windows) == 0


def test_reads_logins_and_refused_changes_need_no_window() -> None:
    rows = [
        look("3 10:00"),
        look("3 10:01", category="secret", level="read"),
        look("3 10:02", category="login", level="write"),
        act("3 10:03", outcome="denied"),
        act("3 10:04", outcome="failed"),
    ]
    assert uncovered(*rows, windows=[]) == 0


def test_changes_secrets_written_grants_and_audit_changes_need_one() -> None:
    acts = [act("3 10:00", category=category) for category in ("change", "secret", "grant", "audit-trail")]
    assert uncovered(*acts, windows=[]) == len(acts)


def test_nobodys_changes_and_changes_to_no_system_have_no_window() -> None:
    everywhere = [window("1 00:00", "30 00:00")]
    assert uncovered(act("3 10:00", who="mallory"), act("3 10:00", on=None), windows=everywhere) == 2


def test_a_window_for_ever_is_cut_to_the_period() -> None:
    forever = ("nina", "checkout", BEGIN.replace(year=1), END.replace(year=9999), True)
    assert uncovered(act(BEGIN), act("15 10:00"), act(END - TICK), windows=[forever]) == 0


def test_where_uncovered_changes_begin_and_end_is_told() -> None:
    rows = [act("3 10:00"), act("3 10:20"), act("3 10:25"), act("3 10:26"), look("3 10:27")]
    (episode,) = digested(rows, [window("3 09:00", "3 10:10")]).episodes
    assert (episode.uncovered, episode.uncovered_from, episode.uncovered_to) == (3, at("3 10:20"), at("3 10:26"))


def moments(span: int):
    """Times on a coarse grid, so that equal ones, exact edges and neighbours by a tick all turn up."""
    steps = st.integers(0, span * 12)
    return st.builds(lambda n, tick: BEGIN + n * 5 * MINUTE + tick * TICK, steps, st.sampled_from([-1, 0, 1]))


acts = st.builds(
    lambda time, who, system, change, ok: (act if change else look)(time, who, f"{system}/a", outcome=ok),
    moments(12),
    st.sampled_from(["nina", "leon", "mallory"]),
    st.sampled_from(["checkout", "catalog"]),
    st.booleans(),
    st.sampled_from(["ok", "ok", "ok", "denied"]),
)
claims = st.builds(
    lambda who, system, begin, length, write: (who, system, begin, begin + length * 5 * MINUTE, write),
    st.sampled_from(["nina", "leon"]),
    st.sampled_from(["checkout", "catalog"]),
    moments(12),
    st.integers(0, 40),
    st.sampled_from([True, True, False]),
)


@settings(max_examples=10)
@given(
    rows=st.lists(acts, max_size=80),
    windows=st.lists(claims, max_size=12),
    gap=st.sampled_from([MINUTE, 5 * MINUTE, 30 * MINUTE, 90 * MINUTE]),
    tolerance=st.sampled_from([timedelta(0), 5 * MINUTE]),
    held=st.sampled_from([0, 20_000]),
)
def test_episodes_are_what_the_slow_obvious_way_finds(rows, windows, gap, tolerance, held) -> None:
    limits = replace(LIMITS, session_gap=gap)
    found = [_told(episode) for episode in digested(rows, windows, limits, tolerance=tolerance, held=held).episodes]
    assert sorted(found, key=repr) == sorted(_slowly(rows, windows, limits, tolerance), key=repr)


def _slowly(rows: list[Activity], windows: list[Window], limits: Limits, tolerance: timedelta) -> list[tuple]:
    """Sort, walk, and ask every window about every change."""
    inside = [row for row in rows if limits.period_from <= row.time < limits.period_to]
    told = []

    def stream(row: Activity) -> tuple:
        return row.account, row.resource

    for _, group in groupby(sorted(inside, key=lambda r: (stream(r), r.time)), key=stream):
        sittings: list[list[Activity]] = []
        for row in group:
            if not sittings or row.time - sittings[-1][-1].time > limits.session_gap:
                sittings.append([])
            sittings[-1].append(row)
        told += [_tell(sitting, windows, tolerance) for sitting in sittings]
    return told


def _tell(sitting: list[Activity], windows: list[Window], tolerance: timedelta) -> tuple:
    person, system = person_of(sitting[0].account), sitting[0].resource.split("/")[0]
    own = [
        ResolvedWindow(ticket="T", person=who, system=what, level=Level.WRITE, starts_at=begin, ends_at=end)
        for who, what, begin, end, write in windows
        if (who, what, write) == (person, system, True)
    ]
    changes = [row for row in sitting if row.category == "change" and row.outcome == "ok"]
    open_ = [row for row in changes if not any(w.covers(row.time, tolerance) for w in own)]
    reads = [row for row in sitting if row.category == "read" and row.outcome == "ok"]
    sample = min(open_ or changes or sitting, key=lambda row: (row.time, row.event_id))
    return (
        None if person == "mallory" else person,
        system,
        sitting[0].time,
        sitting[-1].time,
        len(sitting),
        len(reads),
        len(changes),
        len(open_),
        open_[0].time if open_ else None,
        open_[-1].time if open_ else None,
        sample.event_id,
    )


def _told(e: Episode) -> tuple:
    return (
        e.person,
        e.system,
        e.starts_at,
        e.ends_at,
        e.events,
        e.reads,
        e.changes,
        e.uncovered,
        e.uncovered_from,
        e.uncovered_to,
        e.sample.event_id,
    )
