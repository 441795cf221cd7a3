"""Every account to whoever is behind it, and how that was found out."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.activity.results import Caller, Issue
from auditor.case.callers import Callers
from auditor.case.people import NOBODY, People
from auditor.model.entitlements import Identity
from auditor.model.tables import Account, Policy
from auditor.model.vocabulary import ActorClass
from tests.cases import AT, AWS, config, key, row, user
from tests.copies import replace

ISSUER = f"arn:aws:iam::{AWS}:oidc-provider"
ROLE = f"arn:aws:iam::{AWS}:role/checkout-operator"


def session(name: str, role: str = "checkout-operator") -> str:
    return f"arn:aws:sts::{AWS}:assumed-role/{role}/{name}"


@pytest.mark.parametrize(
    ("account", "kind", "who"),
    [
        (f"arn:aws:iam::{AWS}:user/nina", ActorClass.PERSON, "nina"),
        ("user:nina@harbour.example", ActorClass.PERSON, "nina"),
        ("user:NINA@harbour.example", ActorClass.PERSON, "nina"),
        ("ssh:nina@web-1.harbour.example", ActorClass.PERSON, "nina"),
        ("ssh:Nina@web-1.harbour.example", ActorClass.PERSON, "nina"),
        ("ssh-key:SHA256:nina", ActorClass.PERSON, "nina"),
        (f"arn:aws:iam::{AWS}:role/ci-deploy", ActorClass.PIPELINE, None),
        (session("job-1", "ci-deploy"), ActorClass.PIPELINE, None),
        (f"arn:aws:iam::{AWS}:role/some/path/ci-deploy", ActorClass.PIPELINE, None),
        (f"arn:aws:iam::{AWS}:user/some/path/nina", ActorClass.PERSON, "nina"),
        (f"arn:aws:iam::{AWS}:user/Nina", ActorClass.PERSON, "nina"),
        (f"arn:aws:iam::{AWS}:user/glass", ActorClass.BREAK_GLASS, None),
        (f"arn:aws:iam::{AWS}:root", ActorClass.ROOT, None),
        ("ssh:root@web-1.harbour.example", ActorClass.ROOT, None),
        (f"arn:aws:iam::{AWS}:role/aws-service-role/rds.amazonaws.com/X", ActorClass.PROVIDER, None),
        ("rds.amazonaws.com", ActorClass.PROVIDER, None),
        (f"arn:aws:iam::{AWS}:user/stranger", ActorClass.UNKNOWN, None),
        ("arn:aws:iam::999900001111:user/nina", ActorClass.UNKNOWN, None),
    ],
)
def test_who_is_behind_an_account(account: str, kind: ActorClass, who: str | None) -> None:
    found = People(config()).who(account)
    assert (found.actor_class, found.person) == (kind, who)
    assert found.account == account
    assert found.how


@pytest.mark.parametrize("host", ["web-1", "web-1.harbour", "web-1.harbour.example"])
def test_a_login_can_be_declared_on_one_host_only_by_its_short_name_too(host: str) -> None:
    people = People(config(people=[{"id": "a", "name": "A", "accounts": [f"ssh:deploy@{host}"]}], **NOBODY_ELSE))
    assert people.who("ssh:deploy@web-1.harbour.example").person == "a"
    assert people.who("ssh:deploy@web-2.harbour.example").person is None


def test_an_e_mail_that_two_people_share_is_never_guessed() -> None:
    twins = [{"id": name, "name": name, "email": "team@harbour.example"} for name in ("a", "b")]
    people = People(config(people=twins, **NOBODY_ELSE))
    for found in (people.who("user:team@harbour.example"), people.by_address("team@harbour.example")):
        assert (found.person, found.how, found.candidates) == (None, "e-mail", ("a", "b"))


def test_an_accounts_own_e_mail_identifies_it() -> None:
    row = user("x", email="nina@harbour.example")
    assert People(config(), [row]).who(row.account).how == "e-mail"


def center_user(number: str, name: str, email: str | None) -> Account:
    return user(name, account=f"identity-center:{number}", scope="d-1", email=email)


def test_an_identity_center_user_is_known_by_declaration_or_e_mail() -> None:
    declared = [{"id": "a", "name": "A", "accounts": ["identity-center:u-1"]}]
    assert People(config(people=declared, **NOBODY_ELSE)).who("identity-center:u-1").person == "a"
    by_mail = People(config(), [center_user("u-2", "nalvarez", "nina@harbour.example")])
    assert (by_mail.who("identity-center:u-2").person, by_mail.who("identity-center:u-3").person) == ("nina", None)


def test_a_session_of_identity_centers_role_belongs_to_the_user_it_is_named_after() -> None:
    rows = [center_user("u-2", "nalvarez", "nina@harbour.example"), center_user("u-3", "double", "mia@harbour.example")]
    rows.append(center_user("u-4", "double", "leon@harbour.example"))
    role = "AWSReservedSSO_ProdOperator_0123456789abcdef"
    callers = [
        caller(1, actor=session("nalvarez", role)),
        caller(2, actor=session("double", role)),
        caller(3, actor=session("nalvarez")),
        caller(4, actor=session("leon", role)),
        caller(5, actor=session("leon")),
        caller(6, actor=session("sam", role)),
    ]
    found = Callers(People(config(), [*rows, center_user("u-5", "sam", "sam@partner.example")]), callers, ()).resolve()
    assert (found[1].person, found[1].how) == ("nina", "Identity Center user name")
    assert (found[2].person, found[3].person) == (None, None)
    # A name of the directory may be a roster id; one that somebody chose is not.
    assert (found[4].person, found[5].person) == ("leon", None)
    # The directory's Sam is another one.
    assert found[6].person is None


def test_a_user_of_identity_center_is_known_by_a_declared_name_where_its_users_were_not_read() -> None:
    role = "AWSReservedSSO_ProdOperator_0123456789abcdef"
    declared = [{"id": "a", "name": "A", "accounts": ["identity-center:NAlvarez"]}]
    callers = [caller(1, actor=session("nalvarez", role)), caller(2, actor=session("nalvarez"))]
    found = Callers(People(config(people=declared, **NOBODY_ELSE)), callers, ()).resolve()
    assert (found[1].person, found[2].person) == ("a", None)


def test_an_undeclared_key_in_exactly_one_persons_logins_is_theirs() -> None:
    people = People(config(), credentials=[key("new", "mia"), key("both", "mia"), key("both", "leon")])
    assert people.who("ssh-key:SHA256:new").person == "mia"
    assert people.who("ssh-key:SHA256:both").candidates == ("leon", "mia")


def caller(number: int, **fields: Any) -> Caller:
    base: dict[str, Any] = {
        "provider": "aws",
        "scope": AWS,
        "account": ROLE,
        "actor": None,
        "actor_kind": "AssumedRole",
        "credential": None,
        "on_behalf_of": None,
        "invoked_by": None,
        "events": 1,
        "first_at": AT,
        "last_at": AT,
    }
    return Caller(caller=number, **{**base, **fields})


def resolved(*callers: Caller, issues: tuple[Issue, ...] = ()) -> dict[int, Identity]:
    return Callers(People(config(), credentials=[key("nina", "nina")]), callers, issues).resolve()


NINA = caller(1, account=f"arn:aws:iam::{AWS}:user/nina", actor_kind="IAMUser", credential="AKIA1")


def opened(number: int, name: str, credential: str | None = None) -> Issue:
    time = AT - timedelta(hours=1)
    return Issue(caller=number, issued=session(name), issued_credential=credential, time=time, last_at=time)


def test_a_role_session_named_by_an_e_mail_is_that_person() -> None:
    found = resolved(caller(1, actor=session("nina@harbour.example")))[1]
    assert (found.person, found.how, found.account) == ("nina", "calls itself nina@harbour.example", ROLE)


def test_a_source_identity_names_the_person() -> None:
    found = resolved(caller(1, actor=session("botocore-1"), on_behalf_of="nina@harbour.example"))[1]
    assert (found.person, found.how) == ("nina", "source identity")
    forge = {"provider": "github", "account": "github:nina_quay", "actor": "nina_quay"}
    found = resolved(caller(1, **forge, on_behalf_of="nina@harbour.example"))[1]
    assert (found.person, found.how) == ("nina", "the company's login")


def test_a_fingerprint_of_the_old_kind_is_no_other_key_than_those_that_are_known() -> None:
    login = {"provider": "ssh", "account": "ssh:nina@web-1", "actor": "nina"}
    for print_, person in (("MD5:43:51", "nina"), ("SHA256:other", None)):
        assert resolved(caller(1, **login, credential=f"ssh-key:{print_}"))[1].person == person


def test_a_nameless_session_belongs_to_whoever_opened_it() -> None:
    found = resolved(NINA, caller(2, actor=session("botocore-1")), issues=(opened(1, "botocore-1"),))[2]
    assert found.person == "nina"
    assert "user/nina" in found.how


def test_roles_assumed_one_after_the_other_lead_back_to_the_person() -> None:
    first, second = caller(2, actor=session("one")), caller(3, actor=session("two"))
    found = resolved(NINA, first, second, issues=(opened(1, "one"), opened(2, "two")))
    assert found[3].person == "nina"


def test_roles_that_assume_each_other_end() -> None:
    first, second = caller(2, actor=session("one")), caller(3, actor=session("two"))
    found = resolved(first, second, issues=(opened(3, "one"), opened(2, "two")))
    assert found[2].person is None


def test_the_key_tells_two_sessions_of_one_name_apart_and_the_name_alone_is_ambiguous() -> None:
    mia = caller(2, account="user:mia@harbour.example", actor_kind="IAMUser")
    shared = (opened(1, "deploy", "ASIA1"), opened(2, "deploy", "ASIA2"))
    by_key = caller(3, actor=session("deploy"), credential="ASIA2")
    by_name = caller(4, actor=session("deploy"))
    found = resolved(NINA, mia, by_key, by_name, issues=shared)
    assert found[3].person == "mia"
    assert (found[4].person, found[4].candidates) == (None, ("mia", "nina"))


def test_a_nameless_session_that_nobody_is_seen_to_open_stays_unknown() -> None:
    assert resolved(caller(1, actor=session("botocore-1")))[1].actor_class is ActorClass.UNKNOWN


@pytest.mark.parametrize(
    "own",
    [
        caller(1, actor_kind="AWSService", account="rds.amazonaws.com"),
        caller(1, account=f"arn:aws:iam::{AWS}:root", actor_kind="Root", invoked_by="support.amazonaws.com"),
    ],
)
def test_what_aws_does_itself_is_the_providers(own: Caller) -> None:
    assert resolved(own)[1].actor_class is ActorClass.PROVIDER


def test_a_service_that_acts_for_a_person_is_still_the_person() -> None:
    found = resolved(caller(1, account=NINA.account, invoked_by="cloudformation.amazonaws.com"))[1]
    assert found.person == "nina"


def test_a_session_is_still_its_persons_when_a_service_calls_for_it() -> None:
    through = caller(2, actor=session("x"), invoked_by="cloudformation.amazonaws.com")
    assert resolved(NINA, through, issues=(opened(1, "x"),))[2].person == "nina"


@pytest.mark.parametrize("name", ["mia@harbour.example", "mia"])
def test_the_credential_is_stronger_than_the_name_that_a_session_chose(name: str) -> None:
    found = resolved(NINA, caller(2, actor=session(name)), issues=(opened(1, name),))[2]
    assert found.person == "nina"
    assert found.claims == ("mia" if "@" in name else None)


@pytest.mark.parametrize("name", ["nina", "nina@partner.example"])
def test_a_bare_id_or_a_strangers_address_names_nobody(name: str) -> None:
    assert resolved(caller(1, actor=session(name)))[1].person is None


def test_a_session_that_a_robot_opened_is_the_robots_whatever_it_is_named() -> None:
    ci = caller(1, account=f"arn:aws:iam::{AWS}:role/ci-deploy", actor=session("81", "ci-deploy"))
    found = resolved(ci, caller(2, actor=session("nina@harbour.example")), issues=(opened(1, "nina@harbour.example"),))
    assert (found[2].actor_class, found[2].person, found[2].claims) == (ActorClass.PIPELINE, None, None)


def test_a_workloads_token_is_that_workloads() -> None:
    token = {"actor_kind": "WebIdentityUser", "on_behalf_of": "repo:quay/shop:ref:refs/heads/main"}
    github = caller(1, account="token.actions.githubusercontent.com", actor="github", **token)
    found = resolved(
        github, caller(2, actor=session("nina@harbour.example")), issues=(opened(1, "nina@harbour.example"),)
    )
    assert (found[2].actor_class, found[2].person) == (ActorClass.SERVICE, None)


def test_declarations_take_patterns_of_sessions_workloads_and_pools() -> None:
    pool = "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci"
    declared = [
        f"arn:aws:sts::{AWS}:assumed-role/okta-admin/*",
        "repo:quay/shop:*",
        f"principalSet:{pool}/attribute.repository/quay/shop",
    ]
    owner = {"id": "robot", "owner": "mia", "purpose": "releases", "accounts": declared}
    people = People(config(service_accounts=[owner]))
    subject = "repo:quay/shop:ref:refs/heads/main"
    assert people.who(session("nalvarez", "okta-admin")).owner == "robot"
    assert people.who(subject).owner == "robot"
    assert people.who(f"principal:{pool}/subject/{subject}").owner == "robot"
    assert people.who(f"principal:{pool}/subject/repo:quay/other:ref:refs/heads/main").owner is None


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"Service": "lambda.amazonaws.com"}, ActorClass.SERVICE),
        ({"Service": "lambda.amazonaws.com", "AWS": f"arn:aws:iam::{AWS}:root"}, ActorClass.UNKNOWN),
        ({"Federated": "okta"}, ActorClass.UNKNOWN),
        ({"Federated": f"{ISSUER}/oidc.eks.eu-central-1.amazonaws.com/id/AB"}, ActorClass.SERVICE),
        ({"Federated": f"{ISSUER}/token.actions.githubusercontent.com"}, ActorClass.UNKNOWN),
        ("*", ActorClass.UNKNOWN),
    ],
)
def test_a_role_that_only_services_may_become_is_a_machines(principal: Any, expected: ActorClass) -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}
    policy = Policy(**row(policy="trust", kind="trust", attached_to=ROLE, document=json.dumps(trust)))
    people = People(config(), policies=[policy])
    assert Callers(people, [caller(1, actor=session("worker"))], ()).resolve()[1].actor_class is expected


@pytest.mark.parametrize("name", ["i-0123456789abcdef0", "0f9de17a6465404e8b1b2356dc13c2f8"], ids=["instance", "task"])
def test_a_machines_own_session_is_a_machines(name: str) -> None:
    assert resolved(caller(1, actor=session(name)))[1].actor_class is ActorClass.SERVICE


@pytest.mark.parametrize(
    ("kind", "account", "behind", "expected"),
    [
        ("AssumedRole", ROLE, "instance:ec2", ActorClass.SERVICE),
        ("AssumedRole", ROLE, "function:lambda", ActorClass.SERVICE),
        ("AssumedRole", ROLE, f"{ISSUER}/token.actions.githubusercontent.com", ActorClass.SERVICE),
        ("AssumedRole", ROLE, f"{ISSUER}/acme.okta.com", ActorClass.UNKNOWN),
        ("AssumedRole", ROLE, "identity-center:0f8fad5b-d9cb-469f-a165-70867728950e", ActorClass.UNKNOWN),
        ("WebIdentityUser", f"{ISSUER}/api.bitbucket.org/2.0/x:aud:{{1}}:{{2}}", "{1}:{2}", ActorClass.SERVICE),
        ("WebIdentityUser", f"{ISSUER}/accounts.google.com:aud:1142", "1142", ActorClass.UNKNOWN),
    ],
    ids=[
        "an instance",
        "a function",
        "a pipeline's issuer",
        "an issuer for people",
        "a user of the directory",
        "an id",
        "a person",
    ],
)
def test_a_machine_is_known_by_what_the_provider_vouches_for(
    kind: str, account: str, behind: str, expected: ActorClass
) -> None:
    found = resolved(caller(1, actor_kind=kind, account=account, actor=session("x"), on_behalf_of=behind))[1]
    assert (found.actor_class, found.person) == (expected, None)


def test_who_opened_a_session_is_told_where_it_is_one_account() -> None:
    role = "AWSReservedSSO_ProdOperator_0123456789abcdef"
    leon = replace(NINA, caller=2, account=f"arn:aws:iam::{AWS}:user/leon", credential="AKIA2")
    callers = [
        NINA,
        leon,
        caller(3, actor=session("hers"), credential="ASIA3"),
        caller(4, actor=session("theirs")),
        caller(5, actor=session("nobodys")),
        caller(6, actor=session("nalvarez", role)),
        caller(7, actor=session("nalvarez")),
    ]
    issues = [opened(1, "hers", "ASIA3"), opened(1, "theirs"), opened(2, "theirs")]
    people = People(config(), [center_user("u-2", "nalvarez", "nina@harbour.example")])
    found = Callers(people, callers, issues)
    assert [found.opener(number) for number in range(1, 8)] == [
        None,
        None,
        NINA.account,
        None,
        None,
        "identity-center:u-2",
        None,
    ]


def test_a_workload_beside_those_that_are_declared_is_nobodys() -> None:
    declared = [{"id": "ci", "owner": "mia", "purpose": "deploys", "accounts": ["repo:harbour/shop:*"]}]
    people = People(config(service_accounts=declared))
    tokens = [caller(n, actor_kind="WebIdentityUser", account="x", actor="x", on_behalf_of=f"repo:harbour/{repo}:ref")
              for n, repo in enumerate(("shop", "sandbox"), 1)]  # fmt: skip
    role = caller(3, actor=session("mia@harbour.example"), credential="ASIA2")
    found = Callers(people, [*tokens, role], [opened(2, "mia@harbour.example", "ASIA2")]).resolve()
    assert [found[n].actor_class for n in (1, 2, 3)] == [ActorClass.SERVICE, ActorClass.UNKNOWN, ActorClass.UNKNOWN]
    assert (found[1].owner, found[3].person) == ("ci", None)


def test_a_declared_robot_that_an_undeclared_workload_became_is_nobodys() -> None:
    pool = "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci"
    robot = "serviceAccount:deploy@quay.iam.gserviceaccount.com"
    accounts = [robot, f"principalSet:{pool}/attribute.repository/quay/shop"]
    people = People(config(service_accounts=[{"id": "ci", "owner": "mia", "purpose": "deploys", "accounts": accounts}]))
    subjects = ("repo:quay/shop:ref:refs/heads/main", "repo:quay/sandbox:ref:refs/heads/main", "42")
    callers = [caller(n, provider="gcp", account=robot, actor=robot, on_behalf_of=f"principal:{pool}/subject/{one}")
               for n, one in enumerate(subjects, 1)]  # fmt: skip
    found = Callers(people, callers).resolve()
    assert [found[n].owner for n in (1, 2, 3)] == ["ci", None, "ci"]
    assert "repo:quay/sandbox" in found[2].how
    assert found[2].actor_class is ActorClass.UNKNOWN


@pytest.mark.parametrize(
    ("first", "last", "person"),
    [(-1, -1, "nina"), (-35, -35, "nina"), (-37, -37, None), (-37, -1, "nina"), (1, 1, None)],
)
def test_a_session_is_not_of_whoever_opened_one_of_its_name_after_it_was_used_or_long_before(
    first: int, last: int, person: str | None
) -> None:
    first_at, last_at = AT + timedelta(hours=first), AT + timedelta(hours=last)
    issue = Issue(caller=1, issued=session("work"), issued_credential=None, time=first_at, last_at=last_at)
    assert resolved(NINA, caller(2, actor=session("work")), issues=(issue,))[2].person == person


@pytest.mark.parametrize(
    ("behind", "person", "actor_class"),
    [
        ("user:nina@harbour.example", "nina", ActorClass.PIPELINE),
        ("user:someone@elsewhere.example", None, ActorClass.UNKNOWN),
        ("serviceAccount:hop@quay.iam.gserviceaccount.com", None, ActorClass.PIPELINE),
    ],
)
def test_a_declared_robot_in_a_strangers_hands_is_nobodys(
    behind: str, person: str | None, actor_class: ActorClass
) -> None:
    robot = "serviceAccount:deploy@quay.iam.gserviceaccount.com"
    ci = {"id": "ci", "owner": "mia", "purpose": "deploys", "pipeline": "gitlab", "accounts": [robot]}
    people = People(config(service_accounts=[ci]))
    used = caller(1, provider="gcp", account=robot, actor=robot, on_behalf_of=behind)
    found = Callers(people, [used]).resolve()[1]
    assert (found.person, found.actor_class) == (person, actor_class)


@pytest.mark.parametrize(
    ("opener", "behind", "person"),
    [
        (None, None, "nina"),
        ("nina", None, "nina"),
        ("leon", None, "leon"),
        ("stranger", None, None),
        (None, "leon@harbour.example", "leon"),
    ],
)
def test_a_role_of_ones_own_in_another_ones_hands_is_theirs(
    opener: str | None, behind: str | None, person: str | None
) -> None:
    declared = [{"id": name, "name": name, "email": f"{name}@harbour.example"} for name in ("nina", "leon")]
    for one in declared:
        one["accounts"] = [f"arn:aws:iam::{AWS}:user/{one['id']}", *([ROLE] if one["id"] == "nina" else [])]
    opened = caller(1, account=f"arn:aws:iam::{AWS}:user/{opener}", actor_kind="IAMUser")
    used = caller(2, actor=session("x"), credential="ASIA1", on_behalf_of=behind)
    issue = Issue(caller=1, issued=session("x"), issued_credential="ASIA1", time=AT, last_at=AT)
    people = People(config(people=declared, **NOBODY_ELSE))
    assert Callers(people, [opened, used], (issue,) if opener else ()).resolve()[2].person == person


@pytest.mark.parametrize(
    ("behind", "person"),
    [("user:leon@harbour.example", "leon"), ("user:nina@harbour.example", "nina"), ("repo:a/b:ref", "nina")],
)
def test_an_account_of_ones_own_is_of_whomever_the_provider_names_behind_it(behind: str, person: str) -> None:
    tool = "serviceAccount:tool@quay.iam.gserviceaccount.com"
    declared = [{"id": name, "name": name, "email": f"{name}@harbour.example"} for name in ("nina", "leon")]
    people = People(config(people=[{**declared[0], "accounts": [tool]}, declared[1]], **NOBODY_ELSE))
    used = caller(1, provider="gcp", account=tool, actor=tool, on_behalf_of=behind)
    assert Callers(people, [used]).resolve()[1].person == person


def test_emergency_access_in_a_strangers_hands_is_emergency_access_still() -> None:
    item = "vault-item:2fcbqwe9ndg175zg2dzwftvkpa"
    people = People(config(break_glass=[{"id": "emergency", "keeper": "mia", "accounts": [item]}]))
    opened = caller(1, provider="vault", account=item, actor="someone@elsewhere.example",
                    on_behalf_of="someone@elsewhere.example")  # fmt: skip
    found = Callers(people, [opened]).resolve()[1]
    assert (found.person, found.owner, found.actor_class) == (None, "emergency", ActorClass.BREAK_GLASS)


def test_a_session_as_root_is_of_whoever_was_handed_its_key() -> None:
    root = "arn:aws:iam::222222222222:root"
    member = caller(2, account=root, actor=root, actor_kind="Root", scope="222222222222", credential="ASIA1")
    issue = Issue(caller=1, issued=None, issued_credential="ASIA1", time=AT, last_at=AT)
    assert (resolved(NINA, member, issues=(issue,))[2].person, resolved(NINA, member)[2].person) == ("nina", None)
    assert resolved(NINA, member, issues=(issue,))[2].actor_class is ActorClass.ROOT


def test_a_caller_of_another_account_is_known_by_its_id() -> None:
    known = {"kind": "person", "provider": "aws", "scope": AWS, "email": None}
    jump = f"arn:aws:iam::{AWS}:role/ops/jump"
    rows = [
        Account(**row(account=NINA.account, unique_id="AIDA1", name="nina", **known)),
        Account(**row(account=jump, unique_id="AROA1", name="jump", **known)),
    ]
    abroad = {"account": f"aws-account:{AWS}", "actor_kind": "AWSAccount", "scope": "999900001111"}
    callers = [
        caller(1, actor="AIDA1", **abroad),
        caller(2, actor="AROA1:s", **abroad),
        caller(3, actor="AIDA9", **abroad),
    ]
    found = Callers(People(config(), rows), [*callers, replace(NINA, caller=4)], [opened_by(4, "jump", "s")]).resolve()
    assert [found[n].person for n in (1, 2, 3)] == ["nina", "nina", None]


def test_a_session_from_another_account_calls_itself_by_its_name() -> None:
    abroad = {"account": "aws-account:999900001111", "actor_kind": "AWSAccount", "scope": AWS}
    callers = [
        caller(1, actor="AROAEXAMPLE123456789:nina@harbour.example", **abroad),
        caller(2, actor="AROAEXAMPLE123456789:nina", **abroad),
    ]
    found = Callers(People(config()), callers, ()).resolve()
    assert [(found[n].person, found[n].how) for n in (1, 2)] == [
        ("nina", "calls itself nina@harbour.example"),
        (None, NOBODY),
    ]


@pytest.mark.parametrize(
    ("opener", "person"),
    [
        ({"account": f"arn:aws:iam::{AWS}:user/intern", "actor_kind": "IAMUser"}, None),
        (
            {"account": "aws-account:999900001111", "actor": "AROAVENDOR0123456789:bob", "actor_kind": "AWSAccount"},
            None,
        ),
        # Nina has a user there: whose id this is, its log alone could tell.
        ({"account": f"aws-account:{AWS}", "actor": "AIDA0123456789ABCDEF", "actor_kind": "AWSAccount"}, "nina"),
        ({"account": None, "actor_kind": None}, "nina"),
    ],
)
def test_what_a_stranger_calls_a_session_names_nobody(opener: dict[str, Any], person: str | None) -> None:
    named = caller(2, actor=session("nina@harbour.example"), credential="ASIA2")
    issues = [opened(1, "nina@harbour.example", "ASIA2")] if opener["account"] else []
    found = Callers(People(config()), [caller(1, **opener), named], issues).resolve()[2]
    assert (found.person, found.actor_class) == (person, ActorClass.PERSON if person else ActorClass.UNKNOWN)
    assert found.how == ("calls itself nina@harbour.example" if person else NOBODY)


def test_a_source_identity_counts_whoever_opened_the_session() -> None:
    bob = caller(1, account=f"arn:aws:iam::{AWS}:user/bob", actor_kind="IAMUser")
    told = caller(2, actor=session("x"), credential="ASIA2", on_behalf_of="nina@harbour.example")
    assert Callers(People(config()), [bob, told], [opened(1, "x", "ASIA2")]).resolve()[2].person == "nina"


def test_a_federated_user_named_like_somebody_else_borrows_the_name() -> None:
    named = f"arn:aws:sts::{AWS}:federated-user/leon@harbour.example"
    found = Callers(People(config()), [caller(1, account=NINA.account, actor=named, scope=AWS)], ()).resolve()
    assert (found[1].person, found[1].claims) == ("nina", "leon")


def opened_by(number: int, role: str, name: str) -> Issue:
    return replace(opened(number, name), issued=session(name, role))


def test_a_certificate_for_a_role_of_services_names_its_person() -> None:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"}}]}
    policy = Policy(**row(policy="trust", kind="trust", attached_to=ROLE, document=json.dumps(trust)))
    people = People(config(), policies=[policy])
    callers = [caller(n, actor=session("7a"), on_behalf_of=name) for n, name in enumerate(CERTIFIED, 1)]
    found = Callers(people, callers, ()).resolve()
    assert [found[n].person for n in (1, 2, 3)] == ["nina", "nina", None]
    assert found[3].actor_class is ActorClass.SERVICE


CERTIFIED = ("CN=nina@harbour.example", "O=Harbour,CN=nina", "CN=build-7,O=Harbour")


@pytest.mark.parametrize(
    ("name", "person"),
    [
        ("vault-oidc-nina@harbour.example", "nina"),
        (f"vault-ldap-nina@harbour.example-{'0' * 64}", "nina"),
        (f"vault-ldap-nina-{'0' * 64}", "nina"),
        (f"vault-token-nina-{'0' * 64}", None),
        ("vault-ldap-nina", None),
        ("request[a1] for[nina] from[10.0.0.1] command[] ssh_key[x] ca[y] valid_to[z]", "nina"),
        ("user=nina@harbour.example;serial=7", "nina"),
        ("anna-nina@harbour.example", None),
        ("OU=nina,O=Harbour", None),
        ("nina@harbour.example mia@harbour.example", None),
    ],
)
def test_what_an_authority_puts_around_a_name_is_taken_off(name: str, person: str | None) -> None:
    found = People(config()).named(name)
    assert (found and found.person) == person


def test_root_that_somebody_opened_for_itself_has_their_name() -> None:
    root = caller(2, account=f"arn:aws:iam::{AWS}:root", actor_kind="Root", credential="ASIA9")
    issue = Issue(caller=1, issued=None, issued_credential="ASIA9", time=AT, last_at=AT)
    found = resolved(NINA, root, replace(root, caller=3, credential=None), issues=(issue,))
    assert [(found[n].actor_class, found[n].person) for n in (2, 3)] == [
        (ActorClass.ROOT, "nina"),
        (ActorClass.ROOT, None),
    ]


def test_emergency_access_names_whoever_opened_it() -> None:
    sealed = {"id": "seal", "accounts": [ROLE], "keeper": "tom"}
    callers = [NINA, caller(2, actor=session("incident"))]
    found = Callers(People(config(break_glass=[sealed])), callers, [opened(1, "incident")]).resolve()[2]
    assert (found.actor_class, found.person) == (ActorClass.BREAK_GLASS, "nina")


def test_a_certificate_names_its_holder_and_a_strangers_is_nobodys() -> None:
    login = {"provider": "ssh", "account": "ssh:ubuntu@web-1.harbour.example", "credential": "ssh-key:SHA256:short"}
    named = (
        "nina@harbour.example",
        "eve@partner.example",
        "kerberos:nina@HARBOUR.EXAMPLE",
        "tailscale:eve@partner.example",
    )
    found = resolved(*(caller(number, **login, on_behalf_of=name) for number, name in enumerate(named)))
    assert [found[number].person for number in range(len(named))] == ["nina", None, "nina", None]


@pytest.mark.parametrize(
    ("login", "person"),
    [
        ("nina", "nina"),
        ("nina@harbour.example", "nina"),
        ("HARBOUR\\nina", "nina"),
        ("HARBOUR+nina", "nina"),
        ("nina@partner.example", None),
        ("PARTNER\\nina", None),
    ],
)
def test_the_domain_of_a_login_counts(login: str, person: str | None) -> None:
    assert People(config()).who(f"ssh:{login}@web-1.harbour.example").person == person


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        ("serviceAccount:service-org-9@gcp-sa-pam.iam.gserviceaccount.com", ActorClass.PROVIDER),
        ("serviceAccount:42@cloudbuild.gserviceaccount.com", ActorClass.PROVIDER),
        ("system:serviceaccount:kube-system:node-controller", ActorClass.PROVIDER),
        ("system:node:gke-1", ActorClass.PROVIDER),
        ("serviceAccount:service-999@backup-tools.iam.gserviceaccount.com", ActorClass.UNKNOWN),
        ("serviceAccount:quay-shop.svc.id.goog[web/web]", ActorClass.SERVICE),
        ("serviceAccount:elsewhere.svc.id.goog[web/web]", ActorClass.UNKNOWN),
    ],
)
def test_googles_own_are_known_by_what_only_google_makes(account: str, expected: ActorClass) -> None:
    system = {"id": "shop", "name": "Shop", "resources": [{"provider": "gcp", "project": "quay-shop"}]}
    assert People(config(systems=[system])).who(account).actor_class is expected


def test_over_ssh_the_key_decides_and_a_stranger_s_key_is_nobodys() -> None:
    login = "ssh:mia@web-1.harbour.example"
    with_key = caller(1, provider="ssh", account=login, credential="ssh-key:SHA256:nina")
    without = caller(2, provider="ssh", account=login)
    stranger = caller(3, provider="ssh", account=login, credential="ssh-key:SHA256:gone")
    found = resolved(with_key, without, stranger)
    assert [found[n].person for n in (1, 2, 3)] == ["nina", "mia", None]


@pytest.mark.parametrize(
    ("login", "person"),
    [("nina_harbour_example", "nina"), ("nina_partner_example", None), ("ext_nina_harbour_example", None)],
)
def test_a_login_that_os_login_made_of_an_address_is_its_persons(login: str, person: str | None) -> None:
    assert People(config()).who(f"ssh:{login}@web-1.harbour.example").person == person


@pytest.mark.parametrize(
    ("login", "person"), [("mia", "mia"), ("nina", None), ("nina_harbour_example", "nina"), ("deploy", None)]
)
def test_a_login_is_its_owners_where_no_keys_are_known(login: str, person: str | None) -> None:
    """Nina's keys are declared, and this is none of them."""
    caller_ = caller(1, provider="ssh", account=f"ssh:{login}@web-1.harbour.example", credential="ssh-key:SHA256:new")
    assert Callers(People(config()), [caller_], ()).resolve()[1].person == person


