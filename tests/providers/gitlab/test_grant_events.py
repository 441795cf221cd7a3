"""What was given in GitLab: memberships, shares, credentials, the right to deploy."""

import json
from datetime import UTC, datetime

import pytest

from auditor.activity.results import Caller, JudgedEvent
from auditor.case.access import grants
from auditor.case.people import People
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.findings import Evidence
from auditor.model.tables import Account, Credential, Grant
from auditor.model.vocabulary import ActorClass, Level
from auditor.providers.registry import PROVIDERS

AT = datetime(2026, 2, 20, 10, tzinfo=UTC)
CONFIG = Config.model_validate(
    {
        "organisation": "Quay",
        "people": [{"id": "leon", "name": "Leon", "accounts": ["gitlab:leon"]}],
        "systems": [
            {"id": "shop", "name": "Shop", "resources": [{"provider": "gitlab", "project": "quay/web/shop"}]},
            {"id": "mail", "name": "Mail", "resources": [{"provider": "gitlab", "project": "quay/mail"}]},
            {"id": "till", "name": "Till", "resources": [{"provider": "aws", "account": "111122223333"}]},
        ],
    }
)


def deed(action="add_user_access", scope="quay/web/shop", **detail):
    detail = {"as": "Maintainer", "target_type": "User", "target_id": 2, "target_account": "gitlab:leon", **detail}
    return JudgedEvent(
        event_id="gitlab-audit:5",
        time=AT,
        person="mia",
        actor_class=ActorClass.PERSON,
        provider="gitlab",
        scope=scope,
        account="gitlab:mia",
        actor="Mia",
        credential=None,
        category="grant",
        action=f"gitlab:{action}",
        outcome="ok",
        resource=scope,
        source_ip=None,
        user_agent=None,
        invoked_by=None,
        ticket=None,
        detail=json.dumps(detail),
        evidence=Evidence(source="activity", origin="x"),
    )


def given(*judged_events, rows=None):
    return grants(CONFIG, judged_events, rows or Snapshots(), People(CONFIG).who)


def test_a_new_member_who_can_change_a_system_was_given_a_right():
    (grant,) = given(deed(expiry_to="2026-03-01", custom_message="Membership created for OPS-12"))
    assert (grant.recipient, grant.identity.person, grant.granted_by) == ("gitlab:leon", "leon", "gitlab:mia")
    assert (grant.systems, grant.level, grant.what) == (("shop",), Level.ADMIN, "maintainer of quay/web/shop")
    assert (grant.expires_at, grant.ticket) == (datetime(2026, 3, 1, tzinfo=UTC), "OPS-12")


def test_membership_of_a_group_reaches_every_system_below_it():
    (grant,) = given(deed("member_created", scope="quay", **{"as": "Developer"}))
    assert (grant.systems, grant.level) == (("mail", "shop"), Level.WRITE)


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("Guest", "Developer", 1),
        ("Developer", "Owner", 1),
        ("Owner", "Developer", 0),
        ("Owner", "Owner", 0),
        ("Default role: Guest", "Default role: Maintainer", 1),
        ("Default role: Maintainer", "Default role: Guest", 0),
        ("Custom role: Helper", "Custom role: Helper", 0),
    ],
)
def test_a_raised_level_is_given_and_a_lowered_one_is_not(before, after, counts):
    change = {"as": None, "from": before, "to": after}
    assert len(given(deed("change_access_level", **change))) == counts


@pytest.mark.parametrize(
    ("held", "capabilities", "counts", "unplaced"),
    [
        ("developer (Helper)", (), 1, ""),
        ("reporter (Helper)", (), 0, ""),
        ("reporter (Helper)", ("manage-secrets",), 1, ""),
        ("developer (Other)", (), 1, "no source reads what the role helper allows"),
    ],
)
def test_a_custom_role_allows_what_it_is_made_of_and_adds(held, capabilities, counts, unplaced):
    row = Grant(
        source="x", collected_at=AT, origin="o", sha256="0", record=0, principal="gitlab:mia", role=held,
        resource="quay/web/shop", provider="gitlab", capabilities=capabilities,
    )  # fmt: skip
    got = given(deed("member_created", **{"as": "Custom role: Helper"}), rows=Snapshots(grants=[row]))
    assert [grant.unplaced or "" for grant in got] == [unplaced] * counts


