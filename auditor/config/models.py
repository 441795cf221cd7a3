"""auditor.yaml as frozen pydantic models: unknown keys are mistakes, secrets are named and never written."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from auditor.config.base import AwsAccount, Clock, Day, Duration, Email, Messenger, Model, Name, Text, TimeZone
from auditor.config.sources import AnySource
from auditor.model.globs import glob_regex
from auditor.model.vocabulary import Capability, Work

Accounts = Annotated[
    tuple[Text, ...],
    Field(description="as the provider writes them: an ARN, `user:…`, `gitlab:…`, `ssh:…`, `ssh-key:SHA256:…`"),
]


Patterns = Annotated[tuple[Text, ...], Field(description="patterns with `*` and `?`")]


class HeldJob(Model):
    """A job that somebody has held from a day on."""

    job: Text = Field(description="one of `jobs`")
    from_: Day = Field(alias="from", description="first day in it")


class Person(Model):
    """Somebody on the roster."""

    id: Name = Field(description="short id; findings name people by it")
    name: Text = Field(description="name as people write it")
    email: Email | None = Field(default=None, description="e-mail address; accounts that show it are theirs")
    job: Text | None = Field(
        default=None, description="one of `jobs`; a job that is not there may hold nothing unasked"
    )
    jobs: tuple[HeldJob, ...] = Field(
        default=(), description="in place of `job`: the jobs held, earliest first; the last that has begun counts"
    )
    joined: Day | None = Field(default=None, description="first day")
    left: Day | None = Field(default=None, description="last day; what they still hold afterwards is a finding")
    accounts: Accounts = ()

    @model_validator(mode="after")
    def _left_after_joining(self) -> "Person":
        if self.joined and self.left and self.left < self.joined:
            raise ValueError(f"left on {self.left}, before joining on {self.joined}")
        return self

    @model_validator(mode="after")
    def _jobs_in_order(self) -> "Person":
        if self.job and self.jobs:
            raise ValueError("expected `job` or `jobs`, not both")
        if any(later.from_ <= earlier.from_ for earlier, later in pairwise(self.jobs)):
            raise ValueError("expected each of `jobs` to begin later than the one before")
        return self

    def job_on(self, day: date) -> str | None:
        """The job held on a day; None before the first."""
        return next((held.job for held in reversed(self.jobs) if held.from_ <= day), self.job)


class ServiceAccount(Model):
    """A login that no person stands behind, with the person who answers for it."""

    id: Name = Field(description="short id")
    owner: Text = Field(description="person who answers for it")
    purpose: Text = Field(description="what it is for")
    pipeline: Text | None = Field(default=None, description="names the pipeline when this is a pipeline's identity")
    accounts: Accounts = ()


class Vendor(Model):
    """Another company's AWS account that is let in on purpose, with the person who answers for it."""

    id: Name = Field(description="short id")
    account: AwsAccount | None = Field(default=None, description="its AWS account")
    external_id: Text | None = Field(
        default=None, description="the external id that trust in it asks for; trust that does not ask is not meant"
    )
    owner: Text = Field(description="person who answers for it")
    purpose: Text = Field(description="what it is for")

    @model_validator(mode="after")
    def _can_be_told(self) -> "Vendor":
        if self.account is None and self.external_id is None:
            raise ValueError("needs an account or an external_id")
        return self


class BreakGlass(Model):
    """Emergency access that stays sealed outside incidents."""

    id: Name = Field(description="short id")
    accounts: Accounts
    keeper: Text = Field(description="person who keeps it sealed")


class Place(Model):
    """What every entry of `resources` comes to: names within a scope (account, project, host) of a provider."""

    SCOPE: ClassVar[str]  # the field that holds the scope

    provider: str

    @property
    def provider_name(self) -> str:
        """The provider as rows name it."""
        return self.provider

    @property
    def scope(self) -> str:
        """The account, project or host; of hosts a pattern."""
        return str(getattr(self, self.SCOPE))

    @property
    def names(self) -> tuple[str, ...]:
        """Patterns of the names that are meant in it."""
        return getattr(self, "match", ("*",))

    @property
    def deployed_from(self) -> tuple[str, str | None] | None:
        """The project whose deployments reach it, and to which environment; every one where None is named."""
        return None

    def has_scope(self, scope: str) -> bool:
        """Whether it lies in this account, project or host."""
        return scope == self.scope


