"""What would have failed without rights, from stored evidence: the answer, its words, and what is not known."""

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.case.replayed import replayed, rights_rows
from auditor.case.trial import Proposed
from auditor.cli.commands import cli
from auditor.cli.terminal.replay import print_replay
from auditor.errors import UsageError
from auditor.model.handles import read_handle
from auditor.questions.replay import try_policy
from reports.cleanup.planned import planned
from reports.replay import replay_json, replay_view
from reports.trial import trial_view
from tests.nightly import arn
from tests.thursday import NEXT_NIGHT, options

MONTH = timedelta(days=30)


@pytest.fixture
def asked(shop):
    """What a replay without the rights of somebody comes to."""
    told = options(shop)
    with told.store.shared() as store:
        rows = rights_rows(store, told.config, NEXT_NIGHT)

        def of(account, *kinds, days=MONTH):
            handles = [read_handle(grant.handle) for grant in rows.grants if grant.principal == account]
            return replayed(store, told.config, [h for h in handles if h["type"] in kinds], NEXT_NIGHT, days)

        yield of


def said(view, capsys):
    print_replay(view)
    return capsys.readouterr().out


def test_it_is_told_who_would_have_failed_at_what_when_and_under_which_ticket(asked, capsys):
    told = asked(arn("mia"), "inline-user-policy")
    view = replay_view(told)
    text = said(view, capsys)
    assert view.headline.startswith("217 of 219 calls would have failed in the 30 days to 2 October 2026: Mia Berg, ")
    assert not view.harmless
    assert "Remove inline policy checkout from user mia in AWS account 111122223333" in text
    assert "  Mia Berg: ecs:DescribeServices on cluster/checkout-prod, 217 times, on 12 days, last at 1 Oct " in text
    assert "ecs:UpdateService on service/checkout-prod/checkout-worker, 2 times, on 2 days" in text
    assert "because no right of today explains why this was allowed" in text  # her policy is on another service
    assert "The log of 111122223333 begins at 20 Sep 2026 02:00 CEST: 17 days before it are not known." in text
    assert "The log of 111122223333 has no record from 1 Oct 2026 14:05 CEST to 2 Oct 2026 05:10 CEST, and in " in text


def test_machines_are_told_the_same_act_by_act(asked):
    told = asked(arn("mia"), "inline-user-policy")
    view = replay_view(told)
    content = json.loads(json.dumps(replay_json(told, view)))
    lost = [act for act in content["acts"] if act["fate"] == "would have failed"]
    assert sum(act["act"]["events"] for act in lost) == content["would_have_failed"] > 0
    assert all(act["act"]["sample"]["event_id"] for act in lost)
    assert content["headline"] == view.headline


@pytest.fixture
def tried(shop):
    """What a policy's document comes to in the place of somebody's."""

    def of(holder, *statements, replaces=None):
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        proposed = Proposed(holder=holder, text=text, replaces=replaces)
        return trial_view(try_policy(options(shop), proposed, MONTH)[0])

    return of


def test_a_new_document_is_tried_on_every_recorded_call_and_told_by_action(tried):
    view = tried("user/mia", {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"})
    assert view.headline == (
        "The new document allows 2 of 219 calls of user/mia in the 30 days to 2 October 2026; "
        "it newly denies 217: ecs:DescribeServices (217)."
    )
    assert not view.harmless
    assert [(one.action, one.calls, one.old, one.new) for one in view.verdicts] == [
        ("ecs:DescribeServices", 217, "not decidable", "denied"),
        ("ecs:UpdateService", 2, "denied", "allowed"),
    ]


def test_what_a_document_leaves_open_is_not_decidable(tried):
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    view = tried("user/mia", {"Effect": "Allow", "Action": "ecs:*", "Resource": "*", "Condition": condition})
    assert view.headline.endswith("of 219 it cannot be told.")
    assert {(one.new, one.why) for one in view.verdicts} == {("not decidable", "it hangs on with a second factor")}
    assert tried("user/mia", {"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}).harmless


@pytest.mark.parametrize(
    ("holder", "replaces", "problem"),
    [
        ("user/nobody", None, "No account in evidence is called 'user/nobody'."),
        ("*", None, "Several accounts are called '*'."),
        ("user/mia", "another", "It is not told which policy of mia the document replaces."),
        ("ssh:mia@web-1.harbour.example", None, "Rights in ssh are no documents that could be replaced."),
    ],
)
def test_whose_document_it_is_has_to_be_clear(tried, holder, replaces, problem):
    with pytest.raises(UsageError, match=re.escape(problem)):
        tried(holder, {"Effect": "Allow", "Action": "*", "Resource": "*"}, replaces=replaces)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--decisions", "--finding", "3"), "Several things to replay are named."),
        (("--policy-document", "new.json"), "It is not said which document is to be whose."),
        (("--for", "role/x"), "It is not said which document is to be whose."),
        (("--policy-document", "new.json", "--for", "user/mia"), "The document is no policy that AWS would take"),
        (("--policy-document", "missing.json", "--for", "user/mia"), "missing.json cannot be read"),
    ],
)
def test_what_is_asked_for_has_to_be_clear(shop, tmp_path, monkeypatch, arguments, problem):
    monkeypatch.chdir(tmp_path)
    Path("new.json").write_text('{"Statement": [{"Effect": "Perhaps"}]}')
    done = CliRunner().invoke(cli, ["replay", "--config", str(shop.folder / "auditor.yaml"), *arguments])
    assert isinstance(done.exception, UsageError), done.output
    assert problem in str(done.exception)


def test_the_command_answers_for_machines_and_by_its_status(shop, tmp_path):
    new = tmp_path / "new.json"
    new.write_text('{"Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}]}')
    asked = ["replay", "--config", str(shop.folder / "auditor.yaml"), "--at", NEXT_NIGHT.isoformat(), "--json"]
    done = CliRunner().invoke(cli, [*asked, "--policy-document", str(new), "--for", "user/mia"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["calls"] == sum(one["act"]["events"] for one in told["acts"]) > 0
    assert {one["new"]["answer"] for one in told["acts"]} == {"allowed"}


def test_a_cleanup_script_tells_which_rights_it_takes_away(tmp_path):
    script = tmp_path / "cleanup.sh"
    script.write_text(
        "steps() {\n"
        "  STEP='1' PROVIDER='aws' TOOL='aws' TYPE='inline-policy' ACCOUNT='111122223333'\n"
        "  HOLDER_KIND='user' HOLDER='o'\"'\"'neil'\n"
        "  RIGHT='$(id)' EXPECTED=''\n"
        "  step\n}\n"
        '  STEP=$1 FINDINGS=("${@:5}")\n'
    )
    assert planned(script) == {("aws", "inline-policy", "111122223333", "user", "o'neil", "$(id)")}
    for text in ("", "  STEP='1' PROVIDER='aws'\n", "  STEP='1\n", "\0\n"):
        script.write_text(text)
        with pytest.raises(UsageError, match="holds no step of a cleanup"):
            planned(script)
