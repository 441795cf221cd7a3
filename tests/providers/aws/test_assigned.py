"""Who reaches which system through Identity Center's permission sets."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from auditor.model.tables import Account, Grant, Membership, Policy
from auditor.model.vocabulary import Capability as Cap
from auditor.providers.aws.rights import NO_WAY_IN
from tests.copies import replace
from tests.providers.conftest import PLACE, document

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = "111122223333"
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": f"arn:aws:ecs:eu-west-1:{SHOP}:service/shop/*"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-data/*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
SAML = {"Federated": f"arn:aws:iam::{SHOP}:saml-provider/AWSSSO_1_DO_NOT_DELETE"}


@dataclass
class Center:
    """Rows of an Identity Center, as its collector makes them."""

    accounts: list = field(default_factory=list)
    memberships: list = field(default_factory=list)
    policies: list = field(default_factory=list)
    grants: list = field(default_factory=list)
    credentials: list = field(default_factory=list)

    def user(self, name, **known):
        return self._account(f"identity-center:u-{name}", name, "person", **known)

    def group(self, name, *members, read=True):
        group = f"identity-center-group:g-{name}"
        if read:
            self._account(group, name, "group")
        for member in members:
            self.memberships.append(Membership(**PLACE, group=group, member=member))
            self.grants.append(
                Grant(**PLACE, principal=member, role=group, resource="d-1", provider="aws", handle=f"leaves {name}")
            )
        return group

    def _account(self, account, name, kind, **known):
        self.accounts.append(
            Account(**PLACE, account=account, provider="aws", scope="d-1", kind=kind, name=name, **known)
        )
        return account

    def permission_set(self, name, *statements, boundary=None):
        arn = f"arn:aws:sso:::permissionSet/ssoins-1/ps-{name}"
        self._policy(arn, "role-definition", arn, name, "{}")
        if statements:
            self._policy(f"{arn}#AwsSSOInlinePolicy", "identity", arn, "AwsSSOInlinePolicy", document(*statements))
        if boundary is not None:
            self._policy("policy/fence", "boundary", arn, "fence", boundary)
        return arn

    def _policy(self, policy, kind, holder, name, text):
        self.policies.append(Policy(**PLACE, policy=policy, kind=kind, attached_to=holder, name=name, document=text))

    def assign(self, permission_set, principal, account=SHOP):
        row = Grant(
            **PLACE,
            principal=principal,
            role=permission_set,
            resource=account,
            provider="aws",
            handle=f"unassign {account}",
        )
        self.grants.append(row)


@pytest.fixture
def center():
    return Center()


def reserved(iam, name, *statements):
    path = f"aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_{name}_0123456789abcdef"
    return iam.role(path, trust=SAML, inline={"AwsSSOInlinePolicy": list(statements)})


def test_a_user_who_is_assigned_a_permission_set_holds_its_role(iam, center, resolve):
    reserved(iam, "ProdOperator", DEPLOY)
    nina = center.user("nina", email="nina@harbour.example")
    center.assign(center.permission_set("ProdOperator", READ), nina)
    (access,) = resolve(iam, center).access
    assert (access.account, access.scope, access.system) == (nina, SHOP, "shop")
    # The role's own policies count, not what the permission set would give it today.
    assert access.capabilities == {Cap.DEPLOY}
    assert access.path == (
        "user nina@harbour.example",
        "permission set ProdOperator",
        "inline policy AwsSSOInlinePolicy",
    )
    assert access.handles == (f"unassign {SHOP}",)
    assert resolve(iam, center).unresolved == ()


def test_a_group_is_a_step_and_leaving_it_cuts_the_path(iam, center, resolve):
    reserved(iam, "ProdOperator", DEPLOY)
    center.assign(center.permission_set("ProdOperator"), center.group("engineers", center.user("nina")))
    (access,) = resolve(iam, center).access
    assert access.path[:3] == ("user nina", "Identity Center group engineers", "permission set ProdOperator")
    assert access.handles == ("leaves engineers",)


@pytest.mark.parametrize(
    ("session", "told"),
    [
        ("nina", {"nina": (), "gone": ("only in the session nina",)}),
        ("Nina@harbour.example", {"nina": (), "gone": ("only in the session Nina@harbour.example",)}),
        ("someone", {"gone": ("only in the session someone",)}),
        (None, {"nina": (), "mia": (), "gone": ()}),
    ],
)
def test_trust_in_one_session_is_trust_in_the_person_of_that_name(iam, center, resolve, session, told):
    entry = reserved(iam, "Operator")
    role = entry.rpartition("/")[2]
    trusted = f"arn:aws:sts::{SHOP}:assumed-role/{role}/{session}" if session else entry
    iam.role("deployer", trust={"AWS": trusted}, inline={"p": [DEPLOY]})
    operator = center.permission_set("Operator")
    nina = center.user("nina", email="nina@harbour.example")
    for user in (nina, center.user("mia"), "identity-center:u-gone"):
        center.assign(operator, user)
    found = {path.account.removeprefix("identity-center:u-"): path.conditions for path in resolve(iam, center).access}
    assert found == told


def test_each_assignment_of_one_set_is_a_path_that_is_taken_away_by_itself(iam, center, resolve):
    entry = reserved(iam, "ProdOperator", DEPLOY, {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    iam.role("reader", trust={"AWS": entry}, inline={"p": [READ]})
    nina, operator = center.user("nina"), center.permission_set("ProdOperator")
    for holder in (center.group("engineers", nina), center.group("oncall", nina), nina):
        center.assign(operator, holder)
    found = {(path.path[1], *sorted(path.capabilities), *path.handles) for path in resolve(iam, center).access}
    ways = [
        ("Identity Center group engineers", "leaves engineers"),
        ("Identity Center group oncall", "leaves oncall"),
        ("permission set ProdOperator", f"unassign {SHOP}"),
    ]
    # What lies beyond the set's role is reached by each of them as well.
    assert found == {(step, held, cut) for step, cut in ways for held in (Cap.DEPLOY, Cap.READ_DATA)}


def test_without_the_accounts_iam_the_permission_set_itself_tells(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY), center.user("nina"))
    rights = resolve(center)
    assert [(access.scope, access.capabilities) for access in rights.access] == [(SHOP, {Cap.DEPLOY})]
    assert rights.unresolved == ()


def test_each_account_has_its_own_role(iam, other_iam, center, resolve):
    reserved(iam, "Reader", READ)
    operator = center.permission_set("Reader", DEPLOY)
    nina = center.user("nina")
    center.assign(operator, nina)
    center.assign(operator, nina, account=other_iam.number)
    found = {(access.scope, frozenset(access.capabilities)) for access in resolve(iam, center).access}
    assert found == {(SHOP, frozenset({Cap.READ_DATA}))}


def test_administrators_through_a_permission_set_are_unrestricted(center, resolve):
    center.assign(center.permission_set("Admin", EVERYTHING), center.user("nina"))
    (access,) = resolve(center).access
    assert (access.unrestricted, access.scope) == (True, SHOP)


def test_roles_beyond_the_permission_sets_role_are_reached_too(iam, center, resolve):
    entry = reserved(iam, "Entry", {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})
    iam.role("deployer", trust={"AWS": entry}, inline={"p": [DEPLOY]})
    center.assign(center.permission_set("Entry"), center.user("nina"))
    (access,) = resolve(iam, center).access
    assert access.path == ("user nina", "permission set Entry", "assumes role deployer", "inline policy p")
    assert access.handles == (f"unassign {SHOP}",)


def test_a_group_whose_members_were_not_read_could_not_be_judged(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY), center.group("engineers", read=False))
    rights = resolve(center)
    assert rights.access == ()
    assert [(str(one.subject), one.tables) for one in rights.unresolved] == [
        ("identity-center-group:g-engineers", ("memberships",))
    ]


def test_an_empty_group_gives_nobody_anything(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY), center.group("engineers"))
    assert (resolve(center).access, resolve(center).unresolved) == ((), ())


def test_a_role_that_no_assignment_explains_could_not_be_judged(iam, center, resolve):
    reserved(iam, "ProdOperator", DEPLOY)
    reserved(iam, "Forgotten", DEPLOY)
    center.assign(center.permission_set("ProdOperator"), center.user("nina"))
    (unresolved,) = resolve(iam, center).unresolved
    assert unresolved.reason == (
        f"Nobody is known to hold permission set Forgotten in account {SHOP}, whose role is there."
    )


def test_a_boundary_that_is_not_known_hides_what_the_permission_set_gives(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY, boundary="null"), center.user("nina"))
    rights = resolve(center)
    assert rights.access == ()
    assert "boundary policy fence could not be read" in rights.unresolved[0].reason


def test_a_user_who_is_not_in_the_directory_is_told_by_the_id(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY), "identity-center:u-gone")
    (access,) = resolve(center).access
    assert (access.account, access.path[0]) == ("identity-center:u-gone", "user u-gone")


def test_a_disabled_user_has_no_way_in(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY), center.user("nina", enabled=False))
    (access,) = resolve(center).access
    assert NO_WAY_IN in access.conditions


def test_trust_in_an_account_that_only_identity_center_knows_is_still_foreign(iam, other_iam, center, resolve):
    iam.role("vendor", trust={"AWS": other_iam.number}, inline={"p": [READ]})
    center.assign(center.permission_set("Reader", READ), center.user("nina"), account=other_iam.number)
    assert [trust.principal for trust in resolve(iam, center).foreign_trusts] == [other_iam.number]


@pytest.mark.parametrize(("ends", "held"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_an_assignment_and_a_membership_hold_until_they_end(center, resolve, ends, held):
    operator = center.permission_set("ProdOperator", DEPLOY)
    center.assign(operator, center.user("nina"))
    center.grants[-1] = replace(center.grants[-1], expires_at=AT + ends)
    center.assign(operator, center.group("engineers", center.user("leon")))
    center.memberships[-1] = replace(center.memberships[-1], expires_at=AT + ends)
    found = resolve(center).access
    assert [(access.path[0], access.expires_at) for access in found] == [
        ("user nina", AT + ends),
        ("user leon", AT + ends),
    ] * held


def test_the_earlier_end_of_assignment_and_membership_counts(center, resolve):
    center.assign(center.permission_set("ProdOperator", DEPLOY), center.group("engineers", center.user("nina")))
    center.memberships[-1] = replace(center.memberships[-1], expires_at=AT + timedelta(hours=2))
    center.grants[-1] = replace(center.grants[-1], expires_at=AT + timedelta(hours=1))
    (access,) = resolve(center).access
    assert access.expires_at == AT + timedelta(hours=1)
    assert access.path[:3] == ("user nina", "Identity Center group engineers", "permission set ProdOperator")


def test_a_permission_set_that_was_not_read_is_called_by_its_id(iam, center, resolve):
    reserved(iam, "ps-1", DEPLOY)
    center.assign("arn:aws:sso:::permissionSet/ssoins-1/ps-1", center.user("nina"))
    (access,) = resolve(iam, center).access
    assert access.path[1] == "permission set ps-1"


def test_a_permission_set_is_called_by_its_definition_and_not_by_its_policies(center, resolve):
    arn = center.permission_set("ProdOperator", DEPLOY)
    center.policies.reverse()
    center.assign(arn, center.user("nina"))
    assert [access.path[1] for access in resolve(center).access] == ["permission set ProdOperator"]


def test_an_account_whose_assignments_were_not_read_could_not_be_judged(iam, resolve):
    reserved(iam, "ProdOperator", DEPLOY)
    (unresolved,) = resolve(iam).unresolved
    assert (unresolved.subject.account, unresolved.tables) == (SHOP, ("memberships",))
    assert unresolved.reason.startswith(f"Account {SHOP} has roles of Identity Center;")


def test_two_people_of_one_role_stand_in_for_one_and_each_holds_it(center, resolve):
    operator = center.permission_set("ProdOperator", DEPLOY)
    for name in ("nina", "leon"):
        center.assign(operator, center.user(name))
    center.assign(operator, "identity-center:u-nina")
    found = [(access.path[0], access.system, access.evidence[0].origin) for access in resolve(center).access]
    assert found == [("user nina", "shop", PLACE["origin"]), ("user leon", "shop", PLACE["origin"])]
