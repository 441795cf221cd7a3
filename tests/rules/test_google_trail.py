"""Which changes to Google's logging leave less recorded."""

import json
from datetime import date

import pytest

from auditor.providers.google.trail import log_stores
from auditor.rules.changes import audit_trail
from tests.cases import case, config, event, judged
from tests.copies import replace


def changed(action, asked):
    return event(provider="gcp", scope="quay-shop", action=action, detail=json.dumps(asked))


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        ("logging:DeleteSink", {}),
        ("logging:DeleteLog", {}),
        ("compute:subnetworks.patch", {"enableFlowLogs": False}),
        ("logging:CreateExclusion", {"exclusion": {"filter": "severity<ERROR"}}),
        ("cloudsql:instances.update", {"databaseFlags": {"pgaudit.log": "none"}}),
        ("cloudsql:ALTER ROLE", {"statement": "ALTER ROLE app SET pgaudit.log = 'none'"}),
        ("logging:UpdateSink", {}),
        ("logging:UpdateSink", {"sink": {"disabled": True}, "updateMask": "disabled"}),
        ("logging:UpdateSink", {"sink": {"filter": "x"}, "updateMask": "filter,description"}),
        ("logging:UpdateSink", {"sink": {"exclusions": [{"name": "all"}]}, "updateMask": "description"}),
        ("logging:UpdateBucket", {"bucket": {"retentionDays": 1}, "updateMask": "retentionDays"}),
        ("logging:UpdateSettings", {"settings": {"disableDefaultSink": True}}),
        ("cloudresourcemanager:SetIamPolicy", {"auditConfigDeltas": [{"action": "REMOVE", "logType": "DATA_READ"}]}),
        (
            "cloudresourcemanager:SetIamPolicy",
            {"auditConfigDeltas": [{"action": "ADD", "exemptedMember": "user:x@y.example"}]},
        ),
    ],
)
def test_these_leave_less(action, asked):
    assert len(judged(audit_trail, case(judged_events=[changed(action, asked)]))) == 1


@pytest.mark.parametrize(
    ("action", "asked"),
    [
        ("logging:UpdateSink", {"sink": {"description": "archive"}, "updateMask": "description"}),
        ("logging:UpdateSink", {"sink": {"disabled": False}, "updateMask": "disabled"}),
        ("logging:UpdateSink", {"sink": {"exclusions": []}, "updateMask": "exclusions"}),
        ("logging:UpdateSink", {"sink": {"filter": ""}, "updateMask": "filter"}),
        ("logging:CreateExclusion", {"exclusion": {"filter": "x", "disabled": True}}),
        ("logging:UpdateExclusion", {"exclusion": {"disabled": True}}),
        ("logging:UpdateBucket", {"bucket": {"retentionDays": 400}, "updateMask": "retentionDays"}),
        ("logging:UpdateBucket", {"bucket": {"locked": True}, "updateMask": "locked"}),
        ("logging:UpdateSettings", {"settings": {"storageLocation": "eu"}}),
        ("cloudsql:ALTER ROLE", {"statement": "ALTER ROLE app SET pgaudit.log = 'all'"}),
        ("cloudresourcemanager:SetIamPolicy", {"auditConfigDeltas": [{"action": "ADD", "logType": "DATA_READ"}]}),
        (
            "cloudresourcemanager:SetIamPolicy",
            {"auditConfigDeltas": [{"action": "REMOVE", "exemptedMember": "user:x@y.example"}]},
        ),
    ],
)
def test_these_do_not(action, asked):
    assert judged(audit_trail, case(judged_events=[changed(action, asked)])) == []


def test_one_part_of_a_change_that_takes_logs_away_is_enough():
    asked = {"auditConfigDeltas": [{"action": "ADD", "logType": "DATA_READ"}, {"action": "REMOVE", "logType": "X"}]}
    assert len(judged(audit_trail, case(judged_events=[changed("cloudresourcemanager:SetIamPolicy", asked)]))) == 1


@pytest.mark.parametrize("deltas", ["cut", [7], {}])
def test_where_the_log_has_another_shape_less_may_be_recorded(deltas):
    asked = changed("cloudresourcemanager:SetIamPolicy", {"auditConfigDeltas": deltas})
    assert len(judged(audit_trail, case(judged_events=[asked]))) == 1


def test_thirty_days_are_what_google_keeps_of_its_own_accord():
    for days, found in ((29, 1), (30, 0)):
        asked = changed("logging:UpdateBucketAsync", {"bucket": {"retentionDays": days}})
        assert len(judged(audit_trail, case(judged_events=[asked]))) == found


@pytest.mark.parametrize(
    ("action", "narrows"),
    [
        ("storage:buckets.delete", True),
        ("pubsub:DeleteTopic", True),
        ("bigquery:DeleteDataset", True),
        ("bigquery:datasetservice.delete", True),
        ("storage:buckets.undelete", False),
        ("storage:buckets.update", False),
        ("storage:objects.create", False),
    ],
)
def test_what_sinks_write_to_is_lost_where_it_is_deleted(action, narrows):
    told = event(provider="gcp", scope="quay-shop", action=action, category="change", keeps_log=True, detail=None)
    assert bool(judged(audit_trail, case(judged_events=[told]))) is narrows
    elsewhere = replace(told, keeps_log=False)
    assert judged(audit_trail, case(judged_events=[elsewhere])) == []


@pytest.mark.parametrize(
    ("touched", "stores"),
    [
        ("projects/quay-shop/sinks/audit projects/_/buckets/quay-audit", {"projects/_/buckets/quay-audit"}),
        ("projects/quay-shop/sinks/audit", set()),
        ("projects/q/datasets/lines/tables/cloudaudit_googleapis_com_activity", None),
        ("projects/quay-shop/zones/a/instances/flow-logs", set()),
    ],
)
def test_what_is_named_beside_a_sink_keeps_a_log(touched, stores):
    days = (date(2026, 9, 1), date(2026, 9, 4))
    assert log_stores(None, config(), (), [touched], days) == ({touched} if stores is None else stores)
