"""Which system a database or a machine belongs to, by its address."""

import pytest

from auditor.config.models import Config
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.vocabulary import ActorClass, Level
from auditor.providers.registry import with_system_at
from auditor.providers.systems import Systems

SYSTEMS = {
    "orders": [{"provider": "aws", "account": "111122223333", "match": ["*orders*"]}],
    "stock": [{"provider": "aws", "account": "111122223333", "match": ["*:cluster:stock"]}],
    "search": [{"provider": "gcp", "project": "quay-search", "match": ["*/instances/index-*"]}],
    "web": [{"provider": "ssh", "host": "web-*"}],
}
REGION = "eu-central-1"


def system_at(config, host):
    who = Identity(account="x", actor_class=ActorClass.PERSON)
    path = Entitlement(
        identity=who, account="x", provider="ssh", scope=host, system=None, capabilities=frozenset(),
        level=Level.WRITE, path=(), resource=host,
    )  # fmt: skip
    found = with_system_at(config, path, Systems(config))
    return found and found.system


@pytest.fixture
def at():
    systems = [{"id": name, "name": name.title(), "resources": found} for name, found in SYSTEMS.items()]
    config = Config.model_validate({"organisation": "Quay", "systems": systems})
    return lambda host: system_at(config, host)


@pytest.mark.parametrize(
    ("host", "system"),
    [
        ("web-1", "web"),
        (f"orders.c1x2y3.{REGION}.rds.amazonaws.com", "orders"),
        (f"Orders.C1x2y3.{REGION}.rds.amazonaws.com", "orders"),
        (f"stock.cluster-ro-c1x2y3.{REGION}.docdb.amazonaws.com", "stock"),
        (f"stock.c1x2y3.{REGION}.rds.amazonaws.com", None),
        (f"orders.c1x2y3.{REGION}.redshift.amazonaws.com", "orders"),
        (f"other.c1x2y3.{REGION}.rds.amazonaws.com", None),
        ("index-1.europe-west1-b.c.quay-search.internal", "search"),
        ("index-1.c.quay-search.internal", "search"),
        ("index-1.europe-west1-b.c.quay-lab.internal", None),
        ("db.quay.example", None),
    ],
)
def test_the_system_of_an_address(at, host, system):
    assert at(host) == system


def test_an_address_that_two_systems_accounts_may_have_is_told_of_neither():
    both = [
        {"id": name, "name": name, "resources": [{"provider": "aws", "account": number * 12}]}
        for name, number in (("a1", "1"), ("b2", "2"))
    ]
    config = Config.model_validate({"organisation": "Quay", "systems": both})
    assert system_at(config, f"orders.c1x2y3.{REGION}.rds.amazonaws.com") is None
    one = Config.model_validate({"organisation": "Quay", "systems": both[:1]})
    assert system_at(one, f"orders.c1x2y3.{REGION}.rds.amazonaws.com") == "a1"
