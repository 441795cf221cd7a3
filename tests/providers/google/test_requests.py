"""What people ask Google's access broker for counts as a ticket from when it was granted, and no longer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Policy
from auditor.model.vocabulary import ActorClass
from auditor.providers.google.requests import requests
from tests.cases import AT, config, event, hour
from tests.providers.google.conftest import PLACE

GRANT = "projects/shop/locations/global/entitlements/shop-admin/grants/2f0a"
SHOP = [{"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "shop"}]}]


def act(action: str, hours: float, person: str = "nina", **more: Any) -> JudgedEvent:
    fields = {"provider": "gcp", "scope": "shop", "category": "grant", "resource": GRANT, "detail": "{}"}
    known = {"person": person, "actor_class": ActorClass.PERSON, "time": AT - hour(hours)}
    return event(**{**fields, **known, "action": action, **more})


def asked(hours: float = 4, duration: str = "7200s") -> JudgedEvent:
    detail = json.dumps({"grant": {"requestedDuration": duration}})
    return act("privilegedaccessmanager:CreateGrant", hours, detail=detail)


def answered(word: str, hours: float, person: str = "tom") -> JudgedEvent:
    return act(f"privilegedaccessmanager:{word}Grant", hours, person)


def written(hours: float, action: str = "ADD") -> JudgedEvent:
    """The broker's own agent adds the binding, or takes it away, and says for which request."""
    detail = json.dumps({"bindingDeltas": [{"action": action, "condition": {"description": f"PAM grant {GRANT}"}}]})
    return act("cloudresourcemanager:SetIamPolicy", hours, resource="projects/shop", detail=detail)


@pytest.mark.parametrize("given", [answered("Approve", 3), written(3), answered("PAMActivate", 3, "")])
def test_a_request_that_was_granted_is_a_window_from_then_on(given: JudgedEvent) -> None:
    (ref,) = requests(config(systems=SHOP), [asked(), given], Snapshots())
    assert (ref.ticket, ref.people, ref.systems) == ("PAM shop-admin 2f0a", ("nina",), ("shop",))
    assert [(w.person, w.system, w.starts_at, w.ends_at) for w in ref.windows] == [
        ("nina", "shop", AT - hour(3), AT - hour(1))
    ]


def test_the_approver_is_told() -> None:
    (ref,) = requests(config(systems=SHOP), [asked(), answered("Approve", 3)], Snapshots())
    assert ref.approver == "tom"


def test_of_two_approvals_that_are_needed_the_last_one_begins_it() -> None:
    agreed = [answered("Approve", 3), answered("Approve", 2.5, "mia")]
    (ref,) = requests(config(systems=SHOP), [asked(), *agreed], Snapshots())
    assert (ref.approver, ref.span) == ("mia", (AT - hour(2.5), AT - hour(0.5)))


@pytest.mark.parametrize("gave", [written(2), answered("PAMActivate", 2, "")])
def test_what_was_approved_and_is_given_later_begins_when_it_is_given(gave: JudgedEvent) -> None:
    (ref,) = requests(config(systems=SHOP), [asked(), answered("Approve", 3), gave], Snapshots())
    assert (ref.approver, ref.span) == ("tom", (AT - hour(2), AT))


def test_what_the_broker_takes_out_of_a_policy_begins_nothing() -> None:
    (ref,) = requests(config(systems=SHOP), [asked(), answered("Approve", 3), written(1, "REMOVE")], Snapshots())
    assert ref.span == (AT - hour(3), AT - hour(1))


def test_a_request_is_named_by_the_answer_to_it_where_the_log_names_what_was_asked_alone() -> None:
    detail = json.dumps({"name": GRANT, "requestedDuration": "3600s"})
    named = act("privilegedaccessmanager:CreateGrant", 4, resource=GRANT.partition("/grants")[0], detail=detail)
    (ref,) = requests(config(systems=SHOP), [named, answered("Approve", 3)], Snapshots())
    assert (ref.ticket, ref.span) == ("PAM shop-admin 2f0a", (AT - hour(3), AT - hour(2)))


@pytest.mark.parametrize("ending", ["Revoke", "Withdraw", "PAMEnd", "PAMExpire"])
def test_what_was_taken_back_ends_then(ending: str) -> None:
    (ref,) = requests(config(systems=SHOP), [asked(), answered("Approve", 3), answered(ending, 2.5)], Snapshots())
    assert ref.ends_at == AT - hour(2.5)
    assert ref.windows[0].closed_early


@pytest.mark.parametrize(
    "acts",
    [
        [asked()],
        [asked(), answered("Deny", 3)],
        [answered("Approve", 3)],
        [asked(), written(1, "REMOVE")],
        [asked(duration="soon"), answered("Approve", 3)],
        [asked(), act("privilegedaccessmanager:ApproveGrant", 3, "tom", outcome="denied")],
    ],
)
def test_what_nobody_granted_opens_nothing(acts: list[JudgedEvent]) -> None:
    assert list(requests(config(systems=SHOP), acts, Snapshots())) == []


def test_a_window_never_ends_before_it_begins() -> None:
    (ref,) = requests(config(systems=SHOP), [asked(4), answered("Revoke", 3.5), written(3)], Snapshots())
    assert ref.span == (AT - hour(3), AT - hour(3))
    assert ref.windows[0].ends_at - ref.windows[0].starts_at == timedelta(0)


def test_what_is_asked_for_on_a_folder_is_for_the_systems_of_all_projects_in_it() -> None:
    above = json.dumps({"number": "1", "ancestors": ["folders/5", "organizations/9"]})
    lies = Policy(**PLACE, policy="shop", kind="ancestry", attached_to="shop", name="shop", document=above)
    acts = [replace(act, scope="folders/5") for act in (asked(), answered("Approve", 3))]
    assert [ref.systems for ref in requests(config(systems=SHOP), acts, Snapshots(policies=[lies]))] == [("shop",)]
    assert [ref.systems for ref in requests(config(systems=SHOP), acts, Snapshots())] == [()]
