"""Systems by the tags of their resources."""

import json

import pytest

from auditor.model.tables import Policy
from auditor.providers.aws.tags import with_tagged
from auditor.providers.systems import Systems
from tests.cases import AWS, config, row

WEB = f"arn:aws:ec2:eu-central-1:{AWS}:instance/i-0123456789abcdef0"
DB = f"arn:aws:rds:eu-central-1:{AWS}:db:orders"


def tagged(arn: str, account: str = AWS, **tags: str) -> Policy:
    return Policy(**row(policy=arn, kind="tags", attached_to=account, document=json.dumps(tags)))


def systems(tags: dict[str, str], *rows: Policy, match: list[str] | None = None) -> Systems:
    place = {"provider": "aws", "account": AWS, "tags": tags, **({"match": match} if match else {})}
    known = {"id": "shop", "name": "Shop", "primary": "mia", "backup": "leon", "on_duty": ["mia"]}
    return Systems(with_tagged(config(systems=[{**known, "resources": [place]}]), rows))


ROWS = (
    tagged(WEB, service="checkout", env="prod"),
    tagged(DB, service="checkout"),
    tagged(f"arn:aws:rds:eu-central-1:{AWS}:db:stock", service="stock"),
    tagged("arn:aws:rds:eu-central-1:999900001111:db:far", "999900001111", service="checkout"),
)


@pytest.mark.parametrize(
    ("resource", "system"),
    [
        (WEB, "shop"),
        (WEB.replace(":ec2:", ":ssm:"), "shop"),
        (f"{WEB.replace(':ec2:', ':ssm:')} db.example.org", "shop"),
        (DB, "shop"),
        ("tag:service=checkout", "shop"),
        (f"arn:aws:rds:eu-central-1:{AWS}:db:stock", None),
        (f"arn:aws:ecs:eu-central-1:{AWS}:service/prod/orders", None),
        (WEB[:-1] + "1", None),
        (None, None),
    ],
)
def test_what_has_the_tags_is_the_systems_under_whatever_name(resource: str | None, system: str | None) -> None:
    assert systems({"service": "checkout"}, *ROWS).of("aws", AWS, resource) == system


@pytest.mark.parametrize(
    ("arn", "called"),
    [
        ("arn:aws:s3:::shop", "arn:aws:s3:::shop/orders/1.csv"),
        (f"arn:aws:secretsmanager:x:{AWS}:secret:prod/db-AbCdEf", f"arn:aws:secretsmanager:x:{AWS}:secret:prod/db"),
        (f"arn:aws:cloudformation:x:{AWS}:stack/web/6d1c-4000", f"arn:aws:cloudformation:x:{AWS}:stack/web"),
        (
            f"arn:aws:autoscaling:x:{AWS}:autoScalingGroup:6d1c-4000:autoScalingGroupName/web",
            f"arn:aws:autoscaling:x:{AWS}:autoScalingGroup:*:autoScalingGroupName/web",
        ),
        (
            f"arn:aws:elasticloadbalancing:x:{AWS}:loadbalancer/app/web/1",
            f"arn:aws:elasticloadbalancing:x:{AWS}:listener/app/web/1/2",
        ),
    ],
)
def test_what_calls_name_otherwise_than_what_is_tagged_is_the_same(arn: str, called: str) -> None:
    found = systems({"service": "checkout"}, tagged(arn, service="checkout"))
    assert (found.of("aws", AWS, called), found.of("aws", AWS, arn)) == ("shop", "shop")
    assert systems({"service": "x"}, match=[arn]).of("aws", AWS, called) == "shop"
    assert found.of("aws", AWS, called.replace("web", "other").replace("shop", "other").replace("db", "x")) is None


def test_all_tags_must_be_there_and_values_may_be_patterns() -> None:
    both = systems({"service": "check*", "env": "prod"}, *ROWS)
    assert (both.of("aws", AWS, WEB), both.of("aws", AWS, DB)) == ("shop", None)


def test_patterns_beside_tags_are_meant_as_well() -> None:
    also = systems({"service": "checkout"}, *ROWS, match=["*stock*"])
    assert [also.of("aws", AWS, arn) for arn in (DB, f"arn:aws:rds:eu-central-1:{AWS}:db:stock")] == ["shop", "shop"]


def test_tags_that_were_not_read_place_what_is_addressed_by_them_only() -> None:
    unread = systems({"service": "checkout"})
    assert (unread.of("aws", AWS, "tag:service=checkout"), unread.of("aws", AWS, WEB)) == ("shop", None)
    assert unread.of_scope("aws", AWS) == ("shop",)


@pytest.mark.parametrize(("alias", "added"), [("alias/checkout", True), ("alias/mail", False)])
def test_a_key_belongs_to_the_system_that_its_alias_names(alias, added):
    key = f"arn:aws:kms:eu-central-1:{AWS}:key/1"
    place = {"provider": "aws", "account": AWS, "match": ["*checkout*"]}
    known = config(systems=[{"id": "checkout", "name": "Checkout", "resources": [place]}])
    carried = Policy(**row(policy=f"{AWS}#{key}#policy", kind="resource", attached_to=key, name=alias, document="{}"))
    (system,) = with_tagged(known, [carried]).systems
    assert system.resources[0].match == (("*checkout*", key) if added else ("*checkout*",))
