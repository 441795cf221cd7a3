"""Copies of a host's settings beside its keys: who gets in, by key or password, and who is root's equal."""

import shutil
import subprocess

import pytest

from auditor.config.sources.ssh import SshKeys
from auditor.model.tables import Credential, Grant
from auditor.providers.ssh.forwarding import ONLY_FORWARDS
from collectors.ssh.keys import SshKeysCollector
from collectors.ssh.revoked_keys import revoked_keys
from collectors.ssh.sudo_rules import sudo_rights
from collectors.ssh.sudoers import parsed

HOST = "web-1.harbour.example"
PASSWD = "".join(
    f"{name}:x:{number}:{number}::/home/{name}:{shell}\n"
    for name, number, shell in (
        ("root", 0, "/bin/bash"),
        ("nina", 1001, "/bin/bash"),
        ("sam", 1002, "/bin/bash"),
        ("www", 1003, "/usr/sbin/nologin"),
    )
)
EVERYBODY = {"root", "nina", "sam"}
GROUP = "root:x:0:\nops:x:50:nina\nsudo:x:27:nina\n"


@pytest.fixture(scope="session")
def public_keys(tmp_path_factory):
    """Public keys by name, made once."""
    folder, found = tmp_path_factory.mktemp("made"), {}
    for name in ("root", "nina", "sam", "ca"):
        made = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", made], check=True)
        found[name] = made.with_suffix(".pub").read_text().strip()
    return found


@pytest.fixture
def host(tmp_path, public_keys):
    """Puts files into the host's folder; everybody has a key."""
    folder = tmp_path / "ssh" / HOST

    def put(**files):
        for name in ("root", "nina", "sam"):
            (folder / name).mkdir(parents=True)
            (folder / name / "authorized_keys").write_text(f"{public_keys[name]}\n")
        for name, text in {"passwd": PASSWD, "group": GROUP, **files}.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return put


@pytest.fixture
def read(context, collect):
    def all_of():
        return collect(SshKeysCollector(SshKeys(name="hosts", kind="ssh-keys", path="ssh"), context))

    return all_of


def opened(found, kind="ssh-key"):
    rows = [row for row in found.rows(Credential) if row.kind == kind and row.enabled]
    return {row.account.removeprefix("ssh:").partition("@")[0] for row in rows}


@pytest.mark.parametrize(
    ("settings", "inside"),
    [
        ("", {"root", "nina", "sam"}),
        ("AllowUsers nina root\n", {"nina", "root"}),
        ("DenyUsers s*\n", {"nina", "root"}),
        ("AllowGroups ops\n", {"nina"}),
        ("DenyGroups ops\n", {"root", "sam"}),
        ("PermitRootLogin no\n", {"nina", "sam"}),
        ("PubkeyAuthentication no\nMatch Group ops\n PubkeyAuthentication yes\n", {"nina"}),
        ("Match User sam\n PubkeyAuthentication no\nMatch User sam\n PubkeyAuthentication yes\n", {"nina", "root"}),
        ("PubkeyAuthentication no\nMatch Address 10.0.0.0/8\n PubkeyAuthentication yes\n", {"root", "nina", "sam"}),
        ("AuthorizedKeysFile none\n", set()),
    ],
)
def test_whom_a_copy_of_the_settings_lets_in_by_key(host, read, settings, inside):
    host(sshd_config=settings)
    found = read()
    assert opened(found) == inside
    assert [line.status for line in found.coverage] == ["ok"]


@pytest.mark.parametrize(
    ("files", "inside"), [("/etc/ssh/keys/%u", {"nina"}), (".ssh/authorized_keys /etc/ssh/keys/%u", EVERYBODY)]
)
def test_keys_under_a_logins_name_are_those_of_its_home_where_others_lie_elsewhere(
    host, read, public_keys, files, inside
):
    host(sshd_config=f"AuthorizedKeysFile {files}\n", etc__ssh__keys__nina=public_keys["sam"])
    assert opened(read()) == inside


