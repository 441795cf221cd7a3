"""What may be asked of a host: sudo's lines and the forced command allow exactly the plan, and nothing else."""

import shutil
import subprocess

import pytest

from collectors.ssh import plan


def test_sudo_is_given_whole_commands_without_wildcards():
    lines = plan.sudoers()
    assert lines[0] == "auditor ALL=(root) NOPASSWD: /usr/bin/passwd -S -a"
    assert lines[1] == "auditor ALL=(root) NOPASSWD: /usr/sbin/sshd -T"
    for line in lines:
        assert "*" not in line.replace("\\*", "")
        assert "?" not in line.replace("\\?", "")
    # What takes input from outside is never root's.
    assert not any("files-from" in line or "--since" in line for line in lines)


def test_other_home_folders_stand_in_the_line():
    assert any(" /root /srv/people " in line for line in plan.sudoers(folders=("/root", "/srv/people")))


def test_sudos_own_program_accepts_the_lines(tmp_path):
    visudo = shutil.which("visudo", path="/usr/sbin:/sbin:/usr/bin")
    if visudo is None:
        pytest.skip("visudo is not on this machine")
    (tmp_path / "auditor").write_text("\n".join([*plan.sudoers(), ""]))
    done = subprocess.run([visudo, "-c", "-f", tmp_path / "auditor"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def answering(tmp_path):
    """The forced command with echoes in the programs' places."""
    script = tmp_path / "answers"
    lines = plan.answering_program().splitlines()
    script.write_text("\n".join(f"  echo would run: {i.strip()[:-3]!r} ;;" if i.startswith("  ") else i for i in lines))

    def run(command):
        environment = {"SSH_ORIGINAL_COMMAND": command, "PATH": "/usr/bin:/bin"}
        return subprocess.run(["sh", script], env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.mark.parametrize("command", [*plan.keys_commands(), *plan.logins_commands()], ids=lambda c: c.words[0])
def test_the_forced_command_runs_what_is_planned(answering, command):
    line = command.line(sudo=command.sudo, since=1_700_000_000 if command.since else 0)
    assert answering(line).stdout.startswith("would run: LC_ALL=C")


@pytest.mark.parametrize(
    "command",
    [
        "",
        "sh",
        "LC_ALL=C id -u; rm -rf /",
        "LC_ALL=C getent passwd\nsh",
        plan.JOURNAL.line(since=1) + " --vacuum-time=1s",
        plan.JOURNAL.line(since=1) + "$(reboot)",
        plan.SSHD.line(sudo=True) + " -f /tmp/x",
        "sudo -n /usr/bin/cat /etc/shadow",
    ],
)
def test_the_forced_command_refuses_everything_else(answering, command):
    done = answering(command)
    assert (done.returncode, done.stdout) == (126, "")


def test_the_key_comes_from_one_place_and_gets_no_terminal():
    line = plan.authorized_keys("ssh-ed25519 AAAA auditor", "192.0.2.10")
    assert line == f'from="192.0.2.10",restrict,command="{plan.PROGRAM}" ssh-ed25519 AAAA auditor'
    assert "command=" not in plan.authorized_keys("ssh-ed25519 AAAA auditor", "192.0.2.10", forced=False)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/nina/.ssh/authorized_keys", True),
        ("/root/.ssh/authorized_keys2", True),
        ("/home/example.org/nina/.ssh/authorized_keys", True),
        ("/home/a/b/c/.ssh/authorized_keys", False),
        ("/srv/git/.ssh/authorized_keys", False),
        ("/home/nina/.ssh/other", False),
        ("/homeless/nina/.ssh/authorized_keys", False),
    ],
)
def test_the_search_comes_by_key_files_of_usual_homes(path, found):
    assert plan.found_by_homes(path, plan.HOMES) is found


def test_a_command_as_the_hosts_shell_gets_it():
    assert plan.WHO.line() == "LC_ALL=C id -u"
    assert plan.SSHD.line(sudo=True, since=7) == "LC_ALL=C sudo -n /usr/sbin/sshd -T"
    assert plan.JOURNAL.line(since=7).endswith(" SYSLOG_IDENTIFIER=usermod --since=@7")
    assert {command.words[0] for command in plan.keys_commands() if not command.sudo} == {"id", "getent", plan.PACK[0]}
    assert [command.sudo for command in plan.logins_commands()] == [False, False, True]
