"""What the pipeline's identity does while no pipeline runs."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.releases import Release
from auditor.model.findings import CoverageLine, NotJudged
from auditor.model.tables import Account, Deployment, Pipeline
from auditor.model.vocabulary import ActorClass
from auditor.rules import changes
from tests.cases import AT, AWS, case, config, episode, hour, judged, row

CI = f"arn:aws:iam::{AWS}:role/ci-deploy"
RUNS = tuple(AT - hour(24 * day) for day in (1, 2, 3))
NIGHT = AT - hour(12)
MINUTE = timedelta(minutes=1)


def run(began: datetime, minutes: float = 10, **changes_: Any) -> Pipeline:
    fields: dict[str, Any] = {
        "pipeline": f"{began:%d%H%M}",
        "time": began,
        "updated_at": began + minutes * MINUTE,
        "project": "harbour/checkout",
        "status": "success",
    }
    return Pipeline(**row(**{**fields, **changes_}))


def work(began: datetime, **changes_: Any) -> Episode:
    """The pipeline's role at work on checkout for two minutes."""
    fields: dict[str, Any] = {
        "actor_class": ActorClass.PIPELINE,
        "account": CI,
        "actor": f"arn:aws:sts::{AWS}:assumed-role/ci-deploy/gitlab-81",
        "starts_at": began,
        "ends_at": began + 2 * MINUTE,
    }
    return episode(None, **{**fields, **changes_})


def seen(status: str = "ok", from_: datetime = AT - timedelta(days=90)) -> CoverageLine:
    return CoverageLine(source="code", scope="harbour/checkout pipelines", from_=from_, to=AT, status=status)


def given(*alone: Episode, coverage: tuple[CoverageLine, ...] = (seen(),), **parts: Any) -> Case:
    """Three runs with the pipeline's work in each, and some more work."""
    runs = parts.pop("pipelines", [run(began) for began in RUNS])
    usual = [work(began + 5 * MINUTE) for began in RUNS]
    return case(coverage=coverage, pipelines=runs, episodes=[*usual, *alone], **parts)


def unjudged(given_: Case) -> list[tuple[str, str]]:
    return [(str(o.subject), o.reason) for o in changes.around_the_pipeline(given_) if isinstance(o, NotJudged)]


def test_work_in_a_run_is_the_pipelines_and_other_work_is_a_finding() -> None:
    alone = work(NIGHT, source_ips=("203.0.113.5",))
    (found,) = judged(changes.around_the_pipeline, given(alone))
    assert (found.account, found.person, found.system, found.starts_at) == (CI, None, "checkout", alone.starts_at)
    assert found.facts["from"] == ["203.0.113.5"]
    assert found.facts["nearest_run"] == "2026-10-01T12:10:00Z"
    assert found.summary.startswith("ci changed Checkout on 2 Oct 2026 02:00")
    outcomes = list(changes.around_the_pipeline(given(alone)))
    assert len(outcomes) == 4
    assert not unjudged(given(alone))


@pytest.mark.parametrize(
    ("minutes", "found"),
    [(-7, False), (-8, True), (15, False), (16, True)],
    ids=["just before", "too early", "just after", "too late"],
)
def test_the_clocks_tolerance_is_allowed_on_both_sides(minutes: int, found: bool) -> None:
    beside = work(RUNS[0] + minutes * MINUTE)
    assert bool(judged(changes.around_the_pipeline, given(beside))) is found


def test_a_pipeline_that_waits_for_somebody_explains_its_ends_only() -> None:
    waiting = run(AT - hour(20), minutes=16 * 60)
    assert judged(changes.around_the_pipeline, given(work(AT - hour(19)), pipelines=[*map(run, RUNS), waiting])) == []
    assert judged(changes.around_the_pipeline, given(work(AT - hour(5)), pipelines=[*map(run, RUNS), waiting])) == []
    assert len(judged(changes.around_the_pipeline, given(work(NIGHT), pipelines=[*map(run, RUNS), waiting]))) == 1


@pytest.mark.parametrize(
    ("status", "found"), [("failed", False), ("running", False), ("skipped", True), ("created", True)]
)
def test_a_run_that_never_began_explains_nothing(status: str, found: bool) -> None:
    runs = [*map(run, RUNS), run(NIGHT, status=status)]
    assert bool(judged(changes.around_the_pipeline, given(work(NIGHT), pipelines=runs))) is found


def test_a_run_that_is_not_over_goes_on() -> None:
    runs = [*map(run, RUNS), run(AT - hour(1), updated_at=None, status="running")]
    assert judged(changes.around_the_pipeline, given(work(AT - 20 * MINUTE), pipelines=runs)) == []


def test_a_deployment_is_a_run_of_its_own() -> None:
    by_hand = Deployment(
        **row(deployment_id="9", time=NIGHT, finished_at=NIGHT + 4 * MINUTE, system_hint="x", status="success")
    )
    releases = [Release(row=by_hand, system="checkout")]
    assert judged(changes.around_the_pipeline, given(work(NIGHT + MINUTE), releases=releases)) == []


