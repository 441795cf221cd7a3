"""AWS Organizations on moto's server, and the same answers from a dump."""

import json

import pytest

from auditor.config.sources.aws import AwsOrganizations
from auditor.errors import SourceError
from auditor.model.tables import Policy
from collectors.aws.organizations import OrganizationsCollector
from tests.collectors.rows import columns

DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
TEXT = json.dumps(DENY)


def line(call, reply, **asked):
    return json.dumps({"call": f"organizations:{call}", "asked": asked, "reply": reply})


def summary(kind="SERVICE_CONTROL_POLICY"):
    return {"PolicySummary": {"Id": "p-1", "Name": "no-iam", "Type": kind}, "Content": TEXT}


DUMP = (
    line("DescribeOrganization", {"Organization": {"Id": "o-1", "MasterAccountId": "444455556666"}}),
    line("ListRoots", {"Roots": [{"Id": "r-1"}]}),
    line("ListAccountsForParent", {"Accounts": [{"Id": "444455556666"}]}, ParentId="r-1"),
    line("ListOrganizationalUnitsForParent", {"OrganizationalUnits": [{"Id": "ou-1"}]}, ParentId="r-1"),
    line("ListAccountsForParent", {"Accounts": [{"Id": "111122223333"}]}, ParentId="ou-1"),
    line("DescribePolicy", {"Policy": summary()}, PolicyId="p-1"),
    line("ListTargetsForPolicy", {"Targets": [{"TargetId": "ou-1", "Type": "ORGANIZATIONAL_UNIT"}]}, PolicyId="p-1"),
)


def source(**known):
    return AwsOrganizations(name="guardrails", kind="aws-organizations", **known)


@pytest.fixture
def dumped(tmp_path, context, collect):
    def read(*lines):
        path = tmp_path / "organisation.jsonl"
        path.write_text("\n".join(lines))
        return collect(OrganizationsCollector(source(file=str(path)), context))

    return read


def test_a_dump_tells_what_stands_over_each_account(dumped):
    got = dumped(*DUMP)
    places = {row.attached_to: json.loads(row.document) for row in got.rows(Policy) if row.kind == "ancestry"}
    assert places["111122223333"]["ancestors"] == ["ou-1", "r-1"]
    assert (places["444455556666"]["managing"], places["444455556666"]["ancestors"]) == (True, [])
    (policy,) = [row for row in got.rows(Policy) if row.kind == "service-control"]
    assert (policy.attached_to, policy.name, json.loads(policy.document)) == ("ou-1", "no-iam", DENY)
    (coverage,) = got.coverage
    assert (coverage.scope, coverage.status) == ("o-1", "ok")


def test_a_dump_that_lacks_a_call_is_partial_and_says_which(dumped):
    (coverage,) = dumped(*(one for one in DUMP if "ListTargetsForPolicy" not in one)).coverage
    assert (coverage.status, coverage.reason) == ("partial", "there is no answer of organizations:ListTargetsForPolicy")


REFUSED = json.dumps(
    {"call": "organizations:ListPolicies", "asked": {"Filter": "SERVICE_CONTROL_POLICY"}, "error": "no"}
)


@pytest.mark.parametrize(
    ("lines", "unread"),
    [
        (DUMP, {}),
        ([*DUMP, REFUSED], {"111122223333": True}),
        ([*DUMP, REFUSED.replace("SERVICE", "RESOURCE")], {}),
        ([one for one in DUMP if "ListTargetsForPolicy" not in one], {"111122223333": True}),
        ([one for one in DUMP if "DescribePolicy" not in one], {"111122223333": True}),
        (
            [*DUMP, line("ListPolicies", {"Policies": [], "NextToken": "2"}, Filter="SERVICE_CONTROL_POLICY")],
            {"111122223333": True},
        ),
    ],
)
def test_that_not_all_that_stands_over_an_account_was_read_is_told_of_it(dumped, lines, unread):
    places = {
        row.attached_to: json.loads(row.document) for row in dumped(*lines).rows(Policy) if row.kind == "ancestry"
    }
    assert {account: place["unread"] for account, place in places.items() if "unread" in place} == unread


def test_a_policy_without_its_text_is_told(dumped):
    (coverage,) = dumped(*(one for one in DUMP if "DescribePolicy" not in one)).coverage
    assert "the text of the policy p-1 is not among the answers" in coverage.reason


