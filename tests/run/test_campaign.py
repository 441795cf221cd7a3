"""A month's campaign from open to close, on the small company: frozen, decided by two reviewers, enforced and proven."""

import contextlib
import json
import re
import sqlite3
import stat
from datetime import timedelta
from hashlib import sha256

import pytest
from pypdf import PdfReader

from auditor.ledger import Ledger
from reports.attestation_json import FORMAT
from tests.nightly import CONFIG, FIRST, HOST, PAGE, SECOND, USERS, _user, arn

MEETING = FIRST + timedelta(hours=6)
AT = ("--at", MEETING.isoformat())
FOLDER = "output/reviews/2026-10"


class Campaign:
    """What the tests do with a campaign of a company."""

    def __init__(self, company, at=MEETING):
        self.company = company
        self.opened = company.auditor("review", "open", "--month", "2026-10", "--at", at.isoformat())
        assert self.opened.status == 0, self.opened.stderr
        self.file = company.folder / FOLDER / "population.json"
        self.population = json.loads(self.file.read_text())

    def lines(self, **wanted):
        """Ids of the lines that have these fields."""
        found = [one["id"] for one in self.population["lines"] if wanted.items() <= one.items()]
        assert found, wanted
        return found

    def hand_in(self, by, lines, *more, at=MEETING, **changes):
        """What a reviewer decided, as the page exports it, recorded."""
        entries = [
            {"decision": "keep", "reason": f"needed for {line}", **one, "line": line} for line, one in lines.items()
        ]
        told = {"format": FORMAT, "campaign": "2026-10", "population": sha256(self.file.read_bytes()).hexdigest()}
        path = self.company.write(f"{by}.json", json.dumps(told | {"by": by, "lines": entries} | changes))
        return self.company.auditor("review", "decide", str(path), *more, "--at", at.isoformat())

    def keep_all(self, at=MEETING):
        for who in ("mia", "leon"):
            told = self.hand_in(who, {line: {} for line in self.lines(reviewer=who)}, at=at)
            assert told.status == 0, told.stderr

    def status(self, at=MEETING):
        told = self.company.auditor("review", "status", "--json", "--at", at.isoformat())
        assert told.status == 0, told.stderr
        return told.said

    def close(self, *more, by="tom", at=MEETING):
        return self.company.auditor("review", "close", "--by", by, *more, "--at", at.isoformat())


@pytest.fixture
def campaign(company):
    return Campaign(company)


def test_the_population_is_frozen_and_its_hash_on_record(company, campaign):
    assert stat.S_IMODE(campaign.file.stat().st_mode) == 0o600
    with Ledger(company.output / "ledger.sqlite") as ledger:
        (kept,) = ledger.campaigns()
    assert kept.population == sha256(campaign.file.read_bytes()).hexdigest()
    assert kept.population in campaign.opened.stdout
    assert (kept.run, kept.lines) == (company.answer.said["run"], len(campaign.population["lines"]))
    assert kept.manifest == campaign.population["manifest"] != ""
    access = json.loads((company.output / kept.run / "access.json").read_text())
    assert len(access) == kept.lines
    nina = next(one for one in campaign.population["lines"] if one["account"] == arn("nina"))
    assert (nina["person"], nina["system"], nina["level"]) == ("nina", "checkout", "write")
    assert nina["last_used_at"]
    assert campaign.population["findings"][nina["findings"][0]]["rule"].startswith("standing/")
    again = company.auditor("review", "open", "--month", "2026-10", *AT)
    assert (again.status, "stays as it was frozen" in again.stderr) == (2, True)
    none = company.auditor("review", "open", "--month", "2026-08", *AT)
    assert (none.status, "There is nothing to review." in none.stderr) == (2, True)


def test_the_owner_reviews_and_never_the_holder(campaign):
    reviewers = {(one["person"], one["reviewer"], one["reviews_as"]) for one in campaign.population["lines"]}
    assert ("nina", "mia", "owner") in reviewers
    assert ("mia", "leon", "backup") in reviewers
    assert not [one for one in campaign.population["lines"] if one["person"] == one["reviewer"]]


