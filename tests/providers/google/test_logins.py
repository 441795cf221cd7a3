"""Keys in Google's metadata as paths, and whose they are."""

from datetime import timedelta

import pytest

from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential
from auditor.model.vocabulary import Capability
from auditor.providers.google.rights import google_access
from auditor.rules.shared import login
from auditor.rules.standing import unknown_person
from tests.cases import case, judged
from tests.providers.google.conftest import AT, PLACE, config, identify

PROJECT = "//compute.googleapis.com/projects/quay-shop"


def key(name="nina", login="nina", resource=PROJECT, **changes):
    place = resource.rpartition("/")[2]
    fields = {
        "credential": f"ssh-key:SHA256:{name}",
        "kind": "ssh-key",
        "account": f"ssh:{login}@{place}",
        "provider": "gcp",
        "resource": resource,
        "handle": "{}",
    }
    return Credential(**PLACE, **{**fields, **changes})


def paths(*keys, settings=None):
    return google_access(settings or config(), Snapshots(credentials=keys), identify, AT).access


def test_a_key_of_the_project_is_a_shell_on_its_systems():
    (access,) = paths(key())
    assert (access.system, access.scope, access.capabilities) == ("shop", "quay-shop", {Capability.SHELL})
    assert access.path == ("key SHA256:nina", "login nina on the instances of quay-shop")


def test_a_key_of_an_instance_is_a_shell_on_the_system_of_the_instance():
    (access,) = paths(key(resource="//compute.googleapis.com/projects/quay-shared/zones/z/instances/mail-1"))
    assert (access.system, access.path[1]) == ("mail", "login nina on mail-1")


def test_keys_that_open_nothing_give_nothing():
    over = key(expires_at=AT - timedelta(minutes=1))
    assert paths(key(enabled=False), over, key(account="user:nina@quay.example"), key(provider="ssh")) == ()


def test_a_key_belongs_to_whom_google_says_that_its_login_belongs():
    person = {"id": "nina", "name": "Nina", "email": "nina@quay.example"}
    row = Account(
        **PLACE,
        account="ssh:nina_quay@quay-shop",
        provider="gcp",
        scope="quay-shop",
        kind="unknown",
        email="nina@quay.example",
    )
    people = People(config(people=[person]), [row], [key(login="nina_quay")])
    assert people.who("ssh-key:SHA256:nina").person == "nina"


def test_a_key_that_nobody_declares_is_a_finding_with_its_system():
    about = case(config=config(), credentials=[key("stranger", "tmp")], accounts=[])
    (finding,) = judged(unknown_person, about)
    assert (finding.system, finding.credential) == ("shop", "ssh-key:SHA256:stranger")


def test_two_people_in_one_login_of_the_project_share_it():
    everybody = [{"id": name, "name": name.title(), "accounts": [f"ssh-key:SHA256:{name}"]} for name in ("nina", "sam")]
    about = case(config=config(people=everybody), credentials=[key("nina", "deploy"), key("sam", "deploy")])
    (finding,) = judged(login, about)
    assert (finding.system, finding.facts["people"]) == ("shop", ["nina", "sam"])


@pytest.mark.parametrize(("ends", "opens"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_a_key_opens_until_its_time_is_over(ends, opens):
    assert [one.expires_at for one in paths(key(expires_at=AT + ends))] == [AT + ends] * opens


def test_a_key_of_somebody_known_is_theirs_and_any_other_is_its_logins():
    declared = [{"id": "nina", "name": "Nina", "accounts": ["ssh-key:SHA256:nina"]}]
    declared.append({"id": "sam", "name": "Sam", "accounts": ["ssh:sam@quay-shop"]})
    settings = config(people=declared)
    rows = Snapshots(credentials=[key("nina", "deploy"), key("other", "sam"), key("third", "nobody", comment="PAY-1")])
    found = google_access(settings, rows, People(settings).who, AT).access
    assert [(one.identity.account, one.identity.person, one.account) for one in found] == [
        ("ssh-key:SHA256:nina", "nina", "ssh:deploy@quay-shop"),
        ("ssh:sam@quay-shop", "sam", "ssh:sam@quay-shop"),
        ("ssh:nobody@quay-shop", None, "ssh:nobody@quay-shop"),
    ]
    assert [(one.written, one.handles) for one in found] == [
        ((None,), ("{}",)),
        ((None,), ("{}",)),
        (("PAY-1",), ("{}",)),
    ]
