import json
import time

import pytest

from collectors.ssh.sshd_lines import (
    Attempt,
    Closed,
    Partial,
    Sudo,
    Terminal,
    parse_console,
    parse_doas,
    parse_dropbear,
    parse_pkexec,
    parse_polkit,
    parse_run0,
    parse_sshd,
    parse_su,
    parse_sudo,
    parse_tailscale,
)

KEY = "SHA256:8q9CIdMTW5xAtJ3pFc6XvQB0A1tafo5FRHxbezVsxKM"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"Accepted publickey for nina from 10.0.0.9 port 51483 ssh2: ED25519 {KEY}", Attempt(True, "nina", "publickey", "10.0.0.9", "51483", KEY)),
        (f"Accepted publickey for nina from 10.0.0.9 port 5 ssh2: ED25519-CERT {KEY} ID nina (serial 7) CA RSA SHA256:abc", Attempt(True, "nina", "publickey", "10.0.0.9", "5", KEY, "nina")),
        ("Accepted password for nina from 2001:db8::1 port 5 ssh2", Attempt(True, "nina", "password", "2001:db8::1", "5")),
        ("Accepted keyboard-interactive/pam for nina from 10.0.0.9 port 5 ssh2", Attempt(True, "nina", "keyboard-interactive/pam", "10.0.0.9", "5")),
        ("Accepted publickey for nina from 10.0.0.9 port 5 ssh2: RSA 00:aa:bb:cc:dd:ee:ff:11:22:33:44:55:66:77:88:99", Attempt(True, "nina", "publickey", "10.0.0.9", "5", "MD5:00:aa:bb:cc:dd:ee:ff:11:22:33:44:55:66:77:88:99")),
        ("Accepted gssapi-with-mic for nina from 10.0.0.9 port 5 ssh2: nina/web@Q.EXAMPLE", Attempt(True, "nina", "gssapi-with-mic", "10.0.0.9", "5")),
        ("Accepted gssapi-keyex for deploy from 10.0.0.9 port 5 ssh2: nina@Q.EXAMPLE", Attempt(True, "deploy", "gssapi-keyex", "10.0.0.9", "5", certificate="kerberos:nina@Q.EXAMPLE")),
        ("Failed password for root from 45.1.2.3 port 9 ssh2", Attempt(False, "root", "password", "45.1.2.3", "9")),
        ("Failed password for invalid user admin from 45.1.2.3 port 9 ssh2", Attempt(False, "admin", "password", "45.1.2.3", "9")),
        ("Invalid user  from 45.1.2.3 port 9", Attempt(False, "", "", "45.1.2.3", "9")),
        (f"Partial publickey for nina from 10.0.0.9 port 5 ssh2: ED25519 {KEY}", Partial(KEY)),
        ("Starting session: shell on pts/0 for nina from 10.0.0.9 port 5 id 0", Terminal("pts/0", "10.0.0.9", "5")),
        ("pam_unix(sshd:session): session closed for user nina", Closed()),
        ("Received disconnect from 10.0.0.9 port 5:11: disconnected by user", Closed("10.0.0.9", "5")),
        ("Disconnected from user nina 10.0.0.9 port 5", Closed("10.0.0.9", "5")),
        ("Connection closed by 45.1.2.3 port 9 [preauth]", None),
        ("Disconnected from invalid user ftp 92.2.8.1 port 26138 [preauth]", None),
        ("Server listening on 0.0.0.0 port 22.", None),
    ],
)  # fmt: skip
def test_lines_of_sshd(line, said):
    assert parse_sshd(line) == said


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (r"ACME\\nina", r"ACME\nina"),
        (r"ACME\nina", r"ACME\nina"),
        (r"J\303\274rgen", "Jürgen"),
        (r"a\377", r"a\xff"),
        (r"a\\101", r"a\101"),
    ],
)
def test_a_name_is_read_as_openssh_escapes_it(written, name):
    for line in (f"Accepted password for {written} from 10.0.0.9 port 5 ssh2", f"Invalid user {written} from 10.0.0.9"):
        assert parse_sshd(line).user == name


