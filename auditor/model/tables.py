"""The evidence tables: one frozen struct a table; `signals` holds one more. The Arrow schemas come from these.

All times are UTC. Every row says where it came from: `source` (name in auditor.yaml), `collected_at`, `origin` (the
object key or file), `record` (its number in that object, from 0) and `sha256` of the object's bytes.
"""

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from msgspec import Struct

from auditor.model.statements import UNREAD
from auditor.model.vocabulary import TicketKind

Kind = Literal["snapshot", "stream"]


class Row(Struct, frozen=True, kw_only=True):
    """What every table's rows carry."""

    TABLE: ClassVar[str]
    KIND: ClassVar[Kind]
    DAY: ClassVar[str] = "collected_at"

    source: Annotated[str, "name of the source in auditor.yaml"]
    collected_at: Annotated[datetime, "when the run that read it began"]
    origin: Annotated[str, "object key, file or API call that the raw record is in"]
    record: Annotated[int, "number of the raw record in its origin, from 0"] = 0
    sha256: Annotated[str, "SHA-256 of the origin's bytes as stored"] = ""


class Ending:
    """What may end by itself: it is over from its end on."""

    __slots__ = ()
    expires_at: datetime | None

    def lasts(self, moment: datetime) -> bool:
        """Whether it has not ended by itself at a moment."""
        return self.expires_at is None or self.expires_at > moment


class Account(Row, frozen=True, kw_only=True):
    """A login, principal or group."""

    TABLE = "accounts"
    KIND = "snapshot"

    account: Annotated[str, "as the provider writes it: an ARN, user:…, ssh:nina@host"]
    provider: Annotated[str, "aws, gcp, gitlab, ssh"]
    scope: Annotated[str, "AWS account, Google project, GitLab group or host"]
    kind: Annotated[str, "person, service, group, role, root, unknown"]
    name: Annotated[str | None, "short name"] = None
    email: Annotated[str | None, "e-mail address"] = None
    created_at: Annotated[datetime | None, "when it was made"] = None
    last_used_at: Annotated[datetime | None, "last sign-in or use the provider knows of"] = None
    enabled: Annotated[bool | None, "can it be used now; for an AWS user: has it a way in"] = None
    mfa: Annotated[bool | None, "has it a second factor"] = None
    unique_id: Annotated[str | None, "the id that the provider gave it and no other ever had"] = None
    tags: Annotated[str | None, "its tags, a JSON object; null where they were not read"] = None


class Membership(Row, Ending, frozen=True, kw_only=True):
    """A member in a group, or who may assume a role (`via` says which)."""

    TABLE = "memberships"
    KIND = "snapshot"

    group: Annotated[str, "the group or role"]
    member: Annotated[str, "the account that belongs to it or may assume it"]
    via: Annotated[str, "member or assume"] = "member"
    since: Annotated[datetime | None, "when it began"] = None
    expires_at: Annotated[datetime | None, "when it ends by itself"] = None
    condition: Annotated[str | None, "condition as the provider states it, JSON"] = None


class Grant(Row, Ending, frozen=True, kw_only=True):
    """A right held, as the provider states it."""

    TABLE = "grants"
    KIND = "snapshot"

    principal: Annotated[str, "who holds it: account, group or role"]
    role: Annotated[str, "policy ARN or name, role, access level, or `authorized_keys`"]
    resource: Annotated[str, "what it is a right on: ARN, project, host"]
    provider: Annotated[str, "aws, gcp, gitlab, ssh"]
    capabilities: Annotated[tuple[str, ...], "capabilities where the source itself states them"] = ()
    level: Annotated[str | None, "read, write or admin where the source itself states it"] = None
    granted_at: Annotated[datetime | None, "when it was given"] = None
    granted_by: Annotated[str | None, "who gave it"] = None
    expires_at: Annotated[datetime | None, "when it ends by itself"] = None
    condition: Annotated[str | None, "condition as the provider states it"] = None
    ticket: Annotated[str | None, "ticket id written on it"] = None
    handle: Annotated[str | None, "what a revocation needs, JSON"] = None


