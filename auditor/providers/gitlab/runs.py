"""Who can have a pipeline of GitLab run with a token that an account of a cloud trusts."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.sources.gitlab import GitlabAccess
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf
from auditor.model.globs import matches
from auditor.model.pipelines import PipelineTrust, Wanted
from auditor.providers.forge import Held, held_by_project, ways_of
from auditor.providers.gitlab.protections import Project, projects_of
from auditor.providers.gitlab.rights import DEVELOPER, PROVIDER, UNREAD, Members, access_level, pushes, unread

# What a token says whose it is.
_SUBJECT = re.compile(r"project_path:(?P<project>[^:]+)(?::(?P<rest>.*))?")
_REF = re.compile(r"ref_type:(?P<kind>[^:]+):ref:(?P<name>.*)")
_WRITING_KEY = "deploy key (write)"
_TAG = "refs/tags/"


def gitlab_runs(
    config: Config, rows: Snapshots, who: IdentityOf, at: datetime, trusts: Sequence[PipelineTrust]
) -> Iterator[tuple[PipelineTrust, Entitlement]]:
    """Whoever may push to a project, where what protects the branch lets them: they write the pipeline themselves.

    A server that no source reads vouches for nobody here.
    """
    urls = [source.url for source in config.sources if isinstance(source, GitlabAccess)]
    servers = {"", *(urlsplit(url).netloc.casefold() for url in urls)}
    projects, members = projects_of(rows.policies), Members.of(rows, at)
    known = {path.casefold(): project for path, project in projects.items()}
    held = held_by_project(PROVIDER, rows, who, at)
    for wanted in filter(None, map(_wanted, trusts)):
        for name in held if wanted.trust.issuer.partition("/")[0].casefold() in servers else ():
            project = known.get(name, Project(name))
            # A pattern may be like the paths of groups too.
            is_one = project.default_branch is not None or name == wanted.project
            if not is_one or project.archived or not matches(wanted.project, name):
                continue
            for one in held[name]:
                asked = _asked(one, project, members, wanted.branch)
                ways = () if asked is None else ways_of(one, (*asked, *wanted.facts))
                yield from ((wanted.trust, way) for way in ways)


def _wanted(trust: PipelineTrust) -> Wanted | None:
    """What a token's subject tells of its pipeline; None where it is none of GitLab's."""
    match = _SUBJECT.fullmatch(trust.subject)
    rest = (match["rest"] or "") if match else ""
    if match is None or not (rest or match["project"].endswith("*")):
        return None
    wanted = Wanted(trust=trust, project=match["project"].casefold())
    ref = _REF.fullmatch(rest)
    if ref is None:
        return replace(wanted, facts=(f"only in a pipeline of {rest}",)) if rest.strip("*") else wanted
    if ref["kind"] == "tag":
        return replace(wanted, branch=f"{_TAG}{ref['name']}")
    return replace(wanted, branch=ref["name"] if ref["name"].strip("*") else None)


def _asked(held: Held, project: Project, members: Members, branch: str | None) -> list[str] | None:
    """What it takes for somebody to have one run on a branch; None where they cannot."""
    level = access_level(held.grant.role)
    if level < DEVELOPER and held.grant.role != _WRITING_KEY:
        return None
    if branch is None:
        return []
    if branch.startswith(_TAG):
        return [f"{UNREAD}: who may make the tag {branch.removeprefix(_TAG)} was not read"]
    return unread(project.branches, "branches") if pushes(held.grant, level, project, members, branch) else None
