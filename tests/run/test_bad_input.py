"""Bad input: each kind gets a clear sentence, and costs no more than itself. One run meets nearly all of it at once."""

import gzip
import json

import pytest

from auditor.ledger import Ledger
from auditor.model.tables import Activity
from tests import nightly
from tests.nightly import FIRST, call, packed

GOOD = [call("mia", "ecs:DescribeServices", f"2026-09-30T08:0{minute}:00Z") for minute in range(3)]
TEN_MEGABYTES = call("mia", "ecs:DescribeServices", "2026-09-30T08:30:00Z", note="x" * 10_000_000)
DAMAGED_TEXT = json.dumps({"Records": GOOD}).encode().replace(b"DescribeServices", b"Describe\xff\xfeServices", 1)
TRAILS = {
    "cut-short": packed(GOOD)[:-20],
    "zip-bomb": gzip.compress(b'{"Records": [' + bytes(100_000_000)),
    "ten-megabytes": packed([GOOD[0], TEN_MEGABYTES, GOOD[1]]),
    "damaged-text": DAMAGED_TEXT,
    "no-records": b'{"Reports": []}',
    "new-version": packed([GOOD[0] | {"eventVersion": "2.7"}]),
    "no-zone": packed([GOOD[0] | {"eventTime": "2026-09-30T08:00:00"}, GOOD[1]]),
    "empty": b"",
}
NO_TICKETS = {
    "no-ticket-column": b"kind,title\naccess,Scale checkout\n",
    "doubled-column": b"ticket,kind,kind\nPAY-9,access,access\n",
    "empty-tickets": b"",
}
TICKETS = {
    "approved-twice": (
        b"ticket,kind,person,systems,approver,approved_at\n"
        b"PAY-7,access,nina,checkout,tom,2026-09-20T10:00:00Z\n"
        b"PAY-7,access,nina,checkout,mia,2026-09-20T11:00:00Z\n"
    ),
    "ticket-without-zone": b"ticket,kind,person,opened_at\nPAY-8,access,nina,2026-09-20T10:00:00\n",
    "ticket-in-latin-1": b"ticket,kind,title\nPAY-6,access,caf\xe9\n",
}


def bad_sources(company):
    """Files that nobody would wish for, and the sources that name them."""
    for name, content in TRAILS.items():
        suffix = ".json.gz" if content.startswith(b"\x1f\x8b") else ".json"
        company.write(f"bad/{name}/file{suffix}", content)
        yield {"name": name, "kind": "aws-cloudtrail", "path": f"bad/{name}"}
    yield from ticket_sources(company, TICKETS)
    whole = (company.folder / "dumps/authorization-details.json").read_bytes()
    company.write("bad/half.json", whole[: len(whole) // 2])
    yield {"name": "half-a-dump", "kind": "aws-iam", "account": "444455556666", "file": "bad/half.json"}
    key = nightly.ssh_key("nina")[0].encode()
    company.write("bad/keys/web-9.harbour.example/nina/authorized_keys", b"\xff\xfe no key\n" + key + b"\n")
    yield {"name": "damaged-keys", "kind": "ssh-keys", "path": "bad/keys"}
    log = nightly.ssh_session("nina", "2026-09-30", 77).encode()
    company.write("bad/log/web-9.harbour.example.log", b"\xff\xfe\x00" * 9 + b"\n" + log)
    yield {"name": "damaged-log", "kind": "ssh-logins", "path": "bad/log"}
    (company.folder / "bad/nothing").mkdir()
    for kind in ("aws-cloudtrail", "ssh-keys", "ssh-logins"):
        yield {"name": f"nothing-{kind}", "kind": kind, "path": "bad/nothing"}
        yield {"name": f"nowhere-{kind}", "kind": kind, "path": "bad/nowhere"}


def ticket_sources(company, files):
    for name, content in files.items():
        company.write(f"bad/{name}.csv", content)
        yield {"name": name, "kind": "tickets-file", "path": f"bad/{name}.csv"}


@pytest.fixture(scope="session")
def bad_night(once):
    def make(folder):
        company = nightly.harbour_shop(folder)
        company.with_sources(*bad_sources(company))
        nightly.keep(company.night(FIRST, "--workers", "2"), folder)

    return nightly.Company(once("bad-night", make))


def test_the_run_ends_with_3_and_says_all_of_it_on_stdout(bad_night):
    assert bad_night.answer.status == 3
    assert bad_night.answer.stderr == ""
    assert not bad_night.answer.report["complete"]


def test_every_finding_of_the_good_sources_is_still_there(first_night, bad_night):
    assert first_night.answer.findings.keys() <= bad_night.answer.findings.keys()
    for source in nightly.SOURCES:
        assert bad_night.answer.seen(source["name"]) == first_night.answer.seen(source["name"])
        assert bad_night.answer.seen(source["name"])[0] == "ok"


@pytest.mark.parametrize(
    ("source", "status", "sentence"),
    [
        (
            "cut-short",
            "failed",
            "cannot be read: truncated: its gzip stream ends in the middle; nothing of it was kept",
        ),
        ("zip-bomb", "failed", "cannot be read: a zip bomb: "),
        ("damaged-text", "ok", "some of its text is not UTF-8, and those characters were replaced"),
        ("new-version", "ok", "event version 2.7 is new here (record 0) (file.json.gz)"),
        ("no-records", "failed", "it has no eventTime and no eventSource and no eventName"),
        (
            "no-zone",
            "partial",
            "its eventTime '2026-09-30T08:00:00' is not a time that can be relied on: has no time zone",
        ),
        ("empty", "failed", "cannot be read: it is empty"),
        ("approved-twice", "partial", "a ticket is there twice, and the later edit or approval counts (PAY-7)"),
        ("ticket-without-zone", "ok", "times without a zone were read in Europe/Berlin"),
        ("ticket-in-latin-1", "partial", "some of its text is not UTF-8"),
        ("half-a-dump", "failed", "half a list of who has access would look like a clean one"),
        ("damaged-keys", "partial", "nina's keys: its options cannot be read (line 1)"),
        ("damaged-log", "partial", "a line has no time that can be read (line 1)"),
        ("nothing-aws-cloudtrail", "partial", "no CloudTrail files in bad/nothing"),
        ("nothing-ssh-keys", "failed", "bad/nothing holds no folder of a host"),
        ("nothing-ssh-logins", "failed", "bad/nothing holds no file named <host>.log"),
        ("nowhere-aws-cloudtrail", "failed", "bad/nowhere does not exist"),
        ("nowhere-ssh-keys", "failed", "bad/nowhere does not exist"),
        ("nowhere-ssh-logins", "failed", "bad/nowhere does not exist"),
    ],
)
def test_the_coverage_says_what_is_wrong_with(bad_night, source, status, sentence):
    found, reason = bad_night.answer.seen(source)
    assert found == status
    assert sentence in reason
    assert bad_night.answer.status == 3


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("cut-short", []),
        ("zip-bomb", []),
        ("ten-megabytes", [GOOD[0], TEN_MEGABYTES, GOOD[1]]),
        ("damaged-text", GOOD),
        ("no-records", []),
        ("new-version", [GOOD[0]]),
        ("no-zone", [GOOD[1]]),
    ],
)
def test_a_bad_record_costs_that_record_and_a_bad_file_that_file(bad_night, source, kept):
    store = bad_night.store
    rows = store.read(Activity, store.parts(Activity)).to_pylist()
    assert {row["event_id"] for row in rows if row["source"] == source} <= {event["eventID"] for event in kept}
    assert {event["eventID"] for event in kept} <= {row["event_id"] for row in rows}


