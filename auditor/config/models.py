"""auditor.yaml as frozen pydantic models: unknown keys are mistakes, secrets are named and never written."""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from auditor.config.base import Day, Duration, Messenger, Model, Text, TimeZone, WebAddress, optional, several
from auditor.config.engine import AnyEngine, DuckDBEngine
from auditor.config.policy import Policy
from auditor.config.roster import BreakGlass, Deciding, Person, ServiceAccount, Vendor
from auditor.config.signals import SavedSearch
from auditor.config.sources import AnySource
from auditor.config.sources.ssh import SshKeys, SshLogins, host_and_port
from auditor.config.systems import Place, SshResource, System
from auditor.model.vocabulary import Capability, Report

_HANDOVER = timedelta(days=1)
P = TypeVar("P", bound=Place)


class RuleException(Model):
    """A finding that the team has agreed to live with until a date; it stays listed."""

    rule: Text = Field(description="a rule, wildcards allowed")
    person: Text | None = optional("only this person's")
    account: Text | None = optional("only this account's")
    system: Text | None = optional("only on this system")
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


class Anchor(Model):
    """Who vouches for each run's hash from outside of the store, so that no new chain can stand in for the old one."""

    folder: Text = Field(
        default="anchors/", description="where the proofs lie, a folder or URL: best one that this machine only adds to"
    )
    ssh_key: Text | None = optional(
        "key that signs: a public key's file whose other half ssh-agent holds, or a private key's file"
    )
    allowed_signers: Text | None = optional("OpenSSH's file of who may sign with which key; required with ssh_key")
    identity: Text = Field(default="auditor", description="who signs, as allowed_signers names them")
    timestamp: WebAddress | None = optional("time stamp authority (RFC 3161)")
    timestamp_roots: Text | None = optional("the authority's root certificates, PEM; required with timestamp")

    @model_validator(mode="after")
    def _can_be_checked(self) -> "Anchor":
        if bool(self.ssh_key) != bool(self.allowed_signers) or bool(self.timestamp) != bool(self.timestamp_roots):
            raise ValueError("expected ssh_key with allowed_signers, and timestamp with timestamp_roots")
        if not (self.ssh_key or self.timestamp):
            raise ValueError("expected ssh_key, timestamp, or both")
        return self


