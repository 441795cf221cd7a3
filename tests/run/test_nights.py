"""One night after another, run as cron runs them."""

import json
import stat
from datetime import date, timedelta

import pyarrow.parquet as pq
import pytest

from auditor.ledger import Ledger
from auditor.model.tables import Activity, ReadObject
from tests import nightly
from tests.nightly import FIRST, PAGE, SECOND, SECRET, deploys

LATE = nightly.call("mia", "ecs:DescribeServices", "2026-09-25T22:00:00Z", cluster="checkout-prod")


@pytest.fixture(scope="session")
def second_night(first_night, once):
    """One new file, one that comes a week late, and Piet's user is gone."""

    def make(folder):
        company = first_night.copy(folder)
        company.trail_file("2026/10/02", 2205, [deploys("leon", "2026-10-02T22:00:00Z")])
        company.trail_file("2026/09/25", 2205, [LATE])
        company.iam(without="piet")
        nightly.keep(company.night(SECOND), folder)

    return nightly.Company(once("second-night", make))


@pytest.fixture(scope="session")
def blind_night(first_night, once):
    """The second night, on which two dumps are missing."""

    def make(folder):
        company = first_night.copy(folder)
        (folder / "dumps/authorization-details.json").rename(folder / "details.json")
        (folder / "tickets.csv").rename(folder / "old-tickets.csv")
        nightly.keep(company.night(SECOND), folder)

    return nightly.Company(once("blind-night", make))


def test_a_first_night_finds_what_is_wrong_and_says_nothing_on_stderr(first_night):
    night = first_night.answer
    assert (night.status, night.stderr) == (0, "")
    assert {(f["rule"], f["person"]) for f in night.findings.values()} >= {
        ("standing/departed", "piet"),
        ("standing/write-access", "nina"),
        ("changes/no-window", "leon"),
        ("changes/outside-window", "nina"),
    }
    assert {(f["status"], f["first_seen"]) for f in night.findings.values()} == {("new", "2026-10-02T03:10:00Z")}
    assert night.report["complete"]


def test_a_run_with_json_prints_one_object_that_names_files_that_are_there(first_night):
    said = first_night.answer.said
    assert said["exit_status"] == 0
    assert sum(said["findings"].values()) == len(first_night.answer.findings)
    assert {name.rpartition("/")[2] for name in said["files"].values()} == {
        path.name for path in first_night.answer.folder.rglob("*") if path.is_file() and path.name != "undo.sh"
    }


def test_evidence_and_reports_are_for_their_owner_only(first_night):
    for root in (first_night.folder / "evidence", first_night.output):
        for path in (root, *root.rglob("*")):
            if not path.is_symlink():
                mode = stat.S_IMODE(path.stat().st_mode)
                wanted = (0o700,) if path.is_dir() else (0o600, 0o700) if path.suffix == ".sh" else (0o600,)
                assert mode in wanted, f"{path} is {mode:o}"


def test_no_secret_of_a_raw_record_is_stored_or_reported(first_night):
    rows = first_night.store.read(Activity, first_night.store.parts(Activity)).to_pylist()
    assert any(row["action"] == "rds:ModifyDBInstance" for row in rows)
    assert SECRET not in str(rows)
    for path in first_night.output.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path


def test_a_second_night_reads_only_what_is_new(second_night):
    store, run = second_night.store, second_night.answer.said["run"]
    read = store.read(ReadObject, store.parts(ReadObject, run=run, sources=["trail"]))
    assert [origin.rpartition("_")[0][-14:] for origin in sorted(read["origin"].to_pylist())] == [
        "20260925T2205Z",
        "20261002T2205Z",
    ]
    assert sum(part.rows for part in store.parts(Activity, run=run)) == 2


def test_a_late_file_lands_in_its_own_day(second_night):
    store, run = second_night.store, second_night.answer.said["run"]
    (part,) = store.parts(Activity, run=run, days=(date(2026, 9, 25), date(2026, 9, 25)))
    assert "date=2026-09-25" in part.path
    assert store.read(Activity, [part])["event_id"].to_pylist() == [LATE["eventID"]]


def test_findings_of_the_night_before_are_open_and_keep_the_day_they_were_first_seen(first_night, second_night):
    before, after = first_night.answer.findings, second_night.answer.findings
    old = {(f["status"], f["first_seen"]) for name, f in after.items() if name in before}
    new = {(f["status"], f["first_seen"]) for name, f in after.items() if name not in before}
    assert old == {("open", "2026-10-02T03:10:00Z")}
    assert new == {("new", "2026-10-03T03:10:00Z")}


