"""Changes are judged against the windows that tickets claim."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.activity.results import Episode, JudgedEvent
from auditor.model.findings import Clear, Finding, NotJudged
from auditor.model.tables import Trail
from auditor.model.vocabulary import ActorClass, Severity
from auditor.rules import changes
from auditor.rules.shared import agent_beyond_task
from tests.cases import AT, AWS, audited, case, config, episode, event, hour, judged, row, ticket
from tests.copies import replace


def test_a_change_with_no_ticket_at_all_has_no_window() -> None:
    found = judged(changes.no_window, case(episodes=[episode()]))
    assert [(f.person, f.system, f.ticket) for f in found] == [("nina", "checkout", None)]
    assert "with no ticket" in found[0].summary
    assert found[0].evidence[0].record == 3


def test_a_ticket_of_which_nothing_came_is_named_beside_the_change() -> None:
    refused = ticket(status="Rejected", approver=None, approved_at=None, approval=None)
    long_ago = replace(refused, ticket="PAY-2", starts_at=AT - hour(500))
    (found,) = judged(changes.no_window, case(tickets=[refused, long_ago], episodes=[episode()]))
    assert found.summary.endswith(f"with no ticket; nothing came of {refused.ticket} (Rejected)")
    assert found.facts["dropped"] == [f"{refused.ticket} (Rejected)"]


def test_a_change_that_a_window_covers_is_clear() -> None:
    covered = episode(uncovered=0, uncovered_from=None, uncovered_to=None)
    for rule in (changes.no_window, changes.outside_window, changes.beyond_scope):
        assert judged(rule, case(tickets=[ticket()], episodes=[covered])) == []


def test_a_robots_change_is_not_judged_as_a_persons() -> None:
    robot = episode(None, actor_class=ActorClass.PIPELINE)
    assert judged(changes.no_window, case(episodes=[robot])) == []


def test_changes_on_what_no_system_claims_are_told_once_for_each_of_who_and_where() -> None:
    stray = [episode(system=None, starts_at=AT - hour(hours)) for hours in (9, 5)]
    outcomes = list(changes.no_window(case(episodes=[*stray, episode(system=None, changes=0)])))
    assert [type(one) for one in outcomes] == [NotJudged]
    assert str(outcomes[0].subject) == f"Nina, 6 changes in aws {AWS}: ecs:UpdateService"
    assert '{"provider": "aws", "account": "111122223333", "match": ["arn:aws:ecs:' in outcomes[0].reason


def test_a_robots_change_on_what_no_system_claims_is_not_told_as_a_persons() -> None:
    robot = episode(None, system=None, actor_class=ActorClass.PIPELINE)
    assert list(changes.no_window(case(episodes=[robot]))) == []


def reading(secrets: int, **more: Any) -> Episode:
    """A sitting in which that many secrets were read, and nothing was changed."""
    counts = {"changes": 0, "uncovered": 0, "reads": secrets, "secrets": secrets, "secrets_at_most": secrets}
    return episode(**counts | more)


@pytest.mark.parametrize(
    ("recorded", "reads", "sign_ins"),
    [
        ({"management": ("read", "write"), "data": ("s3",)}, Clear, None),
        ({"management": ("read", "write")}, NotJudged, None),
        ({"management": ("write",), "data": ("s3",)}, NotJudged, NotJudged),
    ],
    ids=["everything", "no data events", "changes alone"],
)
def test_nothing_is_clear_of_what_the_log_would_not_have_shown(
    recorded: Any, reads: type, sign_ins: type | None
) -> None:
    arn = f"arn:aws:cloudtrail:eu-west-1:{AWS}:trail/all"
    trail = Trail(**row(trail=arn, account=AWS, name="all"), logging=True, multi_region=True, **recorded)
    looked = case(trails=[trail], episodes=[reading(3)])
    assert [type(one) for one in changes.bulk_read(looked)] == [reads]
    assert [type(one) for one in changes.login_without_window(looked)] == ([sign_ins] if sign_ins else [])
    assert len(judged(changes.bulk_read, case(trails=[trail], episodes=[reading(21)]))) == 1


@pytest.mark.parametrize(
    ("above", "why"),
    [
        ({"audit": []}, "leaves out sign-ins through Identity-Aware Proxy"),
        ({}, "organizations/9 were not read: sign-ins through Identity-Aware Proxy may not be recorded"),
    ],
)
def test_sign_ins_through_a_tunnel_that_google_does_not_record_could_not_be_judged(
    above: dict[str, Any], why: str
) -> None:
    shop = {"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "quay-shop"}]}
    (told,) = changes.login_without_window(case(config=config(systems=[shop]), policies=audited(**above)))
    assert isinstance(told, NotJudged)
    assert told.subject.account == "quay-shop"
    assert told.reason.endswith(why)


@pytest.mark.parametrize(("secrets", "found"), [(20, 0), (21, 1)])
def test_more_secrets_than_the_policy_allows_are_a_bulk_read(secrets: int, found: int) -> None:
    assert len(judged(changes.bulk_read, case(episodes=[reading(secrets)]))) == found


@pytest.mark.parametrize(
    "other",
    [
        {"person": "piet"},
        {"actor_class": ActorClass.PIPELINE, "person": None},
        {"secrets": 0, "secrets_at_most": 0},
    ],
)
def test_secrets_that_leavers_and_robots_read_and_what_is_no_secret_have_other_rules(other: dict[str, Any]) -> None:
    assert list(changes.bulk_read(case(episodes=[replace(reading(40), **other)]))) == []


def test_secrets_and_objects_count_together() -> None:
    (found,) = judged(changes.bulk_read, case(episodes=[reading(2, objects=19)]))
    assert "read 2 secrets and 19 objects of Checkout on" in found.summary
    assert (found.facts["secrets"], found.facts["objects"]) == (2, 19)
    assert judged(changes.bulk_read, case(episodes=[reading(2, objects=18)])) == []


def test_secrets_of_several_systems_in_one_sitting_count_together() -> None:
    apart = [reading(11, ends_at=AT - hour(3.8)), reading(11, system="search", starts_at=AT - hour(3.7))]
    (found,) = judged(changes.bulk_read, case(episodes=apart))
    assert (found.person, found.system, found.facts["secrets"]) == ("nina", None, 22)
    assert judged(changes.bulk_read, case(episodes=[apart[0], replace(apart[1], starts_at=AT - hour(2))])) == []


def test_secrets_that_two_people_or_two_machines_read_at_once_do_not_count_together() -> None:
    nobody = {"person": None, "actor_class": ActorClass.UNKNOWN}
    for one, other in (({}, {"person": "leon"}), ({**nobody, "actor": "a"}, {**nobody, "actor": "b"})):
        assert judged(changes.bulk_read, case(episodes=[reading(11, **one), reading(11, **other)])) == []


def test_secrets_under_a_window_for_reading_are_explained() -> None:
    held = ticket(level="read")
    assert judged(changes.bulk_read, case(tickets=[held], episodes=[reading(40)])) == []
    assert judged(changes.bulk_read, case(tickets=[held], episodes=[reading(40, system="search")]))


def test_secrets_read_while_no_ticket_was_known_could_not_be_judged() -> None:
    outcomes = list(changes.bulk_read(case(episodes=[reading(40)], tickets_until=None)))
    assert [type(one) for one in outcomes] == [NotJudged]


@pytest.mark.parametrize(
    ("known", "at_most", "objects", "outcome"),
    [(2, 20, 0, Clear), (2, 21, 0, NotJudged), (2, 12, 9, NotJudged), (21, 40, 0, Finding)],
)
def test_listings_that_may_have_shown_too_many_secrets_could_not_be_judged(
    known: int, at_most: int, objects: int, outcome: type
) -> None:
    listed = reading(known, secrets_at_most=at_most, objects=objects)
    assert [type(one) for one in changes.bulk_read(case(episodes=[listed]))] == [outcome]


def test_what_a_batch_showed_unnamed_is_what_is_named_beside_it() -> None:
    batch = reading(0, reads=1, secrets_at_most=20, system=None)
    assert [type(one) for one in changes.bulk_read(case(episodes=[batch, reading(3)]))] == [Clear]
    twice = replace(batch, secrets_at_most=40)
    assert [type(one) for one in changes.bulk_read(case(episodes=[twice, reading(3)]))] == [NotJudged]


def test_listings_under_a_window_are_explained() -> None:
    listed = reading(1, secrets_at_most=100)
    assert [type(one) for one in changes.bulk_read(case(tickets=[ticket(level="read")], episodes=[listed]))] == [Clear]


def test_two_of_the_actions_are_told() -> None:
    many = episode(change_actions=("ecs:A", "ecs:B", "ecs:C"))
    (found,) = judged(changes.no_window, case(episodes=[many]))
    assert "3 changes: ecs:A, ecs:B" in found.summary
    assert "ecs:C" not in found.summary


def test_a_change_after_the_ticket_was_closed_is_outside_by_how_much() -> None:
    early = ticket(starts_at=AT - hour(4), closed_at=AT - hour(3.5))
    late = episode(starts_at=AT - hour(3.4), ends_at=AT - hour(3.25))
    found = judged(changes.outside_window, case(tickets=[early], episodes=[late]))
    assert found[0].ticket == "PAY-184"
    assert found[0].facts["minutes_after"] == 15
    assert "after PAY-184's window closed" in found[0].summary
    assert judged(changes.no_window, case(tickets=[early], episodes=[late])) == []


def test_a_change_before_the_window_is_outside_too() -> None:
    early = episode(starts_at=AT - hour(5), ends_at=AT - hour(4.9))
    found = judged(changes.outside_window, case(tickets=[ticket()], episodes=[early]))
    assert found[0].facts["minutes_before"] == 60


@pytest.mark.parametrize(
    ("starts", "ends", "fact", "minutes"), [(5, 2.9, "minutes_before", 60), (4.1, 1, "minutes_after", 120)]
)
def test_changes_on_both_sides_of_a_window_tell_the_farther_one(
    starts: float, ends: float, fact: str, minutes: int
) -> None:
    around = episode(starts_at=AT - hour(starts), ends_at=AT - hour(ends))
    hour_long = ticket(starts_at=AT - hour(4), closed_at=None)
    (found,) = judged(changes.outside_window, case(tickets=[hour_long], episodes=[around]))
    assert {name: value for name, value in found.facts.items() if name.startswith("minutes_")} == {fact: minutes}


def test_a_window_two_days_away_explains_nothing() -> None:
    old = ticket(starts_at=AT - hour(60), closed_at=AT - hour(59))
    assert judged(changes.outside_window, case(tickets=[old], episodes=[episode()])) == []
    assert len(judged(changes.no_window, case(tickets=[old], episodes=[episode()]))) == 1


def test_a_change_on_another_system_than_the_tickets_is_beyond_scope() -> None:
    other = episode(system="search")
    found = judged(changes.beyond_scope, case(tickets=[ticket()], episodes=[other]))
    assert [(f.system, f.ticket, f.facts["ticket_allows"]) for f in found] == [("search", "PAY-184", "Checkout")]
    assert judged(changes.no_window, case(tickets=[ticket()], episodes=[other])) == []


def test_a_change_under_a_ticket_for_reading_is_beyond_scope() -> None:
    reading = ticket(level="read", work="read-only")
    found = judged(changes.beyond_scope, case(tickets=[reading], episodes=[episode()]))
    assert found[0].facts["ticket_allows"] == "reading"


def test_a_change_on_another_host_than_the_ticket_names_is_beyond_scope() -> None:
    host = {"provider": "ssh", "scope": "web-2.harbour.example"}
    there, here = episode(**host), episode(**host | {"scope": "web-1"})
    one_host = ticket(systems=("web-1.harbour.example",), approval="Approved PAY-184 for Nina until 12:00")
    (found,) = judged(changes.beyond_scope, case(tickets=[one_host], episodes=[there, here]))
    assert (
        found.summary
        == "Nina changed Checkout on web-2.harbour.example under PAY-184, which is for web-1.harbour.example"
    )
    for ticket_ in (
        replace(one_host, systems=("checkout",)),
        replace(one_host, systems=("web-1.harbour.example", "web-2.harbour.example")),
        replace(one_host, reason="The disks of web-1 and web-2 are full"),
        replace(one_host, systems=("web-1.harbour.example", "checkout")),
        replace(one_host, systems=("web-1..9.harbour.example",)),
    ):
        assert judged(changes.beyond_scope, case(tickets=[ticket_], episodes=[there, here])) == []
    elsewhere = episode(**host | {"provider": "aws", "scope": AWS})
    assert judged(changes.beyond_scope, case(tickets=[one_host], episodes=[elsewhere])) == []


@pytest.mark.parametrize("minutes", [0, 30])
def test_an_ssh_session_that_changed_nothing_needs_a_window_too(minutes: int) -> None:
    look = episode(provider="ssh", account="ssh:nina@web-1.harbour.example", changes=0, uncovered=0, logins=1)
    found = judged(changes.login_without_window, case(episodes=[look]))
    assert [(f.person, f.system) for f in found] == [("nina", "checkout")]
    assert found[0].summary.endswith("with no ticket; no log tells of a change")
    as_root = judged(changes.login_without_window, case(episodes=[replace(look, account="ssh:root@web-1")]))
    assert "as root on" in as_root[0].summary
    assert as_root[0].summary.endswith("what root did there, no log tells")
    assert judged(changes.login_without_window, case(tickets=[ticket()], episodes=[look])) == []


@pytest.mark.parametrize(
    "other", [{"name": "piet"}, {"system": None}, {"name": None}, {"actor_class": ActorClass.PIPELINE}]
)
def test_an_ssh_session_of_a_leaver_of_nobody_or_on_nothing_that_is_production_has_its_own_rule(
    other: dict[str, Any],
) -> None:
    look = episode(**{"provider": "ssh", "changes": 0, "uncovered": 0, "logins": 1, **other})
    assert list(changes.login_without_window(case(episodes=[look]))) == []


def test_a_shell_on_a_machine_that_no_system_claims_is_told() -> None:
    machine = f"arn:aws:ssm:eu-central-1:{AWS}:instance/i-0a1b"
    shell = {"system": None, "changes": 0, "uncovered": 0, "logins": 1, "resources": (machine,)}
    opened = episode(login_targets=(machine,), actions=("ssm:StartSession",), **shell)
    assumed = episode(login_targets=(f"arn:aws:iam::{AWS}:role/deploy",), **shell)
    told = list(changes.login_without_window(case(episodes=[opened, opened, assumed])))
    assert [one.subject.label for one in told] == [f"Nina, 2 sessions in aws {AWS}: ssm:StartSession"]
    assert "no declared system claims what was signed in to" in told[0].reason


@pytest.mark.parametrize(
    ("scope", "said"), [("quay/docs", '"project": "quay/docs"'), ("quay", None), ("project 7", None)]
)
def test_what_would_claim_a_change_is_told_where_a_system_can(scope: str, said: str | None) -> None:
    changed = episode(provider="gitlab", scope=scope, system=None, resources=(scope,))
    [told] = [one for one in changes.no_window(case(episodes=[changed])) if "no declared system" in (one.reason or "")]
    assert ("`resources` would" in told.reason, (said or scope) in told.reason) == (said is not None, True)


def test_a_role_session_counts_when_the_role_can_write_and_is_named_after_the_role() -> None:
    role = f"arn:aws:iam::{AWS}:role/checkout-operator"
    opening = episode(changes=0, uncovered=0, logins=1, login_targets=(role,))
    looking = episode(account=role, changes=0, uncovered=0, starts_at=AT - hour(3.9), session="ASIA1")
    able = {(role, "checkout")}
    found = judged(changes.login_without_window, case(writing_roles=able, episodes=[opening, looking]))
    assert [f.account for f in found] == [role]
    assert found[0].starts_at == opening.starts_at
    assert judged(changes.login_without_window, case(episodes=[opening, looking])) == []


def test_what_is_read_with_ones_own_key_does_not_prolong_the_session_beside_it() -> None:
    role, reader = (f"arn:aws:iam::{AWS}:role/{name}" for name in ("checkout-operator", "reader"))
    opened, later = (AT - hour(4), AT - hour(4)), (AT - hour(1), AT - hour(1))
    reading = {"changes": 0, "uncovered": 0, "starts_at": AT - hour(4.5), "ends_at": AT - hour(1)}
    own = {"logins": 2, "login_targets": (reader, role), **reading}
    able: dict[str, Any] = {"writing_roles": {(role, "checkout")}, "tickets": [ticket()]}
    work = episode(account=role, uncovered=0, session="ASIA1")
    beside = episode(login_times=(later, opened), **own)
    assert judged(changes.login_without_window, case(episodes=[beside, work], **able)) == []
    again = episode(login_times=(opened, later), **own)
    assert len(judged(changes.login_without_window, case(episodes=[again, work], **able))) == 1
    machine = f"arn:aws:ssm:eu-central-1:{AWS}:instance/i-0a1b"
    shell = episode(logins=1, login_targets=(machine,), login_times=(opened,), **reading)
    assert judged(changes.login_without_window, case(episodes=[shell], **able)) == []


def test_a_role_that_was_refused_or_only_looked_at_is_no_session() -> None:
    role = f"arn:aws:iam::{AWS}:role/checkout-operator"
    tried = episode(changes=0, uncovered=0, logins=1, denied=1, resources=(role,))
    assert judged(changes.login_without_window, case(writing_roles={(role, "checkout")}, episodes=[tried])) == []


def test_any_writing_role_that_was_opened_counts_not_only_the_first() -> None:
    roles = tuple(f"arn:aws:iam::{AWS}:role/{name}" for name in ("reader", "checkout-operator"))
    opening = episode(changes=0, uncovered=0, logins=2, login_targets=roles)
    assert len(judged(changes.login_without_window, case(writing_roles={(roles[1], None)}, episodes=[opening]))) == 1


@pytest.mark.parametrize(
    ("work", "found"),
    [
        ({"ends_at": AT - hour(1)}, True),
        ({"ends_at": AT - hour(1), "changes": 2}, True),
        ({"ends_at": AT - hour(2.5)}, False),
        ({"ends_at": AT - hour(1), "changes": 2, "uncovered": 1}, False),
    ],
    ids=["nothing was changed", "all of it in the window", "its tail", "changed after it: another rule"],
)
def test_a_session_that_goes_on_after_its_window_is_told_but_not_its_tail(work: dict[str, Any], *, found: bool) -> None:
    shell = {"provider": "ssh", "changes": 0, "uncovered": 0, "logins": 1, "starts_at": AT - hour(3.8)}
    stayed = judged(changes.login_without_window, case(tickets=[ticket()], episodes=[episode(**{**shell, **work})]))
    assert [(f.ticket, "stayed signed in" in f.summary) for f in stayed] == ([("PAY-184", True)] if found else [])


def test_a_session_with_changes_is_left_to_the_rules_on_changes() -> None:
    session = episode(provider="ssh", logins=1)
    assert judged(changes.login_without_window, case(episodes=[session])) == []


def test_reading_with_ones_own_key_is_no_session() -> None:
    reading = episode(changes=0, uncovered=0, reads=3)
    assert judged(changes.login_without_window, case(episodes=[reading])) == []


@pytest.mark.parametrize(
    ("action", "detail", "narrows"),
    [
        ("cloudtrail:StopLogging", "{}", True),
        ("cloudtrail:DeleteTrail", "{}", True),
        ("cloudtrail:UpdateTrail", '{"isMultiRegionTrail": false}', True),
        ("cloudtrail:UpdateTrail", '{"isMultiRegionTrail": true}', False),
        ("cloudtrail:PutEventSelectors", '{"eventSelectors": [{"readWriteType": "ReadOnly"}]}', True),
        ("cloudtrail:PutEventSelectors", '{"eventSelectors": [{"includeManagementEvents": false}]}', True),
        ("cloudtrail:PutEventSelectors", '{"eventSelectors": [{"readWriteType": "All"}]}', False),
        (
            "cloudtrail:PutEventSelectors",
            '{"eventSelectors": [{"excludeManagementEventSources": ["kms.amazonaws.com"]}]}',
            True,
        ),
        ("cloudtrail:PutEventSelectors", '{"eventSelectors": [{"excludeManagementEventSources": []}]}', False),
        ("cloudtrail:PutEventSelectors", '{"eventSelectors": ["odd", 7], "advancedEventSelectors": "odd"}', True),
        ("cloudtrail:UpdateTrail", '{"name": "all", "s3BucketName": "mine"}', True),
        ("cloudtrail:UpdateTrail", '{"name": "all", "s3BucketName": "logs", "isMultiRegionTrail": true}', False),
        ("cloudtrail:UpdateTrail", '{"name": "all", "cloudWatchLogsLogGroupArn": ""}', True),
        ("cloudtrail:PutInsightSelectors", '{"insightSelectors": []}', True),
        ("cloudtrail:PutInsightSelectors", '{"insightSelectors": [{"insightType": "ApiCallRateInsight"}]}', False),
        ("cloudtrail:UpdateEventDataStore", '{"retentionPeriod": 30}', True),
        ("cloudtrail:UpdateEventDataStore", '{"retentionPeriod": 365}', False),
        ("cloudtrail:UpdateEventDataStore", '{"advancedEventSelectors": []}', True),
        ("cloudtrail:UpdateEventDataStore", '{"terminationProtectionEnabled": false}', True),
        ("guardduty:UpdateDetector", '{"detectorId": "1", "enable": false}', True),
        ("guardduty:UpdateDetector", '{"detectorId": "1", "enable": true}', False),
        ("guardduty:UpdateDetector", '{"features": [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]}', True),
        ("guardduty:UpdateDetector", '{"dataSources": {"kubernetes": {"auditLogs": {"enable": false}}}}', True),
        ("guardduty:UpdateDetector", '{"dataSources": {"s3Logs": {"enable": true}}}', False),
        ("guardduty:UpdateDetector", "{cut", True),
        ("guardduty:UpdateOrganizationConfiguration", '{"autoEnable": false}', True),
        ("guardduty:UpdateOrganizationConfiguration", '{"autoEnableOrganizationMembers": "NONE"}', True),
        ("guardduty:UpdateOrganizationConfiguration", '{"autoEnableOrganizationMembers": "ALL"}', False),
        ("guardduty:UpdateOrganizationConfiguration", '{"features": [{"name": "x", "autoEnable": "NONE"}]}', True),
        ("guardduty:UpdateOrganizationConfiguration", '{"dataSources": {"s3Logs": {"autoEnable": false}}}', True),
        ("eks:UpdateClusterConfig", '{"logging": {"clusterLogging": [{"types": ["audit"], "enabled": false}]}}', True),
        ("eks:UpdateClusterConfig", '{"resourcesVpcConfig": {"endpointPublicAccess": true}}', False),
        ("network-firewall:UpdateLoggingConfiguration", '{"firewallName": "edge"}', True),
        ("guardduty:CreateFilter", '{"action": "ARCHIVE"}', True),
        ("guardduty:CreateIPSet", '{"activate": true}', True),
        ("guardduty:UpdateIPSet", '{"activate": false}', False),
        ("macie2:UpdateMacieSession", '{"status": "PAUSED"}', True),
        ("macie2:UpdateMacieSession", '{"status": "ENABLED"}', False),
        ("ssm:UpdateDocument", '{"content": "{\\"inputs\\": {\\"s3BucketName\\": \\"\\"}}"}', True),
        ("ssm:UpdateDocument", '{"content": "{\\"inputs\\": {\\"s3BucketName\\": \\"logs\\"}}"}', False),
        ("ssm:DeleteDocument", '{"name": "SSM-SessionManagerRunShell"}', True),
        ("ecs:UpdateCluster", '{"configuration": {"executeCommandConfiguration": {"logging": "NONE"}}}', True),
        ("ecs:UpdateCluster", '{"configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}}}', False),
        ("rds:ModifyDBCluster", '{"cloudwatchLogsExportConfiguration": {"disableLogTypes": ["audit"]}}', True),
        ("rds:ModifyDBCluster", '{"cloudwatchLogsExportConfiguration": {"enableLogTypes": ["audit"]}}', False),
        (
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            '{"attributes": [{"key": "access_logs.s3.enabled", "value": "false"}]}',
            True,
        ),
        (
            "elasticloadbalancing:ModifyLoadBalancerAttributes",
            '{"loadBalancerAttributes": {"accessLog": {"enabled": true}}}',
            False,
        ),
        ("guardduty:UpdateFilter", '{"action": "NOOP"}', False),
        (
            "config:PutConfigurationRecorder",
            '{"configurationRecorder": {"recordingGroup": {"allSupported": true}}}',
            False,
        ),
        (
            "config:PutConfigurationRecorder",
            '{"configurationRecorder": {"recordingGroup": {"allSupported": false}}}',
            True,
        ),
        ("config:PutRetentionConfiguration", '{"retentionPeriodInDays": 30}', True),
        (
            "s3:PutBucketLogging",
            '{"bucketName": "b", "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "l"}}}',
            False,
        ),
        ("s3:PutBucketLogging", '{"bucketName": "b", "BucketLoggingStatus": {"xmlns": "http://s3"}}', True),
        ("cloudtrail:PutEventSelectors", "{cut", True),
        (
            "cloudtrail:PutEventSelectors",
            '{"advancedEventSelectors": [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}]}',
            False,
        ),
        (
            "cloudtrail:PutEventSelectors",
            (
                '{"advancedEventSelectors": [{"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]},'
                ' {"field": "readOnly", "equals": ["false"]}]}]}'
            ),
            True,
        ),
    ],
)
def test_only_what_leaves_less_recorded_narrows_the_trail(action: str, detail: str, narrows: bool) -> None:
    found = judged(changes.audit_trail, case(judged_events=[event(action=action, detail=detail)]))
    assert bool(found) is narrows


CHANGE_RULES = (changes.no_window, changes.outside_window, changes.beyond_scope)


def test_changes_of_a_session_that_nobody_can_be_tied_to_could_not_be_judged() -> None:
    nameless = episode(None, actor_class=ActorClass.UNKNOWN, actor="session-7")
    for rule in CHANGE_RULES:
        reasons = [o.reason for o in rule(case(episodes=[nameless])) if isinstance(o, NotJudged)]
        assert reasons == ["the session cannot be tied to a person"]


def test_without_tickets_nobody_is_accused_of_working_without_one() -> None:
    look = episode(provider="ssh", changes=0, uncovered=0, logins=1)
    for rule in (*CHANGE_RULES, changes.login_without_window):
        outcomes = list(rule(case(episodes=[episode(), look], tickets_until=None)))
        assert not any(isinstance(o, Finding) for o in outcomes)
        assert "no ticket has been read" in {o.reason for o in outcomes if isinstance(o, NotJudged)}


def test_changes_after_the_last_tickets_were_read_could_not_be_judged() -> None:
    stale = case(episodes=[episode()], tickets_until=AT - hour(8))
    assert judged(changes.no_window, stale) == []
    assert judged(changes.no_window, case(episodes=[episode(starts_at=AT - hour(9))], tickets_until=AT - hour(8)))


def test_a_denied_attempt_on_the_trail_changed_nothing() -> None:
    assert judged(changes.audit_trail, case(judged_events=[event(outcome="denied")])) == []


def tried(**changes: Any) -> JudgedEvent:
    """Nina tries to stop the trail and is refused."""
    return event(**{"person": "nina", "actor_class": ActorClass.PERSON, "outcome": "denied", **changes})


def test_attempts_of_one_sitting_are_one_finding_that_says_tried() -> None:
    again = [tried(), tried(event_id="e-10", time=AT - hour(29.9), action="cloudtrail:DeleteTrail")]
    (found,) = judged(changes.refused, case(judged_events=again))
    assert (found.person, found.severity, found.facts["attempts"]) == ("nina", Severity.MEDIUM, 2)
    assert "Nina tried to narrow the audit trail" in found.summary
    assert "and was refused" in found.summary


@pytest.mark.parametrize(
    "innocent",
    [
        {"outcome": "ok"},
        {"outcome": "failed"},
        {"category": "change"},
        {"actor_class": ActorClass.PIPELINE},
        {"actor_class": ActorClass.ROOT, "category": "login"},
    ],
)
def test_what_was_done_failed_by_itself_or_by_a_robot_is_no_attempt(innocent: dict[str, Any]) -> None:
    assert judged(changes.refused, case(judged_events=[tried(**innocent)])) == []


def test_what_two_people_tried_at_once_is_two_findings() -> None:
    assert len(judged(changes.refused, case(judged_events=[tried(), tried(person="leon")]))) == 2


def test_emergency_access_that_somebody_was_refused_is_an_attempt_and_another_role_is_none() -> None:
    asked = {"action": "sts:AssumeRole", "category": "login", "resource": f"arn:aws:iam::{AWS}:user/glass"}
    (found,) = judged(changes.refused, case(judged_events=[tried(**asked)]))
    assert found.summary.startswith("Nina tried to use emergency access")
    other = tried(**{**asked, "resource": f"arn:aws:iam::{AWS}:role/deploy"})
    assert judged(changes.refused, case(judged_events=[other])) == []


def test_a_token_of_an_account_that_can_change_a_system_is_a_login() -> None:
    account = "app@p.iam.gserviceaccount.com"
    asked = {"provider": "gcp", "changes": 0, "logins": 1, "login_targets": (f"projects/-/serviceAccounts/{account}",)}
    able = {(f"serviceAccount:{account}", None)}
    assert judged(changes.login_without_window, case(writing_roles=able, episodes=[episode(**asked)]))
    assert judged(changes.login_without_window, case(episodes=[episode(**asked)])) == []


def test_a_session_as_root_that_somebody_was_refused_is_an_attempt() -> None:
    target = "arn:aws:iam::222222222222:root arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"
    asked = tried(action="sts:AssumeRoot", category="login", resource=target)
    (found,) = judged(changes.refused, case(judged_events=[asked]))
    assert found.summary.startswith("Nina tried to use emergency access")


def test_emergency_access_of_google_that_somebody_was_refused_is_an_attempt_too() -> None:
    glass = "glass@quay-prod.iam.gserviceaccount.com"
    company = config(break_glass=[{"id": "glass", "accounts": [f"serviceAccount:{glass}"], "keeper": "tom"}])
    asked = {"provider": "gcp", "action": "iamcredentials:GenerateAccessToken", "category": "login"}
    tokens = [
        tried(**asked, resource=f"projects/-/serviceAccounts/{one}")
        for one in (glass, glass.replace("glass", "app", 1))
    ]
    (found,) = judged(changes.refused, case(config=company, judged_events=tokens[:1]))
    assert found.summary.startswith("Nina tried to use emergency access")
    assert judged(changes.refused, case(config=company, judged_events=tokens[1:])) == []


@pytest.mark.parametrize(
    "aim",
    [
        {"action": "sts:AssumeRole", "category": "login", "resource": f"arn:aws:iam::{AWS}:user/glass"},
        {"action": "iam:PutRolePolicy", "category": "grant"},
        {},
    ],
)
def test_a_robot_that_nobody_declares_tries_too_and_is_told_once(aim: dict[str, Any]) -> None:
    robot = tried(person=None, actor_class=ActorClass.SERVICE, account="role/worker", actor="role/worker/i-1", **aim)
    nights = [robot, replace(robot, event_id="e-11", time=robot.time + hour(24))]
    keys = {(robot.account, robot.actor, robot.credential)}
    (found,) = judged(changes.refused, case(judged_events=nights, undeclared=keys))
    assert (found.account, found.facts["attempts"]) == ("role/worker", 2)
    assert judged(changes.refused, case(judged_events=nights)) == []


def test_whatever_an_emergency_account_is_refused_is_an_attempt() -> None:
    glass = tried(person=None, actor_class=ActorClass.BREAK_GLASS, category="change", action="ecs:UpdateService")
    (found,) = judged(changes.refused, case(judged_events=[glass]))
    assert "tried to use emergency access" in found.summary


def test_an_attempt_under_a_window_on_the_system_is_explained() -> None:
    aimed = tried(time=AT - hour(3.5), category="grant", action="iam:PutRolePolicy", resource="role/checkout-api")
    assert judged(changes.refused, case(judged_events=[aimed]))
    assert judged(changes.refused, case(tickets=[ticket()], judged_events=[aimed])) == []


def kept(action: str, asked: dict[str, Any]) -> JudgedEvent:
    """A change to the bucket or key of a trail."""
    return event(category="change", keeps_log=True, action=action, detail=json.dumps(asked))


def test_a_trail_that_is_sent_to_another_bucket_gives_up_its_own() -> None:
    asked = {"name": "arn:aws:cloudtrail:eu-west-1:1:trail/main", "s3BucketName": "other"}
    sent = kept("cloudtrail:UpdateTrail", asked)
    assert judged(changes.audit_trail, case(judged_events=[replace(sent, category="audit-trail")]))


def policy(effect: str, service: Any) -> dict[str, Any]:
    return {"bucketPolicy": {"Statement": [{"Effect": effect, "Principal": service, "Action": "s3:PutObject"}]}}


WITH_TLS = {
    "bucketPolicy": {
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject"},
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ]
    }
}


def lifecycle(days: Any, status: str = "Enabled", prefix: str = "") -> dict[str, Any]:
    rule = {"Status": status, "Filter": {"Prefix": prefix}, "Expiration": {"Days": days}}
    return {"LifecycleConfiguration": {"Rule": [rule]}}


@pytest.mark.parametrize(
    ("action", "asked", "found"),
    [
        ("s3:DeleteBucket", {}, 1),
        ("kms:ScheduleKeyDeletion", {"pendingWindowInDays": 7}, 1),
        ("s3:PutBucketLifecycle", lifecycle(89), 1),
        ("s3:PutBucketLifecycle", lifecycle(90), 0),
        ("s3:PutBucketLifecycle", lifecycle(1, "Disabled"), 0),
        ("s3:PutBucketPolicy", policy("Deny", {"Service": "cloudtrail.amazonaws.com"}), 1),
        ("s3:PutBucketPolicy", policy("Deny", "*"), 1),
        ("s3:PutBucketPolicy", WITH_TLS, 0),
        ("s3:PutBucketLifecycle", lifecycle(1, prefix="tmp/"), 0),
        ("s3:PutBucketLifecycle", lifecycle(1, prefix="AWSLogs/111122223333/"), 1),
        ("s3:PutBucketLifecycle", lifecycle(1, prefix="trail/AWSLogs"), 1),
        ("logs:DeleteLogGroup", {}, 1),
        ("logs:PutRetentionPolicy", {"retentionInDays": 7}, 1),
        ("logs:PutRetentionPolicy", {"retentionInDays": 365}, 0),
        ("s3:PutBucketPolicy", policy("Allow", {"Service": ["cloudtrail.amazonaws.com"]}), 0),
        ("s3:PutBucketPolicy", policy("Allow", {"AWS": "111122223333"}), 1),
        ("s3:PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}, 1),
        ("s3:PutBucketTagging", {}, 0),
        ("s3:PutObject", {}, 0),
    ],
)
def test_what_a_change_to_a_trails_bucket_or_key_loses(action: str, asked: dict[str, Any], found: int) -> None:
    assert len(judged(changes.audit_trail, case(judged_events=[kept(action, asked)]))) == found


@pytest.mark.parametrize(("service", "found"), [("cloudtrail.amazonaws.com", 1), ("config.amazonaws.com", 0)])
def test_a_policy_that_speaks_of_cloudtrail_is_one_of_where_a_trail_is_kept(service: str, found: int) -> None:
    asked = json.dumps(policy("Deny", {"Service": service}))
    act = event(category="grant", action="s3:PutBucketPolicy", detail=asked)
    assert len(judged(changes.audit_trail, case(judged_events=[act]))) == found


def test_a_finding_keeps_its_identity_from_run_to_run() -> None:
    first = judged(changes.no_window, case(episodes=[episode()]))[0]
    again = judged(changes.no_window, case(episodes=[episode(), episode(starts_at=AT - timedelta(days=3))]))
    assert first.id in {f.id for f in again}
    assert len({f.id for f in again}) == 2


def test_a_finding_is_the_same_when_the_first_uncovered_change_lies_elsewhere() -> None:
    earlier = episode()
    later = replace(earlier, uncovered_from=earlier.starts_at + timedelta(seconds=30), uncovered=2)
    (first,), (again,) = (judged(changes.no_window, case(episodes=[one])) for one in (earlier, later))
    assert first.id == again.id


@pytest.mark.parametrize("unclear", [{"systems": ("chekout",)}, {"person": "Nina Alvares"}])
def test_a_ticket_with_a_name_that_nobody_knows_accuses_nobody(unclear: dict[str, Any]) -> None:
    work = episode(starts_at=AT - hour(3.8))
    (outcome,) = changes.no_window(case(episodes=[work], tickets=[ticket(**unclear)]))
    assert isinstance(outcome, NotJudged)
    assert "which nobody knows" in outcome.reason


def test_an_unclear_ticket_for_another_time_or_person_excuses_nothing() -> None:
    late = episode(starts_at=AT - hour(1))
    theirs = episode("leon", starts_at=AT - hour(3.8))
    for one in (late, theirs):
        assert len(judged(changes.no_window, case(episodes=[one], tickets=[ticket(systems=("chekout",))]))) == 1


@pytest.mark.parametrize(
    ("ticket_of_nobody", "who", "told"),
    [
        ({"person": "Ninna", "requester": "mia"}, "leon", True),
        ({"person": None}, "nina", False),
        ({"person": None}, "leon", True),
        ({"person": None, "assignees": ("leon",)}, "leon", False),
        ({"person": None, "requester": None, "approval": None, "closeout": None}, "leon", False),
        ({"person": None, "kind": "incident"}, "leon", False),
        ({"person": None, "kind": "incident"}, "tom", True),
    ],
)
def test_only_whom_a_ticket_of_nobody_may_have_covered_could_not_be_judged(
    ticket_of_nobody: dict[str, Any], who: str, told: bool
) -> None:
    named = {"approval": "Approved PAY-184: write on checkout until 11:00", **ticket_of_nobody}
    work = episode(who, starts_at=AT - hour(3.8))
    (outcome,) = changes.no_window(case(episodes=[work], tickets=[ticket(**named)]))
    assert isinstance(outcome, Finding if told else NotJudged)


def test_a_change_before_the_window_says_before_what() -> None:
    early = episode(starts_at=AT - hour(5), ends_at=AT - hour(4.9))
    (found,) = judged(changes.outside_window, case(tickets=[ticket()], episodes=[early]))
    assert found.summary == "Nina changed Checkout 60 minutes before PAY-184's window began"


def test_only_changes_of_the_audit_trail_are_changes_of_it() -> None:
    assert list(changes.audit_trail(case(judged_events=[event(category="change")]))) == []


AGENT = "aws-mcp.amazonaws.com"


def test_what_an_agent_changed_without_a_ticket_is_told_once_and_as_the_agents() -> None:
    by_agent = episode(through=AGENT)
    assert judged(changes.no_window, case(episodes=[by_agent])) == []
    (found,) = judged(agent_beyond_task, case(episodes=[by_agent]))
    assert (found.person, found.severity) == ("nina", Severity.HIGH)
    assert found.summary.startswith("An agent (AWS MCP server) for Nina changed Checkout")
    assert found.facts["through"] == f"agent AWS MCP server ({AGENT})"


@pytest.mark.parametrize("through", [None, "cloudformation.amazonaws.com", "vendor:AWS account 999988887777"])
def test_what_no_agent_did_is_the_persons_own_change(through: str | None) -> None:
    changed = case(episodes=[episode(through=through)])
    assert list(agent_beyond_task(changed)) == []
    assert len(judged(changes.no_window, changed)) == 1


def test_a_change_through_a_service_says_so_and_is_the_persons() -> None:
    built = episode(services=("cloudformation.amazonaws.com",))
    (found,) = judged(changes.no_window, case(episodes=[built]))
    assert found.summary.startswith("Nina changed Checkout")
    assert "(3 changes: ecs:UpdateService, through CloudFormation)" in found.summary
    assert found.facts["through"] == ["service CloudFormation (cloudformation.amazonaws.com)"]


def test_an_agent_inside_its_persons_window_is_at_its_task() -> None:
    covered = episode(through=AGENT, uncovered=0, uncovered_from=None, uncovered_to=None)
    assert [type(one) for one in agent_beyond_task(case(tickets=[ticket()], episodes=[covered]))] == [Clear]


def test_an_agents_change_while_no_ticket_was_known_could_not_be_judged() -> None:
    outcomes = list(agent_beyond_task(case(episodes=[episode(through=AGENT)], tickets_until=None)))
    assert [type(one) for one in outcomes] == [NotJudged]


@pytest.mark.parametrize(
    ("invoked_by", "words"),
    [
        (AGENT, "An agent (AWS MCP server) for Nina narrowed"),
        ("cloudformation.amazonaws.com", "Nina, through CloudFormation, narrowed"),
        ("vendor:AWS account 999988887777", "A vendor (AWS account 999988887777) for Nina narrowed"),
        (None, "Nina narrowed"),
    ],
)
def test_a_change_to_the_trail_says_through_what_it_was_made(invoked_by: str | None, words: str) -> None:
    (found,) = judged(changes.audit_trail, case(judged_events=[event(person="nina", invoked_by=invoked_by)]))
    assert found.summary.startswith(words)
