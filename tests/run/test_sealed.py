"""What a run was judged by, and what came of it, is in the chain: its hash vouches for the run."""

import json
import shutil

from auditor.evidence import judgements
from tests.nightly import FIRST, SECOND

EVERYTHING = {"rule": "*", "reason": "none", "approved_by": "tom", "until": "2026-12-31"}


def verified(company):
    return company.auditor("verify", "--json").said


def test_a_run_is_vouched_for_by_one_hash_that_its_reports_name(company):
    (night,) = company.store.manifests()
    (judged,) = judgements.judgements(company.store)
    head = judgements.head(company.store, night.run)
    assert verified(company) == {
        "store": company.store.name,
        "sound": True,
        "runs": 1,
        "head": head.sha256,
        "problems": [],
    }
    assert company.answer.said["hash"] == head.sha256
    assert head.sha256 in (company.output / night.run / "report.html").read_text()
    assert {"findings.json", "access.json", "stories.json", "auditor.yaml", "decisions.jsonl"} <= {
        file.origin for file in judged.kept
    }
    assert company.auditor("verify", "--head", head.sha256).status == 0


def test_a_run_that_is_judged_alike_again_has_the_same_hash(company):
    before = company.answer.said["hash"]
    again = company.auditor("reconcile", "--json", "--at", FIRST.isoformat())
    assert (again.said["hash"], len(judgements.judgements(company.store))) == (before, 1)
    company.configure(policy={"approvers": ["tom"], "max_writers": 9})
    other = company.auditor("reconcile", "--json", "--at", FIRST.isoformat())
    assert other.said["hash"] != before
    assert verified(company)["sound"]


def test_the_policy_is_kept_without_what_may_be_secret(company):
    company.configure(notify=["mailto://auditor:hunter2@mail.example"])
    company.auditor("reconcile", "--at", FIRST.isoformat(), "--quiet")
    (kept,) = [file for file in judgements.judgements(company.store)[-1].kept if file.origin == "auditor.yaml"]
    content = company.store.content(kept)
    assert b"hunter2" not in content
    assert json.loads(content)["notify"] == ["mailto://..."]


def test_findings_that_were_edited_after_the_run_are_told(company):
    findings = company.output / "latest/findings.json"
    findings.write_text(findings.read_text().replace("high", "low"))
    (problem,) = verified(company)["problems"]
    assert (problem["kind"], "findings.json is not what the run" in problem["sentence"]) == ("altered", True)


def test_a_store_that_was_deleted_is_no_sound_one(company):
    shutil.rmtree(company.folder / "evidence")
    said = verified(company)
    assert (said["sound"], said["runs"], [one["kind"] for one in said["problems"]]) == (False, 0, ["missing"])


def test_the_same_evidence_is_judged_by_another_policy_and_nothing_of_it_is_recorded(company):
    company.configure(policy={"approvers": ["tom"], "max_writers": 9}, exceptions=[EVERYTHING])
    night = company.night(SECOND)
    (run, _) = company.store.manifests()
    changed = {f["facts"]["what"]: f for f in night.report["findings"] if f["rule"] == "evidence/policy-changed"}
    assert changed["policy.max_writers"]["facts"]["last_run"] == run.run
    assert set(changed) == {"policy.max_writers", "exceptions: *"}
    assert all(finding["exception"] for finding in night.report["findings"])
    assert [night["policy_changes"] for night in company.auditor("trend", "--json").said] == [0, 2]

    before = (company.output / "latest").resolve(), company.auditor("trend", "--json").stdout
    asked = company.auditor("reconcile", "--json", "--at", SECOND.isoformat(), "--policy", run.run)
    assert asked.status == 0, asked.stderr
    assert sum(asked.said["findings"].values()) > 5
    assert asked.said["files"]["findings"].split("/")[-3].startswith("by-")
    assert before == ((company.output / "latest").resolve(), company.auditor("trend", "--json").stdout)
    assert verified(company)["head"] == night.said["hash"]


def test_the_next_night_tells_that_the_store_was_deleted_in_between(company):
    shutil.rmtree(company.folder / "evidence")
    found = company.night(SECOND).of("evidence/altered")
    assert found["facts"]["hashes"] == [company.answer.said["hash"]]


def test_nothing_is_decided_explained_or_taken_away_by_findings_that_were_edited(company):
    findings = company.output / "latest/findings.json"
    finding = next(iter(company.answer.findings))
    findings.write_text(findings.read_text().replace("high", "low"))
    for command in (("explain", finding), ("revoke", finding), ("report",)):
        shown = company.auditor(*command)
        assert (shown.status, "it was edited since" in shown.stderr) == (3, True)


def test_links_out_of_the_output_are_refused(company, tmp_path):
    night = (company.output / "latest").resolve()
    (night / "report.html").unlink()
    (night / "report.html").symlink_to(tmp_path / "elsewhere")
    for command in (("report",), ("reconcile", "--at", FIRST.isoformat())):
        shown = company.auditor(*command)
        assert (shown.status, "leads out of the output folder" in shown.stderr) == (3, True)
    assert not (tmp_path / "elsewhere").exists()
    ledger = company.output / "ledger.sqlite"
    ledger.rename(tmp_path / "ledger.sqlite")
    ledger.symlink_to(tmp_path / "ledger.sqlite")
    assert "is a symbolic link" in company.auditor("trend").stderr


def test_a_judgement_that_hangs_ends_and_locks_out_nobody(company):
    company.configure(judging_timeout="0.01s")
    night = company.night(SECOND)
    assert (night.status, "Judging and reporting took longer than" in night.stderr) == (3, True)
    company.configure()
    assert company.night(SECOND).status == 0
    assert verified(company)["sound"]
