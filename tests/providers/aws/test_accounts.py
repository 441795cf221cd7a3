"""AWS's accounts by name, and the roles that only machines become."""

import json

import pytest

from auditor.model.tables import Policy
from auditor.model.vocabulary import ActorClass
from auditor.providers.aws.accounts import account_name, in_full, issuer, machine_roles, session
from tests.cases import AWS, row, user

ROLE = f"arn:aws:iam::{AWS}:role"


@pytest.mark.parametrize(
    ("account", "spellings", "is_role", "short", "actor_class"),
    [
        (f"arn:aws:iam::{AWS}:user/nina", (f"arn:aws:iam::{AWS}:user/nina",), False, "user/nina", None),
        (f"{ROLE}/deploy", (f"{ROLE}/deploy",), True, "role/deploy", None),
        (f"{ROLE}/ops/deploy", (f"{ROLE}/ops/deploy", f"{ROLE}/deploy"), True, "role/ops/deploy", None),
        (
            f"arn:aws:sts::{AWS}:assumed-role/deploy/job-1",
            (f"arn:aws:sts::{AWS}:assumed-role/deploy/job-1", f"{ROLE}/deploy"),
            False,
            "assumed-role/deploy/job-1",
            None,
        ),
        (f"arn:aws:iam::{AWS}:root", (f"arn:aws:iam::{AWS}:root",), False, f"root of {AWS}", ActorClass.ROOT),
        ("ecs.amazonaws.com", ("ecs.amazonaws.com",), False, None, ActorClass.PROVIDER),
        (
            f"{ROLE}/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            (f"{ROLE}/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", f"{ROLE}/AWSServiceRoleForECS"),
            True,
            "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            ActorClass.PROVIDER,
        ),
        (
            f"arn:aws-cn:iam::{AWS}:role/ops/deploy",
            (f"arn:aws-cn:iam::{AWS}:role/ops/deploy", f"arn:aws-cn:iam::{AWS}:role/deploy"),
            True,
            "role/ops/deploy",
            None,
        ),
        ("identity-center:u-1", ("identity-center:u-1",), False, None, None),
    ],
)
def test_an_account_is_also_written_in_other_ways(account, spellings, is_role, short, actor_class):
    found = account_name(account)
    assert (found.spellings, found.is_role, found.short, found.actor_class) == (spellings, is_role, short, actor_class)


NUMBER = "0f8fad5b-d9cb-469f-a165-70867728950e"
USER, CENTER = f"arn:aws:iam::{AWS}:user/people/Nina", "identity-center:0f8fad5b"
ROWS = (
    user("Nina", account=USER, unique_id="AIDANINA"),
    user("deploy", account=f"{ROLE}/ops/deploy", unique_id="AROADEPLOY"),
    user("NAlvarez", account=CENTER),
    user("twice", account="identity-center:1"),
    user("twice", account="identity-center:2"),
    user("nina", account="ssh:nina@web-1", unique_id="AIDASSH"),
)


@pytest.mark.parametrize(
    ("declared", "account"),
    [
        ("AIDANINA", USER),
        (f"arn:aws:iam::{AWS}:user/nina", USER),
        (f"arn:aws:iam::{AWS}:user/people/nina", USER),
        (f"{ROLE}/deploy", f"{ROLE}/ops/deploy"),
        ("AROADEPLOY:nalvarez", f"arn:aws:sts::{AWS}:assumed-role/deploy/nalvarez"),
        ("AROADEPLOY:*", f"{ROLE}/ops/deploy"),
        (f"arn:aws:sts::{AWS}:assumed-role/deploy/*", f"{ROLE}/ops/deploy"),
        (f"arn:aws:sts::{AWS}:assumed-role/other/*", f"{ROLE}/other"),
        (f"arn:aws:sts::{AWS}:assumed-role/deploy/ci-*", None),
        ("identity-center:nalvarez", CENTER),
        (f"arn:aws:identitystore:::user/{NUMBER}", f"identity-center:{NUMBER}"),
        (f"identity-center:d-9067639464/{NUMBER}", f"identity-center:{NUMBER}"),
        (NUMBER, f"identity-center:{NUMBER}"),
        (USER, None),
        (f"arn:aws-cn:iam::{AWS}:user/nina", None),
        ("arn:aws:iam::999900001111:user/nina", None),
        ("identity-center:nina", None),
        ("identity-center:twice", None),
        ("AIDASSH", None),
        ("AIDAELSE", None),
        ("nina", None),
    ],
)
def test_an_account_is_known_by_its_id_without_its_path_and_in_any_case(declared, account):
    assert in_full([declared], ROWS) == ({declared: account} if account else {})