@pytest.mark.parametrize(
    "event",
    [
        deed(**{"as": "Reporter"}),
        deed("member_updated", **{"as": None, "change": "expiry", "from": "2026-01-01", "to": "2026-02-01"}),
        deed(scope="quay/other"),
        deed("remove_user_access"),
        deed("ci_variable_updated"),
        deed(target_account=None, target_id=None),
    ],
    ids=["reporter", "a new end", "another project", "removal", "something else", "nobody"],
)
def test_what_gives_no_right_on_a_system_is_no_grant(event):
    assert given(event) == []


@pytest.mark.parametrize(
    ("event", "recipient", "level", "what"),
    [
        (
            deed("project_group_link_created", "vendor", **{"as": "Owner"}, target_details="quay/web/shop"),
            "gitlab-group:vendor",
            Level.ADMIN,
            "owner of quay/web/shop",
        ),
        (
            deed("group_share_with_group_link_created", "quay/web", **{"as": None}, target_details="vendor"),
            "gitlab-group:vendor",
            Level.WRITE,
            "a share of quay/web",
        ),
        (
            deed("deploy_key_added", target_id=7, target_details="laptop"),
            "gitlab-deploy-key:laptop",
            Level.WRITE,
            "a deploy key of quay/web/shop",
        ),
        (
            deed("project_access_token_created", target_id=7, target_details="ci OPS-12"),
            "gitlab-token:ci OPS-12",
            Level.WRITE,
            "an access token of quay/web/shop",
        ),
    ],
)
def test_shares_and_credentials_of_a_project_are_grants_to_whoever_holds_them(event, recipient, level, what):
    (grant,) = given(event)
    assert (grant.recipient, grant.level, grant.what, grant.systems) == (recipient, level, what, ("shop",))
    assert grant.ticket == ("OPS-12" if "OPS-12" in recipient else None)


@pytest.mark.parametrize(
    "event",
    [
        deed("project_group_link_created", "vendor", **{"as": "Reporter"}, target_details="quay/web/shop"),
        deed("project_group_link_created", "quay/web/shop", **{"as": "Owner"}, target_details="quay/other"),
        deed("deploy_key_added", "quay/other", target_details="laptop"),
        deed("deploy_key_removed", target_details="laptop"),
    ],
    ids=["reporter", "of another project", "another project's key", "a key removed"],
)
def test_lesser_shares_and_credentials_of_elsewhere_give_nothing(event):
    assert given(event) == []


def test_a_key_or_token_that_a_source_knows_by_its_number_is_given_to_its_account():
    stamp = {"source": "gitlab", "origin": "x", "record": 0, "collected_at": AT, "provider": "gitlab"}
    key = Account(**stamp, account="gitlab-deploy-key:7", scope="quay/web/shop", kind="service", name="laptop")
    token = Credential(**stamp, credential="gitlab-token:9", kind="token", account="gitlab:project_7_bot")
    rows = Snapshots(accounts=[key], credentials=[token])
    told = [
        deed("deploy_key_added", target_id=7, target_details="laptop"),
        deed("project_access_token_created", target_id=9, target_details="ci"),
        deed("project_access_token_created", target_id=8, target_details="ci"),
    ]
    names = [grant.recipient for grant in given(*told, rows=rows)]
    assert names == ["gitlab-deploy-key:7", "gitlab:project_7_bot", "gitlab-token:ci"]


