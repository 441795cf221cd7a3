"""The period in time: who was allowed what, was given what and did what."""

from datetime import timedelta

from auditor.model.timeline import Lane
from auditor.model.vocabulary import ActorClass, Level
from auditor.rules import changes
from auditor.timeline import timeline
from tests.cases import AT, access, case, episode, grant, hour, judged, ticket
from tests.copies import replace
from tests.subjects import about


def lane(case_, who="nina", findings=()) -> Lane:
    (found,) = (one for one in timeline(case_, findings).lanes if one.who == who)
    return found


def test_a_lane_holds_the_windows_rights_and_acts_of_one_holder_on_one_system():
    work = episode(starts_at=AT - hour(3.8), ends_at=AT - hour(3.5))
    found = lane(case(tickets=[ticket()], grants=[grant(time=AT - hour(4))], episodes=[work]))
    assert (found.who, found.system) == ("nina", "checkout")
    (window,), (given,), (acts,) = found.allowed, found.given, found.acts
    assert (window.ticket, window.starts_at, window.ends_at) == ("PAY-184", AT - hour(4), AT - hour(3))
    assert given.time == AT - hour(4)
    assert (acts.starts_at, acts.ends_at, acts.changes) == (work.starts_at, work.ends_at, work.changes)
    assert acts.changes + acts.others == work.events


def test_a_right_ends_when_it_says_or_now_where_it_stands_and_is_gone_else():
    given = grant(time=AT - hour(4), expires_at=None, level=Level.WRITE)
    assert lane(case(grants=[replace(given, expires_at=AT - hour(2))])).given[0].until == AT - hour(2)
    assert lane(case(grants=[given], access=[access("nina")])).given[0].until == AT
    assert lane(case(grants=[given], access=[access("nina", level=Level.READ)])).given[0].until is None
    assert lane(case(grants=[given], access=[access("leon")])).given[0].until is None


def test_sessions_at_one_time_are_one_stretch():
    two = [episode(starts_at=AT - hour(a), ends_at=AT - hour(b)) for a, b in ((5, 3), (4, 2), (1.5, 1))]
    acts = lane(case(episodes=two)).acts
    assert [(one.starts_at, one.ends_at) for one in acts] == [
        (AT - hour(5), AT - hour(2)),
        (AT - hour(1.5), AT - hour(1)),
    ]


def test_it_stays_small_however_much_was_done_and_counts_all_of_it():
    many = [
        episode(starts_at=AT - timedelta(hours=n), ends_at=AT - timedelta(hours=n, minutes=-5)) for n in range(1, 600)
    ]
    acts = lane(case(episodes=many)).acts
    assert len(acts) <= 60
    assert sum(one.changes for one in acts) == sum(one.changes for one in many)
    crowd = [episode(None, account=f"account-{n}", actor_class=ActorClass.UNKNOWN) for n in range(700)]
    made = timeline(case(episodes=crowd), ())
    assert (len(made.lanes), made.left) == (500, 200)


def test_what_a_finding_is_about_comes_first_and_robots_only_then():
    robot = episode(None, account="arn:aws:iam::111122223333:role/ci-deploy", actor_class=ActorClass.PIPELINE)
    made = case(episodes=[episode("leon", changes=9), episode("nina"), robot])
    assert [one.who for one in timeline(made, ()).lanes] == ["leon", "nina"]
    about_nina = [one for one in judged(changes.no_window, made) if one.person == "nina"]
    assert [one.who for one in timeline(made, about_nina).lanes] == ["nina", "leon"]
    about_robot = [about(about_nina[0], person=None, account=robot.account)]
    assert [one.who for one in timeline(made, about_robot).lanes] == [robot.account, "leon", "nina"]
