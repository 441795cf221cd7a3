"""Grant events read off Google's logs."""

import json

import pytest

from auditor.case.access import grants
from auditor.evidence.snapshots import Snapshots
from auditor.model.findings import Evidence
from auditor.model.tables import Grant, Policy
from auditor.model.vocabulary import Level
from tests.cases import event
from tests.providers.google.conftest import AT, PLACE, config, identify


def google(deltas, **changes):
    fields = {
        "provider": "gcp",
        "scope": "quay-shop",
        "account": "serviceAccount:broker@quay-shop.iam.gserviceaccount.com",
        "category": "grant",
        "action": "cloudresourcemanager:SetIamPolicy",
        "resource": "projects/quay-shop",
        "detail": json.dumps({"bindingDeltas": deltas}),
        "evidence": Evidence(source="logs", origin="a.jsonl"),
    }
    return event(**{**fields, **changes})


def given(*judged_events, policies=()):
    return grants(config(), judged_events, Snapshots(policies=policies), identify)


def added(member="user:nina@quay.example", role="roles/run.developer", **condition):
    return {"action": "ADD", "role": role, "member": member, **({"condition": condition} if condition else {})}


def removed(member="user:nina@quay.example", **told):
    return {**added(member, **told), "action": "REMOVE"}


UNTIL = {month: {"expression": f'request.time < timestamp("2026-{month}-01T00:00:00Z")'} for month in ("04", "05")}


@pytest.mark.parametrize(
    ("gone", "came", "grants"),
    [
        (removed(), added(), 0),
        (removed(**UNTIL["04"], title="old"), added(**UNTIL["04"], title="new", description="OPS-1"), 0),
        (removed(**UNTIL["05"]), added(**UNTIL["04"]), 0),
        (removed(**UNTIL["04"]), added(**UNTIL["05"]), 1),
        (removed(**UNTIL["04"]), added(), 1),
        (removed(), added(**UNTIL["04"]), 0),
        (removed(expression="has({}.jitAccessConstraint)"), added(**UNTIL["04"]), 1),
        (removed(expression="resource.name.startsWith('a')"), added(expression="resource.name.startsWith('b')"), 1),
        (removed("user:tom@quay.example"), added(), 1),
        (removed(role="roles/editor"), added(), 0),
        (removed(role="roles/editor"), added(role="roles/viewer"), 0),
        (removed(), added(role="roles/editor"), 1),
        (removed(role="roles/run.developer"), added(role="roles/run.admin"), 1),
        (removed(role="roles/storage.objectAdmin"), added(role="roles/storage.objectViewer"), 0),
        (removed(role="roles/storage.objectAdmin"), added(role="roles/bigquery.dataViewer"), 1),
        (removed(role="roles/editor"), added(role="roles/iam.serviceAccountTokenCreator"), 1),
    ],
)
def test_what_stands_in_the_place_of_as_much_or_more_is_no_grant(gone, came, grants):
    assert len(given(google([came, gone]))) == grants


def whole(*bindings, etag="BwX", minute=0, **changes):
    listed = [{"role": role, "members": list(members)} for role, *members in bindings]
    detail = json.dumps({"policy": {"bindings": listed, "etag": etag}, "resource": "x"})
    return google(None, detail=detail, action="run:SetIamPolicy", time=AT.replace(minute=minute), **changes)


def test_a_policy_that_is_told_whole_is_put_beside_the_one_before():
    first = whole(("roles/run.admin", "user:tom@quay.example"), minute=1)
    later = whole(("roles/run.admin", "user:tom@quay.example", "user:nina@quay.example"), minute=2)
    unsure, sure = given(later, first)
    assert (unsure.recipient, "not who was in it before" in unsure.unplaced) == ("user:tom@quay.example", True)
    assert (sure.recipient, sure.what, sure.unplaced) == ("user:nina@quay.example", "roles/run.admin", "")
    less = whole(("roles/run.admin", "user:tom@quay.example"), ("roles/run.viewer", "allUsers"), minute=3)
    assert [one.recipient for one in given(first, later, less)][2:] == ["allUsers"]
    elsewhere = whole(("roles/run.admin", "user:tom@quay.example"), minute=4, resource="projects/quay-shop/services/b")
    assert [bool(one.unplaced) for one in given(first, elsewhere)] == [True, True]


