"""The cleanup script and its undo, run by the real AWS CLI against moto's server."""

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import boto3
import pytest

from auditor.errors import UsageError
from auditor.ledger import Removal
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.handles import policy_fingerprint, write_handle
from auditor.model.vocabulary import ActorClass, Capability, Level
from reports.cleanup import write_cleanup
from reports.cleanup.delete import write_delete
from tests import waiting
from tests.copies import replace
from tests.reports.cleanup.cases import ACCOUNT, CONFIG, audit, execute, finding, log

BIN = Path(sys.executable).parent
DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "ébauche", "Effect": "Allow", "Action": ["ecs:*"], "Resource": "*"}],
}


@pytest.fixture
def aws(moto_server, forked):
    """moto's server, and the real AWS CLI that talks to it."""
    return SimpleNamespace(url=moto_server, program=forked("aws"))


@pytest.fixture
def iam(moto_server):
    return boto3.client(
        "iam", endpoint_url=moto_server, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )


@pytest.fixture
def piet(iam):
    """A user with one right of each kind, under a name of his own for each test."""
    name, group = f"piet-{uuid4().hex[:8]}", f"writers-{uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    iam.create_group(GroupName=group)
    iam.add_user_to_group(UserName=name, GroupName=group)
    managed = iam.create_policy(PolicyName=f"ops-{name}", PolicyDocument=json.dumps(DOCUMENT))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=managed)
    iam.put_user_policy(UserName=name, PolicyName="checkout", PolicyDocument=json.dumps(DOCUMENT, indent=3))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    handles = (
        write_handle(
            "aws", "inline-user-policy", ACCOUNT, user=name, policy="checkout", fingerprint=policy_fingerprint(DOCUMENT)
        ),
        write_handle(
            "aws",
            "attached-user-policy",
            ACCOUNT,
            user=name,
            policy_arn=managed,
            fingerprint=policy_fingerprint(DOCUMENT),
        ),
        write_handle("aws", "group-membership", ACCOUNT, user=name, group=group),
        write_handle("aws", "access-key", ACCOUNT, user=name, key=key["AccessKeyId"]),
    )
    return SimpleNamespace(name=name, group=group, key=key, managed=managed, handles=handles)


def rights(iam, user):
    """Everything that the steps touch, as IAM has it now."""
    return {
        "inline": {
            name: iam.get_user_policy(UserName=user, PolicyName=name)["PolicyDocument"]
            for name in iam.list_user_policies(UserName=user)["PolicyNames"]
        },
        "attached": [p["PolicyArn"] for p in iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]],
        "groups": [g["GroupName"] for g in iam.list_groups_for_user(UserName=user)["Groups"]],
        "keys": {k["AccessKeyId"]: k["Status"] for k in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]},
    }


def environ(aws, key=None):
    return {
        "PATH": f"{aws.program}:{os.environ['PATH']}",
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"] if key else "x",
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"] if key else "y",
    }


def run(script, aws, *options, key=None):
    return execute(script, environ(aws, key), *options)


