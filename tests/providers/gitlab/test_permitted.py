"""Which acts GitLab's roles allow, and what is left without some of them."""

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import read_handle, write_handle
from auditor.model.tables import Account, Credential, Membership
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.copies import replace
from tests.providers.gitlab.test_rights import AT, PLACE, config, holds, project, protected

GITLAB = provider("gitlab")
ALLOWED, DENIED, UNKNOWN = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN


def act(action="member_created", category="grant", who="nina", scope="quay/shop"):
    return used(provider="gitlab", scope=scope, account=f"gitlab:{who}", action=f"gitlab:{action}", category=category)


RELEASE = act("deployment", "change")


def answer(one, *grants, **rows):
    rows = Snapshots(grants=grants, policies=rows.pop("policies", [project()]), **rows)
    return GITLAB.permitted(config(), rows, [one], AT)[0]


@pytest.mark.parametrize(
    ("role", "expected"),
    [("owner", ALLOWED), ("maintainer", ALLOWED), ("developer", UNKNOWN), ("reporter", DENIED)],
)
def test_giving_rights_in_a_project_takes_a_maintainer(role, expected):
    assert answer(act(), holds("nina", role)).answer is expected


def test_in_a_group_only_its_owners_surely_may_and_roles_above_count_below():
    assert answer(act(scope="quay"), holds("nina", "maintainer", resource="quay")).answer is UNKNOWN
    assert answer(act(), holds("nina", "owner", resource="quay")).by == ("owner of quay",)


def test_what_a_custom_role_adds_may_allow_it():
    assert answer(act(), holds("nina", "reporter (keeper)", capabilities=("manage-access",))).answer is UNKNOWN


def test_a_deployment_takes_whoever_may_deploy_there_now():
    own, through = holds("nina", "developer"), holds("nina", "developer", condition="inherited from quay")
    assert answer(RELEASE, own, through).by == ("developer of quay/shop", "developer of quay/shop, inherited from quay")
    assert answer(RELEASE).answer is DENIED
    rules = protected(deploy=[{"account": "gitlab:leon"}])
    assert answer(RELEASE, own, policies=rules).answer is DENIED
    assert answer(RELEASE, own, policies=[project(protected_environments=False)]).answer is UNKNOWN


def test_signing_in_takes_no_role_and_reading_may_be_everybody_s():
    assert answer(act("signed_in", "login")).answer is ALLOWED
    assert answer(act("repository_download", "read"), holds("nina", "developer")).by == ("developer of quay/shop",)
    assert answer(act("repository_download", "read")).answer is UNKNOWN


def test_an_account_that_is_shut_and_a_bot_without_its_token_do_nothing():
    shut = Account(**PLACE, account="gitlab:nina", provider="gitlab", scope="gitlab", kind="person", enabled=False)
    assert answer(act(), holds("nina", "owner"), accounts=[shut]).answer is DENIED
    bot = "project_7_bot_ab"
    token = Credential(**PLACE, credential="gitlab-token:3", kind="token", account=f"gitlab:{bot}", provider="gitlab")
    assert answer(act(who=bot), holds(bot, "owner"), credentials=[token]).answer is ALLOWED
    assert answer(act(who=bot), holds(bot, "owner"), credentials=[replace(token, enabled=False)]).answer is DENIED


def test_a_member_of_a_group_leaves_it_unless_one_above_holds_them_too():
    def handle(kind, path):
        return write_handle("gitlab", kind, "https://gitlab.example", path=path, username="nina", user="7", level="30")

    low, high = handle("group-member", "quay/ops"), handle("group-member", "quay")
    inside = Membership(**PLACE, group="gitlab-group:quay/ops", member="gitlab:nina")
    grants = [holds("nina", "developer", resource="quay/ops", handle=low)]
    rows = Snapshots(grants=grants, memberships=[inside])
    assert GITLAB.without(rows, [read_handle(low)]).memberships == []
    above = replace(rows, grants=[*grants, holds("nina", "developer", resource="quay", handle=high)])
    assert GITLAB.without(above, [read_handle(low)]).memberships == [inside]
    assert GITLAB.without(rows, [read_handle(high)]) is None
    assert GITLAB.without(rows, [{"provider": "gitlab", "type": "user-key"}]) is None


def test_no_audit_event_tells_of_pushes():
    rows = Snapshots(grants=[holds("nina", "developer"), holds("leon", "reporter"), holds("mia", "owner")])
    told = {one.account: one.what for one in GITLAB.unseen(rows, Snapshots(), AT, AT)}
    assert told.pop("gitlab:mia").endswith("and changing settings where no audit events are read")
    assert told == {"gitlab:nina": "pushing, merging and reading code", "gitlab:leon": "reading code"}
