"""A host's logins, sshd's settings and sudo's rules, as its own programs print them."""

import json

import pytest

from auditor.demo.host_answers import archive
from collectors.ssh.archive import denied, entries
from collectors.ssh.host_accounts import Login, logins, with_password
from collectors.ssh.sshd_settings import in_reading_order, settings
from collectors.ssh.sudo_rules import sudo_rights

NINA = Login("nina", 1000, "/home/nina", ("nina", "sudo"))
OTTO = Login("otto", 1001, "/srv/otto", ("otto",))


def test_logins_come_with_their_own_and_other_groups():
    passwd = "nina:x:1000:1000::/home/nina:/bin/sh\n+nis:::\nodd\nbad:x:no:1::/:\nnina:x:7:7::/other:/bin/sh\n"
    passwd += "app:x:9:9:::/bin/sh\n"
    group = "sudo:x:27:otto,nina\nnina:x:1000:\nbroken\n"
    assert logins(passwd, group) == [NINA, Login("app", 9, "/", ("#9",))]


def test_key_files_are_named_with_tokens_and_several_patterns():
    told = settings("authorizedkeysfile .ssh/authorized_keys /etc/ssh/keys/%u /etc/ssh/ids/%U %h/100%%\n", [])
    assert told.files("authorizedkeysfile", OTTO) == [
        "/srv/otto/.ssh/authorized_keys",
        "/etc/ssh/keys/otto",
        "/etc/ssh/ids/1001",
        "/srv/otto/100%",
    ]


def test_without_sshds_word_its_files_count_the_included_ones_first():
    files = {
        "/etc/ssh/sshd_config": "PermitRootLogin yes\nAuthorizedKeysFile=none # no keys\n",
        "/etc/ssh/sshd_config.d/10-site.conf": 'permitrootlogin "no"\n',
    }
    told = settings(None, in_reading_order(files))
    assert told.one("permitrootlogin") == "no"
    assert told.files("authorizedkeysfile", NINA) == []
    assert settings(None, []).files("authorizedkeysfile", NINA)[0] == "/home/nina/.ssh/authorized_keys"


@pytest.mark.parametrize(
    ("criteria", "holds"),
    [
        ("User nina", True),
        ("User n*,!nina", False),
        ("User xnina,nina", True),
        ("Group sudo", True),
        ("Group wheel,adm", False),
        ("User otto Address 10.0.0.0/8", False),
        ("Address 10.0.0.0/8", True),
        ("all", True),
    ],
)
def test_a_match_block_counts_for_those_it_can_apply_to(criteria, holds):
    told = settings("authorizedkeysfile none\n", [f"Match {criteria}\n AuthorizedKeysFile /etc/keys\n"])
    assert told.files("authorizedkeysfile", NINA) == (["/etc/keys"] if holds else [])
    assert told.in_matches("authorizedkeysfile")


def rules(users, commands, hosts=("ALL",), runas=("ALL",), **more):
    return {
        "User_List": users,
        "Host_List": [{"hostname": host} for host in hosts],
        "Cmnd_Specs": [
            {
                "runasusers": [{"username": name} for name in runas],
                "Commands": [{"command": command} for command in commands],
                **more,
            }
        ],
    }


def rights(*specs, host="web-1.harbour.example"):
    found = sudo_rights(json.dumps({"User_Specs": list(specs)}).encode(), [NINA, OTTO], host)
    return {(right.login, right.free, right.words) for right in found}


def test_a_group_that_may_run_all_makes_its_members_root():
    assert rights(rules([{"usergroup": "sudo"}], ["ALL"])) == {("nina", True, "ALL (through the group sudo)")}


def test_a_shell_is_as_much_as_everything_and_single_commands_are_told():
    assert rights(rules([{"username": "otto"}], ["/bin/bash"])) == {("otto", True, "/bin/bash")}
    limited = rules([{"userid": 1001}], ["/usr/bin/systemctl restart shop"], Options=[{"authenticate": False}])
    assert rights(limited) == {("otto", False, "/usr/bin/systemctl restart shop without a password")}


def test_everyone_but_one_is_everyone_but_one():
    assert rights(rules([{"username": "ALL"}, {"username": "nina", "negated": True}], ["ALL"])) == {
        ("otto", True, "ALL")
    }


@pytest.mark.parametrize(
    "spec",
    [
        rules([{"username": "nina"}], ["ALL"], runas=["postgres"]),
        rules([{"username": "nina"}], ["ALL"], runasusers=[{"username": "ALL"}, {"username": "root", "negated": True}]),
        rules([{"username": "nina"}], ["ALL"], runasusers=[{"username": "root", "negated": True}, {"username": "www"}]),
        {**rules([{"username": "nina"}], ["ALL"]), "Cmnd_Specs": [{"runasgroups": [{"usergroup": "adm"}]}]},
        rules([{"username": "nina"}], ["ALL"], hosts=["db-*"]),
        rules([{"usergroup": "wheel"}], ["ALL"]),
        rules([{"username": "nina"}], []),
    ],
)
def test_other_runas_other_hosts_and_other_groups_give_nothing(spec):
    assert rights(spec) == set()