def test_what_sshd_itself_prints_counts_more_than_the_file(host, read):
    host(**{"sshd_config": "AllowUsers sam\n", "sshd-T.txt": "permitrootlogin no\ndenyusers sam\n"})
    assert opened(read()) == {"nina"}


@pytest.mark.parametrize("at", ["sshd_config", "etc__ssh__sshd_config"])
def test_included_files_count_where_they_are_included(host, read, at):
    main = "PermitRootLogin yes\nInclude /etc/ssh/sshd_config.d/*.conf\nPubkeyAuthentication yes\n"
    more = "PermitRootLogin no\nMatch User sam\n PubkeyAuthentication no\n"
    host(**{at: main, f"{at}.d__10-site.conf": more, f"{at}.d__notes.txt": "DenyUsers nina\n"})
    assert opened(read()) == {"nina", "root"}


@pytest.mark.parametrize(
    ("settings", "states", "inside"),
    [
        ("", "nina:!:1::\nsam:$y$j9T$a:1::\nroot:$y$j9T$b:1::\nwww:$y$c:1::\n", {"sam"}),
        ("PermitRootLogin yes\n", "root:$y$j9T$b:1::\n", {"root"}),
        ("", "nina L 2026-01-01 0 99999 7 -1\nsam P 2026-01-01 0 99999 7 -1\n", {"sam"}),
        ("PasswordAuthentication no\n", "sam PS 2026-01-01\n", {"sam"}),
        ("PasswordAuthentication no\nKbdInteractiveAuthentication no\n", "sam P\n", set()),
        ("AuthenticationMethods publickey,password\n", "sam P\n", set()),
        ("AuthenticationMethods publickey,password password\n", "sam P\n", {"sam"}),
        ("AllowUsers nina\n", "sam P\nnina P\n", {"nina"}),
        (
            "PasswordAuthentication no\nKbdInteractiveAuthentication no\nMatch User sam\n PasswordAuthentication yes\n",
            "sam P\nnina P\n",
            {"sam"},
        ),
    ],
)
def test_whom_a_password_alone_lets_in(host, read, settings, states, inside):
    host(sshd_config=settings, shadow=states)
    assert opened(read(), kind="password") == inside


def test_without_a_word_about_passwords_nobody_is_said_to_have_one(host, read):
    host(sshd_config="PasswordAuthentication yes\n")
    assert opened(read(), kind="password") == set()


def test_who_is_over_comes_in_by_nothing(host, read, context):
    days = int(context.collected_at.timestamp()) // 86400
    host(sshd_config="", shadow=f"nina:!:1:0:99999:7::{days}:\nsam:$y$a:1:0:99999:7::{days + 1}:\n")
    assert {*opened(read()), *opened(read(), kind="password")} & {"nina", "sam"} == {"sam"}


def test_no_hash_of_a_password_gets_into_evidence(host, read):
    host(sshd_config="", shadow="sam:$y$j9T$secret:1::\n")
    assert "secret" not in repr(read())


@pytest.mark.parametrize("form", ["keys", "fingerprints", "krl"])
def test_revoked_keys_open_nothing(host, read, public_keys, tmp_path, form):
    listed = tmp_path / "sam.pub"
    listed.write_text(f"{public_keys['sam']}\n")
    host(sshd_config="RevokedKeys /etc/ssh/revoked\n")
    revoked = tmp_path / "ssh" / HOST / "revoked"
    if form == "krl":
        subprocess.run(["ssh-keygen", "-q", "-k", "-f", revoked, listed], check=True)
    elif form == "keys":
        shutil.copy(listed, revoked)
    else:
        told = subprocess.run(["ssh-keygen", "-lf", listed], check=True, capture_output=True, text=True).stdout
        revoked.write_text(f"# gone\n{told}")
    assert opened(read()) == {"root", "nina"}


