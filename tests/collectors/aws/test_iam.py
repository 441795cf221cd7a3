"""IAM from files; live in test_aws_iam_live.py."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.config.sources.aws import AwsIam
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Membership, Policy, ServiceUse
from collectors.aws.iam.collector import AwsIamCollector

DATA = Path(__file__).parents[2] / "data" / "aws-iam"
ARN = "arn:aws:iam::111122223333"
NINA = f"{ARN}:user/eng/nina"
OPERATOR = f"{ARN}:role/operator"


@pytest.fixture
def read(context, collect, tmp_path):
    """Rows of a dump, as it is in tests/data or as given."""

    def run(details=None, report=None, account="111122223333", services=None):
        content = (DATA / "authorization-details.json").read_bytes() if details is None else details
        (tmp_path / "dump.json").write_bytes(content.encode() if isinstance(content, str) else content)
        if report is None:
            report = (DATA / "credential-report.csv").read_text()
        if report:
            (tmp_path / "report.csv").write_text(report)
        if services is not None:
            (tmp_path / "services.json").write_text(services)
        source = AwsIam(
            name="iam",
            kind="aws-iam",
            account=account,
            file="dump.json",
            credential_report="report.csv" if report is not False else None,
            services_last_accessed="services.json" if services is not None else None,
        )
        return collect(AwsIamCollector(source, context))

    return run


@pytest.fixture
def dump():
    return json.loads((DATA / "authorization-details.json").read_text())


def by(rows, column):
    return {getattr(row, column): row for row in rows}


def test_accounts_say_what_the_provider_knows(read):
    accounts = by(read().rows(Account), "account")
    nina = accounts[NINA]
    assert (nina.kind, nina.enabled, nina.mfa, nina.email) == ("person", True, True, "nina@harbour.example")
    assert nina.last_used_at == datetime(2026, 2, 20, 14, tzinfo=UTC)
    assert (accounts[f"{ARN}:user/ci"].kind, accounts[f"{ARN}:user/ci"].enabled) == ("unknown", True)
    assert accounts[f"{ARN}:user/idle"].enabled is False
    assert accounts[f"{ARN}:group/teams/engineers"].kind == "group"
    assert accounts[OPERATOR].last_used_at == datetime(2026, 2, 10, 8, tzinfo=UTC)
    root = accounts[f"{ARN}:root"]
    assert (root.kind, root.mfa, root.last_used_at) == ("root", True, datetime(2026, 1, 5, 10, tzinfo=UTC))


def test_credentials_come_from_the_report(read):
    credentials = by(read().rows(Credential), "credential")
    password = credentials[f"password:{NINA}"]
    assert (password.enabled, password.never_used, password.last_used_at) == (True, True, None)
    assert password.created_at == datetime(2025, 12, 1, 9, tzinfo=UTC)
    assert json.loads(password.handle)["created_at"] == "2025-12-01T09:00:00+00:00"
    used, retired = credentials[f"access-key:{NINA}:1"], credentials[f"access-key:{NINA}:2"]
    assert (used.enabled, used.last_used_at.month, used.never_used) == (True, 2, False)
    assert retired.enabled is False
    assert credentials[f"access-key:{ARN}:user/ci:1"].never_used
    assert credentials[f"access-key:{ARN}:root:1"].created_at == datetime(2023, 1, 2, tzinfo=UTC)
    assert credentials[f"password:{ARN}:root"].last_used_at == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert not any("idle" in name for name in credentials)
    assert json.loads(used.handle) == {
        "provider": "aws",
        "type": "access-key",
        "account": "111122223333",
        "user": "nina",
        "created_at": "2025-11-01T09:00:00+00:00",
    }


def test_members_of_groups_and_everybody_whom_a_role_trusts(read):
    memberships = read().rows(Membership)
    assert [(m.group, m.member) for m in memberships if m.via == "member"] == [(f"{ARN}:group/teams/engineers", NINA)]
    mfa = '{"Bool":{"aws:MultiFactorAuthPresent":"true"}}'
    assert [(m.group, m.member, m.condition) for m in memberships if m.via == "assume"] == [
        (OPERATOR, NINA, mfa),
        (OPERATOR, "arn:aws:iam::444455556666:root", mfa),
        (OPERATOR, "ec2.amazonaws.com", None),
        (OPERATOR, f"{ARN}:oidc-provider/gitlab.harbour.example", None),
    ]


def test_policies_stand_with_the_principal_that_they_are_on(read):
    policies = {(policy.kind, policy.policy, policy.attached_to): policy for policy in read().rows(Policy)}
    inline = policies["identity", f"{NINA}#checkout-PAY-184", NINA]
    assert json.loads(inline.document)["Statement"][0]["Action"] == "ecs:UpdateService"
    edge = f"{ARN}:policy/edge"
    assert "logs:*" in policies["identity", edge, f"{ARN}:group/teams/engineers"].document
    assert policies["boundary", edge, NINA].name == "edge"
    assert json.loads(policies["identity", f"{OPERATOR}#operate", OPERATOR].document)["Statement"] == []
    assert len(json.loads(policies["trust", f"{OPERATOR}#trust", OPERATOR].document)["Statement"]) == 5


def test_a_managed_policy_whose_text_is_missing_is_no_empty_policy(read):
    got = read()
    (missing,) = [policy for policy in got.rows(Policy) if policy.name == "ReadOnlyAccess"]
    assert missing.document == "null"
    assert got.coverage[0].status == "partial"
    assert "arn:aws:iam::aws:policy/ReadOnlyAccess" in got.coverage[0].reason


def test_every_right_has_what_a_revocation_needs(read):
    got = read()
    grants = {(grant.principal, grant.role): grant for grant in got.rows(Grant)}
    documents = {policy.policy: policy.document for policy in got.rows(Policy)}

    inline = json.loads(grants[NINA, "checkout-PAY-184"].handle)
    text = documents[f"{NINA}#checkout-PAY-184"]
    assert inline == {
        "provider": "aws",
        "type": "inline-user-policy",
        "account": "111122223333",
        "user": "nina",
        "policy": "checkout-PAY-184",
        "fingerprint": hashlib.sha256(text.encode()).hexdigest(),
    }
    attached = json.loads(grants[f"{ARN}:group/teams/engineers", f"{ARN}:policy/edge"].handle)
    assert (attached["type"], attached["group"]) == ("attached-group-policy", "engineers")
    member = json.loads(grants[NINA, f"{ARN}:group/teams/engineers"].handle)
    assert (member["type"], member["user"], member["group"]) == ("group-membership", "nina", "engineers")
    trust = json.loads(grants[NINA, OPERATOR].handle)
    assert (trust["type"], trust["role"], trust["principal"]) == ("trust", "operator", NINA)
    assert {grant.resource for grant in grants.values()} == {"111122223333"}
    assert json.loads(grants[NINA, "arn:aws:iam::aws:policy/ReadOnlyAccess"].handle)["fingerprint"] is None


def test_a_row_points_at_its_record(read, dump):
    got = read()
    (role,) = [account for account in got.rows(Account) if account.kind == "role"]
    assert role.origin == "dump.json"
    data = (DATA / "authorization-details.json").read_bytes()
    assert json.loads(AwsIamCollector.quote(data, role.record)) == dump["RoleDetailList"][0]
    assert role.sha256 == hashlib.sha256(data).hexdigest()
    (root,) = [account for account in got.rows(Account) if account.kind == "root"]
    report = (DATA / "credential-report.csv").read_bytes()
    assert AwsIamCollector.quote(report, root.record).startswith("<root_account>")


@pytest.mark.parametrize("join", ["\n", "", "\n\n"])
def test_pages_one_after_another_are_one_dump(read, dump, join):
    empty = {name: [] for name in dump}
    pages = [
        empty | {"UserDetailList": dump["UserDetailList"], "IsTruncated": True, "Marker": "m"},
        empty | {"GroupDetailList": dump["GroupDetailList"], "RoleDetailList": dump["RoleDetailList"]},
        empty | {"Policies": dump["Policies"], "IsTruncated": False},
    ]
    whole, paged = read(), read(join.join(map(json.dumps, pages)))
    for table in (Account, Membership, Policy, Grant, Credential):
        assert len(whole.rows(table)) == len(paged.rows(table))
    assert read(json.dumps(pages)).coverage[0].rows == whole.coverage[0].rows


def test_a_dump_that_powershell_wrote_is_read(read, dump):
    assert len(read(json.dumps(dump).encode("utf-16")).rows(Account)) == 6


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda text: text[: len(text) // 2], "not the whole output"),
        (lambda text: "", "empty"),
        (lambda text: "null", "holds none of"),
        (lambda text: "[1, 2]", "holds none of"),
        (lambda text: '{"Users": []}', "holds none of"),
        (lambda text: '{"UserDetailList": {}}', "is not a list"),
        (lambda text: '{"UserDetailList": []}', "made with a filter"),
        (lambda text: text.rstrip()[:-1] + ', "IsTruncated": true, "Marker": "x"}', "more pages follow"),
        (lambda text: text.rstrip()[:-1] + ', "NextToken": "x"}', "more pages follow"),
        (lambda text: text.replace("111122223333", "444455556666"), "AWS account 444455556666"),
        (lambda text: "[" * 100_000, "nested too deeply"),
        (lambda text: b"\xff\xfe\xff", "not the whole output"),
    ],
)
def test_half_a_dump_or_anothers_fails_the_source(read, spoil, reason):
    text = (DATA / "authorization-details.json").read_text()
    with pytest.raises(SourceError, match=reason) as raised:
        read(spoil(text))
    assert "dump.json" in raised.value.what
    assert raised.value.do


def test_a_missing_dump_fails_the_source(context, collect, tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("nothing.json", "folder"):
        source = AwsIam(name="iam", kind="aws-iam", account="111122223333", file=name)
        with pytest.raises(SourceError, match=name):
            collect(AwsIamCollector(source, context))


@pytest.mark.parametrize("cut", ["GroupList", "AttachedManagedPolicies"])
def test_an_entry_that_was_cut_does_not_tell_all_that_its_user_holds(read, dump, cut):
    user = dump["UserDetailList"][0]
    del user[cut]
    (line,) = read(json.dumps(dump)).coverage
    assert (line.status, user["Arn"] in line.reason, cut in line.reason) == ("partial", True, True)


def test_a_malformed_entry_costs_that_entry_only(read, dump):
    dump["UserDetailList"][1] = {"UserName": "ci"}
    dump["UserDetailList"][2]["CreateDate"] = "yesterday"
    dump["RoleDetailList"].append(
        {**dump["RoleDetailList"][0], "Arn": f"{ARN}:role/odd", "AssumeRolePolicyDocument": "{"}
    )
    got = read(json.dumps(dump))
    accounts = by(got.rows(Account), "account")
    assert NINA in accounts
    assert f"{ARN}:role/odd" in accounts
    assert f"{ARN}:user/ci" not in accounts
    assert (got.coverage[0].status, got.coverage[0].rejected) == ("partial", 2)
    assert "role/odd" in got.coverage[0].reason


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (None, "credential report cannot be read"),
        ("user,arn\nnina,x\n", "no column password_enabled"),
        ("Not a report", "no column"),
        ("dXNlcixhcm4s=A=A", "no column password_enabled"),
        ("dXNlcixhcm4sAAAAA===", "no column password_enabled"),
    ],
)
def test_a_bad_report_costs_the_report_only(read, tmp_path, report, reason):
    got = read(report="" if report is None else report)
    assert (tmp_path / "report.csv").exists() == (report is not None)
    assert got.rows(Grant)
    assert got.rows(Credential) == []
    assert got.coverage[0].status == "partial"
    assert reason in got.coverage[0].reason


def test_without_a_report_nobody_is_said_to_be_without_a_way_in(read):
    got = read(report=False)
    users = [account for account in got.rows(Account) if ":user/" in account.account]
    assert {(user.enabled, user.mfa, user.kind) for user in users} == {(None, None, "unknown")}
    assert "no credential report is given" in got.coverage[0].reason


def test_a_time_in_the_report_that_is_none_is_said(read):
    report = (DATA / "credential-report.csv").read_text().replace("2025-12-01T09:00:00+00:00", "last week")
    got = read(report=report)
    assert by(got.rows(Credential), "credential")[f"password:{NINA}"].created_at is None
    assert "password_last_changed" in got.coverage[0].reason


def test_a_user_whom_the_report_does_not_know_is_said(read):
    report = "\n".join(
        line for line in (DATA / "credential-report.csv").read_text().splitlines() if not line.startswith("ci,")
    )
    got = read(report=report)
    assert by(got.rows(Account), "account")[f"{ARN}:user/ci"].enabled is None
    assert f"{ARN}:user/ci" in got.coverage[0].reason


def services(arn=NINA, status="COMPLETED", **last):
    """As get-service-last-accessed-details answers, with the ARN that was asked about."""
    listed = [
        {"ServiceName": name, "ServiceNamespace": name} | ({"LastAuthenticated": at} if at else {})
        for name, at in last.items()
    ]
    dates = {"JobCreationDate": "2026-02-28T23:00:00Z", "JobCompletionDate": "2026-02-28T23:00:05+00:00"}
    return json.dumps({"Arn": arn, "JobStatus": status, "ServicesLastAccessed": listed, **dates})


def test_services_in_a_file_are_used_as_those_told_live(read):
    got = read(services=services(ecs="2026-02-27T09:30:00Z", s3=None) + "\n" + services(OPERATOR, sts=None))
    rows = [(row.account, row.service, row.last_used_at, row.record) for row in got.rows(ServiceUse)]
    used = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)
    assert rows == [(NINA, "ecs", used, 0), (NINA, "s3", None, 0), (OPERATOR, "sts", None, 1)]
    assert {row.watched_since for row in got.rows(ServiceUse)} == {datetime(2025, 1, 24, 23, 0, 5, tzinfo=UTC)}
    assert "services" not in (got.coverage[0].reason or "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (services(status="FAILED"), f"AWS did not make the list of services that were last used ({NINA})"),
        (
            '{"JobStatus": "COMPLETED"}',
            "the services last accessed cannot be used: Object missing required field `Arn`",
        ),
        ('[{"Arn": ', "the services last accessed cannot be used"),
        ("", "the services last accessed cannot be used: it is empty"),
        (services(ecs="yesterday"), "the services last accessed cannot be used: Invalid RFC3339"),
    ],
)
def test_services_that_cannot_be_used_cost_themselves_only(read, text, sentence):
    got = read(services=text)
    assert got.rows(Account)
    assert got.rows(ServiceUse) == []
    assert (got.coverage[0].status, sentence in got.coverage[0].reason) == ("partial", True)


def test_published_lists_of_services_are_read(read, shared):
    known = json.loads(shared("data/iam-dumps/airiam-iam_data.json").read_text())
    told = [
        services(
            one["Arn"],
            **{use["ServiceNamespace"]: use["LastAccessed"].replace(" ", "T") for use in one["LastAccessed"]},
        )
        for one in (*known["AccountUsers"], *known["AccountRoles"])
    ]
    rows = read(services="\n".join(told)).rows(ServiceUse)
    assert len(rows) == sum(text.count("LastAuthenticated") for text in told) > 50
    assert all(row.last_used_at for row in rows)


def test_hostile_text_is_data(read, dump):
    dump["UserDetailList"][0]["UserPolicyList"][0]["PolicyName"] = '"; touch pwned #\ud800'
    got = read(json.dumps(dump))
    assert any(grant.role.startswith('"; touch pwned #') for grant in got.rows(Grant))


@pytest.mark.parametrize(("account", "dumps"), [("123456789012", 8), ("111111111111", 1), ("391638756970", 1)], ids=str)
def test_published_dumps_are_read(shared, context, collect, account, dumps):
    read = 0
    for path in shared("data/iam-dumps").rglob("*.json"):
        source = AwsIam(name="iam", kind="aws-iam", account=account, file=str(path))
        try:
            got = collect(AwsIamCollector(source, context))
        except SourceError:
            continue
        assert got.rows(Grant)
        assert got.rows(Policy)
        read += 1
    assert read >= dumps


@pytest.mark.golden
def test_what_dumps_tell_is_told_whole(read, told_whole):
    told_whole("aws-iam", read())
