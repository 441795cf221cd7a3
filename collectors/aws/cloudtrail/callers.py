"""The callers that a table's records name, each worked out once and known by a number."""

from collections.abc import Iterable

import msgspec

from collectors.aws.cloudtrail import agents
from collectors.aws.cloudtrail.identity import Caller, caller, service_caller
from collectors.aws.cloudtrail.shapes import Identity
from collectors.aws.cloudtrail.typed import identity_of

Key = tuple[bytes, str | None]
"""A record's `userIdentity`, and the agent that its program says it is."""


class Callers(dict[Key, int]):
    """Numbers of callers; `distinct` has the callers. A number below zero hangs on where the record came from.

    `untold` has the numbers of those of whom their records say nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self.distinct: list[Caller] = []
        self.through_server: set[int] = set()
        self.untold: set[int] = set()
        self._told: dict[str | None, tuple[Identity, str | None, int]] = {}
        self._nameless: list[Caller] = []

    def __missing__(self, key: Key) -> int:
        """The number of a caller that was not met before."""
        said, agent = key
        identity = identity_of(said)
        told = self._told.get(identity.access_key_id)
        if told is not None and told[0] == identity and told[1] == agent:
            # Of one key, all that is needed may be the same where what is not needed differs.
            number = self[key] = told[2]
            return number
        found = caller(identity)
        if agent is not None and found.invoked_by is None and found.actor_kind != "AWSService":
            found = found._replace(invoked_by=agent)
        if found.invoked_by is None and (found.actor_kind == "AWSService" or found.actor is None):
            self._nameless.append(found)
            number = self[key] = -len(self._nameless)
            return number
        number = self[key] = self._add(found)
        self._told[identity.access_key_id] = identity, agent, number
        return number

    def numbers(
        self, said: Iterable[msgspec.Raw], by: Iterable[str | None], *origin: Iterable[str | None]
    ) -> list[int]:
        """The number of each record's caller, by its `userIdentity`, the agent it says it is, address and program."""
        found = list(map(self.__getitem__, zip(map(bytes, said), by, strict=True)))
        if found and min(found) < 0:
            for row, (number, *place) in enumerate(zip(found, *origin, strict=True)):
                if number < 0:
                    found[row] = self._add(service_caller(self._nameless[-number - 1], *place))
        return found

    def through(self, said: msgspec.Raw, service: str) -> int:
        """The number of a record's caller who acted through a service, whatever else the record says."""
        return self._add(caller(identity_of(said))._replace(invoked_by=service))

    def _add(self, found: Caller) -> int:
        number = len(self.distinct)
        self.distinct.append(found)
        if found.invoked_by == agents.SERVER:
            self.through_server.add(number)
        if not any(found):
            self.untold.add(number)
        return number