@pytest.mark.parametrize("action", ["change_admin_status", "user_admin_status_updated"])
def test_who_comes_to_administer_the_server_has_every_system_there(action):
    change = {"as": None, "from": "false", "to": "true"}
    (grant,) = given(deed(action, "g.example", **change))
    assert (grant.recipient, grant.systems, grant.level) == ("gitlab:leon", ("mail", "shop"), Level.ADMIN)
    assert given(deed(action, "g.example", **change | {"from": "true", "to": "false"})) == []


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ("Created project access token with token_id: 5 with scopes: [:api] and Maintainer access level.", 1),
        ('Created project access token with token_id: 5 with scopes: ["read_api", "write_repository"].', 1),
        ("Created project access token with token_id: 5 with scopes: [].", 1),
        ("Created project access token with token_id: 5 with scopes: [:api] and Reporter access level.", 0),
        (
            "Created project deploy token with name: x with token_id: 9 with scopes: [:read_repository, :read_registry].",
            0,
        ),
    ],
)
def test_a_token_that_only_reads_is_no_right_to_change(words, counts):
    assert len(given(deed("project_access_token_created", target_details="ci", custom_message=words))) == counts


def test_somebody_of_whom_only_the_number_is_known_keeps_it():
    (grant,) = given(deed(target_account=None, expiry_to="soon", target_details="Jo Eve"))
    assert (grant.recipient, grant.identity.actor_class) == ("gitlab-user:2", ActorClass.UNKNOWN)
    assert (grant.expires_at, grant.called) == (None, "Jo Eve")
    assert given(deed(target_details="Leon"))[0].called == ""


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (deed(untold="why", target_account=None), ["gitlab-user:2"]),
        (deed("shared_with_a_neighbour", untold="why", target_account="gitlab:leon"), ["gitlab:leon"]),
        (
            deed("deploy_key_added", untold="why", target_id="k", target_account=None, target_details="k"),
            ["gitlab-name:k"],
        ),
        (deed(untold="why", **{"as": "Guest"}), []),
        (deed("member_destroyed", untold="why"), []),
    ],
)
def test_what_the_log_does_not_tell_whole_is_no_right_and_not_passed_over(event, told):
    found = given(event)
    assert [(grant.recipient, grant.systems, grant.unplaced) for grant in found] == [(one, (), "why") for one in told]


def test_a_user_whom_an_event_has_by_number_is_known_by_the_account_with_that_number():
    leon = Account(
        source="gitlab", origin="x", record=0, collected_at=AT, account="gitlab:leon", provider="gitlab", scope="g",
        kind="person", unique_id="gitlab-user:2",
    )  # fmt: skip
    (grant,) = given(deed(target_account=None), rows=Snapshots(accounts=[leon]))
    assert (grant.recipient, grant.identity.person) == ("gitlab:leon", "leon")
    caller = Caller(
        caller=1, provider="gitlab", scope="quay", account="gitlab-user:2", actor="Leon", actor_kind=None, credential=None,
        on_behalf_of=None, invoked_by=None, events=1, first_at=AT, last_at=AT,
    )  # fmt: skip
    named = PROVIDERS["gitlab"].with_name(caller, {"gitlab-user:2": "gitlab:leon"}.get)
    assert (named.account, PROVIDERS["gitlab"].with_name(caller, {}.get)) == ("gitlab:leon", caller)


def test_a_grant_tells_who_gave_it_when_and_in_what_words():
    (grant,) = given(deed(custom_message="for the launch"))
    assert (grant.time, grant.giver, grant.by, grant.resource) == (AT, "mia", ActorClass.PERSON, "quay/web/shop")
    assert (grant.written, grant.ticket, grant.expires_at) == (("for the launch",), None, None)
    assert grant.evidence == Evidence(source="activity", origin="x")


def environment(message, event="protected_environment_deploy_access_level_added", name="production", **known):
    told = {"as": None, "target_type": "ProtectedEnvironment", "target_id": 55, "target_account": None}
    return deed(event, **{**told, "target_details": name, "custom_message": message, **known})


def in_environment(name, *events):
    """What events give where a system's production is the environment of this name."""
    place = {"provider": "gitlab", "project": "quay/web/shop", "environment": name}
    systems = [{"id": "shop", "name": "Shop", "resources": [place]}]
    people = [{"id": "leon", "name": "Leon", "accounts": ["gitlab:leon"]}]
    config = Config.model_validate({"organisation": "Quay", "people": people, "systems": systems})
    leon = Account(
        source="gitlab", origin="x", record=0, collected_at=AT, account="gitlab:leon", provider="gitlab", scope="g",
        kind="person", name="Leon Dubois", unique_id="gitlab-user:7",
    )  # fmt: skip
    return grants(config, events, Snapshots(accounts=[leon]), People(config, [leon]).who)


