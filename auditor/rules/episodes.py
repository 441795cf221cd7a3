"""What outcomes say of an episode: its subject, its place in time, its facts."""

from collections.abc import Sequence
from typing import Any

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.model.through import Through
from auditor.providers.registry import provider
from auditor.rules.facts import stamp, told_through
from auditor.rules.words import count, listing


def subject(episode: Episode) -> dict[str, Any]:
    """The subject: known by its first event."""
    who = episode.person or episode.actor or episode.account
    return {
        "person": episode.person,
        "account": episode.account,
        "system": episode.system,
        "thing": episode.first_event,
        "label": f"{who} on {episode.system} at {stamp(episode.starts_at)}",
    }


def about(episode: Episode) -> dict[str, Any]:
    """The subject of a finding with what it was done to and by, and when."""
    return {
        **subject(episode),
        "resource": next(iter(episode.resources), None),
        "credential": episode.credential,
        "starts_at": episode.stretch[0],
        "ends_at": episode.stretch[1],
        "evidence": (episode.sample,),
    }


def facts(case: Case, episode: Episode) -> dict[str, Any]:
    """What was done, from where and with what."""
    return {
        "changes": episode.uncovered or episode.changes,
        "events": episode.events,
        "actions": list(episode.actions),
        "resources": list(episode.resources),
        "session": episode.session,
        "actor": episode.actor,
        "known_by": case.evidence_of(episode),
        "through": told_through(case.through(episode)) or [str(one) for one in _services(episode)] or None,
        "from": list(episode.source_ips),
        "with": list(episode.user_agents),
    }


def whence(episodes: Sequence[Episode]) -> dict[str, list[str]]:
    """From where several episodes came and with what, as facts."""
    return {
        "from": sorted({address for e in episodes for address in e.source_ips}),
        "with": sorted({agent for e in episodes for agent in e.user_agents}),
    }


def did(episode: Episode) -> str:
    """How much was changed outside windows, and how; through which services, where it was not done directly."""
    what = f"{count(episode.uncovered, 'change')}: {', '.join(episode.change_actions[:2])}"
    services = [] if episode.through else [one.name for one in _services(episode)]
    return f"{what}, through {listing(services)}" if services else what


def _services(episode: Episode) -> list[Through]:
    """The services through which something was changed."""
    found = map(provider(episode.provider).through, episode.services)
    return [through for through in found if through]
