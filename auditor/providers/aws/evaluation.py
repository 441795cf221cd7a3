"""What policies give in one account at one moment, after denials and limits."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.providers.aws.actions import NONE, Actions
from auditor.providers.aws.policy import Limits, Statement, soonest
from auditor.providers.aws.resources import AccountResources
from auditor.providers.aws.things import Things

_MOST_PIECES = 32


class Held(Struct, frozen=True):
    """Actions held on a system.

    Args:
        ends: when the right ends by itself; None when it does not.
        facts: conditions that it stands under.
        narrow: whether such a condition limits what may be done.
        through: the resource pattern that gives it.
    """

    actions: Actions
    ends: datetime | None = None
    facts: tuple[str, ...] = ()
    narrow: bool = False
    through: str = "*"


class Evaluation(Struct, frozen=True):
    """What policies give in one account at one moment; `things` has what is known of those of its systems."""

    land: AccountResources
    at: datetime
    things: Mapping[str, Things] = {}

    def held(self, policy: Iterable[Statement], limits: Limits, system: str | None) -> tuple[Held, ...]:
        """What the Allow statements of one policy give on a system, after denials and ceilings.

        With None as the system: what is held on the whole account without exception.
        """
        found: list[Held] = []
        for statement in self._holding((one for one in policy if one.allow), system):
            for right in self._raw(statement, system):
                found += self._within(self._after_denials(right, limits, system), limits, system)
        return tuple(right for right in found if right.actions)

    def _holding(self, statements: Iterable[Statement], system: str | None) -> Iterator[Statement]:
        """The Allow statements whose time it is, as they are about a system's things."""
        things = self.things.get(system) if system else None
        for statement in statements:
            for one in things.allowed(statement) if things else (statement,):
                if one.terms.hold(self.at):
                    yield one

    def _denying(self, limits: Limits, system: str | None) -> Iterator[Statement]:
        """The Deny statements, likewise."""
        things = self.things.get(system) if system else None
        every = (*limits.denies, *limits.closed)
        return filter(None, map(things.denied, every)) if things else iter(every)

    def _raw(self, statement: Statement, system: str | None) -> Iterator[Held]:
        """What a statement gives by itself, by the resource pattern that gives it."""
        asked = statement.terms
        right = Held(NONE, asked.ends, asked.facts, asked.narrows)
        if system is None:
            yield replace(right, actions=statement.covers(self.land, None))
        elif statement.others:
            yield replace(right, actions=statement.touches(self.land, system))
        else:
            for pattern in statement.resources:
                actions = statement.actions & self.land.touches(pattern, system)
                if actions:
                    yield replace(right, actions=actions, through=pattern)

    def _after_denials(self, right: Held, limits: Limits, system: str | None) -> list[Held]:
        pieces = [right]
        for deny in self._denying(limits, system):
            asked = deny.terms
            if not deny.actions & right.actions or (asked.ends and asked.ends <= self.at):
                continue
            hit = right.actions & self._denied(deny, right, system)
            if not hit:
                continue
            if asked.facts:
                pieces = _split(pieces, hit, None, (f"denied {' and '.join(asked.facts)}",))
            elif asked.starts and asked.starts > self.at:
                pieces = _split(pieces, hit, asked.starts, ())
            else:
                pieces = [replace(piece, actions=piece.actions & ~hit) for piece in pieces]
        return [piece for piece in pieces if piece.actions]

    def _denied(self, deny: Statement, right: Held, system: str | None) -> Actions:
        """The actions that a Deny takes from a right; a conditional one is a fact wherever it touches."""
        if system is None or deny.terms.facts:
            # Held without exception means that nothing of it may be denied.
            return deny.touches(self.land, system)
        if deny.covers_pattern(right.through):
            return deny.actions
        return deny.covers(self.land, system)

    def _within(self, pieces: Iterable[Held], limits: Limits, system: str | None) -> list[Held]:
        """The rights that are also in every ceiling, with the ceiling's end and conditions."""
        inside = list(pieces)
        for ceiling in limits.ceilings:
            open_ = list(self._holding(ceiling, system))
            # The statement that lasts longest, and asks for nothing, counts first.
            open_.sort(key=lambda s: (bool(s.terms.facts), s.terms.ends is not None, -_stamp(s.terms.ends)))
            inside = [part for piece in inside for part in self._under(piece, open_, system)]
        return inside

    def _under(self, piece: Held, ceiling: Iterable[Statement], system: str | None) -> Iterator[Held]:
        left = piece.actions
        for statement in ceiling:
            if system is None:
                inside = left & statement.covers(self.land, None)
            else:
                inside = left & statement.touches(self.land, system) if statement.meets_pattern(piece.through) else NONE
            if inside:
                asked = statement.terms
                facts = (*piece.facts, *asked.facts)
                yield Held(inside, soonest(piece.ends, asked.ends), facts, piece.narrow or asked.narrows, piece.through)
                left &= ~inside


def _stamp(end: datetime | None) -> float:
    return end.timestamp() if end else 0.0


def _split(pieces: list[Held], hit: Actions, ends: datetime | None, facts: tuple[str, ...]) -> list[Held]:
    """Part of the actions under other terms than the rest; a whole piece where there would be too many."""
    found: list[Held] = []
    for piece in pieces:
        cut = piece.actions if len(pieces) > _MOST_PIECES and piece.actions & hit else piece.actions & hit
        found.append(replace(piece, actions=cut, ends=soonest(piece.ends, ends), facts=(*piece.facts, *facts)))
        found.append(replace(piece, actions=piece.actions & ~cut))
    return [piece for piece in found if piece.actions]