@pytest.mark.parametrize(
    ("event", "recipient"),
    [
        (environment("Added deploy access level Leon Dubois."), "gitlab:leon"),
        (environment("Added deploy access level Vendor Ltd."), "gitlab-name:Vendor Ltd"),
        (environment("Added deploy access level Developers + Maintainers."), "gitlab-role:Developers + Maintainers"),
        (
            environment(
                "Changed deploy access level from Maintainers to user with ID 7.",
                "protected_environment_deploy_access_level_updated",
                target_account="gitlab:leon",
            ),
            "gitlab:leon",
        ),
        (environment("Added deploy access level user with ID 7."), "gitlab:leon"),
        (environment("Added deploy access level user with ID 8."), "gitlab-user:8"),
        (
            environment("Changed deploy access level from user with ID 2 to group with ID 9."),
            "gitlab-group:9",
        ),
        (environment("Unprotected an environment", "environment_unprotected"), "gitlab-role:Developers + Maintainers"),
        (environment("Added deploy access level Leon Dubois.", scope="quay"), "gitlab:leon"),
    ],
)
def test_the_right_to_deploy_to_production_is_given_to_whoever_an_event_names(event, recipient):
    (grant,) = in_environment("production", event)
    assert (grant.recipient, grant.level, grant.systems) == (recipient, Level.WRITE, ("shop",))
    assert grant.what == f"the right to deploy to production of {event.scope}"
    assert grant.identity.person == ("leon" if recipient == "gitlab:leon" else None)


@pytest.mark.parametrize(
    "event",
    [
        environment("Added deploy access level Leon Dubois.", name="staging"),
        environment("Added deploy access level Leon Dubois.", scope="quay/mail"),
        environment("Deleted deploy access level Leon Dubois.", "protected_environment_deploy_access_level_deleted"),
        environment("Changed deploy access level from Developers + Maintainers to Maintainers."),
        environment("Changed deploy access level from Developers + Maintainers to user with ID 2."),
        environment("Added approval rule for Leon Dubois with required approval count 1.", "protected_environment_approval_rule_added"),
        environment("Protected an environment", "environment_protected"),
    ],
    ids=["staging", "elsewhere", "deleted", "narrowed", "narrowed to one", "approving", "protected"],
)  # fmt: skip
def test_what_lets_nobody_new_deploy_to_production_gives_nothing(event):
    assert in_environment("production", event) == []


UNTOLD = "the log does not say where"


@pytest.mark.parametrize(
    ("action", "told", "recipient", "what"),
    [
        ("member_updated", {"as": "Developer"}, "gitlab:leon", "developer of quay/web/shop"),
        ("member_updated", {"as": None, "to": "Maintainer"}, "gitlab:leon", "maintainer of quay/web/shop"),
        ("member_updated", {"as": "Reporter"}, None, None),
        ("odd_event", {"as": None}, "gitlab:leon", "odd_event of quay/web/shop"),
        (
            "odd_event",
            {"as": None, "target_account": None, "target_id": None, "target_details": "Leon"},
            "gitlab-name:Leon",
            "odd_event of quay/web/shop",
        ),
        (
            "odd_event",
            {"as": None, "target_account": None, "target_id": None},
            "gitlab-name:somebody",
            "odd_event of quay/web/shop",
        ),
        ("member_removed", {}, None, None),
    ],
)
def test_what_may_have_been_given_is_told_with_whom_and_what_the_log_has(action, told, recipient, what):
    found = given(deed(action, untold=UNTOLD, **told))
    assert [(one.recipient, one.what, one.unplaced) for one in found] == ([(recipient, what, UNTOLD)] if what else [])


def test_who_administers_a_server_of_which_no_system_is_was_given_nothing_here():
    event = deed("change_admin_status", to="true", target_account=None, target_id=None)
    assert given(event) == []
    others = CONFIG.model_copy(update={"systems": CONFIG.systems[2:]})
    assert grants(others, [deed("change_admin_status", to="true")], Snapshots(), People(others).who) == []
