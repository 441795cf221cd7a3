"""IAM of several accounts: through a role, and of a whole organisation."""

import json

import pytest

from auditor.config.sources.aws import AwsIam
from auditor.errors import SourceError
from auditor.model.tables import Account
from collectors.aws.iam.collector import AwsIamCollector
from collectors.aws.permissions import aws_policy

ROLE = "production-access-auditor"


@pytest.fixture
def company(aws):
    """Two member accounts, each with the audit's role and a user of its own."""
    members = aws.organisation("shop", "mail")
    for account, user in zip(members, ("nina", "zoë"), strict=True):
        iam = aws.inside(account, "iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": aws.account}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName=ROLE, PolicyName="audit", PolicyDocument=json.dumps(aws_policy(["aws-iam"])))
        iam.create_user(UserName=user.replace("ë", "e"), Tags=[{"Key": "email", "Value": f"{user}@harbour.example"}])
    return members


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture
def read(aws, context, collect):
    def run(**known):
        return collect(AwsIamCollector(AwsIam(name="iam", kind="aws-iam", endpoint_url=aws.endpoint, **known), context))

    return run


def users(got):
    return {(row.scope, row.name) for row in got.rows(Account) if row.kind not in ("role", "group")}


def coverage(got):
    return {row.scope: row.status for row in got.coverage}


def test_another_account_is_read_through_its_role(company, aws, read):
    shop, _ = company
    got = read(account=shop, role_arn=f"arn:aws:iam::{shop}:role/{ROLE}")
    assert users(got) == {(shop, "nina")}
    assert coverage(got) == {shop: "ok"}


def test_every_account_of_the_organisation_is_read_each_on_its_own(company, aws, read):
    aws.client("iam").create_user(UserName="billing")
    got = read(organisation=True)
    shop, mail = company
    assert users(got) == {(aws.account, "billing"), (shop, "nina"), (mail, "zoe")}
    assert coverage(got) == {aws.account: "ok", shop: "ok", mail: "ok"}
    assert len(got.batches) == 3
    assert all(account in batch[0].origin for account, batch in zip(sorted(coverage(got)), got.batches, strict=True))
    assert "zoë@harbour.example" in {row.email for row in got.rows(Account)}


@pytest.mark.filterwarnings("ignore:.*does not match an error shape")
def test_an_account_whose_role_is_denied_costs_that_account_only(company, aws, read, failing):
    from moto.sts.exceptions import STSClientError
    from moto.sts.responses import TokenResponse

    shop, mail = company
    failing(TokenResponse, "assume_role", "AccessDenied", when=lambda asked: mail in asked, error=STSClientError)
    got = read(organisation=True)
    assert coverage(got) == {aws.account: "ok", shop: "ok", mail: "failed"}
    (told,) = [row.reason for row in got.coverage if row.scope == mail]
    assert f"AWS denied access while assuming the role arn:aws:iam::{mail}:role/{ROLE}" in told
    assert users(got) == {(shop, "nina")}


def test_the_role_in_the_accounts_can_have_another_name(company, aws, read):
    for account in company:
        aws.inside(account, "iam").create_role(RoleName="Auditor", AssumeRolePolicyDocument=document())
    assert len(coverage(read(organisation=True, member_role="Auditor"))) == 3


def test_the_generated_policy_is_enough_and_opens_no_other_role(company, aws, read, sign_in_with):
    sign_in_with(aws_policy(["aws-iam"]))
    assert set(coverage(read(organisation=True)).values()) == {"ok"}
    assert coverage(read(organisation=True, member_role="OrganizationAccountAccessRole"))[company[0]] == "failed"


def test_without_the_right_to_list_the_accounts_the_source_fails(company, read, failing):
    from moto.organizations.responses import OrganizationsResponse

    failing(OrganizationsResponse, "list_accounts", "AccessDeniedException")
    with pytest.raises(SourceError, match="organizations:ListAccounts"):
        read(organisation=True)


@pytest.mark.parametrize("known", [{}, {"account": "111122223333", "organisation": True}])
def test_either_an_account_or_the_organisation_is_named(known):
    with pytest.raises(ValueError, match="either account or organisation"):
        AwsIam(name="iam", kind="aws-iam", **known)
