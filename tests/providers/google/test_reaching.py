"""Service accounts as ways to production, roles that give nothing, and rights that can only be asked for."""

import json

import pytest

from auditor.model.vocabulary import Capability as Cap
from auditor.providers.google.projects import ProjectTree
from auditor.providers.google.reach import account_project
from tests.providers.google.conftest import PLACE, Account, Policy, condition

NINA = "user:nina@quay.example"
TERRAFORM = "serviceAccount:terraform@quay-ci.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("roles/editor", "acts as"),
        ("roles/owner", "acts as"),
        ("roles/iam.securityAdmin", "acts as"),
        ("roles/resourcemanager.projectIamAdmin", "gives themselves the right to act as"),
    ],
)
def test_who_may_act_as_the_accounts_of_another_project_reaches_what_they_reach(quay, role, words):
    quay.place("quay-ci")
    quay.bind(TERRAFORM, "roles/owner")
    quay.bind(NINA, role, "quay-ci")
    (access,) = (one for one in quay.of("nina") if one.scope == "quay-shop")
    assert access.unrestricted
    assert access.path[1:] == (
        f"{words} terraform@quay-ci.iam.gserviceaccount.com ({role})",
        "roles/owner on quay-shop",
    )


POD = "serviceAccount:quay-dev.svc.id.goog[shop/api]"
POOL = "//iam.googleapis.com/projects/222222222222/locations/global/workloadIdentityPools/"
PODS = f"principalSet:{POOL}quay-dev.svc.id.goog/namespace/shop"
SUBJECT = f"principal:{POOL}quay-dev.svc.id.goog/subject/ns/shop/sa/api"
REPOSITORY = f"principalSet:{POOL}github/attribute.repository/quay/shop"


@pytest.mark.parametrize("robot", [None, "serviceAccount:shop@quay-shop.iam.gserviceaccount.com"])
@pytest.mark.parametrize(
    ("workload", "role", "words"),
    [
        (POD, "roles/container.developer", "runs pods as"),
        (PODS, "roles/container.admin", "runs pods as"),
        (SUBJECT, "roles/editor", "runs pods as"),
        (SUBJECT, "projects/quay-dev/roles/runner", "runs pods as"),
        (REPOSITORY, "roles/iam.workloadIdentityPoolAdmin", "changes who comes in as"),
        (REPOSITORY, "roles/owner", "changes who comes in as"),
        (POD, "roles/container.clusterViewer", ""),
        (POD, "roles/iam.serviceAccountTokenCreator", ""),
        (POD, "roles/iam.workloadIdentityPoolAdmin", ""),
        (REPOSITORY, "roles/editor", ""),
        (REPOSITORY, "roles/container.admin", ""),
    ],
)
def test_who_runs_pods_or_changes_a_pool_reaches_what_its_workloads_reach(quay, robot, workload, role, words):
    quay.place("quay-dev", number="222222222222")
    quay.role("projects/quay-dev/roles/runner", "container.deployments.update")
    quay.bind(robot or workload, "roles/run.admin")
    if robot:
        quay.bind(
            workload,
            "roles/iam.workloadIdentityUser",
            f"//iam.googleapis.com/projects/quay-shop/serviceAccounts/{robot[15:]}",
        )
    quay.bind(NINA, role, "quay-dev")
    found = [one.path[1] for one in quay.of("nina") if one.scope == "quay-shop"]
    assert found == ([f"{words} {workload.partition(':')[2]} ({role})"] if words else [])


def test_whose_clusters_are_of_another_project_reaches_nothing(quay):
    for project in ("quay-dev", "quay-lab"):
        quay.place(project)
    quay.bind(POD, "roles/run.admin")
    quay.bind(NINA, "roles/container.admin", "quay-lab")
    assert not [one for one in quay.of("nina") if one.scope == "quay-shop"]


@pytest.mark.parametrize("role", ["roles/viewer", "roles/compute.instanceAdmin.v1", "roles/cloudbuild.builds.viewer"])
def test_who_may_not_act_as_accounts_does_not(quay, role):
    quay.place("quay-ci")
    quay.bind(TERRAFORM, "roles/owner")
    quay.bind(NINA, role, "quay-ci")
    assert not quay.of("nina")


