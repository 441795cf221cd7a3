"""From a small store to the case: what of the evidence a rule gets to see, and of which time."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.case.build import build_case
from auditor.case.placement import Where
from auditor.evidence.store import Store
from auditor.model.tables import Account, Activity, Deployment, Pipeline, Ticket, Trail
from auditor.model.vocabulary import ActorClass
from tests.activity.acts import act
from tests.cases import AWS, config, row, ticket
from tests.copies import replace
from tests.stored import store_run

AT = datetime(2026, 9, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMES = ("trail", "tickets", "iam", "releases")
SETTINGS = config(
    sources=[
        {"name": "trail", "kind": "aws-cloudtrail", "path": "logs"},
        {"name": "tickets", "kind": "tickets-file", "path": "tickets.json"},
        {"name": "iam", "kind": "aws-iam", "account": AWS, "file": "iam.json"},
        {
            "name": "releases",
            "kind": "gitlab-activity",
            "url": "https://gitlab.example",
            "token_env": "TOKEN",
            "projects": ["harbour/checkout"],
        },
    ],
    policy={"approvers": ["tom"], "session_gap": "1h", "max_log_silence": "6h"},
)


@pytest.fixture
def built(tmp_path):
    """Stores these rows, each with the source that reads such, and makes a case of them."""
    store = Store(str(tmp_path / "evidence"))
    sources = {Activity: "trail", Ticket: "tickets", Account: "iam", Trail: "iam", Deployment: "releases"}

    def run(*rows, period=7 * DAY):
        own = (replace(one, source=sources.get(type(one), "releases")) for one in rows)
        store_run(store, "night", AT, *own, read=NAMES)
        return build_case(store, SETTINGS, AT, period)

    return run


def test_the_case_is_of_its_time_and_knows_what_was_read(built):
    user = Account(
        **row(source="iam", collected_at=AT, account=f"arn:aws:iam::{AWS}:user/nina", provider="aws"),
        scope=AWS,
        kind="person",
        name="nina",
    )
    case = built(user, ticket(source="tickets", collected_at=AT, starts_at=AT - 2 * HOUR), act(AT - HOUR))
    assert (case.at, case.period_from, case.tickets_until) == (AT, AT - 7 * DAY, AT)
    assert [one.account for one in case.accounts] == [user.account]
    assert [one.ticket for one in case.tickets] == list(case.refs) == ["PAY-184"]
    assert (dict(case.failed), case.days["trail"]) == ({}, (AT.date(),))
    assert {line.source for line in case.coverage if line.scope == "policies on resources"} == {"iam"}


def test_work_of_the_period_is_taken_together_by_person_system_and_pause(built):
    case = built(
        act(AT - 8 * DAY),
        act(AT - 3 * HOUR),
        act(AT - 2.5 * HOUR),
        act(AT - 3 * HOUR, on="search/web"),
        act(AT - HOUR),
        act(AT - 2.4 * HOUR, "leon", account="ssh:leon"),
    )
    seen = {(one.person, one.system, one.starts_at, one.changes) for one in case.episodes}
    assert seen == {
        ("nina", "checkout", AT - 3 * HOUR, 2),
        ("nina", "search", AT - 3 * HOUR, 1),
        ("nina", "checkout", AT - HOUR, 1),
        ("leon", "checkout", AT - 2.4 * HOUR, 1),
    }


def test_changes_within_a_ticket_s_window_are_covered_and_others_are_not(built):
    open_from = {"starts_at": AT - 4 * HOUR, "ends_at": AT - 3 * HOUR, "closed_at": None}
    case = built(ticket(source="tickets", collected_at=AT, **open_from), act(AT - 3.5 * HOUR), act(AT - 2 * HOUR))
    assert [(one.starts_at, one.uncovered, where.where) for one, where in case.placements] == [
        (AT - 3.5 * HOUR, 0, Where.COVERED),
        (AT - 2 * HOUR, 1, Where.OUTSIDE),
    ]


def test_a_change_to_what_keeps_the_trail_is_judged_by_itself(built):
    trail = Trail(
        **row(source="iam", collected_at=AT, trail=f"arn:aws:cloudtrail:eu-west-1:{AWS}:trail/all", account=AWS),
        name="all",
        bucket="kept",
    )
    change = {"category": "change", "action": "s3:PutBucketPolicy"}
    case = built(
        trail,
        act(AT - HOUR, on="arn:aws:s3:::kept", **change),
        act(AT - HOUR, on="arn:aws:s3:::kept/AWSLogs/x.json.gz", **{**change, "action": "s3:DeleteObject"}),
        act(AT - HOUR, on="arn:aws:s3:::other", **change),
        act(AT - HOUR, on="arn:aws:s3:::keptelsewhere", **change),
    )
    kept = sorted(one.resource for one in case.judged_events if one.keeps_log)
    assert kept == ["arn:aws:s3:::kept", "arn:aws:s3:::kept/AWSLogs/x.json.gz"]


def test_releases_and_pipelines_of_the_period_are_told(built):
    known = row(source="releases", collected_at=AT)
    shipped = {"system_hint": "checkout", "status": "success"}
    case = built(
        Deployment(**known, deployment_id="1", time=AT - 8 * DAY, finished_at=AT - 8 * DAY + HOUR, **shipped),
        Deployment(**known, deployment_id="2", time=AT - DAY, finished_at=AT - DAY + HOUR, **shipped),
        Pipeline(**known, pipeline="7", time=AT - 9 * DAY, updated_at=AT - 8 * DAY, project="harbour/checkout"),
        Pipeline(**known, pipeline="8", time=AT - 9 * DAY, updated_at=AT - DAY, project="harbour/checkout"),
    )
    assert [(one.row.deployment_id, one.system) for one in case.releases] == [("2", "checkout")]
    assert [one.pipeline for one in case.pipelines] == ["8"]


def test_what_was_asked_of_an_access_broker_and_granted_is_a_ticket(built):
    request = "projects/harbour/locations/global/entitlements/deploy/grants/ab-12"
    columns = {
        "provider": "gcp",
        "scope": "harbour",
        "account": "user:nina@harbour.example",
        "actor": "nina@harbour.example",
        "category": "grant",
    }
    case = built(
        act(
            AT - 3 * HOUR,
            on=request,
            action="privilegedaccessmanager:CreateGrant",
            detail='{"grant": {"requestedDuration": "3600s"}}',
            level="read",
            **columns,
        ),
        act(AT - 2 * HOUR, on=request, action="privilegedaccessmanager:ApproveGrant", level="read", **columns),
    )
    (ref,) = case.refs.values()
    assert ref.people == ("nina",)
    assert not case.tickets


def test_a_request_that_the_broker_itself_tells_of_is_not_read_off_the_log_too(built):
    asked = {
        "provider": "gcp",
        "scope": "harbour",
        "account": "user:nina@harbour.example",
        "actor": "nina@harbour.example",
        "category": "grant",
        "level": "read",
        "on": "projects/harbour/locations/global/entitlements/deploy/grants/ab-12",
    }
    length = '{"grant": {"requestedDuration": "3600s"}}'
    case = built(
        ticket("PAM deploy ab-12", broker="PAM", systems=("gcp:harbour",), starts_at=AT - 2 * HOUR),
        act(AT - 3 * HOUR, action="privilegedaccessmanager:CreateGrant", detail=length, **asked),
        act(AT - 2 * HOUR, action="privilegedaccessmanager:ApproveGrant", **asked),
    )
    assert [(ref.ticket, ref.asked) for ref in case.refs.values()] == [("PAM deploy ab-12", None)]


def test_what_was_done_while_a_broker_gave_access_stands_in_any_trail(built):
    given = ticket(
        "TEAM 1", broker="TEAM", systems=(f"aws:{AWS}",), level=None, starts_at=AT - 2 * HOUR, closed_at=None
    )
    case = built(given, act(AT - 1.5 * HOUR, category="change"), act(AT - 0.5 * HOUR, category="change"))
    assert [(w.system, w.level) for w in case.refs["TEAM 1"].windows] == [("checkout", "admin"), ("search", "admin")]
    placed = [case.allowed.work("nina", "checkout", None, at, at).where for at in (AT - 1.5 * HOUR, AT - 0.5 * HOUR)]
    assert placed == [Where.COVERED, Where.OUTSIDE]
    assert [(one.changes, one.uncovered) for one in case.episodes] == [(2, 1)]


def test_what_an_access_broker_gave_without_an_approval_is_a_ticket_that_nobody_approved(built):
    request = "projects/harbour/locations/global/entitlements/deploy/grants/ab-12"
    columns = {"provider": "gcp", "scope": "harbour", "category": "grant"}
    nina = {"account": "user:nina@harbour.example", "actor": "nina@harbour.example", "level": "read"}
    broker = "service-org-999@gcp-sa-pam.iam.gserviceaccount.com"
    asked = {"action": "privilegedaccessmanager:CreateGrant", "detail": '{"grant": {"requestedDuration": "3600s"}}'}
    wrote = json.dumps({"bindingDeltas": [{"action": "ADD", "condition": {"description": f"PAM grant {request}"}}]})
    case = built(
        act(AT - 3 * HOUR, on=request, **asked, **columns, **nina),
        act(
            AT - 2 * HOUR,
            on="projects/harbour",
            action="cloudresourcemanager:SetIamPolicy",
            detail=wrote,
            level="admin",
            account=f"serviceAccount:{broker}",
            actor=broker,
            **columns,
        ),
    )
    (ref,) = case.refs.values()
    assert (ref.people, ref.approver, ref.span) == (("nina",), None, (AT - 2 * HOUR, AT - HOUR))
    assert not case.broker_requests  # the project is no system's
    assert not case.judged_events or all(one.action.endswith("CreateGrant") for one in case.judged_events)


def test_a_quiet_stretch_longer_than_the_policy_allows_is_a_silence(built):
    # Something every five hours, but for one stretch of seven, which began after the period did.
    hours = [*range(1, 40, 5), *range(43, 100, 5)]
    case = built(*(act(AT - number * HOUR) for number in hours), period=4 * DAY)
    assert [(one.scope, one.from_, one.to) for one in case.silences] == [(AWS, AT - 43 * HOUR, AT - 36 * HOUR)]
    assert list(case.heard) == [AWS]


def test_who_acted_is_known_by_the_declared_accounts(built):
    pipeline = {"account": f"arn:aws:iam::{AWS}:role/ci-deploy"}
    case = built(act(AT - HOUR, "ci", **pipeline), act(AT - HOUR, "stranger"))
    assert {(one.actor_class, one.person) for one in case.episodes} == {
        (ActorClass.PIPELINE, None),
        (ActorClass.UNKNOWN, None),
    }