def test_a_name_that_pretends_to_be_the_rest_of_the_line_stays_a_name():
    name = "root from 10.0.0.1 port 1 ssh2"
    attempt = parse_sshd(f"Failed password for invalid user {name} from 45.1.2.3 port 9 ssh2")
    assert (attempt.user, attempt.address) == (name, "45.1.2.3")
    assert (
        parse_sshd("Invalid user Accepted password for root from 1.1.1.1 port 2 ssh2 from 45.1.2.3 port 9").ok is False
    )


def test_a_command_through_sudo():
    said = parse_sudo("  ore : TTY=pts/0 ; PWD=/home/ore ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx ; x=1")
    assert (said.user, said.tty, said.target) == ("ore", "pts/0", "root")
    assert said.command == "/usr/bin/systemctl reload nginx ; x=1"
    assert (said.refused, said.ambiguous) == ("", False)


@pytest.mark.parametrize("reason", ["user NOT in sudoers", "command not allowed", "3 incorrect password attempts"])
def test_a_refused_command_says_why(reason):
    said = parse_sudo(f"mallory : {reason} ; TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/bin/sh")
    assert (said.refused, said.command) == (reason, "/bin/sh")


def test_a_host_and_a_group_may_stand_in_the_line():
    said = parse_sudo("nina : HOST=web-1 ; TTY=unknown ; PWD=/ ; USER=www ; GROUP=adm ; ENV=A=b ; COMMAND=list")
    assert (said.refused, said.target, said.command) == ("", "www", "list")


def test_a_folder_named_like_a_command_is_noticed():
    said = parse_sudo("nina : TTY=pts/0 ; PWD=/tmp/a ; USER=root ; COMMAND=/bin/ls ; USER=root ; COMMAND=/bin/sh")
    assert said.ambiguous


@pytest.mark.parametrize(
    "line",
    [
        "pam_unix(sudo:session): session opened for user root(uid=0) by nina(uid=1000)",
        "",
        " : ",
        "nina : (command continued) x",
    ],
)
def test_other_lines_of_sudo_tell_of_no_command(line):
    assert parse_sudo(line) is None


