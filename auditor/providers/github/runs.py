"""Who can have a workflow of GitHub run with a token that an account of a cloud trusts."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.systems import GithubResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf
from auditor.model.globs import matches
from auditor.model.pipelines import PipelineTrust, Wanted
from auditor.providers.forge import Held, groups_of, held_by_project, ways_of
from auditor.providers.github.protections import Repository, repositories_of
from auditor.providers.github.rights import PROVIDER, TEAM, WRITE, Place, may_push, rank, untold, waits

# What a token says whose it is; numbers may stand behind the names.
_SUBJECT = re.compile(r"repo:(?P<project>[^:]+)(?::(?P<rest>.*))?")
_NUMBER = re.compile(r"@\d+(?=/|$)")
_PROTECTED = "protected"
_PULLED = "refs/pull/"


def github_runs(
    config: Config, rows: Snapshots, who: IdentityOf, at: datetime, trusts: Sequence[PipelineTrust]
) -> Iterator[tuple[PipelineTrust, Entitlement]]:
    """Whoever may write to a repository, where what protects its branches and environments lets them.

    They write the workflow themselves, on a branch of their own where any will do. Apps are left out.
    """
    del config
    repositories, teams = repositories_of(rows.policies), groups_of(rows.memberships, TEAM, at)
    held = held_by_project(PROVIDER, rows, who, at)
    for wanted in filter(None, map(_wanted, trusts)):
        for name in held:
            repository = repositories.get(name, Repository())
            if repository.archived or "/" not in name or not matches(wanted.project, name):
                continue
            resource = GithubResource(provider="github", repository=name, environment=wanted.environment)
            place = Place("", resource, repository, teams)
            for one in held[name]:
                asked = _asked(place, one, wanted)
                ways = () if asked is None else ways_of(one, (*asked, *wanted.facts))
                yield from ((wanted.trust, way) for way in ways)


def _wanted(trust: PipelineTrust) -> Wanted | None:
    """What a token's subject tells of its workflow; None where it is none of GitHub's."""
    match = _SUBJECT.fullmatch(trust.subject)
    rest = (match["rest"] or "") if match else ""
    if match is None or not (rest or match["project"].endswith("*")):
        return None
    wanted = Wanted(trust=trust, project=_NUMBER.sub("", match["project"]).casefold())
    kind, _, name = rest.partition(":")
    match kind:
        case "environment":
            return replace(wanted, environment=name)
        case "ref":
            branch = name.removeprefix("refs/heads/")
            return replace(wanted, branch=branch if branch.strip("*") else None)
        case _:
            told = not rest.strip("*") or kind == "pull_request"
            return wanted if told else replace(wanted, facts=(f"only in a workflow of {rest}",))


def _asked(place: Place, held: Held, wanted: Wanted) -> list[str] | None:
    """What it takes for somebody to have one run there; None where they cannot."""
    grant = held.grant
    level = rank(grant.role)
    if level < WRITE and grant.role != "deploy key (write)":
        return None
    if wanted.environment is None:
        return _on(place, grant.principal, level, wanted.branch)
    environment = place.environment
    branches = environment.branches if environment else None
    ways = [_on(place, grant.principal, level, one) for one in ((None,) if branches is None else branches)]
    if branches == ():
        ways = [["as far as can be told: from which branches it takes deployments was not read"]]
    open_ = [way for way in ways if way is not None]
    return [*waits(place, grant.principal, level), *min(open_, key=len)] if open_ else None


def _on(place: Place, principal: str, level: int, branch: str | None) -> list[str] | None:
    """What it takes for somebody to push to a branch; None where they cannot, or must ask others to merge."""
    if branch is None or branch.startswith(_PULLED):
        return []
    default = place.repository.branch
    if branch == _PROTECTED or branch in ((default,) if default else ("main", "master")):
        pushes = may_push(place, principal, level)
        left = list(untold(place.repository.rules, passes=pushes))
        return left if pushes or left else None
    return [f"as far as can be told: what protects {branch} was not read"]