def test_a_list_of_revoked_keys_that_is_missing_or_cut_short_is_said(host, read):
    host(sshd_config="RevokedKeys /etc/ssh/revoked\n")
    (line,) = read().coverage
    assert (line.status, "/etc/ssh/revoked" in line.reason) == ("partial", True)
    with pytest.raises(ValueError, match="cut short"):
        revoked_keys(b"SSHKRL\n\0" + b"\0" * 30)


def test_certificate_authorities_are_read_from_copies(host, read, public_keys):
    host(sshd_config="TrustedUserCAKeys /etc/ssh/ca.pub\n", **{"etc__ssh__ca.pub": f"{public_keys['ca']}\n"})
    assert opened(read(), kind="certificate") == {"*"}


SUDOERS = """
Defaults env_reset  # a comment
User_Alias ADMINS = nina, #1002 : OTHERS = www
Cmnd_Alias SHELLS = /bin/bash, \\
    /bin/sh
Host_Alias WEB = web-*
root ALL=(ALL:ALL) ALL
ADMINS WEB = (root) SHELLS
%ops ALL=(ALL) NOPASSWD: ALL, !/usr/bin/passwd root
sam db-1=(ALL) ALL : ALL=(www) NOPASSWD: /bin/bash
OTHERS ALL=/usr/bin/systemctl restart nginx
@includedir /etc/sudoers.d
"""


def test_rules_of_sudo_as_they_are_written(host, read):
    host(sudoers=SUDOERS, **{"sudoers.d__more": "nina ALL=(ALL) /usr/bin/journalctl\n"})
    rights = {
        (row.principal.partition("@")[0], row.level, row.condition) for row in read().rows(Grant) if row.role == "sudo"
    }
    assert rights == {
        ("ssh:root", "admin", "ALL"),
        ("ssh:nina", "admin", "/bin/bash, /bin/sh"),
        ("ssh:sam", "admin", "/bin/bash, /bin/sh"),
        ("ssh:nina", "admin", "ALL without a password (through the group ops)"),
        ("ssh:nina", "write", "/usr/bin/journalctl"),
        ("ssh:www", "write", "/usr/bin/systemctl restart nginx"),
    }


@pytest.mark.parametrize("name", ["nina.bak", "nina~", "10.nina"])
def test_sudo_passes_over_names_with_a_dot_and_backups(host, read, name):
    host(sudoers="root ALL=(ALL) ALL\n@includedir /etc/sudoers.d\n", **{f"sudoers.d__{name}": "nina ALL=(ALL) ALL\n"})
    assert [row.principal.partition("@")[0] for row in read().rows(Grant) if row.role == "sudo"] == ["ssh:root"]


def test_what_sudoers_includes_is_read_or_told_and_doas_counts_too(host, read):
    rules = "root ALL=(ALL) ALL\n@include /etc/sudoers.local\n@include /etc/sudoers.gone\n"
    host(sudoers=rules, **{"sudoers.local": "sam ALL=(ALL) ALL\n", "doas.conf": "permit :ops\n"})
    found = read()
    (line,) = found.coverage
    assert (line.status, line.reason) == ("partial", "what sudo's rules include cannot be read (/etc/sudoers.gone)")
    roots = {(row.role, row.principal.partition("@")[0], row.condition) for row in found.rows(Grant)}
    assert {("sudo", "ssh:sam", "ALL"), ("root-equal", "ssh:nina", "doas: ALL (through the group ops)")} <= roots


def test_what_sudo_would_not_read_either_is_said(host, read):
    host(sudoers="nina\n")
    (line,) = read().coverage
    assert (line.status, "not understood" in line.reason) == ("partial", True)


def test_aliases_that_name_each_other_end():
    text = "User_Alias A = B : B = A\nA ALL=ALL\n"
    assert parsed([text])["User_Specs"]
    assert not sudo_rights(b'{"User_Specs": []}', [], HOST)


def spec(users, commands, hosts=({"hostname": "ALL"},)):
    return {"User_List": list(users), "Host_List": list(hosts), "Cmnd_Specs": commands}