def test_dry_run_changes_nothing_apply_does_what_it_said_and_undo_gives_it_back(iam, piet, aws, tmp_path):
    inline, _, membership, key = piet.handles
    found = finding(inline, membership, key)
    made = write_cleanup(audit(found), CONFIG, None, tmp_path)
    before = rights(iam, piet.name)

    dry = run(made.script, aws)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "3 would be done, 0 needed nothing, 0 need attention" in dry.stdout
    assert [line.split("$ aws iam ")[1] for line in dry.stdout.splitlines() if "$ " in line] == [
        f"update-access-key --user-name={piet.name} --access-key-id={piet.key['AccessKeyId']} --status Inactive",
        f"remove-user-from-group --user-name={piet.name} --group-name={piet.group}",
        f"delete-user-policy --user-name={piet.name} --policy-name=checkout",
    ]
    assert rights(iam, piet.name) == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cleanup.sh", "undo.sh"]

    done = run(made.script, aws, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 done, 0 needed nothing" in done.stdout
    assert rights(iam, piet.name) == {
        "inline": {},
        "attached": [piet.managed],
        "groups": [],
        "keys": {piet.key["AccessKeyId"]: "Inactive"},
    }
    assert [(line["step"], line["status"]) for line in log(tmp_path)] == [
        (n, status) for n in (1, 2, 3) for status in ("started", "done")
    ]
    assert log(tmp_path)[0] | {"time": "", "caller": ""} == {
        "time": "",
        "action": "revoke",
        "status": "started",
        "run": "20261002T020000Z",
        "cleanup": log(tmp_path)[0]["cleanup"],
        "step": 1,
        "provider": "aws",
        "type": "access-key",
        "account": ACCOUNT,
        "user": piet.name,
        "right": piet.key["AccessKeyId"],
        "findings": [found.id],
        "caller": "",
        "detail": "",
    }
    assert stat.S_IMODE((tmp_path / "cleanup-log.jsonl").stat().st_mode) == 0o600
    (state,) = tmp_path.glob("applied-*")
    assert stat.S_IMODE(state.stat().st_mode) == 0o700

    again = run(made.script, aws, "--apply", "--yes", "--only", "1")
    assert again.returncode == 0
    assert "0 done, 1 needed nothing" in again.stdout

    undone = run(made.undo, aws, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, "")
    assert rights(iam, piet.name) == before
    assert "0 done, 1 needed nothing" in run(made.undo, aws, "--apply", "--yes", "--only", "3").stdout


def test_a_step_stops_when_its_policy_was_changed_after_the_audit_and_the_others_go_on(iam, piet, aws, tmp_path):
    made = write_cleanup(audit(finding(*piet.handles[:3])), CONFIG, None, tmp_path)
    changed = json.dumps({**DOCUMENT, "Id": "new"})
    iam.put_user_policy(UserName=piet.name, PolicyName="checkout", PolicyDocument=changed)
    iam.create_policy_version(PolicyArn=piet.managed, PolicyDocument=changed, SetAsDefault=True)
    iam.remove_user_from_group(UserName=piet.name, GroupName=piet.group)

    result = run(made.script, aws, "--apply", "--yes")

    assert result.returncode == 1
    assert result.stdout.count("STOPPED: its document was changed after the audit") == 2
    assert rights(iam, piet.name)["inline"]["checkout"]["Id"] == "new"
    assert rights(iam, piet.name)["attached"] == [piet.managed]
    assert [(line["type"], line["status"]) for line in log(tmp_path)] == [
        ("group-membership", "already-gone"),
        ("attached-policy", "stopped"),
        ("inline-policy", "stopped"),
    ]


def test_killed_in_the_middle_and_run_again_it_finishes_and_can_be_undone(iam, piet, aws, tmp_path):
    made = write_cleanup(audit(finding(piet.handles[1], piet.handles[3])), CONFIG, None, tmp_path)
    before = rights(iam, piet.name)
    running = subprocess.Popen(
        ["bash", str(made.script), "--apply", "--yes"],
        env={**environ(aws), "PATH": f"{BIN}:{os.environ['PATH']}"},  # it is killed with all that it started
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    )
    lines = tmp_path / "cleanup-log.jsonl"
    waiting.until(lambda: lines.exists() and "started" in lines.read_text().rsplit("done", 1)[-1])
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()

    assert run(made.script, aws, "--apply", "--yes").returncode == 0
    after = rights(iam, piet.name)
    assert (after["attached"], list(after["keys"].values())) == ([], ["Inactive"])
    assert run(made.undo, aws, "--apply", "--yes").returncode == 0
    assert rights(iam, piet.name) == before


def test_hostile_names_are_data_to_the_script(iam, aws, tmp_path):
    name = f"$(touch pwned){uuid4().hex[:6]}'\"`id`"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="-; touch pwned", PolicyDocument=json.dumps(DOCUMENT))
    handle = write_handle("aws", "inline-user-policy", ACCOUNT, user=name, policy="-; touch pwned")
    summary = "'; touch pwned; '\n$(touch pwned) \u202e\x1b[2J ${HOME} \\"
    found = finding(handle, summary=summary, person=name, ticket="`touch pwned`")
    made = write_cleanup(audit(found), CONFIG, [found.id], tmp_path)

    result = run(made.script, aws, "--apply", "--yes")

    assert result.returncode == 0, result.stdout + result.stderr
    assert iam.list_user_policies(UserName=name)["PolicyNames"] == []
    assert log(tmp_path)[-1]["user"] == name
    assert "\x1b" not in result.stdout
    assert not list(tmp_path.rglob("pwned"))


