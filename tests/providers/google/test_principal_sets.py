"""One name for many: all service accounts that live somewhere, all people whom an identity provider signs in."""

import pytest

from collectors.google.members import kind_of
from tests.providers.google.conftest import Quay

HOME = "principalSet://cloudresourcemanager.googleapis.com/projects/42/type/ServiceAccount"
POOL = "principalSet://iam.googleapis.com/locations/global/workforcePools/staff"


def told(quay: Quay, account: str) -> list[str]:
    return [one.reason for one in quay.resolve().unresolved if one.subject.account == account]


def test_each_service_account_that_lives_there_holds_what_all_of_them_hold(quay: Quay) -> None:
    quay.place("quay-tools", number="42")
    robot, elsewhere = quay.robot("tf", "quay-tools"), quay.robot("web")
    quay.bind(HOME, "roles/owner")
    quay.bind("user:nina@quay.example", "roles/editor", "quay-tools")
    access = quay.resolve().access
    assert {one.account for one in access} >= {robot, "user:nina@quay.example"}
    assert not {one.account for one in access} & {HOME, elsewhere}
    (own,) = [one for one in access if one.account == robot]
    assert own.path == (robot, "every service account of quay-tools", "roles/owner on quay-shop")
    assert told(quay, HOME) == []


def test_where_they_were_not_listed_not_all_are_known(quay: Quay) -> None:
    quay.bind(HOME, "roles/owner")
    assert told(quay, HOME) == ["Which service accounts live in 42 is not all in the evidence."]


def test_googles_own_agents_are_nobodys(quay: Quay) -> None:
    agents = HOME.replace("ServiceAccount", "ServiceAgent")
    quay.bind(agents, "roles/owner")
    found = quay.resolve()
    assert [one for one in found.access if one.account == agents] == []
    assert told(quay, agents) == []


@pytest.mark.parametrize(("name", "role", "trusts"), [
    (f"{POOL}/group/devs", "roles/run.admin", 0),
    (f"{POOL}/*", "roles/run.admin", 1),
    (f"{POOL}/*", "roles/viewer", 0),
])  # fmt: skip
def test_who_is_in_a_set_of_staff_only_its_provider_tells(quay: Quay, name: str, role: str, trusts: int) -> None:
    quay.bind(name, role)
    found = quay.resolve()
    assert len(found.foreign_trusts) == trusts
    assert told(quay, name) == ["Who is in it only the identity provider tells that signs them in."]


def test_sets_of_the_companys_own_are_groups_and_those_of_workloads_ask_whose_they_are() -> None:
    workloads = "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/github/*"
    assert [kind_of(one) for one in (HOME, POOL + "/*", workloads)] == ["group", "group", "unknown"]
