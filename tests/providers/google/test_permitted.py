"""Which acts bindings allow, by the permissions that Google's log names, and what is left without some of them."""

import json
from datetime import timedelta

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Policy
from auditor.providers.google.permitted import checked, google_permitted
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.copies import replace
from tests.providers.google.conftest import AT, PLACE, condition

NINA = "user:nina@quay.example"
SERVICE = "projects/quay-shop/locations/europe-west3/services/web"


def act(permissions="run.services.update", account=NINA, scope="quay-shop", resource=SERVICE, **changes):
    return used(
        provider="gcp",
        scope=scope,
        account=account,
        action="run:ReplaceService",
        permissions=permissions,
        resource=resource,
        **changes,
    )


def asked(quay, *acts, credentials=()):
    rows = Snapshots(
        accounts=quay.accounts,
        memberships=quay.memberships,
        policies=quay.policies,
        grants=quay.grants,
        credentials=credentials,
    )
    return google_permitted(quay.config, rows, acts, AT)


def answer(quay, permissions="run.services.update", **changes):
    (found,) = asked(quay, act(permissions, **changes))
    return found


def test_a_binding_allows_what_its_role_holds_and_nothing_without_it(quay):
    quay.bind(NINA, "roles/run.admin")
    quay.bind(NINA, "roles/storage.admin")
    assert answer(quay).by == ("roles/run.admin on quay-shop",)
    assert answer(quay).answer is Answer.ALLOWED
    quay.grants = quay.grants[1:]
    assert answer(quay).answer is Answer.DENIED


def test_another_path_through_a_group_allows_it_still(quay):
    quay.bind(NINA, "roles/run.admin")
    quay.bind("group:devs@quay.example", "roles/editor")
    quay.group("group:devs@quay.example", NINA)
    assert answer(quay).by == (
        "roles/run.admin on quay-shop", "roles/editor on quay-shop, through group devs@quay.example"
    )  # fmt: skip
    quay.grants = quay.grants[1:]
    assert answer(quay).answer is Answer.ALLOWED


def test_custom_roles_are_read_by_their_content(quay):
    quay.bind(NINA, "projects/quay-shop/roles/release")
    assert answer(quay).answer is Answer.UNKNOWN
    quay.role("projects/quay-shop/roles/release", "run.services.update")
    assert answer(quay).answer is Answer.ALLOWED
    assert answer(quay, "run.services.delete").answer is Answer.DENIED


def test_every_permission_counts_and_each_on_what_it_was_checked_on(quay):
    robot = quay.robot("web")
    quay.bind(NINA, "roles/run.admin")
    needed = f"run.services.update; iam.serviceAccounts.actAs on projects/-/serviceAccounts/{robot[15:]}"
    assert answer(quay, needed).answer is Answer.DENIED
    quay.bind(
        NINA, "roles/iam.serviceAccountUser", f"//iam.googleapis.com/projects/quay-shop/serviceAccounts/{robot[15:]}"
    )
    assert answer(quay, needed).answer is Answer.ALLOWED
    assert answer(quay, needed.replace("/web@", "/batch@")).answer is Answer.DENIED


def test_a_log_that_names_no_permission_leaves_it_unknown_and_says_what_was_held(quay):
    quay.bind(NINA, "roles/run.admin")
    found = answer(quay, None)
    assert (found.answer, found.by) == (Answer.UNKNOWN, ("roles/run.admin on quay-shop",))


def test_folders_reach_their_projects_and_unread_ones_leave_it_unknown(quay):
    quay.place("quay-shop", "projects/7", "folders/12", "organizations/3", number="7")
    quay.place("organizations/3")
    assert answer(quay).why == "what is given on folders/12 is not in the evidence"
    quay.place("folders/12")
    assert answer(quay).answer is Answer.DENIED
    quay.bind(NINA, "roles/run.admin", "folders/12")
    assert answer(quay).answer is Answer.ALLOWED
    assert answer(quay, scope="quay-other", resource="projects/quay-other/services/x").answer is not Answer.ALLOWED


def test_a_condition_counts_where_it_is_met_and_is_unknown_where_the_evidence_does_not_tell(quay):
    quay.bind(NINA, "roles/storage.admin", only=condition('resource.name.startsWith("projects/_/buckets/mail-")'))
    name = "projects/_/buckets/{}/objects/x"
    assert answer(quay, "storage.objects.get", resource=name.format("mail-1")).answer is Answer.ALLOWED
    assert answer(quay, "storage.objects.get", resource=name.format("shop-1")).answer is Answer.DENIED
    quay.bind(NINA, "roles/run.admin", only=condition("a == b"))
    assert answer(quay).why == "roles/run.admin on quay-shop is held only when a == b"
    quay.bind(NINA, "roles/run.admin", only=condition('request.time < timestamp("2026-02-01T00:00:00Z")'))
    assert answer(quay).by == ("roles/run.admin on quay-shop",)


