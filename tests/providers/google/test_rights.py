"""Who reaches what in Google Cloud, and what could not be told."""

import json
from datetime import timedelta

import pytest

from auditor.model.tables import Account
from auditor.model.vocabulary import Capability as Cap
from auditor.model.vocabulary import Level
from auditor.providers.google.projects import project_numbers, with_ids
from tests.copies import replace
from tests.providers.google.conftest import AT, PLACE, condition, config

NINA = "user:nina@quay.example"


def test_a_role_on_a_project_reaches_its_system(quay):
    quay.bind("user:nina@quay.example", "roles/run.developer")
    (access,) = quay.of("nina")
    assert (access.system, access.level, access.expires_at) == ("shop", Level.WRITE, None)
    assert access.path == ("user:nina@quay.example", "roles/run.developer on quay-shop")
    assert access.handles == ('{"role": "roles/run.developer"}',)
    assert not access.unrestricted


def test_the_owner_of_a_project_is_unrestricted_and_that_says_it_all(quay):
    quay.bind("user:nina@quay.example", "roles/owner")
    quay.bind("user:nina@quay.example", "roles/run.developer")
    (access,) = quay.of("nina")
    assert (access.system, access.scope, access.level, access.unrestricted) == (None, "quay-shop", Level.ADMIN, True)


def test_an_owner_of_some_resources_only_is_not_unrestricted(quay):
    quay.bind(
        "user:nina@quay.example",
        "roles/owner",
        "quay-shared",
        condition('resource.name.startsWith("projects/_/buckets/mail-")'),
    )
    (access,) = quay.of("nina")
    assert (access.system, access.unrestricted, access.level) == ("mail", False, Level.WRITE)


def test_a_condition_that_leaves_out_nothing_of_the_project_leaves_the_owner_unrestricted(quay):
    quay.bind("user:nina@quay.example", "roles/owner", only=condition('resource.name.startsWith("projects/")'))
    (access,) = quay.of("nina")
    assert access.unrestricted


def test_a_binding_whose_time_is_over_gives_nothing(quay):
    quay.bind(
        "user:nina@quay.example", "roles/owner", only=condition('request.time < timestamp("2026-03-01T11:59:59Z")')
    )
    assert quay.of("nina") == []


def test_a_binding_that_ends_by_itself_says_when(quay):
    quay.bind(
        "user:nina@quay.example",
        "roles/run.developer",
        only=condition('request.time < timestamp("2026-03-01T13:00:00Z")'),
    )
    (access,) = quay.of("nina")
    assert access.expires_at.hour == 13


def test_the_title_and_the_description_are_kept_for_the_ticket_in_them(quay):
    quay.bind(
        "user:nina@quay.example", "roles/run.developer", only=condition("a == b", "temporary PAY-184", "for OPS-1")
    )
    (access,) = quay.of("nina")
    assert access.written == ("temporary PAY-184", "for OPS-1")
    assert access.conditions == ("only when a == b",)


def test_members_of_nested_groups_hold_what_the_group_holds(quay):
    quay.group("group:all@quay.example", "group:devs@quay.example", "user:sam@quay.example")
    quay.group("group:devs@quay.example", "user:nina@quay.example", "group:all@quay.example")
    quay.bind("group:all@quay.example", "roles/run.developer")
    (access,) = quay.of("nina")
    assert access.path == (
        "user:nina@quay.example",
        "group all@quay.example",
        "group devs@quay.example",
        "roles/run.developer on quay-shop",
    )
    assert '"group-membership"' in access.handles[0]
    assert len(quay.of("sam")) == 1


def test_a_group_whose_members_are_unknown_could_not_be_judged(quay):
    quay.bind("group:devs@quay.example", "roles/run.developer")
    quay.bind("group:lookers@quay.example", "roles/run.invoker")
    found = quay.resolve()
    assert found.access == ()
    assert [str(lost.subject) for lost in found.unresolved] == ["group:devs@quay.example"]


def test_an_empty_group_is_known_to_be_empty(quay):
    quay.group("group:devs@quay.example")
    quay.bind("group:devs@quay.example", "roles/run.developer")
    assert quay.resolve().unresolved == ()


