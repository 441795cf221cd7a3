"""Changes and sessions against the windows that tickets claim, whether or not a ticket was well approved."""

import json
from collections.abc import Collection, Iterator, Sequence
from functools import partial

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.placement import NEAR, Placement, Where, farthest
from auditor.case.ticket_times import begins_at
from auditor.config.systems import resource_entry
from auditor.model.findings import Outcome
from auditor.model.vocabulary import ActorClass, Category, Severity
from auditor.providers.registry import account_name, provider
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.episodes import about, did, facts, subject
from auditor.rules.facts import stamp
from auditor.rules.recorded import unseen
from auditor.rules.sittings import Session, sittings
from auditor.rules.words import count, length, listing, moment

CHANGES = controls(soc2="CC8.1 CC7.2", iso="A.8.32 A.8.15", pci="6.5.1 10.2.1.2", nist="CM-3 CM-5 AU-6(3)", cis="8.11")
SESSIONS = controls(soc2="CC7.2", iso="A.8.15 A.8.16", pci="10.2.1.2", nist="AC-6(9) AU-6(3)", cis="8.11")

_window_rule = partial(
    session_rule,
    severity=Severity.HIGH,
    reads=("activity", "tickets"),
    controls=CHANGES,
    one_of="session",
)


@_window_rule(
    "changes/no-window",
    heading="Changes without any ticket",
    why="A change that no task explains is the one that nobody can explain when something breaks.",
)
def no_window(self: Rule, case: Case) -> Iterator[Outcome]:
    """A person changed production with no window: none on that system within 24 hours, none elsewhere just then.

    A service's, break-glass's or root's own changes, and an agent's, have rules of their own. One finding an
    episode; a ticket for it that was called off, refused or never handed in is named. Changes of things that no system
    claims could not be judged: one line for each of who and where.
    """
    for episode, placement in case.placements:
        if placement.where is not Where.NOWHERE or case.by_agent(episode):
            yield _other(self, episode, placement)
            continue
        dropped = _dropped(case, episode)
        yield self.finding(
            **about(episode),
            summary=f"{case.doer(episode)} changed {case.system_name(episode.system)} on "
            f"{moment(episode.stretch[0], case.config.zone)} ({did(episode)}) with no ticket"
            f"{f'; nothing came of {listing(dropped)}' if dropped else ''}",
            next_step="Ask what it was for, check it with the owner and write the ticket; undo it if nobody knows.",
            facts={**facts(case, episode), **({"dropped": dropped} if dropped else {})},
        )
    for (who, provider_name, scope), episodes in case.unplaced.items():
        yield self.not_judged(
            person=episodes[0].person,
            account=episodes[0].account,
            thing=scope,
            label=f"{who}, {count(sum(e.changes for e in episodes), 'change')} in {provider_name} {scope}: "
            f"{listing(action for e in episodes for action in e.change_actions)}",
            reason=_unclaimed(provider_name, scope, episodes),
        )


