"""What a host answers as whole rows, from answers by hand."""

import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources import SshKeys
from auditor.model.arrow import from_arrow
from auditor.model.tables import Account, Credential, Grant, Policy
from collectors.base import Raw
from collectors.public_keys import public_key
from collectors.ssh.host_reader import lost
from collectors.ssh.keys import SshKeysCollector
from tests.collectors.rows import columns
from tests.collectors.ssh.test_keys import HOST, NINA, OTTO

ROOT = "root:x:0:0::/root:/bin/bash\n"
PASSWD = f"{ROOT}nina:x:1000:1000::/home/nina:/bin/bash\nftp:x:14:50::/srv/ftp:/usr/sbin/nologin\n"
KEYS = "/home/nina/.ssh/authorized_keys"
CONFIG = "/etc/ssh/sshd_config"
FINGERPRINT = public_key(NINA)[0]


@pytest.fixture
def read(context):
    """All rows of a table that answers come to, whole, and the host's line of coverage."""

    def run(table, answers, *others):
        raws = [
            Raw(f"ssh://{HOST}{name}", text.encode, part=_part(name), size=1)
            for name, text in {"#getent-passwd": PASSWD, "#getent-group": "ops:x:1000:\n", **answers}.items()
            if text is not None
        ]
        source = SshKeys(name="hosts", kind="ssh-keys", hosts=[HOST], user="auditor", known_hosts="h")
        got = SshKeysCollector(source, context).normalise([*raws, *others])
        rows = [columns(row) for row in from_arrow(table, got.tables[table])] if table in got.tables else []
        for row in rows:
            for name in {"handle", "document"} & row.keys():
                row[name] = json.loads(row[name])
        return rows, got.coverage[0]

    return run


PARTS = {
    "#getent-passwd": "passwd",
    "#getent-group": "group",
    "#sshd-T": "sshd",
    "#cvtsudoers": "sudo",
    "#passwords": "passwords",
}


def _part(name):
    owner = name.split("/")[2] if name.startswith(("/home/", "/srv/")) else "root"
    return PARTS.get(name, f"file:{owner}")


NINAS = f"ssh:nina@{HOST}"
HANDLE = {
    "provider": "ssh",
    "type": "authorized-key",
    "host": HOST,
    "user": "nina",
    "fingerprint": FINGERPRINT,
    "file": KEYS,
}
CREDENTIAL = {
    "credential": f"ssh-key:{FINGERPRINT}",
    "kind": "ssh-key",
    "account": NINAS,
    "provider": "ssh",
    "resource": HOST,
    "enabled": True,
    "comment": "nina@laptop",
    "handle": HANDLE,
}
GRANT = {
    "principal": NINAS,
    "role": "authorized_keys",
    "resource": HOST,
    "provider": "ssh",
    "level": "write",
    "handle": HANDLE,
}


def test_a_key_file_is_an_account_a_key_and_a_right(read):
    answers = {KEYS: f'# hers\n\nno-pty,expiry-time="202604010000Z" {NINA}\nssh-rsa AAAA\n'}
    end = datetime(2026, 4, 1, tzinfo=UTC)
    keys, line = read(Credential, answers)
    options = 'no-pty,expiry-time="202604010000Z"'
    assert keys == [{**CREDENTIAL, "expires_at": end, "options": options}]
    assert read(Grant, answers)[0] == [{**GRANT, "expires_at": end}]
    account = {"provider": "ssh", "scope": HOST}
    assert read(Account, answers)[0] == [
        {**account, "account": f"ssh:root@{HOST}", "kind": "root", "name": "root"},
        {**account, "account": NINAS, "kind": "unknown", "name": "nina"},
    ]
    said = f"{KEYS}: its key is not of the type that it says (line 4)"
    assert (line.scope, line.status, line.reason, line.rejected) == (HOST, "partial", said, 1)
    assert (line.origin, line.rows) == (f"ssh://{HOST}", 4)


ROOTS = "/root/.ssh/authorized_keys"


