"""A newcomer's first hour: from a folder of dumps to a first run."""

import json
import re

import pytest
import yaml
from click.testing import CliRunner

from auditor.cli.commands import cli
from auditor.config import load
from auditor.errors import UsageError
from tests.discovery import company

NIGHT = company.AT.isoformat()


def auditor(*arguments):
    return CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    company.make(folder)
    path = folder / "auditor.yaml"
    told = auditor("init", "--from", str(folder), "--output", str(path), "--at", NIGHT, "--yes")
    return folder, path, told


def test_each_file_of_the_folder_becomes_a_source(made):
    _, path, told = made
    sources = {source.name: source for source in load(path).sources}
    assert {name: source.kind for name, source in sources.items()} == {
        "iam": "aws-iam",
        "trail": "aws-cloudtrail",
        "host-keys": "ssh-keys",
        "tickets": "tickets-file",
    }
    assert sources["iam"].account == company.ACCOUNT
    assert sources["iam"].credential_report == "dumps/credential-report.csv"
    assert (sources["host-keys"].path, sources["trail"].path) == ("dumps/ssh/", "logs/")
    assert sources["tickets"].columns == "jira"
    assert "Not recognised: accounts.xyz" in told.output


def test_saved_answers_of_monitoring_are_sources_and_their_folders_are_saved_searches(made, tmp_path):
    first = load(made[1]).systems[0].id
    company.make(tmp_path)
    matrix = {"status": "success", "data": {"resultType": "matrix", "result": []}}
    note = {"id": 8, "time": 1, "timeEnd": 2, "text": "Maintenance", "tags": ["planned"]}
    answers = {
        f"metrics/{first}/errors.json": matrix,
        "metrics/nobody-knows/errors.json": matrix,
        f"crashes/{first}/web/issues.json": [{"shortId": "WEB-1", "firstSeen": "2026-09-01T00:00:00Z"}],
        "notes/annotations.json": [note],
    }
    for name, answer in answers.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps(answer))
    path = tmp_path / "auditor.yaml"
    told = auditor("init", "--from", str(tmp_path), "--output", str(path), "--at", NIGHT, "--yes")
    assert "no saved search" not in told.output
    taken = [line.split() for line in told.output.splitlines() if line.startswith("  ")]
    assert [line for line in taken if "metrics/" in line] == [["metrics/", "prometheus"]]
    config = load(path)
    kinds = {one.name: (one.kind, one.path) for one in config.sources if "signals" in one.FEEDS}
    assert kinds == {
        "metrics": ("prometheus", "metrics/"),
        "errors": ("sentry", "crashes/"),
        "dashboards": ("grafana", "notes/"),
    }
    assert {(one.system, one.name, one.source, one.project) for one in config.signals} == {
        (first, "errors", "metrics", None),
        (first, "web", "errors", "web"),
        (first, "alerts", "dashboards", None),
    }
    assert "of which system is it?" in path.read_text()


def test_everybody_is_one_person_with_all_of_their_logins(made):
    _, path, _ = made
    people = {one.id: one for one in load(path).people}
    assert {one.id: one.name for one in people.values()} == {**company.PEOPLE, "piet": "Piet"}
    assert set(people["tom"].accounts) == {company.arn("tom"), "ssh:tokafor", company.key("tom")[1]}
    assert set(people["mia"].accounts) == {company.arn("mia"), "ssh:mia", company.key("mia")[1]}


def test_robots_are_service_accounts_and_break_glass_is_sealed(made):
    _, path, _ = made
    config = load(path)
    robots = {one.id: one for one in config.service_accounts}
    assert set(robots) == {"backup-bot", "ci-deploy", "deploy", "metrics-bot", "shop-task"}
    assert robots["shop-task"].purpose == "what runs on ecs-tasks"
    assert (robots["ci-deploy"].pipeline, robots["backup-bot"].purpose) == ("gitlab", "makes backups")
    assert set(robots["deploy"].accounts) == {"ssh:deploy", company.key("gitlab-runner")[1]}
    assert [one.accounts for one in config.break_glass] == [(company.arn("break-glass"),)]


def test_the_system_with_most_changes_is_judged_first_and_its_owner_is_who_works_on_it(made):
    _, path, _ = made
    (shop,) = load(path).systems
    assert (shop.id, shop.primary) == ("shop", "mia")
    assert load(path).policy.approvers == ("frida",)


def test_what_is_not_sure_is_a_question_and_clears_nothing(made):
    _, path, _ = made
    text = path.read_text()
    assert re.search(r"# who is this\? no use of it is known\n  # - \{id: test-old", text)
    assert re.search(
        r"# is this account of another company meant.*\n  # - \{id: watcher, account: '464622532012'", text
    )
    assert not load(path).vendors


def test_the_sources_are_asked_before_the_first_night(made):
    _, path, _ = made
    told = json.loads(auditor("check", "--config", str(path), "--json").output)
    assert told["whole"]
    assert {one["status"] for one in told["sources"]} == {"ok"}
    assert any("still asks" in sentence for sentence in told["open"])


@pytest.mark.parametrize(
    ("source", "told", "needed"),
    [
        ({"name": "trail", "kind": "aws-cloudtrail", "path": "gone/"}, "gone/", ""),  # files need no right
        (
            {"name": "hosts", "kind": "ssh-keys", "hosts": ["127.0.0.1:1"], "known_hosts": "gone"},
            "hosts",
            "The rights that are needed are printed by `auditor permissions ssh`.",
        ),
    ],
)
def test_a_source_that_cannot_be_read_is_told_with_what_it_lacks(made, tmp_path, source, told, needed):
    _, path, _ = made
    settings = yaml.safe_load(path.read_text())
    settings["sources"] = [source]
    other = tmp_path / "auditor.yaml"
    other.write_text(yaml.safe_dump(settings))
    result = auditor("check", "--config", str(other))
    assert result.return_value == 3
    assert told in result.output
    assert result.output.splitlines()[-1] == f"Correct what failed, and check again. {needed}".rstrip()


