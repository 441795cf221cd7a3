"""Privileged Access Manager's grants over real HTTP, and from saved answers."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.sources.brokers import GooglePam
from auditor.model.tables import Ticket
from collectors.brokers.pam import GooglePamCollector
from tests import stand_ins
from tests.collectors.google.cloud import found

PLACE = "projects/quay-shop/locations/global/entitlements/shop-admin"
START = datetime(2026, 2, 20, 9, tzinfo=UTC)


def time(hours):
    return (START + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")


def grant(id_="2f0a", state="ENDED", *, given=True, **changes):
    """Nina's hour, approved by Tom."""
    events = [
        {"eventTime": time(-0.2), "requested": {"expireTime": time(23)}},
        {"eventTime": time(-0.1), "approved": {"actor": "tom@quay.example", "reason": "go on"}},
    ]
    return {
        "name": f"{PLACE}/grants/{id_}",
        "createTime": time(-0.2),
        "updateTime": time(1),
        "requester": "nina@quay.example",
        "requestedDuration": "3600s",
        "justification": {"unstructuredJustification": "PAY-184 Card payments time out"},
        "state": state,
        "timeline": {"events": [*events, {"eventTime": time(0), "activated": {}}] if given else events},
        "privilegedAccess": {"gcpIamAccess": {"roleBindings": [{"role": "roles/run.admin"}]}},
        "auditTrail": {"accessGrantTime": time(0), "accessRemoveTime": time(1)} if given else {},
        **changes,
    }


@pytest.fixture
def google():
    with stand_ins.google(found()) as served:
        served.cloud.lists["projects/quay-shop/entitlements"] = [{"name": PLACE}]
        served.cloud.lists["projects/quay-shop/shop-admin/grants"] = [grant(f"g{number}") for number in range(5)]
        yield served


@pytest.fixture
def read(google, context, collect, monkeypatch):
    monkeypatch.setenv("QUAY_TOKEN", "auditor-token")

    def run(**where):
        settings = {"scopes": ("projects/quay-shop",), "token_env": "QUAY_TOKEN", "endpoint_url": google.url}
        return collect(GooglePamCollector(GooglePam(name="pam", kind="google-pam", **(where or settings)), context))

    return run


def test_every_page_of_every_entitlement_is_read(read, google):
    google.fails("/grants", 429, retry_after=0, times=1)
    got = read()
    assert [row.ticket for row in got.rows(Ticket)] == [f"PAM shop-admin g{number}" for number in range(5)]
    (row, *_) = got.rows(Ticket)
    begins = datetime(2026, 2, 20, 9, 0, 0, 123456, tzinfo=UTC)
    assert (row.starts_at, row.ends_at, row.closed_at) == (
        begins,
        begins + timedelta(hours=1),
        begins + timedelta(hours=1),
    )
    assert (row.requester, row.approver, row.approval) == ("nina@quay.example", "tom@quay.example", "go on")
    assert (row.systems, row.broker, row.closeout) == (("gcp:quay-shop",), "PAM", "See PAY-184.")
    assert row.approved_at < row.starts_at
    assert [(line.scope, line.status) for line in got.coverage] == [("projects/quay-shop", "ok")]


@pytest.mark.parametrize(
    ("place", "permission"), [("/entitlements$", "entitlements.list"), ("/grants$", "grants.list")]
)
def test_a_missing_permission_is_named(read, google, place, permission):
    google.fails(place, 403)
    (line,) = read().coverage
    assert line.status == "failed"
    assert f"privilegedaccessmanager.{permission}" in line.reason


def test_an_expired_token_is_said(read, google):
    google.fails("/entitlements", 401, message="Request had invalid authentication credentials.")
    (line,) = read().coverage
    assert line.status == "failed"
    assert "does not accept the credentials" in line.reason


def test_where_it_is_not_switched_on_there_is_nothing_to_read(read, google):
    google.fails("/entitlements", 403, message="The API has not been used in project 4242 before or it is disabled.")
    (line,) = read().coverage
    assert (line.status, line.rows) == ("ok", 0)


@pytest.mark.parametrize(
    ("one", "closeout", "begins", "closed"),
    [
        (grant(state="ACTIVE", auditTrail={"accessGrantTime": time(0)}), "See PAY-184.", START, None),
        (grant(state="REVOKED"), "See PAY-184.", START, START + timedelta(hours=1)),
        (grant(state="DENIED", given=False), "Rejected", None, START + timedelta(hours=1)),
        (grant(state="WITHDRAWN", given=False), "Withdrawn", None, START + timedelta(hours=1)),
        (grant(state="EXPIRED", given=False), "Withdrawn: nobody answered in time", None, START + timedelta(hours=1)),
        (
            grant(state="ACTIVATION_FAILED", given=False),
            "Cancelled: Google could not give it",
            None,
            START + timedelta(hours=1),
        ),
    ],
)
def test_what_came_of_a_grant(read, tmp_path, one, closeout, begins, closed):
    (tmp_path / "grants.json").write_text(json.dumps([one]))
    (row,) = read(path="grants.json").rows(Ticket)
    assert row.closeout == closeout
    assert [time and time.replace(microsecond=0) for time in (row.starts_at, row.closed_at)] == [begins, closed]


@pytest.mark.parametrize(
    ("resource", "place"),
    [("projects/quay-shop", "gcp:quay-shop"), ("projects/4242", "projects/4242"), ("folders/7", "projects/4242")],
)
def test_a_project_that_is_written_as_a_number_is_known_by_its_id_or_not_at_all(read, tmp_path, resource, place):
    one = grant(name="projects/4242/locations/global/entitlements/x/grants/2f0a")
    one["privilegedAccess"]["gcpIamAccess"]["resource"] = f"//cloudresourcemanager.googleapis.com/{resource}"
    (tmp_path / "grants.json").write_text(json.dumps([one]))
    (row,) = read(path="grants.json").rows(Ticket)
    assert row.systems == (place,)


def test_who_took_it_back_and_why_is_told(read, tmp_path):
    one = grant(state="REVOKED")
    one["timeline"]["events"].append(
        {"eventTime": time(0.5), "revoked": {"actor": "tom@quay.example", "reason": "done"}}
    )
    (tmp_path / "grants.json").write_text(json.dumps({"grants": [one, {"name": 7}, grant(state="LOST"), "x"]}))
    got = read(path="grants.json")
    assert got.rows(Ticket)[0].closeout == "Revoked by tom@quay.example. done See PAY-184."
    assert [(line.status, line.rejected) for line in got.coverage] == [("partial", 3)]


def test_a_grant_of_a_folder_is_for_what_nobody_knows(read, tmp_path):
    one = grant()
    one["name"] = one["name"].replace("projects/quay-shop", "folders/7")
    (tmp_path / "grants.json").write_text(json.dumps(one))
    assert read(path="grants.json").rows(Ticket)[0].systems == ("folders/7",)
