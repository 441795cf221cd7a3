"""Which systems of an AWS account a policy's resource patterns concern, and which they cover whole.

The auditor knows systems by name patterns (`*checkout*`), not by an inventory of resources. So a pattern concerns a
system when its own text is one of the system's (`table/checkout-*`), when it names nothing narrower than a kind of
resource (`*`, `arn:aws:s3:::*`, `table/*`), or when its name stops short inside the system's (`table/check*`). It
covers a system when every resource that could be the system's is in it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from auditor.model.globs import covers, is_literal, literal_head, literal_length, matches, overlap
from auditor.providers.aws.actions import (
    NONE,
    Actions,
    ResourceType,
    catalogue,
    expand,
    parts_of,
    resource_types,
    types_of,
    union,
)

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_LITERAL = re.compile(r"\$\{([*?$])\}")
# What may stand before a name, and says nothing of whose it is: a cluster of ECS, an environment's folder.
_FOLDERS = {
    "ecs": re.compile(r"[^/]*/"),
    **dict.fromkeys(
        ("ecr", "logs", "secretsmanager", "ssm"),
        re.compile(r"/?(?:(?:prod|production|prd|live|apps?|services?|secrets?|config|shared)/)+", re.IGNORECASE),
    ),
}
# Name spaces that AWS itself puts before a name: /aws/lambda/checkout, /ecs/checkout.
_AWS_FOLDER = re.compile(r"/?(aws/[a-z-]+|ecs|eks)/")
# What changes, starts or opens things of other services, and names its own.
_FURTHER = (
    *("application-autoscaling", "autoscaling", "backup", "cloudformation", "codebuild", "codedeploy", "codepipeline"),
    *("elasticbeanstalk", "rds-data", "rds-db", "ssm"),
)


@dataclass(frozen=True, slots=True)
class AccountResources:
    """One AWS account as policies see it.

    Args:
        partition: `aws`, `aws-cn` …
        account: the account's number.
        systems: name patterns of the systems that have resources in it, by system id.
    """

    partition: str
    account: str
    systems: Mapping[str, tuple[str, ...]]
    _seen: dict[tuple[bool, str, str | None], Actions] = field(default_factory=dict, repr=False, compare=False)
    _kinds: dict[str, Actions] = field(default_factory=dict, repr=False, compare=False)
    _owners: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def touches(self, pattern: str, system: str | None) -> Actions:
        """The actions that can reach a resource of the system (None: of the account) through this pattern."""
        key = (False, pattern, system)
        if key not in self._seen:
            self._seen[key] = self._touches(pattern, system)
        return self._seen[key]

    def covers(self, pattern: str, system: str | None) -> Actions:
        """The actions that this pattern names every resource of the system (None: of the account) for."""
        key = (True, pattern, system)
        if key not in self._seen:
            self._seen[key] = self._covers(pattern, system)
        return self._seen[key]

    def owners(self, pattern: str) -> frozenset[str]:
        """The systems whose name patterns describe this text, the most specific only."""
        if pattern not in self._owners:
            self._owners[pattern] = self._most_specific(pattern)
        return self._owners[pattern]

    def _most_specific(self, pattern: str) -> frozenset[str]:
        texts = _texts(pattern)
        ranks = {
            system: max(_rank(glob) for glob in globs if any(covers(glob, text) for text in texts))
            for system, globs in self.systems.items()
            if any(covers(glob, text) for glob in globs for text in texts)
        }
        best = max(ranks.values(), default=None)
        return frozenset(system for system, rank in ranks.items() if rank == best)

    def _touches(self, pattern: str, system: str | None) -> Actions:
        if not pattern.strip("*"):
            return catalogue().everything if system is None else self._about(system)
        plain = _without_variables(pattern)
        parts = parts_of(plain)
        if parts and parts[4] and not matches(parts[4], self.account):
            return NONE
        # Users, roles and policies are nobody's system: what one can do to them is who one can become.
        kinds = tuple(kind for kind in types_of(plain) if system is None or kind.service != "iam")
        if system is None:
            return _actions(kinds)
        return _actions(self._concerned(pattern, plain, kinds, system)) & self._about(system)

    def _about(self, system: str) -> Actions:
        """The actions that can be about something of a system: of some kinds, where ARNs alone say what it has."""
        if system not in self._kinds:
            self._kinds[system] = _about(self.systems[system]) & ~expand("iam:*")
        return self._kinds[system]

    def _concerned(
        self, pattern: str, plain: str, kinds: tuple[ResourceType, ...], system: str
    ) -> Iterable[ResourceType]:
        """The kinds of resource for which the pattern concerns the system."""
        if any(one.startswith("arn:") and is_literal(one) and matches(plain, one) for one in self.systems[system]):
            return kinds
        owners = [owner for owner in self.owners(plain) if not _describes_all(self.systems[owner])]
        if owners or _describes_all(self.systems[system]):
            return kinds if system in owners or not owners else ()
        if parts_of(plain) is None:
            return kinds if _says_nothing(plain) else ()
        head = literal_head(pattern.split(":", 5)[5])
        if is_literal(pattern) or "${" in head:
            return ()
        return (kind for kind in kinds if self._stops_short(head, kind, system))

    def _stops_short(self, head: str, kind: ResourceType, system: str) -> bool:
        """Whether a name that begins like this can still become the system's."""
        if kind.head.startswith(head):
            return True
        if not head.startswith(kind.head):
            return False
        name = head[len(kind.head) :]
        folder = _AWS_FOLDER.match(name)
        name = name[folder.end() :] if folder else name
        before = _FOLDERS[kind.service].match(name) if kind.service in _FOLDERS else None
        name = name[before.end() :] if before else name
        return any(literal_head(glob.lstrip("*")).startswith(name) for glob in self.systems[system])

    def _covers(self, pattern: str, system: str | None) -> Actions:
        if not pattern.strip("*"):
            return catalogue().everything
        if _VARIABLE.search(_LITERAL.sub("", pattern)):
            return NONE
        plain = _without_variables(pattern)
        globs = ("*",) if system is None else self.systems[system]
        kinds = [kind for kind in types_of(plain) if not kind.head.startswith("accesspoint")]
        # What of the system is of another service has no part in what a pattern of this one covers.
        about = {kind: [one for one in globs if not one.startswith("arn:") or _is_of(one, kind)] for kind in kinds}
        whole = [k for k in kinds if about[k] and all(covers(plain, self._resources(k, one)) for one in about[k])]
        required, optional = union(kind.required for kind in whole), union(kind.optional for kind in whole)
        shapes = {kind.shape for kind in whole}
        left = _actions(kind for kind in _choices(optional) if kind.shape not in shapes)
        return required | (optional & ~left)

    def _resources(self, kind: ResourceType, glob: str) -> str:
        """The pattern of every resource of one kind that a system's name pattern describes."""
        if glob.startswith("arn:"):
            return glob
        _, _, service, region, account, _ = kind.shape.split(":", 5)
        return f"arn:{self.partition}:{service}:{region}:{account and self.account}:{kind.head}{glob}"


