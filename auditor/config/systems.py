"""The part of auditor.yaml about systems: where each runs, who answers for it, how it is rolled back."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from auditor.config.base import AwsAccount, Model, Name, Text, optional, several
from auditor.model.globs import glob_regex
from auditor.model.hosts import short_name

Patterns = Annotated[tuple[Text, ...], Field(description="patterns with `*` and `?`")]


# What AWS itself makes up, and gives to nothing else: i-0a1b…, Z0A1B…, the ids of tasks.
UNIQUE = r"arn:.*[:/]([a-z]+-[0-9a-f]{8,17}|[A-Z0-9]{12,}|[0-9a-f]{32})"


def unique_id(arn: str) -> str | None:
    """The id at the end of an ARN that nothing else has; services name the same thing by different ARNs."""
    match = re.fullmatch(UNIQUE, arn)
    return match[1] if match else None


class Place(Model):
    """What every entry of `resources` comes to: names within a scope (account, project, host) of a provider."""

    SCOPE: ClassVar[str]  # the field that holds the scope

    provider: str
    behind: Text | None = optional(
        "the private network that it answers in alone: a VPN's name, or with a group, tag or host "
        "of it, as in `office/prod`"
    )

    @property
    def provider_name(self) -> str:
        """The provider as rows name it."""
        return self.provider

    @property
    def scope(self) -> str:
        """The account, project or host; of hosts a pattern."""
        return str(getattr(self, self.SCOPE))

    @property
    def names(self) -> tuple[str, ...]:
        """Patterns of the names that are meant in it."""
        return getattr(self, "match", ("*",))

    def has_scope(self, scope: str) -> bool:
        """Whether it lies in this account, project or host."""
        return scope == self.scope

    def called(self, scope: str) -> str:
        """The name that an account, project or host of its has here, where it may be written otherwise."""
        return scope


class AwsResource(Place):
    """Resources of one AWS account whose ARN or name matches one of the patterns, and those with all of the tags."""

    SCOPE = "account"

    provider: Literal["aws"]
    account: AwsAccount
    tags: dict[Text, Text] = Field(
        default={}, description="tags of what is meant, all of them; `aws-resources` tells what has them"
    )
    match: Patterns = ("*",)

    @model_validator(mode="before")
    @classmethod
    def _tags_alone(cls, given: Any) -> Any:
        """Tags without patterns mean what they are on, and not all of the account."""
        alone = isinstance(given, dict) and given.get("tags") and "match" not in given
        return {**given, "match": ()} if alone else given

    @property
    def names(self) -> tuple[str, ...]:
        """Patterns, the ids in them that nothing else has, and the tags: commands address machines by them."""
        tags = " ".join(f"tag:{key}={value}" for key, value in sorted(self.tags.items()))
        ids = (found for name in self.match if (found := unique_id(name)))
        return (*self.match, *ids, *([tags] if tags else ()))


class GoogleResource(Place):
    """A Google Cloud project, by id or number."""

    SCOPE = "project"

    provider: Literal["gcp"]
    project: Text = Field(description="id or number, in quotes")
    match: Patterns = ("*",)


class ForgeResource(Place):
    """A project of a forge, of which two never differ in case alone, and the environment that is production."""

    environment: Text | None = optional("the environment that is production; every one if left out")

    def has_scope(self, scope: str) -> bool:
        """Whether it is this project, in capitals or not."""
        return scope.casefold() == self.scope.casefold()

    def takes(self, environment: str | None) -> bool:
        """Whether a deployment to this environment reaches production."""
        return self.environment is None or self.environment.casefold() == (environment or "").casefold()


class GitlabResource(ForgeResource):
    """A GitLab project, and the environment that is production."""

    SCOPE = "project"

    provider: Literal["gitlab"]
    project: Text = Field(description="path such as harbour/checkout")


class GithubResource(ForgeResource):
    """A GitHub repository, and the environment that is production."""

    SCOPE = "repository"

    provider: Literal["github"]
    repository: Text = Field(description="owner and name, such as harbour/checkout")


class PostgresResource(Place):
    """A PostgreSQL server: all of it, a database, or a schema of one."""

    SCOPE = "instance"

    provider: Literal["postgres"]
    instance: Text = Field(description="the server, as its sources name it")
    database: Text | None = optional("a database; every one if left out")
    schema_: Text | None = Field(default=None, alias="schema", description="a schema in it; every one if left out")

    @property
    def names(self) -> tuple[str, ...]:
        """The database or schema, and what is in it: `shop`, `shop/public`, `shop/public/orders`."""
        name = "/".join(filter(None, (self.database or (self.schema_ and "*"), self.schema_)))
        return (name, f"{name}/*") if name else ("*",)


class MysqlResource(Place):
    """A MySQL or MariaDB server: all of it, or a database."""

    SCOPE = "instance"

    provider: Literal["mysql"]
    instance: Text = Field(description="the server, as its sources name it")
    database: Text | None = optional("a database; every one if left out")

    @property
    def names(self) -> tuple[str, ...]:
        """The database, and the tables in it."""
        return (self.database, f"{self.database}/*") if self.database else ("*",)


def _fits(pattern: str, host: str) -> bool:
    return bool(glob_regex(pattern.lower()).fullmatch(host.lower()))


class SshResource(Place):
    """Hosts by name pattern."""

    SCOPE = "host"

    provider: Literal["ssh"]
    host: Text = Field(description="host name, `*` and `?` allowed")

    def has_scope(self, scope: str) -> bool:
        """Whether the host is one of them, in capitals or not, with its domain or by its short name."""
        return _fits(self.host, scope) or self.called(scope) != scope

    def called(self, scope: str) -> str:
        """The host with the domain that it has here, or without one."""
        first, dot, domain = self.host.partition(".")
        if bool(dot) == ("." in scope) or first == "*" or _fits(self.host, scope):
            return scope
        if not _fits(first, short_name(scope)):
            return scope
        return f"{scope}.{domain}" if dot else short_name(scope)


class VpnResource(Place):
    """Groups, tags or hosts of a VPN, whose members reach a system; `behind` of its other resources says so too."""

    SCOPE = "network"

    provider: Literal["vpn"]
    network: Text = Field(description="the VPN, as its sources name it")
    match: Patterns = ("*",)


class VaultResource(Place):
    """Secrets of a HashiCorp Vault server, by their paths as its audit log has them, behind those of namespaces."""

    SCOPE = "instance"

    provider: Literal["vault"]
    instance: Text = Field(description="the server or cluster, as its source names it")
    match: Patterns = ("*",)


class OtherResource(Place):
    """Resources of a provider that the auditor has no description of: what its rows state counts."""

    SCOPE = "account"

    provider: Literal["other"]
    name: Text = Field(description="the provider, as its rows name it")
    account: Text = Field(description="its account, project, group or host, as its rows name it")
    match: Patterns = ("*",)

    @property
    def provider_name(self) -> str:
        """The provider as rows name it."""
        return self.name


Resource = Annotated[
    AwsResource
    | GoogleResource
    | GitlabResource
    | GithubResource
    | PostgresResource
    | MysqlResource
    | SshResource
    | VpnResource
    | VaultResource
    | OtherResource,
    Field(discriminator="provider"),
]


def resource_entry(provider: str, scope: str, name: str | None) -> dict[str, Any]:
    """The entry of `resources` by which a system would claim a thing: as the configuration has it.

    Empty where no system can: it is of a forge's group or organisation, or of its server.
    """
    kinds: Sequence[type[Place]] = get_args(get_args(Resource)[0])
    kind = next((k for k in kinds if provider in get_args(k.model_fields["provider"].annotation)), OtherResource)
    if kind is OtherResource:
        return {"provider": "other", "name": provider, "account": scope}
    if issubclass(kind, ForgeResource) and "/" not in scope:
        return {}
    match: dict[str, Any] = {"match": [name]} if name and "match" in kind.model_fields else {}
    if name and "database" in kind.model_fields:
        match = {"database": name.partition("/")[0]}
    return {"provider": provider, kind.SCOPE: scope, **match}


class RollbackPath(Model):
    """One way back: who goes it, and how."""

    owner: Text | None = optional("person who answers for it")
    steps: Text | None = optional("where its steps are written: a link, a file, or the steps")


class Rollback(Model):
    """The ways back to what ran before."""

    code: RollbackPath = Field(default=RollbackPath.model_construct(), description="back to the build before")
    config: RollbackPath = Field(default=RollbackPath.model_construct(), description="back to the settings before")


class System(Model):
    """A thing that production is made of, with the people who answer for it."""

    id: Name = Field(description="short id; tickets and findings name systems by it")
    name: Text = Field(description="name as people write it")
    primary: Text | None = optional("person who owns it")
    backup: Text | None = optional("person who stands in")
    on_duty: tuple[Text, ...] = several("people who answer its alarms, where no rota is read")
    aliases: tuple[Text, ...] = several("other names that tickets use")
    rollback: Rollback | None = optional("who rolls it back, and by which steps")
    resources: tuple[Resource, ...] = several("where it runs; the most specific match wins")

    @property
    def owners(self) -> frozenset[str]:
        """Primary and backup."""
        return frozenset(p for p in (self.primary, self.backup) if p)

    @property
    def names(self) -> tuple[str, ...]:
        """What people call it."""
        return (self.id, self.name, *self.aliases)