def test_hostile_lines_cost_no_time():
    began = time.process_time()
    for piece in (" ; TTY=a ; USER=b", " from 1 port 2", "[[[", " : ", "COMMAND"):
        text = piece * (8192 // len(piece))
        parse_sudo(f"nina : {text}")
        for start in (
            "Accepted password for ",
            "Failed password for ",
            "Disconnected from user ",
            "Starting session: ",
        ):
            parse_sshd(start + text)
    assert time.process_time() - began < 2


def test_sudo_without_a_terminal_is_a_command_too():
    said = parse_sudo(
        "    nina : PWD=/home/nina ; USER=root ; ENV=A=b ; TSID=00/00/01 ; COMMAND=/usr/bin/systemctl restart shop"
    )
    assert (said.user, said.tty, said.target, said.refused) == ("nina", "", "root", "")
    assert said.command == "/usr/bin/systemctl restart shop"
    refused = parse_sudo("mallory : command not allowed ; PWD=/tmp ; USER=root ; COMMAND=/bin/sh")
    assert refused.refused == "command not allowed"


@pytest.mark.parametrize(
    ("message", "command", "ended"),
    [
        ("nina : PWD=/ ; USER=root ; EXIT=0 ; COMMAND=/usr/bin/id", "/usr/bin/id", True),
        ("nina : PWD=/ ; USER=root ; COMMAND=/usr/bin/id ; EXIT=0", "/usr/bin/id", True),
        ("nina : PWD=/ ; USER=root ; COMMAND=/usr/bin/id ; SIGNAL=TERM ; EXIT=143", "/usr/bin/id", True),
        ("nina : PWD=/ ; USER=root ; COMMAND=/bin/sh -c EXIT=0", "/bin/sh -c EXIT=0", False),
        ("nina : PWD=/ ; USER=root ; COMMAND=/bin/sh ; EXIT=x", "/bin/sh ; EXIT=x", False),
    ],
)
def test_how_a_command_ended_is_no_part_of_it(message, command, ended):
    said = parse_sudo(message)
    assert (said.command, said.ended) == (command, ended)


@pytest.mark.parametrize(
    ("message", "user", "tty"),
    [
        ("ROOT LOGIN ON tty1", "root", "tty1"),
        ("ROOT LOGIN ON ttyS0 FROM rack-1", "root", "ttyS0"),
        ("ROOT LOGIN  on '/dev/tty1'", "root", "tty1"),
        ("root login on 'ttyS0'", "root", "ttyS0"),
        ("LOGIN ON tty1 BY nina", "nina", "tty1"),
        ("DIALUP AT ttyS0 BY nina", "nina", "ttyS0"),
        ("pam_unix(login:session): session opened for user nina(uid=1000) by LOGIN(uid=0)", "nina", ""),
    ],
)
def test_a_login_on_a_console_is_read(message, user, tty):
    assert parse_console(message) == Attempt(True, user, "console", "", "", tty=tty)


def test_what_login_says_beside_is_no_login():
    assert parse_console("pam_unix(login:session): session closed for user root") == Closed()
    assert parse_console("FAILED LOGIN 1 FROM tty1 FOR root, Authentication failure") is None
    assert parse_console("LOGIN ON tty1") is None


def test_tailscale_names_the_user_of_the_network():
    said = parse_tailscale('handling new SSH connection from nina@quay.example (100.64.0.9) to ssh-user "root"')
    assert said == Attempt(True, "root", "tailscale", "100.64.0.9", "", certificate="tailscale:nina@quay.example")
    assert parse_tailscale("Session complete") == Closed()
    assert parse_tailscale('access granted to nina@quay.example as ssh-user "root"') is None


def test_a_shell_by_run0_is_told_by_pam():
    said = parse_run0("pam_unix(systemd-run0:session): session opened for user root(uid=0) by nina(uid=1000)")
    assert said == Sudo("nina", "", "root", "run0", "", ambiguous=False)
    nobody = parse_run0("pam_unix(systemd-run0:session): session opened for user root(uid=0) by (uid=0)")
    assert nobody == Sudo("", "", "root", "run0", "", ambiguous=False)


def test_su_and_doas_act_as_another():
    opened = "pam_unix(su-l:session): session opened for user root(uid=0) by nina(uid=1001)"
    assert (parse_su(opened).user, parse_su(opened).target) == ("nina", "root")
    assert parse_su("pam_unix(su:session): session closed for user root") is None
    for told in ("(to root) nina on pts/0", "+ /dev/pts/0 nina:root", "nina to root on /dev/pts/0"):
        assert (parse_su(told).user, parse_su(told).target, parse_su(told).tty) == ("nina", "root", "pts/0")
    assert parse_su("(to shop) root on none").tty == ""
    said = parse_doas("nina ran command rc-service nginx restart as root from /home/nina")
    assert (said.user, said.command, said.target) == ("nina", "rc-service nginx restart", "root")


def test_sudo_that_writes_json_says_the_same():
    accepted = {"submituser": "nina", "command": "/usr/bin/systemctl", "runuser": "root", "ttyname": "/dev/pts/0"}
    told = json.dumps({"sudo": {"accept": {**accepted, "runargv": ["systemctl", "restart", "shop"]}}})
    for line in (told, f"@cee: {told}"):
        said = parse_sudo(line)
        assert (said.user, said.tty, said.target) == ("nina", "pts/0", "root")
        assert (said.command, said.refused) == ("/usr/bin/systemctl restart shop", "")
    refused = parse_sudo(json.dumps({"sudo": {"reject": {**accepted, "reason": "command not allowed"}}}))
    assert refused.refused == "command not allowed"


@pytest.mark.parametrize("remark", ["unable to resolve host web-1", "problem with defaults entries"])
def test_what_sudo_remarks_before_a_command_refuses_nothing(remark):
    assert parse_sudo(f"nina : {remark} ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id") is None


def test_a_browser_is_a_console_too():
    said = "pam_unix(cockpit:session): session opened for user nina(uid=1000) by nina(uid=0)"
    assert parse_console(said) == Attempt(True, "nina", "cockpit", "", "")
    assert parse_console("pam_unix(cockpit:session): session closed for user nina") == Closed()


@pytest.mark.parametrize("line", ['{"sudo": {"exit": {"exit_value": 0}}}', "@cee: {", "[" * 20000, '{"sudo": 7}'])
def test_json_of_sudo_that_tells_of_no_command(line):
    assert parse_sudo(line) is None


def test_run0_and_pkexec_are_commands_as_another():
    let = (
        "Operator of unix-session:3 successfully authenticated as unix-user:nina to gain TEMPORARY authorization for "
        "action org.freedesktop.systemd1.manage-units for system-bus-name::1.49 [run0 systemctl restart shop] "
        "(owned by unix-user:nina)"
    )
    said = parse_polkit(let)
    assert (said.user, said.target, said.command) == ("nina", "root", "systemctl restart shop")
    assert parse_polkit(let.replace("run0 systemctl restart shop", "run0")).command == "run0"
    said = parse_polkit(let.replace("[run0 ", "["))
    assert (said.user, said.target, said.command, said.ambiguous) == ("nina", "root", "systemctl restart shop", True)
    forged = let.replace("[run0 ", "[x] (owned by unix-user:mia) [")
    assert parse_polkit(forged).user == "nina"
    assert parse_polkit(let.replace("systemd1.manage-units", "policykit.exec")) is None
    assert parse_polkit(let.replace("successfully authenticated", "FAILED to authenticate")) is None
    said = parse_pkexec(
        "nina: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/nina] [COMMAND=/usr/bin/id -u]"
    )
    assert (said.user, said.tty, said.target, said.command) == ("nina", "pts/0", "root", "/usr/bin/id -u")
    assert parse_su("Successful su for root by nina").user == "nina"


@pytest.mark.parametrize(
    ("parse", "message", "told"),
    [
        (parse_dropbear, "Pubkey auth succeeded for 'nina' with ssh-ed25519 key SHA256:ab from 10.0.0.9:50",
            Attempt(True, "nina", "pubkey", "10.0.0.9", "50", "SHA256:ab")),
        (parse_dropbear, f"Pubkey auth succeeded for 'nina' with key md5 {':'.join(['ab'] * 16)} from 10.0.0.9:50",
         Attempt(True, "nina", "pubkey", "10.0.0.9", "50", f"MD5:{':'.join(['ab'] * 16)}")),
        (parse_dropbear, f"Pubkey auth succeeded for 'nina' with key sha1!! {':'.join(['ab'] * 20)} from 10.0.0.9:50",
         Attempt(True, "nina", "pubkey", "10.0.0.9", "50")),
        (parse_dropbear, "PAM password auth succeeded for 'nina' from 10.0.0.9:50",
            Attempt(True, "nina", "pam password", "10.0.0.9", "50")),
        (parse_dropbear, "Bad PAM password attempt for 'nina' from 10.0.0.9:50",
            Attempt(False, "nina", "password", "10.0.0.9", "50")),
        (parse_dropbear, "Exit (nina) from <10.0.0.9:50>: Disconnect received", Closed("10.0.0.9", "50")),
        (parse_dropbear, "Child connection from 10.0.0.9:50", None),
        (parse_pkexec, "nina: Executing command [USER=root] [TTY=/dev/pts/1] [CWD=/] [COMMAND=/bin/ls -l]",
            Sudo("nina", "pts/1", "root", "/bin/ls -l", "", ambiguous=False)),
        (parse_pkexec, "nina: other", None),
        (parse_polkit, ("Operator of unix-session:1 successfully authenticated as unix-user:nina to gain TEMPORARY "
            "authorization for action org.freedesktop.systemd1.manage-units for system-bus-name:x "
            "[/usr/bin/run0 --user=root bash -l] (owned by unix-user:nina)"),
            Sudo("nina", "", "root", "bash", "", ambiguous=True)),
        (parse_polkit, ("Operator of unix-session:1 successfully authenticated as unix-user:nina to gain TEMPORARY "
            "authorization for action org.freedesktop.systemd1.manage-units for system-bus-name:x "
            "[run0] (owned by unix-user:nina)"), Sudo("nina", "", "root", "run0", "", ambiguous=True)),
        (parse_polkit, "Registered agent", None),
        (parse_su, "pam_unix(su:session): session opened for user root(uid=0) by nina(uid=1001)",
            Sudo("nina", "", "root", "su", "", ambiguous=False)),
        (parse_su, "Successful su for root by nina", Sudo("nina", "", "root", "su", "", ambiguous=False)),
        (parse_su, "pam_unix(su:session): session opened for user root by (uid=0)", None),
        (parse_doas, "nina ran command /bin/ls -l as root from /home", Sudo("nina", "", "root", "/bin/ls -l", "", ambiguous=False)),
        (parse_doas, "failed", None),
        (parse_doas, "command not permitted for nina: sh", Sudo("nina", "", "", "sh", "command not permitted", ambiguous=False)),
        (parse_sudo, "nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls COMMAND=x",
            Sudo("nina", "pts/0", "root", "/bin/ls COMMAND=x", "", ambiguous=True)),
        (parse_sudo, "nina : command not allowed ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
            Sudo("nina", "", "root", "/bin/ls", "command not allowed", ambiguous=False)),
        (parse_sudo, "nina : HOST=web ; USER=root ; COMMAND=/bin/ls", Sudo("nina", "", "root", "/bin/ls", "", ambiguous=False)),
        (parse_sudo, "nina : TTY=pts/0 ; USER=root ; COMMAND=/bin/ls ; EXIT=1", Sudo("nina", "pts/0", "root", "/bin/ls", "", ambiguous=False, ended=True)),
        (parse_sudo, "nina : TTY=pts/0 ; EXIT=1 ; USER=root ; COMMAND=/bin/ls", Sudo("nina", "pts/0", "root", "/bin/ls", "", ambiguous=False, ended=True)),
        (parse_sudo, "nina : TTY=pts/0 ; USER=root", None),
        (parse_sudo, "nina : HOST=a ; COMMAND=/bin/ls", None),
        (parse_sudo, ('@cee:{"sudo": {"accept": {"submituser": "nina", "command": "/bin/ls", "runargv": ["ls", "-l", 7], '
            '"ttyname": "/dev/pts/0", "runuser": "www"}}}'), Sudo("nina", "pts/0", "www", "/bin/ls -l 7", "", ambiguous=False)),
        (parse_sudo, ' {"sudo": {"reject": {"submituser": "nina", "command": "/bin/ls", "reason": "no"}}}',
            Sudo("nina", "", "root", "/bin/ls", "no", ambiguous=False)),
        (parse_sudo, '{"sudo": {"reject": {"submituser": "nina", "command": "/bin/ls", "runargv": "odd"}}}',
            Sudo("nina", "", "root", "/bin/ls", "refused", ambiguous=False)),
        (parse_sudo, '{"sudo": {"accept": {"submituser": "nina"}}}', None),
        (parse_sudo, '{"sudo": {"accept": {"command": "x"}}}', None),
        (parse_sudo, '{"sudo": ', None),
        (parse_sshd, "Invalid user nina from 10.0.0.9", Attempt(False, "nina", "", "10.0.0.9", "")),
        (parse_sshd, "Illegal user nina from 10.0.0.9 port 5", Attempt(False, "nina", "", "10.0.0.9", "5")),
        (parse_sshd, "Accepted publickey for nina from 10.0.0.9 port 5 ssh2: RSA 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
            Attempt(True, "nina", "publickey", "10.0.0.9", "5", "MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff")),
        (parse_sshd, "Accepted publickey for nina from 10.0.0.9 port 5 ssh2: ED25519-CERT SHA256:ab ID nina@x (serial 7) CA ED25519 SHA256:cd",
            Attempt(True, "nina", "publickey", "10.0.0.9", "5", "SHA256:ab", "nina@x")),
        (parse_sshd, "Partial publickey for nina from 10.0.0.9 port 5 ssh2: RSA MD5:0a", Partial("MD5:0a")),
        (parse_sshd, "Starting session: command on pts/2 for nina from 10.0.0.9 port 5 id 0", Terminal("pts/2", "10.0.0.9", "5")),
        (parse_sshd, "Disconnected from user nina 10.0.0.9 port 5", Closed("10.0.0.9", "5")),
        (parse_sshd, "Connection closed by user nina 10.0.0.9 port 5 [preauth]", None),
        (parse_sshd, "pam_unix(sshd:session): session closed for user nina", Closed()),
        (parse_sshd, "Server listening", None),
    ],
)  # fmt: skip
def test_what_each_line_says_whole(parse, message, told):
    assert parse(message) == told
