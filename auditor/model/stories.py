"""Access stories: what was asked for, what came of it, and which link of that is missing."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.model.findings import Evidence
from auditor.model.vocabulary import Level


class LinkKind(StrEnum):
    """The links of a story, in the order in which they should happen."""

    REQUEST = "request"
    APPROVAL = "approval"
    GRANT = "grant"
    SESSION = "session"
    CHANGES = "changes"
    CLOSEOUT = "closeout"


class LinkState(StrEnum):
    """Whether a link is there; `BUT` where a finding is about it, `NOT_NEEDED` where the story is whole without it."""

    PRESENT = "present"
    BUT = "there but"
    MISSING = "missing"
    NOT_NEEDED = "not needed"
    UNKNOWN = "unknown"


class Link(Struct, frozen=True, kw_only=True):
    """One link of a story.

    Args:
        at: when it happened, or began.
        until: when it ended, where it lasted.
        who: roster id, or account, of whoever did it.
        said: the words of the ticket, what was given or done; of a link that is not there, why.
        count: how many grants, sessions or changes.
        but: what is wrong with it, by finding: the id and the summary of each.
        agents: agents of the person's that did some of it.
    """

    kind: LinkKind
    state: LinkState
    at: datetime | None = None
    until: datetime | None = None
    who: str | None = None
    said: str = ""
    count: int = 0
    but: tuple[tuple[str, str], ...] = ()
    agents: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Story(Struct, frozen=True, kw_only=True):
    """One person's access for one task, from the request to the closeout; `ticket` is None where nobody asked.

    Args:
        person: roster id of whoever had the access; None where the ticket names nobody known.
        systems: ids of the systems that it is about.
        starts_at: when the access was to begin, or began.
        ends_at: when it was to end, or ended.
    """

    ticket: str | None
    url: str | None = None
    title: str = ""
    person: str | None
    systems: tuple[str, ...]
    level: Level
    starts_at: datetime
    ends_at: datetime
    links: tuple[Link, ...]

    @property
    def missing(self) -> tuple[LinkKind, ...]:
        """The links that should be there and are not."""
        return tuple(link.kind for link in self.links if link.state is LinkState.MISSING)

    @property
    def flawed(self) -> tuple[LinkKind, ...]:
        """The links that are there, but a finding is about them."""
        return tuple(link.kind for link in self.links if link.state is LinkState.BUT)
