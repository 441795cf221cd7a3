"""Which systems a resource pattern concerns, and which it covers whole."""

import itertools

import pytest

from auditor.providers.aws.actions import NONE, catalogue, expand, types_of
from auditor.providers.aws.resources import AccountResources

ACCOUNT = "111122223333"
SYSTEMS = {"shop": ("*shop*",), "admin": ("*shop-admin*",), "mail": ("mail-*", "*-mail")}
TABLE = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/"


def account(**systems):
    return AccountResources("aws", ACCOUNT, systems or SYSTEMS)


def concerned(pattern, action, where=None):
    """The systems on whose resources the action can be done through the pattern."""
    land = where or account()
    return {system for system in land.systems if land.touches(pattern, system) & expand(action)}


def whole(pattern, action, where=None):
    land = where or account()
    return {system for system in land.systems if land.covers(pattern, system) & expand(action)}


@pytest.mark.parametrize(
    ("pattern", "systems"),
    [
        (f"{TABLE}shop-orders", {"shop"}),
        (f"{TABLE}shop-admin-users", {"admin"}),
        (f"{TABLE}mail-queue", {"mail"}),
        (f"{TABLE}old-mail", {"mail"}),
        (f"{TABLE}warehouse", set()),
        (f"{TABLE}*", {"shop", "admin", "mail"}),
        ("*", {"shop", "admin", "mail"}),
        ("arn:aws:dynamodb:*:*:*", {"shop", "admin", "mail"}),
        ("arn:aws:dynamodb:*:999900001111:table/shop", set()),
        # A name that stops short can still become the system's; a star at the beginning of a pattern may be anything.
        (f"{TABLE}ma*", {"mail"}),
        (f"{TABLE}sho*", {"shop", "admin"}),
        (f"{TABLE}x*", set()),
        ("arn:aws:dynamodb:*:*:ta*", {"shop", "admin", "mail"}),
        ("arn:aws:dynamodb:*:*:index/*", set()),
        (f"{TABLE}${{aws:username}}-x", set()),
        ("warehouse", set()),
    ],
)
def test_a_pattern_concerns_the_systems_whose_names_are_in_it_or_may_be(pattern, systems):
    assert concerned(pattern, "dynamodb:PutItem") == systems


@pytest.mark.parametrize(
    ("pattern", "systems"),
    [
        ("*", {"shop", "admin", "mail"}),
        ("arn:aws:dynamodb:*:*:table/*", {"shop", "admin", "mail"}),
        (f"arn:aws:dynamodb:*:{ACCOUNT}:table/*", {"shop", "admin", "mail"}),
        ("arn:aws:dynamodb:*:*:table/*shop*", {"shop", "admin"}),
        ("arn:aws:dynamodb:*:*:table/*shop-admin*", {"admin"}),
        ("arn:aws:dynamodb:*:*:table/mail-*", set()),
        (f"{TABLE}*", set()),
        ("arn:aws:dynamodb:*:999900001111:table/*", set()),
        ("arn:aws:dynamodb:*:*:table/*${aws:username}*", set()),
        ("arn:aws:s3:::*", set()),
    ],
)
def test_a_pattern_covers_a_system_when_none_of_its_resources_is_outside(pattern, systems):
    assert whole(pattern, "dynamodb:PutItem") == systems


def test_what_was_asked_before_changes_no_answer():
    patterns = ("*", f"{TABLE}*", f"{TABLE}shop-orders", "arn:aws:dynamodb:*:*:table/*shop*", "arn:aws:s3:::shop/*")
    asked = [(kind, p, s) for kind in ("touches", "covers") for p in patterns for s in (None, "shop", "mail")]
    alone = {one: getattr(account(), one[0])(*one[1:]) for one in asked}
    together = account()
    assert {one: getattr(together, one[0])(*one[1:]) for one in asked} == alone
    for one, other in itertools.pairwise([*asked, *reversed(asked)]):
        assert getattr(together, one[0])(*one[1:]) == alone[one]
        assert getattr(together, other[0])(*other[1:]) == alone[other]


@pytest.mark.parametrize(
    ("pattern", "owners"),
    [
        (f"{TABLE}shop-admin-x", {"admin"}),
        (f"{TABLE}shop-mail", {"mail"}),
        ("mail-x", {"mail"}),
        (f"{TABLE}x-mail-x", set()),
        ("arn:aws:s3:::shop/mail-x", {"shop"}),
    ],
)
def test_the_most_specific_names_own_a_resource(pattern, owners):
    assert account().owners(pattern) == owners


def test_a_system_that_is_all_of_the_account_owns_what_no_other_does():
    land = account(all=("*",), shop=("*shop*",))
    assert concerned(f"{TABLE}shop-orders", "dynamodb:PutItem", land) == {"shop"}
    assert concerned(f"{TABLE}warehouse", "dynamodb:PutItem", land) == {"all"}
    assert concerned(f"{TABLE}*", "dynamodb:PutItem", land) == {"all", "shop"}
    assert whole("arn:aws:dynamodb:*:*:table/*", "dynamodb:PutItem", land) == {"all", "shop"}


def test_a_system_may_name_arns():
    land = account(shop=(f"{TABLE}orders*",), rest=("*orders*",))
    assert concerned(f"{TABLE}orders-1", "dynamodb:PutItem", land) == {"shop"}
    assert whole(f"{TABLE}*", "dynamodb:PutItem", land) == {"shop"}


def test_a_bucket_and_what_is_in_it_are_told_apart_and_covered_each_for_itself():
    named = account(shop=("arn:aws:s3:::orders", "arn:aws:s3:::orders/*"))
    for bucket, action in (("arn:aws:s3:::orders", "s3:ListBucket"), ("arn:aws:s3:::orders/*", "s3:GetObject")):
        assert (concerned(bucket, action, named), whole(bucket, action, named)) == ({"shop"}, {"shop"})
    assert whole("arn:aws:s3:::orders/2026/*", "s3:GetObject", named) == set()
    assert whole("arn:aws:s3:::orders", "s3:GetObject", named) == set()


def test_users_and_roles_are_nobodys_system_but_the_accounts():
    pattern = f"arn:aws:iam::{ACCOUNT}:user/shop-*"
    assert concerned(pattern, "iam:PutUserPolicy") == set()
    assert account().touches(pattern, None) & expand("iam:PutUserPolicy")
    assert account().touches("*", None) == catalogue().everything
    assert account().touches("arn:aws:iam::999900001111:user/x", None) == NONE


@pytest.mark.parametrize("name", ["/aws/lambda/sho*", "/aws/rds/cluster/x", "/ecs/sho*"])
def test_names_below_a_folder_of_awss_own_are_read_without_it(name):
    found = concerned(f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{name}", "logs:PutRetentionPolicy")
    assert found == ({"shop", "admin"} if name in ("/aws/lambda/sho*", "/ecs/sho*") else set())


@pytest.mark.parametrize(
    "resource",
    [f"arn:aws:iam:eu-west-1:{ACCOUNT}:user/x", f"arn:aws:s3:eu-west-1:{ACCOUNT}:shop", "arn:aws:sqs:::x:y"],
)
def test_an_arn_with_a_part_too_many_is_of_no_kind(resource):
    assert not [kind for kind in types_of.__wrapped__(resource) if kind.shape.count("*") < 4]
