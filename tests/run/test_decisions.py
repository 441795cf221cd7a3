"""The review: decided in the page, recorded, and heeded by the next nights."""

import json
import os
import pwd
import re
from datetime import timedelta
from pathlib import Path
from shutil import which
from subprocess import run

import pytest

from auditor.ledger import Ledger
from reports.decisions_json import FORMAT
from tests.nightly import CONFIG, FIRST, PAGE, SECOND

MEETING = (FIRST + timedelta(hours=6)).isoformat()


def record(company, *entries, by="tom"):
    path = company.write(
        "decisions.json", json.dumps({"format": FORMAT, "run": company.answer.said["run"], "decisions": entries})
    )
    return company.auditor("decide", str(path), "--by", by, "--at", MEETING)


def entry(finding, decision, reason="agreed in the review", until=None):
    return {"finding": finding["id"], "decision": decision, "reason": reason, "until": until}


@pytest.fixture
def left(company):
    return company.answer.of("standing/departed", person="piet")


@pytest.fixture
def standing(company):
    return company.answer.of("standing/write-access", person="nina")


def test_an_exception_holds_from_the_next_night_on_until_its_last_day(company, standing):
    told = record(company, entry(standing, "exception", "until the move", "2026-10-04"))
    assert (told.status, told.stdout.splitlines()[0]) == (0, "1 decision recorded: 1 exception.")
    agreed = {"reason": "until the move", "approved_by": "tom", "until": "2026-10-04"}
    night = company.night(SECOND)
    assert (night.findings[standing["id"]]["status"], night.findings[standing["id"]]["exception"]) == (
        "excepted",
        agreed,
    )
    later = company.night(SECOND + timedelta(days=3)).findings[standing["id"]]
    assert (later["status"], later["exception"], later["facts"]["exception_ended"]) == ("open", None, "2026-10-04")


def test_the_reports_tell_what_is_decided_from_what_is_not(company, left, standing):
    record(company, entry(left, "revoke", "he has left"), entry(standing, "keep", "on call"))
    assert company.auditor("report", "--at", SECOND.isoformat(), *PAGE).status == 0
    page = (company.output / "latest/report.html").read_text()
    rows = {row["id"]: row for row in json.loads(page.split('id="data">')[1].split("</script>")[0])["rows"]}
    assert rows[left["id"]]["verdict"] == "revoke"
    assert rows[left["id"]]["decided"].endswith(": he has left")
    assert {row["verdict"] for name, row in rows.items() if name not in (left["id"], standing["id"])} == {"undecided"}
    assert f"{len(rows) - 2} findings need a decision" in page


def test_what_was_done_is_no_right_that_could_be_revoked(company):
    act = next(one for one in company.answer.findings.values() if one["rule"].startswith("changes/"))
    told = record(company, entry(act, "revoke"))
    assert (told.status, "nothing can be revoked of" in told.stderr) == (2, True)
    assert record(company, entry(act, "explained")).status == 0


def test_what_is_to_be_revoked_gets_its_script(company, left, standing):
    none = company.auditor("revoke", "--decisions", "--at", SECOND.isoformat())
    assert (none.status, "No finding of the latest run was decided to be revoked." in none.stderr) == (2, True)
    record(company, entry(left, "revoke"), entry(standing, "keep"))
    made = company.auditor("revoke", "--decisions", "--at", SECOND.isoformat())
    assert made.status == 0, made.stderr
    assert made.stdout.splitlines()[:2] == ["cleanup/cleanup.sh", "cleanup/undo.sh"]
    assert "the script says what it would do, and does it with --apply." in made.stdout
    script = Path(company.folder, "cleanup/cleanup.sh").read_text()
    assert left["id"] in script
    assert standing["id"] not in script