NOBODY_ELSE: dict[str, Any] = {"systems": [], "service_accounts": [], "break_glass": [], "policy": {}}


@pytest.mark.parametrize("written", ["user:Ada@Quay.example", "user:ada@quay.example"])
def test_google_addresses_are_the_same_in_any_case(written):
    people = People(config(people=[{"id": "ada", "name": "Ada", "accounts": ["user:ADA@quay.example"]}]))
    assert people.who(written).person == "ada"


@pytest.mark.parametrize(
    ("written", "person"),
    [
        ("user:nina.quay@gmail.com", "nina"),
        ("user:NinaQuay@googlemail.com", "nina"),
        ("user:ninaquay+work@gmail.com", "nina"),
        ("user:leo.quay@gmail.com", "leo"),
        ("user:nina.quay@elsewhere.example", None),
        ("user:a.da@quay.example", None),
    ],
)
def test_a_gmail_address_is_the_same_in_all_ways_to_write_it(written: str, person: str | None) -> None:
    roster = [{"id": "nina", "name": "Nina", "email": "ninaquay@gmail.com"},
              {"id": "leo", "name": "Leo", "accounts": ["user:leoquay@gmail.com"]},
              {"id": "ada", "name": "Ada", "email": "ada@quay.example"}]  # fmt: skip
    assert People(config(people=roster, **NOBODY_ELSE)).who(written).person == person


