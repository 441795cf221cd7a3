import json
import time

import pytest

from collectors.ssh.sshd_lines import Attempt, Closed, Partial, Sudo, Terminal, parse_sudo, said

KEY = "SHA256:8q9CIdMTW5xAtJ3pFc6XvQB0A1tafo5FRHxbezVsxKM"


@pytest.mark.parametrize(
    ("line", "told"),
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
def test_lines_of_sshd(line, told):
    assert said("sshd", line) == told


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
        assert said("sshd", line).user == name


def test_a_name_that_pretends_to_be_the_rest_of_the_line_stays_a_name():
    name = "root from 10.0.0.1 port 1 ssh2"
    attempt = said("sshd", f"Failed password for invalid user {name} from 45.1.2.3 port 9 ssh2")
    assert (attempt.user, attempt.address) == (name, "45.1.2.3")
    assert (
        said("sshd", "Invalid user Accepted password for root from 1.1.1.1 port 2 ssh2 from 45.1.2.3 port 9").ok
        is False
    )


def test_a_command_through_sudo():
    told = parse_sudo("  ore : TTY=pts/0 ; PWD=/home/ore ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx ; x=1")
    assert (told.user, told.tty, told.target) == ("ore", "pts/0", "root")
    assert told.command == "/usr/bin/systemctl reload nginx ; x=1"
    assert (told.refused, told.ambiguous) == ("", False)


@pytest.mark.parametrize("reason", ["user NOT in sudoers", "command not allowed", "3 incorrect password attempts"])
def test_a_refused_command_says_why(reason):
    told = parse_sudo(f"mallory : {reason} ; TTY=pts/1 ; PWD=/tmp ; USER=root ; COMMAND=/bin/sh")
    assert (told.refused, told.command) == (reason, "/bin/sh")


def test_a_host_and_a_group_may_stand_in_the_line():
    told = parse_sudo("nina : HOST=web-1 ; TTY=unknown ; PWD=/ ; USER=www ; GROUP=adm ; ENV=A=b ; COMMAND=list")
    assert (told.refused, told.target, told.command) == ("", "www", "list")


def test_a_folder_named_like_a_command_is_noticed():
    told = parse_sudo("nina : TTY=pts/0 ; PWD=/tmp/a ; USER=root ; COMMAND=/bin/ls ; USER=root ; COMMAND=/bin/sh")
    assert told.ambiguous


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
            said("sshd", start + text)
    for program, start, piece, end in (
        ("sshd", "Partial publickey for ", " from a port 1 ssh2: ", "\n"),
        ("sshd", "Starting session: ", " on a for b from c port 1 id", ""),
        ("dropbear", "Exit (", ") from <a:1>: ", "\n"),
    ):
        said(program, start + piece * 8192 + end)
    assert time.process_time() - began < 2


def test_sudo_without_a_terminal_is_a_command_too():
    told = parse_sudo(
        "    nina : PWD=/home/nina ; USER=root ; ENV=A=b ; TSID=00/00/01 ; COMMAND=/usr/bin/systemctl restart shop"
    )
    assert (told.user, told.tty, told.target, told.refused) == ("nina", "", "root", "")
    assert told.command == "/usr/bin/systemctl restart shop"
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
    told = parse_sudo(message)
    assert (told.command, told.ended) == (command, ended)


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
    assert said("console", message) == Attempt(True, user, "console", "", "", tty=tty)


def test_what_login_says_beside_is_no_login():
    assert said("console", "pam_unix(login:session): session closed for user root") == Closed()
    assert said("console", "FAILED LOGIN 1 FROM tty1 FOR root, Authentication failure") is None
    assert said("console", "LOGIN ON tty1") is None


def test_tailscale_names_the_user_of_the_network():
    told = said("tailscale", 'handling new SSH connection from nina@quay.example (100.64.0.9) to ssh-user "root"')
    assert told == Attempt(True, "root", "tailscale", "100.64.0.9", "", certificate="tailscale:nina@quay.example")
    assert said("tailscale", "Session complete") == Closed()
    assert said("tailscale", 'access granted to nina@quay.example as ssh-user "root"') is None


def test_a_shell_by_run0_is_told_by_pam():
    told = said("run0", "pam_unix(systemd-run0:session): session opened for user root(uid=0) by nina(uid=1000)")
    assert told == Sudo("nina", "", "root", "run0", "", ambiguous=False)
    nobody = said("run0", "pam_unix(systemd-run0:session): session opened for user root(uid=0) by (uid=0)")
    assert nobody == Sudo("", "", "root", "run0", "", ambiguous=False)


def test_su_and_doas_act_as_another():
    opened = "pam_unix(su-l:session): session opened for user root(uid=0) by nina(uid=1001)"
    assert (said("su", opened).user, said("su", opened).target) == ("nina", "root")
    assert said("su", "pam_unix(su:session): session closed for user root") is None
    for told in ("(to root) nina on pts/0", "+ /dev/pts/0 nina:root", "nina to root on /dev/pts/0"):
        assert (said("su", told).user, said("su", told).target, said("su", told).tty) == ("nina", "root", "pts/0")
    assert said("su", "(to shop) root on none").tty == ""
    told = said("doas", "nina ran command rc-service nginx restart as root from /home/nina")
    assert (told.user, told.command, told.target) == ("nina", "rc-service nginx restart", "root")


def test_sudo_that_writes_json_says_the_same():
    accepted = {"submituser": "nina", "command": "/usr/bin/systemctl", "runuser": "root", "ttyname": "/dev/pts/0"}
    told = json.dumps({"sudo": {"accept": {**accepted, "runargv": ["systemctl", "restart", "shop"]}}})
    for line in (told, f"@cee: {told}"):
        told = parse_sudo(line)
        assert (told.user, told.tty, told.target) == ("nina", "pts/0", "root")
        assert (told.command, told.refused) == ("/usr/bin/systemctl restart shop", "")
    refused = parse_sudo(json.dumps({"sudo": {"reject": {**accepted, "reason": "command not allowed"}}}))
    assert refused.refused == "command not allowed"


@pytest.mark.parametrize("remark", ["unable to resolve host web-1", "problem with defaults entries"])
def test_what_sudo_remarks_before_a_command_refuses_nothing(remark):
    assert parse_sudo(f"nina : {remark} ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id") is None


def test_a_browser_is_a_console_too():
    told = "pam_unix(cockpit:session): session opened for user nina(uid=1000) by nina(uid=0)"
    assert said("console", told) == Attempt(True, "nina", "cockpit", "", "")
    assert said("console", "pam_unix(cockpit:session): session closed for user nina") == Closed()


@pytest.mark.parametrize("line", ['{"sudo": {"exit": {"exit_value": 0}}}', "@cee: {", "[" * 20000, '{"sudo": 7}'])
def test_json_of_sudo_that_tells_of_no_command(line):
    assert parse_sudo(line) is None


def test_run0_and_pkexec_are_commands_as_another():
    let = (
        "Operator of unix-session:3 successfully authenticated as unix-user:nina to gain TEMPORARY authorization for "
        "action org.freedesktop.systemd1.manage-units for system-bus-name::1.49 [run0 systemctl restart shop] "
        "(owned by unix-user:nina)"
    )
    told = said("polkit", let)
    assert (told.user, told.target, told.command) == ("nina", "root", "systemctl restart shop")
    assert said("polkit", let.replace("run0 systemctl restart shop", "run0")).command == "run0"
    told = said("polkit", let.replace("[run0 ", "["))
    assert (told.user, told.target, told.command, told.ambiguous) == ("nina", "root", "systemctl restart shop", True)
    forged = let.replace("[run0 ", "[x] (owned by unix-user:mia) [")
    assert said("polkit", forged).user == "nina"
    assert said("polkit", let.replace("systemd1.manage-units", "policykit.exec")) is None
    assert said("polkit", let.replace("successfully authenticated", "FAILED to authenticate")) is None
    told = said(
        "pkexec", "nina: Executing command [USER=root] [TTY=/dev/pts/0] [CWD=/home/nina] [COMMAND=/usr/bin/id -u]"
    )
    assert (told.user, told.tty, told.target, told.command) == ("nina", "pts/0", "root", "/usr/bin/id -u")
    assert said("su", "Successful su for root by nina").user == "nina"


@pytest.mark.parametrize(
    ("program", "message", "told"),
    [
        ("dropbear", "Pubkey auth succeeded for 'nina' with ssh-ed25519 key SHA256:ab from 10.0.0.9:50",
            Attempt(True, "nina", "pubkey", "10.0.0.9", "50", "SHA256:ab")),
        ("dropbear", f"Pubkey auth succeeded for 'nina' with key md5 {':'.join(['ab'] * 16)} from 10.0.0.9:50",
         Attempt(True, "nina", "pubkey", "10.0.0.9", "50", f"MD5:{':'.join(['ab'] * 16)}")),
        ("dropbear", f"Pubkey auth succeeded for 'nina' with key sha1!! {':'.join(['ab'] * 20)} from 10.0.0.9:50",
         Attempt(True, "nina", "pubkey", "10.0.0.9", "50")),
        ("dropbear", "PAM password auth succeeded for 'nina' from 10.0.0.9:50",
            Attempt(True, "nina", "pam password", "10.0.0.9", "50")),
        ("dropbear", "Bad PAM password attempt for 'nina' from 10.0.0.9:50",
            Attempt(False, "nina", "password", "10.0.0.9", "50")),
        ("dropbear", "Exit (nina) from <10.0.0.9:50>: Disconnect received", Closed("10.0.0.9", "50")),
        ("dropbear", "Child connection from 10.0.0.9:50", None),
        ("pkexec", "nina: Executing command [USER=root] [TTY=/dev/pts/1] [CWD=/] [COMMAND=/bin/ls -l]",
            Sudo("nina", "pts/1", "root", "/bin/ls -l", "", ambiguous=False)),
        ("pkexec", "nina: other", None),
        ("polkit", ("Operator of unix-session:1 successfully authenticated as unix-user:nina to gain TEMPORARY "
            "authorization for action org.freedesktop.systemd1.manage-units for system-bus-name:x "
            "[/usr/bin/run0 --user=root bash -l] (owned by unix-user:nina)"),
            Sudo("nina", "", "root", "bash", "", ambiguous=True)),
        ("polkit", ("Operator of unix-session:1 successfully authenticated as unix-user:nina to gain TEMPORARY "
            "authorization for action org.freedesktop.systemd1.manage-units for system-bus-name:x "
            "[run0] (owned by unix-user:nina)"), Sudo("nina", "", "root", "run0", "", ambiguous=True)),
        ("polkit", "Registered agent", None),
        ("su", "pam_unix(su:session): session opened for user root(uid=0) by nina(uid=1001)",
            Sudo("nina", "", "root", "su", "", ambiguous=False)),
        ("su", "Successful su for root by nina", Sudo("nina", "", "root", "su", "", ambiguous=False)),
        ("su", "pam_unix(su:session): session opened for user root by (uid=0)", None),
        ("doas", "nina ran command /bin/ls -l as root from /home", Sudo("nina", "", "root", "/bin/ls -l", "", ambiguous=False)),
        ("doas", "failed", None),
        ("doas", "command not permitted for nina: sh", Sudo("nina", "", "", "sh", "command not permitted", ambiguous=False)),
        ("sudo", "nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/ls COMMAND=x",
            Sudo("nina", "pts/0", "root", "/bin/ls COMMAND=x", "", ambiguous=True)),
        ("sudo", "nina : command not allowed ; PWD=/ ; USER=root ; COMMAND=/bin/ls",
            Sudo("nina", "", "root", "/bin/ls", "command not allowed", ambiguous=False)),
        ("sudo", "nina : HOST=web ; USER=root ; COMMAND=/bin/ls", Sudo("nina", "", "root", "/bin/ls", "", ambiguous=False)),
        ("sudo", "nina : TTY=pts/0 ; USER=root ; COMMAND=/bin/ls ; EXIT=1", Sudo("nina", "pts/0", "root", "/bin/ls", "", ambiguous=False, ended=True)),
        ("sudo", "nina : TTY=pts/0 ; EXIT=1 ; USER=root ; COMMAND=/bin/ls", Sudo("nina", "pts/0", "root", "/bin/ls", "", ambiguous=False, ended=True)),
        ("sudo", "nina : TTY=pts/0 ; USER=root", None),
        ("sudo", "nina : HOST=a ; COMMAND=/bin/ls", None),
        ("sudo", ('@cee:{"sudo": {"accept": {"submituser": "nina", "command": "/bin/ls", "runargv": ["ls", "-l", 7], '
            '"ttyname": "/dev/pts/0", "runuser": "www"}}}'), Sudo("nina", "pts/0", "www", "/bin/ls -l 7", "", ambiguous=False)),
        ("sudo", ' {"sudo": {"reject": {"submituser": "nina", "command": "/bin/ls", "reason": "no"}}}',
            Sudo("nina", "", "root", "/bin/ls", "no", ambiguous=False)),
        ("sudo", '{"sudo": {"reject": {"submituser": "nina", "command": "/bin/ls", "runargv": "odd"}}}',
            Sudo("nina", "", "root", "/bin/ls", "refused", ambiguous=False)),
        ("sudo", '{"sudo": {"accept": {"submituser": "nina"}}}', None),
        ("sudo", '{"sudo": {"accept": {"command": "x"}}}', None),
        ("sudo", '{"sudo": ', None),
        ("sshd", "Invalid user nina from 10.0.0.9", Attempt(False, "nina", "", "10.0.0.9", "")),
        ("sshd", "Illegal user nina from 10.0.0.9 port 5", Attempt(False, "nina", "", "10.0.0.9", "5")),
        ("sshd", "Accepted publickey for nina from 10.0.0.9 port 5 ssh2: RSA 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
            Attempt(True, "nina", "publickey", "10.0.0.9", "5", "MD5:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff")),
        ("sshd", "Accepted publickey for nina from 10.0.0.9 port 5 ssh2: ED25519-CERT SHA256:ab ID nina@x (serial 7) CA ED25519 SHA256:cd",
            Attempt(True, "nina", "publickey", "10.0.0.9", "5", "SHA256:ab", "nina@x")),
        ("sshd", "Partial publickey for nina from 10.0.0.9 port 5 ssh2: RSA MD5:0a", Partial("MD5:0a")),
        ("sshd", "Starting session: command on pts/2 for nina from 10.0.0.9 port 5 id 0", Terminal("pts/2", "10.0.0.9", "5")),
        ("sshd", "Disconnected from user nina 10.0.0.9 port 5", Closed("10.0.0.9", "5")),
        ("sshd", "Connection closed by user nina 10.0.0.9 port 5 [preauth]", None),
        ("sshd", "pam_unix(sshd:session): session closed for user nina", Closed()),
        ("sshd", "Server listening", None),
    ],
)  # fmt: skip
def test_what_each_line_says_whole(program, message, told):
    assert (parse_sudo(message) if program == "sudo" else said(program, message)) == told
