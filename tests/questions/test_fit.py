"""Grants that fit: for a person, a role and a system, by a company's real evidence, as files that a person applies."""

import json
import stat
from datetime import timedelta
from functools import partial

import pytest
from click.testing import CliRunner

from auditor.cli.commands import cli
from auditor.errors import StoreError, UsageError
from auditor.model.tables import Deployment
from auditor.model.vocabulary import Capability
from auditor.providers.permitted import Answer
from auditor.questions.fit import fit, write
from reports.fit import fit_json, lines, summary
from tests.copies import replace
from tests.nightly import AWS, arn
from tests.stored import store_run
from tests.thursday import options


def told(shop, what="mia", **more):
    return fit(options(shop), what, **more)


def of(found, account):
    (grant,) = [one for one in found.grants if one.account == account]
    return grant


def doing(text, action):
    return next(one for one in json.loads(text)["Statement"] if action in one["Action"])


def test_mia_keeps_what_she_did_and_the_rest_goes(shop):
    grant = of(told(shop), arn("mia"))
    (text,) = grant.fitted.files.values()
    statement = doing(text, "ecs:UpdateService")
    service = f"arn:aws:ecs:eu-central-1:{AWS}:service/checkout-prod/checkout-worker"
    assert statement["Resource"] == [service]
    assert "Condition" not in statement  # she answers for checkout
    assert grant.checked == {Answer.ALLOWED: grant.events}
    assert summary(grant) == "keeps deploy (2 actions); drops nothing"


def test_what_no_job_includes_gets_an_end(shop):
    given = options(shop)
    until = given.at + timedelta(hours=2)
    by_job = of(fit(given, "nina", until), arn("nina")).fitted
    assert by_job.ending == frozenset()
    assert "Condition" not in doing(by_job.files["policy.json"], "ecs:UpdateService")
    jobless = replace(given, config=given.config.model_copy(update={"jobs": {}}))
    found = of(fit(jobless, "nina", until), arn("nina")).fitted
    assert found.ending == {Capability.DEPLOY}
    end = {"DateLessThan": {"aws:CurrentTime": "2026-10-02T05:10:00Z"}}
    assert doing(found.files["policy.json"], "ecs:UpdateService")["Condition"] == end


def test_what_was_refused_is_no_part_of_it(shop):
    acts = of(told(shop, "nina"), arn("nina")).work.acts
    # Not the worker, which she was refused.
    assert [act.resource.rpartition("/")[2] for act in acts] == ["checkout"]


def test_a_system_has_everybody_who_worked_on_it_or_could(shop):
    found = told(shop, "shop checkout")
    assert found.name == "Checkout service"
    assert {arn("mia"), arn("leon"), "ssh:mia@web-1.harbour.example"} <= {grant.account for grant in found.grants}
    assert all(act.system == "checkout" for grant in found.grants for act in grant.work.acts)
    assert any("used nothing of it" in summary(grant) for grant in found.grants)


def test_an_account_is_meant_by_the_end_of_its_name(shop):
    assert [grant.account for grant in told(shop, "user/mia").grants] == [arn("mia")]
    with pytest.raises(UsageError, match="no person, account, role or system 'nobody'"):
        told(shop, "nobody")


def test_files_are_for_their_owner_alone_and_have_the_steps(own_shop):
    found = write(options(own_shop), told(own_shop))
    written = sorted(path for path in found.folder.rglob("*") if path.is_file())
    assert {path.name for path in written} >= {"policy.json", "STEPS.txt", "fit.txt"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    steps = next(path for path in written if path.name == "STEPS.txt").read_text()
    assert "aws iam create-policy --policy-name fitted-mia-1 --policy-document file://policy.json" in steps
    assert found.folder.is_relative_to(own_shop.output)


def test_hostile_names_stay_below_the_output_folder(own_shop):
    found = write(options(own_shop), replace(told(own_shop), what="../../etc; rm -rf ~"))
    assert found.folder.parent == own_shop.output / "fit"
    assert "/" not in found.folder.name
    assert ".." not in found.folder.name


def test_the_command_prints_the_same_as_it_writes(own_shop):
    place = ("--config", str(own_shop.folder / "auditor.yaml"), "--at", options(own_shop).at.isoformat())
    shown = CliRunner().invoke(cli, ["fit", "mia", *place, "--days", "30"])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("What fits Mia ")
    assert "Nothing was applied." in shown.output
    as_json = CliRunner().invoke(cli, ["fit", "mia", *place, "--json"])
    assert json.loads(as_json.output)["grants"][0]["files"]["policy.json"]
    past = CliRunner().invoke(cli, ["fit", "mia", *place, "--until", "2020-01-01"])
    assert isinstance(past.exception, UsageError)


def test_without_evidence_there_is_no_answer(shop, tmp_path):
    with pytest.raises(StoreError, match="holds no evidence"):
        fit(replace(options(shop), evidence=str(tmp_path)), "mia")


def test_json_holds_what_the_lines_say(shop):
    found = told(shop)
    grant = fit_json(found)["grants"][0]
    assert grant["summary"] in "\n".join(lines(found, options(shop).config.zone))
    assert grant["checked"] == {"allowed": grant["calls"]}


def deploy(company, *actors):
    at = options(company).at
    row = partial(
        Deployment,
        source="releases",
        collected_at=at,
        origin="gitlab:harbour/checkout#deployments",
        system_hint="harbour/checkout",
        environment="production",
        status="success",
    )
    rows = [row(deployment_id=str(n), time=at - timedelta(days=n), actor=actor) for n, actor in enumerate(actors)]
    store_run(company.store, "more", at - timedelta(seconds=1), *rows)


def test_deployments_are_work_of_whoever_started_them(own_shop):
    deploy(own_shop, "gitlab:leon", "gitlab:leon", "gitlab:mia", None)
    grant = of(told(own_shop, "checkout"), "gitlab:leon")
    (act,) = grant.work.acts
    assert (act.action, act.scope, act.system) == ("gitlab:deployment", "harbour/checkout", "checkout")
    assert (act.events, act.days) == (2, 2)