@pytest.mark.parametrize(
    "account", ["ssh:nina@web-1", "gitlab:nina", "user:nina@harbour.example", "amazonaws.com.evil"]
)
def test_the_accounts_of_others_are_not_aws(account):
    assert account_name(account) is None


@pytest.mark.parametrize(
    ("role", "name", "told", "directory", "is_machine"),
    [
        ("deploy", "nina", "nina", None, False),
        ("deploy", "i-0123456789abcdef0", "i-0123456789abcdef0", None, True),
        ("deploy", "i-0123abcd", "i-0123abcd", None, True),
        ("deploy", "i-0123", "i-0123", None, False),
        (
            "AWSReservedSSO_Operator_0123456789abcdef",
            "nina@harbour.example",
            "nina@harbour.example",
            "identity-center:",
            False,
        ),
    ],
)
def test_a_session_tells_who_opened_it(role, name, told, directory, is_machine):
    found = session(f"arn:aws:sts::{AWS}:assumed-role/{role}/{name}")
    assert (found.name, found.directory, found.is_machine) == (told, directory, is_machine)


@pytest.mark.parametrize("actor", [f"{ROLE}/deploy", f"arn:aws:iam::{AWS}:user/nina", "nina", "ecs.amazonaws.com"])
def test_what_is_no_session_opens_none(actor):
    assert session(actor) is None


MACHINE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
PERSON = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{AWS}:user/nina"}}


@pytest.mark.parametrize(
    ("document", "machines_only"),
    [
        ({"Statement": [MACHINE]}, True),
        ({"Statement": MACHINE}, True),
        ({"Statement": [MACHINE, {**PERSON, "Effect": "Deny"}]}, True),
        ({"Statement": [MACHINE, PERSON]}, False),
        ({"Statement": [{**MACHINE, "Principal": {**MACHINE["Principal"], **PERSON["Principal"]}}]}, False),
        ({"Statement": [{**MACHINE, "Principal": "*"}]}, False),
        ({"Statement": [{**MACHINE, "Effect": "Deny"}]}, False),
        ({"Statement": []}, False),
        ({"Statement": ["odd"]}, False),
        ([], False),
        ("{", False),
    ],
)
def test_a_role_that_only_services_may_become_is_no_persons(document, machines_only):
    text = document if isinstance(document, str) else json.dumps(document)
    trust = Policy(**row(), policy="x#trust", kind="trust", attached_to=f"{ROLE}/x", document=text)
    other = Policy(
        **row(), policy="y", kind="identity", attached_to=f"{ROLE}/y", document=json.dumps({"Statement": MACHINE})
    )
    assert machine_roles([trust, other]) == ({f"{ROLE}/x"} if machines_only else set())


@pytest.mark.parametrize(
    ("member", "host"),
    [
        (
            f"arn:aws:iam::{AWS}:oidc-provider/token.actions.githubusercontent.com",
            "token.actions.githubusercontent.com",
        ),
        (f"arn:aws:iam::{AWS}:oidc-provider/gitlab.example:sub", "gitlab.example"),
        (f"arn:aws:iam::{AWS}:oidc-provider/accounts.google.com", None),
        (f"arn:aws:iam::{AWS}:oidc-provider/", None),
        (f"arn:aws:iam::{AWS}:saml-provider/okta", None),
    ],
)
def test_an_issuer_of_tokens_is_a_host_unless_it_gives_them_to_people(member, host):
    assert issuer(member) == host
