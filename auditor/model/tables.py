"""The evidence tables: one frozen dataclass a table; `signals` holds one more. The Arrow schemas come from these.

All times are UTC. Every row says where it came from: `source` (name in auditor.yaml), `collected_at`, `origin` (the
object key or file), `record` (its number in that object, from 0) and `sha256` of the object's bytes.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from auditor.model.statements import UNREAD
from auditor.model.vocabulary import TicketKind

Kind = Literal["snapshot", "stream"]


def col(doc: str, *, default: Any = None) -> Any:
    """A column with its description; optional columns default to None."""
    return field(default=default, metadata={"doc": doc})


def key(doc: str) -> Any:
    """A column that every row must have."""
    return field(metadata={"doc": doc})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every table's rows carry."""

    TABLE: ClassVar[str]
    KIND: ClassVar[Kind]
    DAY: ClassVar[str] = "collected_at"

    source: str = key("name of the source in auditor.yaml")
    collected_at: datetime = key("when the run that read it began")
    origin: str = key("object key, file or API call that the raw record is in")
    record: int = col("number of the raw record in its origin, from 0", default=0)
    sha256: str = col("SHA-256 of the origin's bytes as stored", default="")


class Ending(Row):
    """A row of what may end by itself: it is over from its end on."""

    __slots__ = ()
    expires_at: datetime | None

    def lasts(self, moment: datetime) -> bool:
        """Whether it has not ended by itself at a moment."""
        return self.expires_at is None or self.expires_at > moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Row):
    """A login, principal or group."""

    TABLE = "accounts"
    KIND = "snapshot"

    account: str = key("as the provider writes it: an ARN, user:…, ssh:nina@host")
    provider: str = key("aws, gcp, gitlab, ssh")
    scope: str = key("AWS account, Google project, GitLab group or host")
    kind: str = key("person, service, group, role, root, unknown")
    name: str | None = col("short name")
    email: str | None = col("e-mail address")
    created_at: datetime | None = col("when it was made")
    last_used_at: datetime | None = col("last sign-in or use the provider knows of")
    enabled: bool | None = col("can it be used now; for an AWS user: has it a way in")
    mfa: bool | None = col("has it a second factor")
    unique_id: str | None = col("the id that the provider gave it and no other ever had")
    tags: str | None = col("its tags, a JSON object; null where they were not read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership(Ending):
    """A member in a group, or who may assume a role (`via` says which)."""

    TABLE = "memberships"
    KIND = "snapshot"

    group: str = key("the group or role")
    member: str = key("the account that belongs to it or may assume it")
    via: str = col("member or assume", default="member")
    since: datetime | None = col("when it began")
    expires_at: datetime | None = col("when it ends by itself")
    condition: str | None = col("condition as the provider states it, JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant(Ending):
    """A right held, as the provider states it."""

    TABLE = "grants"
    KIND = "snapshot"

    principal: str = key("who holds it: account, group or role")
    role: str = key("policy ARN or name, role, access level, or `authorized_keys`")
    resource: str = key("what it is a right on: ARN, project, host")
    provider: str = key("aws, gcp, gitlab, ssh")
    capabilities: tuple[str, ...] = col("capabilities where the source itself states them", default=())
    level: str | None = col("read, write or admin where the source itself states it")
    granted_at: datetime | None = col("when it was given")
    granted_by: str | None = col("who gave it")
    expires_at: datetime | None = col("when it ends by itself")
    condition: str | None = col("condition as the provider states it")
    ticket: str | None = col("ticket id written on it")
    handle: str | None = col("what a revocation needs, JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Row):
    """A policy or a role's definition."""

    TABLE = "policies"
    KIND = "snapshot"

    policy: str = key("ARN, or `<principal>#<name>` for an inline one")
    kind: str = key(
        "identity, version, boundary, trust, service-control, resource-control, resource, public-access-block, "
        "role-definition, ancestry, deny, access-boundary, policy-binding, tags, sshd"
    )
    attached_to: str = key("principal or resource it is attached to, or the account for a service control policy")
    name: str = col("name as people see it", default="")
    document: str = key("the document, JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential(Ending):
    """A key, token or password."""

    TABLE = "credentials"
    KIND = "snapshot"

    credential: str = key("AKIA…, ssh-key:SHA256:…, password:<account>")
    kind: str = key("access-key, ssh-key, password, token, mfa, certificate")
    account: str = key("account it opens")
    provider: str = key("aws, gcp, gitlab, ssh")
    resource: str | None = col("where it opens it: host, project")
    enabled: bool = col("can it be used now", default=True)
    created_at: datetime | None = col("when it was made or last rotated; None where unknown")
    expires_at: datetime | None = col("when it ends by itself")
    last_used_at: datetime | None = col("last use the provider knows of")
    never_used: bool = col("the provider says that it was never used", default=False)
    comment: str | None = col("comment on the key")
    options: str | None = col("options of the authorized_keys line")
    handle: str | None = col("what a revocation needs, JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUse(Row):
    """When an account last called one of the provider's services that its policies allow, as the provider counts it.

    AWS looks back at least 400 days, is about four hours late, and counts refused calls too.
    """

    TABLE = "service_uses"
    KIND = "snapshot"

    account: str = key("user or role")
    provider: str = key("aws")
    scope: str = key("AWS account")
    service: str = key("service as actions name it: ecs, s3")
    last_used_at: datetime | None = col("last call; None where there was none since `watched_since`")
    watched_since: datetime = key("a call since then would be known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity(Row):
    """A thing that was done."""

    TABLE = "activity"
    KIND = "stream"
    DAY = "time"

    event_id: str = key("the provider's id, or one made from the record's content")
    time: datetime = key("when it happened")
    provider: str = key("aws, gcp, gitlab, ssh")
    scope: str = key("AWS account, Google project, GitLab project or host whose log it stands in")
    account: str | None = col("who acted: user, role (not its session), login")
    actor: str | None = col("the session or caller as the provider writes it")
    actor_kind: str | None = col("the provider's own word for the caller: IAMUser, AssumedRole, AWSService, Root …")
    session: str | None = col("session the act belongs to: role session ARN, sshd session")
    credential: str | None = col("key or token used")
    on_behalf_of: str | None = col("person the provider names behind it: source identity, Identity Center user, e-mail")
    invoked_by: str | None = col("through what it was done: a service, `agent:NAME`, `vendor:NAME`")
    issued: str | None = col("session that this event opened: the assumed role's session ARN")
    issued_credential: str | None = col("key id that this event handed out")
    action: str = key("service:Action")
    category: str = key("login, read, change, grant, secret, audit-trail")
    level: str = key("read, write, admin")
    outcome: str = key("ok, denied, failed")
    resource: str | None = col("what it was done to, as fully named as the record allows")
    project: str | None = col("Google or GitLab project")
    source_ip: str | None = col("address it came from")
    user_agent: str | None = col("program it came from")
    ticket: str | None = col("ticket id written in it")
    request: str | None = col("id of the provider's request, of calls that an agent made through the provider's server")
    permissions: str | None = col(
        "where the provider says which permissions it checked: each, with ` on …` where it was something else, by `; `"
    )
    detail: str | None = col("for grants, audit-trail changes and commands: what exactly, JSON")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail(Row):
    """A CloudTrail trail: where it records, and what."""

    TABLE = "trails"
    KIND = "snapshot"

    trail: str = key("ARN")
    account: str = key("AWS account in which it was seen; its own, or one of its organisation")
    name: str = key("short name")
    home_region: str | None = col("region that it was made in")
    multi_region: bool = col("it records every region", default=False)
    organisation: bool = col("it records every account of the organisation", default=False)
    global_events: bool = col("it records services without a region, such as IAM", default=False)
    validated: bool = col("CloudTrail writes digests of its log files", default=False)
    logging: bool | None = col("it is on; None where that could not be asked")
    asked: bool = col("what it records could be asked; else the two lists say nothing", default=True)
    management: tuple[str, ...] = col("calls of the control plane in it: read, write", default=())
    data: tuple[str, ...] = col("types of resource of which it has data events", default=())
    bucket: str | None = col("bucket that it is kept in")
    kms_key: str | None = col("ARN of the key that it is encrypted with")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailDigest(Row):
    """A CloudTrail digest file: which log files were delivered in an hour, their hashes, and the digest before it."""

    TABLE = "digests"
    KIND = "stream"
    DAY = "ends_at"

    account: str = key("AWS account whose log files it lists")
    region: str | None = col("region whose log files it lists")
    trail: str | None = col("trail that wrote it, with its home region, as its key has them")
    bucket: str = key("bucket that CloudTrail put it in, as it says itself")
    object_key: str = key("its object key, as it says itself")
    starts_at: datetime = key("the log files delivered from then on")
    ends_at: datetime = key("to then are listed in it")
    content_sha256: str = key("SHA-256 of its unpacked content: what the next digest states of it")
    previous_key: str | None = col("object key of the digest before it; None where it begins a chain")
    previous_sha256: str | None = col("SHA-256 that the unpacked content of the digest before it must have")
    previous_signature: str | None = col("signature of the digest before it, hexadecimal")
    fingerprint: str | None = col("fingerprint of the public key that it is signed for")
    signature: str | None = col("its own signature, hexadecimal, from the metadata of the object")
    signature_holds: bool | None = col("whether AWS's public key confirms it; None where that could not be checked")
    signature_note: str | None = col("why it could not be checked, or what is wrong with it")
    files: str = col("the log files, JSON: bucket, key, sha256 of the unpacked content, oldest, newest", default="[]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment(Row):
    """A release reaching an environment."""

    TABLE = "deployments"
    KIND = "stream"
    DAY = "time"

    deployment_id: str = key("the provider's id")
    time: datetime = key("when it began")
    finished_at: datetime | None = col("when it ended")
    system_hint: str | None = col("project or service it deploys")
    environment: str | None = col("environment it reaches")
    ref: str | None = col("branch or tag")
    commit: str | None = col("commit")
    actor: str | None = col("who started it")
    pipeline: str | None = col("pipeline id or URL")
    merge_request: str | None = col("merge request id or URL")
    approvers: tuple[str, ...] = col("who approved it", default=())
    status: str | None = col("success, failed, running, canceled")
    trigger: str | None = col("what began its run: push, schedule, web, api …")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline(Row):
    """A run of a pipeline, deploying or not."""

    TABLE = "pipelines"
    KIND = "stream"
    DAY = "time"

    pipeline: str = key("the provider's id")
    time: datetime = key("when it was made")
    updated_at: datetime | None = col("when its state last changed: of one that is over, when it ended")
    project: str = key("project that it is of")
    ref: str | None = col("branch or tag")
    commit: str | None = col("commit")
    trigger: str | None = col("what began it: push, schedule, web, api …")
    status: str | None = col("success, failed, running, manual, canceled …")
    url: str | None = col("where people read it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Row):
    """A request, incident, change, drill or review."""

    TABLE = "tickets"
    KIND = "snapshot"

    ticket: str = key("its id")
    url: str | None = col("where people read it")
    kind: str | None = col("access, incident, change, drill, review")
    work: str | None = col("routine, read-only, risky, incident")
    title: str | None = col("title")
    reason: str | None = col("why it is needed")
    requester: str | None = col("who asked: id or e-mail")
    person: str | None = col("who is to have access: ids or e-mails, as written")
    assignees: tuple[str, ...] = col("whom it is assigned to, as written: who sees to it", default=())
    systems: tuple[str, ...] = col("systems it is for: ids or aliases, as written", default=())
    level: str | None = col("read, write, admin")
    opened_at: datetime | None = col("when it was opened")
    starts_at: datetime | None = col("when access is to begin")
    ends_at: datetime | None = col("when access is to end")
    approver: str | None = col("who approved: id or e-mail")
    approved_at: datetime | None = col("when")
    approval: str | None = col("the approval's own words")
    approval_url: str | None = col("where it was given, if elsewhere than on the ticket")
    second_reviewer: str | None = col("second pair of eyes")
    reviewed_at: datetime | None = col("when they looked")
    closed_at: datetime | None = col("when it was closed or resolved")
    closeout: str | None = col("what was done")
    status: str | None = col("its status or resolution, as the tracker calls it")
    removal_confirmed: bool | None = col("somebody confirmed that the access is gone")
    extends: str | None = col("ticket that this one extends")
    edited_at: datetime | None = col("last edit of person, systems, level or times")
    note: str | None = col("release or drill note")
    comments: tuple[str, ...] = col(
        "of an incident: what was written below it, each `<time> <who>: <words>`", default=()
    )
    unread: tuple[str, ...] = col("times in it that could not be read: column and words", default=())
    broker: str | None = col("access broker that was asked: it gives and takes the right itself, and asks for no words")

    @property
    def is_incident(self) -> bool:
        """Whether its kind says that it is an incident's."""
        return (self.kind or "").strip().casefold() == TicketKind.INCIDENT

    @property
    def words_unread(self) -> bool:
        """Whether what people wrote under it could not be read, so that it is not known who approved it."""
        return (self.approval or "").startswith(UNREAD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval(Row):
    """An approval that was given elsewhere than on its ticket."""

    TABLE = "approvals"
    KIND = "snapshot"

    tickets: tuple[str, ...] = key("tickets named in it, else in what it answers")
    who: str = key("whoever gave it: e-mail or account")
    at: datetime = key("when")
    words: str = key("in which words, with what took it back")
    edited_at: datetime | None = col("when its words were edited last")
    channel: str = col("where it was given", default="")
    url: str | None = col("where people read it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Row):
    """A stretch of time in which somebody is on duty for a system, as a rota tells it.

    A rota is read from `BACK` before the run to `AHEAD` after it: of other times it tells nothing.
    """

    TABLE = "duties"
    KIND = "snapshot"
    BACK: ClassVar[timedelta] = timedelta(days=75)
    AHEAD: ClassVar[timedelta] = timedelta(days=14)

    system: str = key("system's id")
    schedule: str = key("calendar or schedule")
    starts_at: datetime = key("from then on")
    ends_at: datetime = key("until then")
    names: tuple[str, ...] = col("addresses or names of those it is about, as written", default=())
    title: str = col("what the entry is called: names who, where nobody else is named", default="")
    organiser: str = col("who made the entry: names who, where nothing else does", default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage(Row):
    """What a collector looked at."""

    TABLE = "coverage"
    KIND = "stream"

    scope: str = key("account, project, host, file or folder")
    from_: datetime | None = col("first moment looked at")
    to: datetime | None = col("last moment looked at")
    rows: int = col("rows kept", default=0)
    rejected: int = col("records that could not be read", default=0)
    status: str = col("ok, partial, failed", default="ok")
    reason: str | None = col("what is missing and why, a sentence")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadObject(Row):
    """A file or object that was read: the checkpoint, and the hash that every row's origin points at."""

    TABLE = "objects"
    KIND = "stream"

    version: str = col("size and modification time, or the store's ETag: another value means read it again", default="")
    rows: int = col("rows kept from it", default=0)
    rejected: int = col("records that could not be read", default=0)
    status: str = col("ok, partial, failed, skipped (CloudTrail's insight files and the like)", default="ok")
    reason: str | None = col("why records were rejected, or why it was skipped")
    content_sha256: str | None = col(
        "of CloudTrail's files: SHA-256 of the unpacked content; of the bytes as stored where they are no whole gzip"
    )
