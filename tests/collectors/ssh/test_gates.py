"""What sshd's settings let into a login, and what else they ask for."""

import pytest

from auditor.providers.ssh.forwarding import ONLY_FORWARDS
from collectors.ssh.gates import Gates
from collectors.ssh.host_accounts import Login
from collectors.ssh.sshd_settings import settings
from tests.copies import replace

NINA = Login("nina", 1000, "/home/nina", ("nina", "sudo"))
ROOT = Login("root", 0, "/root", ("root",))
USUAL = "/home/nina/.ssh/authorized_keys"
OUT = None


def key(config, login=NINA, path=None, *, forced=False, has_password=None):
    gate = Gates(settings(None, [config]), login, has_password).key(path, forced=forced)
    return gate.asks if gate.opens else OUT


def password(config, login=NINA, *, has_password=True):
    gate = Gates(settings(None, [config]), login, has_password).password()
    return gate.asks if gate.opens else OUT


@pytest.mark.parametrize(
    ("config", "asks"),
    [
        ("", ()),
        ("AllowUsers mia\nAllowUsers otto", OUT),
        ("AllowUsers mia\nAllowUsers n*", ()),
        ("AllowUsers nina@10.0.0.*", ("only from 10.0.0.* (AllowUsers)",)),
        ("DenyUsers nina", OUT),
        ("DenyUsers nina@10.0.0.*", ("not from 10.0.0.* (DenyUsers)",)),
        ("DenyUsers nina\nAllowUsers nina", OUT),
        ("AllowGroups wheel adm", OUT),
        ("AllowGroups sudo", ()),
        ("DenyGroups su*", OUT),
        ("AllowUsers mia\nMatch Group sudo\nAllowUsers nina", ()),
        ("AllowUsers mia\nMatch User otto\nAllowUsers nina", OUT),
        ("AllowUsers mia\nMatch Address 10.*\nAllowUsers nina", ("only where sshd's Match Address 10.* applies",)),
        ("Match Address 10.*\nDenyUsers nina", ("not where sshd's Match Address 10.* applies",)),
        ("Match User nina\nDenyUsers *", OUT),
        (
            "Match Address 10.*\nAuthenticationMethods publickey,password",
            ("only with a password too, where sshd's Match Address 10.* applies",),
        ),
        ("PubkeyAuthentication no\nMatch Address 10.* User otto\nPubkeyAuthentication yes", OUT),
        ("ForceCommand internal-sftp", ("only to run internal-sftp (ForceCommand)",)),
    ],
)
def test_lists_and_blocks_decide_whom_a_key_lets_in(config, asks):
    assert key(config) == asks


def test_root_gives_no_password_beside_a_key_but_where_it_may_use_one():
    both = "AuthenticationMethods publickey,password"
    assert key(both, ROOT) is OUT
    assert key(f"{both}\nPermitRootLogin yes", ROOT) == ("only with a password too",)


def test_a_second_block_counts_where_only_both_let_in():
    config = (
        "PubkeyAuthentication no\nAllowUsers mia\nMatch Address 10.*\nPubkeyAuthentication yes\n"
        "Match LocalPort 22\nAllowUsers nina"
    )
    assert key(config) == ("only where sshd's Match Address 10.* and LocalPort 22 applies",)


def test_of_many_blocks_each_counts_alone():
    blocks = "".join(f"Match Address 10.0.{number}.*\nDenyUsers nina\n" for number in range(40))
    assert len(key(blocks)) == 40


@pytest.mark.parametrize(
    ("config", "login", "asks"),
    [
        ("AllowGroups sudo", Login("otto", -1, "/home/otto"), ()),
        ("allowusers nina\nallowusers mia\n", Login("otto", -1, "/home/otto"), OUT),
        ("", Login("daemon", 1, "/", ("daemon",), shell=False), OUT),
        ("PermitRootLogin no", ROOT, OUT),
        ("", ROOT, ()),
    ],
)
def test_what_is_known_of_the_login_counts(config, login, asks):
    assert key(config, login) == asks


@pytest.mark.parametrize(("forced", "asks"), [(True, ()), (False, OUT)])
def test_root_may_be_let_in_for_commands_only(forced, asks):
    assert key("PermitRootLogin forced-commands-only", ROOT, forced=forced) == asks


@pytest.mark.parametrize(
    ("config", "path", "asks"),
    [
        ("AuthorizedKeysFile none", None, OUT),
        ("AuthorizedKeysFile /etc/keys/%u", "/etc/keys/nina", ()),
        ("AuthorizedKeysFile /etc/keys/%u", USUAL, OUT),
        ("Match User nina\nAuthorizedKeysFile none", USUAL, OUT),
        ("Match User nina\nAuthorizedKeysFile none\nAuthorizedKeysCommand /bin/keys", None, ()),
    ],
)
def test_a_key_counts_in_the_files_that_sshd_reads(config, path, asks):
    assert key(config, path=path) == asks