@pytest.mark.parametrize(
    ("told", "path", "line", "open_"),
    [
        ("", KEYS, NINA, True),
        ("pubkeyauthentication no", KEYS, NINA, False),
        ("authorizedkeysfile none", KEYS, NINA, None),
        ("authorizedkeysfile none\nauthorizedkeyscommand /bin/keys", KEYS, NINA, None),
        ("denyusers nina", KEYS, NINA, False),
        ("allowusers root", KEYS, NINA, False),
        ("allowgroups ops", KEYS, NINA, True),
        ("allowgroups other", KEYS, NINA, False),
        ("permitrootlogin no", KEYS, NINA, True),
        ("permitrootlogin no", ROOTS, NINA, False),
        ("permitrootlogin prohibit-password", ROOTS, NINA, True),
        ("permitrootlogin forced-commands-only", ROOTS, NINA, False),
        ("permitrootlogin forced-commands-only", ROOTS, f'command="/bin/backup" {NINA}', True),
    ],
)
def test_whether_a_key_opens_its_login_is_sshds_to_say(read, told, path, line, open_):
    keys, _ = read(Credential, {"#sshd-T": f"{told}\n", path: f"{line}\n"})
    assert [row.get("enabled", False) for row in keys] == ([] if open_ is None else [open_])
    grants, _ = read(Grant, {"#sshd-T": f"{told}\n", path: f"{line}\n"})
    assert [row["level"] for row in grants] == ([] if open_ is None else ["admin" if path == ROOTS else "write"])


def test_a_line_of_an_authority_is_a_certificate_and_a_trusted_one_opens_every_login(read):
    keys, _ = read(Credential, {KEYS: f"cert-authority {NINA}\n"})
    assert keys == [{**CREDENTIAL, "kind": "certificate", "options": "cert-authority"}]
    answers = {"#sshd-T": "trustedusercakeys /etc/ssh/ca.pub\n", "/etc/ssh/ca.pub": f"{OTTO}\n"}
    keys, line = read(Credential, answers)
    found = {"credential": f"ssh-key:{public_key(OTTO)[0]}", "kind": "certificate", "account": f"ssh:*@{HOST}"}
    whole = {**CREDENTIAL, **found, "comment": "otto@laptop"}
    del whole["handle"]
    assert (keys, line.status) == ([whole], "ok")
    grant = {name: value for name, value in GRANT.items() if name != "handle"}
    assert read(Grant, answers)[0] == [{**grant, "principal": f"ssh:*@{HOST}", "role": "TrustedUserCAKeys"}]
    answers |= {"#sshd-T": "trustedusercakeys /etc/ssh/ca.pub\nrevokedkeys /etc/ssh/no\n", "/etc/ssh/no": f"{OTTO}\n"}
    assert "enabled" not in read(Credential, answers)[0][0]


def test_who_is_named_in_a_file_of_principals_may_log_in_with_a_certificate(read):
    told = "trustedusercakeys /etc/ssh/ca.pub\nauthorizedprincipalsfile /etc/ssh/auth/%u\n"
    answers = {
        "/etc/ssh/ca.pub": f"{OTTO}\n",
        "/etc/ssh/auth/nina": '# a\n\nfrom="10.*" dev\n',
        "/etc/ssh/auth/root": "ops",
    }
    found = {"role": "authorized_principals", "resource": HOST, "provider": "ssh"}
    root, nina = (
        {**found, "principal": "ssh-principal:ops", "level": "admin", "condition": f"a certificate for it opens ssh:root@{HOST}"},
        {**found, "principal": "ssh-principal:dev", "level": "write", "condition": f"a certificate for it opens {NINAS}"},
    )  # fmt: skip

    def principals(more):
        return [row for row in read(Grant, {**answers, "#sshd-T": told + more})[0] if row["role"] == found["role"]]

    assert principals("") == [root, nina]
    assert principals("denyusers nina\n") == [root]
    assert read(Grant, {**answers, "#sshd-T": told.partition("\n")[2]})[0] == []


@pytest.mark.parametrize(
    ("told", "held"),
    [
        ("", {"nina"}),
        ("permitrootlogin yes", {"nina", "root"}),
        ("passwordauthentication no", {"nina"}),
        ("kbdinteractiveauthentication no", {"nina"}),
        ("passwordauthentication no\nkbdinteractiveauthentication no", set()),
        ("authenticationmethods publickey", set()),
        ("authenticationmethods any", {"nina"}),
        ("authenticationmethods publickey keyboard-interactive:pam", {"nina"}),
        ("authenticationmethods password", {"nina"}),
        ("authenticationmethods keyboard-interactive", {"nina"}),
        ("denyusers nina", set()),
    ],
)
def test_whom_a_password_alone_lets_in(read, told, held):
    rows, _ = read(Credential, {"#sshd-T": f"{told}\n", "#passwords": "root P\nnina P\nftp P\ngone P\n"})
    assert rows == [
        {"credential": f"password:ssh:{name}@{HOST}", "kind": "password", "account": f"ssh:{name}@{HOST}",
            "provider": "ssh", "resource": HOST, "enabled": True}
        for name in sorted(held, reverse=True)
    ]  # fmt: skip


