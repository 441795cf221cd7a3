"""What the scripts look like, whatever provider their steps are of."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from auditor.ledger import Decision, Removal
from auditor.model.handles import write_handle
from reports.cleanup import write_cleanup
from reports.cleanup.delete import write_delete
from reports.cleanup.script import environment, quoted
from tests.cases import access
from tests.copies import replace
from tests.reports.cleanup.cases import CONFIG, audit, execute, finding, log

BIN = Path(sys.executable).parent


def test_every_value_that_a_shell_template_prints_is_quoted():
    hostile = "it's $(touch pwned) `id` \\ \" \n -x"
    printed = environment().from_string("A={{ a }}").render(a=hostile)
    assert shlex.split(printed.removeprefix("A=")) == [hostile]
    assert (
        subprocess.run(
            ["bash", "-c", f"printf %s {quoted(hostile)}"], check=False, capture_output=True, text=True
        ).stdout
        == hostile
    )


def test_only_the_steps_whose_program_is_missing_fail(tmp_path):
    made = write_cleanup(audit(finding(key("web-1", "root"))), CONFIG, None, tmp_path / "scripts")
    assert "aws_" not in made.script.read_text()
    (tmp_path / "bin").mkdir()
    for name in ("bash", "date", "dirname", "mktemp", "rm"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    failed = execute(made.script, {"PATH": str(tmp_path / "bin")})
    assert (failed.returncode, failed.stderr) == (1, "")
    assert "NOT CHECKED: the program ssh is not installed" in failed.stdout


def test_a_dry_run_shows_its_commands_to_a_reviewer_without_a_way_in(tmp_path):
    taken = finding(write_handle("aws", "group-membership", "1" * 12, user="piet", group="ops"))
    made = write_cleanup(audit(taken, finding(rule="standing/departed", thing="x")), CONFIG, None, tmp_path / "made")
    (tmp_path / "aws").write_text("#!/bin/sh\necho 'Unable to locate credentials' >&2\nexit 255\n")
    (tmp_path / "aws").chmod(0o700)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    dry = execute(made.script, environ, "--only", "1")
    assert (dry.returncode, dry.stderr) == (1, "")
    assert "$ aws iam remove-user-from-group --user-name=piet --group-name=ops\n" in dry.stdout
    assert "NOT CHECKED: Unable to locate credentials" in dry.stdout
    # What is left to people is of another finding.
    assert "By hand:" not in dry.stdout
    assert "By hand:" in execute(made.script, environ).stdout
    assert "remove-user" not in execute(made.script, environ, "--apply", "--yes").stdout


def test_the_nightly_script_holds_what_was_decided_to_go_and_counts_what_nothing_was_decided_on(tmp_path):
    found = [finding(key("web-1", str(n)), thing=str(n), person=None) for n in range(4)]
    decided = {
        one.id: Decision(
            finding=one.id, decision=said, reason="r", decided_by="tom", decided_at=datetime.now(UTC), run="r"
        )
        for one, said in zip(found, ("revoke", "keep"), strict=False)
    }
    made = write_cleanup(audit(*found), CONFIG, None, tmp_path, decided=decided)
    assert [step.findings for step in made.plan.steps] == [(found[0].id,)]
    assert made.plan.undecided == 2


def test_what_somebody_holds_who_left_and_no_step_takes_away_is_noted_to_be_done_by_hand(tmp_path):
    left = finding(rule="standing/departed", facts={"paths": ["VPN group on databases"]}, summary="Piet left")
    made = write_cleanup(audit(left, finding(rule="changes/by-leaver", kind="session")), CONFIG, None, tmp_path)
    assert (made.plan.steps, made.plan.undecided) == ((), 0)
    assert [(note.why, note.finding) for note in made.plan.by_hand] == [("Piet left: VPN group on databases", left.id)]
    assert "VPN group on databases" in execute(made.script, {}).stdout


def test_a_step_says_when_its_right_or_the_account_of_its_credential_was_last_used(tmp_path):
    policy = write_handle("aws", "inline-user-policy", "1" * 12, user="piet", policy="deploy")
    login = write_handle("aws", "access-key", "1" * 12, user="piet", key="AKIAHARBOUR000000001")
    other = write_handle("aws", "group-membership", "1" * 12, user="piet", group="ops")
    user = f"arn:aws:iam::{'1' * 12}:user/piet"
    paths = [
        access("piet", account=user, handles=handles, last_used_at=datetime(2026, 9, day, tzinfo=UTC))
        for day, handles in ((1, (policy, login)), (3, (policy,)), (7, ()))
    ]
    unused = access("piet", account=user, handles=(other,))
    made = write_cleanup(audit(finding(policy, login, other)), CONFIG, None, tmp_path, [*paths, unused])
    assert {step.right.name: step.used for step in made.plan.steps} == {
        "deploy": "3 Sep 2026 00:00 UTC",
        "AKIAHARBOUR000000001": "7 Sep 2026 00:00 UTC",
        "ops": "",
    }


# A program that answers as AWS's own does, of a group with two members; what it does to change something is a test's.
PROGRAM = """#!/usr/bin/env bash
cd -- "$(dirname -- "$0")" || exit 1
case "$*" in
  *get-caller-identity*) echo $'111111111111\\tarn:aws:iam::111111111111:user/tom' ;;
  *list-groups-for-user*piet*) [[ ! -e piet ]] || echo ops ;;
  *list-groups-for-user*sam*) [[ ! -e sam ]] || echo ops ;;
  *piet*) %s ;;
  *remove*sam*) rm sam ;;
  *) exit 9 ;;
