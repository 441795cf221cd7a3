"""Members of VPNs from files that the tools themselves made."""

import gzip

import pytest

from auditor.config.sources.vpn import VpnGroups
from auditor.evidence.store import Store
from auditor.model.tables import Account, Credential, Grant, Membership
from collectors.pool import collect as collect_all
from collectors.registry import collector_for
from collectors.vpn.groups import VpnGroupsCollector, without_secrets
from tests import vpn_tools
from tests.vpn_tools import wireguard

KEY = f"{'k' * 42}A="


@pytest.fixture
def read(context, collect):
    def run(**settings):
        source = VpnGroups(name="vpn", kind="vpn-groups", network="office", path="vpn", **settings)
        return collect(collector_for(source, context))

    (context.base / "vpn").mkdir()
    run.folder = context.base / "vpn"
    return run


def held(got):
    return sorted((row.principal, row.role, row.resource) for row in got.rows(Grant))


def state(got):
    return {row.account: (row.email, row.enabled) for row in got.rows(Account)}


def stored(folder):
    files = ((path.suffix, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    return b"".join(gzip.decompress(data) if suffix == ".gz" else data for suffix, data in files)


def test_wireguard_s_peers_come_from_its_dump_and_their_names_from_comments(read, tmp_path, context):
    with wireguard(tmp_path) as interface:
        private, _ = interface.key()
        (_, nina), (_, tom), (_, shut) = interface.key(), interface.key(), interface.key()
        shared = vpn_tools.run("wg", "genpsk")
        conf = interface.configure(
            f"[Interface]\nPrivateKey = {private}\nListenPort = 51999\n\n"
            f"# Nina's laptop, nina@harbour.example\n[Peer]\nPublicKey = {nina}\n# PresharedKey = {shared}\n"
            f"PresharedKey = {shared}\nAllowedIPs = 10.9.0.2/32\n\n"
            f"[Peer]\n# tom@harbour.example and sam@harbour.example\nPublicKey = {tom}\nAllowedIPs = 10.9.0.3/32\n\n"
            f"[Peer]\nPublicKey = {shut}\n"
        )
        (read.folder / "all.dump").write_text(interface.dump())
        (read.folder / conf.name).write_text(conf.read_text())
        name = interface.name
    # A conf of somebody who dials in names the server, and nobody else.
    (read.folder / "nina.conf").write_text(
        f"[Interface]\nPrivateKey = {private}\n[Peer]\nPublicKey = {shut}\nEndpoint = vpn.example:51820\nAllowedIPs = ::/0\n"
    )
    got = read(host="gate.harbour.example")
    assert held(got) == sorted((f"vpn-key:{key}", f"peer of {name}", "office") for key in (nina, tom))
    assert state(got) == {
        f"vpn-key:{nina}": ("nina@harbour.example", True),
        f"vpn-key:{tom}": (None, True),  # of two addresses none is guessed
        f"vpn-key:{shut}": (None, False),
    }
    assert all(f'"key": "{row.principal.partition(":")[2]}"' in row.handle for row in got.rows(Grant))
    (line,) = got.coverage
    assert (line.scope, line.status, line.reason) == ("office", "ok", None)
    assert {one.status for one in got.objects} == {"ok", "skipped"}
    # Neither what is kept nor what is shown of it has a key that opens anything.
    store = Store(str(tmp_path / "evidence"))
    source = VpnGroups(name="vpn", kind="vpn-groups", network="office", path="vpn")
    with store.lock():
        staging = store.staging("r1", context.collected_at)
        assert collect_all(collector_for(source, context), staging=staging, seen={}).status == "ok"
    kept = stored(tmp_path / "evidence")
    assert nina.encode() in kept
    texts = [raw.load().decode() for batch in got.batches for raw in batch if not raw.skipped]
    assert all(secret not in text and secret.encode() not in kept for text in texts for secret in (private, shared))
    assert any(nina in text for text in texts)


def test_openvpn_s_clients_come_from_its_authority_and_its_server(read, tmp_path):
    authority = vpn_tools.authority(tmp_path / "pki")
    authority("build-server-full", "gate", "nopass")
    for name in ("nina", "tom@harbour.example"):
        authority("build-client-full", name, "nopass")
    authority("revoke", "tom@harbour.example")
    vpn_tools.status_of(authority, "nina", "2", read.folder / "status.log")
    (read.folder / "index.txt").write_text((authority.folder / "index.txt").read_text())
    for name in ("gate", "nina"):
        (read.folder / f"{name}.ovpn").write_text(
            f"client\nremote vpn.example 1194\n<ca>\n{(authority.folder / 'ca.crt').read_text()}</ca>\n"
            f"<cert>\n{authority.certificate_of(name).read_text()}</cert>\n"
            f"<key>\n{authority.key_of(name).read_text()}</key>\n"
        )
    (read.folder / "ccd").mkdir()
    (read.folder / "ccd/sam").write_text("ifconfig-push 10.8.0.9 255.255.255.0\n")
    (read.folder / "ccd/piet").write_text("disable\n")
    got = read()
    assert state(got) == {
        "vpn:gate": (None, True),  # the index does not tell servers from clients
        "vpn:nina": (None, True),
        "vpn:tom@harbour.example": ("tom@harbour.example", False),
        "vpn:sam": (None, None),
        "vpn:piet": (None, False),
    }
    assert held(got) == [
        ("vpn:gate", "client certificate", "office"),
        ("vpn:nina", "client certificate", "office"),
        ("vpn:nina", "connected", "office"),
        ("vpn:sam", "client settings", "office"),
    ]
    certificates = {row.account: row for row in got.rows(Credential)}
    assert (certificates["vpn:nina"].enabled, certificates["vpn:tom@harbour.example"].enabled) == (True, False)
    assert certificates["vpn:nina"].expires_at > certificates["vpn:nina"].created_at
    (nina,) = (row for row in got.rows(Account) if row.account == "vpn:nina")
    assert nina.last_used_at is not None
    assert got.coverage[0].status == "ok"
    for batch in got.batches:
        for raw in batch:
            assert "PRIVATE KEY-----\nM" not in raw.load().decode()
    # Without the index a server's certificate is known by what it is for.
    (read.folder / "index.txt").unlink()
    assert "vpn:gate" not in state(read())


STATUS_1 = """OpenVPN CLIENT LIST
Updated,2026-02-28 12:05:47
Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since
nina,192.0.2.7:56031,1975,2277,2026-02-28 12:05:44
UNDEF,192.0.2.8:1,0,0,2026-02-28 12:05:45
ROUTING TABLE
Virtual Address,Common Name,Real Address,Last Ref
10.77.0.2,tom,192.0.2.9:56031,2026-02-28 12:05:44
GLOBAL STATS
Max bcast/mcast queue length,0
END
"""
STATUS_3 = (
    "TITLE\tOpenVPN 2.6.14\nTIME\t2026-02-28 12:05:47\t1772280347\n"
    "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tConnected Since\tConnected Since (time_t)\n"
    "CLIENT_LIST\tnina\t192.0.2.7:56031\t2026-02-28 12:05:44\t1772280344\nEND\n"
)


@pytest.mark.parametrize("text", [STATUS_1, STATUS_3])
def test_each_version_of_the_status_file_is_read(read, text):
    (read.folder / "status.log").write_text(text)
    got = read(timezone="UTC")
    assert [(row.account, str(row.last_used_at)) for row in got.rows(Account)] == [
        ("vpn:nina", "2026-02-28 12:05:44+00:00")
    ]


LDIF = """version: 1

dn: uid=nina,ou=people,dc=harbour,dc=example
objectClass: inetOrgPerson
uid: nina
cn: Nina
mail: nina@harbour.example
userPassword:: e1NTSEF9c2VjcmV0
 c2VjcmV0

dn: cn=Tom,ou=people,dc=harbour,dc=example
sAMAccountName: tom
userAccountControl: 514
mail: tom@harbour.example

dn: cn=vpn-prod,ou=groups,dc=harbour,dc=example
objectClass: groupOfNames
cn: vpn-prod
member: uid=nina,ou=people,dc=harbour,dc=example
member: cn=ops,ou=groups,dc=harbour,dc=example

dn: cn=ops,ou=groups,dc=harbour,dc=example
objectClass: groupOfNames
cn: ops
member: CN=Tom,ou=people,dc=harbour,dc=example
member: uid=gone,ou=people,dc=harbour,dc=example
"""


def test_a_list_as_it_was_before_its_last_change_tells_nothing(read):
    valid, shut = "V\t280101120000Z\t", "R\t280101120000Z\t260901100000Z"
    now = f"{shut}\t01\tunknown\t/CN=nina\n{valid}\t02\tunknown\t/CN=nina\n{shut}\t03\tunknown\t/CN=sam\n"
    before = f"{shut}\t01\tunknown\t/CN=nina\n{valid}\t03\tunknown\t/CN=sam\n"
    (read.folder / "index.txt").write_text(now)
    (read.folder / "index.txt.old").write_text(before)
    assert state(read()) == {"vpn:nina": (None, True), "vpn:sam": (None, False)}
    (read.folder / "index.txt").unlink()
    assert state(read())["vpn:sam"] == (None, True)


def test_groups_of_a_directory_are_read_with_the_groups_in_them_and_without_passwords(read):
    (read.folder / "groups.ldif").write_text(LDIF)
    got = read(groups=["VPN-prod"])
    assert held(got) == [("vpn-group:office/vpn-prod", "VPN group", "vpn-prod")]
    assert sorted((row.group, row.member) for row in got.rows(Membership)) == [
        ("vpn-group:office/ops", "vpn:gone"),
        ("vpn-group:office/ops", "vpn:tom"),
        ("vpn-group:office/vpn-prod", "vpn-group:office/ops"),
        ("vpn-group:office/vpn-prod", "vpn:nina"),
    ]
    assert state(got)["vpn:tom"] == ("tom@harbour.example", False)
    assert state(got)["vpn:gone"] == (None, True)
    assert "e1NTSEF9" not in without_secrets(LDIF)
    assert "c2VjcmV0" not in without_secrets(LDIF)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one-column.csv", "group\nvpn\n"),
        ("long.csv", f"group,member\nvpn,{'a' * 200_000}\n"),
        ("deep.json", '{"acls": ' + "[" * 100_000),
        ("wg.dump", f"wg0\t{'A' * 42}A=\t(none)\t(none)\t10.0.0.1/32\t{'9' * 20}\t0\t0\toff\n"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_costs_itself(read, name, text):
    (read.folder / name).write_text(text)
    (read.folder / "groups.csv").write_text("group,member\nvpn,nina@harbour.example\n")
    got = read()
    assert [line.status for line in got.coverage] == ["partial"]
    assert f"{name} cannot be read" in got.coverage[0].reason
    assert "vpn:nina@harbour.example" in state(got)


@pytest.mark.parametrize("name", ["msDS-ManagedPassword", "olcRootPW", "krbPrincipalKey", "ipaNTHash", "userPKCS12"])
def test_no_secret_of_a_directory_is_kept_whatever_its_name(name):
    told = without_secrets(LDIF.replace("userPassword", name) + "pwd" * 100_000)
    assert "e1NTSEF9" not in told
    assert "c2VjcmV0" not in told


def test_a_list_names_members_until_the_end_of_their_last_day_and_lines_without_one_are_told(read):
    (read.folder / "groups.csv").write_text(
        "Group;E-Mail;Since;Until\nvpn-prod;Nina@harbour.example;05.01.2026;2026-03-31\nvpn-prod;;;\n"
        "vpn-prod;tom;;soon\n"
    )
    got = read(timezone="Europe/Berlin")
    nina, tom = got.rows(Membership)
    assert (nina.member, str(nina.since), str(nina.expires_at)) == (
        "vpn:Nina@harbour.example",
        "2026-01-04 23:00:00+00:00",
        "2026-03-31 22:00:00+00:00",
    )
    assert tom.expires_at is None
    (line,) = got.coverage
    assert (line.status, line.rejected) == ("partial", 1)
    assert "until is no time" in line.reason


def test_whom_a_list_calls_disabled_is_not_let_in_and_a_state_that_is_not_known_is_told(read):
    (read.folder / "groups.csv").write_text(
        "group,user,status,until\nvpn,nina,Suspended,2099-01-01\nvpn,tom,ACTIVE\nvpn,sam,\nvpn,mia,karma\n"
    )
    got = read()
    assert [row.member for row in got.rows(Membership)] == ["vpn:tom", "vpn:sam", "vpn:mia"]
    assert [line.reason for line in got.coverage] == ["the state 'karma' is not known (line 5)"]


PEERS = """[Interface]
ListenPort = 1

### begin nina@harbour.example ###
[Peer]
PublicKey = NINA
AllowedIPs = 10.9.0.2/32
### end nina@harbour.example ###
### begin tom@harbour.example ###
[Peer]
PublicKey = TOM
AllowedIPs = 10.9.0.3/32
### end tom@harbour.example ###

# piet@harbour.example
#[Peer]
# piet, at home
#PublicKey = PIET
#AllowedIPs = 10.9.0.4/32 # piet@harbour.example

[Peer]
PublicKey = NOBODY
AllowedIPs = 10.9.0.5/32

[Peer]  # sam@harbour.example
PublicKey = SAM
AllowedIPs = 10.9.0.6/32

# left in May: piet@harbour.example

# Mia's phone
[Peer]
PublicKey = MIA
AllowedIPs = 10.9.0.7/32

[Peer]
PublicKey = LEON
AllowedIPs = 10.9.0.8/32
# leon@harbour.example

[Peer]
PublicKey = LAST
AllowedIPs = 10.9.0.9/32
"""


def test_a_comment_names_the_peer_that_it_stands_at_and_no_other(read):
    names = ("NINA", "TOM", "PIET", "NOBODY", "SAM", "MIA", "LEON", "LAST")
    text = PEERS
    for name in names:
        text = text.replace(f" {name}\n", f" {name.lower():k<42}A=\n")
    (read.folder / "wg0.conf").write_text(text)
    mails = {row.account[8:].rstrip("A=").rstrip("k"): row.email for row in read().rows(Account)}
    assert mails == {
        **{name: f"{name}@harbour.example" for name in ("nina", "tom", "sam", "leon")},
        **dict.fromkeys(("nobody", "mia", "last")),
    }


def test_a_group_of_posix_names_people_by_their_login(read):
    group = "dn: cn=vpn,dc=x\ncn: vpn\nmemberUid: nina\n\ndn: uid=nina,dc=x\nuid: nina\nmail: n@harbour.example\n"
    (read.folder / "groups.ldif").write_text(group)
    (nina,) = (row for row in read().rows(Account) if row.kind == "person")
    assert (nina.account, nina.email) == ("vpn:nina", "n@harbour.example")


def test_of_whom_a_list_tells_only_that_they_left_nothing_more_is_known(read):
    (read.folder / "groups.csv").write_text("group,member,until\nvpn,nina,2026-01-01\nvpn,tom,\n")
    told = {row.name: row.enabled for row in read().rows(Account) if row.kind == "person"}
    assert told == {"nina": None, "tom": True}


def test_a_file_that_tells_of_no_vpn_is_passed_over_and_not_kept(read):
    (read.folder / "wishes.txt").write_text("PrivateKey of the office: hunter2")
    got = read()
    assert [(one.status, one.reason) for one in got.objects] == [("skipped", "it is none of a VPN's files")]
    assert got.tables == {}


def quoted(got, row):
    (raw,) = (raw for batch in got.batches for raw in batch if raw.origin == row.origin)
    return VpnGroupsCollector.quote(raw.load(), row.record)


def test_what_a_row_points_at_is_quoted(read):
    (read.folder / "groups.csv").write_text("group,member\nprod,nina\nprod,tom\n")
    (read.folder / "groups.ldif").write_text(LDIF)
    got = read()
    by_member = {row.member: row for row in got.rows(Membership)}
    assert quoted(got, next(row for row in got.rows(Account) if row.account == "vpn:tom")) == "prod,tom"
    assert quoted(got, by_member["vpn:gone"]).startswith("dn: cn=ops,ou=groups")


@pytest.mark.parametrize(
    ("file", "odd", "reason"),
    [
        ("wg0.conf", "[Peer]\nAllowedIPs = 10.9.0.2/32\n", "a peer has no public key"),
        ("all.dump", "wg0\tx\n", "a line is none of a dump"),
        ("all.dump", "wg0\tnokey\tpsk\tend\t10.9.0.3/32\t0\t1\t1\toff\n", "a line is none of a dump"),
    ],
)
def test_of_a_file_of_wireguard_s_what_is_odd_is_rejected(read, file, odd, reason):
    good = {
        "wg0.conf": f"[Interface]\nListenPort = 1\n[Peer]\nPublicKey = {KEY}\nAllowedIPs = 10.9.0.3/32\n",
        "all.dump": f"wg0\tx\t{KEY}\t51820\toff\nwg0\t{KEY}\tpsk\tend\t10.9.0.3/32\t0\t1\t1\toff\n",
    }
    (read.folder / file).write_text(good[file] + odd)
    got = read()
    (line,) = got.coverage
    assert [row.account for row in got.rows(Account)] == [f"vpn-key:{KEY}"]
    assert (line.status, line.rejected) == ("partial", 1)
    assert reason in line.reason
