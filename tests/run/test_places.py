"""Where evidence, reports and messages go: a bucket, a full disk, a folder that may not be written, a web hook."""

import shutil
import subprocess
import sys
from datetime import timedelta

import boto3
import pytest

from auditor.model.tables import ReadObject
from tests import nightly, stand_ins, waiting
from tests.conftest import TOKEN, listening
from tests.nightly import FIRST, SECOND, SECRET, deploys


@pytest.fixture
def bucket():
    """A bucket on moto's server, and the environment in which the program finds it."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "us-east-1"}
    with stand_ins.moto() as url:
        boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket="harbour-evidence")
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


def test_evidence_in_a_bucket_serves_one_night_after_another(first_night, bucket, tmp_path):
    company = nightly.harbour_shop(tmp_path)
    company.configure(evidence="s3://harbour-evidence/nightly")
    for day in ("20", "21", "22", "23", "24", "25", "26", "27", "30"):  # moto is slow, and these are like any other
        shutil.rmtree(tmp_path / f"{nightly.TRAIL}/2026/09/{day}")
    first = company.night(**bucket)
    assert first.stderr == ""
    assert first.status == 0
    assert first.report["findings"] == first_night.answer.report["findings"]

    company.trail_file("2026/10/02", 2205, [deploys("leon", "2026-10-02T22:00:00Z")])
    second = company.night(SECOND, **bucket)
    assert second.stderr == ""
    assert second.status == 0
    assert {second.findings[name]["status"] for name in first.findings} == {"open"}
    assert [f["person"] for name, f in second.findings.items() if name not in first.findings] == ["leon"]
    assert not (tmp_path / "evidence").exists()

    verified = company.auditor("verify", "--json", **bucket)
    said = {name: told for name, told in verified.said.items() if name != "head"}
    assert said == {"store": "s3://harbour-evidence/nightly", "sound": True, "runs": 2, "problems": []}


def test_a_bucket_that_is_not_there_is_a_sentence_and_nothing_is_lost(bucket, tmp_path):
    company = nightly.harbour_shop(tmp_path)
    company.configure(evidence="s3://no-such-bucket/nightly")
    night = company.night(**bucket)
    assert night.status == 3
    assert "s3://no-such-bucket/nightly" in night.stderr
    assert "Traceback" not in night.stderr


@pytest.fixture(scope="session")
def told_once(first_night, once):
    """The company after the first run that it was told of."""

    def make(folder):
        company = first_night.copy(folder)
        company.configure(notify=["env:HOOK"])
        (company.output / "ledger.sqlite").unlink()
        with listening() as (address, sent):
            company.night(FIRST + timedelta(hours=1), HOOK=address)
        assert [message["title"].split(": ")[1].split()[1] for message in sent] == ["new"]
        assert sent[0]["message"].startswith("This is the first run")

    return nightly.Company(once("told-once", make))


@pytest.fixture
def told(told_once, hook, tmp_path):
    """The company, its hook, and what is sent to it from the second night that its ledger knows of on."""
    return told_once.copy(tmp_path / "company"), *hook


def test_the_team_hears_what_is_new_and_no_secret(told):
    company, address, sent = told
    company.trail_file("2026/10/02", 2205, [deploys("leon", "2026-10-02T22:00:00Z")])
    night = company.night(SECOND, HOOK=address)
    assert (night.status, night.said["problems"]) == (0, [])
    (message,) = sent
    assert message["title"] == f"Harbour Shop: 1 new of {len(night.findings)} findings, worst: high"
    found = night.of("changes/no-window", status="new")
    said = f"- HIGH: {found['summary']} ({found['id'][:8]})"
    assert message["message"].splitlines()[0] == said
    for secret in (TOKEN, SECRET, nightly.key_id("piet")):
        assert secret not in str(message)
        assert secret not in night.stdout + night.stderr


def test_nothing_is_said_twice_and_a_quiet_night_is_silent(told):
    company, address, sent = told
    company.trail_file("2026/10/02", 2205, [deploys("leon", "2026-10-02T22:00:00Z")])
    company.night(SECOND, HOOK=address)
    assert len(sent) == 1
    company.night(SECOND, HOOK=address)  # the same night once more, after it was interrupted
    company.night(SECOND + timedelta(days=1), HOOK=address)
    assert len(sent) == 1


def test_a_source_that_is_lost_is_told_every_day_and_found_once(told):
    company, address, sent = told
    path = company.folder / "tickets.csv"
    path.rename(company.folder / "away.csv")
    for day in (0, 1):
        company.night(SECOND + timedelta(days=day), HOOK=address)
    assert len(sent) == 2
    assert all(message["title"].endswith(", incomplete") for message in sent)
    assert all("Could not be read: tickets" in message["message"] for message in sent)
    (company.folder / "away.csv").rename(path)
    for day in (2, 3):
        company.night(SECOND + timedelta(days=day), HOOK=address)
    assert len(sent) == 3
    assert "Seen again: tickets" in sent[2]["message"]


def test_what_could_not_be_sent_is_said_the_next_night(told):
    company, address, sent = told
    company.trail_file("2026/10/02", 2205, [deploys("leon", "2026-10-02T22:00:00Z")])
    lost = company.night(SECOND, HOOK=f"json://auditor:{TOKEN}@127.0.0.1:9/findings")
    assert (lost.status, len(sent)) == (3, 0)
    night = company.night(SECOND + timedelta(days=1), HOOK=address)
    (message,) = sent
    assert message["title"] == f"Harbour Shop: 1 new of {len(night.findings)} findings, worst: high"
    company.night(SECOND + timedelta(days=2), HOOK=address)
    assert len(sent) == 1


def test_a_run_that_fails_is_announced(company, hook):
    address, sent = hook
    company.configure(notify=["env:HOOK"])
    (company.output / "ledger.sqlite").unlink()
    (company.output / "ledger.sqlite").mkdir()
    night = company.night(SECOND, HOOK=address)
    assert night.status != 0
    (message,) = sent
    assert message["title"] == "Harbour Shop: the audit failed"
    assert "Cannot use the ledger" in message["message"]
    assert TOKEN not in str(message) + night.stdout + night.stderr


def test_a_hook_that_is_dead_costs_the_message_and_not_the_run(company, hook):
    address, sent = hook
    company.configure(notify=[address, f"json://auditor:{TOKEN}@127.0.0.1:9/findings"])
    company.trail_file("2026/10/02", 2205, [deploys("leon", "2026-10-02T22:00:00Z")])
    night = company.night(SECOND, "--quiet")
    assert night.status == 3
    assert len(sent) == 1
    (problem,) = night.said["problems"]
    assert problem.startswith("The summary could not be sent to every service of `notify`. The run itself is stored")
    assert problem in night.stderr
    assert TOKEN not in night.stdout + night.stderr
    assert night.report["complete"]
    assert {f["status"] for f in night.findings.values()} == {"open", "new"}


def on_a_small_disk(company, size, folder):
    """Run on a disk of that size, give it more room, run again; what each printed, and what `verify` said."""
    script = f"""
        mount -t tmpfs -o size={size} tmpfs {folder} || exit 77
        {"cp -a first-evidence/. evidence/" if folder == "evidence" else ""}
        exec "$@"
    """
    runs = [sys.executable, "-m", "tests.run.small_disk", folder, SECOND.isoformat()]
    try:
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", *runs],
            cwd=company.folder,
            env=nightly.surroundings(),
            capture_output=True,
            text=True,
            timeout=waiting.LIMIT,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("unshare is not installed")
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()[-200:]}")
    return done.stdout.splitlines(), done.stderr


def test_a_full_evidence_disk_costs_that_night_and_nothing_stored(company):
    (company.folder / "evidence").rename(company.folder / "first-evidence")
    (company.folder / "evidence").mkdir()
    needed = sum(-(-path.stat().st_size // 4096) * 4096 for path in (company.folder / "first-evidence").rglob("*"))
    said, problems = on_a_small_disk(company, needed + 16384, "evidence")
    assert [said[0], said[1], said[2], said[-1]] == [
        "status 3",
        "status 0",
        f"{company.folder}/evidence is sound: 2 runs.",
        "status 0",
    ], problems
    assert "No space left on device" in problems
    assert "Free some space and run again: nothing that was stored before is lost." in problems
    assert "Traceback" not in problems


def test_a_full_output_disk_costs_reports_and_no_evidence(company):
    company.output.rename(company.folder / "first-output")
    company.output.mkdir()
    said, problems = on_a_small_disk(company, 200_000, "output")
    assert [said[0], said[1], said[2], said[-1]] == [
        "status 3",
        "status 0",
        f"{company.folder}/evidence is sound: 2 runs.",
        "status 0",
    ]
    # Whichever comes to the full disk first, a report or the ledger, says so in its own words.
    assert any(said in problems for said in ("No space left on device", "disk is full", "Cannot use the ledger"))
    assert "Traceback" not in problems


@pytest.mark.parametrize("folder", ["evidence", "output"])
def test_a_folder_that_may_not_be_written_is_a_sentence(company, without_privileges, folder):
    for path in (company.folder / folder, *(company.folder / folder).rglob("*")):
        if not path.is_symlink():
            path.chmod(0o500 if path.is_dir() else 0o400)
    night = company.night(SECOND, before=without_privileges)
    assert night.status == 3
    assert "Permission denied" in night.stderr or "readonly" in night.stderr
    assert str(company.folder / folder) in night.stderr
    assert "Traceback" not in night.stderr


def test_raw_objects_that_are_kept_outlive_their_files(tmp_path):
    company = nightly.harbour_shop(tmp_path)
    company.configure(keep_raw=True)
    night = company.night(FIRST)
    finding = night.of("changes/no-window", person="leon")
    (company.folder / finding["evidence"][0]["origin"]).unlink()
    shown = company.auditor("explain", finding["id"])
    assert '"eventName": "ModifyDBInstance"' in shown.stdout
    assert SECRET not in shown.stdout
    kept = [file for file in company.store.manifests()[0].raw if file.source == "trail"]
    assert len(kept) == sum(part.rows for part in company.store.parts(ReadObject, sources=["trail"]))
