"""What a request became, link by link."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.case.case import Case
from auditor.model.findings import Evidence
from auditor.model.stories import Link, LinkKind, LinkState, Story
from auditor.model.vocabulary import ActorClass, Level
from auditor.rules import changes, shared, tasks
from auditor.story import stories
from tests.cases import AT, access, case, config, episode, grant, hour, judged, ticket
from tests.copies import replace

P, M, N, U = LinkState.PRESENT, LinkState.MISSING, LinkState.NOT_NEEDED, LinkState.UNKNOWN
SHELL = {"logins": 1, "provider": "ssh", "login_targets": ("ssh:nina@web-1",)}
INSIDE = {"uncovered": 0, "uncovered_from": None, "uncovered_to": None}


def states(story: Story) -> list[LinkState]:
    assert [link.kind for link in story.links] == list(LinkKind)
    return [link.state for link in story.links]


def one(case_: Case) -> Story:
    (story,) = stories(case_)
    return story


def link(story: Story, kind: LinkKind) -> Link:
    return next(link for link in story.links if link.kind is kind)


def given(**changes: Any) -> Any:
    return grant(**{"time": AT - hour(4), "ticket": "PAY-184", **changes})


def test_a_task_that_was_asked_for_granted_done_and_closed_is_whole() -> None:
    work = episode(starts_at=AT - hour(3.8), **INSIDE)
    story = one(case(tickets=[ticket()], grants=[given()], episodes=[work]))
    assert (story.ticket, story.person, story.systems, story.missing) == ("PAY-184", "nina", ("checkout",), ())
    assert states(story) == [P, P, P, P, P, P]
    assert (story.starts_at, story.ends_at) == (AT - hour(4), AT - hour(3))
    assert (link(story, LinkKind.REQUEST).who, link(story, LinkKind.APPROVAL).who) == ("nina", "tom")
    assert link(story, LinkKind.CHANGES).count == 3
    assert link(story, LinkKind.CHANGES).said == "ecs:UpdateService"
    assert link(story, LinkKind.SESSION).at == work.starts_at
    assert all(isinstance(found, Evidence) for found in link(story, LinkKind.GRANT).evidence)


@pytest.mark.parametrize(
    ("changes", "kind", "state", "said"),
    [
        ({"approver": None, "approval": None, "approved_at": None}, LinkKind.APPROVAL, M, "nobody approved it"),
        ({"closeout": None}, LinkKind.CLOSEOUT, M, "nobody wrote what was done"),
        ({"removal_confirmed": None}, LinkKind.CLOSEOUT, M, "nobody confirmed that the access is gone"),
        ({"closed_at": None}, LinkKind.CLOSEOUT, M, "it was never closed"),
        (
            {"starts_at": AT - hour(0.9), "closed_at": None, "closeout": None},
            LinkKind.CLOSEOUT,
            N,
            "it is not over yet",
        ),
    ],
    ids=["approval", "closeout", "removal", "never closed", "not over"],
)
def test_what_a_ticket_lacks_is_a_missing_link(
    changes: dict[str, Any], kind: LinkKind, state: LinkState, said: str
) -> None:
    found = link(one(case(tickets=[ticket(**changes)])), kind)
    assert (found.state, found.said) == (state, said)


def test_what_people_wrote_and_cannot_be_read_is_neither_there_nor_missing() -> None:
    unread = {"approver": None, "approved_at": None, "approval": "could not be read: the export holds no comments"}
    story = one(case(tickets=[ticket(**unread, closeout=None, removal_confirmed=None)]))
    assert [link(story, kind).state for kind in (LinkKind.APPROVAL, LinkKind.CLOSEOUT)] == [U, U]
    assert story.missing == ()


def test_a_ticket_under_which_nothing_happened_lacks_nothing() -> None:
    story = one(case(tickets=[ticket()]))
    assert states(story) == [P, P, N, N, N, P]
    assert link(story, LinkKind.GRANT).said == "nothing was given"


def test_work_without_a_grant_in_any_log_misses_one_unless_the_right_stands() -> None:
    work = [episode(starts_at=AT - hour(3.8), **INSIDE)]
    assert link(one(case(tickets=[ticket()], episodes=work)), LinkKind.GRANT).state is M
    standing = one(case(tickets=[ticket()], episodes=work, access=[access("nina")]))
    assert (link(standing, LinkKind.GRANT).state, link(standing, LinkKind.GRANT).said) == (N, "has standing access")
    other = one(case(tickets=[ticket()], episodes=work, access=[access("nina", ticket="INC-31")]))
    assert link(other, LinkKind.GRANT).said == "still has the access given for INC-31"
    admin = access("nina", None, unrestricted=True)
    assert link(one(case(tickets=[ticket()], episodes=work, access=[admin])), LinkKind.GRANT).state is N
    ending = access("nina", expires_at=AT + hour(1))
    assert link(one(case(tickets=[ticket()], episodes=work, access=[ending])), LinkKind.GRANT).state is M


@pytest.mark.parametrize(
    "work",
    [
        {"name": "leon"},
        {"system": "search"},
        {"starts_at": AT - hour(9)},
        {"starts_at": AT - hour(1)},
    ],
    ids=["somebody else", "elsewhere", "before", "after"],
)
def test_only_the_persons_own_work_in_the_window_is_told(work: dict[str, Any]) -> None:
    other = episode(**{"name": "nina", "starts_at": AT - hour(3.8), **INSIDE, **work})
    assert states(one(case(tickets=[ticket()], episodes=[other]))) == [P, P, N, N, N, P]


def test_a_grant_in_the_window_belongs_to_it_though_it_names_no_ticket() -> None:
    unnamed = given(ticket=None)
    assert link(one(case(tickets=[ticket()], grants=[unnamed])), LinkKind.GRANT).count == 1
    anywhere = given(ticket=None, systems=())
    assert link(one(case(tickets=[ticket()], grants=[anywhere])), LinkKind.GRANT).state is P
    elsewhere = given(ticket=None, systems=("search",))
    found = {story.ticket: story for story in stories(case(tickets=[ticket()], grants=[elsewhere]))}
    assert link(found["PAY-184"], LinkKind.GRANT).state is N
    assert states(found[None]) == [M, M, P, N, N, M]


def test_each_responder_of_an_incident_has_a_story() -> None:
    outage = ticket("INC-1", kind="incident", work="incident", person="nina, leon", ends_at=None)
    assert [story.person for story in stories(case(tickets=[outage]))] == ["leon", "nina"]


def test_a_ticket_for_somebody_unknown_is_told_without_a_person() -> None:
    story = one(case(tickets=[ticket(person="nobody@elsewhere.example")]))
    assert (story.person, states(story)) == (None, [P, P, N, N, N, P])


@pytest.mark.parametrize("kind", ["review", "drill", "change"])
def test_other_tickets_give_no_access_and_have_no_story(kind: str) -> None:
    assert stories(case(tickets=[ticket(kind=kind)])) == ()


def test_tickets_before_the_period_have_no_story() -> None:
    old = timedelta(days=60)
    times = {"opened_at": AT - old, "starts_at": AT - old, "closed_at": AT - old + hour(1)}
    assert stories(case(tickets=[ticket(**times)])) == ()


def test_changes_that_nobody_asked_for_are_told_once_a_sitting() -> None:
    sitting = [episode(starts_at=AT - hour(4)), episode(starts_at=AT - hour(3.7), session="s2")]
    story = one(case(episodes=sitting, access=[access("nina")]))
    assert (story.ticket, story.person, states(story)) == (None, "nina", [M, M, N, P, P, M])
    assert link(story, LinkKind.CHANGES).count == 6
    assert story.missing == (LinkKind.REQUEST, LinkKind.APPROVAL, LinkKind.CLOSEOUT)


def test_changes_after_a_grant_without_a_ticket_belong_to_its_story() -> None:
    story = one(case(grants=[given(ticket=None)], episodes=[episode(starts_at=AT - hour(3))]))
    assert (story.title, states(story)) == (given().what, [M, M, P, P, P, M])


def test_without_tickets_or_logs_nothing_is_called_missing() -> None:
    blind = case(episodes=[episode()], tickets_until=None)
    assert stories(blind) == ()
    unread = case(grants=[given(ticket=None)], tickets_until=None)
    assert states(one(unread)) == [U, U, P, N, N, U]
    no_logs = case(tickets=[ticket()], failed={"trail": ("activity", "digests")})
    assert states(one(no_logs)) == [P, P, N, U, U, P]


def test_what_robots_do_is_no_story() -> None:
    robot = episode(None, actor_class=ActorClass.PIPELINE)
    assert stories(case(config=config(), episodes=[robot])) == ()


@pytest.mark.parametrize(
    ("wrong", "rule", "kind"),
    [
        ({"approver": "nina"}, "self_approved", LinkKind.APPROVAL),
        ({"approved_at": AT - hour(3.5)}, "late_approval", LinkKind.APPROVAL),
        ({"approval": "ok, go"}, "unapproved", LinkKind.APPROVAL),
        ({"ends_at": AT - hour(2.5)}, "too_long", LinkKind.REQUEST),
        ({"level": "whatever it takes"}, "vague", LinkKind.REQUEST),
    ],
)
def test_a_link_that_is_there_but_has_a_finding_says_so(wrong: dict[str, Any], rule: str, kind: LinkKind) -> None:
    told = case(tickets=[ticket(**wrong)])
    found = judged(getattr(tasks, rule), told)
    (story,) = stories(told, found)
    assert (story.missing, story.flawed) == ((), (kind,))
    assert link(story, kind).but == tuple((one.id, one.summary) for one in found)


def test_what_was_given_and_done_beyond_a_ticket_has_a_but() -> None:
    work = episode(starts_at=AT - hour(3.1), ends_at=AT - hour(2.5))
    told = case(tickets=[ticket()], grants=[given(level=Level.ADMIN)], episodes=[work])
    found = [*judged(tasks.wider_than_approved, told), *judged(changes.outside_window, told)]
    (story,) = stories(told, found)
    assert story.flawed == (LinkKind.GRANT, LinkKind.SESSION, LinkKind.CHANGES)


@pytest.mark.parametrize(
    ("work", "rule", "flawed"),
    [
        ({"starts_at": AT - hour(2.5)}, changes.outside_window, (LinkKind.SESSION, LinkKind.CHANGES)),
        ({"starts_at": AT - hour(2.5), "changes": 0, **SHELL}, changes.login_without_window, (LinkKind.SESSION,)),
        ({"starts_at": AT - hour(3.8), "changes": 0, **SHELL}, changes.login_without_window, ()),
        (
            {"starts_at": AT - hour(3.8), "ends_at": AT - hour(1), "changes": 0, **SHELL},
            changes.login_without_window,
            (LinkKind.SESSION,),
        ),
        ({"starts_at": AT - hour(30), "changes": 0, **SHELL}, changes.login_without_window, ()),
        (
            {"starts_at": AT - hour(3.8), "person": None, "actor_class": ActorClass.UNKNOWN},
            shared.unattributable,
            (LinkKind.SESSION,),
        ),
        (
            {"starts_at": AT - hour(2.5), "person": None, "actor_class": ActorClass.UNKNOWN},
            shared.unattributable,
            (),
        ),
    ],
    ids=[
        "changed after it",
        "came back after it",
        "came in it",
        "stayed after it",
        "came before",
        "nobody knows who",
        "and after it",
    ],
)
def test_a_session_after_the_end_or_of_nobody_knows_whom_is_there_but(
    work: dict[str, Any], rule: Any, flawed: tuple[LinkKind, ...]
) -> None:
    told = case(tickets=[ticket()], grants=[given()], episodes=[episode(**work)])
    found = judged(rule, told)
    story = next(one for one in stories(told, found) if one.ticket)
    assert story.flawed == flawed
    assert [name for name, _ in link(story, LinkKind.SESSION).but] == ([found[0].id] if flawed else [])


def test_a_session_is_told_with_what_is_wrong_with_whose_it_is() -> None:
    work = episode(starts_at=AT - hour(3.8), **INSIDE)
    told = case(tickets=[ticket()], grants=[given()], episodes=[work], borrowed={(work.actor, "nina"): "leon"})
    (found,) = judged(shared.borrowed_name, told)
    (story,) = stories(told, [found])
    assert link(story, LinkKind.SESSION).but == ((found.id, found.summary),)
    assert stories(told, [replace(found, subject=replace(found.subject, person="leon"))]) == stories(told)


def test_what_nobody_asked_for_is_told_with_what_is_wrong_with_it() -> None:
    told = case(episodes=[episode(starts_at=AT - hour(4))], access=[access("nina")])
    (found,) = judged(changes.no_window, told)
    (story,) = stories(told, [found])
    assert story.flawed == (LinkKind.CHANGES,)
    assert link(story, LinkKind.CHANGES).but == ((found.id, found.summary),)
    granted = case(grants=[given(ticket=None)])
    (unasked,) = judged(tasks.none, granted)
    assert link(*stories(granted, [unasked]), LinkKind.GRANT).but == ((unasked.id, unasked.summary),)


def test_a_session_in_which_nothing_was_changed_is_told_where_a_finding_speaks_of_it() -> None:
    told = case(episodes=[episode(starts_at=AT - hour(4), changes=0, **SHELL)], access=[access("nina")])
    assert stories(told) == ()
    (found,) = judged(changes.login_without_window, told)
    (story,) = stories(told, [found])
    assert (story.ticket, story.person, story.systems) == (None, "nina", ("checkout",))
    assert link(story, LinkKind.SESSION).but == ((found.id, found.summary),)
    assert link(story, LinkKind.CHANGES).state is N


def test_a_missing_link_stays_missing_and_others_findings_are_not_told() -> None:
    told = case(tickets=[ticket(approver=None, approval=None, approved_at=None)])
    (story,) = stories(told, judged(tasks.unapproved, told))
    assert (story.missing, story.flawed) == ((LinkKind.APPROVAL,), ())
    others = judged(tasks.self_approved, case(tickets=[ticket("PAY-7", approver="nina")]))
    assert stories(told, others) == stories(told)


def test_the_agents_that_changed_something_are_named() -> None:
    by_agent = episode(starts_at=AT - hour(3.8), through="aws-mcp.amazonaws.com", **INSIDE)
    looking = episode(starts_at=AT - hour(3.7), through="agent:cursor", changes=0, **INSIDE)
    by_hand = episode(starts_at=AT - hour(3.6), **INSIDE)
    assert link(one(case(tickets=[ticket()], episodes=[by_agent, looking])), LinkKind.CHANGES).agents == (
        "AWS MCP server",
    )
    assert link(one(case(tickets=[ticket()], episodes=[by_hand])), LinkKind.CHANGES).agents == ()