@pytest.mark.slow
def test_the_first_run_after_it_finds_nothing_critical(made):
    folder, path, _ = made
    result = auditor("run", "--config", str(path), "--at", NIGHT, "--quiet", "--workers", "1", "--reports", "none")
    assert result.return_value == 0, result.output
    found = json.loads((folder / "output/latest/findings.json").read_text())["findings"]
    assert [finding["summary"] for finding in found if finding["severity"] == "critical"] == []
    unknown = {finding["account"] for finding in found if finding["rule"] == "standing/unknown-person"}
    assert unknown <= {company.arn("test-old"), company.arn("watcher", "role")}


def test_the_next_system_is_added_and_nothing_else_is_touched(made, tmp_path):
    _, path, _ = made
    grown = tmp_path / "auditor.yaml"
    grown.write_text(path.read_text())
    auditor("grow", "--config", str(grown))
    assert [system.id for system in load(grown).systems] == ["shop", "web"]
    before, after = path.read_text().splitlines(), grown.read_text().splitlines()
    assert load(path).later == ("web",)
    assert load(grown).later == ()
    gone = [line for line in before if line not in after]
    assert gone == [line for line in before if line.startswith("  #+ ") or line in ("later:", "  - web")]
    with pytest.raises(UsageError, match="No system waits"):
        auditor("grow", "--config", str(grown))


def test_it_can_begin_with_a_system_by_name(made, tmp_path):
    folder, _, _ = made
    told = ("init", "--from", str(folder), "--at", NIGHT, "--yes", "--output", str(tmp_path / "auditor.yaml"))
    with pytest.raises(UsageError, match="Nothing tells of a system till") as refused:
        auditor(*told, "--system", "till")
    assert "shop, web" in refused.value.do
    auditor(*told, "--system", "web")
    assert [system.id for system in load(tmp_path / "auditor.yaml").systems] == ["web"]


def test_a_file_that_is_there_is_left_alone(made):
    folder, path, _ = made
    with pytest.raises(UsageError, match="is there already"):
        auditor("init", "--from", str(folder), "--output", str(path), "--yes")


def test_nothing_to_read_is_a_mistake(tmp_path):
    for told in ((), ("--from", str(tmp_path))):
        with pytest.raises(UsageError, match=r"nothing to read|no file that is known"):
            auditor("init", *told, "--yes", "--output", str(tmp_path / "auditor.yaml"))


def test_a_test_message_is_sent(tmp_path, hook):
    address, sent = hook
    path = tmp_path / "auditor.yaml"
    path.write_text(f"organisation: Harbour Shop\nnotify: ['{address}']\n")
    auditor("notify", "--test", "--config", str(path))
    assert "Harbour Shop: a test" in json.dumps(sent)


def test_the_folders_that_runs_write_to_and_the_addresses_of_messages_are_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("ODD", "harbour://x")
    path = tmp_path / "auditor.yaml"
    path.write_text(
        "organisation: Harbour Shop\nnotify: ['json://localhost', 'env:ODD', 'env:NOT_SET', 'tgram://hunter2/']\n"
    )
    (tmp_path / "evidence").mkdir(mode=0o755)
    (tmp_path / "output").mkdir(mode=0o700)
    kept = tmp_path / "output" / "findings.json"
    kept.write_text("{}")
    kept.chmod(0o600)
    told = json.loads(auditor("check", "--config", str(path), "--json").stdout)["open"]
    folders = [sentence for sentence in told if "`evidence`" in sentence or "`output`" in sentence]
    assert folders == [f"`evidence`: {tmp_path}/evidence can be read by others: `chmod -R go= {tmp_path}/evidence`."]
    assert any(sentence.startswith("Entry 2 of `notify` is no address that Apprise knows") for sentence in told)
    assert any(sentence.startswith("Entry 4 of `notify` is no address that Apprise knows") for sentence in told)
    assert "hunter2" not in str(told)
    assert any("NOT_SET, which is not set" in sentence for sentence in told)
    kept.chmod(0o644)
    told = json.loads(auditor("check", "--config", str(path), "--json").stdout)["open"]
    assert any(f"{kept} can be read by others" in sentence for sentence in told)


def test_logs_of_hosts_alone_tell_of_a_system_and_of_whoever_came_in(tmp_path):
    (tmp_path / "logs").mkdir()
    lines = [
        "2026-10-14T09:00:00Z web-1 sshd[40]: Accepted publickey for nina from 192.0.2.7 port 5 ssh2: ED25519 SHA256:abc",
        "2026-10-14T09:00:01Z web-1 sudo[41]: nina : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/systemctl restart shop",
    ]
    (tmp_path / "logs" / "secure").write_text("\n".join(lines) + "\n")
    (tmp_path / "tickets.csv").write_text("ticket,person,systems,approver\nOPS-1,tom,shop,mia\n")
    path = tmp_path / "auditor.yaml"
    auditor("init", "--from", str(tmp_path), "--output", str(path), "--at", NIGHT, "--yes")
    text = path.read_text()
    assert "Do tickets for shop mean it (`aliases`)?" in text
    (system,) = yaml.safe_load(text)["systems"]
    assert system["resources"] == [{"provider": "ssh", "host": "web-*"}]
    assert "who is this? last used 14 Oct 2026 from 192.0.2.7" in text
    assert "{id: nina, name: Nina, accounts: ['ssh:nina']}" in text
