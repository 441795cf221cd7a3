"""Whom a record's `userIdentity` names, whole."""

import msgspec
import pytest

from collectors.aws.cloudtrail.identity import Caller, caller, service_caller
from collectors.aws.cloudtrail.typed import identity_of

A = "111122223333"
ROLE, SESSION = f"arn:aws:iam::{A}:role/teams/deploy", f"arn:aws:sts::{A}:assumed-role/deploy/nina"
ASSUMED = {"type": "AssumedRole", "arn": SESSION, "accountId": A, "accessKeyId": "ASIA1", "principalId": "AROA1:nina"}
ISSUED = {"sessionIssuer": {"arn": ROLE, "userName": "deploy"}, "attributes": {"creationDate": "2026-02-27T09:00:00Z"}}
ROOT = {"type": "Root", "arn": f"arn:aws:iam::{A}:root", "accountId": A, "accessKeyId": "ASIA1"}
AS_ROOT = {"account": ROOT["arn"], "actor": ROOT["arn"], "actor_kind": "Root", "credential": "ASIA1", "scope": A}
BARE = {"actor": SESSION, "actor_kind": "AssumedRole", "credential": "ASIA1", "scope": A}


def told_by(identity):
    return caller(identity_of(msgspec.Raw(msgspec.json.encode(identity))))


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        (
            {"type": "IAMUser", "arn": f"arn:aws:iam::{A}:user/nina", "accountId": A, "userName": "nina", "accessKeyId": "AKIA1"},
            {"account": f"arn:aws:iam::{A}:user/nina", "actor": f"arn:aws:iam::{A}:user/nina", "actor_kind": "IAMUser",
                "credential": "AKIA1", "scope": A},
        ),
        (
            {"type": "IAMUser", "accountId": A, "userName": "nina", "principalId": "AIDA1"},
            {"account": f"arn:aws:iam::{A}:user/nina", "actor": "AIDA1", "actor_kind": "IAMUser", "scope": A},
        ),
        ({"type": "IAMUser", "userName": "nina"}, {"actor_kind": "IAMUser"}),
        ({"type": "IAMUser", "accountId": A}, {"actor_kind": "IAMUser", "scope": A}),
        (
            {**ASSUMED, "sessionContext": ISSUED},
            {**BARE, "account": ROLE, "session": f"{SESSION}#2026-02-27T09:00:00Z"},
        ),
        (
            {**ASSUMED, "sessionContext": {**ISSUED, "attributes": {}}},
            {**BARE, "account": ROLE, "session": f"{SESSION}#ASIA1"},
        ),
        (ASSUMED, {**BARE, "account": f"arn:aws:iam::{A}:role/deploy", "session": f"{SESSION}#ASIA1"}),
        (
            {"type": "AssumedRole", "arn": SESSION},
            {"actor": SESSION, "actor_kind": "AssumedRole", "account": f"arn:aws:iam::{A}:role/deploy", "session": SESSION,
                "scope": A},
        ),
        (
            {"type": "AssumedRole", "arn": f"arn:aws:sts::{A}:assumed-role"},
            {"account": f"arn:aws:sts::{A}:assumed-role", "actor": f"arn:aws:sts::{A}:assumed-role",
                "actor_kind": "AssumedRole", "session": f"arn:aws:sts::{A}:assumed-role", "scope": A},
        ),
        ({"type": "AssumedRole"}, {"actor_kind": "AssumedRole"}),
        (
            {"type": "FederatedUser", "arn": f"arn:aws:sts::{A}:federated-user/nina", "accessKeyId": "ASIA2"},
            {"account": f"arn:aws:sts::{A}:federated-user/nina", "actor": f"arn:aws:sts::{A}:federated-user/nina",
                "actor_kind": "FederatedUser", "credential": "ASIA2", "session": f"arn:aws:sts::{A}:federated-user/nina#ASIA2",
                "scope": A},
        ),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"},
            {"account": "rds.amazonaws.com", "actor_kind": "AWSService", "invoked_by": "rds.amazonaws.com"}),
        ({"type": "IdentityCenterUser", "accountId": A, "onBehalfOf": {"userId": "a1"}},
            {"account": "identity-center:a1", "actor": "identity-center:a1", "actor_kind": "IdentityCenterUser",
                "on_behalf_of": "identity-center:a1", "scope": A}),
        ({"type": "WebIdentityUser", "principalId": "p:nina", "userName": "nina"},
            {"account": "p:nina", "actor": "p:nina", "actor_kind": "WebIdentityUser", "on_behalf_of": "nina"}),
        ({"type": "SAMLUser", "userName": "nina"}, {"account": "nina", "actor_kind": "SAMLUser", "on_behalf_of": "nina"}),
        ({"type": "SAMLUser", "principalId": "p", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"},
            {"account": "p", "actor": "p", "actor_kind": "SAMLUser"}),
        ({"type": "AWSAccount", "accountId": A, "principalId": "AIDA1"},
            {"account": f"aws-account:{A}", "actor": "AIDA1", "actor_kind": "AWSAccount", "scope": A}),
        ({"type": "AWSAccount"}, {"actor_kind": "AWSAccount"}),
        ({"type": "Root", "accountId": A}, {"account": f"arn:aws:iam::{A}:root", "actor_kind": "Root", "scope": A}),
        ({"type": "Root", "accountId": A, "arn": "x"}, {"account": "x", "actor": "x", "actor_kind": "Root", "scope": A}),
        ({"type": "Root"}, {"actor_kind": "Root"}),
        (
            {**ROOT, "sessionContext": {"assumedRoot": "true", **ISSUED}},
            {**AS_ROOT, "session": f"arn:aws:iam::{A}:root#2026-02-27T09:00:00Z"},
        ),
        ({**ROOT, "sessionContext": ISSUED}, AS_ROOT),
        ("odd", {}),
    ],
)  # fmt: skip
def test_every_kind_of_caller_whole(identity, told):
    assert told_by(identity) == Caller(**told)
    # The same where one part is not of its shape, and the others are read by themselves.
    if isinstance(identity, dict):
        assert told_by({**identity, "webIdFederationData": 1, "onBehalfOf": identity.get("onBehalfOf", 1)}) == Caller(
            **told
        )