def test_one_finding_is_decided_on_by_its_number_or_id(company, left, standing):
    listed = company.auditor("findings", "--rule", "standing/departed")
    number, name, severity = listed.stdout.split()[:3]
    assert (listed.status, severity) == (0, "critical")
    assert left["id"].startswith(name)
    unsaid = company.auditor("decide", number, "--revoke", "--by", "tom", "--at", MEETING)
    assert (unsaid.status, f"finding {number}: --reason: expected a reason in words" in unsaid.stderr) == (2, True)
    both = company.auditor("decide", number, "--revoke", "--keep", "--reason", "r", "--by", "tom", "--at", MEETING)
    assert (both.status, both.stderr.split(".")[0]) == (2, "Several decisions are given for one finding")
    none = company.auditor("decide", number, "--by", "tom", "--at", MEETING)
    assert (none.status, "it is not said what is decided" in none.stderr) == (2, True)
    why = ("--reason", "he has left", "--by", "tom", "--at", MEETING)
    said = f"1 decision recorded: 1 revoke.\n  {left['id'][:8]}  {left['summary']}\n"
    assert company.auditor("decide", number, "--revoke", *why).stdout == said
    told = company.auditor("decide", standing["id"][:9], "--except-until", "2026-10-04", *why)
    assert (told.status, told.stdout.splitlines()[0]) == (0, "1 decision recorded: 1 exception.")
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert {one.finding: one.decision for one in ledger.decisions()} == {
            left["id"]: "revoke",
            standing["id"]: "exception",
        }


def test_what_is_no_access_is_explained_or_done_by_somebody_until_a_day(company):
    act = company.answer.of("changes/no-window", person="leon")["id"]
    gap = company.answer.of("changes/outside-window", person="nina")["id"]
    why = ("--reason", "asked him", "--by", "tom", "--at", MEETING)
    unsaid = company.auditor("decide", gap, "--do-by", "2026-10-04", *why)
    assert (unsaid.status, "expected who does it" in unsaid.stderr) == (2, True)
    told = company.auditor("decide", gap, "--do-by", "2026-10-04", "--who", "mia", *why)
    assert (told.status, told.stdout.splitlines()[0]) == (0, "1 decision recorded: 1 do-by."), told.stderr
    assert company.auditor("decide", act, "--explained", *why).status == 0
    undecided = set(shown_by(company, SECOND)) - {act, gap}
    rows = shown_by(company, SECOND)
    assert (rows[act]["verdict"], rows[gap]["verdict"]) == ("explained", "do-by")
    assert rows[gap]["decided"].endswith(": mia by 2026-10-04: asked him")
    assert {rows[name]["verdict"] for name in undecided} == {"undecided"}


def shown_by(company, at):
    """The page's rows by finding, made again."""
    assert company.auditor("report", "--at", at.isoformat(), *PAGE).status == 0
    page = (company.output / "latest/report.html").read_text()
    return {row["id"]: row for row in json.loads(page.split('id="data">')[1].split("</script>")[0])["rows"]}


def test_nobody_decides_on_their_own_access(company, left, standing):
    company.configure(policy={**CONFIG["policy"], "approvers": ["tom", "nina"]})
    told = record(company, entry(left, "revoke"), entry(standing, "keep"), by="nina")
    assert told.status == 2
    assert "decisions[1].finding: it concerns the access of the person who decides" in told.stderr
    assert "decisions[0]" not in told.stderr
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert ledger.decisions() == []


def test_approvers_and_owners_decide_each_line_by_itself(company, left, standing):
    told = record(company, entry(left, "revoke") | {"by": "tom"}, entry(standing, "keep") | {"by": "nina"}, by="mia")
    assert told.status == 2
    assert "decisions[1].finding: it concerns the access" in told.stderr
    assert "decisions[0]" not in told.stderr
    assert record(company, entry(left, "revoke") | {"by": "tom"}, entry(standing, "keep"), by="mia").status == 0
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert [(one.decided_by, one.known_by) for one in ledger.decisions()] == [("tom", ""), ("mia", "")]
    told = record(company, entry(left, "keep"), by="nina")
    assert "only an approver decides it, not Nina Alvarez" in told.stderr


def test_a_decision_is_by_the_user_who_records_it_where_the_team_wants_that(company, left):
    me = pwd.getpwuid(os.getuid()).pw_name
    people = [person | ({"accounts": [f"ssh:{me}"]} if person["id"] == "tom" else {}) for person in CONFIG["people"]]
    company.configure(people=people, decisions={"check": "os-user"})
    told = record(company, entry(left, "revoke"), by="mia")
    assert (told.status, f"recorded by the user {me}" in told.stderr) == (2, True)
    assert record(company, entry(left, "revoke"), by="tom").status == 0
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert [one.known_by for one in ledger.decisions()] == [f"the operating system's user {me}"]


