"""Records as people read them: in whatever script they were written."""

import json

import pytest

from collectors.registry import COLLECTORS

NAME = "Zoë 李"
ANSWER = {"call": "x:List", "reply": {"Name": NAME}}
USER = {"UserDetailList": [{"UserName": NAME}], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
CURVE = {"metric": {"name": NAME}, "values": [[1, "1"]]}
CURVES = {"status": "success", "data": {"resultType": "matrix", "result": [CURVE]}}
FILES = {
    "aws-iam": USER,
    "aws-cloudtrail": {"Records": [{"eventName": NAME, "eventVersion": "1.08"}]},
    "aws-resources": {"ResourceTagMappingList": [{"Tags": [{"Key": "owner", "Value": NAME}]}]},
    **dict.fromkeys(("aws-identity-center", "aws-organizations", "aws-ec2-keys", "aws-resource-policies"), ANSWER),
    "gcp-audit-logs": {"insertId": "a", "logName": "x", "protoPayload": {"methodName": NAME}},
    **{kind: [{"name": NAME}] for kind in ("gcp-iam", "gcp-ssh-keys", "gitlab-access", "gitlab-activity")},
    **{kind: [{"name": NAME}] for kind in ("github-access", "github-activity", "google-pam", "grafana", "sentry")},
    **{kind: [{"name": NAME}] for kind in ("slack-approvals", "team-requests", "teleport-requests", "vault-events")},
    **dict.fromkeys(("loki", "prometheus"), CURVES),
    "on-call": {"oncalls": [{"name": NAME}]},
    "vpn-groups": {"users": [{"name": NAME}]},
    **{kind: [{"title": NAME}] for kind in ("gitlab-tickets", "jira-tickets", "github-tickets", "tickets-file")},
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_name_is_quoted_as_its_people_write_it(kind, ascii_only):
    assert NAME in COLLECTORS[kind].quote(json.dumps(FILES[kind], ensure_ascii=ascii_only).encode(), 0)