def test_where_owner_and_backup_hold_it_an_approver_reviews_or_it_is_said_that_nobody_is_left(company):
    systems = [CONFIG["systems"][0] | {"backup": "mia"}]
    company.configure(systems=systems)
    campaign = Campaign(company)
    assert {one["reviews_as"] for one in campaign.population["lines"] if one["person"] == "mia"} == {"approver"}
    company.configure(systems=systems, policy={"approvers": ["mia"]})
    (company.output / "ledger.sqlite").rename(company.output / "ledger.before")
    assert company.night(SECOND).status in (0, 3)
    campaign = Campaign(company, SECOND)
    assert {one["reviewer"] for one in campaign.population["lines"] if one["person"] == "mia"} == {None}
    assert "nobody is left who may decide" in campaign.opened.stdout


def test_a_population_that_was_edited_is_noticed(company, campaign):
    campaign.file.write_bytes(campaign.file.read_bytes().replace(b'"nina"', b'"leon"', 1))
    told = company.auditor("review", "status", *AT)
    assert (told.status, "is not what was frozen" in told.stderr) == (3, True)


def test_what_may_not_be_decided_is_refused_line_by_line(company, campaign):
    own, theirs = campaign.lines(account=arn("mia"))[0], campaign.lines(account=arn("nina"))[0]
    piet = campaign.lines(account=arn("piet"))[0]
    told = campaign.hand_in(
        "mia",
        {
            own: {},
            theirs: {},
            piet: {"decision": "until", "until": "2026-10-01"},
            "feedfeedfeedfeed": {},
            "<b>\n": {"decision": "burn"},
        },
    )
    assert (told.status, told.stdout) == (3, "1 decision recorded in the campaign of 2026-10.\n")
    assert f"line {own} refused: it concerns the access of the person who decides" in told.stderr
    assert f"line {piet} refused: expected a day after 2026-10-02" in told.stderr
    assert "line feedfeedfeedfeed refused: the campaign has no such line" in told.stderr
    assert "line <b>  refused: decision: input should be 'keep'" in told.stderr
    told = campaign.hand_in("nina", {piet: {}})
    assert "only an approver or an owner of checkout decides it, not Nina Alvarez" in told.stderr
    standing = campaign.status()
    assert set(standing["decisions"]) == {theirs}
    assert campaign.hand_in("mia", {theirs: {}}).stdout == (
        "0 decisions recorded in the campaign of 2026-10; 1 known already.\n"
    )
    other = campaign.hand_in("mia", {theirs: {}}, population="0" * 64)
    assert (other.status, "decides on another population" in other.stderr) == (2, True)


def test_two_who_decide_differently_are_shown_and_keep_it_open_until_they_agree(campaign):
    campaign.keep_all()
    line = campaign.lines(account=arn("nina"))[0]
    told = campaign.hand_in("leon", {line: {"decision": "revoke", "reason": "she moved on"}})
    assert "1 of these lines is decided differently by somebody else, and undecided until they agree" in told.stdout
    standing = campaign.status()
    assert standing["conflicts"] == [line]
    assert [(one["decided_by"], one["decision"]) for one in standing["decisions"][line]] == [
        ("mia", "keep"),
        ("leon", "revoke"),
    ]
    told = campaign.close()
    assert (told.status, "decided differently by two people: 1" in told.stderr) == (2, True)
    told = campaign.hand_in("mia", {line: {"decision": "revoke", "reason": "agreed"}})
    assert (campaign.status()["conflicts"], "differently" in told.stdout) == ([], False)
    assert campaign.close().status == 0


def test_it_is_closed_when_all_is_decided_and_nothing_changes_afterwards(company, campaign):
    told = campaign.close()
    assert (told.status, f"undecided: {len(campaign.population['lines'])}" in told.stderr) == (2, True)
    campaign.keep_all()
    told = campaign.close()
    assert (told.status, "is closed" in told.stdout) == (0, True), told.stderr
    record = (company.folder / FOLDER / "record.json").read_bytes()
    with Ledger(company.output / "ledger.sqlite") as ledger:
        (kept,) = ledger.campaigns()
    assert kept.closing.record == sha256(record).hexdigest()
    said = json.loads(record)
    assert (said["closed_by"], said["left_open"], said["population"]) == ("tom", [], kept.population)
    assert said["verdicts"] == {"keep": len(campaign.population["lines"])}
    assert {one["decisions"][0]["decided_by"] for one in said["lines"]} == {"mia", "leon"}
    assert not (company.folder / FOLDER / "cleanup").exists()
    assert "closed already" in campaign.close().stderr
    assert "was closed on" in campaign.hand_in("mia", {campaign.lines(reviewer="mia")[0]: {}}).stderr


