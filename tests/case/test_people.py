"""Every account to whoever is behind it, and how that was found out."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.activity.results import Caller, Issue
from auditor.case.people import Callers, People
from auditor.model.entitlements import Identity
from auditor.model.tables import Account
from auditor.model.vocabulary import ActorClass
from tests.cases import AT, AWS, config, key, user

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
        ("ssh-key:SHA256:nina", ActorClass.PERSON, "nina"),
        (f"arn:aws:iam::{AWS}:role/ci-deploy", ActorClass.PIPELINE, None),
        (session("job-1", "ci-deploy"), ActorClass.PIPELINE, None),
        (f"arn:aws:iam::{AWS}:role/some/path/ci-deploy", ActorClass.PIPELINE, None),
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


def test_a_login_can_be_declared_on_one_host_only_by_its_short_name() -> None:
    people = People(config(people=[{"id": "a", "name": "A", "accounts": ["ssh:deploy@web-1"]}], **NOBODY_ELSE))
    assert people.who("ssh:deploy@web-1.harbour.example").person == "a"
    assert people.who("ssh:deploy@web-2.harbour.example").person is None


def test_an_e_mail_that_two_people_share_is_never_guessed() -> None:
    twins = [{"id": name, "name": name, "email": "team@harbour.example"} for name in ("a", "b")]
    found = People(config(people=twins, **NOBODY_ELSE)).who("user:team@harbour.example")
    assert (found.person, found.candidates) == (None, ("a", "b"))


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
    ]
    found = Callers(People(config(), rows), callers, ()).resolve()
    assert (found[1].person, found[1].how) == ("nina", "Identity Center user name")
    assert (found[2].person, found[3].person) == (None, None)


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
    return Issue(caller=number, issued=session(name), issued_credential=credential, time=AT - timedelta(hours=1))


def test_a_role_session_named_by_an_e_mail_is_that_person() -> None:
    found = resolved(caller(1, actor=session("nina@harbour.example")))[1]
    assert (found.person, found.how, found.account) == ("nina", "session name", ROLE)


def test_a_source_identity_names_the_person() -> None:
    found = resolved(caller(1, actor=session("botocore-1"), on_behalf_of="nina@harbour.example"))[1]
    assert (found.person, found.how) == ("nina", "source identity")


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
        caller(1, actor=session("x"), invoked_by="rds.amazonaws.com"),
    ],
)
def test_what_aws_does_itself_is_the_providers(own: Caller) -> None:
    assert resolved(own)[1].actor_class is ActorClass.PROVIDER


def test_a_service_that_acts_for_a_person_is_still_the_person() -> None:
    found = resolved(caller(1, account=NINA.account, invoked_by="cloudformation.amazonaws.com"))[1]
    assert found.person == "nina"


def test_a_person_who_takes_on_a_pipelines_role_is_named_behind_it() -> None:
    found = resolved(
        caller(1, account=f"arn:aws:iam::{AWS}:role/ci-deploy", actor=session("nina@harbour.example", "ci-deploy"))
    )[1]
    assert (found.actor_class, found.person) == (ActorClass.PIPELINE, "nina")


def test_over_ssh_the_key_decides_and_a_stranger_s_key_is_nobodys() -> None:
    login = "ssh:mia@web-1.harbour.example"
    with_key = caller(1, provider="ssh", account=login, credential="ssh-key:SHA256:nina")
    without = caller(2, provider="ssh", account=login)
    stranger = caller(3, provider="ssh", account=login, credential="ssh-key:SHA256:gone")
    found = resolved(with_key, without, stranger)
    assert [found[n].person for n in (1, 2, 3)] == ["nina", "mia", None]


NOBODY_ELSE: dict[str, Any] = {"systems": [], "service_accounts": [], "break_glass": [], "policy": {}}


@pytest.mark.parametrize("written", ["user:Ada@Quay.example", "user:ada@quay.example"])
def test_google_addresses_are_the_same_in_any_case(written):
    people = People(config(people=[{"id": "ada", "name": "Ada", "accounts": ["user:ADA@quay.example"]}]))
    assert people.who(written).person == "ada"


@pytest.mark.parametrize(
    "account",
    ["user:system@google.com", "serviceAccount:service-42@serverless-robot-prod.iam.gserviceaccount.com"],
)
def test_googles_own_agents_are_the_providers(account):
    assert People(config()).who(account).actor_class is ActorClass.PROVIDER
