"""Identity Center as boto3 sees it, on moto's server, and the same answers from a dump."""

import json

import pytest

from auditor.config.sources.aws import AwsIdentityCenter
from auditor.errors import SourceError
from auditor.model.tables import Account, Grant, Membership, Policy
from collectors.aws.identity_center.collector import IdentityCenterCollector
from collectors.aws.permissions import aws_policy

DEPLOY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"}]}


def source(endpoint=None, **known):
    region = {"region": "eu-central-1", "endpoint_url": endpoint} if endpoint else {}
    return AwsIdentityCenter(name="people", kind="aws-identity-center", **region, **known)


@pytest.fixture
def company(aws):
    """Nina may operate the shop by her group, Bea directly; the mail account has nobody."""
    shop, mail = aws.organisation("shop", "mail")
    nina, bea = aws.person("nina", "nina@harbour.example"), aws.person("bea@harbour.example")
    engineers = aws.group("engineers", nina)
    operator = aws.permission_set("ProdOperator", inline=DEPLOY, customer=("house-rules",))
    aws.assign(shop, operator, engineers, "GROUP")
    aws.assign(shop, operator, bea)
    return {"shop": shop, "mail": mail, "nina": nina, "bea": bea, "engineers": engineers, "operator": operator}


@pytest.fixture
def read(aws, context, collect):
    return lambda **known: collect(IdentityCenterCollector(source(aws.endpoint, **known), context))


def lines(batch):
    return b"".join(raw.load() for raw in batch)


def of_scope(got, scope):
    (found,) = [row for row in got.coverage if row.scope == scope]
    return found


def test_users_groups_and_assignments_come_to_rows(company, aws, read):
    got = read()
    accounts = {row.account: row for row in got.rows(Account)}
    nina = accounts[f"identity-center:{company['nina']}"]
    assert (nina.name, nina.email, nina.kind) == ("nina", "nina@harbour.example", "person")
    assert accounts[f"identity-center:{company['bea']}"].email == "bea@harbour.example"
    group = f"identity-center-group:{company['engineers']}"
    assert (accounts[group].kind, accounts[group].name) == ("group", "engineers")
    assert [(row.group, row.member) for row in got.rows(Membership)] == [(group, nina.account)]
    assert {(row.principal, row.role, row.resource) for row in got.rows(Grant)} == {
        (group, company["operator"], company["shop"]),
        (f"identity-center:{company['bea']}", company["operator"], company["shop"]),
        (nina.account, group, aws.instance["IdentityStoreId"]),
    }


def test_a_handle_holds_what_taking_an_assignment_away_needs(company, aws, read):
    (grant,) = [row for row in read().rows(Grant) if row.principal.endswith(company["bea"])]
    assert json.loads(grant.handle) == {
        "provider": "aws",
        "type": "identity-center-assignment",
        "account": company["shop"],
        "instance": aws.instance["InstanceArn"],
        "permission_set": company["operator"],
        "principal_type": "USER",
        "principal": company["bea"],
        "region": "eu-central-1",
    }


def test_permission_sets_come_with_their_policies(company, read):
    policies = {row.name: row for row in read().rows(Policy)}
    assert {row.attached_to for row in policies.values()} == {company["operator"]}
    assert policies["ProdOperator"].kind == "role-definition"
    assert json.loads(policies["AwsSSOInlinePolicy"].document) == DEPLOY
    # Its text stands in each account.
    assert (policies["house-rules"].kind, policies["house-rules"].document) == ("identity", "null")


def test_every_account_of_the_organisation_has_its_line_of_coverage(company, aws, read):
    got = read()
    assert {row.scope: (row.status, row.rows) for row in got.coverage if row.scope.isdigit()} == {
        aws.account: ("ok", 0),
        company["shop"]: ("ok", 2),
        company["mail"]: ("ok", 0),
    }
    assert of_scope(got, aws.instance["IdentityStoreId"]).status == "ok"


def test_only_the_accounts_that_are_named_are_read_and_strangers_are_told(company, read):
    got = read(accounts=(company["mail"], "444455556666"))
    assert not [row for row in got.rows(Grant) if row.resource == company["shop"]]
    assert of_scope(got, company["mail"]).status == "ok"
    assert (of_scope(got, "444455556666").status, of_scope(got, "444455556666").reason) == (
        "failed",
        "444455556666 is no account of this organisation",
    )


def test_answers_and_their_dump_come_to_the_same_rows(company, read, context, collect, tmp_path):
    live = read()
    (batch,) = live.batches
    assert all(raw.original for raw in batch)
    (tmp_path / "dump.jsonl").write_bytes(lines(batch))
    dumped = collect(IdentityCenterCollector(source(file="dump.jsonl"), context))
    for table, column in ((Account, "account"), (Membership, "member"), (Grant, "handle"), (Policy, "document")):
        assert [getattr(row, column) for row in live.rows(table)] == [
            getattr(row, column) for row in dumped.rows(table)
        ]
    grant = dumped.rows(Grant)[-1]
    quoted = json.loads(IdentityCenterCollector.quote((tmp_path / "dump.jsonl").read_bytes(), grant.record))
    assert quoted["call"] == "sso-admin:ListAccountAssignments"
    assert {row.status for row in dumped.coverage} == {"ok"}


