"""What may become a role that no principal of IAM assumes: machines, and whoever an identity provider vouches for."""

import re
from collections.abc import Iterable, Iterator
from functools import cache, partial

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.globs import literal_head
from auditor.model.written import written
from auditor.providers.aws.actions import Actions, expand, union
from auditor.providers.aws.conditions import Clause, terms
from auditor.providers.aws.policy import Statement

# The partition's end of a service's name, and the region that older policies put before it.
_END = re.compile(r"(?:\.[a-z]{2}(?:-[a-z]+)+-\d)?\.amazonaws\.com(?:\.cn)?")
_ANYWHERE = "rolesanywhere"
_ANCHOR = re.compile(r"arn:[^:]+:rolesanywhere:[^:]*:[^:]*:trust-anchor/(?P<number>[^*]+)")
_GITHUB = "token.actions.githubusercontent.com"
_PUBLIC = frozenset({_GITHUB, "gitlab.com", "accounts.google.com", "app.terraform.io", "agent.buildkite.com"})
_EKS = re.compile(r"oidc\.eks\.(?P<region>[\w-]+)\.amazonaws\.com(?:\.cn)?/id/\w+")
_REPOSITORY = re.compile(r"repo:(?P<owner>[^/:]+)/(?P<name>[^:]+)(?::.*)?")
_PROJECT = re.compile(r"project_path:(?P<path>[^:]+)(?::.*)?")
# How far a subject has to be told for its first part, whose names anybody may take, to be somebody's.
_OWNER = {
    _GITHUB: re.compile(r"repo:[^/*?]+/"),
    "gitlab.com": re.compile(r"project_path:[^/*?]+/"),
    "app.terraform.io": re.compile(r"organization:[^:*?]+:"),
    "agent.buildkite.com": re.compile(r"organization:[^:*?]+:"),
}
# Claims of a token whose values anybody may have.
_ANYBODYS = frozenset(
    {"aud", "sub", "amr", "environment", "event_name", "ref", "ref_protected", "ref_type", "run_phase", "workflow"}
)
_WORKLOAD = re.compile(r"system:serviceaccount:(?P<namespace>[^:]+):(?P<name>[^:]+)")


class _Services(Struct, frozen=True):
    """openers.yaml."""

    runs: dict[str, str]
    own: frozenset[str]


_services = cache(partial(written, __package__, "openers", _Services))


class Opener(Struct, frozen=True):
    """Who or what may become a role.

    Args:
        words: for people.
        account: as the configuration may declare it: a token's subject, a provider's ARN, a service.
        anybody: whether everybody in the world can get there: the issuer is a public one, and the trust names nobody.
        own_work: whether it is a service of AWS that does nothing but its own work.
    """

    words: str
    account: str
    anybody: bool = False
    own_work: bool = False


def service_name(principal: str) -> str:
    """A service as one partition's trust policies call it in any region: `ecs-tasks`, `pods.eks`."""
    return _END.sub("", principal)


def openers(trust: Iterable[Statement]) -> tuple[Opener, ...]:
    """Who may become a role by its trust policy, but for AWS's users, roles and accounts; each once."""
    found = (
        replace(opener, words=f"{opener.words}{_only(statement.clauses, opener.words)}")
        for statement in trust
        if statement.allow and not statement.other_principals and statement.actions & _becoming()
        for name in statement.principals
        for opener in _opener(name, statement.clauses)
    )
    return tuple(dict.fromkeys(found))


def _only(asked: tuple[Clause, ...], told: str) -> str:
    """The conditions that who it is does not tell already; for whom a token is meant tells nothing."""
    left = (
        clause
        for clause in asked
        if "not" in clause.operator
        or (
            not clause.key.lower().endswith((":aud", ":sub"))
            and not any(value.rpartition("/")[2].strip("*") in told for value in clause.values)
        )
    )
    facts = terms(left).facts
    return f" (only {' and '.join(facts)})" if facts else ""