def _is_of(arn: str, kind: ResourceType) -> bool:
    """Whether an ARN's pattern can name a thing of a kind's service; of S3, a bucket or what is in one."""
    if not overlap(arn.split(":", 3)[2] if arn.count(":") > 1 else "*", kind.service):
        return False
    return kind.service != "s3" or (
        overlap(kind.shape, arn) and (is_literal(arn) or "/" in kind.shape or "/" not in arn)
    )


def _without_variables(pattern: str) -> str:
    """Policy variables stand for anything; `${*}` for a star itself, which no name has."""
    return _VARIABLE.sub("*", _LITERAL.sub("-", pattern))


def _texts(pattern: str) -> frozenset[str]:
    """What a system's name pattern may describe of an ARN's pattern: the whole of it, or its name."""
    parts = parts_of(pattern)
    if parts is None:
        return frozenset({pattern})
    heads = {kind.head for kind in types_of(pattern)}
    names = (parts[5].removeprefix(head) for head in heads if parts[5].startswith(head))
    return frozenset({pattern, parts[5], *names})


def _about(globs: tuple[str, ...]) -> Actions:
    """What is asked of their services, whatever it is on, and by others of such things."""
    parts = [parts_of(glob) for glob in globs]
    services = {one[2] for one in parts if one and is_literal(one[2])}
    if not all(one and is_literal(one[2]) for one in parts):
        return catalogue().everything
    of_kinds = union(kind.actions for glob in globs for kind in types_of(glob))
    return union(expand(f"{service}:*") for service in (*services, *_FURTHER)) | of_kinds


def _describes_all(globs: tuple[str, ...]) -> bool:
    return any(not glob.strip("*") for glob in globs)


def _says_nothing(pattern: str) -> bool:
    """Whether a pattern that is no ARN names no more than a service (`arn:aws:s3*`)."""
    return "*" in pattern and literal_head(pattern).count(":") <= 2  # noqa: PLR2004 - arn:aws:s3


def _rank(glob: str) -> tuple[bool, int]:
    return (is_literal(glob), literal_length(glob))


@lru_cache(maxsize=4096)
def _choices(optional: Actions) -> tuple[ResourceType, ...]:
    """The kinds of resource that these actions choose among; access points are ways to the same objects."""
    kinds = (kind for found in resource_types().values() for kind in found if kind.optional & optional)
    return tuple(kind for kind in kinds if not kind.head.startswith("accesspoint"))


def _actions(kinds: Iterable[ResourceType]) -> Actions:
    return union(kind.actions for kind in kinds)
