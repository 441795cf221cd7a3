"""The script's SSH steps, run by the real ssh against a real sshd."""

import json
import os
import signal
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import asyncssh
import pytest

from auditor.config.models import Config
from auditor.config.roster import BreakGlass
from auditor.demo.sshd import PROGRAM, sshd
from auditor.model.consequences import Consequence, WouldFail
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.vocabulary import ActorClass, Capability, Level
from reports.cleanup import write_cleanup
from tests import waiting
from tests.reports.cleanup.cases import CONFIG, audit, execute, finding, log

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="no sshd here")


def new_key():
    key = asyncssh.generate_private_key("ssh-ed25519")
    line = key.export_public_key().decode().strip()
    return SimpleNamespace(private=key.export_private_key(), line=line, print=key.get_fingerprint())


def authorized(host, login, key, **more):
    known = {"host": host, "user": login, "fingerprint": key.print, **more}
    return json.dumps({"provider": "ssh", "type": "authorized-key", **known})


@pytest.fixture
def host(tmp_path):
    """A host that lets in whoever runs the script, Piet twice, and others, with what else stands in such files."""
    admin, piet, deploy = new_key(), new_key(), new_key()
    lines = (
        "# who may log in",
        admin.line,
        f'from="10.0.0.0/8",command="echo \\"a\\\\b $(touch pwned)\\"" {piet.line} piet * laptop',
        "not a key",
        f"restrict {deploy.line} deploy",
        f"{piet.line} piet again",
    )
    folder = tmp_path / "web-1"
    with sshd(folder, lines) as server:
        # The login's home is the folder: sshd's file and the one in .ssh are the same.
        (folder / ".ssh").symlink_to(folder)
        config = tmp_path / "ssh_config"
        for name, key in (("admin", admin), ("piet", piet)):
            (tmp_path / name).touch(mode=0o600)
            (tmp_path / name).write_bytes(key.private)
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(server.known_hosts)
        config.write_text(
            f"Host web-1\n  HostName {server.address}\n  Port {server.port}\n  User {server.user}\n"
            f"  IdentityFile {tmp_path / 'admin'}\n  IdentitiesOnly yes\n  UserKnownHostsFile {known_hosts}\n"
        )
        yield SimpleNamespace(
            file=folder / "authorized_keys",
            login=server.user,
            server=server,
            config=config,
            known_hosts=known_hosts,
            admin=admin,
            piet=piet,
            deploy=deploy,
        )


@pytest.fixture
def scripts(tmp_path):
    """The folder that they are written to."""
    return tmp_path / "scripts"


def environ(host, **more):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AUDITOR_SSH_CONFIG": str(host.config), **more}


def run(script, host, *options, **more):
    return execute(script, environ(host, **more), *options)


def lets_in(host, key):
    """Whether sshd still opens with a key."""
    identity = ["-i", str(host.config.parent / key), "-o", f"UserKnownHostsFile={host.known_hosts}"]
    place = [f"-p{host.server.port}", f"{host.login}@{host.server.address}"]
    options = ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", *identity, *place]
    return subprocess.run(["ssh", *options, "true"], check=False, capture_output=True).returncode == 0


