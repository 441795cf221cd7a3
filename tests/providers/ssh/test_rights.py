"""Who reaches which system over SSH, by which key in which login."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.model.tables import Credential, Grant
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.ssh.forwarding import ONLY_FORWARDS
from auditor.providers.ssh.rights import EQUAL, PRINCIPALS, ssh_access
from tests.copies import replace

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "ssh-key:SHA256:abc"
PLACE = {"source": "hosts", "collected_at": AT, "origin": "web-1/nina/authorized_keys", "provider": "ssh"}
OWNERS = {
    KEY: Identity(account=KEY, actor_class=ActorClass.PERSON, person="nina"),
    "ssh:ops@web-1": Identity(account="ssh:ops@web-1", actor_class=ActorClass.SERVICE, owner="ops"),
}


def identify(account):
    return OWNERS.get(account) or Identity(account=account, actor_class=ActorClass.UNKNOWN)


def line(login="nina", host="web-1", **known):
    known = {"credential": KEY, "kind": "ssh-key", **known}
    return Credential(**PLACE, account=f"ssh:{login}@{host}", resource=host, **known)


@pytest.fixture
def resolve(config):
    def access(*credentials, grants=()):
        found = ssh_access(config, Snapshots(credentials=credentials, grants=grants), identify, AT)
        return (*found.access, *found.forwarded)

    return access


def test_a_key_in_a_login_is_a_shell_on_the_hosts_system(resolve):
    end = AT + timedelta(days=1)
    (access,) = resolve(line(expires_at=end, last_used_at=AT))
    assert (access.account, access.person, access.system, access.scope) == ("ssh:nina@web-1", "nina", "shop", "web-1")
    assert (access.capabilities, access.level, access.unrestricted) == ({Capability.SHELL}, Level.WRITE, False)
    assert access.path == ("key SHA256:abc", "login nina on web-1")
    assert (access.credential, access.expires_at, access.last_used_at) == (KEY, end, AT)
    assert access.evidence[0].origin == PLACE["origin"]


def test_root_is_everything_on_that_system(resolve):
    (access,) = resolve(line(login="root"))
    assert (access.unrestricted, access.level, access.system) == (True, Level.ADMIN, "shop")
    assert Capability.MANAGE_INFRASTRUCTURE in access.capabilities


def sudo(level, login="nina", host="web-1"):
    place = {**PLACE, "origin": "ssh://web-1#cvtsudoers"}
    return Grant(**place, principal=f"ssh:{login}@{host}", role="sudo", resource=host, level=level, condition="ALL")


def asks(condition):
    """The right that a line of keys gives, with what sshd asks for."""
    return Grant(**PLACE, principal="ssh:nina@web-1", role="authorized_keys", resource="web-1", condition=condition)


def test_a_login_that_sudo_lets_run_anything_is_roots_equal(resolve):
    (access,) = resolve(line(), grants=[sudo("admin")])
    assert (access.unrestricted, access.level, access.account) == (True, Level.ADMIN, "ssh:nina@web-1")
    assert Capability.MANAGE_SECRETS in access.capabilities
    assert access.path[-1] == "root through sudo: ALL"
    assert [pointer.origin for pointer in access.evidence] == [PLACE["origin"], "ssh://web-1#cvtsudoers"]


@pytest.mark.parametrize(
    ("key", "grant"),
    [
        (line(), sudo("write")),
        (line(), sudo("admin", login="otto")),
        (line(), sudo("admin", host="web-2")),
        (line(options='command="/usr/bin/deploy"'), sudo("admin")),
    ],
)
def test_few_commands_anothers_rule_and_a_forced_command_make_no_root(resolve, key, grant):
    (access,) = resolve(key, grants=[grant])
    assert (access.unrestricted, access.level) == (False, Level.WRITE)


def test_a_group_that_is_roots_equal_makes_root_and_none_for_who_is_kept_to_a_folder(resolve):
    equal = replace(sudo("admin"), role=EQUAL, condition="the group docker")
    (access,) = resolve(line(), grants=[equal])
    assert (access.unrestricted, access.path[-1]) == (True, "root through the group docker")
    (access,) = resolve(line(), grants=[equal, asks("only below /srv (ChrootDirectory)")])
    assert (access.unrestricted, access.conditions) == (False, ("only below /srv (ChrootDirectory)",))


@pytest.mark.parametrize(
    ("asked", "options", "held", "level"),
    [
        ("only to run internal-sftp (ForceCommand)", None, [Capability.DEPLOY], Level.WRITE),
        ("only to run internal-sftp -R (ForceCommand)", None, [Capability.READ_DATA], Level.READ),
        (None, 'command="/usr/bin/rrsync -ro /srv"', [Capability.READ_DATA], Level.READ),
        ("only to run /usr/sbin/nologin (ForceCommand)", None, [], None),
        (None, 'command="/bin/echo no"', [], None),
        # sshd's own command is run, whatever the line says.
        ("only to run /bin/false (ForceCommand)", 'command="/usr/bin/deploy"', [], None),
        (ONLY_FORWARDS, None, [], None),
        (None, 'command="/usr/bin/bash -l"', [Capability.SHELL], Level.WRITE),
        (None, r'command="eval \"$SSH_ORIGINAL_COMMAND\""', [Capability.SHELL], Level.WRITE),
        ("only to run /bin/sh -c $SSH_ORIGINAL_COMMAND (ForceCommand)", None, [Capability.SHELL], Level.WRITE),
        (None, 'command="/bin/sh /srv/deploy.sh"', [Capability.DEPLOY], Level.WRITE),
        (None, 'command="/srv/gate $SSH_ORIGINAL_COMMAND"', [Capability.DEPLOY], Level.WRITE),
    ],
)
def test_what_a_command_that_is_forced_lets_do(resolve, asked, options, held, level):
    found = resolve(line(options=options), grants=[asks(asked)])
    assert [(access.capabilities, access.level) for access in found] == [({one}, level) for one in held]


def test_the_most_specific_host_pattern_wins(resolve):
    assert [access.system for access in resolve(line(host="web-mail-1"), line(host="web-mail-2"))] == ["mail", "shop"]


def test_a_host_of_no_system_gives_nothing(resolve):
    assert resolve(line(host="laptop")) == ()


def test_a_forced_command_is_a_deployment_even_for_root(resolve):
    (access,) = resolve(line(login="root", options='restrict,command="/usr/bin/deploy --to \\"shop\\""'))
    assert (access.capabilities, access.level, access.unrestricted) == ({Capability.DEPLOY}, Level.WRITE, False)
    assert access.conditions == ('only to run /usr/bin/deploy --to "shop"',)


@pytest.mark.parametrize(
    ("options", "conditions"),
    [
        ('from="10.0.0.0/8,192.0.2.7"', ("only from 10.0.0.0/8,192.0.2.7",)),
        ("no-pty", ("without a terminal",)),
        ("restrict", ("without a terminal",)),
        ("restrict,pty", ()),
        ('environment="command=x"', ()),
        ('FROM="10.0.0.1",no-pty', ("only from 10.0.0.1", "without a terminal")),
        (None, ()),
    ],
)
def test_what_the_line_asks_for_is_told(resolve, options, conditions):
    (access,) = resolve(line(options=options))
    assert access.conditions == conditions
    assert access.capabilities == {Capability.SHELL}


def test_an_expired_or_disabled_key_opens_nothing(resolve):
    assert resolve(line(expires_at=AT), line(enabled=False)) == ()


def test_a_key_that_nobody_is_known_to_own_is_its_logins(resolve):
    (access,) = resolve(line(login="ops", credential="ssh-key:SHA256:xyz"))
    assert (access.identity.actor_class, access.identity.owner) == (ActorClass.SERVICE, "ops")


def test_a_known_persons_key_is_theirs_in_any_login(resolve):
    (access,) = resolve(line(login="ops"))
    assert (access.person, access.account) == ("nina", "ssh:ops@web-1")


def test_the_grant_of_the_line_says_how_to_take_it_away(resolve):
    grants = [
        Grant(
            **PLACE,
            record=number,
            principal="ssh:nina@web-1",
            role="authorized_keys",
            resource="web-1",
            handle=f"line {number}",
        )
        for number in (0, 1)
    ]
    (access,) = resolve(line(record=1, handle="own"), grants=grants)
    assert access.handles == ("line 1",)
    assert resolve(line(handle="own"))[0].handles == ("own",)


def test_credentials_of_other_providers_are_none_of_this(config):
    key = Credential(
        **{**PLACE, "provider": "aws"}, credential="AKIA", kind="access-key", account="arn:aws:iam::1:user/x"
    )
    assert ssh_access(config, Snapshots(credentials=[key]), identify, AT).access == ()


def forwards(place, login="nina", host="bastion"):
    known = {**PLACE, "origin": "ssh://bastion#sshd"}
    return Grant(**known, principal=f"ssh:{login}@{host}", role="PermitOpen", resource=place, level="write")


@pytest.mark.parametrize(
    ("options", "reached"),
    [
        (None, True),
        ('permitopen="web-1:5432"', True),
        ('permitopen="web-2:5432"', False),
        ("no-port-forwarding", False),
        ("restrict", False),
        ("restrict,port-forwarding", True),
    ],
)
def test_a_port_that_sshd_forwards_is_a_path_to_the_system_behind_it(resolve, options, reached):
    key = line(host="bastion", options=options)
    found = resolve(key, grants=[forwards("web-1:5432")])
    assert [(one.resource, one.scope, one.state) for one in found] == [("web-1", "web-1", "if")] * reached
    for one in found:
        assert one.path[-1] == "sshd forwards to web-1:5432 (PermitOpen)"
        assert one.capabilities == {Capability.READ_DATA, Capability.WRITE_DATABASE}


@pytest.mark.parametrize("place", ["localhost:5432", "127.0.0.1:5432", "[::1]:5432"])
def test_what_listens_on_the_host_itself_is_its_systems(resolve, place):
    key, grant = line(), forwards(place, host="web-1")
    shell, behind = resolve(key, grants=[grant])
    assert (shell.capabilities, behind.scope) == ({Capability.SHELL}, "web-1")
    only = resolve(key, grants=[grant, asks(f"only from 10.0.0.1 (AllowUsers); {ONLY_FORWARDS}")])
    assert [one.conditions for one in only] == [
        ("only from 10.0.0.1 (AllowUsers)", f"only with an account of what listens at {place}")
    ]


def test_for_whom_an_authority_signs_is_not_known(config):
    trusted = [line("*", host, kind="certificate") for host in ("web-1", "web-2")]
    told = {"principal": "ssh-principal:ops", "role": PRINCIPALS, "resource": "web-2", "level": "write"}
    listed = Grant(**{**PLACE, **told, "record": 1})
    rows = Snapshots(credentials=(*trusted, line()), grants=(listed, sudo("admin", host="web-2")))
    (lost,) = ssh_access(config, rows, identify, AT).unresolved
    assert str(lost.subject) == f"who has certificates of {KEY}"
    assert lost.reason.startswith("sshd on web-1, web-2 trusts this authority")
    assert lost.reason.endswith("it lets in those who are called ops in theirs")
    assert ssh_access(config, Snapshots(credentials=(line(),)), identify, AT).unresolved == ()


def test_an_authority_lets_in_whom_each_of_its_lines_names_and_is_none_where_its_key_opens_a_login(config):
    named = [
        line(host=host, kind="certificate", options=f'cert-authority,principals="{who}"')
        for host, who in (("web-1", "ops"), ("web-2", "dba"))
    ]
    rows = Snapshots(credentials=(*named, line(host="web-3")))
    (lost,) = ssh_access(config, rows, identify, AT).unresolved
    assert lost.reason.startswith("sshd on web-1, web-2 trusts this authority")
    assert lost.reason.endswith("it lets in those who are called dba, ops in theirs")
