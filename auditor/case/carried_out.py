"""Rights given and taken away for the windows of others: whoever carries out a ticket does not work without one."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from auditor.activity.results import JudgedEvent, Place
from auditor.case.allowed import Allowed
from auditor.case.placement import NEAR
from auditor.model.entitlements import Grant
from auditor.model.groups import grouped
from auditor.model.tickets import Window
from auditor.model.vocabulary import Category, Outcome


class CarriedOut:
    """What was given and taken away in a period, to be asked whose window something carries out.

    Args:
        events: what anybody did.
        grants: the rights that were given, by anybody.
        allowed: what tickets allow.
    """

    def __init__(self, events: Iterable[JudgedEvent], grants: Sequence[Grant], allowed: Allowed) -> None:
        self._allowed = allowed
        giving = (one for one in events if one.category == Category.GRANT and one.outcome == Outcome.OK)
        self._acts = grouped((one.person, one) for one in giving if one.person)
        self._given = grouped((grant.evidence.event_id, grant) for grant in grants)
        self._served = grouped((window.system, window) for grant in grants for window in self._windows(grant))

    def window(
        self, person: str | None, system: str | None, place: Place, first: datetime, last: datetime, did: Iterable[str]
    ) -> Window | None:
        """The window of somebody else that these actions on a system carry out; None where anything else was done.

        What was given has to be what the recipient's window asks for, while that is open; what gave nothing took away,
        which counts near such a window.
        """
        acts = self._acts.get(person or "", [])
        own = [one for one in acts if first <= one.time <= last and one.place == place]
        if not own or not {one.action for one in own}.issuperset(did):
            return None
        served = self._served.get(system or "", [])
        for act in own:
            near = any(window.distance(act.time) <= NEAR for window in served)
            if not near or not all(self._is_asked_for(grant, system) for grant in self._given.get(act.event_id, [])):
                return None
        return served[0]

    def _is_asked_for(self, grant: Grant, system: str | None) -> bool:
        return any(window.system == system for window in self._windows(grant))

    def _windows(self, grant: Grant) -> Iterator[Window]:
        """The recipient's own windows that ask for what was given."""
        person, level = grant.identity.person, grant.level.rank
        for window in self._allowed.grant(grant) if person else ():
            if window.person == person and level <= window.level.rank:
                yield window