def test_pages_are_followed(aws, read):
    for number in range(130):
        aws.person(f"person-{number}")
    assert len(read().rows(Account)) == 130


def test_unicode_in_names_is_kept(company, aws, read):
    aws.permission_set("Łódź-operator", inline=DEPLOY)
    aws.person("zoë", "zoë@harbour.example")
    after = read()
    assert "zoë@harbour.example" in {row.email for row in after.rows(Account)}
    assert "Łódź-operator" in {row.name for row in after.rows(Policy)}


def test_an_organisation_that_uses_nothing_of_it_is_empty_and_whole(aws, read):
    (shop,) = aws.organisation("shop")
    got = read()
    assert got.tables == {}
    assert {row.status for row in got.coverage} == {"ok"}
    assert of_scope(got, shop).rows == 0


def test_a_group_whose_members_are_denied_is_no_empty_group(company, aws, read, failing):
    from moto.identitystore.responses import IdentityStoreResponse

    failing(IdentityStoreResponse, "list_group_memberships", "AccessDeniedException")
    got = read()
    assert not [row for row in got.rows(Account) if row.kind == "group"]
    assert len([row for row in got.rows(Grant) if row.resource == company["shop"]]) == 2
    told = of_scope(got, aws.instance["IdentityStoreId"])
    assert told.status == "partial"
    assert (
        f"AWS denied access while calling identitystore:ListGroupMemberships for {company['engineers']}" in told.reason
    )


def test_a_denied_account_costs_that_account_only(company, aws, read, failing):
    from moto.ssoadmin.responses import SSOAdminResponse

    aws.assign(company["mail"], company["operator"], company["bea"])
    denied = company["mail"]
    failing(SSOAdminResponse, "list_account_assignments", "AccessDeniedException", when=lambda body: denied in body)
    got = read()
    assert (of_scope(got, denied).status, of_scope(got, company["shop"]).status) == ("failed", "ok")
    assert f"sso-admin:ListAccountAssignments for {denied}" in of_scope(got, denied).reason


def test_policies_that_are_denied_are_not_taken_for_none(company, read, failing):
    from moto.ssoadmin.responses import SSOAdminResponse

    for call in ("get_inline_policy_for_permission_set", "get_permissions_boundary_for_permission_set"):
        failing(SSOAdminResponse, call, "AccessDeniedException")
    unread = [(row.kind, row.name) for row in read().rows(Policy) if row.document == "null"]
    assert sorted(unread) == [
        ("boundary", "permissions boundary"),
        ("identity", "AwsSSOInlinePolicy"),
        ("identity", "house-rules"),
    ]


def test_throttling_is_waited_for(company, read, failing):
    from moto.ssoadmin.responses import SSOAdminResponse

    failing(SSOAdminResponse, "list_account_assignments", "ThrottlingException", times=1)
    assert of_scope(read(), company["shop"]).status == "ok"


def test_throttling_is_not_waited_for_for_ever(company, read, failing, monkeypatch):
    from moto.ssoadmin.responses import SSOAdminResponse

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    failing(SSOAdminResponse, "list_account_assignments", "ThrottlingException")
    told = of_scope(read(), company["shop"])
    assert told.status == "failed"
    assert "ThrottlingException" in told.reason


def test_an_answer_that_is_cut_short_is_asked_for_again_and_never_taken_for_an_empty_one(
    company, aws, context, collect, cutting, monkeypatch
):
    def read(times):
        there = source(cutting("ListAccountAssignments", times))
        return of_scope(collect(IdentityCenterCollector(there, context)), company["shop"])

    assert (read(1).status, read(1).rows) == ("ok", 2)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    told = read(1)
    assert told.status == "failed"
    assert "total bytes expected" in told.reason


def test_without_an_instance_or_the_right_to_find_it_the_source_fails(read, failing, monkeypatch):
    from moto.ssoadmin.responses import SSOAdminResponse

    failing(SSOAdminResponse, "list_instances", "AccessDeniedException")
    with pytest.raises(SourceError, match="sso-admin:ListInstances") as caught:
        read()
    assert "auditor permissions aws" in caught.value.do


def test_expired_and_missing_credentials_fail_the_source_with_a_sentence(read, failing, monkeypatch):
    from moto.ssoadmin.responses import SSOAdminResponse

    failing(SSOAdminResponse, "list_instances", "ExpiredTokenException")
    with pytest.raises(SourceError, match="The AWS credentials have expired"):
        read()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_SESSION_TOKEN")
    with pytest.raises(SourceError, match="No AWS credentials were found"):
        read()


