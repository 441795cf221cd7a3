"""Grant events read off Google's logs."""

import json

from auditor.case.access import grants
from auditor.evidence.snapshots import Snapshots
from auditor.model.findings import Evidence
from auditor.model.vocabulary import Level
from tests.cases import event
from tests.providers.google.conftest import config, identify


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
