"""What being in a VPN reaches, and hosts that answer only inside one."""

import pytest

from auditor.case.access import rights
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership
from auditor.model.vocabulary import Capability, Level
from auditor.providers.registry import provider, with_every_name
from auditor.rules.standing.paths import beyond_job, outlived_task, read_access
from auditor.rules.standing.people import departed
from tests.cases import AT, case, config, hour, judged, row

HOST = {"provider": "ssh", "host": "web-*.harbour.example"}
GROUP = "vpn-group:office/prod"


def settings(behind=None, resources=(), **more):
    host = {**HOST, "behind": behind} if behind else HOST
    system = {"id": "checkout", "name": "Checkout", "primary": "mia", "resources": [host, *resources]}
    return config(systems=[system], **more)


def account(name, kind="person", scope="office", **told):
    provider = (
        {"account": f"vpn:{name}", "email": f"{name}@harbour.example"} if kind == "person" else {"account": GROUP}
    )
    return Account(**row(provider="vpn", scope=scope, kind=kind, **{**provider, **told}))


def grant(principal=GROUP, resource="prod", **told):
    told = {"role": "VPN group", "capabilities": ("network",), "level": "read", **told}
    return Grant(**row(principal=principal, resource=resource, provider="vpn", **told))


def member(name, **told):
    return Membership(**row(group=GROUP, member=f"vpn:{name}", **told))


def key(name):
    return Credential(
        **row(
            credential=f"ssh-key:SHA256:{name}",
            kind="ssh-key",
            account=f"ssh:{name}@web-1.harbour.example",
            provider="ssh",
            resource="web-1.harbour.example",
        )
    )


def resolved(config_, people=("nina",), grants=None, accounts=(), keys=("nina",), **until):
    own = [account("", kind="group"), *map(account, people), *accounts]
    rows = Snapshots(
        accounts=own,
        memberships=[member(name, **until) for name in people],
        grants=grants or [grant()],
        credentials=[key(name) for name in keys],
    )
    known = with_every_name(config_, rows)
    return known, rows, rights(known, rows, People(known, own, rows.credentials).who, AT)


def test_a_member_of_a_group_reaches_the_systems_that_claim_the_network():
    claimed = {"provider": "vpn", "network": "office", "match": ["prod"]}
    _, _, found = resolved(settings(resources=[claimed]), keys=())
    (path,) = found.access
    assert (path.person, path.system, path.capabilities, path.level) == (
        "nina",
        "checkout",
        {Capability.NETWORK},
        Level.READ,
    )
    assert path.path == (f"member of {GROUP}", "VPN group on prod")


@pytest.mark.parametrize(
    ("resource", "claims", "reached"),
    [
        ("office", "tag:db", True),
        ("10.1.0.0/16", "10.1.0.5", True),
        ("10.2.0.0/16", "10.1.0.5", False),
        ("autogroup:tagged", "tag:db", True),
        ("autogroup:tagged", "db", False),
        ("prod-eu", "prod-*", True),
        ("dev", "prod-*", False),
    ],
)
def test_what_a_rule_covers_is_reached(resource, claims, reached):
    claimed = {"provider": "vpn", "network": "office", "match": [claims]}
    _, _, found = resolved(settings(resources=[claimed]), grants=[grant(resource=resource)], keys=())
    assert (bool(found.access), found.unresolved) == (reached, ())


def test_a_network_that_no_system_claims_could_not_be_judged():
    _, _, found = resolved(settings(), keys=())
    assert [one.reason for one in found.unresolved] == ["VPN group on prod belongs to no system."]


def test_whoever_is_in_the_network_reaches_the_host_behind_it_until_either_ends():
    _, _, found = resolved(settings(behind="office/prod"), expires_at=AT + hour(5))
    (shell,) = (path for path in found.access if path.provider == "ssh")
    assert (shell.path[-1], shell.expires_at, shell.state) == (
        f"inside office/prod (member of {GROUP})",
        AT + hour(5),
        "held",
    )


def test_of_somebody_without_a_place_in_it_the_host_s_key_is_not_enough():
    _, _, found = resolved(settings(behind="office"), people=("tom",))
    assert not [path for path in found.access if path.provider == "ssh"]
    (path,) = found.eligible
    assert (path.person, path.conditions) == ("nina", ("only inside office, where they have no place",))


@pytest.mark.parametrize(
    "accounts",
    [
        [Account(**row(account="vpn-key:AAAA", provider="vpn", scope="office", kind="unknown"))],
        [Account(**row(account="vpn-group:office/other", provider="vpn", scope="office", kind="group"))],
    ],
    ids=["a key that nobody declares", "a group whose members are not known"],
)
def test_where_somebody_in_it_is_unknown_the_right_hangs_on_that(accounts):
    more = [grant(), grant(principal=accounts[0].account)]
    _, _, found = resolved(settings(behind="office"), people=("tom",), grants=more, accounts=accounts)
    (path,) = (one for one in found.access if one.provider == "ssh")
    assert (path.person, path.state) == ("nina", "if")
    assert path.conditions == ("only inside office, of which it is not known who is in it",)


def test_a_network_that_was_not_read_takes_nothing_from_a_right():
    known = with_every_name(settings(behind="office"), Snapshots())
    rows = Snapshots(credentials=[key("nina")])
    (path,) = rights(known, rows, People(known, (), rows.credentials).who, AT).access
    assert path.state == "if"


def test_standing_outlived_and_departed_members_are_findings():
    piet = {"id": "piet", "name": "Piet", "email": "piet@harbour.example", "left": "2026-09-30"}
    nina = {"id": "nina", "name": "Nina", "email": "nina@harbour.example"}
    sam = {"id": "sam", "name": "Sam", "email": "sam@harbour.example", "job": "support"}
    tom = {"id": "tom", "name": "Tom", "email": "tom@harbour.example", "job": "lead"}
    mia = {"id": "mia", "name": "Mia", "email": "mia@harbour.example"}
    people = [mia, nina, piet, sam, tom]
    known = settings(behind="office", people=people, service_accounts=[], break_glass=[])
    known, rows, found = resolved(known, people=("nina", "piet", "sam"), keys=())
    told = case(config=known, access=found.access, accounts=rows.accounts)
    (standing,) = judged(read_access, told)
    assert standing.summary == "Nina can reach the private network on Checkout at any time, with no end"
    (beyond,) = judged(beyond_job, told)
    assert beyond.person == "sam"
    (left,) = judged(departed, told)
    assert (left.person, left.facts["accounts"]) == ("piet", ["vpn:piet"])
    assert not judged(outlived_task, told)


def test_no_log_tells_of_what_is_reached_through_a_vpn():
    assert provider("vpn").without(Snapshots(), []) is None


def test_of_a_group_that_all_have_left_or_are_still_to_join_nobody_is_in_it():
    claimed = settings(resources=[{"provider": "vpn", "network": "office", "match": ["prod"]}])
    for told in ({"expires_at": AT}, {"since": AT + hour(1)}):
        _, _, found = resolved(claimed, keys=(), **told)
        assert (found.access, found.unresolved) == ((), ())


def test_a_login_is_told_by_its_name_or_address_and_a_key_letter_for_letter():
    login, address = (provider("vpn").account_name(f"vpn:{name}") for name in ("Nina", "Nina@harbour.example"))
    assert (login.spellings, login.email, login.short) == (("vpn:nina",), None, "Nina")
    assert (address.email, address.short) == ("Nina@harbour.example", "Nina@harbour.example")
    assert provider("vpn").account_name("vpn-key:Kk=").spellings == ("vpn-key:Kk=",)
    assert provider("vpn").account_name("ssh:nina") is None