@pytest.mark.parametrize("more", [{"runasusers": [{"userid": 0}]}, {"runasusers": [{"username": "root"}]}])
def test_root_by_its_number_is_root(more):
    assert rights(rules([{"username": "nina"}], ["ALL"], **more)) == {("nina", True, "ALL")}


def test_what_a_rule_takes_back_is_not_told_and_long_lists_are_cut():
    commands = [{"command": f"/usr/bin/{number}"} for number in range(7)]
    spec = rules([{"username": "nina"}], [], Commands=[*commands, {"command": "/bin/sh", "negated": True}])
    ((login, free, words),) = rights(spec)
    assert (login, free) == ("nina", False)
    assert words.startswith("/usr/bin/0, /usr/bin/1, ")
    assert words.endswith(" more")
    assert int(words.split()[-2]) == 7 - words.count("/usr/bin/")


def test_rules_for_a_hosts_short_name_hold_there():
    assert rights(rules([{"username": "nina"}], ["ALL"], hosts=["web-1"])) == {("nina", True, "ALL")}


@pytest.mark.parametrize("document", [b"", b"[]", b'{"User_Specs": 7}', b"\xff", b'{"User_Specs": [[]]}'])
def test_what_is_no_list_of_rules_is_refused(document):
    with pytest.raises(ValueError, match="not what cvtsudoers writes"):
        sudo_rights(document, [NINA], "web-1")


def test_a_hosts_word_on_what_it_denies_is_understood():
    said = (
        "/usr/bin/find: '/home/otto': Permission denied\n"
        "find: \u2018/home/nina\u2019: Permission denied\n"
        "tar: /etc/ssh/keys/nina: Cannot open: Permission denied\n"
        "tar: /etc/ssh/keys/otto: Cannot stat: No such file or directory\n"
    )
    assert denied(said) == ["/home/otto", "/home/nina", "/etc/ssh/keys/nina"]


def test_archives_may_stand_one_after_another():
    both = archive({"/a": "one"}) + archive({"/b": "two", "/c": ""})
    assert [(entry.path, entry.data) for entry in entries(both)] == [("/a", b"one"), ("/b", b"two"), ("/c", b"")]


def test_damage_in_the_middle_costs_what_comes_after_it():
    data = bytearray(archive({"/a": "one", "/b": "two"}))
    data[1024:1100] = b"x" * 76
    read = entries(bytes(data))
    assert next(read).path == "/a"
    with pytest.raises(ValueError, match="damaged"):
        next(read)


def test_nothing_found_is_no_damage_and_noise_is():
    assert list(entries(b"")) == list(entries(bytes(10240))) == []
    with pytest.raises(ValueError, match="damaged"):
        list(entries(b"hello" * 200))


@pytest.mark.parametrize(
    ("line", "login"),
    [
        ("ida:x:7:50::/srv/ida:/bin/sh", Login("ida", 7, "/srv/ida", ("ftp", "ops"))),
        ("ida:x:7:99:::/bin/sh", Login("ida", 7, "/", ("#99", "ops"))),
        ("ida:x:7:50::/srv/ida", Login("ida", 7, "/srv/ida", ("ftp", "ops"))),
        ("ida:x:7:50::/srv/ida:/sbin/nologin", Login("ida", 7, "/srv/ida", ("ftp", "ops"), shell=False)),
        ("ida:x:7:50::/srv/ida:/usr/bin/git-shell", Login("ida", 7, "/srv/ida", ("ftp", "ops"), shell=False)),
        ("ida:x:7:50::/srv/ida:/bin/false", Login("ida", 7, "/srv/ida", ("ftp", "ops"), shell=False)),
        ("ida:x:7:50::/srv/ida:false", Login("ida", 7, "/srv/ida", ("ftp", "ops"), shell=False)),
        ("ida:x:7:50:", None),
        (":x:7:50::/srv/ida:", None),
    ],
)
def test_each_line_of_passwd_is_a_login(line, login):
    group = "ftp:x:50:\nother:x:50:\nops:x:51:ida,,otto\nshort:x:50\n"
    assert logins(f"{line}\n", group) == ([login] if login else [])
    assert [one.groups for one in logins(f"{line}\n", "")] == ([()] if login else [])


def test_who_has_a_password_stands_in_both_forms():
    shadow = "nina:$y$a:1::\nleon:!$y$a:1::\nmia:*:1::\ntom:x:1::\nsam::1::\n:$y$a:1::\n"
    assert with_password(shadow) == {"nina", "sam"}
    states = "nina P 01/01/2026 0\nleon L 01/01/2026\nmia PS 2026\ntom LK 2026\nsam NP\nodd\n\n"
    assert with_password(states) == {"nina", "mia", "sam"}