def test_a_finding_whose_cause_is_gone_is_closed(first_night, second_night):
    gone = first_night.answer.of("standing/departed", person="piet")
    assert gone["id"] not in second_night.answer.findings
    with Ledger(second_night.output / "ledger.sqlite") as ledger:
        first, second = (trend.at for trend in ledger.history())
        assert [known.id for known in ledger.gone(first, second)] == [gone["id"]]


def test_sources_that_fail_keep_their_findings_open_and_say_what_could_not_be_judged(first_night, blind_night):
    night = blind_night.answer
    assert night.status == 3
    assert not night.report["complete"]
    assert night.seen("iam")[0] == night.seen("tickets")[0] == "failed"
    assert "dumps/authorization-details.json" in night.seen("iam")[1]
    assert {
        f["thing"] if "thing" in f else f["facts"]["source"]
        for f in night.findings.values()
        if f["rule"] == "evidence/source-failed"
    } == {
        "iam",
        "tickets",
    }
    assert {"the source iam could not be read", "the source tickets could not be read"} <= {
        unjudged["reason"] for unjudged in night.report["not_judged"]
    }
    with Ledger(blind_night.output / "ledger.sqlite") as ledger:
        assert ledger.history()[-1].closed == 0
    still = {name: f["status"] for name, f in night.findings.items() if name in first_night.answer.findings}
    assert still == dict.fromkeys(first_night.answer.findings, "open")


def test_once_a_source_is_back_the_audit_is_whole_again(first_night, blind_night, tmp_path):
    company = blind_night.copy(tmp_path / "company")
    company.iam()
    company.tickets(nightly.WINDOW, nightly.DRILL)
    night = company.night(SECOND + timedelta(days=1))
    assert [line for line in night.report["coverage"] if line["status"] != "ok"] == []
    assert night.status == 0
    assert {(f["status"], f["first_seen"]) for f in night.findings.values()} == {("open", "2026-10-02T03:10:00Z")}
    assert night.findings.keys() == first_night.answer.findings.keys()


def test_the_store_is_sound_after_all_that_and_an_altered_part_is_named(second_night, tmp_path):
    company = second_night.copy(tmp_path / "company")
    sound = company.auditor("verify")
    assert (sound.status, sound.stdout.splitlines()[0]) == (0, f"{company.folder}/evidence is sound: 2 runs.")
    head = sound.stdout.split()[-1]
    assert company.auditor("verify", "--head", head).status == 0
    rolled_back = company.auditor("verify", "--head", head[::-1])
    assert rolled_back.status == 3
    assert "rolled back" in rolled_back.stdout
    part = company.store.parts(Activity)[0].path
    path = company.folder / "evidence" / part
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    altered = company.auditor("verify", "--json")
    assert altered.status == 3
    assert [(problem["path"], problem["kind"]) for problem in altered.said["problems"]] == [(part, "altered")]


def test_a_damaged_ledger_costs_history_and_not_the_night(second_night, tmp_path):
    company = second_night.copy(tmp_path / "company")
    (company.output / "ledger.sqlite").write_bytes(b"no database at all" * 300)
    night = company.night(SECOND + timedelta(days=1))
    assert night.status == 3
    assert "ledger" in night.stderr
    assert "kept as" in night.stderr
    assert list(company.output.glob("*.damaged-*"))


def test_activity_that_was_written_anew_is_not_judged(second_night, tmp_path):
    company = second_night.copy(tmp_path / "company")
    path = company.folder / "evidence" / company.store.parts(Activity)[0].path
    pq.write_table(pq.read_table(path).slice(0, 1), path)
    night = company.night(SECOND + timedelta(days=1))
    assert night.status == 3
    assert "was altered" in night.stderr


def test_a_run_over_altered_evidence_says_so(second_night, tmp_path):
    company = second_night.copy(tmp_path / "company")
    part = company.store.parts(ReadObject)[0].path
    (company.folder / "evidence" / part).unlink()
    night = company.night(SECOND + timedelta(days=1))
    assert night.status == 3
    assert part in night.stderr
    assert "auditor verify" in night.stderr


def test_explain_goes_back_to_the_raw_record_and_hides_its_secrets(company):
    finding = company.answer.of("changes/no-window", person="leon")
    shown = company.auditor("explain", finding["id"][:8])
    assert shown.status == 0, shown.stderr
    assert finding["summary"] in shown.stdout
    assert '"eventName": "ModifyDBInstance"' in shown.stdout
    assert '"masterUserPassword": "[removed]"' in shown.stdout
    assert SECRET not in shown.stdout