@pytest.mark.parametrize("action", ["run:SetIamPolicy", "bigquery:datasetservice.update"])
def test_what_was_never_set_had_nobody_in_it(action):
    listed = [{"role": "roles/bigquery.dataEditor", "members": ["user:nina@quay.example"]}]
    detail = json.dumps({"policy": {"bindings": listed, "etag": "ACAB"}})
    assert [one.recipient for one in given(google(None, detail=detail, action=action))] == ["user:nina@quay.example"]


def test_whoever_is_deleted_is_given_nothing():
    (one,) = given(whole(("roles/run.invoker", "allUsers", "deleted:user:x@quay.example?uid=1"), etag="ACAB"))
    assert (one.recipient, one.unplaced) == ("allUsers", "")
    assert given(whole(etag="ACAB"), google(None, detail='{"policy": 4}')) == []


def test_a_binding_of_a_policy_that_is_told_whole_has_its_condition():
    bound = {"role": "roles/run.admin", "members": ["user:tom@quay.example"], "condition": UNTIL["04"]}
    odd = [{"role": 4, "members": ["user:x@quay.example"]}, {"role": "r", "members": "user:x@quay.example"}, bound]
    detail = json.dumps({"policy": {"bindings": odd, "etag": "ACAB"}})
    found = given(google(None, detail=detail, action="run:SetIamPolicy", time=AT))
    assert [(one.recipient, one.expires_at) for one in found if one.what == "roles/run.admin"] == [
        ("user:tom@quay.example", AT.replace(month=4, hour=0))
    ]
    assert "user:x@quay.example" not in {one.recipient for one in found if one.what == "4"}


DEPLOYER = "projects/quay-shop/roles/deployer"


def held(member, resource="quay-shop", role=DEPLOYER):
    return Grant(**PLACE, principal=member, role=role, resource=resource, provider="gcp")


@pytest.mark.parametrize(
    ("permissions", "level"),
    [
        (["run.services.update"], Level.WRITE),
        (["iam.serviceAccounts.getAccessToken"], Level.WRITE),
        (["logging.logEntries.list"], Level.READ),
        (["run.services.list"], None),
        ([], None),
    ],
)
def test_what_a_role_gained_is_given_to_whoever_holds_it(permissions, level):
    detail = json.dumps({"permissionDelta": {"addedPermissions": permissions}})
    change = google(None, action="iam:UpdateRole", resource=DEPLOYER, detail=detail, time=AT)
    rows = Snapshots(
        grants=[
            held("user:nina@quay.example"),
            held("user:tom@quay.example", role="roles/viewer"),
            held("user:later@quay.example"),
            held("group:ops@quay.example", "//secretmanager.googleapis.com/projects/quay-shared/secrets/mail-key"),
        ]
    )
    later = google([added("user:later@quay.example", role=DEPLOYER)], time=AT.replace(hour=13))
    found = [one for one in grants(config(), [later, change], rows, identify) if one.what.startswith("more by")]
    told = [("user:nina@quay.example", ("shop",), level), ("group:ops@quay.example", ("mail",), level)]
    assert [(one.recipient, one.systems, one.level) for one in found] == (told if level else [])


def test_whoever_joins_a_group_has_what_it_holds_on_single_resources():
    told = [{"name": "USER_EMAIL", "value": "nina@quay.example"}, {"name": "GROUP_EMAIL", "value": "ops@quay.example"}]
    joined = google(
        None, action="admin:AdminService.addGroupMember", detail=json.dumps({"event": [{"parameter": told}]})
    )
    secret = "//secretmanager.googleapis.com/projects/quay-shared/secrets/mail-key"
    rows = Snapshots(grants=[held("group:ops@quay.example", secret, "roles/secretmanager.secretAccessor")])
    assert [one.systems for one in grants(config(), [joined], rows, identify)] == [("mail",)]


@pytest.mark.parametrize(
    ("before", "told"),
    [
        ([added("group:ops@quay.example")], (("shop",), Level.WRITE, "")),
        ([added("group:ops@quay.example"), removed("group:ops@quay.example")], None),
        (
            [added("group:ops@quay.example"), removed("group:ops@quay.example", role="roles/viewer")],
            (("shop",), Level.WRITE, ""),
        ),
        ([added("group:others@quay.example")], None),
    ],
)
def test_whoever_joins_a_group_has_what_the_log_bound_to_it(before, told):
    asked = {
        "event": [
            {
                "parameter": [
                    {"name": "USER_EMAIL", "value": "nina@quay.example"},
                    {"name": "GROUP_EMAIL", "value": "ops@quay.example"},
                ]
            }
        ]
    }
    acts = [google([delta], time=AT.replace(minute=number)) for number, delta in enumerate(before)]
    joined = google(
        None, action="admin:AdminService.addGroupMember", detail=json.dumps(asked), time=AT.replace(hour=20)
    )
    (*_, one) = given(*acts, joined)
    unread = "no source reads what membership of ops@quay.example gives"
    assert (one.recipient, one.systems, one.level, one.unplaced) == (
        "user:nina@quay.example",
        *(told or ((), Level.WRITE, unread)),
    )