def test_the_person_running_it_keeps_their_own_rights(iam, piet, aws, tmp_path):
    iam.put_group_policy(GroupName=piet.group, PolicyName="deploy", PolicyDocument=json.dumps(DOCUMENT))
    theirs = write_handle("aws", "inline-group-policy", ACCOUNT, group=piet.group, policy="deploy")
    found = finding(theirs, piet.handles[2], person=None)
    made = write_cleanup(audit(found), CONFIG, [found.id], tmp_path)

    result = run(made.script, aws, "--apply", "--yes", key=piet.key)

    assert result.returncode == 1
    assert result.stdout.count("LEFT OUT: it is your own") == 1
    assert result.stdout.count("LEFT OUT: it may be your own") == 1
    assert rights(iam, piet.name)["groups"] == [piet.group]
    assert iam.list_group_policies(GroupName=piet.group)["PolicyNames"] == ["deploy"]


def test_it_refuses_other_accounts_old_audits_and_unconfirmed_runs(piet, aws, tmp_path):
    elsewhere = write_handle("aws", "access-key", "999988887777", user=piet.name, key=piet.key["AccessKeyId"])
    made = write_cleanup(audit(finding(elsewhere), days_old=8), CONFIG, None, tmp_path)

    old = run(made.script, aws, "--apply", "--yes")
    assert (old.returncode, old.stderr) == (3, "The audit is older than 7 days. Audit again; nothing was changed.\n")
    unconfirmed = run(made.script, aws, "--apply", "--max-age", "30")
    assert (unconfirmed.returncode, unconfirmed.stderr.split(":")[0]) == (2, "Nobody is there to confirm")
    wrong = run(made.script, aws, "--apply", "--yes", "--max-age", "30")
    assert wrong.returncode == 1
    assert (
        "the credentials are for AWS account 123456789012; name a profile in AUDITOR_PROFILE_999988887777"
        in wrong.stdout
    )
    assert run(made.script, aws, "--max-age", "soon").returncode == 2
    assert run(made.script, aws, "--frobnicate").returncode == 2


def test_only_some_steps_by_number_or_finding(piet, aws, tmp_path):
    first, second = finding(piet.handles[0]), finding(*piet.handles[:2], thing="y")
    made = write_cleanup(audit(first, second), CONFIG, None, tmp_path)

    def listed(*options):
        return run(made.script, aws, "--list", *options).stdout

    assert [line.strip()[:2] for line in listed().splitlines()[1:]] == ["1.", "Pi", "2.", "Pi"]
    assert "1. Detach policy" in listed("--only", "1")
    assert "2. " not in listed("--only", "1")
    assert "1. " not in listed("--only", first.id)
    assert f"     {first.summary} (finding {first.id} {second.id})" in listed("--only", first.id)
    assert len(listed("--only", "7").splitlines()) == 1


def test_passwords_go_on_request_only_one_by_one_and_last_and_undo_says_that_it_cannot_restore_them(
    iam, piet, aws, tmp_path
):
    iam.create_login_profile(UserName=piet.name, Password="Correct-horse-7", PasswordResetRequired=False)
    password = write_handle("aws", "login-profile", ACCOUNT, user=piet.name)
    found = finding(password, piet.handles[3])
    nightly = write_cleanup(audit(found), CONFIG, None, tmp_path / "nightly").plan
    assert [step.right.kind for step in nightly.steps] == ["access-key"]
    assert f"on request only: auditor revoke {found.id}" in nightly.left_out[0].why
    made = write_cleanup(audit(found), CONFIG, [found.id], tmp_path)
    assert [step.right.kind for step in made.plan.steps] == ["access-key", "login-profile"]

    asked = run(made.script, aws, "--apply", "--yes", "--only", "2")
    assert (asked.returncode, "LEFT OUT: it cannot be undone: ask for it" in asked.stdout) == (1, True)
    assert iam.get_login_profile(UserName=piet.name)
    assert run(made.script, aws, "--apply", "--yes", "--only", "2", "--final", "2").returncode == 0
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_login_profile(UserName=piet.name)
    undone = run(made.undo, aws, "--apply", "--yes", "--only", "2")
    assert undone.returncode == 1
    assert "BY HAND: a password cannot be restored" in undone.stdout


