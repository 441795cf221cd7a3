"""Through what somebody acted: a service, an agent or a vendor that used their session. They answer for it."""

from enum import StrEnum

from msgspec import Struct


class ThroughKind(StrEnum):
    """What sort of thing stood between a person and an act."""

    SERVICE = "service"
    AGENT = "agent"
    VENDOR = "vendor"


class Through(Struct, frozen=True):
    """Through what something was done.

    Args:
        kind: what sort of thing it is.
        name: as people know it.
    """

    kind: ThroughKind
    name: str
    written: str

    @classmethod
    def read(cls, invoked_by: str | None) -> "Through | None":
        """What rows keep in `invoked_by`: `agent:` or `vendor:` with a name, or the name of a service alone."""
        if not invoked_by:
            return None
        kind, colon, name = invoked_by.partition(":")
        if colon and kind in _KINDS:
            return cls(ThroughKind(kind), name, name)
        return cls(ThroughKind.SERVICE, invoked_by, invoked_by)

    @property
    def acts_itself(self) -> bool:
        """Whether it decides what to do, so that its acts are told apart from the person's own."""
        return self.kind is not ThroughKind.SERVICE

    def doing(self, person: str) -> str:
        """Who did something, to begin a sentence with."""
        if self.kind is ThroughKind.SERVICE:
            return f"{person}, through {self.name},"
        article = "An agent" if self.kind is ThroughKind.AGENT else "A vendor"
        return f"{article} ({self.name}) for {person}"

    @property
    def note(self) -> str:
        """What to say beside a person's name."""
        return _NOTES[self.kind].format(self.name)

    def __str__(self) -> str:
        """As a fact of a finding."""
        return f"{self.kind} {self.name}" + ("" if self.written == self.name else f" ({self.written})")


_NOTES = {
    ThroughKind.SERVICE: "through {}",
    ThroughKind.AGENT: "by an agent ({})",
    ThroughKind.VENDOR: "by a vendor ({})",
}
_KINDS = frozenset(ThroughKind)
