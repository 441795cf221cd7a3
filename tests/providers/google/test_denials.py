"""Deny policies: what they take, from whom, where, and what cannot be told."""

import json

import pytest

from auditor.model.tables import Policy
from auditor.model.vocabulary import Capability as Cap
from auditor.providers.google.denials import Denial, left_of
from tests.providers.google.conftest import PLACE

NINA, LEON = "user:nina@quay.example", "user:leon@quay.example"
ROBOT = "serviceAccount:deployer@quay-ci.iam.gserviceaccount.com"
EVERYBODY = "principalSet://goog/public:all"


def deny(quay, permissions, principals=(EVERYBODY,), *, on="quay-shop", but=(), left=(), only=None):
    rule = {
        "deniedPrincipals": [*principals],
        "exceptionPrincipals": [*but],
        "deniedPermissions": [*permissions],
        "exceptionPermissions": [*left],
    }
    if only:
        rule["denialCondition"] = {"expression": only}
    document = json.dumps({"rules": [{"denyRule": rule}]})
    name = f"policies/{on}/denypolicies/no"
    quay.policies.append(Policy(**PLACE, policy=name, kind="deny", attached_to=on, name="no", document=document))


def can(quay, person="nina"):
    return {cap for path in quay.of(person) for cap in path.capabilities}


def test_a_denied_service_is_taken_from_a_role(quay):
    quay.bind(NINA, "roles/secretmanager.admin")
    quay.bind(NINA, "roles/run.admin")
    deny(quay, ["secretmanager.googleapis.com/*.*"])
    assert Cap.MANAGE_SECRETS not in can(quay)
    assert Cap.DEPLOY in can(quay)


@pytest.mark.parametrize("left", [[], ["run.services.create"]])
def test_of_a_role_whose_permissions_are_known_what_is_left_counts(quay, left):
    role = "projects/quay-shop/roles/ship"
    quay.role(role, "run.services.update", *left)
    quay.bind(NINA, role)
    deny(quay, ["run.googleapis.com/services.update"])
    assert (Cap.DEPLOY in can(quay)) is bool(left)


def test_what_a_predefined_role_has_beside_what_is_denied_is_not_known(quay):
    quay.bind(NINA, "roles/run.admin")
    deny(quay, ["run.googleapis.com/services.update"])
    (access,) = quay.of("nina")
    assert access.state == "if"
    assert "run.services.update" in access.conditions[0]


def test_an_owner_stays_one_but_for_what_is_denied(quay):
    quay.bind(NINA, "roles/owner")
    deny(quay, ["cloudresourcemanager.googleapis.com/projects.setIamPolicy"])
    (access,) = quay.of("nina")
    assert access.unrestricted
    assert access.state == "held"
    assert access.path[-1] == "but for resourcemanager.projects.setIamPolicy, which is denied"


def test_an_owner_without_a_capability_holds_the_rest_on_each_system(quay):
    quay.bind(NINA, "roles/owner")
    deny(quay, ["secretmanager.googleapis.com/*.*", "cloudkms.googleapis.com/*.*", "apikeys.googleapis.com/*.*",
                "certificatemanager.googleapis.com/*.*", "privateca.googleapis.com/*.*",
                "container.googleapis.com/*.*"])  # fmt: skip
    (access,) = quay.of("nina")
    assert (access.system, access.unrestricted) == ("shop", False)
    assert Cap.MANAGE_SECRETS not in access.capabilities


@pytest.mark.parametrize(
    ("principals", "but", "keeps"),
    [
        (["principal://goog/subject/nina@quay.example"], [], False),
        (["principal://goog/subject/leon@quay.example"], [], True),
        ([EVERYBODY], ["principal://goog/subject/Nina@quay.example"], True),
        (["principalSet://goog/group/devs@quay.example"], [], False),
        ([EVERYBODY], ["principalSet://goog/group/devs@quay.example"], True),
        (["principal://iam.googleapis.com/projects/-/serviceAccounts/x@y.iam.gserviceaccount.com"], [], True),
        (["deleted:principal://goog/subject/nina@quay.example?uid=1"], [], True),
    ],
)
def test_whom_a_rule_names_and_excepts(quay, principals, but, keeps):
    quay.group("group:devs@quay.example", NINA)
    quay.bind(NINA, "roles/secretmanager.admin")
    deny(quay, ["secretmanager.googleapis.com/*.*"], principals, but=but)
    assert (Cap.MANAGE_SECRETS in can(quay)) is keeps


@pytest.mark.parametrize(
    ("principals", "but", "only"),
    [
        (["principalSet://goog/group/unread@quay.example"], [], None),
        (["principalSet://goog/cloudIdentityCustomerId/C01"], [], None),
        ([EVERYBODY], ["principalSet://goog/group/unread@quay.example"], None),
        ([EVERYBODY], [], "resource.matchTag('1/env', 'prod')"),
    ],
)
def test_what_cannot_be_told_leaves_an_if(quay, principals, but, only):
    quay.bind(NINA, "roles/secretmanager.admin")
    deny(quay, ["secretmanager.googleapis.com/*.*"], principals, but=but, only=only)
    (access,) = quay.of("nina")
    assert access.state == "if"
    assert "deny policy no" in access.conditions[0]