def test_deleted_members_hold_nothing_and_anybody_at_all_is_told_apart(quay):
    quay.bind("deleted:user:old@quay.example?uid=12", "roles/owner")
    quay.bind("allUsers", "roles/storage.objectViewer")
    quay.bind("allAuthenticatedUsers", "roles/run.invoker")
    quay.bind("allUsers", "roles/storage.objectCreator")
    found = quay.resolve()
    assert {(one.account, one.person) for one in found.access} == {("allUsers", None)}
    (trust,) = found.foreign_trusts
    assert (trust.principal, trust.whom) == ("allUsers", "anybody on the internet (allUsers)")
    assert {cap for path in trust.access for cap in path.capabilities} == {Cap.READ_DATA, Cap.WRITE_DATABASE}


def test_a_right_on_a_folder_reaches_every_project_in_it(quay):
    quay.place("quay-shop", "folders/7", "organizations/9")
    quay.place("quay-lab", "folders/8", "organizations/9")
    quay.place("folders/7", "organizations/9")
    quay.place("organizations/9")
    quay.bind("user:nina@quay.example", "roles/owner", "folders/7")
    quay.bind("user:sam@quay.example", "roles/owner", "organizations/9")
    assert [access.scope for access in quay.of("nina")] == ["quay-shop"]
    assert [access.scope for access in quay.of("sam")] == ["quay-lab", "quay-shop"]
    assert quay.resolve().unresolved == ()


def test_what_stands_above_and_was_not_read_could_not_be_judged(quay):
    quay.place("quay-shop", "folders/7")
    (lost,) = quay.resolve().unresolved
    assert str(lost.subject) == "folders/7"
    assert "quay-shop" in lost.reason


def test_what_stands_on_a_place_that_nobody_knows_to_hold_a_system_could_not_be_judged(quay):
    quay.place("organizations/9")
    (lost,) = quay.resolve().unresolved
    assert (str(lost.subject), "may reach quay-shared, quay-shop" in lost.reason) == ("organizations/9", True)
    quay.place("quay-shop", "folders/7", "organizations/9")
    quay.place("quay-shared", "organizations/9")
    assert [str(lost.subject) for lost in quay.resolve().unresolved] == ["folders/7"]


def test_a_group_that_everybody_of_a_domain_is_in_could_not_be_judged(quay):
    quay.group("group:all@quay.example", "domain:C01", "user:nina@quay.example")
    quay.bind("group:all@quay.example", "roles/run.developer")
    found = quay.resolve()
    assert [access.account for access in found.access] == ["domain:C01", "user:nina@quay.example"]
    assert [str(lost.subject) for lost in found.unresolved] == ["group:all@quay.example"]
    assert [one.whom for one in found.foreign_trusts] == ["everybody of C01 (domain:C01)"]


def test_a_right_on_one_resource_reaches_the_system_that_it_belongs_to(quay):
    quay.place("//storage.googleapis.com/mail-archive", home="42")
    quay.place("quay-shared", number="42")
    quay.bind("user:nina@quay.example", "roles/storage.objectViewer", "//storage.googleapis.com/mail-archive")
    quay.bind(
        "user:nina@quay.example", "roles/owner", "//run.googleapis.com/projects/quay-shared/locations/x/services/other"
    )
    (access,) = quay.of("nina")
    assert (access.system, access.scope, access.resource) == (
        "mail",
        "quay-shared",
        "//storage.googleapis.com/mail-archive",
    )


def test_a_custom_role_is_what_is_in_it_and_unknown_where_it_was_not_read(quay):
    quay.role("projects/quay-shop/roles/shipper", "run.services.update")
    quay.bind("user:nina@quay.example", "projects/quay-shop/roles/shipper")
    quay.bind("user:sam@quay.example", "organizations/9/roles/mystery")
    assert [access.capabilities for access in quay.of("nina")] == [{Cap.DEPLOY}]
    assert [str(lost.subject) for lost in quay.resolve().unresolved] == ["organizations/9/roles/mystery"]