@pytest.mark.skipif(which("ssh-keygen") is None, reason="OpenSSH is not installed")
def test_a_decision_is_by_whom_its_signature_says_where_the_team_wants_that(company, left, tmp_path):
    for name in ("tom", "mia"):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    company.write("signers", f"tom {(tmp_path / 'tom.pub').read_text()}")
    company.configure(decisions={"check": "signature", "allowed_signers": "signers"})
    assert "there is no signature of the file by Tom" in record(company, entry(left, "revoke")).stderr
    file = company.folder / "decisions.json"

    def signed(key):
        Path(f"{file}.sig").unlink(missing_ok=True)
        sign = [
            "ssh-keygen",
            "-Y",
            "sign",
            "-q",
            "-n",
            "production-access-auditor",
            "-f",
            str(tmp_path / key),
            str(file),
        ]
        run(sign, check=True)
        return company.auditor("decide", str(file), "--by", "tom", "--at", MEETING, "--signature", f"{file}.sig")

    assert signed("mia").status == 2
    assert signed("tom").status == 0
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert [one.known_by.split(":")[0] for one in ledger.decisions()] == ["the signature of SHA256"]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("eve", "expected the id or e-mail of a person on the roster"),
        ("nia", "(did you mean nina?)"),
        ("piet", "left on"),
    ],
)
def test_only_somebody_on_the_roster_decides_and_the_rest_is_checked_too(company, left, by, said):
    told = record(company, entry(left, "keep", reason=" "), by=by)
    assert told.status == 2
    assert said in told.stderr
    assert f"--by: {by}:" not in told.stderr  # the sentence names them
    assert "decisions[0].reason" in told.stderr


def test_the_trend_is_told_run_by_run(company):
    company.night(SECOND)
    rows = json.loads(company.auditor("trend", "--json").stdout)
    assert [row["at"] for row in rows] == ["2026-10-02T03:10:00Z", "2026-10-03T03:10:00Z"]
    assert rows[0]["new"] == rows[0]["open"] == len(company.answer.findings)
    assert rows[1]["people_with_write"] == rows[0]["people_with_write"] > 0
    assert rows[1]["run"] in company.auditor("trend").stdout


def test_a_month_has_its_report_of_what_stood_at_its_end_and_what_was_closed_in_it(company, left):
    company.iam(without="piet")
    company.night(SECOND)
    last = company.night(SECOND + timedelta(days=1))
    company.night(FIRST + timedelta(days=35))
    made = company.auditor("report", "--month", "2026-10", "--json", *PAGE)
    assert made.status == 0, made.stderr
    folder = company.output / "2026-10"
    assert {Path(name).parent for name in made.said["files"].values()} >= {folder}
    assert json.loads((folder / "findings.json").read_text())["run"] == last.said["run"]
    page = (folder / "report.html").read_text()
    assert "Closed in October 2026" in page
    assert left["summary"] in page.split('id="gone"')[1].split("</section>")[0]
    assert "can change production on 4 October 2026" in page
    none = company.auditor("report", "--month", "2026-08")
    assert (none.status, "No run of August 2026" in none.stderr) == (2, True)


def choose(page, finding, verdict):
    """Open the one finding and check a verdict."""
    from playwright.sync_api import expect

    page.fill("#q", finding["id"])
    expect(page.locator("#list .open")).to_have_text([re.compile(re.escape(finding["summary"]))])
    page.locator("#list .open").click()
    page.get_by_label(verdict, exact=True).check()


def several(page, rule):
    """Decide in one on all that a rule found."""
    from playwright.sync_api import expect

    page.click("form button[type=reset]")
    page.select_option("#rule", rule)
    expect(page.locator("#bulk")).to_be_hidden()
    page.click("#choose-all")
    expect(page.locator("#chosen")).to_have_text("1 chosen")
    page.click("#bulk-do")
    expect(page.locator("#bulk [role=status]").last).to_have_text("Choose a decision.")
    page.locator("#bulk").get_by_label("Do it by", exact=True).check()
    page.locator("#bulk").get_by_label("Day to do it by").fill("2199-12-31")
    page.locator("#bulk").get_by_label("Who does it").fill("mia")
    page.locator("#bulk").get_by_label("Reason").fill("he is asked")
    page.click("#bulk-do")
    expect(page.locator("#bulk")).to_be_hidden()


