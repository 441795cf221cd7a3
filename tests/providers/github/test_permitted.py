"""Which acts GitHub's roles allow."""

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.providers.github.test_rights import AT, CONFIGURED, PLACE, holds

ALLOWED, DENIED, UNKNOWN = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN


def act(action, category="change", who="github:nina", scope="Quay/Shop"):
    return used(provider="github", scope=scope, account=who, action=f"github:{action}", category=category)


def answer(one, *grants, accounts=()):
    return provider("github").permitted(CONFIGURED, Snapshots(grants=grants, accounts=accounts), [one], AT)[0]


@pytest.mark.parametrize(
    ("action", "category", "role", "expected"),
    [
        ("git.push", "read", "write", ALLOWED),
        ("git.push", "read", "read", DENIED),
        ("deployment", "change", "write", ALLOWED),
        ("workflows.approve_workflow_job", "change", "triage", DENIED),
        ("git.clone", "read", "write", UNKNOWN),
        ("protected_branch.destroy", "grant", "admin", ALLOWED),
        ("protected_branch.destroy", "grant", "write", UNKNOWN),
        ("repo.add_member", "grant", "read", DENIED),
        ("user.login", "login", "read", ALLOWED),
    ],
)
def test_what_takes_which_role(action, category, role, expected):
    assert answer(act(action, category), holds("github:nina", role)).answer is expected


def test_a_team_is_another_path_to_the_same():
    team = holds("github:nina", "write", condition="member of the team quay/devs")
    both = answer(act("git.push", "read"), holds("github:nina", "write"), team)
    assert both.by == ("write of quay/shop", "write of quay/shop, member of the team quay/devs")
    assert answer(act("git.push", "read"), team).answer is ALLOWED


def test_in_an_organisation_owners_surely_may():
    invite = act("org.add_member", "grant", scope="quay")
    assert answer(invite, holds("github:nina", "owner")).answer is ALLOWED
    assert answer(invite, holds("github:nina", "write")).by == ("write of quay/shop",)
    assert answer(invite, holds("github:nina", "write")).answer is UNKNOWN


def test_apps_and_keys_that_the_log_does_not_name_are_not_known():
    assert answer(act("git.push", "read", "github-app:cd"), holds("github-app:cd", "app (contents)")).answer is UNKNOWN
    pushed = act("git.push", "read", "github-deploy-key")
    keys = [holds(f"github-deploy-key:{number}", "deploy key (write)") for number in (1, 2)]
    assert len(answer(pushed, *keys).by) == 2
    shut = Account(**PLACE, account="github:nina", provider="github", scope="quay", kind="person", enabled=False)
    assert answer(act("git.push", "read"), holds("github:nina", "admin"), accounts=[shut]).answer is DENIED


def test_the_audit_log_tells_of_git_in_one_plan_only():
    rows = Snapshots(grants=[holds("github:nina", "write"), holds("github:leon", "read")])
    told = {one.account: one.what for one in provider("github").unseen(rows, Snapshots(), AT, AT)}
    assert told == {"github:nina": "pushing and reading code", "github:leon": "reading code"}
