"""Whom the names in a policy mean in accounts of which there is no evidence, and what is known of them."""

import json

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Policy
from auditor.providers.aws.policy import parse
from auditor.providers.aws.principals import Directory
from auditor.providers.aws.trusted import refusing, scope_of, stranger, strangers
from tests.cases import row
from tests.providers.conftest import only

HOME, VENDOR = "111122223333", "999900001111"
ROOT = f"arn:aws:iam::{VENDOR}:root"


def statement(principal="*", effect="Allow", **more):
    told = {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", **more}
    if "NotPrincipal" in more:
        del told["Principal"]
    return parse(json.dumps({"Statement": told}))[0]


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        (ROOT, VENDOR),
        (VENDOR, VENDOR),
        (f"arn:aws:sts::{VENDOR}:assumed-role/x/y", VENDOR),
        ("arn:aws:iam::cloudfront:user/x", None),
        ("AIDAEXAMPLE", None),
        ("arn:aws:iam", None),
        ("arn:aws:s3:::bucket", None),
        ("cloudfront.amazonaws.com", None),
    ],
)
def test_the_account_that_a_principal_belongs_to(name, scope):
    assert scope_of(name) == scope


@pytest.mark.parametrize(
    ("name", "told", "accounts"),
    [
        (ROOT, {}, {VENDOR}),
        ("AIDAEXAMPLE", {}, set()),
        ("*", {}, {"*"}),
        ("*", only("StringEquals", "aws:PrincipalAccount", VENDOR, HOME), {VENDOR, HOME}),
        ("*", only("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{VENDOR}:role/*"), {VENDOR}),
        ("*", only("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"), {"*"}),
        ("*", only("StringEqualsIfExists", "aws:PrincipalAccount", VENDOR), {"*"}),
        ("*", only("StringNotEquals", "aws:PrincipalAccount", VENDOR), {"*"}),
        ("*", only("StringEquals", "aws:PrincipalOrgID", "o-1"), {"*"}),
    ],
)
def test_whose_accounts_a_name_means(name, told, accounts):
    assert strangers(name, statement(**told)) == accounts


@pytest.mark.parametrize(
    ("denial", "refuses"),
    [
        (statement("*", "Deny"), True),
        (statement({"AWS": ROOT}, "Deny"), True),
        (statement({"AWS": VENDOR}, "Deny"), True),
        (statement({"AWS": "arn:aws:iam::222222222222:root"}, "Deny"), False),
        (statement({"AWS": f"arn:aws-cn:iam::{VENDOR}:root"}, "Deny"), True),
        (statement(effect="Deny", NotPrincipal={"AWS": ROOT}), False),
        (statement(effect="Deny", NotPrincipal={"AWS": "arn:aws:iam::222222222222:root"}), True),
        (statement({"AWS": ROOT}), False),
    ],
)
def test_which_denials_mean_somebody_of_an_account_that_was_not_read(denial, refuses):
    assert list(refusing([denial], ROOT, VENDOR)) == [denial] * refuses


def directory(**organisations):
    rows = [
        Policy(**row(policy=one, kind="ancestry", attached_to=one, document=json.dumps({"organisation": name})))
        for one, name in ((HOME, organisations.get("home")), (VENDOR, organisations.get("vendor")))
        if name
    ]
    return Directory.of(Snapshots(policies=rows))


ANOTHER = "another organisation"
OURS = only("StringEquals", "aws:PrincipalOrgID", "o-1")


@pytest.mark.parametrize(
    ("organisations", "scope", "told", "account", "organisation"),
    [
        ({}, VENDOR, {}, VENDOR, None),
        ({}, "*", {}, None, None),
        ({"home": "o-1"}, VENDOR, {}, VENDOR, ANOTHER),
        ({"home": "o-1"}, VENDOR, OURS, VENDOR, ANOTHER),
        ({"home": "o-1", "vendor": "o-1"}, VENDOR, OURS, VENDOR, "o-1"),
        ({"home": "o-1"}, VENDOR, only("StringEquals", "aws:PrincipalOrgID", "o-1", "o-2"), VENDOR, "o-2"),
        ({"home": "o-1"}, VENDOR, only("StringLike", "aws:PrincipalOrgPaths", "o-1/r-1/*", "o-2/*"), VENDOR, "o-2"),
        ({"home": "o-1"}, VENDOR, only("StringNotEquals", "aws:PrincipalOrgID", "o-2"), VENDOR, ANOTHER),
        ({"home": "o-1"}, VENDOR, only("StringEquals", "aws:SourceOrgID", "o-2"), VENDOR, ANOTHER),
    ],
)
def test_what_is_known_of_a_caller_from_elsewhere(organisations, scope, told, account, organisation):
    values = stranger(directory(**organisations), HOME, scope, statement(**told)).values
    assert values == {
        "aws:principalisawsservice": "false",
        **({"aws:principalaccount": account} if account else {}),
        **({"aws:principalorgid": organisation, "aws:principalorgpaths": f"{organisation}/*"} if organisation else {}),
    }