@pytest.mark.parametrize("only", ["false", "!true"])
def test_a_rule_whose_condition_is_never_met_denies_nothing(quay, only):
    quay.bind(NINA, "roles/secretmanager.admin")
    deny(quay, ["secretmanager.googleapis.com/*.*"], only=only)
    assert [one.state for one in quay.of("nina")] == ["held"]


def test_permissions_that_a_rule_excepts_are_left(quay):
    role = "projects/quay-shop/roles/ship"
    quay.role(role, "run.services.update")
    quay.bind(NINA, role)
    deny(quay, ["run.googleapis.com/*.*"], left=["run.googleapis.com/services.update"])
    assert Cap.DEPLOY in can(quay)


@pytest.mark.parametrize(("on", "keeps"), [("organizations/9", False), ("folders/7", False), ("folders/8", True)])
def test_a_policy_counts_below_what_it_is_attached_to(quay, on, keeps):
    quay.place("quay-shop", "folders/7", "organizations/9")
    quay.bind(NINA, "roles/secretmanager.admin")
    deny(quay, ["secretmanager.googleapis.com/*.*"], on=on)
    assert bool(can(quay)) is keeps


@pytest.mark.parametrize(
    ("role", "permission", "keeps"),
    [
        ("roles/iam.serviceAccountKeyAdmin", "serviceAccountKeys.create", False),
        ("roles/iam.serviceAccountUser", "serviceAccountKeys.create", True),
        ("roles/editor", "serviceAccountKeys.create", True),
        ("roles/iam.serviceAccountTokenCreator", "serviceAccounts.*", False),
    ],
)
def test_a_denied_way_to_act_as_an_account_is_none(quay, role, permission, keeps):
    quay.place("quay-ci")
    quay.bind(ROBOT, "roles/run.admin")
    quay.bind(NINA, role, "quay-ci")
    deny(quay, [f"iam.googleapis.com/{permission}"], on="quay-ci")
    assert (Cap.DEPLOY in can(quay)) is keeps


def test_service_accounts_of_a_project_can_be_named_together(quay):
    quay.place("quay-ci")
    quay.place("quay-shop")
    quay.bind(ROBOT, "roles/secretmanager.admin")
    quay.bind(NINA, "roles/secretmanager.admin")
    set_ = "principalSet://cloudresourcemanager.googleapis.com/projects/quay-ci/type/ServiceAccount"
    deny(quay, ["secretmanager.googleapis.com/*.*"], [set_])
    assert [one.account for one in quay.resolve().access] == [NINA]


def test_denying_everybody_shuts_out_strangers_too(quay):
    quay.bind("allUsers", "roles/secretmanager.admin")
    deny(quay, ["secretmanager.googleapis.com/*.*"])
    assert not quay.resolve().foreign_trusts


def bound(quay, target, *places, only=None):
    rules = [{"resources": [f"//cloudresourcemanager.googleapis.com/{place}" for place in places]}]
    documents = {
        "access-boundary": ("ours", "", {"rules": rules}),
        "policy-binding": ("all", target, {"policy": "ours", "condition": {"expression": only} if only else None}),
    }
    for kind, (name, attached_to, document) in documents.items():
        row = Policy(**PLACE, policy=name, kind=kind, attached_to=attached_to, name=name, document=json.dumps(document))
        quay.policies.append(row)


ORGANISATION = "//cloudresourcemanager.googleapis.com/organizations/9"


@pytest.mark.parametrize(
    ("target", "places", "only", "state"),
    [
        (ORGANISATION, ["projects/4343"], None, "if"),
        (ORGANISATION, ["projects/4242"], None, "held"),
        (ORGANISATION, ["organizations/9"], None, "held"),
        (ORGANISATION, ["projects/4343"], "principal.type == 'iam.googleapis.com/ServiceAccount'", "held"),
        (ORGANISATION, ["projects/4343"], "principal.subject.endsWith('@quay.example')", "if"),
        ("//cloudresourcemanager.googleapis.com/projects/4242", ["projects/4343"], None, "held"),
        ("//iam.googleapis.com/locations/global/workspace/C01", ["projects/4343"], None, "if"),
    ],
)
def test_what_a_boundary_may_keep_out_of_reach_hangs_on_it(quay, target, places, only, state):
    quay.place("quay-shop", "organizations/9", number="4242")
    quay.bind(NINA, "roles/run.admin")
    bound(quay, target, *places, only=only)
    assert [one.state for one in quay.of("nina")] == [state]


def test_an_entitlement_may_be_asked_for_and_is_not_held(quay):
    parts = {"expression": "", "title": "entitlement ship", "entitlement": "entitlement ship"}
    quay.bind(NINA, "roles/run.admin", only=json.dumps(parts))
    rights = quay.resolve()
    assert not rights.access
    assert [(one.system, one.state) for one in rights.eligible] == [("shop", "eligible")]


@pytest.mark.parametrize(
    ("names", "words"), [("abc", "run.a, run.b, run.c"), ("abcd", "run.a, run.b, run.c, and 1 more")]
)
def test_of_what_a_denial_takes_a_few_are_named(names, words):
    left = left_of("projects/p/roles/r", frozenset(), [f"run.{name}" for name in names], [Denial(("run.*",))])
    assert left.denied == words
