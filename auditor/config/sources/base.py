"""What the sources of every provider have."""

import re
from datetime import timedelta
from typing import Annotated, ClassVar, Self, TypeVar

from pydantic import Field, model_validator

from auditor.config.base import Duration, Model, Name, TimeZone

RIGHTS = ("accounts", "memberships", "policies", "grants", "credentials")

Within = Annotated[
    Duration | None, Field(description="leave out issues that did not change for longer; all are read if left out")
]


class Source(Model):
    """What every source has.

    `FEEDS` names the evidence tables that are not whole when it fails; `EITHER` two settings, one of which it needs:
    what to read live, and where it was recorded. One that is `NEVER_EMPTY` and tells of nothing was not read. One that
    `FORGETS` tells of a ticket for some time only: what it told before stands beside what it tells now.
    """

    FEEDS: ClassVar[tuple[str, ...]] = ()
    EITHER: ClassVar[tuple[str, str] | None] = None
    NEVER_EMPTY: ClassVar[bool] = False
    FORGETS: ClassVar[bool] = False

    name: Name = Field(description="its name in evidence and reports")
    kind: str
    timezone: TimeZone | None = Field(default=None, description="IANA zone of its times that name none")
    timeout: Duration = Field(default=timedelta(minutes=30), description="longest that reading it may take")

    @property
    def in_bucket(self) -> bool:
        """Whether what it reads lies in a bucket, which other machines reach as well as this one."""
        return False

    @property
    def days_again(self) -> int | None:
        """Where what it reads lies in folders of days: so many before the newest are read again, and no older ones."""
        return None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.EITHER and len({bool(getattr(self, name)) for name in self.EITHER}) == 1:
            raise ValueError(f"expected either {' or '.join(self.EITHER)}, one of the two")
        return self


S = TypeVar("S", bound=Source)


def prefix_of_one(source: S, places: tuple[str, ...]) -> S:
    """The source, if a prefix for its tickets is well written and for one place only.

    Raises: ValueError, in words for auditor.yaml.
    """
    prefix = getattr(source, "prefix", None)
    if prefix and not re.fullmatch(r"[A-Z][A-Z0-9]*", prefix):
        raise ValueError("expected prefix to be capital letters and digits, beginning with a letter, such as OPS")
    if prefix and len(places) > 1:
        raise ValueError("expected no more than one place beside prefix: two issues would have one name")
    return source