class Policy(Row, frozen=True, kw_only=True):
    """A policy or a role's definition."""

    TABLE = "policies"
    KIND = "snapshot"

    policy: Annotated[str, "ARN, or `<principal>#<name>` for an inline one"]
    kind: Annotated[
        str,
        "identity, version, boundary, trust, service-control, resource-control, resource, public-access-block, "
        "role-definition, ancestry, deny, access-boundary, policy-binding, tags, sshd",
    ]
    attached_to: Annotated[str, "principal or resource it is attached to, or the account for a service control policy"]
    name: Annotated[str, "name as people see it"] = ""
    document: Annotated[str, "the document, JSON"]


class Credential(Row, Ending, frozen=True, kw_only=True):
    """A key, token or password."""

    TABLE = "credentials"
    KIND = "snapshot"

    credential: Annotated[str, "AKIA…, ssh-key:SHA256:…, password:<account>"]
    kind: Annotated[str, "access-key, ssh-key, password, token, mfa, certificate; sign-in: with tokens of minutes"]
    account: Annotated[str, "account it opens"]
    provider: Annotated[str, "aws, gcp, gitlab, ssh"]
    resource: Annotated[str | None, "where it opens it: host, project"] = None
    enabled: Annotated[bool, "can it be used now"] = True
    created_at: Annotated[datetime | None, "when it was made or last rotated; None where unknown"] = None
    expires_at: Annotated[datetime | None, "when it ends by itself"] = None
    last_used_at: Annotated[datetime | None, "last use the provider knows of"] = None
    never_used: Annotated[bool, "the provider says that it was never used"] = False
    comment: Annotated[str | None, "comment on the key"] = None
    options: Annotated[str | None, "options of the authorized_keys line"] = None
    handle: Annotated[str | None, "what a revocation needs, JSON"] = None


class ServiceUse(Row, frozen=True, kw_only=True):
    """When an account last called one of the provider's services that its policies allow, as the provider counts it.

    AWS looks back at least 400 days, is about four hours late, and counts refused calls too.
    """

    TABLE = "service_uses"
    KIND = "snapshot"

    account: Annotated[str, "user or role"]
    provider: Annotated[str, "aws"]
    scope: Annotated[str, "AWS account"]
    service: Annotated[str, "service as actions name it: ecs, s3"]
    last_used_at: Annotated[datetime | None, "last call; None where there was none since `watched_since`"] = None
    watched_since: Annotated[datetime, "a call since then would be known"]


class Activity(Row, frozen=True, kw_only=True):
    """A thing that was done."""

    TABLE = "activity"
    KIND = "stream"
    DAY = "time"

    event_id: Annotated[str, "the provider's id, or one made from the record's content"]
    time: Annotated[datetime, "when it happened"]
    provider: Annotated[str, "aws, gcp, gitlab, ssh"]
    scope: Annotated[str, "AWS account, Google project, GitLab project or host whose log it stands in"]
    account: Annotated[str | None, "who acted: user, role (not its session), login"] = None
    actor: Annotated[str | None, "the session or caller as the provider writes it"] = None
    actor_kind: Annotated[
        str | None, "the provider's own word for the caller: IAMUser, AssumedRole, AWSService, Root …"
    ] = None
    session: Annotated[str | None, "session the act belongs to: role session ARN, sshd session"] = None
    credential: Annotated[str | None, "key or token used"] = None
    on_behalf_of: Annotated[
        str | None, "person the provider names behind it: source identity, Identity Center user, e-mail"
    ] = None
    invoked_by: Annotated[str | None, "through what it was done: a service, `agent:NAME`, `vendor:NAME`"] = None
    issued: Annotated[str | None, "session that this event opened: the assumed role's session ARN"] = None
    issued_credential: Annotated[str | None, "key id that this event handed out"] = None
    action: Annotated[str, "service:Action"]
    category: Annotated[str, "login, read, change, grant, secret, audit-trail"]
    level: Annotated[str, "read, write, admin"]
    outcome: Annotated[str, "ok, denied, failed"]
    resource: Annotated[str | None, "what it was done to, as fully named as the record allows"] = None
    project: Annotated[str | None, "Google or GitLab project"] = None
    source_ip: Annotated[str | None, "address it came from"] = None
    user_agent: Annotated[str | None, "program it came from"] = None
    ticket: Annotated[str | None, "ticket id written in it"] = None
    owner: Annotated[str | None, "account of what it was done to, where that is another than the log's"] = None
    request: Annotated[
        str | None,
        "what may be told twice: id of the provider's request, of calls that an agent made through the provider's "
        "server; `shared:` and an id where two accounts' logs have the same call",
    ] = None
    permissions: Annotated[
        str | None,
        "where the provider says which permissions it checked: each, with ` on …` where it was something else, by `; `",
    ] = None
    detail: Annotated[str | None, "for grants, audit-trail changes and commands: what exactly, JSON"] = None


