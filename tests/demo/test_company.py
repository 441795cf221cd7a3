import random
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from auditor.case.people import People
from auditor.config.load import load
from auditor.demo import activity, background, cloud, company, forge, hosts, issues, story, tickets
from auditor.demo.calendar import Calendar
from auditor.demo.folder import Folder
from auditor.demo.host_servers import host_servers
from auditor.demo.iam import Directory
from auditor.demo.keys import fingerprint, public_key
from auditor.demo.servers import Servers
from auditor.demo.sshd import PROGRAM
from auditor.demo.stand_in import StandIn
from auditor.model.vocabulary import ActorClass

FIRST = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
NAMES = ("nina", "mia", "leon", "tom", "sam", "piet")
ROLES = ("ci-deploy", "terraform", "shop-task", "access-broker", "checkout-operator", "jobs-operator")
DIRECTORY = Directory(
    "111122223333",
    {name: f"AIDA{name}" for name in NAMES},
    {name: f"AROA{name}" for name in ROLES},
    {name: f"AKIA{name}" for name in NAMES},
)


def _months(nights):
    calendar = Calendar(FIRST, nights)
    return [*background.month(DIRECTORY, calendar), *activity.scenes(DIRECTORY, calendar)]


def test_the_same_night_tells_the_same_events():
    random.seed()
    assert _months(1) == _months(1)


def test_another_night_adds_events_and_changes_none():
    first, second = ({event["eventID"]: event for event in _months(nights)} for nights in (1, 2))
    assert len(second) > len(first)
    assert {name: second[name] for name in first} == first


def test_every_event_has_an_id_of_its_own():
    events = _months(1)
    assert len({event["eventID"] for event in events}) == len(events)


def test_no_event_is_later_than_the_audit():
    calendar = Calendar(FIRST)
    times = [datetime.fromisoformat(event["eventTime"]) for event in _months(1)]
    assert calendar.begins <= min(times) <= max(times) < calendar.at


@pytest.mark.parametrize("program", [PROGRAM, PROGRAM.with_name("no-sshd")])
def test_the_configuration_is_a_valid_one(tmp_path, program):
    folder, calendar = Folder.open(tmp_path / "demo", FIRST), Calendar(FIRST)
    aws = StandIn("http://127.0.0.1:5000", "111122223333")
    with host_servers(folder, calendar, program) as hosts_there:
        others = Servers("http://127.0.0.1:5001", "http://127.0.0.1:5002", hosts_there)
        folder.put("auditor.yaml", company.configuration(aws, others, calendar))
    config = load(folder.path / "auditor.yaml")
    who = People(config).who
    assert who(f"ssh-key:{fingerprint('leon')}").person == "leon"
    assert who("arn:aws:iam::111122223333:role/ci-deploy").actor_class is ActorClass.PIPELINE
    assert len([person for person in config.people if person.left is None]) == 6


def test_every_ticket_that_the_story_names_is_there():
    known = {ticket.id for ticket in tickets.TICKETS}
    assert {finding.ticket for finding in story.expected()} - {None} <= known


def test_incidents_come_from_a_file_and_every_other_ticket_from_gitlab():
    calendar = Calendar(FIRST)
    there = {f"{prefix}-{issue['iid']}" for prefix in ("OPS", "PAY") for issue in issues.issues(prefix, calendar)[0]}
    table = tickets.incidents(calendar)
    assert {ticket.id for ticket in tickets.TICKETS if ticket.id not in table} == there
    assert "INC-31" in table


def test_another_night_adds_releases_and_changes_none():
    for told in (_deployments, _entries):
        first, second = told(1), told(8)
        assert first == told(1)
        assert len(second) > len(first) > 5
        assert {name: second[name] for name in first} == first


def _deployments(nights):
    places = forge.forge(Calendar(FIRST, nights)).projects
    return {deployment["id"]: deployment for place in places for deployment in place.lists.get("deployments", [])}


def _entries(nights):
    return {entry["insertId"]: entry for entry in cloud.cloud(Calendar(FIRST, nights)).projects[cloud.PROJECT].entries}


def test_without_sshd_the_hosts_are_files_and_that_is_said(tmp_path):
    folder = Folder.open(tmp_path / "demo", FIRST)
    with host_servers(folder, Calendar(FIRST), PROGRAM.with_name("no-sshd")) as found:
        assert found.missing == "/usr/sbin/no-sshd is not there"
        assert "path: logs/sshd/" in found.sources
    assert (folder.path / "logs/sshd/web-1.harbour.example.log").is_file()
    assert (folder.path / "dumps/ssh/web-1.harbour.example/piet/authorized_keys").is_file()


def test_the_jobs_host_is_silent_for_a_day_and_the_web_host_is_not():
    told = dict(hosts.logs(Calendar(FIRST)))
    days = {name: {line[:6] for line in text.splitlines()} for name, text in told.items() if "jobs-1" in name}
    assert "Nov  4" not in days["logs/sshd/jobs-1.harbour.example.log"]
    assert {"Nov  3", "Nov  5"} <= days["logs/sshd/jobs-1.harbour.example.log"]
    assert "2026-11-04T12:17" in told["logs/sshd/web-1.harbour.example.log"]


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="needs ssh-keygen")
def test_keys_have_the_fingerprint_that_openssh_gives_them(tmp_path):
    path = tmp_path / "key.pub"
    path.write_text(f"{public_key('mia')} mia@harbour.example\n")
    shown = subprocess.run(["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True).stdout
    assert shown.split()[1] == fingerprint("mia")


def test_every_scene_that_went_wrong_says_what_must_be_found():
    assert all(scene.findings for scene in story.BAD)
    assert not any(scene.findings for scene in story.GOOD)
