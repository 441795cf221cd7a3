"""Who reaches which system through AWS, by which path, for how long."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Policy, ServiceUse
from auditor.model.vocabulary import EVERYTHING as EVERY_CAPABILITY
from auditor.model.vocabulary import Capability as Cap
from auditor.model.vocabulary import Level
from auditor.providers.aws.rights import NO_WAY_IN, aws_access
from tests.copies import replace
from tests.providers.conftest import document, identify

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PLACE = {"source": "iam", "collected_at": AT, "origin": "services.json"}
SERVICE = "arn:aws:ecs:eu-west-1:111122223333:service/shop/*"
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": SERVICE}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shop-data/*"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
LOGS = {"Effect": "Allow", "Action": ["logs:Get*", "logs:FilterLogEvents"], "Resource": "*"}
BECOME_ANYTHING = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}


def until(moment):
    return {"DateLessThan": {"aws:CurrentTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}}


def test_a_users_own_policy_is_one_path(iam, resolve):
    bea = iam.user("bea", inline={"release": [DEPLOY]}, last_used_at=AT)
    (access,) = resolve(iam).access
    assert (access.account, access.person, access.system, access.scope) == (bea, "bea", "shop", "111122223333")
    assert (access.capabilities, access.level) == ({Cap.DEPLOY}, Level.WRITE)
    assert access.path == ("user bea", "inline policy release")
    assert (access.expires_at, access.conditions, access.handles) == (None, (), ("release on bea",))
    assert (access.resource, access.last_used_at) == (SERVICE, AT)
    assert {evidence.origin for evidence in access.evidence} == {"dump.json"}


def uses(iam, holder, watched_since=AT - 400 * DAY, **services):
    iam.service_uses += [
        ServiceUse(
            **PLACE,
            account=holder,
            provider="aws",
            scope=iam.number,
            service=service,
            last_used_at=last,
            watched_since=watched_since,
        )
        for service, last in services.items()
    ]


def test_the_last_use_of_a_right_is_that_of_its_services(iam, resolve):
    bea = iam.user("bea", inline={"release": [DEPLOY]}, last_used_at=AT)
    uses(iam, bea, ecs=AT - 100 * DAY, s3=AT - DAY)
    (access,) = resolve(iam).access
    assert (access.last_used_at, access.watched_since) == (AT - 100 * DAY, AT - 400 * DAY)


def test_a_service_that_nobody_called_was_not_used_since_it_is_watched(iam, resolve):
    uses(iam, iam.user("bea", inline={"release": [DEPLOY]}, last_used_at=AT), ecs=None, s3=AT)
    (access,) = resolve(iam).access
    assert (access.last_used_at, access.watched_since) == (None, AT - 400 * DAY)


def test_where_aws_does_not_list_the_service_only_the_users_own_last_use_is_known(iam, resolve):
    uses(iam, iam.user("bea", inline={"release": [DEPLOY]}, last_used_at=AT), s3=AT - DAY)
    (access,) = resolve(iam).access
    assert (access.last_used_at, access.watched_since) == (AT, None)


def test_a_role_is_used_by_what_was_called_in_its_sessions(iam, resolve):
    bea = iam.user("bea", last_used_at=AT)
    operator = iam.role("operator", trust={"AWS": bea}, inline={"operate": [DEPLOY]}, last_used_at=AT)
    uses(iam, bea, ecs=AT)
    uses(iam, operator, ecs=None)
    (access,) = resolve(iam).access
    assert (access.last_used_at, access.watched_since) == (None, AT - 400 * DAY)


def test_reading_is_no_use_of_a_right_to_change(iam, resolve):
    """What the right can change tells its services: logs are read, not changed."""
    logs = {"Effect": "Allow", "Action": ["ecs:UpdateService", "logs:FilterLogEvents"], "Resource": "*"}
    bea = iam.user("bea", inline={"release": [logs]})
    uses(iam, bea, ecs=AT - 100 * DAY, logs=AT)
    assert {access.last_used_at for access in resolve(iam).access if access.writes} == {AT - 100 * DAY}


def test_a_group_is_a_step_and_leaving_it_cuts_the_path(iam, resolve):
    iam.group("readers", inline={"read": [READ]})
    iam.user("sven", groups=["readers"])
    (access,) = resolve(iam).access
    assert access.path == ("user sven", "group readers", "inline policy read")
    assert access.handles == ("sven in readers",)
    assert (access.capabilities, access.level) == ({Cap.READ_DATA}, Level.READ)


def test_each_policy_is_a_path_of_its_own_and_each_system_too(iam, resolve):
    iam.user("bea", inline={"release": [DEPLOY], "logs": [LOGS]})
    found = {(access.path[-1], access.system) for access in resolve(iam).access}
    assert found == {("inline policy release", "shop"), ("inline policy logs", "shop"), ("inline policy logs", "mail")}


def test_looking_at_lists_is_no_access(iam, resolve):
    iam.user("ada", inline={"look": [{"Effect": "Allow", "Action": ["ecs:List*", "ecs:Describe*"], "Resource": "*"}]})
    assert resolve(iam).access == ()


def test_a_part_that_ends_is_told_apart_from_a_part_that_does_not(iam, resolve):
    end = AT + timedelta(hours=4)
    iam.user("bea", inline={"mixed": [{**DEPLOY, "Condition": until(end)}, READ]})
    found = {(frozenset(a.capabilities), a.expires_at) for a in resolve(iam).access}
    assert found == {(frozenset({Cap.DEPLOY}), end), (frozenset({Cap.READ_DATA}), None)}


def test_the_longest_lasting_of_two_statements_counts(iam, resolve):
    iam.user("bea", inline={"twice": [{**DEPLOY, "Condition": until(AT + timedelta(hours=1))}, DEPLOY]})
    (access,) = resolve(iam).access
    assert access.expires_at is None


def test_what_ended_gives_nothing(iam, resolve):
    iam.user("lea", inline={"spring": [{**DEPLOY, "Condition": until(AT - timedelta(days=3))}]})
    assert resolve(iam).access == ()


def test_what_a_policy_is_called_is_kept_for_the_ticket_in_it(iam, resolve):
    iam.user("bea", inline={"jit-SHOP-77-deploy": [DEPLOY]})
    (access,) = resolve(iam).access
    assert access.written == ("inline policy jit-SHOP-77-deploy",)


# --- everything ---------------------------------------------------------------------------------------------------


def test_everything_on_everything_is_one_access_without_a_system(iam, resolve):
    iam.group("admins", inline={"all": [EVERYTHING]})
    iam.user("kaja", groups=["admins"], inline={"logs": [LOGS]})
    (access,) = resolve(iam).access
    assert (access.system, access.unrestricted, access.level) == (None, True, Level.ADMIN)
    assert access.capabilities == EVERY_CAPABILITY
    assert access.path == ("user kaja", "group admins", "inline policy all")


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "iam:*", "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::111122223333:user/*"},
        {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"},
        {**EVERYTHING, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
    ],
)
def test_whoever_can_give_themselves_everything_is_unrestricted(iam, resolve, statement):
    iam.user("kaja", inline={"p": [statement]})
    assert [access.unrestricted for access in resolve(iam).access] == [True]


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "arn:aws:iam::111122223333:user/apps/*"},
        {
            "Effect": "Allow",
            "Action": "iam:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/fence"}},
        },
    ],
)
def test_less_than_everything_is_not_unrestricted(iam, resolve, statement):
    iam.user("kaja", inline={"p": [statement]})
    assert not any(access.unrestricted for access in resolve(iam).access)


def test_writing_policies_only_under_a_boundary_is_no_right_on_a_system(iam, resolve):
    asked = {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/fence"}}
    iam.user(
        "broker",
        inline={"p": [{"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*", "Condition": asked}]},
    )
    assert not resolve(iam).access


def test_an_administrator_under_a_boundary_for_logs_reads_logs(iam, resolve):
    iam.user("amelie", attached={"AdministratorAccess": [EVERYTHING]}, boundary=json.dumps({"Statement": [LOGS]}))
    found = resolve(iam).access
    assert {access.system for access in found} == {"shop", "mail"}
    assert all(access.capabilities == {Cap.READ_LOGS} for access in found)
    assert found[0].path == ("user amelie", "policy AdministratorAccess")


def test_an_administrator_who_is_denied_iam_is_not_unrestricted(iam, resolve):
    iam.user("kaja", inline={"p": [EVERYTHING, {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]})
    found = resolve(iam).access
    assert {access.system for access in found} == {"shop", "mail"}
    assert not any(Cap.MANAGE_ACCESS in access.capabilities and access.level is Level.READ for access in found)


def test_an_unrestricted_right_that_ends_leaves_what_lasts(iam, resolve):
    end = AT + timedelta(hours=1)
    iam.user("kaja", inline={"jit": [{**EVERYTHING, "Condition": until(end)}], "own": [DEPLOY]})
    found = {(access.system, access.expires_at) for access in resolve(iam).access}
    assert found == {(None, end), ("shop", None)}


def test_the_organisation_can_take_rights_away(iam, resolve):
    iam.user("kaja", inline={"p": [EVERYTHING]})
    iam.organisation(EVERYTHING, {"Effect": "Deny", "NotAction": ["logs:*"], "Resource": "*"})
    found = resolve(iam).access
    assert found
    assert all(access.capabilities <= {Cap.READ_LOGS, Cap.CHANGE_CONFIG} for access in found)


def test_a_deny_anywhere_cancels_an_allow_from_a_group(iam, resolve):
    iam.group("releasers", inline={"release": [DEPLOY]})
    iam.user(
        "tom", groups=["releasers"], inline={"trial": [{"Effect": "Deny", "NotAction": "logs:*", "Resource": "*"}]}
    )
    assert resolve(iam).access == ()


def test_a_user_without_a_way_in_keeps_rights_with_that_fact(iam, resolve):
    iam.user("sealed", attached={"AdministratorAccess": [EVERYTHING]}, enabled=False)
    (access,) = resolve(iam).access
    assert (access.unrestricted, access.conditions) == (True, (NO_WAY_IN,))


def test_a_user_with_an_active_key_has_a_way_in(iam, resolve):
    iam.key(iam.user("open", attached={"AdministratorAccess": [EVERYTHING]}, enabled=False))
    (access,) = resolve(iam).access
    assert access.conditions == ()


def test_the_root_user_holds_everything(iam, resolve):
    root = Account(
        source="iam",
        collected_at=AT,
        origin="report.csv",
        account="arn:aws:iam::111122223333:root",
        provider="aws",
        scope="111122223333",
        kind="root",
    )
    iam.accounts.append(root)
    (access,) = resolve(iam).access
    assert (access.account, access.unrestricted, access.path) == (
        root.account,
        True,
        ("root user of account 111122223333",),
    )


# --- reach --------------------------------------------------------------------------------------------------------


def test_a_role_that_trusts_a_user_is_within_reach(iam, resolve):
    bea = iam.user("bea")
    iam.role("operator", trust={"AWS": bea}, inline={"operate": [DEPLOY]}, last_used_at=AT)
    (access,) = resolve(iam).access
    assert (access.account, access.person, access.system) == (bea, "bea", "shop")
    assert access.path == ("user bea", "assumes role operator", "inline policy operate")
    assert (access.handles, access.last_used_at) == (("bea may become operator",), AT)


def test_a_role_that_trusts_the_account_needs_the_users_permission_too(iam, resolve):
    iam.user("bea")
    iam.user("cem", inline={"become": [{**BECOME_ANYTHING, "Resource": iam.arn("role", "operator")}]})
    iam.role("operator", trust={"AWS": "arn:aws:iam::111122223333:root"}, inline={"operate": [DEPLOY]})
    (access,) = resolve(iam).access
    assert (access.person, access.handles) == ("cem", ("become on cem",))


def test_permission_for_another_role_does_not_help(iam, resolve):
    iam.user("cem", inline={"become": [{**BECOME_ANYTHING, "Resource": iam.arn("role", "other")}]})
    iam.role("operator", trust={"AWS": "111122223333"}, inline={"operate": [DEPLOY]})
    assert resolve(iam).access == ()


def test_across_accounts_both_sides_must_agree(iam, other_iam, resolve):
    bea = other_iam.user("bea")
    cem = other_iam.user("cem", inline={"become": [BECOME_ANYTHING]})
    dan = other_iam.user("dan", inline={"become": [BECOME_ANYTHING]})
    iam.role("operator", trust=[{"Principal": {"AWS": bea}}, {"Principal": {"AWS": cem}}], inline={"operate": [DEPLOY]})
    rights = resolve(iam, other_iam)
    assert [access.account for access in rights.access] == [cem]
    assert rights.access[0].scope == "111122223333"
    assert rights.foreign_trusts == ()
    assert dan not in {access.account for access in rights.access}


def test_several_hops_are_followed_and_circles_end(iam, resolve):
    bea = iam.user("bea")
    first = iam.role("first", trust={"AWS": bea})
    iam.role(
        "second",
        trust=[{"Principal": {"AWS": first}}, {"Principal": {"AWS": iam.arn("role", "second")}}],
        inline={"p": [DEPLOY]},
    )
    (access,) = resolve(iam).access
    assert access.path == ("user bea", "assumes role first", "assumes role second", "inline policy p")
    assert access.handles == ("bea may become first",)


def test_the_path_that_lasts_longest_is_kept(iam, resolve):
    bea = iam.user("bea")
    step = iam.role("step", trust={"AWS": bea})
    soon = {"Principal": {"AWS": bea}, "Condition": until(AT + timedelta(hours=1))}
    iam.role("operator", trust=[soon, {"Principal": {"AWS": step}}], inline={"p": [DEPLOY]})
    (access,) = resolve(iam).access
    assert (access.expires_at, len(access.path)) == (None, 4)


def test_conditions_and_the_end_of_trust_belong_to_the_path(iam, resolve):
    bea = iam.user("bea")
    end = AT + timedelta(hours=1)
    asked = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, **until(end)}
    iam.role("operator", trust=[{"Principal": {"AWS": bea}, "Condition": asked}], inline={"p": [DEPLOY]})
    (access,) = resolve(iam).access
    assert (access.expires_at, access.conditions) == (end, ("only with a second factor",))


def test_trust_that_ended_is_no_way_in(iam, resolve):
    bea = iam.user("bea")
    gone = until(AT - timedelta(hours=1))
    iam.role("operator", trust=[{"Principal": {"AWS": bea}, "Condition": gone}], inline={"p": [DEPLOY]})
    assert resolve(iam).access == ()


def test_a_deny_of_assuming_roles_keeps_a_trusted_user_out(iam, resolve):
    bea = iam.user("bea", inline={"no": [{"Effect": "Deny", "Action": "sts:*", "Resource": "*"}]})
    iam.role("operator", trust={"AWS": bea}, inline={"p": [DEPLOY]})
    assert resolve(iam).access == ()


def test_a_deny_in_the_trust_policy_keeps_that_user_out(iam, resolve):
    bea, cem = iam.user("bea"), iam.user("cem")
    trust = [{"Principal": {"AWS": [bea, cem]}}, {"Effect": "Deny", "Principal": {"AWS": bea}}]
    iam.role("operator", trust=trust, inline={"p": [DEPLOY]})
    assert [access.account for access in resolve(iam).access] == [cem]


def test_the_roles_boundary_counts_and_not_the_users(iam, resolve):
    bea = iam.user("bea", boundary=json.dumps({"Statement": [LOGS]}))
    iam.role("operator", trust={"AWS": bea}, inline={"p": [DEPLOY]})
    (access,) = resolve(iam).access
    assert access.capabilities == {Cap.DEPLOY}


def test_an_administrators_role_is_unrestricted_for_whoever_can_assume_it(iam, resolve):
    bea = iam.user("bea", inline={"own": [DEPLOY]})
    iam.role("admin", trust={"AWS": bea}, attached={"AdministratorAccess": [EVERYTHING]})
    (access,) = resolve(iam).access
    assert (access.system, access.unrestricted, access.person) == (None, True, "bea")


@pytest.mark.parametrize(
    "trust",
    [{"Service": "ec2.amazonaws.com"}, {"Federated": "arn:aws:iam::111122223333:oidc-provider/gitlab.quay.example"}],
)
def test_a_role_that_machines_use_holds_its_rights_itself(iam, resolve, trust):
    role = iam.role("runtime", trust=trust, inline={"p": [DEPLOY]})
    rights = resolve(iam)
    assert [access.account for access in rights.access] == [role]
    assert rights.access[0].path[1:] == ("role runtime", "inline policy p")
    assert rights.foreign_trusts == ()


def test_a_declared_role_holds_its_rights_itself_whoever_can_assume_it(iam, resolve):
    bea = iam.user("bea")
    role = iam.role("ci-deploy", trust={"AWS": bea}, inline={"p": [DEPLOY]})
    assert {access.account for access in resolve(iam).access} == {bea, role}


def test_nobody_holds_a_role_that_nobody_can_assume(iam, resolve):
    iam.role("orphan", trust={"AWS": "AIDAEXAMPLEEXAMPLE"}, inline={"p": [DEPLOY]})
    rights = resolve(iam)
    assert (rights.access, rights.foreign_trusts) == ((), ())


def test_roles_linked_to_a_service_are_left_out(iam, resolve):
    trust = {"Service": "rds.amazonaws.com"}
    iam.role("aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS", trust=trust, inline={"p": [DEPLOY]})
    assert resolve(iam).access == ()


def test_roles_of_identity_center_could_not_be_judged_once_for_the_account(iam, resolve):
    saml = {"Federated": "arn:aws:iam::111122223333:saml-provider/AWSSSO_1"}
    for name in ("Operator_1", "Reader_2"):
        iam.role(f"aws-reserved/sso.amazonaws.com/AWSReservedSSO_{name}", trust=saml, inline={"p": [DEPLOY]})
    rights = resolve(iam)
    assert rights.access == ()
    assert [str(unresolved.subject) for unresolved in rights.unresolved] == ["111122223333"]


@pytest.mark.parametrize(
    "stranger", ["arn:aws:iam::999900001111:root", "999900001111", "arn:aws:iam::999900001111:user/x", "*"]
)
def test_trust_in_strangers_is_told_with_what_the_role_gives(iam, resolve, stranger):
    role = iam.role("vendor", trust={"AWS": stranger}, inline={"p": [READ]})
    (trust,) = resolve(iam).foreign_trusts
    assert (trust.role, trust.principal, trust.conditions) == (role, stranger, ())
    assert [access.system for access in trust.access] == ["shop"]
    assert trust.evidence


def test_a_condition_on_trust_in_strangers_is_told(iam, resolve):
    asked = {"StringEquals": {"sts:ExternalId": "x7"}}
    iam.role("vendor", trust=[{"Principal": {"AWS": "999900001111"}, "Condition": asked}], inline={"p": [READ]})
    (trust,) = resolve(iam).foreign_trusts
    assert trust.conditions == ("only when sts:ExternalId is x7 (stringequals)",)


# --- what could not be told ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["null", "{", '{"Statement": [7]}'])
def test_a_policy_that_cannot_be_read_could_not_be_judged(iam, resolve, text):
    bea = iam.user("bea", inline={"odd": text, "release": [DEPLOY]})
    rights = resolve(iam)
    assert [access.path[-1] for access in rights.access] == ["inline policy release"]
    (unresolved,) = rights.unresolved
    assert (str(unresolved.subject), unresolved.tables) == (bea, ("policies",))
    assert "odd could not be read" in unresolved.reason


def test_rights_under_an_unknown_boundary_could_not_be_judged(iam, resolve):
    amelie = iam.user("amelie", inline={"release": [DEPLOY]}, boundary="null")
    rights = resolve(iam)
    assert rights.access == ()
    assert [str(unresolved.subject) for unresolved in rights.unresolved] == [amelie]


def test_a_trust_policy_that_cannot_be_read_could_not_be_judged(iam, resolve):
    role = iam.role("odd", trust=[{"Principal": 7}], inline={"p": [DEPLOY]})
    assert [str(unresolved.subject) for unresolved in resolve(iam).unresolved] == [role]


@pytest.mark.parametrize(
    ("kind", "known", "sealed"),
    [
        ("access-key", {"enabled": True}, False),
        ("password", {"enabled": True}, False),
        ("access-key", {"enabled": False}, True),
        ("access-key", {"enabled": True, "expires_at": AT}, True),
        ("access-key", {"enabled": True, "expires_at": AT + DAY}, False),
        ("ssh-key", {"enabled": True}, True),
    ],
)
def test_only_a_key_or_password_that_is_on_and_not_over_is_a_way_in(iam, resolve, kind, known, sealed):
    bea = iam.user("bea", inline={"release": [DEPLOY]}, enabled=False)
    place = {**PLACE, "provider": "aws", "credential": "x", "account": bea}
    iam.credentials.append(Credential(**place, kind=kind, **known))
    (access,) = resolve(iam).access
    assert (NO_WAY_IN in access.conditions) is sealed


def test_trust_in_an_account_of_ones_own_is_not_foreign(iam, other_iam, config):
    settings = config.model_dump(mode="json")
    own = {"provider": "aws", "account": "444455556666", "match": ["*lab*"]}
    settings["systems"].append({"id": "lab", "name": "Lab", "resources": [own]})
    settings["sources"] = [{"name": "third", "kind": "aws-iam", "account": "777788889999", "file": "x.json"}]
    for number, principal in enumerate(
        ("444455556666", "arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:user/x", "999900001111")
    ):
        iam.role(f"r{number}", trust={"AWS": principal}, inline={"operate": [DEPLOY]})
    tables = ("accounts", "memberships", "policies", "grants", "credentials")
    rows = Snapshots(**{table: getattr(iam, table) for table in tables})
    found = aws_access(Config.model_validate(settings), rows, identify, AT).foreign_trusts
    assert [(one.role, one.principal) for one in found] == [(iam.arn("role", "r3"), "999900001111")]


def test_roles_whose_sessions_can_change_a_system_are_told(iam, resolve):
    operate = iam.role("operate", trust={"Service": "ec2.amazonaws.com"}, inline={"p": [DEPLOY]})
    admin = iam.role("admin", trust={"Service": "ec2.amazonaws.com"}, inline={"p": [EVERYTHING]})
    iam.role("read", trust={"Service": "ec2.amazonaws.com"}, inline={"p": [READ]})
    iam.role("fenced", trust={"Service": "ec2.amazonaws.com"}, inline={"p": [EVERYTHING]}, boundary="null")
    iam.user("bea", inline={"p": [DEPLOY]})
    assert resolve(iam).writing_roles == {(operate, "shop"), (admin, None)}


def test_of_everything_for_a_time_what_lasts_longer_is_told_beside_it(iam, resolve):
    end = AT + timedelta(hours=2)
    same, longer = {**DEPLOY, "Condition": until(end)}, {**READ, "Condition": until(end + DAY)}
    iam.user("bea", inline={"p": [{**EVERYTHING, "Condition": until(end)}, same, longer]})
    found = {(access.system, access.expires_at) for access in resolve(iam).access}
    assert found == {(None, end), ("shop", end + DAY)}


def test_a_path_tells_what_stands_written_on_it_and_since_when(iam, resolve):
    bea = iam.user("bea")
    iam.role("operator", trust={"AWS": bea}, inline={"PAY-184": [DEPLOY]})
    early, late = AT - 3 * DAY, AT - DAY
    iam.grants = [
        replace(
            grant,
            granted_at=late if grant.principal == bea else early,
            ticket="OPS-1" if grant.principal == bea else None,
        )
        for grant in iam.grants
    ]
    (access,) = resolve(iam).access
    assert (access.granted_at, access.ticket, access.written) == (
        late,
        "OPS-1",
        ("assumes role operator", "inline policy PAY-184"),
    )


def test_a_right_in_two_services_was_used_when_the_later_was_and_is_watched_since_both_are(iam, resolve):
    both = {"Effect": "Allow", "Action": ["ecs:UpdateService", "dynamodb:PutItem"], "Resource": "*"}
    bea = iam.user("bea", inline={"release": [both]}, created_at=AT - 500 * DAY)
    uses(iam, bea, ecs=AT - 100 * DAY, dynamodb=AT - 10 * DAY, s3=AT)
    iam.service_uses[0] = replace(iam.service_uses[0], watched_since=AT - 50 * DAY)
    found = {(access.last_used_at, access.watched_since) for access in resolve(iam).access}
    assert found == {(AT - 10 * DAY, AT - 50 * DAY)}
    iam.accounts[0] = replace(iam.accounts[0], created_at=AT - 5 * DAY)
    assert {access.watched_since for access in resolve(iam).access} == {AT - 5 * DAY}


@pytest.mark.parametrize(
    ("name", "unrestricted"), [("AdministratorAccess", True), ("IAMFullAccess", True), ("PowerUserAccess", False)]
)
def test_aws_own_widest_policies_are_known_without_their_text(iam, resolve, name, unrestricted):
    iam.user("bea")
    given = {
        **PLACE,
        "policy": f"arn:aws:iam::aws:policy/{name}",
        "kind": "identity",
        "attached_to": iam.arn("user", "bea"),
    }
    iam.policies.append(Policy(**given, name=name, document="null"))
    rights = resolve(iam)
    assert {access.unrestricted for access in rights.access} == {unrestricted}
    assert not rights.unresolved


def test_what_another_policy_of_aws_allows_is_not_guessed(iam, resolve):
    iam.user("bea")
    given = {**PLACE, "policy": "arn:aws:iam::aws:policy/AmazonRDSFullAccess", "attached_to": iam.arn("user", "bea")}
    iam.policies.append(Policy(**given, kind="identity", name="AmazonRDSFullAccess", document="null"))
    rights = resolve(iam)
    assert (rights.access, len(rights.unresolved)) == ((), 1)


TAGGED = {
    "Effect": "Allow",
    "Action": "ecs:UpdateService",
    "Resource": "arn:aws:ecs:eu-west-1:111122223333:service/shop/web",
    "Condition": {"StringEquals": {"aws:PrincipalTag/team": "shop"}},
}
TAGGING = {"Effect": "Allow", "Action": "iam:Tag*", "Resource": "arn:aws:iam::*:user/${aws:username}"}


@pytest.mark.parametrize(
    ("statements", "boundary", "held"),
    [
        ([TAGGED], None, False),
        ([TAGGED, TAGGING], None, True),
        ([TAGGED, {**TAGGING, "Action": "iam:TagUser"}], None, True),
        ([TAGGED, {**TAGGING, "Action": "iam:TagRole"}], None, False),
        ([TAGGED, {**TAGGING, "Resource": "arn:aws:iam::*:user/nina"}], None, False),
        ([TAGGED, {**TAGGING, "Condition": {"StringEquals": {"aws:TagKeys": "cost"}}}], None, False),
        ([TAGGED, TAGGING, {**TAGGING, "Effect": "Deny"}], None, False),
        ([TAGGED, TAGGING], [{"Effect": "Allow", "Action": "ecs:*", "Resource": "*"}], False),
    ],
)
def test_whoever_may_tag_themselves_holds_what_is_for_a_tag(iam, resolve, statements, boundary, held):
    fence = {"boundary": document(*boundary)} if boundary else {}
    iam.user("bea", inline={"own": statements}, tags='{"team": "mail"}', **fence)
    found = [one for one in resolve(iam).access if one.system == "shop"]
    assert [one.conditions for one in found] == (
        [("only when aws:PrincipalTag/team is shop (stringequals)",)] if held else []
    )