class AwsResource(Place):
    """Resources of one AWS account whose ARN or name matches one of the patterns."""

    SCOPE = "account"

    provider: Literal["aws"]
    account: AwsAccount
    match: Patterns = ("*",)


class GoogleResource(Place):
    """A Google Cloud project, by id or number."""

    SCOPE = "project"

    provider: Literal["gcp"]
    project: Text = Field(description="id or number, in quotes")
    match: Patterns = ("*",)


class GitlabResource(Place):
    """A GitLab project, and the environment that is production."""

    SCOPE = "project"

    provider: Literal["gitlab"]
    project: Text = Field(description="path such as harbour/checkout")
    environment: Text | None = Field(
        default=None, description="the environment that is production; every one if left out"
    )

    @property
    def deployed_from(self) -> tuple[str, str | None] | None:
        """The project itself."""
        return self.project, self.environment


class SshResource(Place):
    """Hosts by name pattern."""

    SCOPE = "host"

    provider: Literal["ssh"]
    host: Text = Field(description="host name, `*` and `?` allowed")

    def has_scope(self, scope: str) -> bool:
        """Whether the host is one of them."""
        return bool(glob_regex(self.host).fullmatch(scope))


class OtherResource(Place):
    """Resources of a provider that the auditor has no description of: what its rows state counts."""

    SCOPE = "account"

    provider: Literal["other"]
    name: Text = Field(description="the provider, as its rows name it")
    account: Text = Field(description="its account, project, group or host, as its rows name it")
    match: Patterns = ("*",)

    @property
    def provider_name(self) -> str:
        """The provider as rows name it."""
        return self.name


Resource = Annotated[
    AwsResource | GoogleResource | GitlabResource | SshResource | OtherResource, Field(discriminator="provider")
]


def resource_entry(provider: str, scope: str, name: str | None) -> dict[str, Any]:
    """The entry of `resources` by which a system would claim a thing: as the configuration has it."""
    kinds: Sequence[type[Place]] = (AwsResource, GoogleResource, GitlabResource, SshResource)
    kind = next((k for k in kinds if provider in get_args(k.model_fields["provider"].annotation)), None)
    if kind is None:
        return {"provider": "other", "name": provider, "account": scope}
    match = {"match": [name]} if name and "match" in kind.model_fields else {}
    return {"provider": provider, kind.SCOPE: scope, **match}


class RollbackPath(Model):
    """One way back: who goes it, and how."""

    owner: Text | None = Field(default=None, description="person who answers for it")
    steps: Text | None = Field(default=None, description="where its steps are written: a link, a file, or the steps")


class Rollback(Model):
    """The ways back to what ran before."""

    code: RollbackPath = Field(default=RollbackPath(), description="back to the build before")
    config: RollbackPath = Field(default=RollbackPath(), description="back to the settings before")


class System(Model):
    """A thing that production is made of, with the people who answer for it."""

    id: Name = Field(description="short id; tickets and findings name systems by it")
    name: Text = Field(description="name as people write it")
    primary: Text | None = Field(default=None, description="person who owns it")
    backup: Text | None = Field(default=None, description="person who stands in")
    on_duty: tuple[Text, ...] = Field(default=(), description="people who answer its alarms")
    aliases: tuple[Text, ...] = Field(default=(), description="other names that tickets use")
    rollback: Rollback | None = Field(default=None, description="who rolls it back, and by which steps")
    resources: tuple[Resource, ...] = Field(default=(), description="where it runs; the most specific match wins")

    @property
    def owners(self) -> frozenset[str]:
        """Primary and backup."""
        return frozenset(p for p in (self.primary, self.backup) if p)


_HANDOVER = timedelta(days=1)


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


Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]