def test_what_sudo_lets_somebody_do_is_a_right(read):
    rules = [
        {"User_List": [{"username": "nina"}], "Host_List": [{"hostname": "ALL"}],
            "Cmnd_Specs": [{"Commands": [{"command": command}]}]}
        for command in ("ALL", "/usr/bin/mysqldump --password=hunter2")
    ]  # fmt: skip
    grants, _ = read(Grant, {"#cvtsudoers": json.dumps({"User_Specs": rules})})
    sudo = {"principal": NINAS, "role": "sudo", "resource": HOST, "provider": "ssh"}
    assert grants[0] == {**sudo, "level": "admin", "condition": "ALL"}
    assert {**grants[1], "condition": ""} == {**sudo, "level": "write", "condition": ""}
    assert "hunter2" not in grants[1]["condition"]
    _, line = read(Grant, {"#cvtsudoers": "[]"})
    assert (line.status, line.rejected) == ("partial", 1)
    assert line.reason == "#cvtsudoers: sudo's rules are not what cvtsudoers writes"


def test_sshds_settings_are_a_policy(read):
    rows, line = read(Policy, {"#sshd-T": "port 22\n", CONFIG: "Match User nina\n PasswordAuthentication no\n"})
    document = {"settings": {"port": ["22"]}, "match": {"User nina": {"passwordauthentication": ["no"]}}}
    assert rows == [
        {"policy": f"ssh:{HOST}#sshd", "kind": "sshd", "attached_to": HOST, "name": "sshd", "document": document}
    ]
    assert (line.status, line.reason) == ("ok", None)
    rows, _ = read(Policy, {f"{CONFIG}.d/1.conf": "Port 23\n", CONFIG: "Port 24\nUseDNS no\n"})
    assert [row["document"]["settings"] for row in rows] == [{"port": ["23"], "usedns": ["no"]}]
    assert read(Policy, {})[0] == []


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("authorizedkeyscommand none", None),
        ("authorizedkeyscommand None", None),
        (
            "authorizedkeyscommand /bin/k",
            "sshd asks /bin/k for keys too (AuthorizedKeysCommand), which cannot be listed",
        ),
        ("revokedkeys /no", "the keys that it revokes cannot be read (/no)"),
        ("trustedusercakeys /ca", "the certificate authorities that it trusts cannot be read (/ca)"),
        (
            "trustedusercakeys none\nauthorizedprincipalscommand /bin/p",
            None,
        ),
        (
            "trustedusercakeys /etc/ssh/ca.pub\nauthorizedprincipalscommand /bin/p",
            "whom its certificates let in is told by a program (AuthorizedPrincipalsCommand)",
        ),
    ],
)
def test_what_cannot_be_listed_is_said(read, told, reason):
    _, line = read(Grant, {"#sshd-T": f"{told}\n", "/etc/ssh/ca.pub": f"{OTTO}\n"})
    assert (line.status, line.reason) == ("partial" if reason else "ok", reason)
    _, line = read(Grant, {"#sshd-T": "\n", CONFIG: "Match User nina\n AuthorizedKeysCommand /bin/k\n"})
    assert line.reason == "sshd asks another program for keys too (AuthorizedKeysCommand), which cannot be listed"


def test_owners_of_key_files_whom_getent_does_not_list_are_told(read):
    rows, _ = read(Grant, {"/home/ida/.ssh/authorized_keys": f"{NINA}\n", "/srv/otto/keys": f"{OTTO}\n"})
    assert [(row["principal"], row["handle"]["file"]) for row in rows] == [
        (f"ssh:ida@{HOST}", "/home/ida/.ssh/authorized_keys")
    ]


def test_a_host_that_told_nothing_has_failed_and_one_that_lacks_a_part_is_said(read):
    gone = {"#getent-passwd": None, "#getent-group": None}
    _, line = read(Grant, gone, lost(HOST, "nothing answers"))
    assert (line.status, line.reason, line.rows) == ("failed", "nothing answers", 0)
    _, line = read(Grant, {}, lost(HOST, "it may not be read by its login", KEYS), lost(HOST, "no sudo", "#sudo"))
    assert (line.status, line.reason) == ("partial", f"it may not be read by its login ({KEYS}); no sudo")
