"""Who may do what in which GitHub repository, with which keys and apps, and what is protected from whom."""

from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from auditor.config.sources.github import GithubAccess
from auditor.errors import SourceError
from collectors.answers import kept, objects, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot, missing
from collectors.github.access_rows import read_rows
from collectors.github.client import Github, quoted_path
from collectors.github.protections import CLOSES
from collectors.refusals import refusal

_OWNER = "the organisation permission Members (read), as an owner"
_ADMIN = "the repository permission Administration (read)"
_ABSENT = 404
# How GitHub refuses what only apps, or only some plans, may ask for.
_NOT_HERE = (402, 403, _ABSENT)


@cache
def _asking_for_members() -> str:
    """The query for the members of an organisation, a hundred at a time."""
    return (files(__package__) / "members.graphql").read_text("utf-8")


class GithubAccessCollector(Snapshot[GithubAccess], frozen=True):
    """Members, teams, collaborators, keys and apps, and who may push and deploy where."""

    PERMISSIONS = (
        "repository:metadata:read",
        "repository:administration:read",  # teams, collaborators, deploy keys, protected branches
        "repository:environments:read",
        "repository:actions:read",
        "repository:secrets:read",  # names alone: GitHub shows nobody a value
        "organization:members:read",
        "organization:administration:read",  # installed apps, what every member may do
    )
    READS = (
        "Members of organisations with role, second factor and public SSH keys, outside collaborators, teams with "
        "those of teams below them, who may do what in each repository and how they came to it, deploy keys, installed "
        "apps, environments with reviewers and branch rules, protected branches and rulesets with who may bypass them, "
        "and names of Actions secrets."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """Every answer, and a sentence for each that is refused.

        Raises:
            SourceError: the token is refused, the server cannot be reached, or nothing that is named can be read.
        """
        github = Github.of(self.source)
        github.sign_in()
        raws = [raw for name in self.source.organizations for raw in _organization(github, name)]
        repositories = self.source.repositories or tuple(_repositories(raws))
        for repository in repositories:
            raws += _repository(github, repository)
        if all(raw.missing for raw in raws):
            raise refusal(
                "source", "no forge", name=self.source.name, why=raws[0].missing if raws else "nothing was named"
            )
        yield from raws

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        return read_rows(self.source, self.context, batch)


def _organization(github: Github, name: str) -> Iterator[Raw]:
    """An organisation, who belongs to it, its teams and apps."""
    base, origin = f"/orgs/{quote(name, safe='')}", f"github:{name}#"
    organization = github.one(base, f"{origin}organization", "organization")
    yield organization
    if organization.missing:
        return
    yield _members(github, name, f"{origin}members")
    yield from github.pages(f"{base}/outside_collaborators", f"{origin}outside", "outside", needs=_OWNER)
    teams = list(github.pages(f"{base}/teams", f"{origin}teams", "teams", needs=_OWNER))
    yield from teams
    for slug in _texts(teams, "slug"):
        path = f"{base}/teams/{quote(slug, safe='')}/members"
        yield from github.pages(path, f"github:{name}/{slug}#team-members", "team-members", needs=_OWNER)
    yield from github.pages(
        f"{base}/installations", f"{origin}installations", "installations", under="installations", needs=_OWNER
    )
    # Told to apps only.
    tokens = f"{base}/personal-access-tokens"
    yield from github.pages(tokens, f"{origin}fine-grained tokens", "tokens", quiet=_NOT_HERE)
    yield from github.pages(f"{base}/repos", f"{origin}repositories", "repositories", {"type": "all"})


def _members(github: Github, name: str, origin: str) -> Raw:
    """The members of an organisation, with their names, addresses and public keys: a call for a hundred of them."""
    people: list[dict[str, Any]] = []
    after = None
    try:
        while True:
            organization = github.ask(_asking_for_members(), {"org": name, "after": after})["organization"]
            for edge in organization["membersWithRole"]["edges"]:
                node = dict(edge.pop("node"))
                keys = [key["key"] for key in (node.pop("publicKeys", None) or {}).get("nodes") or ()]
                people.append({**node, **edge, "keys": keys})
            paging = organization["membersWithRole"]["pageInfo"]
            if not paging["hasNextPage"] or paging["endCursor"] == after:
                return kept(origin, "members", people)
            after = paging["endCursor"]
    except SourceError as error:
        return missing(origin, f"{error.what.rstrip('.')}; it takes {_OWNER}")
    except (KeyError, TypeError, AttributeError) as error:
        return missing(origin, f"GitHub's answer on the members of {name} is not as it should be: {error!r}")


def _repository(github: Github, name: str) -> Iterator[Raw]:
    """A repository, who may do what in it, and what is protected."""
    base, origin = f"/repos/{quoted_path(name)}", f"github:{name}#"
    repository = github.one(base, f"{origin}repository", "repository")
    yield repository
    if repository.missing:
        return
    people = f"{base}/collaborators"
    for reach, part in (("direct", "collaborators"), ("all", "all-collaborators")):
        yield from github.pages(people, f"{origin}{part}", part, {"affiliation": reach}, needs=_ADMIN)
    yield from github.pages(f"{base}/teams", f"{origin}teams", "repository-teams", needs=_ADMIN)
    yield from github.pages(f"{base}/keys", f"{origin}keys", "keys", needs=_ADMIN)
    yield from _environments(github, base, origin)
    if branch := next(_texts([repository], "default_branch"), None):
        yield from _branch(github, base, origin, branch)
    for place in ("secrets", "organization-secrets"):
        where = f"{base}/actions/{place}"
        yield from github.pages(where, f"{origin}{place}", "secrets", under="secrets", needs="Secrets (read)")


def _environments(github: Github, base: str, origin: str) -> Iterator[Raw]:
    found = list(
        github.pages(
            f"{base}/environments",
            f"{origin}environments",
            "environments",
            under="environments",
            needs="the repository permission Actions (read)",
        )
    )
    yield from found
    for name in _texts(found, "name"):
        one = f"{base}/environments/{quote(name, safe='')}"
        yield from github.pages(
            f"{one}/deployment-branch-policies",
            f"{origin}branches/{name}",
            "branch-policies",
            under="branch_policies",
            quiet=(_ABSENT,),
        )
        yield from github.pages(
            f"{one}/secrets",
            f"{origin}secrets/{name}",
            "environment-secrets",
            under="secrets",
            needs="the repository permission Environments (read)",
        )


def _branch(github: Github, base: str, origin: str, branch: str) -> Iterator[Raw]:
    """What protects the default branch: its own protection, of which there may be none, and rulesets."""
    where = quote(branch, safe="")
    yield github.one(
        f"{base}/branches/{where}/protection", f"{origin}protection", "protection", needs=_ADMIN, quiet=(_ABSENT,)
    )
    rules = list(github.pages(f"{base}/rules/branches/{where}", f"{origin}rules", "rules"))
    yield from rules
    closing = (one for one in objects(rules) if one.get("type") in CLOSES)
    for number in dict.fromkeys(one.get("ruleset_id") for one in closing):
        if isinstance(number, int):
            yield github.one(f"{base}/rulesets/{number}", f"{origin}rulesets/{number}", "rulesets", needs=_ADMIN)


def _texts(raws: Iterable[Raw], name: str) -> Iterator[str]:
    values = (record.get(name) for record in objects(raws))
    yield from dict.fromkeys(value for value in values if isinstance(value, str) and value)


def _repositories(raws: Iterable[Raw]) -> Iterator[str]:
    """The repositories of organisations in which anything can still be changed."""
    listed_ = [raw for raw in raws if raw.part == "repositories"]
    for record in objects(listed_):
        name = record.get("full_name")
        if isinstance(name, str) and not (record.get("archived") or record.get("disabled")):
            yield name
