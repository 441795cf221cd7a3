"""Rights given and taken away for the windows of others: whoever carries out a ticket does not work without one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from auditor.activity.results import Episode, JudgedEvent
from auditor.case.allowed import NEAR, Allowed
from auditor.model.entitlements import Grant, Window
from auditor.model.vocabulary import Category, Outcome


def giving(events: Iterable[JudgedEvent]) -> Mapping[str, Sequence[JudgedEvent]]:
    """Each person's acts of giving rights and taking them away."""
    found: defaultdict[str, list[JudgedEvent]] = defaultdict(list)
    for event in events:
        if event.person and event.category == Category.GRANT and event.outcome == Outcome.OK:
            found[event.person].append(event)
    return found


def carried_out(
    episode: Episode, acts: Iterable[JudgedEvent], grants: Sequence[Grant], allowed: Allowed
) -> Window | None:
    """The window of somebody else that an episode carries out; None where it did anything else.

    What it gave has to be what the recipient's window asks for, while that is open; what gave nothing took away, which
    counts near such a window.

    Args:
        episode: changes on a system.
        acts: what its person gave and took away in the period.
        grants: the rights that were given in the period, by anybody.
        allowed: what tickets allow.
    """
    first, last = episode.stretch
    place = (episode.provider, episode.scope)
    own = [one for one in acts if first <= one.time <= last and (one.provider, one.scope) == place]
    if not episode.whole or not own or not {one.action for one in own}.issuperset(episode.change_actions):
        return None
    given: defaultdict[str | None, list[Grant]] = defaultdict(list)
    for grant in grants:
        given[grant.evidence.event_id].append(grant)
    served = [window for grant in grants for window in _windows(grant, episode.system, allowed)]
    for act in own:
        told = given.get(act.event_id, ())
        near = any(window.distance(act.time) <= NEAR for window in served)
        if not near or not all(any(_windows(grant, episode.system, allowed)) for grant in told):
            return None
    return served[0]


def _windows(grant: Grant, system: str | None, allowed: Allowed) -> Iterable[Window]:
    """The recipient's own windows on a system that ask for what was given."""
    person = grant.identity.person
    return (
        window
        for window in allowed.grant(grant)
        if person and (window.person, window.system) == (person, system) and grant.level.rank <= window.level.rank
    )
