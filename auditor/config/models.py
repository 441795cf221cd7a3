"""auditor.yaml as frozen pydantic models: unknown keys are mistakes, secrets are named and never written."""

from datetime import date, time, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from auditor.config.base import AwsAccount, Duration, Model, Name
from auditor.config.sources import AnySource
from auditor.model.vocabulary import Capability, Work


class Person(Model):
    """Somebody on the roster."""

    id: Name
    name: str
    email: str | None = None
    job: str | None = None
    joined: date | None = None
    left: date | None = None
    accounts: tuple[str, ...] = Field(default=(), description="accounts as the provider writes them")


class ServiceAccount(Model):
    """A login that no person stands behind, with the person who answers for it."""

    id: Name
    owner: str
    purpose: str
    pipeline: str | None = Field(default=None, description="names the pipeline when this is a pipeline's identity")
    accounts: tuple[str, ...] = ()


class BreakGlass(Model):
    """Emergency access that stays sealed outside incidents."""

    id: Name
    accounts: tuple[str, ...]
    keeper: str


class AwsResource(Model):
    """Resources of one AWS account whose ARN or name matches one of the patterns."""

    provider: Literal["aws"]
    account: AwsAccount
    match: tuple[str, ...] = ("*",)


class GcpResource(Model):
    """A Google Cloud project, by id or number."""

    provider: Literal["gcp"]
    project: str
    match: tuple[str, ...] = ("*",)


class GitlabResource(Model):
    """A GitLab project, and the environment that is production."""

    provider: Literal["gitlab"]
    project: str
    environment: str | None = None


class SshResource(Model):
    """Hosts by name pattern."""

    provider: Literal["ssh"]
    host: str


Resource = Annotated[AwsResource | GcpResource | GitlabResource | SshResource, Field(discriminator="provider")]


class System(Model):
    """A thing that production is made of, with the people who answer for it."""

    id: Name
    name: str
    primary: str | None = None
    backup: str | None = None
    on_duty: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()

    @property
    def owners(self) -> frozenset[str]:
        """Primary and backup."""
        return frozenset(p for p in (self.primary, self.backup) if p)


def _default_windows() -> dict[Work, timedelta]:
    hour = timedelta(hours=1)
    return {Work.ROUTINE: hour, Work.READ_ONLY: hour / 2, Work.RISKY: 2 * hour, Work.INCIDENT: 2 * hour}


class ReleaseHours(Model):
    """When releases are welcome, in the organisation's time zone."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = ("mon", "tue", "wed", "thu", "fri")
    from_: time = Field(default=time(8), alias="from")
    to: time = time(18)


class Freeze(Model):
    """A stretch without releases."""

    from_: date = Field(alias="from")
    to: date
    reason: str = ""


class Policy(Model):
    """What the team agreed on; every default is DESIGN's."""

    approvers: tuple[str, ...] = ()
    windows: dict[Work, Duration] = Field(default_factory=_default_windows)
    second_reviewer_for: tuple[Work, ...] = (Work.RISKY,)
    incident_note_within: Duration = timedelta(minutes=15)
    max_writers: int = Field(default=2, ge=0)
    max_extensions: int = Field(default=1, ge=0)
    unused_after: Duration = timedelta(days=90)
    max_credential_age: Duration = timedelta(days=90)
    overlap_tolerance: Duration = timedelta(minutes=5)
    session_gap: Duration = timedelta(minutes=30)
    max_log_silence: Duration = timedelta(hours=12)
    release_hours: ReleaseHours = ReleaseHours()
    freezes: tuple[Freeze, ...] = ()
    rollback_drill_every: Duration = timedelta(days=30)
    review_after_incident_within: Duration = timedelta(days=7)
    conflicting: tuple[tuple[Capability, Capability], ...] = ((Capability.DEPLOY, Capability.WRITE_DATABASE),)
    ticket_pattern: str = "[A-Z][A-Z0-9]+-[0-9]+"

    @field_validator("windows")
    @classmethod
    def _fill_windows(cls, windows: dict[Work, timedelta]) -> dict[Work, timedelta]:
        return {**_default_windows(), **windows}


class RuleException(Model):
    """A finding that the team has agreed to live with until a date; it stays listed."""

    rule: str = Field(description="a rule, wildcards allowed")
    person: str | None = None
    account: str | None = None
    system: str | None = None
    reason: str
    approved_by: str
    until: date

    def covers(self, rule: str, person: str | None, account: str | None, system: str | None) -> bool:
        """Whether it names this finding; fields that are left out cover everything."""
        return (
            fnmatchcase(rule, self.rule)
            and self.person in (None, person)
            and self.account in (None, account)
            and self.system in (None, system)
        )


class Config(Model):
    """The whole of auditor.yaml. Paths in it are relative to `base`, the file's folder."""

    organisation: str
    timezone: str = "UTC"
    evidence: str = "evidence/"
    output: str = "output/"
    keep_raw: bool = False
    people: tuple[Person, ...] = ()
    service_accounts: tuple[ServiceAccount, ...] = ()
    break_glass: tuple[BreakGlass, ...] = ()
    jobs: dict[str, tuple[Capability, ...]] = {}
    systems: tuple[System, ...] = ()
    policy: Policy = Policy()
    sources: tuple[AnySource, ...] = ()
    exceptions: tuple[RuleException, ...] = ()
    notify: tuple[str, ...] = Field(default=(), description="Apprise URLs, or env:NAME")
    base: Path = Field(default=Path(), exclude=True)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("no such time zone; write it as Europe/Berlin or UTC") from error
        return name

    @cached_property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def people_by_id(self) -> dict[str, Person]:
        """The roster by id."""
        return {person.id: person for person in self.people}

    @cached_property
    def systems_by_id(self) -> dict[str, System]:
        """The systems by id."""
        return {system.id: system for system in self.systems}