def test_dry_run_changes_nothing_apply_removes_the_key_wherever_it_stands_and_undo_puts_it_back(host, scripts):
    host.file.write_text("\n".join(line for line in host.file.read_text().splitlines() if "from=" not in line))
    before = host.file.read_bytes()
    made = write_cleanup(audit(finding(authorized("web-1", host.login, host.piet))), CONFIG, None, scripts)

    dry = run(made.script, host)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert f"Remove the key {host.piet.print} from {host.login}'s authorized_keys on web-1" in dry.stdout
    assert "1 would be done, 0 needed nothing, 0 need attention" in dry.stdout
    assert host.file.read_bytes() == before
    assert lets_in(host, "piet")

    done = run(made.script, host, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert host.file.read_text() == "".join(line + "\n" for line in before.decode().splitlines()[:-1])
    assert stat.S_IMODE(host.file.stat().st_mode) == 0o600
    assert [path.name for path in host.file.parent.glob("authorized_keys*")] == ["authorized_keys"]
    assert not lets_in(host, "piet")
    assert log(scripts)[-1] | {"time": "", "cleanup": "", "findings": []} == {
        "time": "",
        "action": "revoke",
        "status": "done",
        "run": "20261002T020000Z",
        "cleanup": "",
        "step": 1,
        "provider": "ssh",
        "type": "authorized-key",
        "account": "web-1",
        "user": host.login,
        "right": host.piet.print,
        "findings": [],
        "caller": host.admin.print,
        "detail": "",
    }

    assert "0 done, 1 needed nothing" in run(made.script, host, "--apply", "--yes").stdout
    undone = run(made.undo, host, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, "")
    assert host.file.read_text() == before.decode() + "\n"
    assert lets_in(host, "piet")
    assert "0 done, 1 needed nothing" in run(made.undo, host, "--apply", "--yes").stdout


def test_options_and_hostile_comments_come_back_to_the_letter(host, scripts):
    before = host.file.read_bytes()
    several = finding(*(authorized("web-1", host.login, key) for key in (host.piet, host.deploy)))
    made = write_cleanup(audit(several), CONFIG, None, scripts)

    assert run(made.script, host, "--apply", "--yes").returncode == 0
    assert host.file.read_text() == f"# who may log in\n{host.admin.line}\nnot a key\n"
    assert run(made.undo, host, "--apply", "--yes").returncode == 0
    assert host.file.read_bytes() == before
    assert not list(host.file.parent.rglob("pwned"))


def test_the_key_that_logs_in_stays_and_so_do_the_runner_s_others(host, scripts):
    mine = finding(authorized("web-1", host.login, host.admin), person=None)
    me = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    other = finding(authorized("web-1", host.login, host.deploy), thing="y", person=me)
    made = write_cleanup(audit(mine, other), CONFIG, [mine.id, other.id], scripts)
    before = host.file.read_bytes()

    result = run(made.script, host, "--apply", "--yes")

    assert result.returncode == 1
    assert "LEFT OUT: you are using it to run this" in result.stdout
    assert "LEFT OUT: it is your own: somebody else must take it away" in result.stdout
    assert host.file.read_bytes() == before


def test_a_host_with_another_key_or_no_such_file_or_login_stops_the_step(host, scripts):
    login = "$(touch pwned)'; touch pwned; \"`touch pwned`"
    handles = (
        authorized("web-1", host.login, host.piet, file=f"{host.file.parent}/elsewhere"),
        authorized("web-1", login, host.piet),
    )
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, scripts)

    result = run(made.script, host, "--apply", "--yes")
    assert result.returncode == 1
    assert f"FAILED: there is no {host.file.parent}/elsewhere" in result.stdout
    assert "FAILED: the host knows no login of that name" in result.stdout
    assert log(scripts)[0]["user"] == login
    assert not [*host.file.parent.rglob("pwned"), *scripts.rglob("pwned")]

    host.known_hosts.write_text(host.server.known_hosts.replace(host.server.host_key, new_key().line))
    refused = run(made.script, host, "--apply", "--yes", "--only", "1")
    assert "FAILED: " in refused.stdout
    assert "Host key verification failed." in refused.stdout


def test_a_file_of_its_own_name_and_a_host_named_by_the_environment(host, scripts):
    keys = host.file.parent / "keys of nina"
    keys.write_text(f"{host.piet.line}\n")
    handle = authorized("unknown.invalid", host.login, host.piet, file=str(keys))
    made = write_cleanup(audit(finding(handle)), CONFIG, None, scripts)

    assert "NOT CHECKED: " in run(made.script, host).stdout
    assert run(made.script, host, "--apply", "--yes", AUDITOR_SSH_1="web-1").returncode == 0
    assert keys.read_text() == ""
    assert host.piet.line in host.file.read_text()


def test_a_symbolic_link_in_place_of_the_file_is_left_alone(host, scripts):
    keys = host.file.parent / "linked"
    keys.symlink_to(host.file)
    made = write_cleanup(
        audit(finding(authorized("web-1", host.login, host.piet, file=str(keys)))), CONFIG, None, scripts
    )
    result = run(made.script, host, "--apply", "--yes")
    assert "is no plain file that can be read" in result.stdout
    assert keys.is_symlink()