class Config(Model):
    """The whole of auditor.yaml. Paths in it are relative to the file's folder."""

    organisation: Text = Field(description="name on the reports")
    timezone: TimeZone = Field(
        default="UTC", description="IANA zone of reports, release hours and logs that name no zone"
    )
    evidence: Text = Field(default="evidence/", description="a local folder, or s3://…, gs://…")
    output: Text = Field(default="output/", description="folder for what each run makes")
    reports: tuple[Report, ...] = Field(
        default=tuple(Report),
        description="what a run writes beside findings.json and what later commands need: none of it where it is `[]`",
    )
    timeout: Duration = Field(
        default=timedelta(hours=4),
        description="longest that reading all sources may take; then what was read is judged",
    )
    judging_timeout: Duration = Field(
        default=timedelta(hours=2),
        description="longest that judging and reports may take; then the run ends, and the next one finds the evidence",
    )
    keep_raw: bool = Field(default=False, description="also keep copies of the raw bucket and file objects")
    people: tuple[Person, ...] = several("the roster")
    service_accounts: tuple[ServiceAccount, ...] = several("logins that no person stands behind")
    vendors: tuple[Vendor, ...] = several("foreign AWS accounts that are let in on purpose")
    break_glass: tuple[BreakGlass, ...] = several("emergency access")
    jobs: dict[Text, tuple[Capability, ...]] = Field(default={}, description="what a job may hold without asking")
    systems: tuple[System, ...] = several("what production is made of")
    later: tuple[Text, ...] = several(
        "systems not judged yet, as tickets call them: tickets for these alone are only counted"
    )
    policy: Policy = Field(default=Policy.model_construct(), description="what the team agreed on")
    sources: tuple[AnySource, ...] = several("where evidence comes from: live, or the same thing from a file")
    signals: tuple[SavedSearch, ...] = several("what monitoring is asked about each system")
    exceptions: tuple[RuleException, ...] = several("findings the team lives with until a date")
    decisions: Deciding = Field(
        default=Deciding.model_construct(), description="how it is checked who decides in a review"
    )
    anchor: Anchor | None = optional("who vouches for each run's hash from outside")
    engine: AnyEngine = Field(
        default=DuckDBEngine.model_construct(), description="what digests activity: DuckDB here, or Spark"
    )
    notify: tuple[Messenger, ...] = several("who hears of a run: Apprise URLs, or env:NAME")
    base: SkipJsonSchema[Path] = Field(default=Path(), exclude=True)

    def with_systems(self, systems: Iterable[System]) -> "Config":
        """The configuration with other systems, and nothing kept that was worked out of those before."""
        return self._with(systems=tuple(systems))

    def with_accounts(self, called: Mapping[str, str]) -> "Config":
        """Likewise with some declared accounts, which stand in `called`, by another name."""
        if not called:
            return self

        def named(entries: Iterable[Any]) -> tuple[Any, ...]:
            pairs = ((entry, tuple(called.get(one, one) for one in entry.accounts)) for entry in entries)
            return tuple(entry.model_copy(update={"accounts": accounts}) for entry, accounts in pairs)

        return self._with(
            people=named(self.people),
            service_accounts=named(self.service_accounts),
            break_glass=named(self.break_glass),
        )

    def _with(self, **parts: Any) -> "Config":
        told = {name: getattr(self, name) for name in Config.model_fields}
        return self if all(told[name] == part for name, part in parts.items()) else Config(**{**told, **parts})

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

    def has_left(self, person: str | None, moment: datetime) -> bool:
        """Whether somebody's last day is over at a moment."""
        left = self.left_at(person)
        return left is not None and moment >= left

    def called(self, name: str) -> Person | None:
        """The person of that id or e-mail."""
        folded = name.casefold()
        return next((one for one in self.people if one.id == name or (one.email or "").casefold() == folded), None)

    def deciders(self, system: str | None) -> frozenset[str]:
        """Who may decide on findings of a system: the approvers, and its owners. None where nobody is named."""
        known = self.systems_by_id.get(system or "")
        owners = {owner for owner in (known.primary, known.backup) if owner} if known else set()
        return frozenset(owners | {one.id for name in self.policy.approvers if (one := self.called(name))})

    @cached_property
    def declared(self) -> tuple[str, ...]:
        """Every account that an entry of the roster, of robots or of emergency access names."""
        entries: tuple[Person | ServiceAccount | BreakGlass, ...]
        entries = (*self.people, *self.service_accounts, *self.break_glass)
        return tuple(account for entry in entries for account in entry.accounts)

    @cached_property
    def holders(self) -> dict[str, str]:
        """The id of the robot or emergency access that each declared account belongs to; people's are left out."""
        entries: tuple[ServiceAccount | BreakGlass, ...] = (*self.service_accounts, *self.break_glass)
        return {account: entry.id for entry in entries for account in entry.accounts}

    @cached_property
    def zone(self) -> ZoneInfo:
        """The organisation's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that systems are made of and that sources read, by name or pattern."""
        claimed = [place.host for _, place in self.resources_of(SshResource)]
        sources = [source for source in self.sources if isinstance(source, SshKeys | SshLogins)]
        read = [host_and_port(host)[0] for source in sources for host in source.hosts]
        return tuple(dict.fromkeys((*claimed, *read)))

    def feeding(self, *tables: str) -> list[AnySource]:
        """The sources that tell of any of these tables."""
        return [source for source in self.sources if not set(tables).isdisjoint(source.FEEDS)]

    def resources_of(self, kind: type[P]) -> list[tuple[str, P]]:
        """The resources of one kind, each with the id of the system that it is of."""
        return [(system.id, one) for system in self.systems for one in system.resources if isinstance(one, kind)]

    @cached_property
    def later_names(self) -> frozenset[str]:
        """What tickets call the systems that are not judged yet, without case."""
        return frozenset(name.casefold() for name in self.later)

    @cached_property
    def people_by_id(self) -> dict[str, Person]:
        """The roster by id."""
        return {person.id: person for person in self.people}

    @cached_property
    def systems_by_id(self) -> dict[str, System]:
        """The systems by id."""
        return {system.id: system for system in self.systems}
