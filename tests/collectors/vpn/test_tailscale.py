"""Tailscale's users, devices and policy, over HTTP and from the file."""

import pytest

from auditor.config.sources.vpn import VpnGroups
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Membership
from collectors.registry import collector_for
from collectors.vpn.groups import VpnGroupsCollector
from tests import vpn_servers
from tests.stand_ins import running


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("TAILSCALE_TOKEN", vpn_servers.TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running(vpn_servers.tailscale()) as stand_in:
        yield stand_in


@pytest.fixture
def read(context, collect):
    def run(**settings):
        source = VpnGroups(name="tailnet", kind="vpn-groups", network="quay.ts.net", **settings)
        return collect(collector_for(source, context))

    return run


@pytest.fixture
def live(server, read):
    return lambda **more: read(**{"tailnet": "-", "url": server.url, "token_env": "TAILSCALE_TOKEN", **more})


def test_people_groups_rules_and_devices_are_read(live):
    got = live()
    people = {row.account: row.enabled for row in got.rows(Account) if row.kind == "person"}
    assert people == {
        "vpn:mia@harbour.example": True,
        "vpn:nina@harbour.example": True,
        "vpn:piet@harbour.example": False,
        "vpn:leon@harbour.example": None,  # in a group, and no user
    }
    group = "vpn-group:quay.ts.net/group:prod"
    assert sorted((r.principal, r.role, r.resource, r.capabilities, r.level) for r in got.rows(Grant)) == [
        ("vpn-group:quay.ts.net/192.0.2.0/24", "reach tag:shop tcp:443", "tag:shop", ("network",), "read"),
        ("vpn-group:quay.ts.net/autogroup:member", "reach tag:wiki:*", "tag:wiki", ("network",), "read"),
        (group, "log in to tag:shop as root", "tag:shop", ("shell",), "admin"),
        (group, "reach db:5432", "10.1.0.5", ("network",), "read"),
        (group, "reach tag:shop:22,443", "tag:shop", ("network",), "read"),
        ("vpn:mia@harbour.example", "owner of the tailnet", "quay.ts.net", ("manage-access", "network"), "admin"),
        ("vpn:tag:ci", "reach 10.1.0.0/16:*", "10.1.0.0/16", ("network",), "read"),
    ]
    assert ("vpn:nina@harbour.example", group) in {(row.member, row.group) for row in got.rows(Membership)}
    devices = {row.credential: (row.account, row.comment, str(row.expires_at)) for row in got.rows(Credential)}
    assert devices == {
        "vpn-device:nA": ("vpn:nina@harbour.example", "laptop", "2026-05-01 00:00:00+00:00"),
        "vpn-device:nB": ("vpn:tag:ci", "runner", "None"),
    }
    assert [(line.scope, line.status) for line in got.coverage] == [("quay.ts.net", "ok")]
    ((users, *_),) = got.batches
    assert '"loginName": "nina@harbour.example"' in VpnGroupsCollector.quote(users.load(), 1)


def test_whom_others_share_with_is_no_member_and_machines_that_are_only_reached_are_nobody(live, monkeypatch):
    guest = {"id": "9", "loginName": "guest@other.example", "role": "member", "status": "active", "type": "shared"}
    theirs = {"nodeId": "nC", "hostname": "theirs", "user": "guest@other.example", "isExternal": True}
    shop = {"nodeId": "nD", "hostname": "shop", "user": "", "tags": ["tag:shop"], "keyExpiryDisabled": True}
    monkeypatch.setattr(vpn_servers, "USERS", [*vpn_servers.USERS, guest])
    monkeypatch.setattr(vpn_servers, "DEVICES", [*vpn_servers.DEVICES, theirs, shop])
    got = live()
    groups = {row.group.rpartition(":")[2] for row in got.rows(Membership) if row.member == "vpn:guest@other.example"}
    assert groups == {"shared"}
    assert "vpn:tag:shop" not in {row.account for row in got.rows(Account)}
    assert {row.credential for row in got.rows(Credential)} == {"vpn-device:nA", "vpn-device:nB"}
    assert "people of other tailnets" in got.coverage[0].reason


def test_an_oauth_client_asks_for_a_token_first(live, monkeypatch):
    monkeypatch.setenv("CLIENT", "client")
    monkeypatch.setenv("SECRET", "secret")
    assert live(client_env="CLIENT", token_env="SECRET").coverage[0].status == "ok"
    monkeypatch.setenv("SECRET", "wrong")
    with pytest.raises(SourceError, match="does not accept the token"):
        live(client_env="CLIENT", token_env="SECRET")


def test_what_the_token_may_not_read_is_told_with_the_scope_that_it_takes(live, server):
    server.fails("/users$")
    got = live()
    (line,) = got.coverage
    assert (line.status, "it takes the scope users:read" in line.reason) == ("partial", True)
    assert any(row.resource == "tag:shop" for row in got.rows(Grant))
    server.fails("/(devices|acl)$")
    with pytest.raises(SourceError, match="denied access"):
        live()


def test_the_policy_file_tells_the_same_rules_and_one_without_rules_lets_everybody_in(live, read, context):
    (context.base / "policy.hujson").write_text(vpn_servers.POLICY)
    alone = read(path="policy.hujson")
    assert {row.role for row in alone.rows(Grant)} == {row.role for row in live().rows(Grant)} - {
        "owner of the tailnet"
    }
    (context.base / "policy.hujson").write_text('{"groups": {},}')
    got = read(path="policy.hujson")
    assert [(row.principal, row.resource) for row in got.rows(Grant)] == [
        ("vpn-group:quay.ts.net/autogroup:member", "quay.ts.net")
    ]
    assert got.coverage[0].reason == "it has no rules, so that everybody reaches everything"


def test_sets_of_addresses_stand_for_what_is_in_them(read, context):
    (context.base / "policy.hujson").write_text(
        """{"hosts": {"db": "10.1.0.5"},
        "ipsets": {"ipset:prod": ["add 10.2.0.0/24", "host:db", "add 10.3.0.1", "remove 10.3.0.1"]},
        "acls": [{"action": "accept", "src": ["group:prod"], "dst": ["ipset:prod:22", "db:80"]}],
        "grants": [{"src": ["group:prod"], "dst": ["ipset:one"], "ip": ["*"]}]}"""
    )
    got = read(path="policy.hujson")
    assert sorted((row.role, row.resource) for row in got.rows(Grant)) == [
        ("reach db:80", "10.1.0.5"),
        ("reach ipset:one *", "ipset:one"),
        ("reach ipset:prod:22 (10.1.0.5)", "10.1.0.5"),
        ("reach ipset:prod:22 (10.2.0.0/24)", "10.2.0.0/24"),
    ]