def test_the_generated_policy_is_enough(company, read, sign_in_with):
    sign_in_with(aws_policy(["aws-identity-center"]))
    got = read()
    assert {row.status for row in got.coverage} == {"ok"}
    assert len(got.rows(Grant)) == 3


@pytest.fixture
def dump(tmp_path, context, collect):
    """Reads a dump of these lines."""

    def run(*written):
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in written)
        (tmp_path / "dump.jsonl").write_text(text)
        return collect(IdentityCenterCollector(source(file="dump.jsonl"), context))

    return run


INSTANCES = {
    "call": "sso-admin:ListInstances",
    "reply": {"Instances": [{"InstanceArn": "arn:aws:sso:::instance/ssoins-1", "IdentityStoreId": "d-1"}]},
}
ASKED = {"InstanceArn": "arn:aws:sso:::instance/ssoins-1", "AccountId": "111122223333", "PermissionSetArn": "ps-1"}


def assignments(*people, **more):
    listed = [
        {"AccountId": "111122223333", "PermissionSetArn": "ps-1", "PrincipalType": "USER", "PrincipalId": person}
        for person in people
    ]
    return {"call": "sso-admin:ListAccountAssignments", "asked": ASKED, "reply": {"AccountAssignments": listed, **more}}


def test_a_bad_line_and_a_bad_entry_cost_themselves_only(dump):
    users = {"Users": [{"UserId": "u-1", "UserName": "nina"}, {"UserName": "nobody"}]}
    got = dump(INSTANCES, "{not json", {"call": "identitystore:ListUsers", "reply": users}, assignments("u-1"))
    assert [row.account for row in got.rows(Account)] == ["identity-center:u-1"]
    assert [row.principal for row in got.rows(Grant)] == ["identity-center:u-1"]
    (told,) = got.objects
    assert (told.status, told.rejected) == ("partial", 2)
    assert "line 2" in told.reason


def test_a_user_goes_by_the_name_they_sign_in_with_else_by_the_one_they_are_shown_by(dump):
    users = [
        {"UserId": "u-1", "UserName": "nina", "DisplayName": "Nina Alvarez"},
        {"UserId": "u-2", "DisplayName": "Sam"},
    ]
    got = dump(INSTANCES, {"call": "identitystore:ListUsers", "reply": {"Users": users}}, assignments("u-1"))
    assert [row.name for row in got.rows(Account)] == ["nina", "Sam"]


def test_a_page_that_is_there_twice_counts_once(dump):
    got = dump(INSTANCES, assignments("u-1", "u-2"), assignments("u-1", "u-2"))
    assert [row.principal for row in got.rows(Grant)] == ["identity-center:u-1", "identity-center:u-2"]


def test_an_account_that_only_a_permission_set_is_told_of_is_covered(dump):
    places = {"call": "sso-admin:ListAccountsForProvisionedPermissionSet", "reply": {"AccountIds": ["222233334444", 7]}}
    assert of_scope(dump(INSTANCES, places, assignments("u-1")), "222233334444").rows == 0


def test_a_renamed_account_stays_the_same_account(dump):
    def named(name):
        return {"call": "organizations:ListAccounts", "reply": {"Accounts": [{"Id": "111122223333", "Name": name}]}}

    before, after = (dump(INSTANCES, named(name), assignments("u-1")) for name in ("shop", "shop (old)"))
    assert [row.handle for row in before.rows(Grant)] == [row.handle for row in after.rows(Grant)]
    assert [row.scope for row in before.coverage] == [row.scope for row in after.coverage]


def test_a_dump_that_stops_after_a_page_says_so(dump):
    got = dump(INSTANCES, assignments("u-1", NextToken="more"))
    assert of_scope(got, "111122223333").reason == "the last pages of sso-admin:ListAccountAssignments are not there"
    assert "has no answer of identitystore:ListUsers" in of_scope(got, "d-1").reason
    assert of_scope(got, "111122223333").status == "partial"
    assert [row.principal for row in got.rows(Grant)] == ["identity-center:u-1"]


def test_a_dump_that_is_not_there_fails_the_source(context, collect):
    with pytest.raises(SourceError, match=r"nowhere\.jsonl does not exist"):
        collect(IdentityCenterCollector(source(file="nowhere.jsonl"), context))


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(company, aws, read, told_whole):
    got, instance = read(), aws.instance
    documents = [json.loads(row.document) for row in got.rows(Policy)]
    handles = [json.loads(row.handle) for row in got.rows(Grant)]
    given = {
        "set": company["operator"].rpartition("/")[2],
        "instance": instance["InstanceArn"].rpartition("/")[2],
        "made": next(one["CreatedDate"] for one in documents if one and "CreatedDate" in one),
        "membership": next(one["membership"] for one in handles if "membership" in one),
    }
    told_whole(
        "aws-identity-center", got, **company | given, store=instance["IdentityStoreId"], organisation=aws.account
    )
