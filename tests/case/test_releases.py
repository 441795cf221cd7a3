"""Deployments as releases of systems."""

from datetime import timedelta

import pytest

from auditor.case.deployed import deployed
from auditor.case.people import People
from auditor.case.releases import pipelines, releases
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.tables import Deployment, Pipeline
from tests.cases import AT, hour, row
from tests.stored import store_run

DAY = timedelta(days=1)
CONFIG = Config.model_validate(
    {
        "organisation": "Harbour Shop",
        "sources": [
            {
                "name": "releases",
                "kind": "gitlab-activity",
                "url": "https://gitlab.example",
                "token_env": "TOKEN",
                "projects": ["harbour/checkout"],
            }
        ],
        "systems": [
            {
                "id": "checkout",
                "name": "Checkout",
                "aliases": ["the till"],
                "resources": [{"provider": "gitlab", "project": "harbour/checkout", "environment": "production"}],
            },
            {"id": "jobs", "name": "Jobs", "resources": [{"provider": "gitlab", "project": "harbour/jobs"}]},
        ],
    }
)


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path / "evidence"))


def deployment(number, *, at=AT, **changes):
    fields = {
        "deployment_id": f"{number}",
        "time": AT - DAY,
        "finished_at": AT - DAY + hour(0.1),
        "system_hint": "harbour/checkout",
        "environment": "production",
        "status": "success",
    }
    return Deployment(**row(**{"source": "releases", "collected_at": at, **fields, **changes}))


def night(store, at, *rows):
    store_run(store, f"night-{at:%Y%m%d}", at, *rows)


def found(store, from_=AT - 30 * DAY, to=AT, known=AT):
    return [(one.row.deployment_id, one.system, one.row.status) for one in releases(store, CONFIG, from_, to, known)]


def test_a_release_is_told_of_a_stretch_that_it_touches(store):
    night(store, AT, deployment(1))
    begins, ends = AT - DAY, AT - DAY + hour(0.1)
    stretches = [(ends, AT), (ends + hour(1), AT), (begins - DAY, begins), (begins - DAY, begins - hour(1))]
    assert [len(found(store, *stretch)) for stretch in stretches] == [1, 0, 1, 0]


def test_a_release_reaches_the_environment_that_is_production(store):
    night(
        store,
        AT,
        deployment(1),
        deployment(2, environment="staging"),
        deployment(3, environment="staging", system_hint="harbour/jobs"),
        deployment(6, environment="Production", system_hint="Harbour/Checkout"),
        deployment(4, system_hint="harbour/elsewhere"),
        deployment(5, system_hint="The Till", environment=None),
    )
    assert [(id_, system) for id_, system, _ in found(store)] == [
        ("1", "checkout"),
        ("3", "jobs"),
        ("5", "checkout"),
        ("6", "checkout"),
    ]


def test_the_newest_row_of_a_deployment_holds_as_far_as_it_was_known(store):
    night(store, AT - DAY, deployment(1, at=AT - DAY, status="running", finished_at=None))
    night(store, AT, deployment(1, status="failed"))
    assert found(store) == [("1", "checkout", "failed")]
    assert found(store, known=AT - hour(1)) == [("1", "checkout", "running")]


def test_those_under_way_in_the_time_are_told_in_order(store):
    night(
        store,
        AT,
        deployment(1, time=AT - hour(3), finished_at=AT - hour(1)),
        deployment(2, time=AT - hour(5), finished_at=AT - hour(4)),
        deployment(3, time=AT - hour(2), finished_at=None),
        deployment(4, time=AT + hour(1), finished_at=None),
    )
    assert [number for number, *_ in found(store, AT - hour(2.5))] == ["1", "3"]
    assert [number for number, *_ in found(store)] == ["2", "1", "3"]


def test_deployments_of_a_source_that_is_no_longer_configured_are_left_out(store):
    night(store, AT, deployment(1, source="old"))
    assert found(store) == []


def test_pipelines_that_were_open_in_the_time_are_told_however_long_ago_they_began(store):
    def run(number, began, updated):
        fields = {"pipeline": f"{number}", "time": began, "updated_at": updated, "project": "harbour/checkout"}
        return Pipeline(**row(source="releases", **fields))

    night(
        store, AT, run(1, AT - 20 * DAY, AT - hour(1)), run(2, AT - 20 * DAY, AT - 19 * DAY), run(3, AT - hour(3), None)
    )
    assert [one.pipeline for one in pipelines(store, CONFIG, AT - DAY, AT, AT)] == ["1", "3"]


def test_a_deployment_is_what_its_account_did_and_one_that_never_ran_is_not(store):
    nina = {"actor": "gitlab:nina"}
    night(
        store,
        AT,
        deployment(1, **nina),
        deployment(2, time=AT - 20 * DAY, finished_at=None, **nina),
        deployment(3, status="canceled", **nina),
        deployment(4, actor="gitlab:leon"),
        deployment(5, environment="staging", **nina),
    )
    config = CONFIG.model_copy(update={"timezone": "Pacific/Kiritimati"})
    acts = {act.account: act for act in deployed(store, config, People(config), AT - 30 * DAY, AT)}
    one, other = acts["gitlab:nina"], acts["gitlab:leon"]
    there = (AT - DAY).astimezone(config.zone)
    assert there.weekday() != (AT - DAY).weekday()
    assert (one.weekday, other.weekday) == (None, there.weekday())
    assert (one.provider, one.action, one.scope) == ("gitlab", "gitlab:deployment", "harbour/checkout")
    assert (one.system, one.events, one.recent, one.days) == ("checkout", 2, 1, 2)
    assert (one.first_at, one.last_at, one.outcome) == (AT - 20 * DAY, AT - DAY, "ok")