def test_who_can_act_as_a_service_account_reaches_what_it_reaches(quay):
    robot, deep = quay.robot("deployer"), quay.robot("root", "quay-shared")
    quay.bind(
        "user:nina@quay.example",
        "roles/iam.serviceAccountTokenCreator",
        f"//iam.googleapis.com/projects/quay-shop/serviceAccounts/{robot.partition(':')[2]}",
    )
    quay.bind(
        robot,
        "roles/iam.serviceAccountUser",
        "quay-shared",
        condition('request.time < timestamp("2026-03-01T13:00:00Z")'),
    )
    quay.bind(robot, "roles/run.developer")
    quay.bind(deep, "roles/owner", "quay-shared")
    near, far = sorted(quay.of("nina"), key=lambda access: access.scope, reverse=True)
    assert near.path[1] == "acts as deployer@quay-shop.iam.gserviceaccount.com (roles/iam.serviceAccountTokenCreator)"
    assert (near.system, near.expires_at) == ("shop", None)
    assert (far.unrestricted, far.scope, far.expires_at.hour) == (True, "quay-shared", 13)


def test_each_group_that_may_act_as_a_service_account_is_a_path_that_is_taken_away_by_itself(quay):
    robot, groups = quay.robot("deployer"), ("group:devs@quay.example", "group:oncall@quay.example")
    quay.bind(robot, "roles/run.developer")
    for group in groups:
        quay.group(group, "user:nina@quay.example")
        quay.bind(
            group,
            "roles/iam.serviceAccountTokenCreator",
            f"//iam.googleapis.com/projects/quay-shop/serviceAccounts/{robot.partition(':')[2]}",
        )
    told = {path.path[1]: path.handles for path in quay.of("nina")}
    assert told.keys() == {"group devs@quay.example", "group oncall@quay.example"}
    assert all(step.removeprefix("group ") in cut for step, (cut,) in told.items())


def test_a_service_account_that_is_switched_off_reaches_nothing_and_nobody_reaches_it(quay):
    robot = quay.robot("old", enabled=False)
    quay.bind(robot, "roles/owner")
    quay.bind("user:nina@quay.example", "roles/iam.serviceAccountTokenCreator")
    assert quay.resolve().access == ()


def test_holders_of_a_basic_role_hold_what_buckets_give_to_them(quay):
    quay.bind("user:nina@quay.example", "roles/viewer", "quay-shared")
    quay.place("//storage.googleapis.com/mail-archive", home="quay-shared")
    quay.bind("projectViewer:quay-shared", "roles/storage.legacyObjectReader", "//storage.googleapis.com/mail-archive")
    assert "mail-archive" in " ".join(access.path[-1] for access in quay.of("nina"))


