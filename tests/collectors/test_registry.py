import pickle
import re
import typing

import pytest
from pydantic import TypeAdapter

from auditor.config.sources import AnySource
from collectors.aws.permissions import aws_policy
from collectors.registry import COLLECTORS, collector_for

ANY = TypeAdapter(AnySource)

GITLAB = {"url": "https://gitlab.harbour.example", "token_env": "TOKEN"}
NEEDED = {
    "aws-iam": {"account": "111122223333"},
    "aws-ec2-keys": {"account": "111122223333"},
    "aws-resource-policies": {"account": "111122223333"},
    "aws-resources": {"account": "111122223333"},
    "aws-cloudtrail": {"path": "logs"},
    "tickets-file": {"path": "tickets.csv"},
    "ssh-keys": {"path": "keys"},
    "ssh-logins": {"hosts": ["web-1.harbour.example"]},
    "gcp-iam": {"file": "policies.json"},
    "gcp-audit-logs": {"path": "logs"},
    "gcp-ssh-keys": {"project": "harbour-prod"},
    "gitlab-access": {**GITLAB, "groups": ["harbour"]},
    "gitlab-activity": {**GITLAB, "projects": ["harbour/checkout"]},
    "gitlab-tickets": {**GITLAB, "projects": ["harbour/ops"]},
    "jira-tickets": {"url": "https://jira.harbour.example", "token_env": "TOKEN", "projects": ["OPS"]},
    "github-access": {"organizations": ["harbour"]},
    "github-activity": {"repositories": ["harbour/checkout"]},
    "github-tickets": {"token_env": "TOKEN", "repositories": ["harbour/ops"]},
    "slack-approvals": {"path": "slack"},
    "vault-events": {"service": "1password", "path": "vault"},
    "vault-audit": {"instance": "main", "path": "vault"},
    "vpn-groups": {"network": "office", "path": "vpn"},
    "team-requests": {"table": "requests-abc123-main"},
    "on-call": {"path": "rota.ics", "systems": ["checkout"]},
    "google-pam": {"scopes": ["projects/harbour-prod"]},
    **{kind: {"path": "saved"} for kind in ("prometheus", "loki", "grafana", "sentry", "teleport-requests")},
    "postgres-access": {"instance": "orders", "path": "answers.jsonl"},
    "postgres-logs": {"instance": "orders", "path": "log"},
    "mysql-access": {"instance": "orders", "path": "answers.jsonl"},
}


def kinds():
    union, _ = typing.get_args(AnySource)
    return {typing.get_args(model.model_fields["kind"].annotation)[0] for model in typing.get_args(union)}


def source(kind):
    return ANY.validate_python({"name": kind, "kind": kind, **NEEDED.get(kind, {})})


def test_every_kind_of_the_configuration_has_a_collector():
    assert set(COLLECTORS) == kinds()


@pytest.mark.parametrize("kind", sorted(COLLECTORS))
def test_every_collector_says_what_it_reads_and_needs_and_can_go_to_a_worker(kind, context):
    collector = collector_for(source(kind), context)
    assert (collector.source.kind, collector.context) == (kind, context)
    assert pickle.loads(pickle.dumps(collector)) == collector
    assert re.fullmatch(r"[A-Z].*\S", collector.READS)
    pattern = r"[a-z0-9-]+:[A-Z]\w+" if kind.startswith("aws-") else r"\S+"
    assert all(re.fullmatch(pattern, permission) for permission in collector.PERMISSIONS)


def test_the_policy_allows_what_collectors_declare_and_only_reading():
    policy = aws_policy()
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    declared = {
        action for kind, collector in COLLECTORS.items() if kind.startswith("aws-") for action in collector.PERMISSIONS
    }
    assert actions == declared
    # The two Generate calls make AWS write a report anew; they change nothing else.
    verbs = ("Get", "List", "Describe", "Lookup", "GenerateCredentialReport", "GenerateServiceLastAccessedDetails")
    assert all(action.partition(":")[2].startswith(verbs) for action in actions - {"sts:AssumeRole"})
    (entering,) = [statement for statement in policy["Statement"] if "sts:AssumeRole" in statement["Action"]]
    assert entering["Resource"] == ["arn:aws:iam::*:role/production-access-auditor"]


def test_the_policy_is_bound_to_the_buckets_and_kinds_that_are_named():
    policy = aws_policy(["aws-cloudtrail", "tickets-file"], buckets=["harbour-trail"])
    assert policy["Statement"] == [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": sorted(a for a in COLLECTORS["aws-cloudtrail"].PERMISSIONS if a.startswith("cloudtrail:")),
            "Resource": ["*"],
        },
        {
            "Sid": "ListTrail",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": ["arn:aws:s3:::harbour-trail"],
        },
        {
            "Sid": "ReadTrail",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::harbour-trail/*"],
        },
    ]
    (read,) = aws_policy(["aws-resource-policies"])["Statement"]
    assert (read["Sid"], read["Resource"]) == ("Read", ["*"])
    assert "s3:GetBucketPolicy" in read["Action"]
    assert [statement["Sid"] for statement in aws_policy(["aws-iam"])["Statement"]] == ["Read", "EnterAccounts"]
    assert aws_policy(["ssh-keys"])["Statement"] == []
