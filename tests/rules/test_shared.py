"""Credentials that several people share."""

import pytest

from auditor.model.tables import Credential
from auditor.model.vocabulary import ActorClass
from auditor.rules import shared
from tests.cases import AT, AWS, case, episode, hour, judged, key


def test_a_login_that_holds_two_peoples_keys_is_shared() -> None:
    keys = [key("nina", "oncall"), key("piet", "oncall")]
    found = judged(shared.login, case(credentials=keys))
    assert [(f.account, f.system, f.facts["people"]) for f in found] == [
        ("ssh:oncall@web-1.harbour.example", "checkout", ["nina", "piet"])
    ]


def test_the_same_login_on_two_hosts_of_a_system_is_one_finding() -> None:
    keys = [key(name, "oncall", host=f"web-{n}.harbour.example") for name in ("nina", "piet") for n in (1, 2)]
    found = judged(shared.login, case(credentials=keys))
    hosts = ["web-1.harbour.example", "web-2.harbour.example"]
    assert [(f.account, f.facts["hosts"]) for f in found] == [(f"ssh:oncall@{hosts[0]}", hosts)]


def test_an_owners_login_with_a_second_persons_key_beside_theirs_is_shared() -> None:
    keys = [key("nina", "nina"), key("piet", "nina")]
    assert len(judged(shared.login, case(credentials=keys))) == 1
    assert judged(shared.ssh_key, case(credentials=keys)) == []


def test_a_login_with_only_somebody_elses_key_is_a_shared_key() -> None:
    keys = [key("nina", "nina"), key("nina", "mia")]
    assert judged(shared.login, case(credentials=keys)) == []
    found = judged(shared.ssh_key, case(credentials=keys))
    assert [(f.credential, f.facts["people"]) for f in found] == [("ssh-key:SHA256:nina", ["mia", "nina"])]


def test_one_persons_two_keys_are_not_shared() -> None:
    keys = [key("nina", "nina"), key("second", "nina")]
    assert judged(shared.login, case(credentials=keys)) == []


def test_a_key_that_has_ended_shares_nothing() -> None:
    keys = [key("nina", "oncall"), key("piet", "oncall", expires_at=AT - hour(1))]
    assert judged(shared.login, case(credentials=keys)) == []


def test_a_login_opened_by_two_people_is_shared_even_when_a_key_is_gone_now() -> None:
    session = episode("mia", provider="ssh", account="ssh:oncall@web-1.harbour.example", logins=1)
    assert len(judged(shared.login, case(credentials=[key("nina", "oncall")], episodes=[session]))) == 1


def test_a_login_that_two_peoples_keys_opened_is_shared_though_its_keys_were_not_read() -> None:
    login = {"provider": "ssh", "account": "ssh:deploy@web-1.harbour.example", "logins": 1, "scope": "web-1"}
    nina, mia = (episode(who, credential=f"ssh-key:SHA256:{who}", **login) for who in ("nina", "mia"))
    (found,) = judged(shared.login, case(episodes=[nina, mia]))
    assert (found.system, found.facts["keys"]) == ("checkout", ["ssh-key:SHA256:mia", "ssh-key:SHA256:nina"])
    assert judged(shared.login, case(episodes=[nina, nina])) == []


def root_episode(**changes: object) -> object:
    root = f"arn:aws:iam::{AWS}:root"
    return episode(None, None, actor_class=ActorClass.ROOT, account=root, **changes)


def test_any_use_of_root_is_a_finding() -> None:
    found = judged(shared.root, case(episodes=[root_episode(logins=1, changes=0)]))
    assert [(f.account, f.starts_at) for f in found] == [(f"arn:aws:iam::{AWS}:root", AT - hour(4))]


def test_a_failed_sign_in_of_root_is_no_use_of_it() -> None:
    assert judged(shared.root, case(episodes=[root_episode(changes=0, denied=1)])) == []


def test_a_key_that_nobody_is_known_to_own_makes_no_second_person() -> None:
    nobody = episode(None, provider="ssh", account="ssh:oncall@web-1.harbour.example", logins=1)
    assert judged(shared.login, case(credentials=[key("nina", "oncall")], episodes=[nobody])) == []


@pytest.mark.parametrize(
    "gone",
    [key("piet", "oncall", enabled=False), key("piet", "oncall", expires_at=AT)],
    ids=["switched off", "expired at this moment"],
)
def test_a_key_that_opens_nothing_any_more_shares_nothing(gone: Credential) -> None:
    assert judged(shared.login, case(credentials=[key("nina", "oncall"), gone])) == []
