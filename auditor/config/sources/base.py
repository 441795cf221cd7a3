"""What the sources of every provider have."""

from datetime import timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from auditor.config.base import Duration, Model, Name, TimeZone, matching, optional

RIGHTS = ("accounts", "memberships", "policies", "grants", "credentials")

Within = Annotated[
    Duration | None, Field(description="leave out issues that did not change for longer; all are read if left out")
]

Prefix = Annotated[
    str, *matching(r"[A-Z][A-Z0-9]*", "capital letters and digits, beginning with a letter, such as OPS")
]

_NUMBERS = {2: "two", 3: "three", 4: "four"}


class Source(Model):
    """What every source has.

    `FEEDS` names the evidence tables that are not whole when it fails; `ONE_OF` settings of which it needs one and no
    other, such as what to read live and where it was recorded; `SOME_OF` those of which it needs one at least; `BESIDE`
    pairs of a setting and what that needs. One that is `NEVER_EMPTY` and tells of nothing was not read. One that
    `FORGETS` tells of a ticket for some time only: what it told before stands beside what it tells now.
    """

    FEEDS: ClassVar[tuple[str, ...]] = ()
    ONE_OF: ClassVar[tuple[str, ...]] = ()
    SOME_OF: ClassVar[tuple[str, ...]] = ()
    BESIDE: ClassVar[tuple[tuple[str, str], ...]] = ()
    NEVER_EMPTY: ClassVar[bool] = False
    FORGETS: ClassVar[bool] = False

    name: Name = Field(description="its name in evidence and reports")
    kind: str
    timezone: TimeZone | None = optional("IANA zone of its times that name none")
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
    def _has_what_it_needs(self) -> Self:
        one, some = ([bool(getattr(self, name)) for name in names] for names in (self.ONE_OF, self.SOME_OF))
        if one and one.count(True) != 1:
            number = _NUMBERS[len(one)]
            raise ValueError(f"expected either {_either(self.ONE_OF)}, one of the {number}")
        if some and not any(some):
            raise ValueError(f"expected {_either(self.SOME_OF)}, at least one of them")
        for name, needed in self.BESIDE:
            if getattr(self, name) and not getattr(self, needed):
                raise ValueError(f"expected {needed} beside {name}")
        return self


def _either(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"


class IssueSource(Source):
    """Issues of a forge's projects as tickets."""

    FEEDS = ("tickets",)
    PLACES: ClassVar[str]  # the field that names the projects

    prefix: Prefix | None = optional("with `OPS`, issue 12 is ticket OPS-12; for one project; else it is `path#12`")
    updated_within: Within = None

    @model_validator(mode="after")
    def _names_tickets(self) -> Self:
        if self.prefix and len(getattr(self, self.PLACES)) > 1:
            raise ValueError("expected no more than one place beside prefix: two issues would have one name")
        return self