class Trail(Row, frozen=True, kw_only=True):
    """A CloudTrail trail: where it records, and what."""

    TABLE = "trails"
    KIND = "snapshot"

    trail: Annotated[str, "ARN"]
    account: Annotated[str, "AWS account in which it was seen; its own, or one of its organisation"]
    name: Annotated[str, "short name"]
    home_region: Annotated[str | None, "region that it was made in"] = None
    multi_region: Annotated[bool, "it records every region"] = False
    organisation: Annotated[bool, "it records every account of the organisation"] = False
    global_events: Annotated[bool, "it records services without a region, such as IAM"] = False
    validated: Annotated[bool, "CloudTrail writes digests of its log files"] = False
    logging: Annotated[bool | None, "it is on; None where that could not be asked"] = None
    asked: Annotated[bool, "what it records could be asked; else the two lists say nothing"] = True
    management: Annotated[tuple[str, ...], "calls of the control plane in it: read, write"] = ()
    data: Annotated[tuple[str, ...], "types of resource of which it has data events"] = ()
    bucket: Annotated[str | None, "bucket that it is kept in"] = None
    kms_key: Annotated[str | None, "ARN of the key that it is encrypted with"] = None


class TrailDigest(Row, frozen=True, kw_only=True):
    """A CloudTrail digest file: which log files were delivered in an hour, their hashes, and the digest before it."""

    TABLE = "digests"
    KIND = "stream"
    DAY = "ends_at"

    account: Annotated[str, "AWS account whose log files it lists"]
    region: Annotated[str | None, "region whose log files it lists"] = None
    trail: Annotated[str | None, "trail that wrote it, with its home region, as its key has them"] = None
    bucket: Annotated[str, "bucket that CloudTrail put it in, as it says itself"]
    object_key: Annotated[str, "its object key, as it says itself"]
    starts_at: Annotated[datetime, "the log files delivered from then on"]
    ends_at: Annotated[datetime, "to then are listed in it"]
    content_sha256: Annotated[str, "SHA-256 of its unpacked content: what the next digest states of it"]
    previous_key: Annotated[str | None, "object key of the digest before it; None where it begins a chain"] = None
    previous_sha256: Annotated[str | None, "SHA-256 that the unpacked content of the digest before it must have"] = None
    previous_signature: Annotated[str | None, "signature of the digest before it, hexadecimal"] = None
    fingerprint: Annotated[str | None, "fingerprint of the public key that it is signed for"] = None
    signature: Annotated[str | None, "its own signature, hexadecimal, from the metadata of the object"] = None
    signature_holds: Annotated[
        bool | None, "whether AWS's public key confirms it; None where that could not be checked"
    ] = None
    signature_note: Annotated[str | None, "why it could not be checked, or what is wrong with it"] = None
    files: Annotated[str, "the log files, JSON: bucket, key, sha256 of the unpacked content, oldest, newest"] = "[]"