@pytest.mark.parametrize(
    ("beside", "where", "sure"),
    [
        (None, None, False),
        ("roles/run.developer", "quay-ci", True),
        ("roles/compute.instanceAdmin.v1", "folders/7", True),
        ("projects/quay-ci/roles/starter", "quay-ci", True),
        ("roles/cloudfunctions.developer", "//cloudfunctions.googleapis.com/projects/quay-ci/functions/f", True),
        ("roles/run.developer", "quay-shop", False),
        ("roles/run.viewer", "quay-ci", False),
        ("roles/run.invoker", "quay-ci", False),
        ("roles/storage.admin", "quay-ci", False),
    ],
)
def test_who_may_only_attach_an_account_needs_something_to_start_as_it(quay, beside, where, sure):
    quay.place("quay-ci", "folders/7")
    quay.place("folders/7")
    quay.role("projects/quay-ci/roles/starter", "run.services.create")
    quay.bind(TERRAFORM, "roles/secretmanager.admin")
    quay.bind(
        NINA, "roles/iam.serviceAccountUser", "//iam.googleapis.com/projects/quay-ci/serviceAccounts/" + TERRAFORM[15:]
    )
    if where:
        quay.bind(NINA, beside, where)
    (access,) = (one for one in quay.of("nina") if Cap.MANAGE_SECRETS in one.capabilities)
    assert access.path[1].startswith("runs something as terraform@quay-ci")
    assert access.conditions == (() if sure else ("only when they may start something that runs as it",))


@pytest.mark.parametrize(
    "account",
    ["222222222222-compute@developer.gserviceaccount.com", "quay-ci@appspot.gserviceaccount.com"],
)
def test_a_default_account_lives_in_the_project_that_its_name_tells(quay, account):
    quay.place("quay-ci", number="222222222222")
    quay.place("quay-shop", number="111111111111")
    quay.bind(f"serviceAccount:{account}", "roles/editor")
    quay.bind(NINA, "roles/iam.serviceAccountUser", "quay-ci")
    quay.bind("user:leon@quay.example", "roles/iam.serviceAccountUser")
    (access,) = quay.of("nina")
    assert Cap.WRITE_DATABASE in access.capabilities
    assert not quay.of("leon")


def test_an_account_that_is_known_by_its_number_alone_could_be_any(quay):
    resource = "//iam.googleapis.com/projects/quay-ci/serviceAccounts/113355779922446688000"
    quay.bind(NINA, "roles/iam.serviceAccountViewer", resource)
    assert not quay.resolve().unresolved
    quay.bind(NINA, "roles/iam.serviceAccountTokenCreator", resource)
    assert [one.subject.account for one in quay.resolve().unresolved] == [resource]


def test_tokens_of_whom_nobody_declares_change_what_the_account_may(quay):
    quay.bind(TERRAFORM, "roles/run.admin")
    quay.bind("serviceAccount:look@quay-ci.iam.gserviceaccount.com", "roles/viewer")
    assert quay.resolve().writing_roles == set()
    quay.declares = False
    assert quay.resolve().writing_roles == {(TERRAFORM, "shop")}


def test_builds_run_as_the_account_of_cloud_build_and_nobody_acts_as_it(quay):
    quay.place("quay-ci", number="222222222222")
    quay.bind("serviceAccount:222222222222@cloudbuild.gserviceaccount.com", "roles/run.admin")
    quay.bind(NINA, "roles/cloudbuild.builds.editor", "quay-ci")
    quay.bind("user:leon@quay.example", "roles/iam.serviceAccountUser", "quay-ci")
    (access,) = quay.of("nina")
    assert access.path[1].startswith("runs builds as 222222222222@cloudbuild")
    assert not quay.of("leon")


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("roles/cloudbuild.builds.editor", "builds run as it"),
        ("roles/dataproc.editor", "a Dataproc cluster runs as it"),
    ],
)
def test_what_may_run_as_the_default_account_leads_there_if_it_does(quay, role, words):
    quay.place("quay-ci", number="222222222222")
    quay.bind("serviceAccount:222222222222-compute@developer.gserviceaccount.com", "roles/run.admin")
    quay.bind(NINA, role, "quay-ci")
    (access,) = quay.of("nina")
    assert access.conditions == (f"only when {words}",)


