"""The part of auditor.yaml about people, robots, vendors and emergency access."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from auditor.config.base import AwsAccount, Day, Email, Model, Name, Text, optional, several

Accounts = Annotated[
    tuple[Text, ...],
    Field(description="as the provider writes them: an ARN, `user:…`, `gitlab:…`, `ssh:…`, `ssh-key:SHA256:…`"),
]


class HeldJob(Model):
    """A job that somebody has held from a day on."""

    job: Text = Field(description="one of `jobs`")
    from_: Day = Field(alias="from", description="first day in it")


class Person(Model):
    """Somebody on the roster."""

    id: Name = Field(description="short id; findings name people by it")
    name: Text = Field(description="name as people write it")
    email: Email | None = optional("e-mail address; accounts that show it are theirs")
    job: Text | None = optional("one of `jobs`; a job that is not there may hold nothing unasked")
    jobs: tuple[HeldJob, ...] = several(
        "in place of `job`: the jobs held, earliest first; the last that has begun counts"
    )
    joined: Day | None = optional("first day")
    left: Day | None = optional("last day; what they still hold afterwards is a finding")
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
    pipeline: Text | None = optional("names the pipeline when this is a pipeline's identity")
    accounts: Accounts = ()


class Vendor(Model):
    """Another company's AWS account that is let in on purpose, with the person who answers for it."""

    id: Name = Field(description="short id")
    account: AwsAccount | None = optional("its AWS account")
    external_id: Text | None = optional(
        "the external id that trust in it asks for; trust that does not ask is not meant"
    )
    owner: Text = Field(description="person who answers for it")
    purpose: Text = Field(description="what it is for")

    @model_validator(mode="after")
    def _can_be_told(self) -> "Vendor":
        if self.account is None and self.external_id is None:
            raise ValueError("needs an account or an external_id")
        return self


class Deciding(Model):
    """How it is checked that a decision is by whom it says."""

    check: Literal["os-user", "signature"] | None = optional(
        "os-user: only for oneself, as the Unix login `ssh:NAME` of one's accounts; signature: each with "
        "an SSH signature of the file; nothing is checked if left out"
    )
    allowed_signers: Text | None = optional(
        "OpenSSH's file of who may sign with which key, by e-mail or id, for signature"
    )

    @model_validator(mode="after")
    def _has_signers(self) -> "Deciding":
        if (self.check == "signature") != bool(self.allowed_signers):
            raise ValueError("expected allowed_signers with `check: signature`, and only with it")
        return self


class BreakGlass(Model):
    """Emergency access that stays sealed outside incidents."""

    id: Name = Field(description="short id")
    accounts: Accounts
    keeper: Text = Field(description="person who keeps it sealed")