class Deployment(Row, frozen=True, kw_only=True):
    """A release reaching an environment."""

    TABLE = "deployments"
    KIND = "stream"
    DAY = "time"

    deployment_id: Annotated[str, "the provider's id"]
    time: Annotated[datetime, "when it began"]
    finished_at: Annotated[datetime | None, "when it ended"] = None
    system_hint: Annotated[str | None, "project or service it deploys"] = None
    environment: Annotated[str | None, "environment it reaches"] = None
    ref: Annotated[str | None, "branch or tag"] = None
    commit: Annotated[str | None, "commit"] = None
    actor: Annotated[str | None, "who started it"] = None
    pipeline: Annotated[str | None, "pipeline id or URL"] = None
    merge_request: Annotated[str | None, "merge request id or URL"] = None
    approvers: Annotated[tuple[str, ...], "who approved it"] = ()
    status: Annotated[str | None, "success, failed, running, canceled"] = None
    trigger: Annotated[str | None, "what began its run: push, schedule, web, api …"] = None


class Pipeline(Row, frozen=True, kw_only=True):
    """A run of a pipeline, deploying or not."""

    TABLE = "pipelines"
    KIND = "stream"
    DAY = "time"

    pipeline: Annotated[str, "the provider's id"]
    time: Annotated[datetime, "when it was made"]
    updated_at: Annotated[datetime | None, "when its state last changed: of one that is over, when it ended"] = None
    project: Annotated[str, "project that it is of"]
    ref: Annotated[str | None, "branch or tag"] = None
    commit: Annotated[str | None, "commit"] = None
    trigger: Annotated[str | None, "what began it: push, schedule, web, api …"] = None
    status: Annotated[str | None, "success, failed, running, manual, canceled …"] = None
    url: Annotated[str | None, "where people read it"] = None


class Ticket(Row, frozen=True, kw_only=True):
    """A request, incident, change, drill or review."""

    TABLE = "tickets"
    KIND = "snapshot"

    ticket: Annotated[str, "its id"]
    url: Annotated[str | None, "where people read it"] = None
    kind: Annotated[str | None, "access, incident, change, drill, review"] = None
    work: Annotated[str | None, "routine, read-only, risky, incident"] = None
    title: Annotated[str | None, "title"] = None
    reason: Annotated[str | None, "why it is needed"] = None
    requester: Annotated[str | None, "who asked: id or e-mail"] = None
    person: Annotated[str | None, "who is to have access: ids or e-mails, as written"] = None
    assignees: Annotated[tuple[str, ...], "whom it is assigned to, as written: who sees to it"] = ()
    systems: Annotated[tuple[str, ...], "systems it is for: ids or aliases, as written"] = ()
    level: Annotated[str | None, "read, write, admin"] = None
    opened_at: Annotated[datetime | None, "when it was opened"] = None
    starts_at: Annotated[datetime | None, "when access is to begin"] = None
    ends_at: Annotated[datetime | None, "when access is to end"] = None
    approver: Annotated[str | None, "who approved: id or e-mail"] = None
    approved_at: Annotated[datetime | None, "when"] = None
    approval: Annotated[str | None, "the approval's own words"] = None
    approval_url: Annotated[str | None, "where it was given, if elsewhere than on the ticket"] = None
    second_reviewer: Annotated[str | None, "second pair of eyes"] = None
    reviewed_at: Annotated[datetime | None, "when they looked"] = None
    closed_at: Annotated[datetime | None, "when it was closed or resolved"] = None
    closeout: Annotated[str | None, "what was done"] = None
    status: Annotated[str | None, "its status or resolution, as the tracker calls it"] = None
    removal_confirmed: Annotated[bool | None, "somebody confirmed that the access is gone"] = None
    extends: Annotated[str | None, "ticket that this one extends"] = None
    edited_at: Annotated[datetime | None, "last edit of person, systems, level or times"] = None
    note: Annotated[str | None, "release or drill note"] = None
    comments: Annotated[tuple[str, ...], "of an incident: what was written below it, each `<time> <who>: <words>`"] = ()
    unread: Annotated[tuple[str, ...], "times in it that could not be read: column and words"] = ()
    untold: Annotated[tuple[str, ...], "columns of its end that its file has not: unknown, not empty"] = ()
    broker: Annotated[
        str | None, "access broker that was asked: it gives and takes the right itself, and asks for no words"
    ] = None

    @property
    def is_incident(self) -> bool:
        """Whether its kind says that it is an incident's."""
        return (self.kind or "").strip().casefold() == TicketKind.INCIDENT

    @property
    def words_unread(self) -> bool:
        """Whether what people wrote under it could not be read, so that it is not known who approved it."""
        return (self.approval or "").startswith(UNREAD)