def test_what_can_be_read_of_a_damaged_log_is_judged(bad_night):
    assert bad_night.answer.of("changes/no-window", account="ssh:nina@web-9.harbour.example")


def test_files_that_may_not_be_read_cost_themselves_only(company, without_privileges):
    company.write("sealed/trail/a.json.gz", packed(GOOD)).chmod(0)
    company.write("sealed/trail/b.json.gz", packed([call("mia", "ecs:ListTasks", "2026-09-30T09:00:00Z")]))
    company.write("sealed/tickets.csv", "ticket\nPAY-3\n").chmod(0)
    company.write("sealed/folder/c.json.gz", packed(GOOD)).parent.chmod(0)
    company.with_sources(
        {"name": "one-sealed", "kind": "aws-cloudtrail", "path": "sealed/trail"},
        {"name": "sealed-folder", "kind": "aws-cloudtrail", "path": "sealed/folder"},
        {"name": "sealed-tickets", "kind": "tickets-file", "path": "sealed/tickets.csv"},
    )
    night = company.night(nightly.SECOND, before=without_privileges)
    assert night.status == 3
    status, reason = night.seen("one-sealed")
    assert (status, "cannot be read: Permission denied (a.json.gz)" in reason) == ("partial", True)
    assert "sealed/folder cannot be read: Permission denied" in night.seen("sealed-folder")[1]
    assert "sealed/tickets.csv cannot be read: Permission denied" in night.seen("sealed-tickets")[1]
    assert {
        name for name, f in company.answer.findings.items() if not f["rule"].startswith("changes/")
    } <= night.findings.keys()


def test_where_tickets_cannot_be_read_nobody_is_judged_by_them(company):
    company.with_sources(*ticket_sources(company, NO_TICKETS))
    night = company.night(nightly.SECOND)
    assert night.status == 3
    assert "cannot be read as tickets: the column ticket is missing" in night.seen("no-ticket-column")[1]
    assert "cannot be read as tickets: there are two columns kind" in night.seen("doubled-column")[1]
    assert "cannot be read as tickets: it is empty" in night.seen("empty-tickets")[1]
    before = {name: f["rule"].split("/")[0] for name, f in company.answer.findings.items()}
    assert {before.get(name) for name in night.findings} == {"standing", None}
    with Ledger(company.output / "ledger.sqlite") as ledger:
        assert ledger.history()[-1].closed == 0


def test_a_configuration_with_people_and_accounts_twice_is_refused_with_every_mistake(tmp_path):
    company = nightly.harbour_shop(tmp_path)
    people = [*nightly.CONFIG["people"], {"id": "nina", "name": "Nina Again", "accounts": [nightly.arn("mia")]}]
    company.configure(people=people)
    night = company.night()
    assert (night.status, night.stdout) == (2, "")
    assert "people[5].id: the id 'nina' is already taken (see people[2].id on line " in night.stderr
    claimed = f"the account '{nightly.arn('mia')}' is already claimed by people[0].accounts[0] on line "
    assert claimed in night.stderr
    assert "auditor.yaml has 2 mistakes." in night.stderr
    assert not (tmp_path / "evidence").exists()
