"""The shapes of GitLab's answers on deployments and audit events, as far as they are used."""

from typing import Any

from msgspec import Struct

from collectors.gitlab.access_shapes import Environment
from collectors.gitlab.issues import Author


class Pipeline(Struct, frozen=True):
    """What ran it."""

    id: int
    web_url: str | None = None
    source: str | None = None


class Job(Struct, frozen=True, kw_only=True):
    """The job that deployed."""

    status: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    user: Author | None = None
    pipeline: Pipeline | None = None


class DeploymentApproval(Struct, frozen=True):
    """Somebody's word on a deployment, on paid tiers."""

    status: str
    user: Author | None = None


class Deployed(Struct, frozen=True, kw_only=True):
    """A deployment."""

    id: int
    created_at: str
    status: str | None = None
    ref: str | None = None
    sha: str | None = None
    user: Author | None = None
    environment: Environment | None = None
    deployable: Job | None = None
    approvals: tuple[DeploymentApproval, ...] = ()


class PipelineRun(Struct, frozen=True, kw_only=True):
    """A run of a pipeline, as the list of them has it."""

    id: int
    created_at: str
    updated_at: str | None = None
    status: str | None = None
    source: str | None = None
    ref: str | None = None
    sha: str | None = None
    web_url: str | None = None


class MergeRequest(Struct, frozen=True):
    """A merge request that a deployment brought out."""

    iid: int
    web_url: str | None = None


class ApprovedBy(Struct, frozen=True):
    """One approval of a merge request; older servers do not say when it was given."""

    user: Author
    approved_at: str | None = None


class Release(Struct, frozen=True):
    """What belongs to a deployment, as the collector puts the answers together.

    Args:
        begun_as: whom its pipeline ran as, where that was begun by nobody.
        merge_requests: those that it brought out, with who approved them.
        missing: why not all of it is here.
    """

    deployment: int
    begun_as: Author | None = None
    merge_requests: tuple[MergeRequest, ...] = ()
    approved_by: tuple[ApprovedBy, ...] = ()
    missing: str | None = None


class AuditEvent(Struct, frozen=True, kw_only=True):
    """Something that GitLab keeps on record, on paid tiers."""

    id: int | str
    author_id: int
    created_at: str
    entity_type: str = ""
    entity_id: int | None = None
    event_type: str | None = None
    details: dict[str, Any] = {}
