"""What a rule's outcome is about: the one key of findings, clears and could-not-be-judged, and of the ledger."""

from dataclasses import dataclass, field
from enum import StrEnum


class SubjectKind(StrEnum):
    """What sort of thing is judged."""

    PERSON = "person"
    ACCOUNT = "account"
    SYSTEM = "system"
    ENTITLEMENT = "entitlement"
    CREDENTIAL = "credential"
    SESSION = "session"
    EVENT = "event"
    GRANT = "grant"
    TICKET = "ticket"
    RELEASE = "release"
    LOG = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing that rules judge; equal wherever and whenever it is judged.

    Args:
        kind: what sort of thing it is.
        person: roster id.
        account: as the provider writes it.
        system: id of a configured system.
        thing: what tells it apart from others of the same person, account and system: a key's fingerprint, a ticket,
            the id of an event. Never a time that was computed.
        label: how people read it, where that is not what the other fields say.
    """

    kind: SubjectKind
    person: str | None = None
    account: str | None = None
    system: str | None = None
    thing: str = ""
    label: str = field(default="", compare=False)

    @classmethod
    def of_account(cls, account: str) -> "Subject":
        """An account, group or role as the provider writes it."""
        return cls(kind=SubjectKind.ACCOUNT, account=account)

    def __str__(self) -> str:
        """In words, for reports: `piet on checkout`, `SHA256:… of ssh:root@web-1`."""
        if self.label:
            return self.label
        who, parts = self.person or self.account, []
        if self.thing and self.kind not in (SubjectKind.ENTITLEMENT, SubjectKind.SYSTEM, SubjectKind.PERSON):
            holder = self.account or self.person
            parts.append(f"{self.thing} of {holder}" if holder and holder not in self.thing else self.thing)
        elif who:
            parts.append(who)
        if self.system:
            parts.append(f"on {self.system}" if parts else self.system)
        return " ".join(parts)

    def covers(self, other: "Subject") -> bool:
        """Whether the other is this one or a part of it: what this one names, the other names alike."""
        named = [name for name in ("person", "account", "system", "thing") if getattr(self, name)]
        return bool(named) and all(getattr(self, name) == getattr(other, name) for name in named)