@pytest.mark.parametrize(
    "account",
    ["user:system@google.com", "serviceAccount:service-42@serverless-robot-prod.iam.gserviceaccount.com"],
)
def test_googles_own_agents_are_the_providers(account):
    assert People(config()).who(account).actor_class is ActorClass.PROVIDER


ROSTER = [
    {"id": "nina", "name": "Nina Alvarez", "email": "nina@harbour.example", "accounts": ["jira:5b1"]},
    {"id": "nico", "name": "Nico Alvarez", "email": "nico@harbour.example"},
    {"id": "ann", "name": "Ann Lee"},
    {"id": "anna", "name": "Ann Lin"},
]


@pytest.mark.parametrize(
    ("written", "person"),
    [
        ("Nina Alvarez", "nina"),
        ("Alvarez Nina", "nina"),
        ("nina  alvarez", "nina"),
        ("Nina A.", "nina"),
        ("N. Alvarez", None),
        ("A. Lee", "ann"),
        ("Ann L.", None),
        ("Alvarez", None),
        ("Nina Alvares", None),
        ("Somebody <jira:5b1>", "nina"),
        ("Nico Alvarez <jira:unknown>", "nico"),
    ],
)
def test_people_are_found_as_tickets_name_them_and_never_guessed(written: str, person: str | None) -> None:
    assert People(config(people=ROSTER, **NOBODY_ELSE)).roster_id(written) == person