def test_a_way_round_that_gives_nothing_more_is_not_told_beside_the_direct_one(quay):
    quay.bind("serviceAccount:app@quay-shop.iam.gserviceaccount.com", "roles/run.admin")
    quay.bind(NINA, "roles/editor")
    (access,) = quay.of("nina")
    assert access.path[1:] == ("roles/editor on quay-shop",)


def test_who_acts_as_an_account_of_a_project_that_was_not_read_could_not_be_judged(quay):
    quay.place("quay-shop")
    quay.bind(TERRAFORM, "roles/owner")
    (unresolved,) = quay.resolve().unresolved
    assert "quay-ci" in unresolved.reason
    quay.place("quay-ci")
    assert not quay.resolve().unresolved


@pytest.mark.parametrize("state", [{"deleted": True}, {"stage": "DISABLED"}])
def test_a_custom_role_that_is_deleted_or_disabled_gives_nothing(quay, state):
    held = {"includedPermissions": ["run.services.update", "iam.serviceAccounts.actAs"]}
    name = "projects/quay-shop/roles/release"
    quay.bind(NINA, name)
    quay.bind("serviceAccount:app@quay-shop.iam.gserviceaccount.com", "roles/run.admin")
    row = Policy(**PLACE, policy=name, kind="role-definition", attached_to=name, document=json.dumps(held))
    quay.place("quay-shop")
    quay.policies.append(row)
    assert quay.of("nina")
    gone = json.dumps({**held, **state})
    quay.policies[-1] = Policy(**PLACE, policy=name, kind="role-definition", attached_to=name, document=gone)
    assert not quay.of("nina")
    assert not quay.resolve().unresolved


@pytest.mark.parametrize(
    "expression",
    [
        "has({}.jitAccessConstraint)",
        "has({}.multiPartyApprovalConstraint.approverRole)",
        '(has({}.jitAccessConstraint)) && resource.name.startsWith("projects/quay-shop")',
        'has({}.jitAccessConstraint) && request.time < timestamp("2027-01-01T00:00:00Z") // by the broker',
    ],
)
def test_what_can_only_be_asked_for_is_eligible_and_not_held(quay, expression):
    quay.bind(NINA, "roles/run.admin", only=condition(expression, "JIT access"))
    rights = quay.resolve()
    assert not rights.access
    (asked,) = rights.eligible
    assert asked.eligible
    assert (asked.person, asked.system) == ("nina", "shop")
    assert any("has({}." in words for words in asked.conditions)


@pytest.mark.parametrize(
    "expression",
    [
        "!has({}.jitAccessConstraint)",
        "true || has({}.jitAccessConstraint)",
        'has({}.jitAccessConstraint) || request.time < timestamp("2027-01-01T00:00:00Z")',
        "has({'jit': 1}.jit)",
    ],
)
def test_what_holds_anyway_is_held(quay, expression):
    quay.bind(NINA, "roles/run.admin", only=condition(expression))
    rights = quay.resolve()
    assert len(rights.access) == 1
    assert not rights.eligible


@pytest.mark.parametrize("expression", ["false", "1 == 2", "!true", "'a' in []", "has({}.a) && false"])
def test_what_is_never_true_is_neither_held_nor_eligible(quay, expression):
    quay.bind(NINA, "roles/run.admin", only=condition(expression))
    rights = quay.resolve()
    assert not rights.access
    assert not rights.eligible


@pytest.mark.parametrize(
    ("account", "home"),
    [
        ("app@quay-ci.iam.gserviceaccount.com", "quay-ci"),
        ("app@quay-ci.quay.example.iam.gserviceaccount.com", "quay.example:quay-ci"),
        ("quay-ci@appspot.gserviceaccount.com", "quay-ci"),
        ("222222222222-compute@developer.gserviceaccount.com", "quay-ci"),
        ("222222222222@cloudservices.gserviceaccount.com", "quay-ci"),
        ("333333333333-compute@developer.gserviceaccount.com", "333333333333"),
        ("app@elsewhere.example", "quay-shop"),
    ],
)
def test_the_home_of_a_service_account_is_in_its_address_else_where_it_was_listed(quay, account, home):
    quay.place("quay-ci", number="222222222222")
    tree = ProjectTree.of(quay.config, quay.policies)
    assert account_project(f"serviceAccount:{account}", {f"serviceAccount:{account}": "quay-shop"}, tree) == home


