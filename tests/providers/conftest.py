"""Rows of a made-up AWS account, built as the collector builds them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import ActorClass
from auditor.providers.aws.rights import aws_access

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = {"source": "iam", "collected_at": AT, "origin": "dump.json"}


def identify(account):
    """A declared role is a pipeline, an ordinary user a person of that name, everything else unknown."""
    kind, _, name = account.split(":")[-1].rpartition("/")
    if kind == "user":
        return Identity(account=account, actor_class=ActorClass.PERSON, person=name)
    if name.startswith("ci-"):
        return Identity(account=account, actor_class=ActorClass.PIPELINE, owner=name)
    return Identity(account=account, actor_class=ActorClass.UNKNOWN)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def only(operator, key, *values):
    """What a statement counts for alone."""
    return {"Condition": {operator: {key: list(values)}}}


@dataclass
class Iam:
    """IAM of one account; several can be resolved together."""

    number: str = "111122223333"
    accounts: list = field(default_factory=list)
    memberships: list = field(default_factory=list)
    policies: list = field(default_factory=list)
    grants: list = field(default_factory=list)
    credentials: list = field(default_factory=list)
    service_uses: list = field(default_factory=list)

    def arn(self, kind, name):
        return f"arn:aws:iam::{self.number}:{kind}/{name}"

    def user(self, name, *, inline=None, attached=None, boundary=None, groups=(), enabled=True, **known):
        arn = self._principal("user", name, "unknown", inline, attached, enabled=enabled, **known)
        if boundary is not None:
            self._policy(self.arn("policy", "fence"), "boundary", arn, "fence", boundary)
        for group in groups:
            self.memberships.append(Membership(**PLACE, group=self.arn("group", group), member=arn))
            self._grant(arn, self.arn("group", group), f"{name} in {group}")
        return arn

    def group(self, name, *, inline=None, attached=None):
        return self._principal("group", name, "group", inline, attached)

    def role(self, name, *, trust, inline=None, attached=None, boundary=None, **known):
        arn = self._principal("role", name, "role", inline, attached, **known)
        if boundary is not None:
            self._policy(self.arn("policy", "fence"), "boundary", arn, "fence", boundary)
        statements = trust if isinstance(trust, list) else [{"Principal": trust}]
        full = [{"Effect": "Allow", "Action": "sts:AssumeRole", **statement} for statement in statements]
        self._policy(f"{arn}#trust", "trust", arn, "trust", document(*full))
        for statement in full:
            named = statement.get("Principal", {})
            for member in [named["AWS"]] if isinstance(named, dict) and isinstance(named.get("AWS"), str) else []:
                self._grant(member, arn, f"{member.rpartition('/')[2]} may become {name}")
        return arn

    def organisation(self, *statements):
        self._policy("p-1", "service-control", self.number, "p-1", document(*statements))

    def _principal(self, kind, name, row_kind, inline, attached, **known):
        arn = self.arn(kind, name)
        short = name.rpartition("/")[2]
        self.accounts.append(
            Account(**PLACE, account=arn, provider="aws", scope=self.number, kind=row_kind, name=short, **known)
        )
        for title, statements in (inline or {}).items():
            text = statements if isinstance(statements, str) else document(*statements)
            self._policy(f"{arn}#{title}", "identity", arn, title, text)
            self._grant(arn, title, f"{title} on {short}")
        for title, statements in (attached or {}).items():
            policy = f"arn:aws:iam::aws:policy/{title}"
            self._policy(policy, "identity", arn, title, document(*statements))
            self._grant(arn, policy, f"{title} on {short}")
        return arn

    def _policy(self, policy, kind, attached_to, name, text):
        row = Policy(
            **PLACE,
            record=len(self.policies),
            policy=policy,
            kind=kind,
            attached_to=attached_to,
            name=name,
            document=text,
        )
        self.policies.append(row)

    def _grant(self, principal, role, handle):
        self.grants.append(
            Grant(**PLACE, principal=principal, role=role, resource=self.number, provider="aws", handle=handle)
        )

    def key(self, account, **known):
        self.credentials.append(
            Credential(**PLACE, credential="AKIAEXAMPLE", kind="access-key", account=account, provider="aws", **known)
        )


@pytest.fixture
def iam():
    return Iam()


@pytest.fixture
def other_iam():
    return Iam("444455556666")


@pytest.fixture
def config():
    aws = {"provider": "aws", "account": "111122223333"}
    return Config.model_validate(
        {
            "organisation": "Quay",
            "systems": [
                {
                    "id": "shop",
                    "name": "Shop",
                    "resources": [{**aws, "match": ["*shop*"]}, {"provider": "ssh", "host": "web-*"}],
                },
                {
                    "id": "mail",
                    "name": "Mail",
                    "resources": [{**aws, "match": ["*mail*"]}, {"provider": "ssh", "host": "web-mail-1"}],
                },
            ],
        }
    )


@pytest.fixture
def resolve(config):
    """The rights in these accounts."""

    def rights(*accounts):
        tables = ("accounts", "memberships", "policies", "grants", "credentials", "service_uses")
        rows = {table: [row for iam in accounts for row in getattr(iam, table, ())] for table in tables}
        return aws_access(config, Snapshots(**rows), identify, AT)

    return rights
