"""Grant events read off Google's logs."""

import json

import pytest

from auditor.case.access import grants
from auditor.evidence.snapshots import Snapshots
from auditor.model.findings import Evidence
from auditor.model.tables import Policy
from auditor.model.vocabulary import Level
from tests.cases import event
from tests.providers.google.conftest import PLACE, config, identify


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


def test_what_was_added_is_a_grant_to_the_member():
    (grant,) = given(google([added(), {**added(), "action": "REMOVE"}]))
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