def test_explain_says_so_when_the_file_is_another_since(company):
    finding = company.answer.of("changes/no-window", person="leon")
    origin = company.folder / finding["evidence"][0]["origin"]
    origin.write_bytes(nightly.packed([deploys("leon", "2026-09-29T14:11:00Z")] * 2))
    shown = company.auditor("explain", finding["id"])
    assert shown.status == 0
    assert f"{finding['evidence'][0]['origin']} is no longer what it was when it was read." in shown.stdout
    assert "ModifyDBInstance" not in shown.stdout.partition("Evidence from")[2]


def test_the_reports_can_be_made_again_from_what_is_stored(company):
    folder = company.answer.folder
    before = (folder / "findings.json").read_bytes()
    (folder / "report.html").unlink()
    again = company.auditor("report", "--json", *PAGE)
    assert again.status == 0, again.stderr
    assert (folder / "findings.json").read_bytes() == before
    assert "Harbour Shop" in (folder / "report.html").read_text()


def test_a_run_writes_the_reports_that_are_asked_for_and_the_others_are_made_when_they_are_wanted(company):
    company.configure(reports=["csv"])
    said = company.night(SECOND, "--reports", "none").said
    data = {"findings", "access", "stories", "agents", "timeline", "consequences"}
    assert (said["exit_status"], set(said["files"])) == (0, data)
    assert set(company.auditor("report", "--json").said["files"]) == {*data, "table"}
    assert list(company.auditor("report", "--json", "--reports", "cleanup,page").said["files"])[:2] == [
        "page",
        "script",
    ]
    assert {path.name for path in (company.output / said["run"]).iterdir()} == {
        *(f"{name}.json" for name in data),
        "findings.csv",
        "report.html",
        "cleanup",
    }
    assert company.auditor("verify").status == 0


def test_a_cleanup_that_was_applied_is_kept_and_the_other_reports_are_made(company):
    (company.answer.folder / "cleanup/applied-by-hand").mkdir()
    (company.answer.folder / "report.html").unlink()
    again = company.auditor("report", "--json", "--reports", "page,cleanup")
    assert again.status == 3
    assert "holds a cleanup that has been applied (applied-by-hand)." in again.stderr
    assert (company.answer.folder / "report.html").exists()


def test_revoke_writes_scripts_for_the_chosen_finding_and_runs_nothing(company):
    finding = company.answer.of("standing/departed", person="piet")
    written = company.auditor("revoke", finding["id"], "--folder", "cleanup")
    assert written.status == 0, written.stderr
    *scripts, told = written.stdout.splitlines()
    assert scripts == ["cleanup/cleanup.sh", "cleanup/undo.sh"]
    assert told.startswith("1 step: the script says what it would do")
    script = company.folder / "cleanup/cleanup.sh"
    assert stat.S_IMODE(script.stat().st_mode) == 0o700
    assert nightly.key_id("piet")[-4:] in script.read_text() or "piet" in script.read_text()
    assert "nina" not in script.read_text()


def test_collect_then_reconcile_is_the_same_as_a_run(first_night, tmp_path):
    company = nightly.harbour_shop(tmp_path)
    assert company.auditor("collect", "--json", "--at", FIRST.isoformat()).status == 0
    night = company.auditor("reconcile", "--json", "--at", FIRST.isoformat(), "--fail-on", "high")
    assert night.status == 1
    assert night.report["findings"] == first_night.answer.report["findings"]


def test_latest_points_at_the_newest_run(second_night):
    assert str((second_night.output / "latest").readlink()) == second_night.answer.said["run"]
    assert json.loads((second_night.output / "latest/findings.json").read_text()) == second_night.answer.report


def test_the_past_is_judged_by_what_was_true_then_and_history_stays_as_it_was(first_night, second_night, tmp_path):
    company = second_night.copy(tmp_path / "company")
    past = company.auditor("reconcile", "--json", "--at", (FIRST + timedelta(hours=1)).isoformat())
    assert past.status == 0
    assert past.findings.keys() == first_night.answer.findings.keys()

    night = company.night(SECOND + timedelta(days=1))
    assert {(f["status"], f["first_seen"]) for f in night.findings.values()} == {
        ("open", "2026-10-02T03:10:00Z"),
        ("open", "2026-10-03T03:10:00Z"),
    }
    assert json.loads((company.output / second_night.answer.said["run"] / "findings.json").read_text()) == (
        second_night.answer.report
    )
