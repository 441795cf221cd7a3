import csv
import functools
import io
import json
import random
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from auditor.case.people import People
from auditor.config.load import load
from auditor.demo import activity, background, cloud, company, exports, forge, hosts, iam, issues, story, tickets
from auditor.demo.calendar import NIGHTS, ZONE, Calendar, clock
from auditor.demo.folder import Folder
from auditor.demo.host_servers import host_servers
from auditor.demo.iam import Directory
from auditor.demo.keys import fingerprint, public_key
from auditor.demo.servers import Served, Servers
from auditor.demo.sshd import PROGRAM
from auditor.demo.stand_in import StandIn, stand_in
from auditor.model.vocabulary import ActorClass
from collectors.duty.calendar import entries
from collectors.problems import Problems

TOLD = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
NAMES = ("nina", "mia", "leon", "tom", "sam", "piet")
ROLES = ("ci-deploy", "terraform", "shop-task", "access-broker", "checkout-operator", "jobs-operator")
DIRECTORY = Directory(
    "111122223333",
    {name: f"AIDA{name}" for name in NAMES},
    {name: f"AROA{name}" for name in ROLES},
    {name: f"AKIA{name}" for name in NAMES},
)


@functools.cache
def _months(night=NIGHTS):
    calendar = Calendar(TOLD, night)
    return [*background.months(DIRECTORY, calendar), *activity.scenes(DIRECTORY, calendar)]


def test_the_same_night_tells_the_same_events():
    random.seed()
    assert _months.__wrapped__() == _months()


@pytest.mark.parametrize("night", [1, 2, 3, NIGHTS])
def test_another_night_adds_events_and_changes_none(night):
    first, second = ({event["eventID"]: event for event in _months(number)} for number in (night, night + 1))
    assert len(second) > len(first)
    assert {name: second[name] for name in first} == first


def test_every_event_has_an_id_of_its_own():
    events = _months()
    assert len({event["eventID"] for event in events}) == len(events)


def test_no_event_is_later_than_the_audit():
    calendar = Calendar(TOLD)
    times = [datetime.fromisoformat(event["eventTime"]) for event in _months()]
    assert calendar.begins <= min(times) <= max(times) < calendar.at


@pytest.mark.parametrize("program", [PROGRAM, PROGRAM.with_name("no-sshd")])
def test_the_configuration_is_a_valid_one(tmp_path, program):
    folder, calendar = Folder.open(tmp_path / "demo", TOLD), Calendar(TOLD)
    aws = StandIn("http://127.0.0.1:5000", "111122223333")
    with host_servers(folder, program) as hosts_there:
        app = Flask(__name__)
        gitlab, metrics = Served(app, "http://127.0.0.1:5002"), "http://127.0.0.1:5003"
        others = Servers(Served(app, "http://127.0.0.1:5001"), gitlab, metrics, hosts_there)
        folder.put("auditor.yaml", company.configuration(aws, others, calendar))
    config = load(folder.path / "auditor.yaml")
    who = People(config).who
    assert who(f"ssh-key:{fingerprint('leon')}").person == "leon"
    assert who("arn:aws:iam::111122223333:role/ci-deploy").actor_class is ActorClass.PIPELINE
    assert len([person for person in config.people if person.left is None]) == 6


def test_every_ticket_that_the_story_names_is_there():
    known = {ticket.id for ticket in tickets.TICKETS}
    assert {finding.ticket for scene in story.BAD for finding in scene.findings} - {None} <= known


def test_incidents_come_from_a_file_and_every_other_ticket_from_gitlab():
    calendar = Calendar(TOLD)
    there = {f"{prefix}-{issue['iid']}" for prefix in ("OPS", "PAY") for issue in issues.issues(prefix, calendar)[0]}
    table = tickets.incidents(calendar)
    assert {ticket.id for ticket in tickets.TICKETS if ticket.id not in table} == there
    assert "INC-31" in table


def test_another_night_adds_releases_and_changes_none():
    for told in (_deployments, _entries):
        first, second = told(NIGHTS), told(NIGHTS + 7)
        assert first == told(NIGHTS)
        assert len(second) > len(first) > 5
        assert {name: second[name] for name in first} == first


def _deployments(night):
    places = forge.forge(Calendar(TOLD, night)).projects
    return {deployment["id"]: deployment for place in places for deployment in place.lists.get("deployments", [])}


def _entries(night):
    return {entry["insertId"]: entry for entry in cloud.cloud(Calendar(TOLD, night)).projects[cloud.PROJECT].entries}