def test_a_project_may_be_named_by_its_number(quay):
    quay.config = config(
        systems=[{"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "4242"}]}]
    )
    quay.place("quay-shop", number="4242")
    quay.bind("user:nina@quay.example", "roles/run.developer")
    assert [access.system for access in quay.of("nina")] == ["shop"]
    both = with_ids(quay.config, project_numbers(quay.policies))
    assert {r.project for r in both.systems_by_id["shop"].resources} == {"4242", "quay-shop"}


def test_rows_of_others_are_none_of_its_business(quay):
    quay.bind("user:nina@quay.example", "roles/owner")
    quay.grants = [replace(row, provider="aws") for row in quay.grants]
    assert quay.resolve().access == ()


@pytest.mark.parametrize(
    ("pattern", "systems"),
    [
        ("projects/_/buckets/", {"mail", "search"}),
        ("projects/_/buckets/mail-", {"mail"}),
        ("projects/_/buckets/ma", {"mail"}),
        ("projects/_/buckets/orders-", set()),
        ("projects/_/buckets/orders/objects/", set()),
        ("projects/quay-shared/locations/europe-west1/services/", {"mail", "search"}),
        ("projects/quay-shared/locations/europe-west1/services/orders", set()),
    ],
)
def test_names_that_a_condition_spells_out_are_those_that_are_meant(quay, pattern, systems):
    only = condition(f'resource.name.startsWith("{pattern}")')
    quay.bind("user:nina@quay.example", "roles/storage.objectAdmin", "quay-shared", only)
    assert {access.system for access in quay.of("nina")} == systems


def test_leaving_the_innermost_group_is_what_cuts_the_path(quay):
    quay.group("group:all@quay.example", "group:devs@quay.example")
    quay.group("group:devs@quay.example", "user:nina@quay.example")
    quay.bind("group:all@quay.example", "roles/run.developer")
    (access,) = quay.of("nina")
    assert [json.loads(handle) for handle in access.handles] == [
        {
            "provider": "gcp",
            "type": "group-membership",
            "account": "quay.example",
            "group": "group:devs@quay.example",
            "member": "user:nina@quay.example",
        }
    ]


@pytest.mark.parametrize(("ends", "held"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_a_membership_holds_until_it_ends(quay, ends, held):
    quay.group("group:devs@quay.example", "user:nina@quay.example")
    quay.memberships[-1] = replace(quay.memberships[-1], expires_at=AT + ends)
    quay.bind("group:devs@quay.example", "roles/run.developer")
    assert [access.expires_at for access in quay.of("nina")] == [AT + ends] * held


def test_everybody_of_a_domain_is_nobody_that_is_known(quay):
    quay.bind("domain:quay.example", "roles/run.developer")
    (lost,) = quay.resolve().unresolved
    assert (lost.subject.account, lost.tables) == ("domain:quay.example", ("memberships",))
    assert "Everybody of the domain quay.example" in lost.reason


@pytest.mark.parametrize(
    ("domain", "role", "told"),
    [
        ("quay.example", "roles/run.developer", True),
        ("quay.example", "roles/viewer", False),
        ("partner.example", "roles/viewer", True),
    ],
)
def test_a_whole_domain_is_told_where_it_changes_something_or_is_another_organisations(quay, domain, role, told):
    quay.config = config(people=[{"id": "nina", "name": "Nina", "email": "nina@Quay.example"}])
    quay.bind(f"domain:{domain}", role)
    found = quay.resolve()
    assert [one.account for one in found.access] == [f"domain:{domain}"]
    assert [one.whom for one in found.foreign_trusts] == [f"everybody of {domain} (domain:{domain})"] * told


def test_a_project_that_has_both_its_names_is_left_as_it_is(quay):
    both = [{"provider": "gcp", "project": name} for name in ("quay-shop", "4242")]
    quay.config = config(systems=[{"id": "shop", "name": "Shop", "resources": both}])
    assert with_ids(quay.config, {"4242": "quay-shop"}) is quay.config
    assert with_ids(quay.config, {}) is quay.config


@pytest.mark.parametrize(("role", "level"), [("osAdminLogin", Level.ADMIN), ("osLogin", Level.WRITE)])
def test_an_administrators_login_is_root_on_the_machines(quay, role, level):
    quay.bind("user:nina@quay.example", f"roles/compute.{role}")
    (access,) = quay.of("nina")
    assert (access.level, access.capabilities, access.unrestricted) == (level, {Cap.SHELL}, False)
    assert (access.path[-1] == "root on its machines") is (level is Level.ADMIN)


@pytest.mark.parametrize("role", ["cloudsql.client", "alloydb.client", "iap.tunnelResourceAccessor"])
def test_a_way_through_the_network_alone_gives_nothing(quay, role):
    quay.bind("user:nina@quay.example", f"roles/{role}")
    assert quay.of("nina") == []


def test_what_a_login_to_a_database_gives_hangs_on_what_the_database_grants(quay):
    quay.role("projects/quay-shop/roles/both", "run.services.update", "cloudsql.instances.login")
    quay.bind("user:nina@quay.example", "roles/cloudsql.instanceUser")
    quay.bind("user:sam@quay.example", "projects/quay-shop/roles/both")
    asked = ("only when the database grants it to their user",)
    assert [(one.capabilities, one.conditions) for one in quay.of("nina")] == [
        ({Cap.READ_DATA, Cap.WRITE_DATABASE}, asked)
    ]
    assert [(one.capabilities, one.conditions) for one in quay.of("sam")] == [
        ({Cap.DEPLOY}, ()),
        ({Cap.WRITE_DATABASE}, asked),
    ]


def test_a_suspended_person_still_has_rights_and_a_disabled_service_account_none(quay):
    quay.accounts.append(Account(**PLACE, account=NINA, provider="gcp", scope="quay", kind="person", enabled=False))
    for account in (NINA, quay.robot("app", enabled=False)):
        quay.bind(account, "roles/run.admin")
    assert [(one.account, one.conditions) for one in quay.resolve().access] == [
        (NINA, ("no way in: the account is suspended",))
    ]