@pytest.mark.parametrize(
    ("identity", "context", "behind", "through"),
    [
        ({"onBehalfOf": {"userId": "a1"}}, {"sourceIdentity": "nina"}, "nina", None),
        ({"onBehalfOf": {"userId": "a1"}}, {}, "identity-center:a1", None),
        ({}, {"webIdFederationData": {"federatedProvider": "arn:x"}, "ec2RoleDelivery": "2.0"}, "arn:x", None),
        ({}, {"ec2RoleDelivery": "2.0"}, "instance:ec2", None),
        ({"inScopeOf": {"issuerType": "AWS::Lambda::Function"}}, {}, "function:lambda", None),
        ({"inScopeOf": {"issuerType": "AWS::ECS::Task"}}, {"sourceIdentity": "nina"}, "nina", None),
        ({"inScopeOf": {"issuerType": "AWS::SageMaker::NotebookInstance"}}, {}, None, None),
        ({"userName": "nina"}, {}, None, None),
        ({"invokedBy": "a.amazonaws.com"}, {}, None, "a.amazonaws.com"),
        ({"invokedBy": "a", "invokedByDelegate": {"accountId": "9"}}, {}, None, "vendor:AWS account 9"),
        ({"invokedByDelegate": "9"}, {}, None, "vendor:AWS account 9"),
    ],
)
def test_who_stands_behind_a_session_and_through_what_it_acts(identity, context, behind, through):
    found = told_by({**ASSUMED, **identity, "sessionContext": context})
    assert (found.on_behalf_of, found.invoked_by) == (behind, through)


@pytest.mark.parametrize(
    ("found", "address", "agent", "told"),
    [
        (Caller(), "config.amazonaws.com", None, "config.amazonaws.com"),
        (Caller(), "192.0.2.1", "ssm.amazonaws.com", "ssm.amazonaws.com"),
        (Caller(invoked_by="rds.amazonaws.com"), "config.amazonaws.com", None, "rds.amazonaws.com"),
        (Caller(), "192.0.2.1", "aws-cli", None),
        (Caller(), None, None, None),
    ],
)
def test_a_service_is_known_by_the_host_that_it_came_from(found, address, agent, told):
    named = Caller(account=told, actor=told, actor_kind="AWSService", invoked_by=told) if told else found
    assert service_caller(found, address, agent) == named
    assert service_caller(found._replace(actor="x"), address, agent).actor == "x"