@pytest.mark.parametrize(
    ("written", "person"),
    [
        ("nina", "nina"),
        ("Nina", "nina"),
        ("@nina", "nina"),
        ("NINA@harbour.example", "nina"),
        ("Nina \u00c1lvarez", "nina"),
        ("Alvarez, Nina", "nina"),
        ("Nina Alvarez <nina@harbour.example>", "nina"),
        ("nina+prod@harbour.example", "nina"),
        ("nina+prod@elsewhere.example", None),
        ("CN=Nina Alvarez,OU=Engineers,DC=harbour", "nina"),
        ("<@U02ABCDEF|nina>", "nina"),
        ("Nina M. Alvarez", "nina"),
        ("Nina Maria Alvarez", None),
        ("mailto:nina@harbour.example", "nina"),
        ("Nina Alvarez (nina@harbour.example)", "nina"),
        ("Ann Lee <ann@harbour.example>; Nina Alvarez <nina@harbour.example>", None),
        ("Ann Lee (ann) and Nina Alvarez (nina)", None),
        ("Nina Alvarez (she/her) (nina)", "nina"),
        ("na7", "nina"),
        ("@na7", "nina"),
        ("youtrack:na7", "nina"),
        ("[~accountid:557058:n1]", "nina"),
        ("Nina Alvares", None),
        ("Kim", None),
        ("Kim Berg", "kb1"),
        ("Alvarez", "nina"),
        ("Herr Alvarez", "nina"),
        ("HARBOUR\\na7", "nina"),
        ("<@na7>", "nina"),
        ("Nina Alvarez [na7]", "nina"),
        ("Nina Alvarez - Platform", "nina"),
        ("Joerg Mueller", "jm"),
        ("M\u00fcller", "jm"),
        ("soeren aagaard", "sa"),
        ("ilker yilmaz", "iy"),
        ("", None),
    ],
)
def test_tickets_call_people_as_people_do(written: str, person: str | None) -> None:
    roster = [
        {
            "id": "nina",
            "name": "Nina Alvarez",
            "email": "nina@harbour.example",
            "accounts": ["gitlab:na7", "jira:557058:n1"],
        },
        {"id": "kb1", "name": "Kim Berg"},
        {"id": "kb2", "name": "Kim Blau"},
        {"id": "jm", "name": "J\u00f6rg M\u00fcller"},
        {"id": "sa", "name": "S\u00f8ren \u00c5g\u00e5rd"},
        {"id": "iy", "name": "\u0130lker Y\u0131lmaz"},
    ]
    people = People(config(people=roster, service_accounts=[], break_glass=[], systems=[], policy={}))
    assert people.called(written) == person
    assert people.roster_id("na7") is None