def test_break_glass_is_left_out_and_what_the_script_cannot_do_is_listed(tmp_path, aws):
    sealed = write_handle("aws", "access-key", ACCOUNT, user="break-glass", key="AKIAHARBOUR000000001")
    trust = write_handle("aws", "trust", ACCOUNT, role="deploy", principal="arn:aws:iam::444455556666:root")
    line = json.dumps(
        {"provider": "ssh", "type": "authorized-key", "host": "web-1", "user": "root", "fingerprint": "SHA256:x"}
    )
    url = write_handle("aws", "group-membership", ACCOUNT, user="file:///etc/passwd", group="g")
    made = write_cleanup(audit(finding(sealed, trust, line, url, "no json")), CONFIG, None, tmp_path)

    assert made.plan.steps == ()
    assert [note.why for note in made.plan.left_out] == ["It is break-glass."]
    assert [note.what for note in made.plan.by_hand] == [
        "Remove arn:aws:iam::444455556666:root from the trust policy of role deploy in AWS account 123456789012",
        "Remove the key SHA256:x from root's authorized_keys on web-1",
        "Take away aws group-membership: account 123456789012; user file:///etc/passwd; group g",
        "Take away a right without a readable handle",
    ]
    shown = run(made.script, aws).stdout
    assert shown.count("\nBy hand: ") == 4
    assert shown.count("\nLeft out: ") == 1


def admin(name, *handles):
    return Entitlement(
        identity=Identity(account=f"arn:aws:iam::999988887777:user/{name}", actor_class=ActorClass.PERSON, person=name),
        account=f"arn:aws:iam::999988887777:user/{name}",
        provider="aws",
        scope="999988887777",
        system=None,
        capabilities=frozenset(Capability),
        level=Level.ADMIN,
        unrestricted=True,
        handles=handles,
    )


def test_the_last_who_can_manage_access_keep_it(tmp_path):
    leon, mia = (
        write_handle(
            "aws",
            "attached-user-policy",
            "999988887777",
            user=name,
            policy_arn="arn:aws:iam::aws:policy/AdministratorAccess",
        )
        for name in ("leon", "mia")
    )
    both = audit(finding(leon), finding(mia, thing="y"))
    access = (admin("leon", leon), admin("mia", mia))

    everybody = write_cleanup(both, CONFIG, None, tmp_path / "a", access)
    assert everybody.plan.steps == ()
    assert all("the last person who can administer" in note.why for note in everybody.plan.left_out)

    one = write_cleanup(both, CONFIG, [both.findings[0].id], tmp_path / "b", access)
    assert [step.right.holder for step in one.plan.steps] == ["leon"]


def test_an_unknown_finding_is_a_usage_error_and_one_without_a_right_is_work_by_hand(tmp_path):
    silent = finding(thing="no handle")
    with pytest.raises(UsageError, match="no finding 1234"):
        write_cleanup(audit(silent), CONFIG, ["1234"], tmp_path)
    made = write_cleanup(audit(silent), CONFIG, [silent.id], tmp_path)
    assert [note.what for note in made.plan.by_hand] == ["Take the access away."]


def test_scripts_that_were_applied_are_not_overwritten_by_others(piet, tmp_path):
    (tmp_path / "applied-0123456789ab").mkdir()
    with pytest.raises(UsageError, match="has been applied"):
        write_cleanup(audit(finding(*piet.handles)), CONFIG, None, tmp_path)