class Approval(Row, frozen=True, kw_only=True):
    """An approval that was given elsewhere than on its ticket."""

    TABLE = "approvals"
    KIND = "snapshot"

    tickets: Annotated[tuple[str, ...], "tickets named in it, else in what it answers"]
    who: Annotated[str, "whoever gave it: e-mail or account"]
    at: Annotated[datetime, "when"]
    words: Annotated[str, "in which words, with what took it back"]
    edited_at: Annotated[datetime | None, "when its words were edited last"] = None
    channel: Annotated[str, "where it was given"] = ""
    url: Annotated[str | None, "where people read it"] = None


class Duty(Row, frozen=True, kw_only=True):
    """A stretch of time in which somebody is on duty for a system, as a rota tells it.

    A rota is read from `BACK` before the run to `AHEAD` after it: of other times it tells nothing.
    """

    TABLE = "duties"
    KIND = "snapshot"
    BACK: ClassVar[timedelta] = timedelta(days=75)
    AHEAD: ClassVar[timedelta] = timedelta(days=14)

    system: Annotated[str, "system's id"]
    schedule: Annotated[str, "calendar or schedule"]
    starts_at: Annotated[datetime, "from then on"]
    ends_at: Annotated[datetime, "until then"]
    names: Annotated[tuple[str, ...], "addresses or names of those it is about, as written"] = ()
    title: Annotated[str, "what the entry is called: names who, where nobody else is named"] = ""
    organiser: Annotated[str, "who made the entry: names who, where nothing else does"] = ""


class Coverage(Row, frozen=True, kw_only=True):
    """What a collector looked at."""

    TABLE = "coverage"
    KIND = "stream"

    scope: Annotated[str, "account, project, host, file or folder"]
    from_: Annotated[datetime | None, "first moment looked at"] = None
    to: Annotated[datetime | None, "last moment looked at"] = None
    rows: Annotated[int, "rows kept"] = 0
    rejected: Annotated[int, "records that could not be read"] = 0
    status: Annotated[str, "ok, partial, failed"] = "ok"
    reason: Annotated[str | None, "what is missing and why, a sentence"] = None


class ReadObject(Row, frozen=True, kw_only=True):
    """A file or object that was read: the checkpoint, and the hash that every row's origin points at."""

    TABLE = "objects"
    KIND = "stream"

    version: Annotated[str, "size and modification time, or the store's ETag: another value means read it again"] = ""
    rows: Annotated[int, "rows kept from it"] = 0
    rejected: Annotated[int, "records that could not be read"] = 0
    status: Annotated[str, "ok, partial, failed, skipped (CloudTrail's insight files and the like)"] = "ok"
    reason: Annotated[str | None, "why records were rejected, or why it was skipped"] = None
    content_sha256: Annotated[
        str | None,
        "of CloudTrail's files: SHA-256 of the unpacked content; of the bytes as stored where they are no whole gzip",
    ] = None
