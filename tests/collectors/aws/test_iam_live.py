"""IAM as boto3 sees it, on moto's server."""

import json
import urllib.request
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber
from moto.iam.models import iam_backends

from auditor.config.sources.aws import AwsIam
from auditor.demo.aws_calls import SERVICES, add_missing_calls
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Membership, Policy, ServiceUse
from collectors.aws.iam.calls import credential_report, services_last_accessed
from collectors.aws.iam.collector import AwsIamCollector
from collectors.aws.permissions import aws_policy
from tests import stand_ins, waiting

ACCOUNT = "123456789012"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn nina@laptop"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}],
}
UPDATE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"}],
}
ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def endpoint():
    # Without AWS's own policies: moto would send all 1,200 of them in every answer.
    add_missing_calls()
    with stand_ins.moto() as url:
        iam_backends[ACCOUNT]["aws"].reset()  # moto's state is the process's: another file may have filled it
        yield url


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """No credentials but made-up ones."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    sign_in(monkeypatch, "testing", "testing")


def sign_in(monkeypatch, key, secret):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)


@pytest.fixture(scope="module")
def iam(endpoint):
    return boto3.client(
        "iam",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.fixture
def source(endpoint):
    return AwsIam(name="iam", kind="aws-iam", account=ACCOUNT, endpoint_url=endpoint)


@pytest.fixture(scope="module")
def company(iam):
    """Nina with a password, a key, an SSH key and a second factor; a group, a role and some policies."""
    iam.create_group(GroupName="engineers")
    admin = iam.create_policy(PolicyName="admin", PolicyDocument=json.dumps(ADMIN))["Policy"]["Arn"]
    iam.attach_group_policy(GroupName="engineers", PolicyArn=admin)
    iam.create_user(UserName="nina", Path="/eng/")
    iam.create_login_profile(UserName="nina", Password="not-a-real-one-1!")
    iam.add_user_to_group(GroupName="engineers", UserName="nina")
    iam.put_user_policy(UserName="nina", PolicyName="checkout", PolicyDocument=json.dumps(UPDATE))
    iam.upload_ssh_public_key(UserName="nina", SSHPublicKeyBody=PUBLIC_KEY)
    seed = iam.create_virtual_mfa_device(VirtualMFADeviceName="nina")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(
        UserName="nina", SerialNumber=seed, AuthenticationCode1="123456", AuthenticationCode2="654321"
    )
    iam.create_user(UserName="ci")
    iam.create_role(RoleName="operator", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName="operator", PolicyArn=admin)
    keys = {name: iam.create_access_key(UserName=name)["AccessKey"] for name in ("nina", "ci")}
    iam.update_access_key(UserName="ci", AccessKeyId=keys["ci"]["AccessKeyId"], Status="Inactive")
    return {name: key["AccessKeyId"] for name, key in keys.items()}


def test_a_live_account_comes_to_rows(company, source, context, collect):
    got = collect(AwsIamCollector(source, context))
    accounts = {account.account: account for account in got.rows(Account)}
    nina = accounts[f"arn:aws:iam::{ACCOUNT}:user/eng/nina"]
    assert (nina.kind, nina.enabled, nina.mfa) == ("person", True, True)
    assert accounts[f"arn:aws:iam::{ACCOUNT}:user/ci"].enabled is False
    assert accounts[f"arn:aws:iam::{ACCOUNT}:role/operator"].kind == "role"

    credentials = {credential.credential: credential for credential in got.rows(Credential)}
    assert credentials[company["nina"]].enabled
    assert not credentials[company["ci"]].enabled
    assert json.loads(credentials[company["nina"]].handle)["key"] == company["nina"]
    assert f"password:{nina.account}" in credentials
    (ssh_key,) = [credential for credential in credentials.values() if credential.kind == "ssh-key"]
    assert ssh_key.credential.startswith("ssh-key:SHA256:")

    policies = {(policy.kind, policy.policy): policy for policy in got.rows(Policy)}
    assert json.loads(policies["identity", f"arn:aws:iam::{ACCOUNT}:policy/admin"].document) == ADMIN
    assert json.loads(policies["identity", f"{nina.account}#checkout"].document) == UPDATE
    assert [(m.member, m.via) for m in got.rows(Membership)] == [
        (nina.account, "member"),
        (f"arn:aws:iam::{ACCOUNT}:root", "assume"),
    ]
    assert {json.loads(grant.handle)["type"] for grant in got.rows(Grant)} == {
        "group-membership",
        "inline-user-policy",
        "attached-group-policy",
        "attached-role-policy",
        "trust",
    }
    assert (got.coverage[0].status, got.coverage[0].scope) == ("ok", ACCOUNT)


def test_every_answer_is_kept_as_received(company, source, context, collect):
    (batch,) = collect(AwsIamCollector(source, context)).batches
    assert all(raw.original for raw in batch)
    assert [raw.origin for raw in batch] == [
        f"iam:GetAccountAuthorizationDetails/{ACCOUNT}/page-0001",
        f"iam:GetCredentialReport/{ACCOUNT}",
        f"iam:ListAccessKeys/{ACCOUNT}",
        f"iam:ListSSHPublicKeys/{ACCOUNT}",
        f"iam:ListMFADevices/{ACCOUNT}",
        f"iam:GetServiceLastAccessedDetails/{ACCOUNT}",
    ]
    page = json.loads(batch[0].load())
    assert {"nina", "ci"} <= {user["UserName"] for user in page["UserDetailList"]}
    assert not any(word in raw.load() for raw in batch for word in (b"SecretAccessKey", b"ResponseMetadata"))


def test_a_live_answer_and_its_dump_come_to_the_same_rows(company, source, context, collect, tmp_path):
    live = collect(AwsIamCollector(source, context))
    (tmp_path / "dump.json").write_bytes(live.batches[0][0].load())
    (tmp_path / "report.csv").write_bytes(live.batches[0][1].load())
    from_files = AwsIam(name="iam", kind="aws-iam", account=ACCOUNT, file="dump.json", credential_report="report.csv")
    dumped = collect(AwsIamCollector(from_files, context))
    for table, column in ((Account, "account"), (Policy, "document"), (Membership, "member"), (Grant, "handle")):
        assert [getattr(row, column) for row in live.rows(table)] == [
            getattr(row, column) for row in dumped.rows(table)
        ]


def test_the_last_use_of_a_key_is_read(company, source, context, collect, endpoint, iam):
    secret = iam.create_access_key(UserName="nina")["AccessKey"]
    boto3.client(
        "sts",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=secret["AccessKeyId"],
        aws_secret_access_key=secret["SecretAccessKey"],
    ).get_caller_identity()
    credentials = {c.credential: c for c in collect(AwsIamCollector(source, context)).rows(Credential)}
    assert credentials[secret["AccessKeyId"]].last_used_at is not None
    assert not credentials[secret["AccessKeyId"]].never_used
    assert credentials[company["nina"]].never_used
    iam.delete_access_key(UserName="nina", AccessKeyId=secret["AccessKeyId"])


def test_the_last_use_of_services_is_read_of_users_and_roles_over_pages(company, source, context, collect, iam):
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    nina, operator = f"arn:aws:iam::{ACCOUNT}:user/eng/nina", f"arn:aws:iam::{ACCOUNT}:role/operator"
    used = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
    SERVICES[nina] = {f"service-{number:03}": None for number in range(120)} | {"ecs": used}
    SERVICES[operator] = {"s3": used}
    got = collect(AwsIamCollector(source, context))
    rows = {(row.account, row.service): row for row in got.rows(ServiceUse)}
    assert len(rows) == 122
    assert (rows[nina, "ecs"].last_used_at, rows[nina, "service-119"].last_used_at) == (used, None)
    assert rows[operator, "s3"].scope == ACCOUNT
    (origin,) = {row.origin for row in rows.values()}
    (answer,) = [raw.load() for raw in got.batches[0] if raw.origin == origin]
    assert json.loads(AwsIamCollector.quote(answer, rows[nina, "ecs"].record))["Arn"] == nina
    assert not any("aws-service-role" in told["Arn"] for told in json.loads(answer))
    SERVICES.clear()


def test_a_list_of_services_that_is_being_made_is_waited_for_and_not_for_ever():
    client = boto3.client("iam", region_name="us-east-1")
    now, job = datetime(2026, 3, 1, tzinfo=UTC), {"JobId": "j" * 36}
    dates = {"JobCreationDate": now, "JobCompletionDate": now}
    under_way = {"JobStatus": "IN_PROGRESS", "ServicesLastAccessed": [], **dates}
    done = {
        "JobStatus": "COMPLETED",
        "ServicesLastAccessed": [{"ServiceName": "S3", "ServiceNamespace": "s3"}],
        **dates,
    }
    arn = f"arn:aws:iam::{ACCOUNT}:user/nina"
    with Stubber(client) as stub:
        stub.add_response("generate_service_last_accessed_details", job)
        stub.add_response("get_service_last_accessed_details", under_way, job)
        stub.add_response("get_service_last_accessed_details", done, job)
        told = services_last_accessed(client, "nina", arn, pauses=(0,))
        assert [one["ServiceNamespace"] for one in told["ServicesLastAccessed"]] == ["s3"]
    with Stubber(client) as stub:
        stub.add_response("generate_service_last_accessed_details", job)
        for _ in range(2):
            stub.add_response("get_service_last_accessed_details", under_way, job)
        with pytest.raises(SourceError, match="services that nina last used was not ready"):
            services_last_accessed(client, "nina", arn, pauses=(0,))


@pytest.fixture
def sign_in_with(iam, endpoint, monkeypatch):
    """Sign in as somebody who holds one policy, with the server checking rights from then on."""
    iam.create_user(UserName="auditor")

    def run(policy):
        iam.put_user_policy(UserName="auditor", PolicyName="audit", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="auditor")["AccessKey"]
        check_rights(endpoint, after=0)
        sign_in(monkeypatch, key["AccessKeyId"], key["SecretAccessKey"])

    yield run
    check_rights(endpoint, after=1_000_000)
    iam.delete_user_policy(UserName="auditor", PolicyName="audit")
    for key in iam.list_access_keys(UserName="auditor")["AccessKeyMetadata"]:
        iam.delete_access_key(UserName="auditor", AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName="auditor")


def check_rights(endpoint, after):
    """From so many calls on."""
    request = urllib.request.Request(
        f"{endpoint}/moto-api/reset-auth", data=str(after).encode(), headers={"Content-Type": "text/plain"}
    )
    urllib.request.urlopen(request, timeout=waiting.LIMIT).close()


def test_the_generated_policy_is_enough(company, source, context, collect, sign_in_with):
    sign_in_with(aws_policy(["aws-iam"]))
    assert collect(AwsIamCollector(source, context)).coverage[0].status == "ok"


@pytest.mark.parametrize(
    ("action", "part"),
    [
        ("iam:GenerateCredentialReport", "GetCredentialReport"),
        ("iam:GetCredentialReport", "GetCredentialReport"),
        ("iam:ListAccessKeys", "ListAccessKeys"),
        ("iam:GetAccessKeyLastUsed", "ListAccessKeys"),
        ("iam:ListSSHPublicKeys", "ListSSHPublicKeys"),
        ("iam:GetSSHPublicKey", "ListSSHPublicKeys"),
        ("iam:ListMFADevices", "ListMFADevices"),
        ("iam:GenerateServiceLastAccessedDetails", "GetServiceLastAccessedDetails"),
        ("iam:GetServiceLastAccessedDetails", "GetServiceLastAccessedDetails"),
    ],
)
def test_a_denied_call_costs_its_part_only(company, source, context, collect, sign_in_with, action, part):
    policy = aws_policy(["aws-iam"])
    policy["Statement"][0]["Action"].remove(action)
    sign_in_with(policy)
    got = collect(AwsIamCollector(source, context))
    assert len(got.rows(Account)) >= 4
    assert [entry.origin for entry in got.objects if entry.status != "ok"] == [f"iam:{part}/{ACCOUNT}"]
    assert got.coverage[0].status == "partial"
    assert action in got.coverage[0].reason


def test_without_authorization_details_the_source_has_failed(company, source, context, collect, sign_in_with):
    policy = aws_policy(["aws-iam"])
    policy["Statement"][0]["Action"].remove("iam:GetAccountAuthorizationDetails")
    sign_in_with(policy)
    with pytest.raises(SourceError, match="GetAccountAuthorizationDetails"):
        collect(AwsIamCollector(source, context))


def test_another_account_than_the_configured_one_fails_the_source(company, endpoint, context, collect):
    source = AwsIam(name="iam", kind="aws-iam", account="444455556666", endpoint_url=endpoint)
    with pytest.raises(SourceError, match=ACCOUNT):
        collect(AwsIamCollector(source, context))


def test_a_report_that_is_being_made_is_waited_for_and_not_for_ever(iam):
    with Stubber(iam) as stub:
        for code, status in (("ReportNotPresent", 410), ("ReportInProgress", 404)):
            stub.add_response("generate_credential_report", {"State": "STARTED"})
            stub.add_client_error("get_credential_report", code, http_status_code=status)
        stub.add_response("generate_credential_report", {"State": "COMPLETE"})
        stub.add_response(
            "get_credential_report",
            {"Content": b"user,arn", "ReportFormat": "text/csv", "GeneratedTime": datetime(2026, 3, 1, tzinfo=UTC)},
        )
        assert credential_report(iam, pauses=(0, 0)) == b"user,arn"
    with Stubber(iam) as stub:
        for _ in range(2):
            stub.add_response("generate_credential_report", {"State": "STARTED"})
            stub.add_client_error("get_credential_report", "ReportInProgress", http_status_code=404)
        with pytest.raises(SourceError, match="not ready"):
            credential_report(iam, pauses=(0,))


def test_pages_are_followed(context):
    """Moto answers in one page: boto3's paginator is shown two."""
    client = boto3.client("iam", region_name="us-east-1")
    source = AwsIam(name="iam", kind="aws-iam", account=ACCOUNT)
    role = {
        "Path": "/",
        "RoleId": "AROAEXAMPLE0000000001",
        "CreateDate": datetime(2026, 1, 1, tzinfo=UTC),
        "AssumeRolePolicyDocument": json.dumps(TRUST),
    }
    empty = {"UserDetailList": [], "GroupDetailList": [], "Policies": []}
    with Stubber(client) as stub:
        for name, more in (("operator", {"IsTruncated": True, "Marker": "2"}), ("reader", {"IsTruncated": False})):
            roles = [role | {"RoleName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}]
            stub.add_response("get_account_authorization_details", empty | {"RoleDetailList": roles} | more)
        raws = AwsIamCollector(source, context).pages(client)
    assert [raw.origin[-9:] for raw in raws] == ["page-0001", "page-0002"]
    normalised = AwsIamCollector(source, context).normalise(raws)
    assert normalised.tables[Account].num_rows == 2