def test_what_was_revoked_gets_its_script_and_later_nights_tell_what_became_of_it(company, campaign):
    campaign.keep_all()
    piet, leon = campaign.lines(account=arn("piet"))[0], campaign.lines(account=arn("leon"))[0]
    revoked = {piet: {"decision": "revoke", "reason": "he left; `rm -rf`"}, leon: {"decision": "revoke"}}
    campaign.hand_in("mia", revoked)
    assert campaign.close().status == 0
    script = (company.folder / FOLDER / "cleanup/cleanup.sh").read_text()
    assert "user/piet" in script or "piet" in script
    assert "decided in the review of 2026-10 to revoke" in script
    assert "nina" not in script
    assert [one["outcome"] for one in campaign.status()["proofs"]] == ["could not be judged"] * 2
    company.iam(without="piet")
    night = company.night(SECOND, *PAGE)
    run = night.said["run"]
    page = (night.folder / "report.html").read_text().split('id="campaign"')[1].split("</section>")[0]
    assert f"gone (run {run}" in page
    assert "The access review of October 2026, line by line" in page
    assert "Closed on 2 October 2026 by Tom Weiss: 4 keep and 2 revoke." in page
    later = SECOND + timedelta(hours=1)
    proofs = {one["line"]: one for one in campaign.status(later)["proofs"]}
    assert (proofs[piet]["outcome"], proofs[piet]["run"]) == ("gone", run)
    assert proofs[leon]["outcome"] == "still there"
    company.write("dumps/authorization-details.json", "{")
    company.night(SECOND + timedelta(days=1))
    proofs = {one["line"]: one for one in campaign.status(later + timedelta(days=1))["proofs"]}
    assert (proofs[piet]["outcome"], proofs[piet]["run"]) == ("gone", run)
    assert (proofs[leon]["outcome"], proofs[leon]["why"]) == (
        "could not be judged",
        "iam could not be read, or not all of it",
    )
    told = company.auditor("review", "status", "--at", (later + timedelta(days=1)).isoformat())
    assert f"gone (run {run}" in told.stdout


def test_what_later_nights_prove_is_chained_to_the_record_and_leaves_it_as_it_was_closed(company, campaign):
    import jsonschema  # it takes two seconds

    campaign.keep_all()
    piet, leon = campaign.lines(account=arn("piet"))[0], campaign.lines(account=arn("leon"))[0]
    campaign.hand_in("mia", {one: {"decision": "revoke"} for one in (piet, leon)})
    assert campaign.close().status == 0
    record = (company.folder / FOLDER / "record.json").read_bytes()
    place = company.folder / FOLDER / "proof.jsonl"
    assert not place.exists()
    company.night(SECOND)
    company.night(SECOND + timedelta(days=1))
    company.iam(without="piet")
    company.night(SECOND + timedelta(days=2))
    lines = place.read_bytes().splitlines(keepends=True)
    first, second = map(json.loads, lines)
    assert {one["line"]: one["outcome"] for one in first["lines"]} == {piet: "still there", leon: "still there"}
    assert {one["line"]: one["outcome"] for one in second["lines"]} == {piet: "gone"}
    assert (first["before"], second["before"]) == (sha256(record).hexdigest(), sha256(lines[0]).hexdigest())
    assert (company.folder / FOLDER / "record.json").read_bytes() == record
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert company.auditor("verify").status == 0
    kept = {"population": campaign.file.read_bytes(), "record": record, "proof": lines[0]}
    kept["attestation"] = (company.folder / "mia.json").read_bytes()
    for name, data in kept.items():
        schema = company.auditor("schema", name).said
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.loads(data))
    place.write_bytes(lines[0])
    told = company.auditor("verify")
    assert "proof.jsonl is not what the ledger has of the campaign" in told.stdout + told.stderr
    assert told.status


def test_what_is_decided_has_its_script_before_the_campaign_is_closed_and_closing_writes_another_beside_it(
    company, campaign
):
    said = company.auditor("review", "script", *AT)
    assert (said.status, "No line that was decided to be revoked stands" in said.stdout) == (0, True)
    piet, leon = campaign.lines(account=arn("piet"))[0], campaign.lines(account=arn("leon"))[0]
    campaign.hand_in("mia", {piet: {"decision": "revoke"}})
    said = company.auditor("review", "script", *AT)
    script = company.folder / FOLDER / "cleanup/cleanup.sh"
    assert (said.status, said.stdout.strip()) == (0, str(script))
    (script.parent / "applied-0123456789ab").mkdir()
    campaign.keep_all()
    campaign.hand_in("mia", {one: {"decision": "revoke"} for one in (piet, leon)})
    told = campaign.close()
    assert (told.status, "cleanup-2/cleanup.sh" in told.stdout) == (0, True), told.stderr