@pytest.mark.parametrize(
    ("methods", "has_password", "asks"),
    [
        ("any", None, ()),
        ("publickey", None, ()),
        ("publickey,password", True, ("only with a password too",)),
        ("publickey,password", None, ("only with a password too",)),
        ("publickey,password", False, OUT),
        ("publickey,password publickey", False, ()),
        ("password", True, OUT),
        ("publickey,publickey", None, ("only with another key too",)),
        ("publickey,keyboard-interactive:pam", True, ("only with an answer to what PAM asks too",)),
        ("publickey,hostbased", False, ("only with a hostbased too",)),
    ],
)
def test_what_else_is_asked_for_beside_a_key(methods, has_password, asks):
    assert key(f"AuthenticationMethods {methods}", has_password=has_password) == asks


@pytest.mark.parametrize(
    ("config", "login", "asks"),
    [
        ("", NINA, ()),
        ("", ROOT, OUT),
        ("PermitRootLogin yes", ROOT, ()),
        ("PasswordAuthentication no\nUsePAM no", NINA, OUT),
        ("PasswordAuthentication no\nUsePAM yes", NINA, ()),
        ("PasswordAuthentication no\nKbdInteractiveAuthentication no", NINA, OUT),
        ("AuthenticationMethods publickey", NINA, OUT),
        ("AuthenticationMethods password\nPasswordAuthentication no", NINA, OUT),
        ("AllowUsers nina@10.*", NINA, ("only from 10.* (AllowUsers)",)),
    ],
)
def test_where_a_password_lets_in(config, login, asks):
    assert password(config, login) == asks


@pytest.mark.parametrize(
    ("config", "opens"),
    [
        ("RevokedKeys /etc/ssh/revoked", False),
        ("RevokedKeys /etc/ssh/others", True),
        ("Match User nina\nRevokedKeys /etc/ssh/revoked", False),
        ("Match User otto\nRevokedKeys /etc/ssh/revoked", True),
    ],
)
def test_a_revoked_key_opens_nothing_where_its_file_is_named(config, opens):
    gates = Gates(settings(None, [config]), NINA)
    assert gates.key(None, revoked_by=["/etc/ssh/revoked"]).opens is opens


def test_without_a_password_none_lets_in():
    assert password("", has_password=False) is OUT
    assert password("", has_password=None) is OUT


@pytest.mark.parametrize(
    ("config", "places"),
    [
        ("", ()),
        ("PermitOpen any", ()),
        ("PermitOpen db-1:5432 db-2:5432", ("db-1:5432", "db-2:5432")),
        ("PermitOpen none\nMatch User nina\nPermitOpen db-1:5432", ("db-1:5432",)),
        ("PermitOpen db-1:5432\nAllowTcpForwarding no", ()),
        ("PermitOpen db-1:5432\nAllowTcpForwarding remote", ()),
        ("PermitOpen db-1:5432\nAllowTcpForwarding local", ("db-1:5432",)),
        ("PermitOpen db-1:5432\nAllowTcpForwarding all", ("db-1:5432",)),
        ("PermitOpen db-1:5432\nDisableForwarding yes", ()),
    ],
)
def test_places_that_ports_are_forwarded_to(config, places):
    assert Gates(settings(None, [config]), NINA).forwards() == places


@pytest.mark.parametrize(
    ("config", "asks"),
    [
        ("ForceCommand internal-sftp", ("only to run internal-sftp (ForceCommand)",)),
        ("Match Group sudo\nForceCommand internal-sftp", ("only to run internal-sftp (ForceCommand)",)),
        ("Match Group others\nForceCommand internal-sftp", ()),
        ("ForceCommand none", ()),
        ("ChrootDirectory /srv/%u", ("only below /srv/nina (ChrootDirectory)",)),
        ("ChrootDirectory none", ()),
        ("Match Address 10.*\nForceCommand menu", ()),
        # From somewhere it is kept to nothing.
        ("ForceCommand menu\nMatch Address 10.*\nForceCommand none", ("only where sshd's Match Address 10.* applies",)),
        ("ForceCommand menu\nMatch Address 10.*\nDenyUsers nina",
            ("only to run menu (ForceCommand)", "not where sshd's Match Address 10.* applies")),
    ],
)  # fmt: skip
def test_what_a_login_is_kept_to(config, asks):
    assert key(config) == asks


@pytest.mark.parametrize(
    ("config", "places", "opens"),
    [
        ("", [], False),
        ("PermitOpen db-1:5432", [], True),
        ("", ["db-1:5432"], True),
        ("PermitOpen none", ["db-1:5432"], False),
        ("AllowTcpForwarding no", ["db-1:5432"], False),
        ("PermitOpen db-1:5432\nPubkeyAuthentication no", [], False),
        ("PermitOpen db-1:5432\nDenyUsers nina", [], False),
    ],
)
def test_a_login_without_a_shell_only_forwards_ports(config, places, opens):
    gates = Gates(settings(None, [config]), replace(NINA, shell=False))
    found = gates.key(None, places=places)
    assert found.opens is opens
    assert (found.asks[-1:] == (ONLY_FORWARDS,)) is opens or not opens
    assert not gates.password().opens


def test_places_that_lines_of_keys_name_are_forwarded_to_where_sshd_leaves_them_open():
    for config, places in {
        "": ("db-1:5432",),
        "PermitOpen any": ("db-1:5432",),
        "PermitOpen db-2:1": ("db-2:1",),
    }.items():
        assert Gates(settings(None, [config]), NINA).forwards(["db-1:5432"]) == places