@pytest.mark.parametrize(("enabled", "reached"), [(True, True), (False, False), (None, False)])
def test_a_service_account_lives_where_a_list_of_them_has_it(quay, enabled, reached):
    account = "serviceAccount:app@elsewhere.example"
    quay.accounts.append(
        Account(**PLACE, account=account, provider="gcp", scope="quay-ci", kind="service", enabled=enabled)
    )
    quay.bind(account, "roles/run.admin")
    quay.bind(NINA, "roles/iam.serviceAccountTokenCreator", "quay-ci")
    assert bool(quay.of("nina")) is reached


@pytest.mark.parametrize(
    ("role", "told"), [("roles/run.admin", True), ("roles/viewer", False), ("roles/run.invoker", False)]
)
def test_only_of_accounts_that_can_change_something_it_matters_who_acts_as_them(quay, role, told):
    quay.place("quay-shop")
    quay.bind(TERRAFORM, "roles/viewer")
    quay.bind(TERRAFORM, role)
    found = [(one.subject.account, one.tables) for one in quay.resolve().unresolved]
    assert found == [(TERRAFORM, ("grants",))] * told


def test_a_chain_of_accounts_is_followed_four_hops_far_and_round_no_circle(quay):
    robots = [quay.robot(f"r{number}") for number in range(6)]
    names = [robot.partition(":")[2] for robot in robots]
    on = "//iam.googleapis.com/projects/quay-shop/serviceAccounts/"
    for holder, target in zip([NINA, *robots], [*names, names[0]], strict=True):
        quay.bind(holder, "roles/iam.serviceAccountTokenCreator", on + target)
    quay.place("quay-lab", "folders/7")
    quay.bind(robots[3], "roles/run.developer")
    quay.bind(robots[4], "roles/owner")
    (access,) = quay.of("nina")
    assert access.capabilities == {Cap.DEPLOY, Cap.RESTART, Cap.CHANGE_CONFIG}
    assert [step.partition("@")[0] for step in access.path[1:-1]] == [f"acts as r{number}" for number in range(4)]


def test_an_account_that_is_switched_off_on_the_way_cuts_it(quay):
    first, last = quay.robot("first", enabled=False), quay.robot("last")
    on = "//iam.googleapis.com/projects/quay-shop/serviceAccounts/"
    quay.bind(NINA, "roles/iam.serviceAccountTokenCreator", on + first.partition(":")[2])
    quay.bind(first, "roles/iam.serviceAccountTokenCreator", on + last.partition(":")[2])
    quay.bind(last, "roles/owner")
    assert not quay.of("nina")


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("projects/other/locations/x/services/y", False),
        ("projects/quay-shop/locations/x/services/y", True),
        ("projects/4242/locations/x/services/y", True),
        ("projects/_/buckets/shop-media", True),
    ],
)
def test_a_name_in_another_project_is_none_of_this_one(quay, name, reached):
    quay.place("quay-shop", number="4242")
    quay.bind(NINA, "roles/run.admin", only=condition(f'resource.name == "{name}"'))
    assert [one.conditions for one in quay.of("nina")] == [(f"only for resources named {name}",)] * reached


def test_a_bucket_named_without_its_project_lies_where_its_row_says(quay):
    bucket = "//storage.googleapis.com/projects/_/buckets/shop-media"
    quay.place(bucket, home="quay-shop")
    quay.bind(NINA, "roles/editor", "quay-ci")
    quay.bind("projectEditor:quay-ci", "roles/storage.objectAdmin", bucket)
    assert [(one.system, one.scope) for one in quay.of("nina") if one.scope == "quay-shop"] == [("shop", "quay-shop")]


def test_a_project_known_by_its_number_alone_may_be_a_systems(quay):
    quay.place("111111111111", number="111111111111")
    quay.bind("user:nina@quay.example", "roles/run.admin", "111111111111")
    (lost,) = quay.resolve().unresolved
    assert "whether it is quay-shared or quay-shop" in lost.reason
    quay.place("quay-shop", number="222222222222")
    quay.place("quay-shared", number="333333333333")
    assert not quay.resolve().unresolved