def test_the_organisation_is_read_live(aws, context, collect):
    (shop,) = aws.organisation("shop")
    organizations = aws.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="production")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=shop, SourceParentId=root, DestinationParentId=unit)
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    about = {"Name": "no-iam", "Description": "none", "Type": "SERVICE_CONTROL_POLICY"}
    made = organizations.create_policy(Content=TEXT, **about)["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=made, TargetId=unit)
    known = {"region": "eu-central-1", "endpoint_url": aws.endpoint}
    organizations.register_delegated_administrator(AccountId=shop, ServicePrincipal="guardduty.amazonaws.com")
    got = collect(OrganizationsCollector(source(**known), context))
    places = {row.attached_to: json.loads(row.document) for row in got.rows(Policy) if row.kind == "ancestry"}
    assert (places[shop]["ancestors"], places[shop]["delegated"]) == ([unit, root], ["guardduty.amazonaws.com"])
    assert [row.attached_to for row in got.rows(Policy) if row.name == "no-iam"] == [unit]


def test_an_account_that_is_in_no_organisation_fails_the_source(aws, context, collect):
    known = {"region": "eu-central-1", "endpoint_url": aws.endpoint}
    with pytest.raises(SourceError, match="DescribeOrganization"):
        collect(OrganizationsCollector(source(**known), context))


def test_each_row_whole(dumped):
    got = dumped(*DUMP, line("ListTargetsForPolicy", {"Targets": [{"TargetId": "r-1"}]}, PolicyId="p-2"),
        line("DescribePolicy", {"Policy": {**summary("TAG_POLICY"), "PolicySummary": {"Id": "p-2", "Type": "TAG_POLICY"}}}))  # fmt: skip
    place = {"kind": "ancestry", "name": "o-1"}

    def document(account, *above, managing=False):
        known = {"number": account, "organisation": "o-1", "ancestors": [*above], "managing": managing}
        return {**place, "policy": account, "attached_to": account, "document": json.dumps(known)}

    assert [columns(row) for row in got.rows(Policy)] == [
        document("444455556666", managing=True),
        document("111122223333", "ou-1", "r-1"),
        {"policy": "p-1", "kind": "service-control", "attached_to": "ou-1", "name": "no-iam", "document": TEXT},
    ]
    (coverage,) = got.coverage
    assert (coverage.scope, coverage.status, coverage.reason, coverage.rows) == ("o-1", "ok", None, 3)


def test_units_that_name_each_other_end_and_what_was_refused_is_said(dumped):
    circle = line("ListOrganizationalUnitsForParent", {"OrganizationalUnits": [{"Id": "r-1"}]}, ParentId="ou-1")
    refused = [
        json.dumps({"call": f"organizations:{call}", "asked": asked, "error": "AWS denied access"})
        for call, asked in (
            ("ListRoots", {}),
            ("ListAccountsForParent", {"ParentId": "ou-2"}),
            ("X", {"PolicyId": "p"}),
        )
    ]
    got = dumped(*DUMP, circle, *refused)
    rows = {row.policy: json.loads(row.document) for row in got.rows(Policy) if row.kind == "ancestry"}
    assert rows["111122223333"]["ancestors"] == ["ou-1", "r-1"]
    (coverage,) = got.coverage
    assert coverage.status == "partial"
    assert coverage.reason == "AWS denied access (organizations:ListRoots and 2 more)"
    (coverage,) = dumped(refused[0]).coverage
    assert (coverage.scope, coverage.status) == ("guardrails", "failed")


def test_what_an_account_administers_for_the_organisation_stands_with_its_place(dumped):
    listed = line("ListDelegatedAdministrators", {"DelegatedAdministrators": [{"Id": "111122223333"}]})
    services = [{"ServicePrincipal": "sso.amazonaws.com"}, {"ServicePrincipal": "iam.amazonaws.com"}]
    of_account = line("ListDelegatedServicesForAccount", {"DelegatedServices": services}, AccountId="111122223333")
    got = dumped(*DUMP, listed, of_account)
    places = {row.attached_to: json.loads(row.document) for row in got.rows(Policy) if row.kind == "ancestry"}
    assert places["111122223333"]["delegated"] == ["sso.amazonaws.com", "iam.amazonaws.com"]
    assert places["444455556666"]["delegated"] == []


def test_administrators_that_may_not_be_listed_are_not_told_and_said(dumped):
    refused = {"call": "organizations:ListDelegatedAdministrators", "asked": {}, "error": "AWS denied access"}
    got = dumped(*DUMP, json.dumps(refused))
    places = [json.loads(row.document) for row in got.rows(Policy) if row.kind == "ancestry"]
    assert not [one for one in places if "delegated" in one]
    assert got.coverage[0].status == "partial"