def rule(*commands, asked=True, **runas):
    return {"Options": [{"authenticate": asked}], "Commands": list(commands), **runas}


NINA, ALL = {"username": "nina"}, {"command": "ALL"}


@pytest.mark.parametrize(
    ("line", "specs"),
    [
        ("nina ALL=ALL", [spec([NINA], [rule(ALL)])]),
        ("nina, %ops, #7 ALL = ALL # why", [spec([NINA, {"usergroup": "ops"}, {"userid": 7}], [rule(ALL)])]),
        ("!nina ALL=ALL", [spec([{**NINA, "negated": True}], [rule(ALL)])]),
        ("!%ops,!#7 ALL=ALL", [spec([{"usergroup": "ops", "negated": True}, {"userid": 7, "negated": True}], [rule(ALL)])]),
        ("User_Alias A = !nina\n!A ALL=ALL", [spec([NINA], [rule(ALL)])]),
        ("User_Alias A = nina\n!A ALL=ALL", [spec([{**NINA, "negated": True}], [rule(ALL)])]),
        (r"a\ b ALL=ALL", [spec([{"username": "a b"}], [rule(ALL)])]),
        ("nina web-*, !db=ALL", [spec([NINA], [rule(ALL)], [{"hostname": "web-*"}, {"hostname": "db", "negated": True}])]),
        (
            "nina a=/x : b=/y",
            [spec([NINA], [rule({"command": "/x"})], [{"hostname": "a"}]),
                spec([NINA], [rule({"command": "/y"})], [{"hostname": "b"}])],
        ),
        (
            "nina ALL=(www : adm, dev) NOPASSWD: /x, !/y, (root) PASSWD: SETENV: /z",
            [spec([NINA], [
                rule({"command": "/x"}, asked=False, runasusers=[{"username": "www"}],
                    runasgroups=[{"usergroup": "adm"}, {"usergroup": "dev"}]),
                rule({"command": "/y", "negated": True}, asked=False, runasusers=[{"username": "www"}],
                    runasgroups=[{"usergroup": "adm"}, {"usergroup": "dev"}]),
                rule({"command": "/z"}, runasusers=[{"username": "root"}]),
            ])],
        ),
        (
            r"nina ALL=(www, root) NOPASSWD: /x --a\=b",
            [spec([NINA], [rule({"command": r"/x --a\=b"}, asked=False, runasusers=[{"username": "www"}, {"username": "root"}])])],
        ),
        (
            "nina ALL=NOPASSWD: sha256:ab+c= /bin/bash, sha224:0a1b /bin/x",
            [spec([NINA], [rule({"command": "/bin/bash"}, asked=False), rule({"command": "/bin/x"}, asked=False)])],
        ),
        ("nina ALL=(:adm) ALL", [spec([NINA], [rule(ALL, runasgroups=[{"usergroup": "adm"}])])]),
        (
            "nina ALL=ROLE=x NOPASSWD: NOEXEC: /a, /b, EXEC: /c",
            [spec([NINA], [
                *(rule({"command": one}, Options=[{"authenticate": False}, {"noexec": True}]) for one in ("/a", "/b")),
                rule({"command": "/c"}, asked=False),
            ])],
        ),
        (
            "Cmnd_Alias C = /a, /b : D = /c\nRunas_Alias R = www\nHost_Alias H = web\nnina H = (R) C, D",
            [spec([NINA], [
                rule({"command": "/a"}, {"command": "/b"}, runasusers=[{"username": "www"}]),
                rule({"command": "/c"}, runasusers=[{"username": "www"}]),
            ], [{"hostname": "web"}])],
        ),
        ("Cmnd_Alias C = /a\nnina ALL = ALL, !C", [spec([NINA], [rule(ALL), rule({"command": "/a", "negated": True})])]),
        (r"nina ALL=/bin/x a\,b\:c", [spec([NINA], [rule({"command": r"/bin/x a\,b\:c"})])]),
        ("Defaults:nina !x\n@include /etc/more", []),
    ],
)  # fmt: skip
def test_each_rule_of_sudoers_as_cvtsudoers_would_print_it(line, specs):
    assert parsed([line])["User_Specs"] == specs


