"""What `auditor permissions` prints is what the collectors declare."""

import json

import pytest
from click.testing import CliRunner

from auditor.cli.commands import cli
from collectors.permissions import needs, rights
from collectors.registry import COLLECTORS, family_of

FAMILIES = sorted({family_of(kind) for kind, made in COLLECTORS.items() if made.PERMISSIONS})


def printed(family):
    result = CliRunner().invoke(cli, ["permissions", family])
    assert result.exit_code == 0
    assert result.stderr.strip()
    return result.stdout


def test_every_family_that_needs_rights_can_be_asked_for():
    assert sorted(cli.commands["permissions"].params[0].type.choices) == FAMILIES


def test_aws_gets_a_policy_and_google_a_role_to_paste():
    policy, role = json.loads(printed("aws")), json.loads(printed("gcp"))
    assert "organizations:ListAccounts" in policy["Statement"][0]["Action"]
    assert "cloudasset.assets.searchAllIamPolicies" in role["includedPermissions"]


def test_hosts_get_lines_for_sudoers():
    assert all(line.startswith("auditor ALL=(root) NOPASSWD: /usr/") for line in printed("ssh").splitlines())


@pytest.mark.parametrize("family", ["gitlab", "github", "jira", "grafana", "on-call", "sentry"])
def test_the_others_get_a_list_of_all_that_each_source_needs(family):
    text = printed(family)
    for kind, made in COLLECTORS.items():
        if family_of(kind) == family:
            assert f"{kind}: {made.READS}" in text
            assert all(f"  - {need}" in text for need in needs(kind))


def test_scopes_and_roles_are_said_in_words():
    assert needs("gitlab-tickets") == ["a token with the scope read_api", "the role Reporter in each project"]
    assert needs("aws-cloudtrail")[0] == "s3:ListBucket"
    assert "sudoers" in rights("ssh").how
