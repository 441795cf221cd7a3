"""Sources made of the few words that somebody gives, and what a terminal asks."""

import os
import pty
import select
import subprocess
import sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from auditor.config import load
from auditor.demo.calendar import Calendar, last_night
from auditor.demo.company import configuration
from auditor.demo.folder import Folder
from auditor.demo.forge import VALUE, forge
from auditor.demo.gitlab.server import gitlab
from auditor.demo.servers import servers
from auditor.demo.serving import served
from auditor.demo.stand_in import StandIn
from auditor.discovery.evidence import configured, read
from auditor.discovery.live import live_sources
from auditor.discovery.proposal import propose
from auditor.options import Silence
from collectors.registry import LIVE
from tests import github_server, stand_ins, waiting
from tests.discovery import company
from tests.github_company import company as company_on_github


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """A profile that signs in to AWS's stand-in."""
    (tmp_path / "config").write_text("[profile audit]\nregion = eu-central-1\n")
    (tmp_path / "credentials").write_text("[audit]\naws_access_key_id = demo\naws_secret_access_key = demo\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with stand_ins.moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield "audit"


def test_a_profile_tells_its_account(profile, tmp_path):
    sources, missed = live_sources([("aws", (profile,))])
    assert missed == []
    assert {one["kind"]: one.get("account") for one in sources} == {
        "aws-iam": "123456789012",
        "aws-cloudtrail": None,
        "aws-resources": "123456789012",
        "aws-resource-policies": "123456789012",
    }
    assert all(one["profile"] == profile for one in sources)
    configured({"organisation": "unknown", "sources": sources}, tmp_path)


@pytest.fixture
def group(monkeypatch):
    """The demo company's group, as its address; the token opens it."""
    with served(gitlab(forge(Calendar(company.AT, 30)))) as url:
        monkeypatch.setenv("GITLAB_TOKEN", VALUE)
        yield f"{url}/harbour"


def test_each_family_has_sources_of_its_own_names(group, tmp_path):
    given = {
        "gcp": ("shop", "data"),
        "gitlab": (group,),
        "github": ("harbour/ops",),
        "ssh": ("web-1.harbour.example", "web-2.harbour.example"),
        "aws": (),
    }
    sources, missed = live_sources(given.items())
    config = configured({"organisation": "unknown", "sources": sources}, tmp_path)
    assert missed == []
    assert [source.name for source in config.sources] == [
        *("gcp", "gcp-keys", "gcp-logs", "gcp-2", "gcp-keys-2", "gcp-logs-2"),
        *("gitlab", "releases", "tickets", "host-keys", "logins"),
    ]
    known = {source.name: source for source in config.sources}
    assert (f"{known['gitlab'].url}/harbour", known["gitlab"].groups) == (group, ("harbour",))
    assert known["releases"].projects == ("harbour/checkout",)


def test_an_organisation_of_github_has_members_and_the_releases_of_what_is_deployed(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", github_server.TOKEN)
    with github_server.running(company_on_github()) as server:
        sources, missed = live_sources([("github", (f"{server.url}/quay", f"{server.url}/gone", "a b", "quay/ops"))])
        kinds = {one["name"]: (one["kind"], one.get("url")) for one in sources}
        assert kinds == {
            "github": ("github-access", f"{server.url}/api/v3"),
            "releases": ("github-activity", f"{server.url}/api/v3"),
            "tickets": ("github-tickets", None),
        }
        assert [one["repositories"] for one in sources[1:]] == [["quay/shop"], ["quay/ops"]]
        assert [sentence.partition(":")[0] for sentence in missed] == ["http", "a b"]


def test_what_cannot_be_asked_is_told_and_the_rest_goes_on(profile, group, monkeypatch):
    words = ("gone", profile, "neither")
    sources, missed = live_sources([("aws", words), ("gitlab", ("harbour", "http://127.0.0.1:9/harbour", group))])
    assert [one["name"] for one in sources] == [
        *("iam", "trail", "tags", "resource-policies"),
        *("gitlab", "releases"),
    ]
    assert [sentence.partition(":")[0] for sentence in missed] == ["gone", "neither", "harbour", "http"]
    assert "profile cannot be used" in missed[0]
    assert missed[2].endswith("Give it as https://gitlab.harbour.example/harbour.")
    assert "could not be reached" in missed[3]
    monkeypatch.delenv("GITLAB_TOKEN")
    assert "GITLAB_TOKEN" in live_sources([("gitlab", (group,))])[1][0]


@pytest.mark.slow
def test_what_is_proposed_is_read_from_google_gitlab_and_hosts(tmp_path, monkeypatch):
    """Where and as whom the demo's servers let in is added: real ones have names, and logins of their own."""
    folder = Folder.open(tmp_path / "demo", last_night(datetime.now(UTC)))
    calendar = Calendar(folder.told)
    monkeypatch.setenv("GITLAB_TOKEN", VALUE)
    with servers(folder) as others:
        others.tell(calendar)
        made = yaml.safe_load(configuration(StandIn("http://127.0.0.1:9", "111122223333"), others, calendar))["sources"]
        known = {one["kind"]: one for one in made}
        words = {
            "gcp": ("harbour-data",),
            "gitlab": (f"{known['gitlab-access']['url']}/harbour",),
            "ssh": known["ssh-keys"]["hosts"],
        }
        sources, missed = live_sources(words.items())
        ways = ("token_env", "endpoint_url", "addresses", "user", "identity_file", "known_hosts")
        for one in sources:
            there = known.get(one["kind"], known["gcp-iam"])
            one.update({way: there[way] for way in ways if way in there and not one["kind"].startswith("gitlab")})
        keys = next(one for one in sources if one["kind"] == "gcp-ssh-keys")
        # Its hosts write the time of day there.
        unknown = {"organisation": "unknown", "timezone": "Europe/Berlin", "sources": sources}
        with read(configured(unknown, folder.path), calendar.at, Silence()) as seen:
            people = [one["id"] for one in propose(seen, "", ZoneInfo("UTC")).settings()["people"]]
    assert missed == []
    assert [sentence for sentence in seen.missed if not sentence.startswith(keys["name"])] == []
    assert {"mia", "nina", "tom"} <= set(people)


def test_a_terminal_is_asked_for_what_there_is(tmp_path):
    """Through a real terminal: a question a family, what was found, and a word before anything is written."""
    company.make(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "auditor", "init", "--at", company.AT.isoformat()]
    with subprocess.Popen(command, cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs) as program:
        os.close(theirs)
        shown = ""
        for question, reply in (
            ("Folder of dumps", "."),
            *((family[1], "") for family in LIVE.values()),
            ("Write", "y"),
        ):
            shown += _until(ours, question)
            os.write(ours, f"{reply}\n".encode())
        shown += _until(ours, "auditor.yaml is written")
        assert program.wait(waiting.LIMIT) == 0
    os.close(ours)
    assert "4 sources" in shown
    assert {one.id for one in load(tmp_path / "auditor.yaml").people} >= {"mia", "tom"}


def _until(terminal, words):
    """What the terminal shows, up to some words, line breaks of its width left out."""
    shown = ""
    while words not in shown:
        ready, _, _ = select.select([terminal], [], [], waiting.LIMIT)
        assert ready, f"{words!r} was not asked: {shown}"
        shown += os.read(terminal, 1 << 16).decode().replace("\r\n", "\n")
    return shown