def test_a_deny_policy_takes_what_bindings_give(quay):
    quay.bind(NINA, "roles/run.admin")
    rule = {
        "deniedPrincipals": [f"principal://goog/subject/{NINA[5:]}"],
        "deniedPermissions": ["run.googleapis.com/services.update"],
    }
    quay.policies.append(
        Policy(
            **PLACE,
            policy="p",
            kind="deny",
            attached_to="quay-shop",
            name="no-run",
            document=json.dumps({"rules": [{"denyRule": rule}]}),
        )
    )
    assert answer(quay).answer is Answer.DENIED
    assert answer(quay, "run.services.delete").answer is Answer.ALLOWED


def test_whom_the_evidence_does_not_name_may_be_anybody_of_that_sort(quay):
    quay.bind("group:unread@quay.example", "roles/run.admin")
    quay.bind("domain:quay.example", "roles/storage.admin")
    assert answer(quay).answer is Answer.UNKNOWN
    assert answer(quay, "storage.objects.get").answer is Answer.UNKNOWN
    assert answer(quay, "storage.objects.get", account="user:x@else.example").answer is Answer.DENIED


def test_a_key_that_is_gone_opens_nothing(quay):
    robot = quay.robot("ci")
    quay.bind(robot, "roles/run.admin")
    key = Credential(**PLACE, credential="service-account-key:ab", kind="access-key", account=robot, provider="gcp")
    used = act(account=robot, credential=key.credential)
    for rows, expected in (
        ((key,), Answer.ALLOWED),
        ((), Answer.DENIED),
        ((replace(key, expires_at=AT),), Answer.DENIED),
    ):
        assert asked(quay, used, credentials=rows)[0].answer is expected
    quay.accounts[0] = replace(quay.accounts[0], enabled=False)
    assert asked(quay, used, credentials=[key])[0].answer is Answer.DENIED


def test_a_member_of_a_group_is_taken_out_of_it_and_what_no_log_tells_of_is_not_known(quay):
    quay.group("group:devs@quay.example", NINA, "user:sam@quay.example")
    quay.bind("group:devs@quay.example", "roles/run.admin")
    rows = Snapshots(accounts=quay.accounts, memberships=quay.memberships, grants=quay.grants)
    leave = {
        "provider": "gcp",
        "type": "group-membership",
        "account": "quay.example",
        "group": "group:devs@quay.example",
    }
    left = provider("gcp").without(rows, [{**leave, "member": NINA}])
    answers = [
        google_permitted(quay.config, left, [act(account=one)], AT)[0].answer for one in (NINA, "user:sam@quay.example")
    ]
    assert answers == [Answer.DENIED, Answer.ALLOWED]
    assert provider("gcp").without(rows, [{**leave, "member": "user:leon@quay.example"}]) is None
    assert provider("gcp").without(rows, [{"provider": "gcp", "type": "os-login-key"}]) is None


def test_what_is_only_read_is_in_logs_that_may_be_off_unless_google_saw_no_use(quay):
    quay.bind(NINA, "roles/storage.objectViewer")
    quay.bind(NINA, "roles/run.developer")
    rows = Snapshots(grants=quay.grants)
    (one,) = provider("gcp").unseen(rows, replace(rows, grants=[]), AT, AT)
    assert (one.account, one.what) == (NINA, "reading data")
    idle = Account(
        **PLACE, account=NINA, provider="gcp", scope="quay-shop", kind="person", last_used_at=AT - timedelta(days=90)
    )
    seen = replace(rows, accounts=[idle])
    assert list(provider("gcp").unseen(seen, replace(seen, grants=[]), AT - timedelta(days=30), AT)) == []


def test_whoever_leaves_a_group_loses_what_groups_around_it_have(quay):
    quay.group("group:all@quay.example", "group:devs@quay.example")
    quay.group("group:devs@quay.example", NINA)
    quay.bind("group:all@quay.example", "roles/storage.objectViewer")
    rows = Snapshots(grants=quay.grants, memberships=quay.memberships)
    (one,) = provider("gcp").unseen(rows, replace(rows, memberships=quay.memberships[:1]), AT, AT)
    assert (one.account, one.what) == (NINA, "reading data")


def test_permissions_that_evidence_does_not_keep_leave_open_what_the_others_would_allow(quay):
    quay.bind(NINA, "roles/run.viewer")
    found = answer(quay, "run.services.get; …")
    assert (found.answer, found.why) == (Answer.UNKNOWN, "it took more permissions than the evidence keeps")


STORAGE, IAM = "//storage.googleapis.com", "//iam.googleapis.com/projects"
OBJECT = "projects/_/buckets/mail/objects/a"
RUN = "//run.googleapis.com/projects/quay-shop/locations/europe-west3/services"