def test_of_a_project_in_which_no_system_lies_it_could_not_be_judged():
    (elsewhere,) = given(google([added()], scope="quay-play", resource="projects/quay-play"))
    assert (elsewhere.systems, elsewhere.unplaced) == ((), "no declared system lies in quay-play")
    (above,) = given(google([added(role="roles/owner")], scope="organizations/9", resource="organizations/9"))
    assert above.unplaced == ""


def named(action, asked, **changes):
    return google(None, action=action, detail=json.dumps(asked), **changes)


def test_a_binding_in_a_cluster_is_a_grant_to_its_people_and_groups():
    subjects = [
        {"kind": "User", "name": "Nina@quay.example"},
        {"kind": "Group", "name": "oncall@quay.example"},
        {"kind": "Group", "name": "system:authenticated"},
        {"kind": "User", "name": "ci@quay-shop.iam.gserviceaccount.com"},
        {"kind": "ServiceAccount", "name": "shop", "namespace": "shop"},
        {"kind": "User", "name": 4},
    ]
    asked = {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": subjects}
    found = given(named("k8s.io:clusterrolebindings.create", asked, resource="rbac.authorization.k8s.io/v1/x"))
    assert [one.recipient for one in found] == [
        "user:nina@quay.example",
        "group:oncall@quay.example",
        "allAuthenticatedUsers",
        "serviceAccount:ci@quay-shop.iam.gserviceaccount.com",
    ]
    assert {(one.systems, one.level, one.what) for one in found} == {
        (("shop",), Level.ADMIN, "the role cluster-admin of Kubernetes")
    }
    inside = {
        "resource": "rbac.authorization.k8s.io/v1/namespaces/mail/rolebindings/x",
        "scope": "quay-shared",
    }
    (one,) = given(
        named("k8s.io:rolebindings.create", {**asked, "roleRef": {"name": "view"}, "subjects": subjects[:1]}, **inside)
    )
    assert (one.systems, one.level) == (("mail",), Level.READ)
    assert given(named("k8s.io:rolebindings.patch", asked)) == []


@pytest.mark.parametrize(
    ("action", "asked", "recipient", "what"),
    [
        ("cloudsql:users.create", {"body": {"name": "nina@quay.example"}}, "user:nina@quay.example", "a user of db"),
        ("cloudsql:users.create", {}, "cloudsql:app@db", "a user of db"),
        ("cloudsql:users.update", {"name": "app"}, "cloudsql:app@db", "another password of a user of db"),
        ("cloudsql:users.update", {"name": "nina@quay.example"}, None, None),
        ("cloudsql:users.delete", {}, None, None),
        ("alloydb:CreateUser", {"userId": "app", "user": {"userType": "ALLOYDB_BUILT_IN"}}, "alloydb:app@db", None),
        ("cloudsql:users.insert", {"body": {"name": "ci@quay-shop.iam"}}, "serviceAccount:ci@quay-shop.iam.gserviceaccount.com", None),
        ("storage:hmacKeys.create", {"serviceAccountEmail": "ci@quay-shop.iam.gserviceaccount.com"}, "serviceAccount:ci@quay-shop.iam.gserviceaccount.com", "an HMAC key of a service account"),
        ("storage:hmacKeys.delete", {"serviceAccountEmail": "ci@quay-shop.iam.gserviceaccount.com"}, None, None),
        ("cloudresourcemanager:InsertProjectOwnershipInvite", {"member": "user:eve@else.example"}, "user:eve@else.example", "roles/owner, by invitation"),
    ],
)  # fmt: skip
def test_a_call_that_names_whom_it_is_for_is_a_grant_to_them(action, asked, recipient, what):
    found = given(named(action, asked, resource="projects/quay-shop/instances/db/users/app"))
    assert [one.recipient for one in found] == ([recipient] if recipient else [])
    assert what is None or [one.what for one in found] == [what]


@pytest.mark.parametrize(("role", "grants"), [("_SEED_ADMIN_ROLE", 1), ("_HELP_DESK_ADMIN_ROLE", 0)])
def test_a_super_administrator_of_workspace_can_take_every_right(role, grants):
    parameters = [{"name": "ROLE_NAME", "value": role}, {"name": "USER_EMAIL", "value": "nina@quay.example"}]
    found = given(named("admin:AdminService.assignRole", {"event": [{"parameter": parameters}]}))
    assert [(one.recipient, one.level) for one in found] == [("user:nina@quay.example", Level.ADMIN)] * grants


def test_what_was_added_is_a_grant_to_the_member():
    (grant,) = given(google([added(), removed(role="roles/viewer")]))
    assert (grant.recipient, grant.identity.person) == ("user:nina@quay.example", "nina")
    assert (grant.systems, grant.level, grant.what) == (("shop",), Level.WRITE, "roles/run.developer")
    assert (grant.ticket, grant.expires_at) == (None, None)


def test_ticket_and_end_are_read_from_the_condition():
    (grant,) = given(
        google(
            [
                added(
                    title="JIT",
                    description="Approved by tom@quay.example, justification: PAY-7 slow",
                    expression='request.time < timestamp("2026-03-01T13:00:00Z")',
                )
            ]
        )
    )
    assert (grant.ticket, grant.expires_at.hour) == ("PAY-7", 13)


def test_a_policy_on_one_resource_is_about_its_system():
    one = "projects/quay-shared/secrets/mail-key"
    (grant,) = given(google([added(role="roles/secretmanager.secretAccessor")], scope="quay-shared", resource=one))
    assert (grant.systems, grant.level) == (("mail",), Level.READ)


def test_refused_changes_and_members_that_are_gone_are_no_grants():
    assert given(google([added()], outcome="denied")) == []
    assert given(google([added("deleted:user:x@quay.example?uid=1")])) == []
    (public,) = given(google([added("allUsers")]))
    assert (public.recipient, public.identity.person) == ("allUsers", None)
    assert given(google(None), google([added()], detail="not json"), google(["text", {"action": "ADD"}])) == []
    assert given(google([added()], provider="aws")) == []


def test_an_owner_is_an_admin_and_an_unread_custom_role_may_write():
    owner, custom = given(google([added(role="roles/owner"), added(role="organizations/9/roles/x")]))
    assert (owner.level, custom.level) == (Level.ADMIN, Level.WRITE)


def place(name, *ancestors, number=""):
    document = json.dumps({"number": number, "ancestors": list(ancestors)})
    return Policy(**PLACE, policy=name, kind="ancestry", attached_to=name, name=name, document=document)


@pytest.mark.parametrize(
    ("resource", "scope", "role", "expression", "systems"),
    [
        ("projects/quay-shared", "quay-shared", "roles/run.developer", "", ("mail", "search")),
        ("projects/quay-shared", "quay-shared", "roles/run.developer", "resource.name.contains('mail')", ("mail",)),
        ("projects/quay-shared", "quay-shared", "roles/run.developer", "request.auth.x == 1", ("mail", "search")),
        ("projects/quay-shared", "quay-shared", "roles/run.invoker", "", ()),
        ("folders/7", "quay-shop", "roles/run.developer", "", ("shop",)),
        ("organizations/9", "quay-shop", "roles/run.developer", "", ("mail", "search", "shop")),
        ("folders/8", "quay-shop", "roles/run.developer", "", ()),
        ("projects/quay-shared/secrets/search-key", "42", "roles/owner", "", ("search",)),
        ("projects/quay-shared/secrets/other", "42", "roles/owner", "", ()),
        (None, "quay-shop", "roles/run.developer", "", ("shop",)),
    ],
)
def test_a_grant_reaches_what_lies_where_it_was_given(resource, scope, role, expression, systems):
    policies = [
        place("quay-shop", "folders/7", "organizations/9"),
        place("quay-shared", "organizations/9", number="42"),
    ]
    condition = {"expression": expression} if expression else {}
    (grant,) = given(google([added(role=role, **condition)], resource=resource, scope=scope), policies=policies)
    assert grant.systems == systems


def test_a_grant_tells_who_gave_it_and_what_stands_written_on_it():
    (grant,) = given(google([added(title="JIT", description="for OPS-1", expression="true")], person="tom"))
    assert (grant.granted_by, grant.giver) == ("serviceAccount:broker@quay-shop.iam.gserviceaccount.com", "tom")
    assert (grant.written, grant.resource) == (("JIT", "for OPS-1"), "projects/quay-shop")
    assert grant.evidence == Evidence(source="logs", origin="a.jsonl")
    (unnamed,) = given(google([added()], account=None, actor="somebody"))
    assert unnamed.granted_by == "somebody"
