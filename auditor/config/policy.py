"""The part of auditor.yaml about what the team agreed on."""

import re
from collections.abc import Collection, Iterable
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from auditor.config.base import Clock, Day, Duration, Model, Text, several
from auditor.model.vocabulary import Capability, Work


def _default_windows() -> dict[Work, timedelta]:
    hour = timedelta(hours=1)
    return {Work.ROUTINE: hour, Work.READ_ONLY: hour / 2, Work.RISKY: 2 * hour, Work.INCIDENT: 2 * hour}


class ReleaseHours(Model):
    """When releases are welcome, in the organisation's time zone."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), description="days of the week"
    )
    from_: Clock = Field(default=time(8), alias="from", description="first minute")
    to: Clock = Field(default=time(18), description="last minute")

    @model_validator(mode="after")
    def _in_order(self) -> "ReleaseHours":
        if self.to <= self.from_:
            raise ValueError("expected `to` to be later in the day than `from`")
        return self


class Freeze(Model):
    """A stretch without releases, both days included."""

    from_: Day = Field(alias="from", description="first day")
    to: Day = Field(description="last day")
    reason: str = Field(default="", description="why")

    @model_validator(mode="after")
    def _in_order(self) -> "Freeze":
        if self.to < self.from_:
            raise ValueError("expected `to` to be no earlier than `from`")
        return self


_LONGEST_NAME = 2_000


def _series(ticket: str) -> str:
    """What the ids of one project begin with: `PAY-` of PAY-184."""
    return ticket.rstrip("0123456789")


def _is_of_one(ticket: str, known: Iterable[str]) -> bool:
    """Whether a known ticket is of the same project; asked of few, since most that are written down are known."""
    series = _series(ticket)
    return any(_series(one) == series for one in known)


Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class Policy(Model):
    """What the team agreed on."""

    approvers: tuple[Text, ...] = several("people who may approve access: ids or e-mails")
    requesters: tuple[Text, ...] = several("people or jobs that may ask for access; everybody where nobody is named")
    duty_approves: bool = Field(
        default=False,
        description="whoever is on duty for a system may approve incidents on it: the approver of last resort",
    )
    windows: dict[Work, Duration] = Field(
        default=_default_windows(),
        description="longest window for each kind of work; an incident's lasts so long after its latest sign of life",
    )
    second_reviewer_for: tuple[Work, ...] = Field(
        default=(Work.RISKY,), description="kinds of work that need a second pair of eyes"
    )
    incident_note_within: Duration = Field(
        default=timedelta(minutes=15), description="how soon an incident's access must be approved and noted"
    )
    emergency_call: bool = Field(
        default=False, description="whether using emergency access takes a call that its incident tells of"
    )
    max_writers: Count = Field(default=2, description="people who may have standing write on one system")
    max_incident: Duration = Field(default=timedelta(hours=24), description="an incident open for longer is a finding")
    max_grant: Duration = Field(
        default=timedelta(days=7), description="a right without a ticket that ends later after it was given is standing"
    )
    max_extensions: Count = Field(default=1, description="times that temporary access may be renewed without a break")
    unused_after: Duration = Field(default=timedelta(days=90), description="unused for longer is a finding")
    max_credential_age: Duration = Field(default=timedelta(days=90), description="older keys and tokens are findings")
    overlap_tolerance: Duration = Field(
        default=timedelta(minutes=5), description="clock skew and the tail of a session that windows forgive"
    )
    session_gap: Duration = Field(
        default=timedelta(minutes=30), description="activity further apart is another episode"
    )
    max_log_silence: Duration = Field(
        default=timedelta(hours=12), description="a CloudTrail account or a host silent for longer is a gap"
    )
    bulk_read: Count = Field(
        default=20, description="secrets and stored objects that one person may read in one sitting without a ticket"
    )
    release_note: tuple[Text, ...] = Field(
        default=(
            "What changes",
            "Service",
            "User impact",
            "Rollback of code",
            "Rollback of config",
            "Logs to watch",
        ),
        description="the lines that a release's note has; `Stop point` is one more that many teams ask for",
    )
    release_hours: ReleaseHours = Field(default=ReleaseHours.model_construct(), description="when releases are welcome")
    freezes: tuple[Freeze, ...] = several("stretches without releases")
    rollback_drill_every: Duration = Field(
        default=timedelta(days=30), description="how often rolling back is rehearsed"
    )
    review_after_incident_within: Duration = Field(
        default=timedelta(days=7), description="how soon rights are reviewed after an incident"
    )
    conflicting: tuple[tuple[Capability, Capability], ...] = Field(
        default=((Capability.DEPLOY, Capability.WRITE_DATABASE),),
        description="pairs of capabilities that no one person may hold",
    )
    ticket_pattern: str = Field(
        default="[A-Z][A-Z0-9]+-[0-9]+", max_length=200, description="regular expression that ticket ids match"
    )

    def ticket_in(self, texts: Iterable[str | None], known: Collection[str] | None = None) -> str | None:
        """The first ticket id that stands in one of the texts, as a word of its own.

        Args:
            texts: the names, titles and comments on a right; only the beginning of long ones is read.
            known: ids of tickets that there are: others count where a known one begins in the same way, as PAY-999 does
                beside PAY-184, and ISO-27001 does not. None where any may.
        """
        pattern = rf"(?:(?<![A-Za-z0-9])|(?![A-Za-z0-9]))(?:{self.ticket_pattern})(?![A-Za-z0-9])"
        found = (match[0] for text in texts if text for match in re.finditer(pattern, text[:_LONGEST_NAME]))
        if known is None:
            return next(found, None)
        return next((ticket for ticket in found if ticket in known or _is_of_one(ticket, known)), None)

    @field_validator("ticket_pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            matches_nothing = re.compile(pattern).match("")
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"expected a regular expression: {error}") from error
        if matches_nothing:
            raise ValueError("expected a regular expression that does not match the empty text")
        return pattern

    @field_validator("windows")
    @classmethod
    def _fill_windows(cls, windows: dict[Work, timedelta]) -> dict[Work, timedelta]:
        return {**_default_windows(), **windows}