@pytest.mark.parametrize(
    ("on", "checked_on", "expected"),
    [
        ("quay-shop", SERVICE, Answer.ALLOWED),
        ("quay-shared", SERVICE, Answer.DENIED),
        (f"{STORAGE}/mail", OBJECT, Answer.ALLOWED),
        (f"{STORAGE}/mail", "projects/_/buckets/mail-2/objects/a", Answer.DENIED),
        (f"{STORAGE}/mail", "", Answer.DENIED),
        (f"{RUN}/web", SERVICE, Answer.ALLOWED),
        (f"{RUN}/web", f"{SERVICE}/revisions/1", Answer.ALLOWED),
        (f"{RUN}/other", SERVICE, Answer.DENIED),
        (f"{RUN}/web", "projects/quay-shop/jobs/web", Answer.UNKNOWN),
        (f"{RUN.replace('shop', 'shared')}/web", SERVICE, Answer.DENIED),
        ("folders/12", SERVICE, Answer.UNKNOWN),
        ("organizations/3", SERVICE, Answer.UNKNOWN),
    ],
)
def test_a_binding_reaches_what_it_is_on_and_what_is_in_that(quay, on, checked_on, expected):
    quay.bind(NINA, "roles/owner", on)
    assert answer(quay, resource=checked_on).answer is expected


def test_a_right_is_told_by_the_last_part_of_what_it_is_on_and_the_groups_on_the_way(quay):
    quay.bind(NINA, "roles/run.admin", f"{RUN}/web")
    assert answer(quay).by == ("roles/run.admin on web",)


def test_a_denial_that_hangs_on_something_leaves_open_what_is_held_and_gives_nothing(quay):
    denied = {
        "deniedPrincipals": [f"principal://goog/subject/{NINA[5:]}"],
        "deniedPermissions": ["run.googleapis.com/services.update"],
        "denialCondition": {"expression": "resource.matchTag('1/env', 'prod')"},
    }
    document = json.dumps({"rules": [{"denyRule": denied}]})
    quay.policies.append(Policy(**PLACE, policy="p", kind="deny", attached_to="quay-shop", name="n", document=document))
    assert answer(quay).answer is Answer.DENIED
    quay.bind(NINA, "roles/run.admin")
    assert answer(quay).answer is Answer.UNKNOWN
    assert answer(quay).why.startswith("it hangs on whether ")
    assert answer(quay, "run.services.delete").answer is Answer.ALLOWED


@pytest.mark.parametrize(
    ("member", "account", "may_be"),
    [
        ("group:unread@quay.example", NINA, True),
        ("group:unread@quay.example", "serviceAccount:x@quay-shop.iam.gserviceaccount.com", True),
        ("group:unread@quay.example", "principal://goog/subject/nina", False),
        ("domain:Quay.example", NINA, True),
        ("domain:quay.example", "user:nina@else.example", False),
        ("domain:quay.example", "serviceAccount:x@quay.example", False),
        ("principalSet://goog/public:all", "principal://goog/subject/nina", True),
        ("principalSet://goog/public:all", NINA, False),
    ],
)
def test_who_may_be_among_those_whom_the_evidence_does_not_name(quay, member, account, may_be):
    quay.bind(member, "roles/run.admin")
    found = answer(quay, account=account)
    assert found.answer is (Answer.UNKNOWN if may_be else Answer.DENIED)
    assert found.by == (("roles/run.admin on quay-shop",) if may_be else ())


@pytest.mark.parametrize("account", [NINA, "principal://goog/subject/x"])
def test_what_everybody_has_everybody_has(quay, account):
    quay.bind("allAuthenticatedUsers", "roles/run.admin")
    assert answer(quay, account=account).answer is Answer.ALLOWED


def test_a_login_of_a_machine_is_no_binding(quay):
    quay.bind(NINA, "authorized_keys")
    assert answer(quay).answer is Answer.DENIED


def test_the_permissions_of_an_act_with_what_they_were_checked_on_are_all_told_or_none(quay):
    robot = "ci@quay-ci.iam.gserviceaccount.com"
    acts = [
        act(f"run.services.update; iam.serviceAccounts.actAs on projects/-/serviceAccounts/{robot}"),
        act("run.services.get; …"),
        act(None),
        act("resourcemanager.folders.get", resource="folders/12"),
    ]
    told = [found for _, found in checked(quay.config, Snapshots(), acts, AT)]
    service = SERVICE.removeprefix("projects/quay-shop/")
    assert [found and [(one, place.project, place.name) for one, place in found] for found in told] == [
        [
            ("run.services.update", "quay-shop", service),
            ("iam.serviceAccounts.actAs", "quay-ci", f"serviceAccounts/{robot}"),
        ],
        None,
        None,
        [("resourcemanager.folders.get", "folders/12", "")],
    ]