def test_a_password_made_after_the_audit_is_left_alone(iam, piet, aws, tmp_path):
    iam.create_login_profile(UserName=piet.name, Password="Correct-horse-7", PasswordResetRequired=False)
    made_at = iam.get_login_profile(UserName=piet.name)["LoginProfile"]["CreateDate"]

    def script(changed_at, folder):
        password = write_handle("aws", "login-profile", ACCOUNT, user=piet.name, created_at=changed_at.isoformat())
        found = finding(password)
        return write_cleanup(audit(found), CONFIG, [found.id], tmp_path / folder).script

    anew = run(script(made_at - timedelta(days=3), "anew"), aws)
    assert "STOPPED: the password was set anew after the audit" in anew.stdout
    assert "1 would be done" in run(script(made_at, "same"), aws).stdout
    assert "1 would be done" in run(script(made_at + timedelta(days=3), "changed"), aws).stdout


def deactivated(piet, days=20):
    """What a cleanup's log says of Piet's key, so many days before the audit."""
    right = ("aws", "access-key", ACCOUNT, "user", piet.name, piet.key["AccessKeyId"])
    time_ = datetime.now(UTC) - timedelta(days=days)
    return Removal(cleanup="c", step=1, time=time_, finding="ab" * 8, right=right, caller="tom")


def test_what_was_deactivated_long_ago_is_deleted_and_only_while_it_is_inactive(iam, piet, aws, tmp_path):
    key = piet.key["AccessKeyId"]
    iam.update_access_key(UserName=piet.name, AccessKeyId=key, Status="Inactive")
    script = write_delete(audit(), [deactivated(piet)], CONFIG, timedelta(days=14), tmp_path)

    dry = run(script, aws)
    assert (dry.returncode, "1 would be done" in dry.stdout) == (0, True)
    assert "it was deactivated on" in dry.stdout
    assert rights(iam, piet.name)["keys"] == {key: "Inactive"}

    iam.update_access_key(UserName=piet.name, AccessKeyId=key, Status="Active")
    missed = run(script, aws, "--apply", "--yes")
    assert (missed.returncode, "it is active again: somebody missed it" in missed.stdout) == (1, True)
    assert rights(iam, piet.name)["keys"] == {key: "Active"}

    iam.update_access_key(UserName=piet.name, AccessKeyId=key, Status="Inactive")
    assert run(script, aws, "--apply", "--yes").returncode == 1
    assert rights(iam, piet.name)["keys"] == {key: "Inactive"}
    done = run(script, aws, "--apply", "--yes", "--final", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert rights(iam, piet.name)["keys"] == {}
    assert [(line["action"], line["status"]) for line in log(tmp_path)][-2:] == [
        ("delete", "started"),
        ("delete", "done"),
    ]
    again = run(script, aws, "--apply", "--yes")
    assert (again.returncode, "already gone" in again.stdout) == (0, True)


def test_nobody_deletes_the_key_that_they_use(iam, piet, aws, tmp_path):
    script = write_delete(audit(), [deactivated(piet)], CONFIG, timedelta(days=14), tmp_path)
    own = iam.create_access_key(UserName=piet.name)["AccessKey"]
    iam.update_access_key(UserName=piet.name, AccessKeyId=piet.key["AccessKeyId"], Status="Inactive")
    done = run(script, aws, "--apply", "--yes", key=own)
    assert (done.returncode, "LEFT OUT" in done.stdout) == (1, True)
    assert len(rights(iam, piet.name)["keys"]) == 2


@pytest.mark.parametrize(
    ("days", "kind"), [(13, "access-key"), (20, "inline-policy")], ids=["too early", "gone at once"]
)
def test_what_is_not_due_is_not_deleted(piet, tmp_path, days, kind):
    one = deactivated(piet, days)
    other = replace(one, right=(one.right[0], kind, *one.right[2:]))
    with pytest.raises(UsageError, match="No cleanup script deactivated a credential"):
        write_delete(audit(), [other], CONFIG, timedelta(days=14), tmp_path)
    assert list(tmp_path.iterdir()) == []