@pytest.mark.parametrize("line", ["nina", "nina ALL", "nina ALL : b=c"])
def test_a_line_that_sudo_would_refuse_is_named(line):
    with pytest.raises(ValueError, match=f"a line of sudoers is not understood: {line}"):
        parsed([line])


def test_a_place_that_sshd_forwards_to_is_a_grant_of_each_login(host, read):
    host(sshd_config="PermitOpen none\nMatch Group ops\n PermitOpen db-1:5432\n")
    rows = [row for row in read().rows(Grant) if row.role == "PermitOpen"]
    assert [(row.principal, row.resource) for row in rows] == [(f"ssh:nina@{HOST}", "db-1:5432")]


def test_a_second_name_of_root_and_groups_that_are_its_equals_are_told(host, read):
    host(
        passwd="root:x:0:0::/root:/bin/bash\ntoor:x:0:0::/root:/bin/bash\nnina:x:1000:50::/home/nina:/bin/bash\n",
        group="docker:x:50:toor\nlxd:x:51:nina\nusers:x:52:nina\n",
    )
    rows = [(row.principal, row.condition) for row in read().rows(Grant) if row.role == "root-equal"]
    assert rows == [
        (f"ssh:toor@{HOST}", "the user number 0"),
        (f"ssh:nina@{HOST}", "the group docker"),
        (f"ssh:nina@{HOST}", "the group lxd"),
    ]


def test_a_login_without_a_shell_is_open_to_ports_that_its_keys_line_names(host, read, public_keys):
    key = f'permitopen="db-1:5432" {public_keys["nina"]}\n'
    host(passwd="www:x:1003:50::/home/www:/usr/sbin/nologin\n", www__authorized_keys=key)
    rows = read().rows(Grant)
    assert [(row.role, row.resource) for row in rows if row.role == "PermitOpen"] == [("PermitOpen", "db-1:5432")]
    assert next(row.condition for row in rows if row.principal == f"ssh:www@{HOST}") == ONLY_FORWARDS


@pytest.mark.parametrize("passwd", ["", PASSWD], ids=["without passwd", "with passwd"])
@pytest.mark.parametrize("place", ["home/nina/.ssh", "nina/.ssh", "etc/keys/nina/.ssh"])
def test_keys_are_found_in_copies_of_homes_and_are_of_their_logins_alone(place, passwd, tmp_path, public_keys, read):
    folder = tmp_path / "ssh" / HOST
    (folder / place).mkdir(parents=True)
    (folder / place / "authorized_keys").write_text(f"{public_keys['nina']}\n")
    if passwd:
        (folder / "etc").mkdir(exist_ok=True)
        (folder / "etc/passwd").write_text(passwd)
    got = read()
    assert {row.account for row in got.rows(Credential)} == {f"ssh:nina@{HOST}"}
    assert got.coverage[0].status == "ok"


@pytest.mark.parametrize("settings", ["", "AuthorizedKeysFile /etc/keys/%u/.ssh/authorized_keys\n"])
def test_a_copy_that_lies_in_a_folder_of_a_logins_name_is_read_once(settings, tmp_path, public_keys, read):
    folder = tmp_path / "ssh" / HOST / "etc"
    (folder / "keys/nina/.ssh").mkdir(parents=True)
    (folder / "keys/nina/.ssh/authorized_keys").write_text(f"{public_keys['nina']}\nodd\n")
    (folder / "passwd").write_text(PASSWD)
    (folder / "sshd_config").write_text(settings)
    (folder / "sudoers").write_text("")
    got = read()
    assert [row.account for row in got.rows(Credential)] == [f"ssh:nina@{HOST}"]
    assert (got.coverage[0].rejected, got.coverage[0].reason) == (
        1,
        "/etc/keys/nina/.ssh/authorized_keys: there is no key on it (line 2)",
    )