class Policy(Model):
    """What the team agreed on."""

    approvers: tuple[Text, ...] = Field(default=(), description="people who may approve access: ids or e-mails")
    requesters: tuple[Text, ...] = Field(
        default=(), description="people or jobs that may ask for access; everybody where nobody is named"
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
    bulk_read: Count = Field(default=20, description="secrets that one person may read in one sitting without a ticket")
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
    release_hours: ReleaseHours = Field(default=ReleaseHours(), description="when releases are welcome")
    freezes: tuple[Freeze, ...] = Field(default=(), description="stretches without releases")
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
        default="[A-Z][A-Z0-9]+-[0-9]+",
        max_length=200,
        description="regular expression that ticket ids match",
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
        series = {_series(ticket) for ticket in known}
        return next((ticket for ticket in found if ticket in known or _series(ticket) in series), None)

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


class RuleException(Model):
    """A finding that the team has agreed to live with until a date; it stays listed."""

    rule: Text = Field(description="a rule, wildcards allowed")
    person: Text | None = Field(default=None, description="only this person's")
    account: Text | None = Field(default=None, description="only this account's")
    system: Text | None = Field(default=None, description="only on this system")
    reason: Text = Field(description="why")
    approved_by: Text = Field(description="person who agreed: id or e-mail")
    until: Day = Field(description="last day; after it the finding counts again")

    def covers(self, rule: str, person: str | None, account: str | None, system: str | None) -> bool:
        """Whether it names this finding; fields that are left out cover everything."""
        return (
            fnmatchcase(rule, self.rule)
            and self.person in (None, person)
            and self.account in (None, account)
            and self.system in (None, system)
        )


class Config(Model):
    """The whole of auditor.yaml. Paths in it are relative to the file's folder."""

    organisation: Text = Field(description="name on the reports")
    timezone: TimeZone = Field(
        default="UTC", description="IANA zone of reports, release hours and logs that name no zone"
    )
    evidence: Text = Field(default="evidence/", description="a local folder, or s3://…, gs://…")
    output: Text = Field(default="output/", description="folder for what each run makes")
    keep_raw: bool = Field(default=False, description="also keep copies of the raw bucket and file objects")
    people: tuple[Person, ...] = Field(default=(), description="the roster")
    service_accounts: tuple[ServiceAccount, ...] = Field(default=(), description="logins that no person stands behind")
    vendors: tuple[Vendor, ...] = Field(default=(), description="foreign AWS accounts that are let in on purpose")
    break_glass: tuple[BreakGlass, ...] = Field(default=(), description="emergency access")
    jobs: dict[Text, tuple[Capability, ...]] = Field(default={}, description="what a job may hold without asking")
    systems: tuple[System, ...] = Field(default=(), description="what production is made of")
    policy: Policy = Field(default=Policy(), description="what the team agreed on")
    sources: tuple[AnySource, ...] = Field(
        default=(), description="where evidence comes from: live, or the same thing from a file"
    )
    exceptions: tuple[RuleException, ...] = Field(default=(), description="findings the team lives with until a date")
    notify: tuple[Messenger, ...] = Field(default=(), description="who hears of a run: Apprise URLs, or env:NAME")
    base: SkipJsonSchema[Path] = Field(default=Path(), exclude=True)

    def job_at(self, person: str | None, moment: datetime) -> str | None:
        """The job that somebody holds at a moment."""
        known = self.people_by_id.get(person or "")
        return known.job_on(moment.astimezone(self.zone).date()) if known else None

    def job_includes(self, person: str | None, moment: datetime) -> frozenset[Capability]:
        """What somebody may hold by their job: nothing without one that is described.

        For a day after a change of jobs, what the one before included too.
        """
        held = {self.job_at(person, moment), self.job_at(person, moment - _HANDOVER)}
        return frozenset(capability for job in held for capability in self.jobs.get(job or "", ()))

    def left_at(self, person: str | None) -> datetime | None:
        """When somebody's last day ends, in the organisation's zone; None for whoever stays."""
        known = self.people_by_id.get(person or "")
        last = known.left if known else None
        return datetime.combine(last + timedelta(days=1), time(), self.zone) if last else None

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