@pytest.mark.parametrize(("written", "person"), [("nina", "nina"), ("Nina", None), ("Nina B.", "nb")])
def test_a_given_name_that_several_have_is_an_id_only_where_it_is_written_as_one(
    written: str, person: str | None
) -> None:
    roster = [{"id": "nina", "name": "Nina Alvarez"}, {"id": "nb", "name": "Nina Berg"}]
    people = People(config(people=roster, **NOBODY_ELSE))
    assert people.called(written, of_namesakes=False) == person
    assert people.called(written) == (person or "nina")


def test_people_call_somebody_by_what_nobody_else_is_called() -> None:
    roster = [
        {"id": "nina", "name": "Nina van Berg", "email": "nina@harbour.example"},
        {"id": "leon", "name": "Leon van Roth"},
        {"id": "x", "name": "Q Berg"},
    ]
    people = People(config(people=roster, **NOBODY_ELSE))
    assert people.names.of("nina") == ("nina", "nina@harbour.example", "nina van berg")
    assert people.names.of("leon") == ("leon", "leon van roth", "roth")
    assert people.names.of("x") == ("x", "q berg")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("berg", {"nina", "x"}),
        ("bergg", {"nina", "x"}),
        ("roht", {"leon"}),
        ("nvb", {"nina"}),
        ("sailor", {"leon"}),
        ("kraken", {"leon"}),
        ("harbour", set()),
        ("q", {"x"}),
        ("be", set()),
    ],
)
def test_a_word_may_mean_whoever_is_called_much_like_it(written: str, found: set[str]) -> None:
    roster = [
        {"id": "nina", "name": "Nina van Berg", "email": "n.berg@harbour.example"},
        {
            "id": "leon",
            "name": "Leon van Roth",
            "email": "sailor@harbour.example",
            "accounts": ["gitlab:kraken@harbour"],
        },
        {"id": "x", "name": "Q Berg"},
    ]
    assert People(config(people=roster, **NOBODY_ELSE)).names.like([written]) == found