esac
"""


@pytest.mark.parametrize(
    ("does", "status", "said", "gone", "undone"),
    [
        ("rm piet; echo 'Read timeout' >&2; exit 255", 0, "2 done, 0 needed nothing, 0 need attention.", True, "DONE"),
        # The program tried it twice itself, and its first answer was lost.
        ("rm piet; echo '(NoSuchEntity)' >&2; exit 254", 0, "1 done, 1 needed nothing", True, "DONE"),
        (
            "echo '(AccessDenied) no' >&2; exit 254",
            1,
            "1 done, 0 needed nothing, 1 needs attention: 1.",
            False,
            "nothing to undo: cleanup.sh has not taken it away",
        ),
        ("trap '' INT; rm piet; kill -INT 0; exit 130", 130, "Interrupted: no further step is begun.", True, "DONE"),
        ("kill -INT 0; sleep 9", 130, "1 needs attention: 1.", False, "nothing to undo"),
    ],
    ids=["answer-lost", "tried-twice", "refused", "interrupted-after-it", "interrupted-before-it"],
)
def test_what_a_failed_or_interrupted_call_came_to_is_looked_at_again(tmp_path, does, status, said, gone, undone):
    members = [write_handle("aws", "group-membership", "1" * 12, user=name, group="ops") for name in ("piet", "sam")]
    made = write_cleanup(audit(*(finding(one, thing=one) for one in members)), CONFIG, None, tmp_path / "scripts")
    program = tmp_path / "aws"
    for name in ("piet", "sam"):
        (tmp_path / name).touch()
    program.write_text(PROGRAM % does)
    program.chmod(0o700)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}

    result = execute(made.script, environ, "--apply", "--yes")

    assert (result.returncode, result.stderr) == (status, "")
    assert said in result.stdout
    assert (tmp_path / "piet").exists() is not gone
    assert (tmp_path / "sam").exists() is (status == 130)
    assert log(made.script.parent)[-1]["status"] != "started"
    (tmp_path / "piet").unlink(missing_ok=True)  # somebody else takes it away, where the script did not
    program.write_text(PROGRAM % "touch piet")
    assert undone in execute(made.undo, environ, "--apply", "--yes", "--only", "1").stdout
    assert (tmp_path / "piet").exists() is gone


@pytest.mark.golden
def test_the_scripts_look_as_they_should_and_pass_shellcheck_and_shfmt(tmp_path, golden):
    handles = (
        write_handle("aws", "inline-role-policy", "111122223333", role="support", policy="it's", fingerprint="0" * 64),
        write_handle("aws", "login-profile", "111122223333", user="piet", created_at="2024-01-09T08:00:00Z"),
        write_handle("aws", "trust", "111122223333", role="support"),
        key("web-1", "root", file="/etc/ssh/keys/root"),
        write_handle(
            "gcp",
            "project-binding",
            "harbour-prod",
            resource="harbour-prod",
            member="user:piet@harbour.example",
            role="roles/run.admin",
            expression='request.time < timestamp("2027-01-01T00:00:00Z")',
            title="PAY-184, until 'January'",
        ),
        write_handle(
            "gitlab",
            "project-member",
            "https://gitlab.harbour.example",
            project="7",
            path="harbour/shop",
            user="4",
            username="piet",
            level="40",
        ),
    )
    at = datetime(2026, 10, 2, 2, tzinfo=UTC)
    found = (finding(*handles), finding(handles[0], thing="y", person=None, ticket=None))
    fixed = replace(
        audit(*found),
        organisation="Harbour 'n' Shop $(x)",
        audited_at=at,
        period_from=at - timedelta(days=30),
        period_to=at,
    )
    made = [
        write_cleanup(fixed, CONFIG, [one.id for one in found], tmp_path / "some"),
        write_cleanup(audit(), CONFIG, None, tmp_path / "none"),
    ]
    alone = map(finding, {json.loads(handle)["provider"]: handle for handle in handles}.values())
    made += [write_cleanup(audit(one), CONFIG, [one.id], tmp_path / one.id) for one in alone]
    removals = [
        Removal(cleanup="c", step=1, time=at - timedelta(days=20), finding=found[0].id, right=right, caller="tom's")
        for right in (
            ("aws", "access-key", "123456789012", "user", "piet $(x)", "AKIA1"),
            ("gcp", "service-account-key", "harbour-prod", "service_account", "ci@harbour-prod.iam", "ab12"),
        )
    ]
    deleting = write_delete(fixed, removals, CONFIG, timedelta(days=14), tmp_path / "some")
    scripts = [str(path) for one in made for path in (one.script, one.undo)] + [str(deleting)]
    lint = subprocess.run([str(BIN / "shellcheck"), *scripts], check=False, capture_output=True, text=True)
    assert (lint.returncode, lint.stdout) == (0, "")
    form = subprocess.run(
        [str(BIN / "shfmt"), "-d", "-i", "2", "-ci", *scripts], check=False, capture_output=True, text=True
    )
    assert (form.returncode, form.stdout) == (0, "")
    golden("cleanup.sh", made[0].script.read_text(encoding="utf-8"))
    golden("undo.sh", made[0].undo.read_text(encoding="utf-8"))
    golden("delete.sh", deleting.read_text(encoding="utf-8"))


def key(host, user, **more):
    known = {"host": host, "user": user, "fingerprint": f"SHA256:{'mVwz' * 10}QaQ", **more}
    return json.dumps({"provider": "ssh", "type": "authorized-key", **known})
