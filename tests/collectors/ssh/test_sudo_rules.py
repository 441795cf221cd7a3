"""Who is root by sudo's and doas's rules as they are written, and of whom that is not told."""

import json
from datetime import UTC, datetime

import pytest

from collectors.ssh.host_accounts import Login
from collectors.ssh.sudo_rules import in_force, sudo_rights, untold_groups
from collectors.ssh.sudoers import doas_rules, included, parsed

GROUPS = "ops:x:1100:nina\nsudo:x:27:tom\n"
PEOPLE = [Login("nina", 1001, "/home/nina", ("nina", "ops")), Login("tom", 1000, "/home/tom", ("sudo",))]


def roots(document):
    return sorted({one.login for one in sudo_rights(document, PEOPLE, "web-1", GROUPS) if one.free})


def sudoers(*rules):
    return json.dumps(parsed(["\n".join(rules)])).encode()


@pytest.mark.parametrize(
    ("rules", "free"),
    [
        (["%#1100 ALL=(ALL) ALL"], ["nina"]),
        (["%#27 ALL=(ALL) ALL"], ["tom"]),
        (["ALL ALL=(ALL) ALL", "nina ALL=(ALL) !ALL"], ["tom"]),
        (["nina ALL=(ALL) !ALL", "nina ALL=(ALL) ALL"], ["nina"]),
        (["nina ALL=(ALL) ALL", "nina ALL=(postgres) !ALL"], ["nina"]),
        (["nina ALL=(ALL) !ALL, /usr/bin/vim"], ["nina"]),
        (["+admins ALL=(ALL) ALL"], []),
    ],
)
def test_a_group_may_be_a_number_and_the_last_rule_that_fits_counts(rules, free):
    assert roots(sudoers(*rules)) == free


@pytest.mark.parametrize(
    ("defaults", "free"),
    [
        ("Defaults targetpw", []),
        ("Defaults env_reset, rootpw # the old way", []),
        ("Defaults runaspw\nDefaults !runaspw", ["nina", "tom"]),
        ("Defaults:nina targetpw", ["tom"]),
        ("Defaults:%sudo rootpw", ["nina"]),
        ("Defaults@db-* targetpw", ["nina", "tom"]),
        ("Defaults@web-1 targetpw", []),
        ("Defaults!/usr/bin/id targetpw", ["nina", "tom"]),
        ("Defaults timestamp_timeout=5, secure_path=/bin", ["nina", "tom"]),
    ],
)
def test_a_rule_that_takes_root_s_own_password_makes_nobody_root(defaults, free):
    assert roots(sudoers(*defaults.split("\n"), "ALL ALL=(ALL) ALL")) == free
    assert roots(sudoers(*defaults.split("\n"), "nina ALL=(ALL) NOPASSWD: ALL")) == ["nina"]


@pytest.mark.parametrize(
    ("rule", "untold"),
    [
        ("+admins ALL=(ALL) ALL", ["admins"]),
        ("%acme-admins ALL=(ALL) ALL", ["acme-admins"]),
        ("%#4711 ALL=(ALL) ALL", ["#4711"]),
        ("%acme-admins ALL=(ALL) /usr/bin/id -u", []),
        ("ALL, !%acme-admins ALL=(ALL) ALL", []),
        ("%ops ALL=(ALL) ALL", []),
        ("%wheel ALL=(ALL) ALL", []),
    ],
)
def test_whose_members_nobody_lists_are_told_where_they_would_be_root(rule, untold):
    assert untold_groups(sudoers(rule), "web-1", GROUPS) == untold


def test_a_group_of_another_plugin_s_is_one_whose_members_nobody_lists():
    document = json.loads(sudoers("nina ALL=(ALL) ALL"))
    document["User_Specs"][0]["User_List"] = [{"nonunixgroup": "ACME\\admins"}]
    assert untold_groups(json.dumps(document).encode(), "web-1", GROUPS) == ["ACME\\admins"]


def test_without_a_list_of_groups_no_group_is_known():
    assert untold_groups(sudoers("%sudo ALL=(ALL) ALL"), "web-1", "") == ["sudo"]


def test_what_sudoers_includes():
    text = '@include /etc/sudoers.local\n#include "rules/%h"\n@includedir /etc/sudoers.d/\n# include nothing\n'
    found = [("/etc/sudoers.local", False), ("/etc/rules/%h", False), ("/etc/sudoers.d", True)]
    assert list(included(text)) == found


def test_a_group_that_nobody_lists_needs_root_s_password_too():
    assert untold_groups(sudoers("Defaults targetpw", "%acme-admins ALL=(ALL) ALL"), "web-1", GROUPS) == []


@pytest.mark.parametrize(
    ("text", "free"),
    [
        ("permit nopass nina as root\n", ["nina"]),
        ("permit persist setenv { -ENV PATH } :ops", ["nina"]),
        ("permit tom\ndeny tom as root # no more", []),
        ("permit nina as postgres\npermit nina cmd /usr/bin/id args -u", []),
    ],
)
def test_doas_has_its_own_way_of_writing_the_same(text, free):
    assert roots(doas_rules(text)) == free


def test_a_line_that_doas_would_not_read_is_an_error():
    with pytest.raises(ValueError, match=r"a line of doas\.conf is not understood: allow nina"):
        doas_rules("allow nina")


@pytest.mark.parametrize(
    ("rules", "free"),
    [
        (["nina ALL=(ALL) NOTAFTER=20261031235900Z ALL"], []),
        (["nina ALL=(ALL) NOTAFTER=20261101120000Z NOPASSWD: ALL"], ["nina"]),
        (["nina ALL=(ALL) NOTBEFORE=2026110200Z ALL"], []),
        (["nina ALL=(ALL) NOTBEFORE=20261101023000+0330 ALL"], ["nina"]),
        (["nina ALL=(ALL) NOTAFTER=20261031Z /bin/sh, ALL"], ["nina"]),  # no time that sudo would take
        (["nina ALL=(ALL) NOTAFTER=2026103100Z /usr/bin/id, /bin/sh"], []),
        (["nina ALL=(ALL) NOTAFTER=20261031200000 ALL"], ["nina"]),  # of a zone that is not told
        (["nina ALL=(ALL) NOTAFTER=20261031110000 ALL", "tom ALL=(ALL) ALL"], ["tom"]),
        (["nina ALL=(ALL) ALL", "nina ALL=(ALL) NOTAFTER=20261031000000Z !ALL"], ["nina"]),
    ],
)
def test_a_rule_holds_from_its_begin_to_its_end(rules, free):
    assert roots(in_force(sudoers(*rules), datetime(2026, 11, 1, tzinfo=UTC))) == free


@pytest.mark.parametrize("document", [b"[]", b"{", b'{"User_Specs": [7]}', b'{"User_Specs": [{"Cmnd_Specs": [7]}]}'])
def test_what_cvtsudoers_does_not_write_is_refused(document):
    with pytest.raises(ValueError, match="not what cvtsudoers writes"):
        in_force(document, datetime(2026, 11, 1, tzinfo=UTC))
