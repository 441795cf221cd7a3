"""Tickets as trackers export them, from `auditor init --tickets` to the findings, as somebody new would try it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from tests.nightly import Company

DATA = Path(__file__).parents[1] / "data/exports"
KEYS = {"nina": "a" * 43, "leon": "b" * 43}
NAMES = {"nina": "Nina Alvarez", "leon": "Leon Dubois", "tom": "Tom Okafor", "mia": "Mia Roth"}
FORGE = {"nina": "nalvarez", "leon": "ldubois", "tom": "tokafor", "mia": "mroth"}
AT = datetime(2026, 10, 15, 12, tzinfo=UTC)


def person(login):
    keys = [f"ssh-key:SHA256:{KEYS[login]}"] if login in KEYS else []
    accounts = [f"ssh:{login}", f"github:{FORGE[login]}", *keys]
    return {
        "id": login,
        "name": NAMES[login],
        "email": f"{login}@acme.example",
        "job": "engineer",
        "accounts": accounts,
    }


CONFIG = {
    "organisation": "Acme",
    "timezone": "Europe/Berlin",
    "people": [person(login) for login in NAMES],
    "jobs": {"engineer": ["read-logs"]},
    "systems": [
        {
            "id": "shop",
            "name": "Web shop",
            "primary": "tom",
            "backup": "mia",
            "on_duty": ["tom", "mia"],
            "resources": [{"provider": "ssh", "host": "web-*"}],
        }
    ],
    "policy": {"approvers": ["tom", "mia"]},
    "reports": ["csv"],  # what is not looked at is not drawn
}


@pytest.fixture
def audited(tmp_path):
    """The night over a tracker's file, read as `auditor init` proposes."""

    def run(name):
        company = Company(tmp_path)
        company.write(name, (DATA / name).read_bytes())
        company.write("logs/web-1.log", (DATA / "web-1.log").read_bytes())
        proposed = yaml.safe_load(company.auditor("init", "--tickets", name).stdout)["sources"]
        logins = {"name": "logins", "kind": "ssh-logins", "path": "logs/"}
        company.write("auditor.yaml", yaml.safe_dump({**CONFIG, "sources": [*proposed, logins]}))
        return company.night(AT)

    return run


@pytest.mark.parametrize(
    ("name", "ticket", "remark"),
    [
        ("jira.csv", "OPS-7", "a record is no request and was left out (OPS-8)"),
        ("jira.json", "OPS-7", "a record is no request and was left out (OPS-8)"),
        ("linear.csv", "OPS-7", "a record is no request and was left out (OPS-8)"),
        ("github.json", "acme/ops#7", "a record is no request and was left out (acme/ops#8)"),
    ],
)
def test_an_export_is_read_whole_and_covers_what_its_tickets_say(audited, name, ticket, remark):
    night = audited(name)
    assert night.status == 0, night.stderr
    assert night.seen("tickets") == ("ok", remark)
    judged = [
        (finding["rule"], finding["person"], finding["ticket"])
        for finding in night.findings.values()
        if finding["rule"].startswith(("changes/", "tasks/"))
    ]
    # Nina's work at 9:00 is covered; what she did at 16:00 is not, nor is anything of Leon's.
    assert sorted(judged, key=str) == [("changes/no-window", "leon", None), ("changes/outside-window", "nina", ticket)]
    unread = {(entry["rule"], entry["subject"]) for entry in night.report["not_judged"] if ticket in entry["subject"]}
    # Linear's export holds no comments: whether somebody approved, and what was done, is not known.
    assert unread == ({("tasks/unapproved", ticket), ("tasks/no-closeout", ticket)} if "linear" in name else set())
