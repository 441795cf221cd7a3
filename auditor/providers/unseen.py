"""Uses of a right that no log would show."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """What an account may have done with a right without any record of it.

    Args:
        what: acts in words, to follow "may have used it for".
        why: why no record would show them.
        last_used_at: when the provider last saw it use what those acts are of; None where it does not say.
    """

    account: str
    what: str
    why: str
    last_used_at: datetime | None = None