@cache
def _becoming() -> Actions:
    return union(map(expand, ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")))


def _opener(principal: str, asked: tuple[Clause, ...]) -> Iterator[Opener]:
    kind, _, name = principal.partition(":")
    if kind == "Service":
        service = service_name(name)
        anchors = [_ANCHOR.fullmatch(one) for clause in asked for one in clause.values] if service == _ANYWHERE else []
        certified = " or ".join(one["number"] for one in anchors if one)
        words = _services().runs.get(service, f"the service {name}")
        words = f"whoever holds a certificate of the trust anchor {certified}" if certified else words
        yield Opener(words, name, own_work=service in _services().own)
    elif kind == "Federated" and ":saml-provider/" in name:
        yield Opener(f"anyone in the SAML app {name.rpartition('/')[2]}", name)
    elif kind == "Federated":
        yield from _federated(name, asked)


def _federated(provider: str, asked: tuple[Clause, ...]) -> Iterator[Opener]:
    """Whom an issuer of tokens vouches for, as far as the conditions narrow it."""
    issuer = provider.rpartition(":oidc-provider/")[2]
    claims = {
        clause.key.lower().rpartition(":")[2]: clause.values
        for clause in asked
        if clause.key.lower().startswith(f"{issuer.lower()}:") and "not" not in clause.operator
    }
    if issuer == "cognito-identity.amazonaws.com":
        pools = " or ".join(claims.get("aud", ("that is not named",)))
        yield Opener(f"users of the Cognito identity pool {pools}", provider)
        return
    subjects = claims.get("sub", ())
    if issuer == _GITHUB:
        subjects = subjects or tuple(f"repo:{name}" for name in claims.get("repository", ()))
        subjects = subjects or tuple(f"repo:{owner}/*" for owner in claims.get("repository_owner", ()))
    # Any other claim that the trust checks, such as a namespace's id, names somebody.
    others = [f"{claim} {one}" for claim in claims.keys() - _ANYBODYS for one in claims[claim] if one.strip("*")]
    if issuer in _PUBLIC and not subjects:
        subjects = tuple(others)
    for one in subjects or ("*",):
        anybody = issuer in _PUBLIC and not others and not _is_owned(issuer, one)
        words = _subject(issuer, one)
        like = f"{_anybody(issuer)} whose subject is like {one}" if anybody and words != _anybody(issuer) else words
        yield Opener(like, one if one.strip("*") else provider, anybody)


def _is_owned(issuer: str, subject: str) -> bool:
    """Whether what a subject's pattern describes is all of one owner, whom nobody else can be called like."""
    owner = _OWNER.get(issuer)
    head = literal_head(subject)
    if owner is None or not subject.startswith(owner.pattern.partition(":")[0]):
        return bool(head)
    return owner.match(subject) is not None


def _anybody(issuer: str) -> str:
    if issuer == _GITHUB:
        return "any repository on GitHub"
    if "gitlab" in issuer:
        return f"any project on {issuer}"
    return f"any pod of the EKS cluster {issuer}" if _EKS.fullmatch(issuer) else f"anyone whom {issuer} signs in"


def _subject(issuer: str, subject: str) -> str:
    """One subject of a token in words."""
    if not subject.removeprefix("repo:").strip("*"):
        return _anybody(issuer)
    repository = _REPOSITORY.fullmatch(subject) if issuer == _GITHUB else None
    if repository:
        owner, name = repository.groups()
        if not owner.strip("*"):
            return _anybody(issuer)
        every = not name.strip("*")
        return f"any repository of {owner} on GitHub" if every else f"the repository {owner}/{name} on GitHub"
    if project := _PROJECT.fullmatch(subject):
        return f"the project {project['path']} on {issuer}" if project["path"].strip("*") else _anybody(issuer)
    if workload := _WORKLOAD.fullmatch(subject):
        return f"the service account {workload['namespace']}/{workload['name']} of an EKS cluster"
    return f"{subject} of {issuer}"
