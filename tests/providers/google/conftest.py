"""Rows of a made-up Google organisation, built as the collector builds them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import pytest

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.model.tables import Account, Grant, Membership, Policy
from auditor.model.vocabulary import ActorClass
from auditor.providers.google.rights import google_access

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = {"source": "gcp", "collected_at": AT, "origin": "bindings.json"}


def config(**changes):
    systems = [
        {"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "quay-shop"}]},
        {
            "id": "search",
            "name": "Search",
            "resources": [{"provider": "gcp", "project": "quay-shared", "match": ["*search*"]}],
        },
        {
            "id": "mail",
            "name": "Mail",
            "resources": [{"provider": "gcp", "project": "quay-shared", "match": ["*mail*"]}],
        },
    ]
    return Config.model_validate({"organisation": "Quay", "systems": systems, **changes})


def identify(account, robots=ActorClass.SERVICE):
    kind, _, name = account.partition(":")
    if kind == "user":
        return Identity(account=account, actor_class=ActorClass.PERSON, person=name.partition("@")[0])
    return Identity(account=account, actor_class=robots if kind == "serviceAccount" else ActorClass.UNKNOWN)


def condition(expression, title="", description=""):
    return json.dumps({"expression": expression, "title": title, "description": description})


@dataclass
class Quay:
    """Bindings of one organisation, to be resolved together."""

    accounts: list = field(default_factory=list)
    memberships: list = field(default_factory=list)
    policies: list = field(default_factory=list)
    grants: list = field(default_factory=list)
    config: Config = field(default_factory=config)
    declares: bool = True

    def bind(self, member, role, resource="quay-shop", only=None):
        row = Grant(
            **PLACE,
            principal=member,
            role=role,
            resource=resource,
            provider="gcp",
            condition=only,
            handle=f'{{"role": "{role}"}}',
        )
        self.grants.append(row)

    def place(self, name, *ancestors, number="", home=None):
        document = json.dumps({"number": number, "ancestors": list(ancestors)})
        row = Policy(**PLACE, policy=name, kind="ancestry", attached_to=home or name, name=name, document=document)
        self.policies.append(row)

    def role(self, name, *permissions):
        document = json.dumps({"includedPermissions": permissions})
        self.policies.append(Policy(**PLACE, policy=name, kind="role-definition", attached_to=name, document=document))

    def group(self, name, *members):
        self.accounts.append(
            Account(**PLACE, account=name, provider="gcp", scope="quay-shop", kind="group", enabled=bool(members))
        )
        self.memberships += [Membership(**PLACE, group=name, member=member) for member in members]

    def robot(self, name, project="quay-shop", enabled=True):
        account = f"serviceAccount:{name}@{project}.iam.gserviceaccount.com"
        self.accounts.append(
            Account(**PLACE, account=account, provider="gcp", scope=project, kind="service", enabled=enabled)
        )
        return account

    def resolve(self):
        rows = Snapshots(
            accounts=self.accounts, memberships=self.memberships, policies=self.policies, grants=self.grants
        )
        who = identify if self.declares else partial(identify, robots=ActorClass.UNKNOWN)
        return google_access(self.config, rows, who, AT)

    def of(self, person):
        return [access for access in self.resolve().access if access.person == person]


@pytest.fixture
def quay():
    return Quay()