def test_a_source_that_failed_keeps_it_open_unless_an_approver_says_why(company, campaign):
    campaign.keep_all()
    company.write("dumps/authorization-details.json", "{")
    company.night(SECOND)
    later = SECOND + timedelta(hours=1)
    (source,) = campaign.status(later)["sources"]
    assert (source["source"], source["then"], source["since"], source["now"]) == ("iam", False, 1, True)
    told = campaign.close(at=later)
    assert (told.status, "iam could not be read, or not all of it, in the latest run" in told.stderr) == (2, True)
    told = campaign.close("--despite", "the dump is late", by="nina", at=later)
    assert (told.status, "only an approver closes it with something left open: tom" in told.stderr) == (2, True)
    told = campaign.close("--despite", "the dump is late", at=later)
    assert (told.status, "Left open: iam could not be read" in told.stdout) == (0, True)
    record = json.loads((company.folder / FOLDER / "record.json").read_text())
    assert record["despite"] == "the dump is late"
    assert record["left_open"] == ["iam could not be read, or not all of it, in the latest run"]
    assert company.auditor("report", "--month", "2026-10", "--at", later.isoformat(), "--reports", "pdf").status == 3
    pack = " ".join(
        "".join(one.extract_text() for one in PdfReader(company.output / "2026-10/report.pdf").pages).split()
    )
    assert "Exception: closed by Tom Weiss with something left open: the dump is late" in pack
    assert campaign.population["manifest"] in pack.replace(" ", "")


def test_rights_that_came_since_are_told_and_not_added(company, campaign):
    campaign.keep_all()
    users = [*USERS, _user("tom", "ecs:UpdateService")]
    dump = json.loads((company.folder / "dumps/authorization-details.json").read_text())
    company.write("dumps/authorization-details.json", json.dumps(dump | {"UserDetailList": users}))
    people = [one | ({"accounts": [arn("tom")]} if one["id"] == "tom" else {}) for one in CONFIG["people"]]
    company.configure(people=people)
    company.night(SECOND)
    standing = campaign.status(SECOND + timedelta(hours=1))
    (new,) = [one for one in standing["changes"] if one["what"] == "new"]
    assert (new["line"]["person"], new["line"]["system"]) == ("tom", "checkout")
    assert standing["campaign"]["lines"] == len(campaign.population["lines"])
    assert standing["undecided"] == 0


def test_signs_of_a_rubber_stamp_are_shown_and_accuse_nobody(company):
    key = (company.folder / f"dumps/ssh/{HOST}/nina/authorized_keys").read_text()
    for number in (2, 3):
        company.write(f"dumps/ssh/web-{number}.harbour.example/nina/authorized_keys", key)
    company.night(SECOND)
    later = SECOND + timedelta(hours=6)
    campaign = Campaign(company, later)
    lines = campaign.lines(reviewer="mia")
    assert len(lines) >= 5
    stamped = {"reason": "Fine", "said_at": MEETING.isoformat()}
    campaign.hand_in("mia", dict.fromkeys(lines, stamped), at=later)
    assert campaign.status(later)["signs"] == [
        f"Mia Berg decided {len(lines)} lines at a time before the page was made (2026-10-03 09:10 UTC).",
        f"Mia Berg kept all {len(lines)} lines within a minute.",
        f"Mia Berg kept all {len(lines)} lines with the same words.",
    ]
    campaign.hand_in("mia", {lines[0]: {"decision": "revoke", "said_at": later.isoformat()}}, at=later)
    assert "kept all" not in str(campaign.status(later)["signs"])


def test_a_due_day_that_is_over_makes_undecided_lines_late(company, campaign):
    standing = campaign.status(MEETING + timedelta(days=15))
    assert [one["late"] for one in standing["reviewers"]] == [one["lines"] for one in standing["reviewers"]]
    assert [one["late"] for one in campaign.status()["reviewers"]] == [0, 0]