def export(page, folder):
    """The file that the page gives."""
    with page.expect_download() as download:
        page.click("#export")
    exported = folder / download.value.suggested_filename
    download.value.save_as(exported)
    return exported


def begin_in_another_tab(page, report, finding):
    """A verdict without its reason, in a second tab of the same browser."""
    tab = page.context.new_page()
    tab.goto(report.resolve().as_uri())
    choose(tab, finding, "Revoke it")


@pytest.mark.browser
def test_the_page_keeps_decisions_over_a_reload_and_exports_what_decide_takes(
    browser, company, left, standing, tmp_path
):
    from playwright.sync_api import expect

    act = company.answer.of("changes/no-window", person="leon")
    later = company.night(SECOND, *PAGE).folder / "report.html"
    trouble = []
    page = browser.new_context().new_page()
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto((company.answer.folder / "report.html").resolve().as_uri())
    bar = page.locator("#decisions")
    expect(bar).to_be_hidden()

    choose(page, left, "Revoke it")
    expect(bar).to_contain_text("0 decided here, not yet recorded; 1 incomplete and left out.")
    page.get_by_label("Reason").fill("he has left")
    expect(bar).to_contain_text("1 decided here, not yet recorded.")
    page.keyboard.press("Escape")
    assert page.locator(".story").count() == 0
    choose(page, standing, "Exception until")
    page.get_by_label("Reason").fill('until the move, says "Mia" </script>')
    page.get_by_label("Last day of the exception").fill("2001-01-01")
    expect(page.locator(".choice [role=status]")).to_have_text("An exception needs a last day that is still to come.")
    page.get_by_label("Last day of the exception").fill("2199-12-31")

    page.reload()
    expect(bar).to_contain_text("2 decided here, not yet recorded.")
    several(page, act["rule"])
    expect(bar).to_contain_text("3 decided here, not yet recorded.")
    page.fill("#q", standing["id"])
    expect(page.locator("#tally")).to_have_text(re.compile("^0 of "))
    page.select_option("#rule", "")
    expect(page.locator("#list tr.hit")).to_have_count(1)
    assert page.locator("#list tr.hit .verdict").inner_text() == "exception"
    page.click("form button[type=reset]")
    page.select_option("#verdict", "revoke")
    expect(page.locator("#list tr.hit")).to_have_count(1)
    exported = export(page, tmp_path)

    page.locator("#list .open").click()
    page.get_by_role("button", name="Take back").click()
    expect(bar).to_contain_text("2 decided here")
    page.goto(later.resolve().as_uri())
    expect(bar).to_contain_text("2 decided here, not yet recorded.")
    begin_in_another_tab(page, company.answer.folder / "report.html", left)
    expect(bar).to_contain_text("2 decided here, not yet recorded; 1 incomplete and left out.")
    assert trouble == []
    told = company.auditor("decide", str(exported), "--by", "tom", "--at", MEETING)
    assert (told.status, told.stdout) == (0, "3 decisions recorded: 1 do-by, 1 exception, 1 revoke.\n"), told.stderr
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert {(d.finding, d.decision, d.decided_by) for d in ledger.decisions()} == {
            (left["id"], "revoke", "tom"),
            (standing["id"], "exception", "tom"),
            (act["id"], "do-by", "tom"),
        }


def test_the_latest_findings_are_exported_to_a_private_file_or_to_stdout(company):
    assert (
        company.auditor("export", "--format", "json").stdout.encode()
        == (company.output / "latest/findings.json").read_bytes()
    )
    made = company.auditor("export", "--format", "sarif", "--file", "findings.sarif")
    assert (made.status, made.stdout) == (0, "")
    path = company.folder / "findings.sarif"
    assert len(json.loads(path.read_text())["runs"][0]["results"]) == len(company.answer.findings)
    assert path.stat().st_mode & 0o777 == 0o600