def test_a_middle_name_may_be_left_out_where_that_leaves_one_person() -> None:
    ann, lee = {"id": "ann", "name": "Ann Mary Lee"}, {"id": "lee", "name": "Ann Sue Lee"}
    assert People(config(people=[ann], **NOBODY_ELSE)).called("Ann Lee") == "ann"
    assert People(config(people=[ann, lee], **NOBODY_ELSE)).called("Ann Lee") is None
    assert People(config(people=[ann, {"id": "lee", "name": "Ann Lee"}], **NOBODY_ELSE)).called("Ann Lee") == "lee"


@pytest.mark.parametrize(("credential", "person"), [("ssh-key:SHA256:pushed", "nina"), ("ssh-key:SHA256:other", None)])
def test_a_login_by_a_key_that_somebody_let_in_is_theirs(credential: str, person: str | None) -> None:
    login = caller(2, provider="ssh", account="ssh:ec2-user@web-1.harbour.example", credential=credential)
    pushed = Issue(caller=1, issued=None, issued_credential="ssh-key:SHA256:pushed", time=AT, last_at=AT)
    assert resolved(NINA, login, issues=(pushed,))[2].person == person


def test_a_declared_key_stays_its_owners_whoever_let_it_in() -> None:
    tom = caller(1, account=f"arn:aws:iam::{AWS}:user/tom", actor_kind="IAMUser", credential="AKIA2")
    login = caller(2, provider="ssh", account="ssh:ec2-user@web-1.harbour.example", credential="ssh-key:SHA256:nina")
    pushed = Issue(caller=1, issued=None, issued_credential="ssh-key:SHA256:nina", time=AT, last_at=AT)
    assert resolved(tom, login, issues=(pushed,))[2].person == "nina"