@_window_rule(
    "changes/outside-window",
    heading="Changes before or after the agreed time",
    why="Work that goes on after the window is no longer the work that was agreed to.",
)
def outside_window(self: Rule, case: Case) -> Iterator[Outcome]:
    """Changes before a window on that system began or after it ended or was closed, within 24 hours of it.

    The clock tolerance `overlap_tolerance` is allowed on both sides. One finding an episode, with by how much: that of
    the change that lies farthest outside.
    """
    for episode, placement in case.placements:
        window = placement.window
        if placement.where is not Where.OUTSIDE or window is None:
            yield _other(self, episode, placement)
            continue
        by, side = farthest(window, *episode.stretch)
        edge = "began" if side == "before" else "closed" if window.closed_early else "ended"
        yield self.finding(
            **about(episode),
            ticket=window.ticket,
            summary=f"{case.doer(episode)} changed {case.system_name(episode.system)} "
            f"{length(by)} {side} {window.ticket}'s window {edge}",
            next_step=f"Ask what was done then and add it to {window.ticket}; next time extend the window first.",
            facts={
                **facts(case, episode),
                f"minutes_{side}": int(by.total_seconds() // 60),
                "window": [stamp(window.starts_at), stamp(window.ends_at)],
            },
        )


@_window_rule(
    "changes/beyond-scope", heading="Changes beyond what was asked", why="What was agreed to was something else."
)
def beyond_scope(self: Rule, case: Case) -> Iterator[Outcome]:
    """Inside a window, but on another system, or a change under a ticket for reading. One finding an episode.

    A ticket that names hosts, projects or accounts in place of their system is for those, and for what else its words
    name.
    """
    for episode, placement in case.placements:
        window = placement.window
        if placement.where is not Where.BEYOND or window is None:
            yield _other(self, episode, placement)
            continue
        scope, where = case.system_name(window.system), ""
        if window.system == episode.system:
            scope = listing(place for _, place in window.only) if window.level.changes else "reading"
            where = f" on {episode.scope}" if window.level.changes else ""
        yield self.finding(
            **about(episode),
            ticket=window.ticket,
            summary=f"{case.doer(episode)} changed {case.system_name(episode.system)}{where} under {window.ticket}, "
            f"which is for {scope}",
            next_step=f"Check the change with the owner, and open a ticket for it or widen {window.ticket} openly.",
            facts={**facts(case, episode), "ticket_allows": scope},
        )


@_window_rule(
    "changes/login-without-window",
    heading="Logins without a ticket, or beyond its time",
    severity=Severity.MEDIUM,
    reads=("activity", "tickets", "policies", "trails"),
    why="Looking around production without a task is how access becomes a habit.",
    controls=SESSIONS,
)
def login_without_window(self: Rule, case: Case) -> Iterator[Outcome]:
    """Logged in to production, changed nothing, and had no window; or stayed signed in after it had closed.

    Judged for shells, however they are opened, and for sessions of roles that give write. Console sign-in alone has no
    system; reading with one's own account is no session, and prolongs none. Sessions of one person on one system that
    follow within `session_gap` are one, and may end that long after their window: the tail of a session is no work
    without a ticket.
    Shells on what no system claims could not be judged: one line for each of who and where; nor could sign-ins where
    the log leaves them out: a line an account or project.
    """
    yield from unseen(self, case, Category.LOGIN)
    for sitting in _sittings(case):
        first, last = sitting[0].span[0], max(one.span[1] for one in sitting)
        episodes = [one.episode for one in sitting]
        episode = next((e for e in episodes if _is_role(e.account)), episodes[0])
        own = case.allowed.windows(episode.person, episode.system, None, first, last)
        window = max(own, key=lambda one: (one.ends_at, one.ticket), default=None)
        changed = any(e.changes and (e.uncovered or not window) for e in episodes)
        if changed or (window and last - window.ends_at <= case.policy.session_gap):
            yield self.clear(**subject(episode))
            continue
        if reason := case.allowed.unknown(last, episode.person, episode.system):
            yield self.not_judged(**subject(episode), reason=reason)
            continue
        if window:
            yield self.finding(
                **{**about(episode), "starts_at": first, "ends_at": last},
                ticket=window.ticket,
                summary=f"{case.doer(episode)} stayed signed in to {case.system_name(episode.system)} for "
                f"{length(last - window.ends_at)} after {window.ticket}'s window closed",
                next_step="Ask what it was still needed for; sign out when the work is done, or extend the ticket.",
                facts=facts(case, episode),
            )
            continue
        as_root = any(account_name(e.account or "").actor_class is ActorClass.ROOT for e in episodes)
        yield self.finding(
            **{**about(episode), "starts_at": first, "ends_at": last},
            summary=f"{case.doer(episode)} logged in to {case.system_name(episode.system)}"
            f"{' as root' if as_root else ''} on {moment(first, case.config.zone)} with no ticket; "
            f"{'what root did there, no log tells' if as_root else 'no log tells of a change'}",
            next_step="Ask what it was for; reading logs should need no session of this kind.",
            facts=facts(case, episode),
        )
    for (who, provider_name, scope), shells in case.unplaced_shells.items():
        actions = listing(action for e in shells for action in e.actions)
        yield self.not_judged(
            person=shells[0].person,
            account=shells[0].account,
            thing=scope,
            label=f"{who}, {count(sum(e.sittings for e in shells), 'session')} in {provider_name} {scope}: {actions}",
            reason=_unclaimed(provider_name, scope, shells, "signed in to"),
        )


def _dropped(case: Case, episode: Episode) -> list[str]:
    """The tickets of about that time for the same person and system of which nothing came, with their status."""
    first, last = episode.stretch
    told = case.tickets_dropped.get((episode.person or "", episode.system or ""), ())
    near = [one for one in told if (begins := begins_at(one)) and first - NEAR <= begins <= last + NEAR]
    return [f"{one.ticket} ({one.status})" if one.status else one.ticket for one in near]


def _other(self: Rule, episode: Episode, placement: Placement) -> Outcome:
    """What is said of changes that are no finding of the rule."""
    if placement.where is Where.UNKNOWN:
        return self.not_judged(**subject(episode), reason=placement.reason)
    return self.clear(**subject(episode))


def _sittings(case: Case) -> Iterator[list[Session]]:
    """Shells and sessions of writing roles, those that follow closely taken together."""
    people = (
        e
        for e in case.episodes
        if e.person and e.system and e.actor_class is ActorClass.PERSON and not case.had_left(e)
    )
    return sittings(
        filter(None, (_session(e, case.writing_roles) for e in people)),
        who=lambda one: (one.episode.person, one.episode.system),
        gap=case.policy.session_gap,
    )


def _session(episode: Episode, writing_roles: Collection[tuple[str, str | None]]) -> Session | None:
    """All of it on a host or as a writing role; else from the first to the last sign-in to one.

    What somebody reads as themselves before and after signing in is no part of the session.
    """

    def writes(name: str | None) -> bool:
        role = account_name(name or "").spellings[0]
        return _is_role(name) and any((role, system) in writing_roles for system in (episode.system, None))

    home = provider(episode.provider)
    if writes(episode.account) or (home.OPENS_SHELLS and episode.logins):
        return Session(episode, episode.span)
    as_oneself = not _is_role(episode.account)
    span = episode.signed_in(lambda target: home.opens_shell(target) or (as_oneself and writes(target)))
    return Session(episode, span) if span else None


def _is_role(account: str | None) -> bool:
    return account_name(account or "").is_role


def _unclaimed(provider_name: str, scope: str, episodes: Sequence[Episode], done: str = "changed") -> str:
    """That no system claims what was changed or used, and the line that would let one, where one can."""
    changed = [resource for e in episodes for resource in e.resources]
    what = f" ({listing(changed)})" if changed else ""
    entry = resource_entry(provider_name, scope, next(iter(changed), None))
    line = f"; this under a system's `resources` would: {json.dumps(entry, ensure_ascii=False)}" if entry else ""
    return f"no declared system claims what was {done}{what}{line}"
