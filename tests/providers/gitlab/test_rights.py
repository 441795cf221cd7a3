"""Who can deploy, push and give access in GitLab."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from auditor.case.people import People
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.gitlab.protections import groups_above, tier_of
from auditor.providers.gitlab.rights import access_level, gitlab_access

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = {"source": "code", "collected_at": AT, "origin": "gitlab:quay/shop#members/page-0001"}
DEPLOY, CONFIG, ACCESS = Capability.DEPLOY, Capability.CHANGE_CONFIG, Capability.MANAGE_ACCESS


def config(environment="production"):
    resource = {"provider": "gitlab", "project": "quay/shop", "environment": environment}
    return Config.model_validate(
        {
            "organisation": "Quay",
            "people": [
                {"id": "nina", "name": "Nina", "accounts": ["gitlab:nina"]},
                {"id": "mia", "name": "Mia", "email": "mia@quay.example"},
            ],
            "service_accounts": [
                {"id": "runner", "owner": "nina", "purpose": "builds", "pipeline": "gitlab", "accounts": ["ssh-key:r"]}
            ],
            "systems": [{"id": "shop", "name": "Shop", "resources": [resource]}],
        }
    )


def holds(who, role, **known):
    known = {"resource": "quay/shop", "handle": f"{who} {role}", **known}
    return Grant(**PLACE, principal=f"gitlab:{who}", role=role, provider="gitlab", **known)


def policy(type_, name, **document):
    text = json.dumps({"type": type_, **document})
    return Policy(
        **PLACE, policy=f"gitlab:quay/shop#{name}", kind="x", attached_to="quay/shop", name=name, document=text
    )


def project(**known):
    known = {"default_branch": "main", "protected_branches": True, "protected_environments": True, **known}
    return policy("project", "project", **known)


def protected(*push, deploy=(), approvals=0):
    return [
        project(),
        policy("protected-branch", "ma*", push=list(push)),
        policy("protected-environment", "production", deploy=list(deploy), approvals=approvals),
    ]


@pytest.fixture
def resolve():
    def run(*grants, policies=(), members=(), accounts=(), credentials=(), environment="production"):
        settings = config(environment)
        who = People(settings, accounts, credentials).who
        rows = Snapshots(
            accounts=accounts, memberships=members, policies=policies, grants=grants, credentials=credentials
        )
        found = gitlab_access(settings, rows, who, AT).access
        return {access.account.removeprefix("gitlab:"): access for access in found}

    return run


def test_without_protection_developers_deploy_and_push(resolve):
    held = resolve(holds("nina", "developer"), holds("leon", "reporter"), policies=[project()])
    assert set(held) == {"nina"}
    nina = held["nina"]
    assert (nina.capabilities, nina.level, nina.unrestricted) == ({DEPLOY, CONFIG}, Level.WRITE, False)
    assert (nina.person, nina.system, nina.scope) == ("nina", "shop", "quay/shop")
    assert (nina.path, nina.handles) == (("developer of quay/shop",), ("nina developer",))
    assert nina.conditions == ()


def test_a_protected_environment_is_for_those_whom_it_names(resolve):
    rules = protected({"access_level": 40}, deploy=[{"account": "gitlab:nina"}, {"group": "gitlab-group:ops"}])
    members = [Membership(**PLACE, group="gitlab-group:ops", member="gitlab:leon")]
    gone = Membership(**PLACE, group="gitlab-group:ops", member="gitlab:sam", expires_at=AT)
    held = resolve(
        *(holds(name, "developer") for name in ("nina", "leon", "sam", "tom")),
        holds("mia", "maintainer"),
        policies=rules,
        members=[*members, gone],
    )
    assert {name: access.capabilities for name, access in held.items()} == {
        "nina": {DEPLOY},
        "leon": {DEPLOY},
        "mia": {CONFIG, ACCESS},
    }


def test_a_group_that_is_let_through_and_known_by_its_number_alone_could_not_be_judged():
    rules = protected({"access_level": 40}, deploy=[{"access_level": 40}, {"group_id": 82}])
    rows = Snapshots(policies=rules, grants=[holds("nina", "developer")])
    found = gitlab_access(config(), rows, People(config(), (), ()).who, AT)
    assert found.access == ()
    (one,) = found.unresolved
    assert (one.subject.account, "production of quay/shop" in one.reason) == ("gitlab-group:82", True)
    apart = replace(rules[2], policy="gitlab:quay/shopping#production", attached_to="quay/shopping")
    assert not gitlab_access(config(), Snapshots(policies=[apart]), People(config(), (), ()).who, AT).unresolved


def test_owners_and_maintainers_are_administrators_of_the_project_and_no_more(resolve):
    rules = protected({"access_level": 40}, deploy=[{"access_level": 40}], approvals=2)
    held = resolve(holds("mia", "owner"), holds("leon", "maintainer (release manager)"), policies=rules)
    for access in held.values():
        assert (access.level, access.unrestricted) == (Level.ADMIN, False)
        assert access.capabilities == {DEPLOY, CONFIG, ACCESS}
        assert access.conditions == ("a deployment takes 2 approvals",)


def test_nobody_pushes_where_level_zero_stands(resolve):
    held = resolve(holds("nina", "developer"), policies=protected({"access_level": 0}, deploy=[{"access_level": 30}]))
    assert held["nina"].capabilities == {DEPLOY}


def test_the_widest_of_several_patterns_counts(resolve):
    rules = [*protected({"access_level": 40}), policy("protected-branch", "main", push=[{"access_level": 30}])]
    assert CONFIG in resolve(holds("nina", "developer"), policies=rules)["nina"].capabilities


def test_every_environment_counts_where_none_is_named(resolve):
    held = resolve(holds("nina", "developer"), policies=protected({"access_level": 40}, deploy=[]), environment=None)
    assert held["nina"].capabilities == {DEPLOY}


def test_what_could_not_be_read_counts_as_open_and_is_said(resolve):
    held = resolve(
        holds("nina", "developer"), policies=[project(protected_branches=False, protected_environments=False)]
    )
    assert held["nina"].capabilities == {DEPLOY, CONFIG}
    assert held["nina"].conditions == (
        "as far as can be told: protected environments could not be read",
        "as far as can be told: protected branches could not be read",
    )
    assert len(resolve(holds("nina", "developer"))["nina"].conditions) == 2


def test_ended_memberships_blocked_accounts_and_archived_projects_give_nothing(resolve):
    place = {**PLACE, "provider": "gitlab", "scope": "g", "kind": "person"}
    blocked = Account(**place, account="gitlab:leon", enabled=False)
    assert not resolve(
        holds("nina", "owner", expires_at=AT), holds("leon", "owner"), policies=[project()], accounts=[blocked]
    )
    assert not resolve(holds("nina", "owner"), policies=[project(archived=True)])
    later = AT + timedelta(days=1)
    assert resolve(holds("nina", "owner", expires_at=later))["nina"].expires_at == later


def test_the_way_into_the_project_is_told(resolve):
    held = resolve(holds("nina", "maintainer", condition="inherited from quay"), policies=[project()])
    assert held["nina"].path == ("inherited from quay", "maintainer of quay/shop")


def test_an_account_is_known_by_its_e_mail(resolve):
    place = {**PLACE, "provider": "gitlab", "scope": "g", "kind": "person"}
    row = Account(**place, account="gitlab:m1a", email="Mia@quay.example", last_used_at=AT)
    mia = resolve(holds("m1a", "developer"), accounts=[row])["m1a"]
    assert (mia.person, mia.last_used_at) == ("mia", AT)


@pytest.mark.parametrize(
    ("role", "push", "capabilities"),
    [
        ("deploy key (write)", [], {CONFIG}),
        ("deploy key (write)", [{"access_level": 40}], None),
        ("deploy key (write)", [{"account": "gitlab-deploy-key:12"}], {CONFIG}),
        ("deploy key (read)", [], None),
    ],
)
def test_a_deploy_key_pushes_where_the_branch_lets_it(resolve, role, push, capabilities):
    grant = Grant(**PLACE, principal="gitlab-deploy-key:12", role=role, resource="quay/shop", provider="gitlab")
    key = Credential(
        **PLACE,
        credential="ssh-key:r",
        kind="ssh-key",
        account="gitlab-deploy-key:12",
        provider="gitlab",
        resource="quay/shop",
    )
    rules = protected(*push) if push else [project()]
    access = resolve(grant, policies=rules, credentials=[key]).get("gitlab-deploy-key:12")
    assert (access and access.capabilities) == capabilities
    if access:
        assert (access.identity.actor_class, access.identity.owner) == (ActorClass.PIPELINE, "runner")
        assert access.credential == "ssh-key:r"


def test_documents_that_cannot_be_read_stop_nothing(resolve):
    broken = Policy(**PLACE, policy="gitlab:quay/shop#x", kind="x", attached_to="quay/shop", name="x", document="[")
    odd = policy("protected-environment", "production", deploy="everybody")
    assert set(resolve(holds("nina", "developer"), holds("mia", "owner"), policies=[broken, odd])) == {"nina", "mia"}


def test_grants_of_other_providers_and_projects_are_none_of_this(resolve):
    assert not resolve(holds("nina", "owner", resource="quay/other"))
    other = Grant(**PLACE, principal="x", role="owner", resource="quay/shop", provider="gcp")
    assert not resolve(other)


def test_tickets_may_name_people_by_their_account():
    people = People(config())
    assert people.roster_id("gitlab:nina") == "nina"
    assert people.roster_id("gitlab:Nina") == "nina"
    assert people.roster_id("gitlab:nobody") is None
    assert isinstance(people.who("gitlab:nina"), Identity)


def group_protected(deploy, group="quay", tier="production"):
    text = json.dumps({"type": "protected-environment", "deploy": deploy, "approvals": 0})
    name = f"gitlab:{group}#protected-environment:{tier}"
    return Policy(**PLACE, policy=name, kind="x", attached_to=group, name=tier, document=text)


def test_an_environment_that_a_group_protects_is_for_those_with_the_level_in_the_group(resolve):
    grants = [holds("nina", "developer"), holds("leon", "maintainer"), holds("mia", "owner", condition="from quay")]
    held = resolve(
        *grants, holds("mia", "owner", resource="quay"), policies=[project(), group_protected([{"access_level": 40}])]
    )
    assert {name for name, access in held.items() if DEPLOY in access.capabilities} == {"mia"}


@pytest.mark.parametrize(
    ("environment", "tiers", "deploys"),
    [
        ("production", {"production": "staging"}, True),
        ("eu-live", {}, False),
        ("blue", {}, True),
        ("blue", {"blue": "production"}, False),
    ],
)
def test_a_group_protects_environments_by_the_tier_that_they_have(resolve, environment, tiers, deploys):
    policies = [project(tiers=tiers), group_protected([{"access_level": 60}])]
    held = resolve(holds("nina", "developer"), policies=policies, environment=environment)
    assert (DEPLOY in held["nina"].capabilities) is deploys


def test_rules_of_the_project_and_of_groups_must_all_let_somebody_through(resolve):
    policies = [*protected({"access_level": 30}, deploy=[{"account": "gitlab:nina"}])]
    members = [Membership(**PLACE, group="gitlab-group:quay", member=f"gitlab:{name}") for name in ("nina", "tom")]
    grants = [holds("nina", "developer"), holds("tom", "developer")]
    open_to_all = resolve(*grants, policies=[*policies, group_protected([{"access_level": 30}])], members=members)
    assert {name for name, access in open_to_all.items() if DEPLOY in access.capabilities} == {"nina"}
    closed = resolve(*grants, policies=[*policies, group_protected([{"access_level": 40}])], members=members)
    assert not {name for name, access in closed.items() if DEPLOY in access.capabilities}


@pytest.mark.parametrize(("direct", "expected"), [(True, {"leon"}), (False, {"nina", "leon"})])
def test_a_line_for_a_groups_direct_members_leaves_the_inherited_ones_out(resolve, direct, expected):
    members = [Membership(**PLACE, group="gitlab-group:ops", member=f"gitlab:{name}") for name in ("nina", "leon")]
    grants = [holds("nina", "developer"), holds("leon", "developer"), holds("leon", "developer", resource="ops")]
    rules = protected({"access_level": 30}, deploy=[{"group": "gitlab-group:ops", "direct": direct}])
    held = resolve(*grants, policies=rules, members=members)
    assert {name for name, access in held.items() if DEPLOY in access.capabilities} == expected


def test_what_a_custom_role_adds_counts(resolve):
    grant = holds("nina", "reporter (release helper)", capabilities=("manage-secrets", "manage-access"))
    held = resolve(grant, holds("leon", "reporter (reader)"), policies=[project()])
    assert set(held) == {"nina"}
    assert held["nina"].capabilities == {Capability.MANAGE_SECRETS, ACCESS}


@pytest.mark.parametrize(
    ("role", "level"),
    [
        ("minimal access", 5),
        ("Guest", 10),
        ("planner", 15),
        ("reporter", 20),
        ("security manager", 25),
        ("Developer", 30),
        ("developer (release manager)", 30),
        ("maintainer", 40),
        ("owner", 50),
        ("administrator", 60),
        ("access level 35", 35),
        ("access level 35 (of our own)", 35),
        ("access level 9999", 9999),
        ("access level 99999", 0),
        ("access level many", 0),
        ("deploy key (write)", 0),
        ("", 0),
    ],
)
def test_a_role_is_as_high_as_gitlab_numbers_it(role, level):
    assert access_level(role) == level


@pytest.mark.parametrize(
    ("environment", "tier"),
    [
        ("production", "production"),
        ("PROD-eu", "production"),
        ("live", "production"),
        ("review/new-basket", "development"),
        ("dev", "development"),
        ("acceptance", "testing"),
        ("qa-2", "testing"),
        ("integration", "testing"),
        ("staging", "staging"),
        ("pre-prod", "staging"),
        ("demo", "staging"),
        ("blue", "other"),
    ],
)
def test_an_environments_name_tells_its_tier(environment, tier):
    assert tier_of(environment) == tier


def test_the_groups_above_are_those_on_the_way_from_the_top():
    assert groups_above("quay/web/shop") == ["quay", "quay/web"]
    assert groups_above("quay") == []


@pytest.mark.parametrize(
    ("who", "entry", "deploys"),
    [
        ("nina", {"access_level": 30}, True),
        ("nina", {"access_level": 31}, False),
        ("nina", {"access_level": "30"}, False),
        ("nina", {"account": "gitlab:nina"}, True),
        ("nina", {"account": "gitlab:leon"}, False),
        ("nina", {"group": "gitlab-group:ops"}, True),
        ("tom", {"group": "gitlab-group:ops"}, False),
        # Reporters of a group that is named may deploy there, and nothing else.
        ("rita", {"group": "gitlab-group:ops"}, True),
        ("rita", {"access_level": 30}, False),
        ("root", {"access_level": 0}, True),
        ("root", {"account": "gitlab:leon"}, True),
        ("nina", {"group": "gitlab-group:other"}, False),
        ("nina", {}, False),
    ],
)
def test_one_line_of_a_protection_lets_those_through_whom_it_means(resolve, who, entry, deploys):
    members = [Membership(**PLACE, group="gitlab-group:ops", member=f"gitlab:{name}") for name in ("nina", "rita")]
    grants = [holds("nina", "developer"), holds("tom", "developer"), holds("rita", "reporter")]
    grants.append(holds("root", "administrator"))
    held = resolve(*grants, policies=protected({"access_level": 0}, deploy=[entry]), members=members)
    assert (who in held) is deploys


@pytest.mark.parametrize(("ends", "deploys"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_a_level_in_a_group_counts_until_it_ends(resolve, ends, deploys):
    ended = holds("nina", "maintainer", resource="quay", expires_at=AT + ends)
    held = resolve(holds("nina", "developer"), ended, policies=[project(), group_protected([{"access_level": 40}])])
    assert (DEPLOY in held["nina"].capabilities) is deploys


def test_of_several_rules_the_most_approvals_are_told_and_none_where_none_are_asked(resolve):
    rules = protected({"access_level": 0}, deploy=[{"access_level": 30}], approvals=1)
    assert resolve(holds("nina", "developer"), policies=rules)["nina"].conditions == ("a deployment takes 1 approvals",)
    rules[-1] = policy("protected-environment", "production", deploy=[{"access_level": 30}], approvals=None)
    assert resolve(holds("nina", "developer"), policies=rules)["nina"].conditions == ()


def test_a_path_has_its_grants_own_facts(resolve):
    grant = holds("nina", "developer", ticket="OPS-3", granted_at=AT - timedelta(days=2))
    nina = resolve(grant, policies=[project()])["nina"]
    assert (nina.ticket, nina.granted_at, nina.expires_at) == ("OPS-3", AT - timedelta(days=2), None)
    assert (nina.provider, nina.resource, nina.credential) == ("gitlab", "quay/shop", None)
    assert [one.origin for one in nina.evidence] == [PLACE["origin"]]


def given(*pairs):
    return policy("variables", "variables", variables=[{"name": name, "for": scope} for name, scope in pairs])


@pytest.mark.parametrize(
    ("role", "scope", "holds_them"),
    [
        ("maintainer", "*", True),
        ("maintainer", "production", True),
        ("maintainer", "staging", False),
        ("developer", "*", False),
    ],
)
def test_maintainers_hold_the_variables_of_the_environment(resolve, role, scope, holds_them):
    found = resolve(holds("nina", role), policies=[project(), given(("DB_URL", scope))])["nina"]
    assert (Capability.MANAGE_SECRETS in found.capabilities) is holds_them
    assert ("the CI/CD variables DB_URL" in found.path) is holds_them


def test_a_runner_deploys_unless_it_is_paused(resolve):
    grants = [
        replace(holds("x", "project runner"), principal="gitlab-runner:8"),
        replace(holds("y", "group runner"), principal="gitlab-runner:9"),
    ]
    place = {**PLACE, "provider": "gitlab", "scope": "quay/shop", "kind": "service"}
    accounts = [
        Account(**place, account="gitlab-runner:8", enabled=True),
        Account(**place, account="gitlab-runner:9", enabled=False),
    ]
    found = resolve(*grants, accounts=accounts)
    assert {name: one.capabilities for name, one in found.items()} == {"gitlab-runner:8": {DEPLOY}}
    assert not any("approvals" in words for words in found["gitlab-runner:8"].conditions)


@pytest.mark.parametrize(("role", "deploys"), [("developer", True), ("reporter", False)])
def test_a_trigger_deploys_where_its_owner_can(role, deploys):
    settings = config()
    trigger = Credential(
        **PLACE,
        credential="gitlab-trigger:6",
        kind="token",
        account="gitlab:nina",
        provider="gitlab",
        resource="quay/shop",
        comment="nightly",
    )
    grants = [holds("nina", role), holds("leon", "developer")]
    rows = Snapshots(grants=grants, policies=[project()], credentials=[trigger])
    found = [one for one in gitlab_access(settings, rows, People(settings, (), ()).who, AT).access if one.credential]
    assert [one.path[0] for one in found] == ["pipeline trigger nightly of gitlab:nina"] * deploys
    assert all(one.capabilities == {DEPLOY} for one in found)