def test_killed_in_the_middle_and_run_again_it_finishes_and_can_be_undone(host, scripts):
    several = finding(*(authorized("web-1", host.login, key) for key in (host.piet, host.deploy)))
    made = write_cleanup(audit(several), CONFIG, None, scripts)
    before = host.file.read_bytes()
    running = subprocess.Popen(
        ["bash", str(made.script), "--apply", "--yes"],
        env=environ(host),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    lines = scripts / "cleanup-log.jsonl"
    waiting.until(lambda: lines.exists() and "started" in lines.read_text())
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()

    assert run(made.script, host, "--apply", "--yes").returncode == 0
    assert host.file.read_text() == f"# who may log in\n{host.admin.line}\nnot a key\n"
    assert run(made.undo, host, "--apply", "--yes").returncode == 0
    assert host.file.read_bytes() == before


def test_break_glass_keys_and_the_last_ways_to_root_stay(scripts):
    key, other = new_key(), new_key()
    handles = [authorized("web-1", "root", one) for one in (key, other)]
    access = [
        Entitlement(
            identity=Identity(account="ssh:root@web-1", actor_class=ActorClass.PERSON, person=name),
            account="ssh:root@web-1",
            provider="ssh",
            scope="web-1",
            system=None,
            capabilities=frozenset(Capability),
            level=Level.ADMIN,
            unrestricted=True,
            handles=(handle,),
        )
        for name, handle in zip(("mia", "leon"), handles, strict=True)
    ]
    both = audit(finding(handles[0]), finding(handles[1], thing="y"))

    everybody = write_cleanup(both, CONFIG, None, scripts / "a", access)
    assert everybody.plan.steps == ()
    assert all("the last person who can administer" in note.why for note in everybody.plan.left_out)
    one = write_cleanup(both, CONFIG, [both.findings[0].id], scripts / "b", access)
    assert [step.right.name for step in one.plan.steps] == [key.print]

    seal = BreakGlass(id="seal", accounts=(f"ssh-key:{key.print}",), keeper="tom")
    config = Config(organisation="Harbour Shop", break_glass=(seal,))
    sealed = write_cleanup(both, config, [one.id for one in both.findings], scripts / "c")
    assert [note.why for note in sealed.plan.left_out] == ["It is break-glass."]
    assert [step.right.name for step in sealed.plan.steps] == [other.print]


def test_a_step_that_would_have_broken_something_this_week_asks_once_more(host, scripts):
    handle = json.loads(authorized("web-1", host.login, host.deploy))
    at = datetime.now(UTC)
    acts = (WouldFail(who="ci", action="ssh:login", last_at=at),)
    told = {"since": at - timedelta(days=30), "until": at, "failed": 14, "recent": 14, "acts": acts}
    broken = Consequence(handles=(handle,), **told)
    made = write_cleanup(audit(finding(json.dumps(handle))), CONFIG, None, scripts, consequences=[broken])

    dry = run(made.script, host)
    assert "without it: would have failed 14 times in the last week: ci, ssh:login" in dry.stdout
    assert "asks once more: needs --sure 1, or a yes of its own" in dry.stdout
    assert dry.returncode == 0

    left = run(made.script, host, "--apply", "--yes")
    assert (
        "LEFT OUT: it would have failed 14 times in the last week: ci, ssh:login: ask for it by itself" in left.stdout
    )
    assert left.returncode == 1
    assert host.deploy.line in host.file.read_text()

    assert run(made.script, host, "--apply", "--yes", "--sure", "1").returncode == 0
    assert host.deploy.line not in host.file.read_text()
    assert "without it" not in run(made.undo, host, "--apply", "--yes").stdout


def test_a_step_of_which_nothing_was_asked_says_so(host, scripts):
    made = write_cleanup(audit(finding(authorized("web-1", host.login, host.deploy))), CONFIG, None, scripts)
    assert "without it: not known: it was not asked" in run(made.script, host).stdout
