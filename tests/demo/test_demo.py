import csv
import json
import socket
from pathlib import Path

import duckdb
import pytest
import yaml

from auditor.demo import story
from auditor.demo.sshd import PROGRAM
from auditor.demo.story import Expected

# These run two whole audits, a quarter of a minute together.
pytestmark = pytest.mark.slow

SOURCES = {
    "iam",
    "trail",
    "google-iam",
    "google-logs",
    "gitlab",
    "releases",
    "requests",
    "payments",
    "incidents",
    "host-keys",
    "logins",
}


def _findings(night):
    return json.loads((Path(night.run) / "findings.json").read_text())


def _as_told(finding):
    account = finding["account"] or ""
    name = account if account.startswith("ssh:") else account.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    return Expected(
        finding["rule"],
        finding["person"] or name,
        finding["system"],
        finding["ticket"],
        excepted=finding["exception"] is not None,
    )


def test_the_audit_says_what_the_story_tells_and_nothing_else(nights):
    found = [_as_told(finding) for finding in _findings(nights[0])["findings"]]
    assert set(found) == story.expected()
    assert len(found) == len(set(found))


def test_nothing_was_left_unseen_and_only_what_no_source_tells_unjudged(nights):
    audit = _findings(nights[0])
    assert nights[0].status == 0, nights[0].errors
    assert audit["complete"] is True
    # When two keys on hosts were last used, and the releases of systems whose project in GitLab is not read.
    unjudged = {(missing["rule"], missing["subject"].split(":")[0]) for missing in audit["not_judged"]}
    assert unjudged == {
        ("standing/unused", "ssh-key"),
        ("changes/release-hours", "jobs"),
        ("changes/release-hours", "reports"),
        ("changes/around-the-pipeline", "ci-deploy on jobs"),
        ("changes/around-the-pipeline", "reports-releases on reports"),
    }
    assert {line["source"] for line in audit["coverage"]} == SOURCES


def test_what_is_in_order_is_in_no_finding(nights):
    told = _findings(nights[0])["findings"]
    text = json.dumps([[finding["account"], finding["ticket"], finding["summary"]] for finding in told])
    for innocent in (
        "PAY-184",
        "gitlab-runner",
        "break-glass",
        "shop-task",
        "PAY-171",
        "OPS-17",
        "OPS-19",
        "OPS-7",
        "releases@",
    ):
        assert innocent not in text


def test_the_summary_says_where_the_reports_are(nights):
    assert "STORY.md" in nights[0].out
    for name in ("report.pdf", "report.html", "findings.json", "cleanup.sh"):
        assert name in nights[0].out
        assert list(Path(nights[0].run).rglob(name)), name
    for name in ("incident.html", "incident.pdf"):
        assert name in nights[0].out
        (made,) = (nights[0].folder / "output" / "incidents").rglob(name)
        assert made.stat().st_size > 1000


def test_the_incident_report_tells_the_night_of_inc_40(nights):
    (page,) = (nights[0].folder / "output" / "incidents").rglob("incident.html")
    text = page.read_text()
    assert "1 person changed Checkout, with 3 changes altogether." in text
    for told in ("Mia Brandt", "INC-40", "systemctl restart checkout", "Who else could have changed it"):
        assert told in text


def test_only_their_owner_may_read_what_the_demo_makes(nights):
    for path in nights[0].folder.rglob("*"):
        mode = path.lstat().st_mode & 0o777
        if path.is_symlink():
            continue
        assert mode in ((0o700,) if path.is_dir() or path.suffix == ".sh" else (0o600,)), path


def test_every_event_is_stored_once_however_often_it_was_delivered(nights):
    parts = str(nights[0].folder / "evidence" / "lake" / "activity" / "**" / "*.parquet")
    rows, events, services = duckdb.sql(
        "SELECT count(*), count(DISTINCT event_id), count(*) FILTER (actor_kind = 'AWSService') "
        f"FROM read_parquet('{parts}') WHERE source = 'trail'"
    ).fetchall()[0]
    assert rows == events > 3000
    assert services > 1000


def test_the_next_night_knows_the_findings_again(nights):
    first, second = _findings(nights[0]), _findings(nights[1])
    assert nights[1].status == 0, nights[1].errors
    assert second["audited_at"] > first["audited_at"]
    assert {f["id"] for f in second["findings"]} == {f["id"] for f in first["findings"]}
    assert {f["status"] for f in first["findings"]} == {"new", "excepted"}
    assert {f["status"] for f in second["findings"]} == {"open", "excepted"}


def test_kept_servers_answer_until_they_are_interrupted(nights):
    assert {"nina", "piet", "break-glass"} <= set(nights[1].users)


@pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not on this machine")
def test_the_hosts_are_asked_over_ssh_and_their_servers_are_gone_afterwards(nights):
    config = yaml.safe_load((nights[1].folder / "auditor.yaml").read_text())
    (keys,) = [source for source in config["sources"] if source["kind"] == "ssh-keys"]
    for place in keys["addresses"].values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(place.split(":"))


def test_releases_come_with_their_merge_request_and_who_approved_it(nights):
    parts = str(nights[0].folder / "evidence" / "lake" / "deployments" / "**" / "*.parquet")
    found = duckdb.sql(f"SELECT merge_request, approvers, pipeline FROM read_parquet('{parts}')").fetchall()
    assert len(found) > 5
    assert all("/merge_requests/" in request and approvers and pipeline for request, approvers, pipeline in found)


def test_hostile_words_in_the_evidence_stay_words(nights):
    run = Path(nights[0].run)
    page = (run / "report.html").read_text()
    assert "<script>alert(" not in page
    with (run / "findings.csv").open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
    assert not Path("/tmp/harbour-shop").exists()


def test_the_cleanup_script_would_take_away_what_was_decided_and_what_a_leaver_has_and_nothing_else(nights):
    said = nights[1].cleanup
    first = (Path(nights[0].run) / "cleanup" / "cleanup.sh").read_text()
    assert ("INC-31-jobs-write" in first, "Deactivate access key" in first) == (False, True)
    assert "more findings name a right. Nothing was decided on them" in said
    assert "Remove inline policy INC-31-jobs-write from user leon" in said
    assert "Deactivate access key" in said
    assert "Dry run: nothing is changed." in said
    assert "break-glass" not in said
    assert "STOPPED" not in said