@pytest.mark.parametrize("change", ["update campaigns set population = ''", "delete from attestations"])
def test_what_is_on_record_can_be_added_to_and_not_changed(company, campaign, change):
    campaign.hand_in("mia", {campaign.lines(reviewer="mia")[0]: {}})
    with (
        contextlib.closing(sqlite3.connect(company.output / "ledger.sqlite")) as database,
        pytest.raises(sqlite3.IntegrityError, match="is not changed"),
    ):
        database.execute(change)


def test_decisions_that_are_taken_out_of_the_ledger_are_noticed_by_the_chain(company, campaign):
    campaign.keep_all()
    company.night(SECOND)
    assert company.auditor("verify").status == 0
    with contextlib.closing(sqlite3.connect(company.output / "ledger.sqlite")) as database:
        database.executescript("drop trigger attestations_remain; delete from attestations where decided_by = 'leon'")
    told = company.auditor("verify")
    assert told.status == 3
    assert "The decisions of campaigns in the ledger are not what the chain keeps of them" in told.stdout + told.stderr


@pytest.mark.browser
def test_the_page_says_what_to_do_first(browser, company, campaign):
    from playwright.sync_api import expect

    assert campaign.lines()
    page = browser.new_page()
    page.goto((company.folder / FOLDER / "review.html").resolve().as_uri())
    expect(page.locator("#tally")).to_contain_text("; to decide, choose first who you are")
    expect(page.locator("#choose-all")).to_be_hidden()
    page.select_option("#me", "mia")
    expect(page.locator("#tally")).to_contain_text("; tick those to decide on")
    expect(page.locator("#choose-all")).to_be_visible()


@pytest.mark.browser
def test_two_reviewers_decide_in_the_page_and_what_they_export_is_taken(browser, company, campaign, tmp_path):
    from playwright.sync_api import expect

    place = company.folder / FOLDER / "review.html"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    trouble, files = [], []
    page = browser.new_page()
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(f"{place.resolve().as_uri()}#mia")
    bar, rows = page.locator("#decisions"), page.locator("tr[data-line]:not([hidden])")
    theirs = len(campaign.lines(reviewer="mia"))
    expect(rows).to_have_count(theirs)
    expect(bar).to_be_hidden()
    page.click("#choose-all")
    page.locator("#bulk").get_by_label("Keep it", exact=True).check()
    page.click("#bulk-do")
    expect(page.locator("#bulk fieldset [role=status]")).to_have_text("A reason is needed.")
    page.get_by_label("Reason").fill("on the team </script>")
    page.click("#bulk-do")
    expect(bar).to_contain_text(f"Mia Berg: {theirs} decided here, not yet recorded.")
    piet = campaign.lines(account=arn("piet"))[0]
    box = page.locator(f"[data-line='{piet}'] .choose")
    expect(box).to_have_accessible_name(re.compile("^Choose Piet "))
    box.check()
    page.get_by_label("Do it by", exact=True).check()
    page.get_by_label("Day to do it by").fill("2199-12-31")
    page.get_by_label("Who does it").fill("tom")
    page.get_by_label("Reason").fill("account goes with the move")
    page.click("#bulk-do")
    page.reload()
    expect(page.locator(f"[data-line='{piet}'] .draft")).to_contain_text("Do it by 2199-12-31, tom: account goes")
    for who in ("mia", "leon"):
        page.select_option("#me", who)
        if who == "leon":
            expect(rows).to_have_count(len(campaign.lines(reviewer="leon")))
            page.click("#choose-all")
            page.locator("#bulk").get_by_label("Revoke it", exact=True).check()
            page.get_by_label("Reason").fill("owners need no shell")
            page.click("#bulk-do")
        with page.expect_download() as download:
            page.click("#export")
        files.append(tmp_path / download.value.suggested_filename)
        download.value.save_as(files[-1])
    assert trouble == []
    assert [file.name for file in files] == ["2026-10-mia.json", "2026-10-leon.json"]
    told = company.auditor("review", "decide", *map(str, files), *AT)
    assert (told.status, told.stderr) == (0, "")
    standing = campaign.status()
    assert (standing["undecided"], standing["decisions"][piet][0]["who"]) == (0, "tom")
    assert {one["decision"] for said in standing["decisions"].values() for one in said} == {"keep", "do-by", "revoke"}
    assert "on the team &lt;/script&gt; (Mia Berg, 2 Oct 2026" in place.read_text()