def test_work_that_follows_closely_is_one_finding() -> None:
    found = judged(changes.around_the_pipeline, given(work(NIGHT), work(NIGHT + hour(0.4))))
    assert [f.facts["changes"] for f in found] == [6]
    usual = [work(began + MINUTE) for began in RUNS]
    found = judged(
        changes.around_the_pipeline, given(*usual, work(NIGHT), work(NIGHT + hour(0.4)), work(NIGHT + hour(3)))
    )
    assert [f.facts["changes"] for f in found] == [6, 3]
    assert len({f.id for f in found}) == 2


def test_an_identity_whose_work_mostly_goes_with_no_run_has_another_pipeline() -> None:
    nightly = [work(AT - hour(24 * day + 9)) for day in (1, 2, 3)]
    assert judged(changes.around_the_pipeline, given(*nightly)) == []
    assert unjudged(given(*nightly)) == [
        ("ci on checkout", "most of its work goes with no run that was read: its pipeline is another one")
    ]


@pytest.mark.parametrize(
    ("coverage", "reason"),
    [
        ((), "no source tells of its pipeline's runs"),
        ((seen("partial"),), "not all harbour/checkout pipelines could be read"),
        ((seen("failed"),), "not all harbour/checkout pipelines could be read"),
    ],
    ids=["no source", "in part", "not at all"],
)
def test_without_the_runs_it_could_not_be_judged(coverage: tuple[CoverageLine, ...], reason: str) -> None:
    assert judged(changes.around_the_pipeline, given(work(NIGHT), coverage=coverage)) == []
    assert unjudged(given(work(NIGHT), coverage=coverage)) == [("ci on checkout", reason)]


def test_before_runs_are_known_nothing_can_be_said() -> None:
    lately = given(work(AT - hour(24 * 9)), coverage=(seen(from_=AT - hour(24 * 5)),))
    assert judged(changes.around_the_pipeline, lately) == []
    assert unjudged(lately) == [("ci on checkout", "pipelines are not known from before 2026-09-27T12:00:00Z")]
    first = AT - hour(24 * 9)
    assert len(judged(changes.around_the_pipeline, given(work(first), coverage=(seen(from_=first),)))) == 1


@pytest.mark.parametrize(
    ("changes_", "found"),
    [
        ({"provider": "ssh", "account": "ssh:deploy@web-1", "changes": 0, "logins": 1}, True),
        ({"changes": 0, "logins": 1}, False),
        ({"system": None}, False),
        ({"person": "mia"}, False),
        ({"actor_class": ActorClass.SERVICE}, False),
    ],
    ids=["on a host", "a token taken", "on no system", "a person in its name", "another service"],
)
def test_only_the_pipelines_own_acts_on_a_system_count(changes_: dict[str, Any], found: bool) -> None:
    robots = [{"id": "ci", "owner": "mia", "purpose": "deploys", "pipeline": "gitlab", "accounts": [CI, "ssh:deploy"]}]
    hosts = [Account(**row(account="ssh:deploy@web-1", provider="ssh", scope="web-1", kind="service"))]
    got = given(work(NIGHT, **changes_), accounts=hosts, config=config(service_accounts=robots))
    assert bool(judged(changes.around_the_pipeline, got)) is found


@pytest.mark.parametrize(("hours", "found"), [(2, False), (2.2, True), (13.8, True), (14, False)])
def test_two_hours_at_each_end_of_a_pipeline_that_waits_count(hours: float, found: bool) -> None:
    waiting = run(AT - hour(20), minutes=16 * 60)
    got = given(work(AT - hour(20 - hours)), pipelines=[*map(run, RUNS), waiting])
    assert bool(judged(changes.around_the_pipeline, got)) is found


def test_a_source_that_does_not_say_since_when_it_reads_is_taken_for_the_whole_period() -> None:
    silent = CoverageLine(source="x", scope="harbour/x pipelines", from_=None, to=AT, status="ok")
    assert len(judged(changes.around_the_pipeline, given(work(NIGHT), coverage=(seen(), silent)))) == 1


def test_work_on_a_host_without_changes_is_told_as_that() -> None:
    there = {"provider": "ssh", "account": CI, "changes": 0, "logins": 1}
    (found,) = judged(changes.around_the_pipeline, given(work(NIGHT, **there)))
    assert found.summary == "ci was on a host of Checkout on 2 Oct 2026 02:00, and no pipeline was running"


def test_what_else_was_looked_at_says_nothing_of_the_pipelines_runs() -> None:
    trail = CoverageLine(source="trail", scope="111122223333", from_=AT, to=AT, status="failed")
    assert unjudged(given(coverage=(seen(), trail))) == unjudged(given()) == []
