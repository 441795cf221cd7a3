"""Everything by which one principal of AWS becomes another, or comes to hold what it did not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property, reduce

from msgspec import Struct

from auditor.model.groups import grouped
from auditor.providers.aws.assigned import Assigned
from auditor.providers.aws.assigners import Assigners
from auditor.providers.aws.escalation import Escalation, Gift, Join, with_gift
from auditor.providers.aws.pods import Pods
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop, Path, Reach
from auditor.providers.aws.root_sessions import RootSessions


class Ways(Struct, frozen=True, dict=True):
    """Whom the principals of the audited accounts can become.

    Args:
        own: IAM's users and roles, by ARN.
        assigned: Identity Center's users and roles.
        passwords: users who have a password; None where that was not read.
        is_endless: whether a principal is unrestricted by its own policies: such a one gains nothing.
    """

    directory: Directory
    own: Mapping[str, Principal]
    assigned: Assigned
    passwords: frozenset[str] | None
    is_endless: Callable[[Principal], bool]
    at: datetime

    @cached_property
    def principals(self) -> Mapping[str, Principal]:
        """Those of IAM and Identity Center, and whom they become by opening a root session or assigning themselves."""
        return {
            **self._roles,
            **self.assigned.people,
            **self._root_sessions.roots,
            **self._assigners.roles,
        }

    @cached_property
    def reach(self) -> Reach:
        """Who can become which role by IAM alone."""
        return Reach(self._roles, self.directory, self.at)

    @cached_property
    def _roles(self) -> Mapping[str, Principal]:
        return {**self.own, **self.assigned.roles}

    @cached_property
    def _root_sessions(self) -> RootSessions:
        return RootSessions(self.directory, self.at)

    @cached_property
    def _assigners(self) -> Assigners:
        return Assigners(self.directory, self.assigned, self._roles, self.at)

    @cached_property
    def _escalation(self) -> Escalation:
        """What IAM's principals can make of their rights on IAM."""
        return Escalation(self.directory, self.own, self.at, self.passwords)

    @cached_property
    def hops(self) -> dict[str, list[Hop]]:
        """Every direct hop: roles assumed and assigned, and those whom a principal can become by its own rights."""
        hops = {**self.reach.hops(), **self.assigned.hops}
        for principal in self._limited:
            if further := list(self._escalation.hops(principal)):
                hops[principal.arn] = [*hops.get(principal.arn, ()), *further]
        everybody = self._roles.values()
        pods = Pods(self.directory, self._roles).hops(self._limited)
        for arn, hop in (*self._root_sessions.hops(everybody), *self._assigners.hops(everybody), *pods):
            hops[arn] = [*hops.get(arn, ()), hop]
        return hops

    def each_cut(self, start: str, path: Path) -> Iterator[Path]:
        """A path, and those like it but for what lets one make the first hop: each of these is taken away by itself."""
        yield path
        if not path.hops:
            return
        first, *others = path.hops
        cuts = {self.cut(start, first)}
        for hop in self._between.get((start, first.role), ()):
            cut = self.cut(start, hop)
            if cut and cut not in cuts:
                cuts.add(cut)
                yield reduce(Path.then, (hop, *others), Path())

    @cached_property
    def _between(self) -> Mapping[tuple[str, str], list[Hop]]:
        return grouped(((start, hop.role), hop) for start, hops in self.hops.items() for hop in hops)

    def cut(self, start: str, hop: Hop) -> str | None:
        """What to take away so that one cannot make a hop any more, and nobody else loses it where that can be."""
        grant = (hop.source and hop.source.grant) or hop.grant or self.directory.grant(start, hop.role)
        return grant.handle if grant else None

    @cached_property
    def _limited(self) -> Sequence[Principal]:
        """The users and roles of IAM that are not unrestricted by their own policies: the others gain nothing."""
        return [one for one in self._roles.values() if one.known and not self.is_endless(one)]

    def given(self, reached: Mapping[str, Path]) -> Iterator[tuple[Principal, Path]]:
        """Whom the one who reaches these can be, with what they can have given to them, and by which path."""
        for giver in reached.keys() & self._givers.keys():
            gifts, joins = self._givers[giver]
            grown = [
                (receiver, with_gift(self.principals[receiver], gift))
                for gift in gifts
                for receiver in sorted(gift.receivers & reached.keys())
            ]
            members = ((user, join) for join in joins for user in reached)
            grown += [
                (u, found) for u, join in members if (found := self._escalation.in_group(self.principals[u], join))
            ]
            for receiver, (last, hop) in grown:
                yield last, reached[giver].joined(reached[receiver]).then(hop)

    @cached_property
    def _givers(self) -> Mapping[str, tuple[Sequence[Gift], Sequence[Join]]]:
        """What those can give away who can give anything away."""
        found = {
            one.arn: ((*self._escalation.gifts(one), *self._assigners.gifts(one)), tuple(self._escalation.joins(one)))
            for one in self._limited
        }
        return {arn: every for arn, every in found.items() if any(every)}