def test_how_many_commands_are_told():
    listed = [f"/usr/bin/{number}" for number in range(7)]
    ((_, _, words),) = rights(rules([{"username": "nina"}], listed))
    assert words == "/usr/bin/0, /usr/bin/1, /usr/bin/2, /usr/bin/3, /usr/bin/4 and 2 more"
    ((_, _, words),) = rights(rules([{"username": "nina"}], listed[:5]))
    assert words == "/usr/bin/0, /usr/bin/1, /usr/bin/2, /usr/bin/3, /usr/bin/4"


@pytest.mark.parametrize(
    ("hosts", "holds"),
    [
        ([{"hostname": "ALL"}], True),
        ([{"hostname": "ALL"}, {"hostname": "web-*", "negated": True}], False),
        ([{"hostname": "web-*", "negated": True}, {"hostname": "ALL"}], True),
        ([{"netgroup": "web"}], True),
        ([{"hostname": "db-*"}, {"hostname": "web-1.harbour.example"}], True),
        ([{"hostname": "web-1.harbour"}], False),
        ([], False),
    ],
)
def test_a_rule_holds_on_the_hosts_that_its_last_word_names(hosts, holds):
    spec = {**rules([{"username": "nina"}], ["ALL"]), "Host_List": hosts}
    assert bool(rights(spec)) is holds


@pytest.mark.parametrize(
    ("command", "free"),
    [
        ("ALL", True),
        ("/bin/su", True),
        ("su -", True),
        ("/usr/sbin/visudo", True),
        ("/usr/sbin/vipw", True),
        ("/bin/bashful", False),
        ("/bin/su - root", True),
        ("/bin/su - postgres", False),
        ("/bin/su postgres *", True),
        ("/bin/bash /opt/backup.sh", False),
        ("/bin/bash -l", True),
        ('/bin/bash ""', True),
        ('/usr/bin/find ""', False),
        ("/bin/bash -c /opt/backup.sh", False),
        ("/usr/bin/vim /etc/motd", True),
        ("/usr/bin/less /var/log/syslog", True),
        ("/usr/bin/find", True),
        ("/usr/bin/find /srv *", True),
        ("/usr/bin/find /srv -name core -delete", False),
        ("/usr/bin/python3.11", True),
        ("/usr/bin/python3.11 /opt/report.py", False),
        ("/usr/bin/systemctl", True),
        ("/usr/bin/systemctl *", True),
        ("/usr/bin/systemctl restart shop*", False),
        ("/usr/bin/systemctl edit *", True),
        ("/usr/bin/apt-get update", False),
        ("/usr/bin/apt-get install *", True),
        ("/usr/sbin/visudo -c", False),
        ("/bin/ls /bin/sh", False),
    ],
)
def test_a_command_that_gives_everything(command, free):
    assert {right[1] for right in rights(rules([{"username": "nina"}], [command, "/bin/x"]))} == {free}


@pytest.mark.parametrize(
    ("command", "free"),
    [
        ("/usr/bin/less /var/log/syslog", False),
        ("/usr/bin/vim", True),
        ("/usr/bin/vim /etc/motd", False),
        ("ALL", True),
    ],
)
def test_a_command_that_may_start_no_program_opens_no_shell(command, free):
    ((_, found, _),) = rights(rules([{"username": "nina"}], [command], Options=[{"noexec": True}]))
    assert found is free


@pytest.mark.parametrize(
    ("asks", "expected"),
    [
        (False, {("nina", True, "ALL as otto; ALL without a password"), ("otto", True, "ALL without a password")}),
        # Whoever becomes another has not that one's password.
        (True, {("otto", True, "ALL")}),
    ],
)
def test_who_may_be_another_in_all_has_what_sudo_lets_that_one_do(asks, expected):
    through = rules([{"username": "nina"}], ["ALL"], runas=["otto"])
    assert rights(through, rules([{"username": "otto"}], ["ALL"], Options=[{"authenticate": asks}])) == expected
    one = rules([{"username": "nina"}], ["/bin/ls"], runas=["otto"])
    assert {right[0] for right in rights(one, rules([{"username": "otto"}], ["ALL"]))} == {"otto"}


def test_who_is_named_last_counts_and_each_way_is_told():
    users = [{"usergroup": "sudo"}, {"username": "nina", "negated": True}, {"userid": 1000}]
    assert rights(rules(users, ["/bin/x"], Options=[{"authenticate": True}])) == {("nina", False, "/bin/x")}
    assert rights(rules(users[:2], ["/bin/x"])) == set()
    assert rights(rules([{"usergroup": "sudo", "negated": True}], ["/bin/x"])) == set()
    unasked = rules([{"usergroup": "sudo"}], ["/bin/x"], Options=[{"setenv": True}, {"authenticate": False}])
    assert rights(unasked) == {("nina", False, "/bin/x without a password (through the group sudo)")}
