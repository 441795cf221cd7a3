"""The shapes of GitHub's answers on deployments, runs and its audit log, as far as they are used."""

from msgspec import Struct

from collectors.github.access_shapes import Named


def account_of(login: str) -> str:
    """Somebody as accounts are written: an app acts by a name that ends in `[bot]`."""
    return f"github-app:{login.removesuffix('[bot]')}" if login.endswith("[bot]") else f"github:{login}"


class Somebody(Struct, frozen=True):
    """Somebody, as answers name them in passing."""

    login: str


class Deployment(Struct, frozen=True, kw_only=True):
    """A deployment as it was made."""

    id: int
    sha: str
    created_at: str
    updated_at: str | None = None
    ref: str | None = None
    environment: str | None = None
    creator: Somebody | None = None


class DeploymentStatus(Struct, frozen=True, kw_only=True):
    """A state that a deployment came to."""

    state: str
    created_at: str


class PullRequest(Struct, frozen=True):
    """A pull request that brought a commit in."""

    number: int
    html_url: str | None = None


class Review(Struct, frozen=True):
    """A review of a pull request."""

    state: str
    user: Somebody | None = None
    submitted_at: str | None = None
    pull_request_url: str | None = None


class Approval(Struct, frozen=True):
    """Somebody's word on the deployments of a run."""

    state: str
    user: Somebody | None = None
    environments: tuple[Named, ...] = ()


class Run(Struct, frozen=True, kw_only=True):
    """A run of a workflow. `triggering_actor` began its latest attempt, `actor` the first."""

    id: int
    created_at: str
    updated_at: str | None = None
    event: str | None = None
    status: str | None = None
    conclusion: str | None = None
    head_branch: str | None = None
    head_sha: str | None = None
    html_url: str | None = None
    actor: Somebody | None = None
    triggering_actor: Somebody | None = None
    run_attempt: int = 1


CHAINED = "workflow_run"
"""The event of a run that another one's end began."""


class Release(Struct, frozen=True, kw_only=True):
    """A deployment with all that was asked about it, as the collector puts the answers together.

    Where the end of another run began its own, `begun_by` is that one's event.
    """

    deployment: Deployment
    statuses: tuple[DeploymentStatus, ...] = ()
    run: Run | None = None
    begun_by: str | None = None
    approvals: tuple[Approval, ...] = ()
    pulls: tuple[PullRequest, ...] = ()
    reviews: tuple[Review, ...] = ()
    missing: str | None = None