def test_without_sshd_the_hosts_are_files_and_that_is_said(tmp_path):
    folder = Folder.open(tmp_path / "demo", TOLD)
    with host_servers(folder, PROGRAM.with_name("no-sshd")) as found:
        found.tell(Calendar(TOLD))
        assert found.missing == "/usr/sbin/no-sshd is not there"
        assert "path: logs/sshd/" in found.sources
    assert (folder.path / "logs/sshd/web-1.harbour.example.log").is_file()
    assert (folder.path / "dumps/ssh/web-1.harbour.example/piet/authorized_keys").is_file()


def test_the_jobs_host_is_silent_for_a_day_and_the_web_host_is_not():
    told = dict(hosts.logs(Calendar(TOLD)))
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
    assert all(scene.findings for scene in (*story.BAD, *story.OVER))
    assert not any(scene.findings for scene in story.GOOD)


def test_ids_are_those_of_every_night_and_every_time():
    """The trail names users and keys: with another id of the same user, it would tell of somebody else."""
    with stand_in() as aws:
        directory, seen = iam.everybody(aws, Calendar(TOLD)), []
        for calendar in (Calendar(TOLD, 1), Calendar(TOLD)):
            iam.seed(aws, calendar, activity.given(calendar))
            there = aws.iam().list_users()["Users"]
            assert {user["UserName"]: user["UserId"] for user in there}.items() <= directory.users.items()
            keys = aws.iam().list_access_keys(UserName="mia")["AccessKeyMetadata"]
            assert [key["AccessKeyId"] for key in keys] == [directory.keys["mia"]]
            seen.append({user["UserName"] for user in there})
        first, last = seen
        assert (first - last, last - first) == ({"ida"}, {"sam", "test-old"})
        assert iam.everybody(aws, Calendar(TOLD)) == directory


def test_who_holds_what_follows_from_the_timeline():
    held = [activity.given(Calendar(TOLD, night)).get("leon", []) for night in range(1, NIGHTS + 1)]
    assert held == [[], [], ["INC-31-jobs-write"], ["INC-31-jobs-write"]]
    assert activity.given(Calendar(TOLD))["nina"] == []


def test_a_night_tells_nothing_of_what_comes_after_it():
    for night in range(1, NIGHTS):
        calendar = Calendar(TOLD, night)
        at = calendar.at.isoformat().replace("+00:00", "Z")
        for place in forge.forge(calendar).projects:
            told = [
                one
                for name in ("members", "issues", "audit_events", "deployments")
                for one in place.lists.get(name, ())
            ]
            assert [one for one in told if (one.get("created_at") or "") >= at] == []
        assert all(one["timestamp"] < at for one in cloud.cloud(calendar).projects[cloud.PROJECT].entries)
        for row in csv.DictReader(io.StringIO(tickets.incidents(calendar))):
            assert datetime.fromisoformat(row["opened_at"]) < calendar.at


def test_the_cleanup_is_after_the_night_on_which_it_was_decided_and_under_its_ticket():
    for day in range(7):
        calendar = Calendar(TOLD + timedelta(days=day))
        (ticket,) = [one for one in tickets.TICKETS if one.id == "OPS-16"]
        assert Calendar(calendar.told, NIGHTS - 1).at < calendar.cleaned_up < calendar.at
        opens, ends = (clock(calendar.workday(ticket.day), text) for text in (ticket.starts, ticket.ends))
        assert opens < calendar.cleaned_up < ends


def test_what_other_tools_write_tells_nothing_of_what_comes_after_a_night():
    for night in range(1, NIGHTS + 1):
        calendar = Calendar(TOLD, night)
        told = dict(exports.exports(calendar))
        lines = csv.reader(io.StringIO(told["logs/orders.csv"]))
        used = [one["timestamp"] for one in json.loads(told["dumps/vault.json"])["items"]]
        ends = [line.get("rolvaliduntil") for line in map(json.loads, told["dumps/orders.jsonl"].splitlines())]
        times = [*(line[0].replace(" UTC", "+00:00") for line in lines), *used, *filter(None, ends)]
        assert max(map(datetime.fromisoformat, times)) < calendar.at


def test_the_rota_has_leon_on_duty_on_the_evening_of_the_sale_whatever_the_date():
    (ticket,) = [one for one in tickets.TICKETS if one.asked_for]
    for day in range(7):
        calendar = Calendar(TOLD + timedelta(days=day))
        begins = clock(calendar.workday(ticket.day), ticket.starts)
        rota = dict(exports.exports(calendar))["dumps/rota.ics"].encode()
        found = entries(rota, (begins, begins + timedelta(hours=1)), ZONE, Problems(), timedelta(seconds=20))
        assert [one.title for one in found] == [f"On call: {ticket.person}@harbour.example"]
