import random
import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from auditor.config.load import load
from auditor.demo import activity, background, company, hosts, story, tickets
from auditor.demo.calendar import Calendar
from auditor.demo.iam import Directory
from auditor.demo.keys import fingerprint, public_key
from auditor.demo.stand_in import StandIn
from auditor.model.vocabulary import ActorClass
from auditor.resolve.people import People

FIRST = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)
NAMES = ("nina", "mia", "leon", "tom", "sam")
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


def test_the_configuration_is_a_valid_one(tmp_path):
    path = tmp_path / "auditor.yaml"
    path.write_text(company.configuration(StandIn("http://127.0.0.1:5000", "111122223333"), Calendar(FIRST)))
    config = load(path)
    who = People(config).who
    assert who(f"ssh-key:{fingerprint('leon')}").person == "leon"
    assert who("arn:aws:iam::111122223333:role/ci-deploy").actor_class is ActorClass.PIPELINE
    assert len([person for person in config.people if person.left is None]) == 6


def test_every_ticket_that_the_story_names_is_there():
    table = tickets.table(Calendar(FIRST))
    for finding in story.expected():
        assert finding.ticket is None or finding.ticket in table


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
