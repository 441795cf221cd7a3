"""Rights given during the period, read off the log."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from auditor.activity.results import JudgedEvent
from auditor.case.access import grants
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Grant
from auditor.model.findings import NotJudged
from auditor.model.tables import Grant as StoredGrant
from auditor.model.tables import Policy
from auditor.model.vocabulary import Category, Level
from auditor.rules.tasks.grants import none
from tests.cases import AT, AWS, ELSEWHERE, case, config, event, row, user
from tests.copies import replace

DEPLOY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["ecs:UpdateService"],
            "Resource": [f"arn:aws:ecs:eu-west-1:{AWS}:service/checkout-prod/*"],
        }
    ]
}


def given(
    action: str = "iam:PutUserPolicy", outcome: str = "ok", policies: Sequence[Policy] = (), **detail: Any
) -> list[Grant]:
    asked = {"userName": "nina", "policyName": "jit-PAY-184", "policyDocument": json.dumps(DEPLOY), **detail}
    found: JudgedEvent = event(category=Category.GRANT, action=action, outcome=outcome, detail=json.dumps(asked))
    settings = config()
    return grants(settings, [found], Snapshots(accounts=[user("nina")], policies=policies), People(settings).who)


def test_an_inline_policy_says_who_received_what_where_and_for_which_ticket() -> None:
    grant = given()[0]
    assert (grant.identity.person, grant.recipient) == ("nina", f"arn:aws:iam::{AWS}:user/nina")
    assert (grant.systems, grant.level, grant.what, grant.ticket) == (
        ("checkout",),
        Level.WRITE,
        "jit-PAY-184",
        "PAY-184",
    )
    assert grant.granted_by == f"arn:aws:iam::{AWS}:role/terraform"


def test_what_is_given_in_another_partition_of_aws_is_given_there() -> None:
    deploy = json.dumps(DEPLOY).replace("arn:aws:", "arn:aws-cn:")
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws-cn:iam::{AWS}:root"}, "Action": "sts:AssumeRole"}
    by = {"category": Category.GRANT, "actor": f"arn:aws-cn:iam::{AWS}:user/tom"}
    acts = [
        event(action=f"iam:{action}", detail=json.dumps(asked), **by)
        for action, asked in (
            ("PutUserPolicy", {"userName": "gone", "policyName": "x", "policyDocument": deploy}),
            ("CreateRole", {"roleName": "app", "assumeRolePolicyDocument": json.dumps({"Statement": own})}),
        )
    ]
    (grant,) = grants(config(), acts, Snapshots(), People(config()).who)
    assert (grant.recipient, grant.systems) == (f"arn:aws-cn:iam::{AWS}:user/gone", ("checkout",))


def test_a_policy_that_ends_by_itself_says_when() -> None:
    until = {"DateLessThan": {"aws:CurrentTime": "2026-10-01T18:00:00Z"}}
    timed = {"Statement": [{**DEPLOY["Statement"][0], "Condition": until}]}
    assert given(policyDocument=json.dumps(timed))[0].expires_at.isoformat() == "2026-10-01T18:00:00+00:00"


def test_a_user_put_into_a_group_received_whatever_the_group_holds() -> None:
    grant = given("iam:AddUserToGroup", groupName="operators", policyName=None, policyDocument=None)[0]
    assert (grant.what, grant.systems, grant.ticket) == ("operators", (), None)


def test_a_group_that_was_read_and_holds_nothing_gives_nothing() -> None:
    people, settings = People(config()), config()
    told = {"userName": "nina", "groupName": "lunch"}
    joined = event(category=Category.GRANT, action="iam:AddUserToGroup", detail=json.dumps(told))
    lost = replace(joined, event_id="e-8", action="iam:DetachGroupPolicy")
    read = Snapshots(
        accounts=[user("nina"), replace(user("lunch"), account=f"arn:aws:iam::{AWS}:group/lunch", kind="group")]
    )
    assert grants(settings, [joined], read, people.who) == []
    assert [one.what for one in grants(settings, [joined, lost], read, people.who)] == ["lunch"]


@pytest.mark.parametrize("action", ["iam:DeleteUserPolicy", "iam:DeleteAccessKey", "iam:PutBucketPolicy"])
def test_what_takes_away_gives_nothing(action: str) -> None:
    assert given(action) == []


@pytest.mark.parametrize(
    ("action", "holder", "recipient", "what"),
    [
        ("iam:CreateAccessKey", {"userName": "nina"}, "user/nina", "an access key"),
        ("iam:UpdateLoginProfile", {"userName": "nina"}, "user/nina", "a console password"),
        ("iam:UpdateAssumeRolePolicy", {"roleName": "deploy"}, "role/deploy", "another trust policy"),
        ("iam:AttachGroupPolicy", {"groupName": "ops", "policyArn": "arn:x"}, "group/ops", "arn:x"),
        ("iam:DeleteUserPermissionsBoundary", {"userName": "nina"}, "user/nina", "rights without a boundary"),
    ],
)
def test_every_way_of_giving_is_a_grant(action: str, holder: dict[str, str], recipient: str, what: str) -> None:
    asked = {"userName": None, "policyName": None, "policyDocument": None, **holder}
    (grant,) = given(action, **asked)
    assert (grant.recipient, grant.what) == (f"arn:aws:iam::{AWS}:{recipient}", what)


def test_a_key_of_ones_own_is_no_grant() -> None:
    own = event(
        category=Category.GRANT, action="iam:CreateAccessKey", account=f"arn:aws:iam::{AWS}:user/nina",
        detail=json.dumps({"userName": "nina"}),
    )  # fmt: skip
    assert grants(config(), [own], Snapshots(accounts=[user("nina")]), People(config()).who) == []


def test_a_denied_grant_gave_nothing() -> None:
    assert given(outcome="denied") == []


@pytest.mark.parametrize("document", ["{", "null", '{"Statement": 7}', "…cut"])
def test_a_document_that_cannot_be_read_is_still_a_grant(document: str) -> None:
    grant = given(policyDocument=document)[0]
    assert (grant.systems, grant.level) == ((), Level.WRITE)


@pytest.mark.parametrize("detail", [None, "[]", "{", '{"userName": {"odd": 1}}'])
def test_a_record_of_an_odd_shape_names_nobody_and_breaks_nothing(detail: str | None) -> None:
    settings = config()
    odd = event(category=Category.GRANT, action="iam:PutUserPolicy", detail=detail)
    assert grants(settings, [odd], Snapshots(), People(settings).who) == []


def test_the_time_of_a_grant_is_the_events() -> None:
    assert given()[0].time < AT


TO_LAMBDA = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}
TO_NOBODY = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
TRUST = {
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [f"arn:aws:iam::{AWS}:user/nina"]}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{AWS}:root"}, "Action": "sts:AssumeRole"},
    ]
}
PUBLIC = {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}}
VENDOR = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "999900001111"}, "Action": "kms:*", "Resource": "*"}}
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
NOTHING = {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
NINA = f"arn:aws:iam::{AWS}:user/nina"
ROLE = f"arn:aws:iam::{AWS}:role/deploy"
GROUPS = "http://acs.amazonaws.com/groups"


def body(group: str) -> dict[str, Any]:
    owner = {"Grantee": {"ID": "abc"}, "Permission": "FULL_CONTROL"}
    return {"AccessControlList": {"Grant": [owner, {"Grantee": {"URI": group}, "Permission": "READ"}]}}


def shared(what: str) -> dict[str, Any]:
    return {what: {"add": {"items": [{"userId": "999900001111"}, {"group": "all"}]}}}


@pytest.mark.parametrize(
    ("action", "asked", "recipients"),
    [
        (
            "iam:UpdateAssumeRolePolicy",
            {"roleName": "d", "policyDocument": json.dumps(TRUST)},
            [f"arn:aws:iam::{AWS}:user/nina"],
        ),
        ("iam:UpdateAssumeRolePolicy", {"roleName": "d", "policyDocument": json.dumps(TO_LAMBDA)}, []),
        ("iam:UpdateAssumeRolePolicy", {"roleName": "d", "policyDocument": json.dumps(TO_NOBODY)}, []),
        (
            "redshift:AuthorizeDataShare",
            {"consumerIdentifier": "999900001111", "dataShareArn": "arn:d"},
            ["999900001111"],
        ),
        (
            "iam:CreateRole",
            {"roleName": "d", "assumeRolePolicyDocument": json.dumps(TRUST)},
            [f"arn:aws:iam::{AWS}:user/nina"],
        ),
        ("iam:EnableMFADevice", {"userName": "nina"}, [f"arn:aws:iam::{AWS}:user/nina"]),
        ("iam:CreatePolicyVersion", {"policyArn": "arn:p", "policyDocument": json.dumps(DEPLOY)}, ["arn:p"]),
        ("iam:CreatePolicyVersion", {"policyArn": "arn:p", "policyDocument": "{}", "setAsDefault": False}, []),
        ("iam:PutUserPolicy", {"userName": "nina", "policyDocument": json.dumps(NOTHING)}, []),
        ("iam:AttachUserPolicy", {"userName": "nina", "policyArn": "arn:aws:iam::aws:policy/AWSDenyAll"}, []),
        (
            "iam:AttachUserPolicy",
            {"userName": "nina", "policyArn": "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"},
            [],
        ),
        ("iam:SetDefaultPolicyVersion", {"policyArn": "arn:p", "versionId": "v1"}, ["arn:p"]),
        (
            "iam:AddRoleToInstanceProfile",
            {"roleName": "d", "instanceProfileName": "web"},
            [f"arn:aws:iam::{AWS}:role/d"],
        ),
        (
            "sso:CreateAccountAssignment",
            {"principalId": "90-1", "principalType": "USER", "permissionSetArn": "arn:ps", "targetId": AWS},
            ["identity-center:90-1"],
        ),
        (
            "sso:CreateAccountAssignment",
            {"principalId": "90-2", "principalType": "GROUP", "permissionSetArn": "arn:ps", "targetId": AWS},
            ["identity-center-group:90-2"],
        ),
        (
            "sso:AttachManagedPolicyToPermissionSet",
            {"permissionSetArn": "arn:ps", "managedPolicyArn": ADMIN},
            ["arn:ps"],
        ),
        (
            "identitystore:CreateGroupMembership",
            {"groupId": "g", "memberId": {"userId": "90-1"}},
            ["identity-center:90-1"],
        ),
        ("iam:CreateUser", {"userName": "temp"}, [f"arn:aws:iam::{AWS}:user/temp"]),
        ("iam:UpdateAccessKey", {"userName": "nina", "status": "Active"}, [f"arn:aws:iam::{AWS}:user/nina"]),
        ("iam:UpdateAccessKey", {"userName": "nina", "status": "Inactive"}, []),
        ("sso-directory:AddMemberToGroup", {"member": {"memberId": "90-1"}}, ["identity-center:90-1"]),
        ("sso-directory:UpdatePassword", {"userId": "90-1"}, ["identity-center:90-1"]),
        ("dynamodb:PutResourcePolicy", {"resourceArn": "arn:t", "policy": json.dumps(VENDOR)}, ["999900001111"]),
        ("s3:PutAccessPointPolicy", {"name": "p", "policy": json.dumps(VENDOR)}, ["999900001111"]),
        ("eks:CreateAccessEntry", {"principalArn": "arn:u", "clusterName": "checkout"}, ["arn:u"]),
        ("eks:AssociateAccessPolicy", {"principalArn": "arn:u", "policyArn": "arn:eks::view"}, ["arn:u"]),
        ("eks:AssociateAccessPolicy", {"principalArn": "arn%3Aaws%3Aiam%3A%3A1%3Auser%2Fx"}, ["arn:aws:iam::1:user/x"]),
        ("iam:AcceptDelegationRequest", {"delegationRequestId": "dr-1"}, ["dr-1"]),
        ("iam:PutUserPermissionsBoundary", {"userName": "nina", "permissionsBoundary": ADMIN}, [NINA]),
        ("iam:PutUserPermissionsBoundary", {"userName": "nina", "permissionsBoundary": "arn:p"}, []),
        ("iam:CreateSAMLProvider", {"name": "okta"}, [f"arn:aws:iam::{AWS}:saml-provider/okta"]),
        ("iam:UpdateSAMLProvider", {"sAMLProviderArn": "arn:okta"}, ["arn:okta"]),
        (
            "iam:CreateOpenIDConnectProvider",
            {"url": "https://gitlab.com"},
            [f"arn:aws:iam::{AWS}:oidc-provider/gitlab.com"],
        ),
        ("organizations:DetachPolicy", {"policyId": "p-1", "targetId": "ou-1"}, ["ou-1"]),
        ("organizations:DetachPolicy", {"policyId": "p-1", "targetId": AWS}, [AWS]),
        ("lakeformation:GrantPermissions", {"principal": {"dataLakePrincipalIdentifier": "arn:u"}}, ["arn:u"]),
        (
            "lakeformation:BatchGrantPermissions",
            {"entries": [{"principal": {"dataLakePrincipalIdentifier": f"arn:{one}"}} for one in "uv"] + [7, {}]},
            ["arn:u", "arn:v"],
        ),
        ("s3:CreateAccessGrant", {"CreateAccessGrantRequest": {"Grantee": {"GranteeIdentifier": "arn:u"}}}, ["arn:u"]),
        ("rolesanywhere:CreateTrustAnchor", {"name": "lab-ca", "source": {}}, ["lab-ca"]),
        ("transfer:ImportSshPublicKey", {"serverId": "s-1", "userName": "feed"}, ["feed"]),
        (
            "sso:CreateApplicationAssignment",
            {"principalId": "90-1", "principalType": "USER", "applicationArn": "arn:a"},
            ["identity-center:90-1"],
        ),
        ("rolesanywhere:CreateProfile", {"name": "p", "roleArns": ["arn:d"]}, ["arn:d"]),
        ("rds:ModifyDBSnapshotAttribute", {"valuesToAdd": ["999900001111", AWS, "all"]}, ["999900001111", "*"]),
        ("rds:ModifyDBSnapshotAttribute", {"valuesToRemove": ["999900001111"]}, []),
        ("ec2:ModifySnapshotAttribute", shared("createVolumePermission"), ["999900001111", "*"]),
        ("ec2:ModifyImageAttribute", shared("launchPermission"), ["999900001111", "*"]),
        ("ec2:ModifyImageAttribute", {"launchPermission": {"remove": {"items": [{"group": "all"}]}}}, []),
        ("ram:CreateResourceShare", {"name": "s", "principals": ["999900001111"]}, ["999900001111"]),
        ("kms:CreateGrant", {"granteePrincipal": "arn:u", "keyId": "k"}, ["arn:u"]),
        ("kms:PutKeyPolicy", {"keyId": "k", "policy": json.dumps(VENDOR)}, ["999900001111"]),
        ("s3:PutBucketPolicy", {"bucketName": "checkout-data", "bucketPolicy": PUBLIC}, ["*"]),
        ("lambda:AddPermission", {"functionName": "checkout-run", "principal": "999900001111"}, ["999900001111"]),
        ("lambda:AddPermission", {"functionName": "checkout-run", "principal": "events.amazonaws.com"}, []),
        ("secretsmanager:PutResourcePolicy", {"secretId": "s", "resourcePolicy": json.dumps(VENDOR)}, ["999900001111"]),
        ("sqs:SetQueueAttributes", {"attributes": {"Policy": json.dumps(VENDOR)}}, ["999900001111"]),
        ("glacier:SetVaultAccessPolicy", {"policy": {"policy": json.dumps(VENDOR)}}, ["999900001111"]),
        ("backup:PutBackupVaultLockConfiguration", {"minRetentionDays": 1}, []),
        ("s3:PutBucketAcl", {"accessControlList": {"x-amz-acl": "public-read"}}, ["*"]),
        ("s3:PutBucketAcl", {"x-amz-acl": ["private"]}, []),
        ("s3:PutObjectAcl", {"accessControlList": {"x-amz-grant-read": f'uri="{GROUPS}/global/AllUsers"'}}, ["*"]),
        ("s3:PutBucketAcl", {"AccessControlPolicy": body(f"{GROUPS}/global/AuthenticatedUsers")}, ["*"]),
        ("s3:PutBucketAcl", {"AccessControlPolicy": body(f"{GROUPS}/s3/LogDelivery")}, []),
        (
            "ec2:AssociateIamInstanceProfile",
            {"AssociateIamInstanceProfileRequest": {"InstanceId": "i-0a", "IamInstanceProfile": {"Name": "d"}}},
            ["i-0a"],
        ),
        ("ssm:ModifyDocumentPermission", {"name": "restart", "accountIdsToAdd": ["999900001111"]}, ["999900001111"]),
    ],
)
def test_the_table_says_who_receives(action: str, asked: dict[str, Any], recipients: list[str]) -> None:
    nothing = {"userName": None, "policyName": None, "policyDocument": None}
    assert [grant.recipient for grant in given(action, **{**nothing, **asked})] == recipients


@pytest.mark.parametrize(
    ("principal", "condition", "recipients"),
    [
        ({"Principal": "*"}, None, ["*"]),
        ({"Principal": {"AWS": "*"}}, {"StringEquals": {"AWS:SourceOwner": AWS}}, []),
        ({"Principal": "*"}, {"StringEquals": {"aws:PrincipalAccount": "999900001111"}}, ["999900001111"]),
        ({"Principal": "*"}, {"StringEqualsIfExists": {"aws:PrincipalAccount": "999900001111"}}, ["*"]),
        ({"Principal": "*"}, {"StringNotEquals": {"aws:PrincipalAccount": "999900001111"}}, ["*"]),
        ({"Principal": "*"}, {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, ["o-1"]),
        ({"Principal": "*"}, {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::checkout-data"}}, []),
        ({"Principal": "*"}, {"StringEquals": {"aws:SourceVpce": "vpce-1"}}, []),
        ({"Principal": {"AWS": "arn:aws:iam::054676820928:root"}}, None, []),
        ({"Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}}, None, []),
        ({"NotPrincipal": {"AWS": "arn:aws:iam::999900001111:root"}}, None, ["*"]),
    ],
)
def test_anybody_is_whom_the_conditions_leave(principal: Any, condition: Any, recipients: list[str]) -> None:
    statement = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*", **principal}
    policy = {"Statement": [{**statement, "Condition": condition} if condition else statement]}
    found = given(
        "sqs:SetQueueAttributes", attributes={"Policy": json.dumps(policy)}, userName=None, policyDocument=None
    )
    assert [grant.recipient for grant in found] == recipients


def test_a_machine_that_is_given_a_profile_holds_what_the_role_of_its_name_holds() -> None:
    role = user("deploy", account=ROLE, kind="role")
    held = Policy(**row(policy=f"{ROLE}#d", kind="identity", attached_to=ROLE, document=json.dumps(DEPLOY)))
    asked = {"InstanceId": "i-0a", "IamInstanceProfile": {"Arn": f"arn:aws:iam::{AWS}:instance-profile/deploy"}}
    detail = json.dumps({"AssociateIamInstanceProfileRequest": asked})
    found = event(category=Category.GRANT, action="ec2:AssociateIamInstanceProfile", detail=detail)
    (grant,) = grants(config(), [found], Snapshots(accounts=[role], policies=[held]), People(config()).who)
    assert (grant.recipient, grant.systems, grant.level) == ("i-0a", ("checkout",), Level.WRITE)


@pytest.mark.parametrize(("minutes", "told"), [(5, ["an access key"]), (61, ["a user of its own", "an access key"])])
def test_a_user_that_is_given_something_at_once_is_told_by_that(minutes: int, told: list[str]) -> None:
    settings, begins = config(), AT - timedelta(hours=5)
    made = [
        event(
            category=Category.GRANT, action=action, time=begins + timedelta(minutes=at), detail='{"userName": "temp"}'
        )
        for action, at in (("iam:CreateUser", 0), ("iam:CreateAccessKey", minutes), ("iam:DeleteUser", 90))
    ]
    assert [
        one.what for one in grants(settings, made, Snapshots(accounts=[user("nina")]), People(settings).who)
    ] == told


@pytest.mark.parametrize(
    ("cluster", "minutes", "told"),
    [
        ("shop", 1, ["arn:eks::view"]),
        ("shop", 61, ["access to a cluster", "arn:eks::view"]),
        ("billing", 1, ["access to a cluster", "arn:eks::view"]),
    ],
)
def test_an_entry_of_a_cluster_and_its_policy_at_once_are_one_act(cluster: str, minutes: int, told: list[str]) -> None:
    settings, begins = config(), AT - timedelta(hours=5)
    asked = json.dumps({"principalArn": "arn:u", "policyArn": "arn:eks::view"})
    made = [
        event(
            category=Category.GRANT,
            action=action,
            time=begins + timedelta(minutes=at),
            detail=asked,
            resource=f"arn:aws:eks:eu-central-1:{AWS}:cluster/{name}",
        )
        for action, at, name in (("eks:CreateAccessEntry", 0, "shop"), ("eks:AssociateAccessPolicy", minutes, cluster))
    ]
    assert [one.what for one in grants(settings, made, Snapshots(), People(settings).who)] == told


def test_a_managed_policy_is_evaluated_where_its_text_is_known() -> None:
    (admin,) = given("iam:AttachUserPolicy", policyArn=ADMIN, policyName=None, policyDocument=None)
    assert (admin.level, admin.systems) == (Level.ADMIN, ("checkout", "search"))
    own = Policy(**row(policy="arn:p", kind="identity", attached_to="x", document=json.dumps(DEPLOY)))
    (known,) = given("iam:AttachUserPolicy", policies=[own], policyArn="arn:p", policyName=None, policyDocument=None)
    assert (known.level, known.systems) == (Level.WRITE, ("checkout",))
    (reads,) = given("iam:AttachUserPolicy", policyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", policyDocument=None)
    assert reads.level is Level.READ


def test_a_group_and_a_role_give_what_they_hold() -> None:
    holders = [f"arn:aws:iam::{AWS}:group/ops", f"arn:aws:iam::{AWS}:role/d"]
    rows = [
        Policy(**row(policy=f"{one}#x", kind="identity", attached_to=one, document=json.dumps(DEPLOY)))
        for one in holders
    ]
    (joined,) = given("iam:AddUserToGroup", policies=rows, groupName="ops", policyName=None, policyDocument=None)
    trust = {"roleName": "d", "policyDocument": json.dumps(TRUST), "userName": None, "policyName": None}
    (trusted,) = given("iam:UpdateAssumeRolePolicy", policies=rows, **trust)
    assert joined.systems == trusted.systems == ("checkout",)


@pytest.mark.parametrize(
    ("name", "ticket"),
    [
        ("jit-PAY-184", "PAY-184"),
        ("jit_PAY-999_x", "PAY-999"),
        ("ISO-27001-auditor", None),
        ("kms-AES-256-use", None),
        ("kms-AES-256-use-PAY-184", "PAY-184"),
        ("READ-2024", None),
        ("XPAY-184", None),
        ("A" * 400_000, None),
    ],
)
def test_an_id_is_a_tickets_where_there_is_such_a_ticket_or_series(name: str, ticket: str | None) -> None:
    assert config().policy.ticket_in([name], {"PAY-184", "PAY-7"}) == ticket


def test_without_any_ticket_every_id_may_be_one() -> None:
    assert config().policy.ticket_in(["kms-AES-256"]) == "AES-256"
    assert config(policy={"ticket_pattern": "[a-z/]*#[0-9]+"}).policy.ticket_in(["for acme/ops#12"]) == "acme/ops#12"


PARAMETERS = [
    {"name": "USER_EMAIL", "value": "nina@harbour.example"},
    {"name": "GROUP_EMAIL", "value": "ops@harbour.example"},
]
BY_ADMIN = {"event": [{"eventName": "ADD_GROUP_MEMBER", "parameter": PARAMETERS}, "odd"]}
NINA_IS = ("user:nina@harbour.example", "nina", ("reports",))


def membership(does: str) -> dict[str, Any]:
    delta = {"member": "user:nina@harbour.example", "roleDeltas": [{"action": does, "role": "MEMBER"}]}
    return {"group": "group:ops@harbour.example", "membershipDelta": delta}


@pytest.mark.parametrize(
    ("holds", "action", "detail", "told"),
    [
        ("ops", "admin:AdminService.addGroupMember", BY_ADMIN, [NINA_IS]),
        ("all", "admin:AdminService.addGroupMember", BY_ADMIN, []),
        ("ops", "cloudidentity:UpdateMembership", membership("ADD"), [NINA_IS]),
        ("ops", "cloudidentity:UpdateMembership", membership("REMOVE"), []),
    ],
)
def test_whoever_is_put_into_a_group_of_google_was_given_what_it_holds(
    holds: str, action: str, detail: dict[str, Any], told: list[Any]
) -> None:
    place = {"provider": "gcp", "action": action, "resource": "organizations/1", "category": Category.GRANT}
    joined = event(**place, detail=json.dumps(detail))
    group = f"group:{holds}@harbour.example"
    role = StoredGrant(**row(provider="gcp", principal=group, role="roles/run.admin", resource="reports"))
    found = grants(ELSEWHERE, [joined], Snapshots(grants=[role]), People(ELSEWHERE).who)
    assert [(one.recipient, one.identity.person, one.systems) for one in found] == told


def test_what_a_group_holds_of_which_nothing_was_read_could_not_be_judged() -> None:
    place = {"provider": "gcp", "action": "admin:AdminService.addGroupMember", "category": Category.GRANT}
    joined = event(**place, detail=json.dumps(BY_ADMIN))
    (found,) = given_ = grants(ELSEWHERE, [joined], Snapshots(), People(ELSEWHERE).who)
    assert (found.systems, found.unplaced) == ((), "no source reads what membership of ops@harbour.example gives")
    (outcome,) = none(case(config=ELSEWHERE, grants=given_))
    assert isinstance(outcome, NotJudged)
    assert outcome.reason == found.unplaced


@pytest.mark.parametrize(
    ("resource", "name", "recipient"),
    [
        ("projects/-/serviceAccounts/1234", "projects/p/serviceAccounts/ci@p.iam.gserviceaccount.com", "ci@p"),
        ("projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com", None, "ci@p"),
        ("projects/-/serviceAccounts/1234", None, "1234"),
    ],
)
def test_a_key_of_googles_service_account_is_a_way_to_be_it(resource: str, name: str | None, recipient: str) -> None:
    made = event(
        category=Category.GRANT,
        provider="gcp",
        action="iam:CreateServiceAccountKey",
        resource=resource,
        detail=json.dumps({"name": name} if name else {}),
    )
    settings = config()
    rows = Snapshots(accounts=[user("ci", provider="gcp")])
    (grant,) = grants(settings, [made], rows, People(settings).who)
    assert grant.recipient.startswith(f"serviceAccount:{recipient}")
    assert grant.what == "a service account's key"


@pytest.mark.parametrize(("key", "gives"), [("Team", True), ("cost-centre", False)])
def test_a_tag_that_policies_ask_for_gives_what_they_do(key: str, gives: bool) -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "payments"}}
    asking = {"Statement": [{**DEPLOY["Statement"][0], "Condition": condition}]}
    document = json.dumps(asking)
    policy = Policy(**row(policy="p", kind="identity", attached_to="arn:g", document=document))
    found = given("iam:TagUser", policies=[policy], tags=[{"key": key, "value": "payments"}], policyDocument=None)
    assert [grant.what for grant in found] == ["a tag that gives rights"] * gives


EKS = "arn:aws:eks::aws:cluster-access-policy"
READS = {
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::other/*"}
}


@pytest.mark.parametrize(
    ("action", "asked", "resource", "systems", "level"),
    [
        ("s3:PutBucketPolicy", {"bucketPolicy": READS}, "arn:aws:s3:::checkout-data", ("checkout",), Level.WRITE),
        ("s3:PutBucketPolicy", {"bucketPolicy": READS}, "arn:aws:s3:::mail-data", (), Level.WRITE),
        ("s3:PutBucketAcl", {"x-amz-acl": ["public-read"]}, "arn:aws:s3:::checkout-data", ("checkout",), Level.WRITE),
        ("lambda:AddPermission", {"principal": "999900001111"}, "function:checkout-run", ("checkout",), Level.WRITE),
        *(
            ("eks:AssociateAccessPolicy", {"principalArn": "arn:u", "policyArn": f"{EKS}/{name}"}, "cluster/checkout",
                ("checkout",), level)
            for name, level in (
                ("AmazonEKSClusterAdminPolicy", Level.ADMIN),
                ("AmazonEKSAdminPolicy", Level.ADMIN),
                ("AmazonEKSEditPolicy", Level.WRITE),
                ("AmazonEKSViewPolicy", Level.READ),
            )
        ),
    ],
)  # fmt: skip
def test_what_lets_into_a_thing_is_a_right_on_that_thing(
    action: str, asked: dict[str, Any], resource: str, systems: tuple[str, ...], level: Level
) -> None:
    found = event(category=Category.GRANT, action=action, resource=resource, detail=json.dumps(asked))
    (grant,) = grants(config(), [found], Snapshots(), People(config()).who)
    assert (grant.systems, grant.level) == (systems, level)


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        ({"policyArn": "arn:aws:iam::999900001111:policy/ReadOnly"}, Level.READ),
        ({"policyArn": "arn:aws:iam::999900001111:policy/Viewer"}, Level.READ),
        ({"policyArn": "arn:aws:iam::999900001111:policy/release"}, Level.WRITE),
    ],
)
def test_of_a_policy_that_is_not_in_evidence_its_name_tells_whether_it_reads(
    asked: dict[str, Any], level: Level
) -> None:
    (grant,) = given("iam:AttachUserPolicy", policyName=None, policyDocument=None, **asked)
    assert (grant.systems, grant.level, grant.what) == ((), level, asked["policyArn"])


def test_a_service_that_lends_itself_a_key_for_somebody_is_given_nothing() -> None:
    asked = json.dumps({"granteePrincipal": "arn:u", "keyId": "k"})
    for by, count in ((None, 1), ("rds.amazonaws.com", 0)):
        found = event(category=Category.GRANT, action="kms:CreateGrant", detail=asked, invoked_by=by)
        assert len(list(grants(config(), [found], Snapshots(), People(config()).who))) == count


@pytest.mark.parametrize(("minutes", "told"), [(0, 1), (60, 1), (61, 2), (-1, 2)])
def test_a_new_user_who_is_given_something_within_the_hour_is_told_by_that(minutes: int, told: int) -> None:
    made = {"userName": "temp", "policyName": "p", "policyDocument": json.dumps(DEPLOY)}
    acts = [
        event(
            category=Category.GRANT, action=f"iam:{action}", detail=json.dumps(made), time=AT + timedelta(minutes=later)
        )
        for action, later in (("CreateUser", 0), ("PutUserPolicy", minutes))
    ]
    assert len(list(grants(config(), acts, Snapshots(), People(config()).who))) == told


def test_a_policy_of_a_permission_set_is_read_by_its_text() -> None:
    asked = {"permissionSetArn": "arn:set", "inlinePolicy": json.dumps(DEPLOY)}
    (grant,) = given("sso:PutInlinePolicyToPermissionSet", userName=None, policyName=None, policyDocument=None, **asked)
    assert (grant.recipient, grant.systems, grant.level) == ("arn:set", ("checkout",), Level.WRITE)
