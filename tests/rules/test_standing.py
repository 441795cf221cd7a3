"""Rights that stay: one path, one finding, of the most telling cause."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.model.entitlements import Entitlement, ForeignTrust, Identity
from auditor.model.findings import Finding, NotJudged
from auditor.model.tables import Account, Credential
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.rules import standing
from tests.cases import AT, AWS, access, access_key, case, config, episode, hour, judged, key, row, ticket, user
from tests.copies import replace

BY_PATH = (
    standing.departed,
    standing.admin_access,
    standing.outlived_task,
    standing.beyond_job,
    standing.write_access,
    standing.read_access,
)


def rules_found(found_in: Case) -> list[str]:
    return [f.rule for rule in BY_PATH for f in judged(rule, found_in)]


def test_an_engineer_with_endless_write_is_a_finding_and_says_by_which_path() -> None:
    found = judged(standing.write_access, case(access=[access("nina")]))
    assert [(f.person, f.system) for f in found] == [("nina", "checkout")]
    assert found[0].facts["paths"] == ["user nina → inline policy deploy"]
    assert found[0].handles == ({"type": "inline-user-policy"},)


def test_two_paths_to_one_system_are_one_finding() -> None:
    paths = [access("nina"), access("nina", path=("user nina", "assumes role operator"))]
    found = judged(standing.write_access, case(access=paths))
    assert len(found) == 1
    assert len(found[0].facts["paths"]) == 2


@pytest.mark.parametrize(
    "innocent",
    [
        access("mia"),
        access("leon"),
        access("nina", expires_at=AT + timedelta(days=5)),
        access("nina", level=Level.READ, capabilities=frozenset({Capability.READ_LOGS})),
        access("nina", identity=Identity(account="x", actor_class=ActorClass.PIPELINE, owner="ci")),
        access("nina", identity=Identity(account="x", actor_class=ActorClass.BREAK_GLASS, owner="glass")),
    ],
    ids=["primary", "backup", "ends by itself", "reads logs", "pipeline", "break-glass"],
)
def test_what_looks_like_standing_write_and_is_none(innocent: Any) -> None:
    assert rules_found(case(access=[innocent])) == []


def test_a_right_inside_a_live_window_does_what_it_is_for() -> None:
    running = ticket(starts_at=AT - hour(0.5), ends_at=AT + hour(0.5), closed_at=None)
    assert rules_found(case(tickets=[running], access=[access("nina", ticket="PAY-184")])) == []


def test_a_right_that_outlived_its_ticket_says_which() -> None:
    found = case(tickets=[ticket()], access=[access("nina", ticket="PAY-184")])
    assert rules_found(found) == ["standing/outlived-task"]
    assert judged(standing.outlived_task, found)[0].ticket == "PAY-184"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (AT - hour(3.5), ["standing/outlived-task"]),
        (AT - hour(9), ["standing/write-access"]),
    ],
)
def test_a_right_given_while_a_ticket_was_open_outlived_it(given: Any, found: list[str]) -> None:
    told = case(tickets=[ticket()], access=[access("nina", granted_at=given)])
    assert rules_found(told) == found
    assert [one.ticket for one in judged(standing.outlived_task, told)] == ["PAY-184"][: "outlived" in found[0]]
    # The same right in its owner's hands is theirs, whatever was open when they got it.
    assert rules_found(case(tickets=[ticket(person="mia")], access=[access("mia", granted_at=given)])) == []


def test_a_right_beyond_the_job_is_that_and_not_write_access() -> None:
    wide = access("sam", capabilities=frozenset({Capability.DEPLOY, Capability.READ_LOGS}))
    found = case(access=[wide])
    assert rules_found(found) == ["standing/beyond-job"]
    assert judged(standing.beyond_job, found)[0].facts["beyond"] == ["deploy"]


def test_somebody_who_left_is_one_finding_with_all_that_remains() -> None:
    found = case(access=[access("piet"), access("piet", system="search")], credentials=[key("piet", "piet")])
    assert rules_found(found) == ["standing/departed"]
    departed = judged(standing.departed, found)[0]
    assert departed.person == "piet"
    assert departed.facts["systems"] == ["checkout", "search"]
    assert departed.facts["keys"] == ["ssh-key:SHA256:piet"]
    assert departed.summary == "Piet left on 30 Sep 2026 and still has 1 key and rights on Checkout and Search"


@pytest.mark.parametrize(("left", "gone"), [("2026-10-01", True), ("2026-10-02", False), ("2026-10-20", False)])
def test_the_last_day_still_belongs_to_the_one_who_leaves(left: str, gone: bool) -> None:
    roster = [{"id": "piet", "name": "Piet", "left": left, "accounts": ["ssh-key:SHA256:piet"]}]
    owners = [{"id": "x", "name": "X", "resources": [{"provider": "ssh", "host": "web-*"}]}]
    company = config(people=roster, systems=owners, service_accounts=[], break_glass=[], policy={})
    found = judged(standing.departed, case(config=company, credentials=[key("piet", "piet")]))
    assert bool(found) is gone


def test_somebody_who_left_and_holds_nothing_is_clear() -> None:
    assert judged(standing.departed, case(credentials=[key("piet", "piet", expires_at=AT - hour(1))])) == []


def test_unrestricted_rights_are_one_finding_and_no_system_is_named_twice() -> None:
    admin = access("nina", system=None, unrestricted=True, level=Level.ADMIN, capabilities=frozenset(Capability))
    assert rules_found(case(access=[admin])) == ["standing/admin-access"]


def test_a_services_unrestricted_role_is_a_finding_too() -> None:
    role = Identity(account=f"arn:aws:iam::{AWS}:role/report", actor_class=ActorClass.SERVICE, owner="app")
    admin = access("report", system=None, unrestricted=True, level=Level.ADMIN, identity=role)
    found = judged(standing.admin_access, case(access=[admin]))
    assert [(f.person, f.account) for f in found] == [(None, f"arn:aws:iam::{AWS}:user/report")]


def test_read_of_data_by_someone_who_does_not_own_it_is_low() -> None:
    reader = access("leon", "search", level=Level.READ, capabilities=frozenset({Capability.READ_DATA}))
    stranger = access("mia", "search", level=Level.READ, capabilities=frozenset({Capability.READ_DATA}))
    assert [f.person for f in judged(standing.read_access, case(access=[reader, stranger]))] == ["mia"]


def test_an_iam_user_on_nobodys_list_is_unknown_and_a_declared_one_is_not() -> None:
    found = judged(standing.unknown_person, case(accounts=[user("test-old"), user("nina"), user("glass")]))
    assert [f.account for f in found] == [f"arn:aws:iam::{AWS}:user/test-old"]


def test_an_account_that_is_shut_and_reaches_nothing_is_no_stranger_s() -> None:
    shut, open_ = user("test-old", enabled=False), user("new", enabled=False)
    reaches = access(
        "ghost", account=open_.account, identity=Identity(account=open_.account, actor_class=ActorClass.UNKNOWN)
    )
    found = judged(standing.unknown_person, case(accounts=[shut, open_], access=[reaches]))
    assert [f.account for f in found] == [open_.account]


def moved(day: str) -> Any:
    """Nina was in support, and became an engineer on a day."""
    roster = [one for one in config().model_dump(mode="json", by_alias=True)["people"] if one["id"] != "nina"]
    held = [{"job": "support", "from": "2025-01-01"}, {"job": "engineer", "from": day}]
    jobs = {"support": ["deploy"], "engineer": ["read-logs"]}
    return config(people=[*roster, {"id": "nina", "name": "Nina", "jobs": held}], jobs=jobs)


@pytest.mark.parametrize(
    ("day", "given", "said"),
    [
        ("2026-10-02", None, None),
        ("2026-10-01", None, ", since the change of jobs on 1 Oct 2026: deploy"),
        ("2026-09-01", AT - timedelta(days=90), ", since the change of jobs on 1 Sep 2026: deploy"),
        ("2026-09-01", AT - timedelta(days=3), " than the job needs: deploy"),
        ("2026-10-03", None, None),
    ],
    ids=["a day to hand over", "kept", "kept, known to be old", "given afterwards", "not yet"],
)
def test_a_right_kept_across_a_change_of_jobs_is_told_so(day: str, given: datetime | None, said: str | None) -> None:
    held = access("nina", capabilities=frozenset({Capability.DEPLOY}), granted_at=given)
    found = judged(standing.beyond_job, case(config=moved(day), access=[held]))
    assert [f.summary.endswith(said) for f in found] == ([True] if said else []), [f.summary for f in found]


def test_a_holder_whom_no_list_of_accounts_has_is_not_judged() -> None:
    ghost = Identity(account="identity-center:0f8f", actor_class=ActorClass.UNKNOWN)
    held = [access("nina"), access("ghost", account=ghost.account, identity=ghost)]
    (found,) = standing.unknown_person(case(access=held))
    assert (type(found), found.subject.account) == (NotJudged, ghost.account)


def test_what_an_account_that_nobody_knows_reaches_is_told_system_by_system() -> None:
    row = user("ghost")
    held = [access("ghost", system, account=row.account) for system in (None, "search", "checkout")]
    (found,) = judged(standing.unknown_person, case(accounts=[row], access=held))
    assert found.facts["systems"] == ["checkout", "search"]


def test_roles_groups_and_root_are_not_unknown_people() -> None:
    rows = [user(kind, kind=kind) for kind in ("role", "group", "root")]
    assert judged(standing.unknown_person, case(accounts=rows)) == []


def operator(system: str | None = "checkout", **changes: Any) -> Entitlement:
    arn = f"arn:aws:iam::{AWS}:role/operator"
    nobody = Identity(account=arn, actor_class=ActorClass.UNKNOWN)
    return access("operator", system, account=arn, identity=nobody, opened_by=("any repository on GitHub",), **changes)


def test_a_role_that_nobody_declares_is_one_finding_that_tells_what_becomes_it() -> None:
    (found,) = judged(standing.unknown_person, case(access=[operator(), operator("search")]))
    assert (found.account, found.system, found.severity) == (f"arn:aws:iam::{AWS}:role/operator", None, "high")
    assert found.summary == (
        "operator, which nobody declares, can deploy on Checkout and Search, and is open to any repository on GitHub"
    )
    assert found.facts["opened_by"] == ["any repository on GitHub"]
    assert rules_found(case(access=[operator()])) == []


def test_a_role_that_nobody_declares_and_that_changes_nothing_is_no_finding() -> None:
    reader = operator(level=Level.READ, capabilities=frozenset({Capability.READ_LOGS}))
    assert judged(standing.unknown_person, case(access=[reader])) == []


def test_a_role_in_which_the_provider_works_alone_is_nobodys_but_may_be_too_wide() -> None:
    role = operator()
    own = replace(role.identity, actor_class=ActorClass.PROVIDER)
    nightly = replace(role, identity=own, opened_by=("the service events.amazonaws.com",))
    assert judged(standing.unknown_person, case(access=[nightly])) == []
    anything = replace(nightly, system=None, unrestricted=True, level=Level.ADMIN)
    assert judged(standing.unknown_person, case(access=[anything])) == []
    assert len(judged(standing.admin_access, case(access=[anything]))) == 1
    agent = replace(anything, opened_by=())
    assert judged(standing.admin_access, case(access=[agent])) == []


def machine(**changes: Any) -> Episode:
    role, session = f"arn:aws:iam::{AWS}:role/app", f"arn:aws:sts::{AWS}:assumed-role/app/i-0123456789abcdef0"
    known = {"account": role, "actor": session, "credential": None, "actor_class": ActorClass.SERVICE}
    return replace(episode(None), **{**known, **changes})


def undeclared(*episodes: Episode, **parts: Any) -> Case:
    return case(episodes=episodes, undeclared={(e.account, e.actor, e.credential) for e in episodes}, **parts)


def test_a_machine_that_nobody_declares_and_that_changed_a_system_is_one_finding() -> None:
    nights = [machine(starts_at=AT - hour(24 * n), ends_at=AT - hour(24 * n)) for n in (3, 2, 1)]
    (found,) = judged(standing.unknown_person, undeclared(*nights))
    assert found.summary.startswith("role/app, which nobody declares, changed Checkout since ")
    assert (found.account, found.system, found.facts["changes"]) == (nights[0].account, "checkout", 9)
    assert (found.facts["from"], found.facts["actions"]) == (["192.0.2.7"], ["ecs:UpdateService"])
    (again,) = judged(standing.unknown_person, undeclared(nights[0]))
    assert again.id == found.id


@pytest.mark.parametrize(
    "innocent",
    [
        case(episodes=[machine()]),
        undeclared(machine(changes=0)),
        undeclared(machine(system=None)),
        undeclared(machine(actor_class=ActorClass.UNKNOWN)),
        undeclared(machine(account="serviceAccount:quay.svc.id.goog[shop/api]")),
    ],
    ids=["declared", "it only read", "on no system", "nobody's session has its own rule", "a workload of the project"],
)
def test_what_machines_do_that_is_told_nowhere_or_elsewhere(innocent: Case) -> None:
    assert judged(standing.unknown_person, innocent) == []


def test_a_machine_of_which_a_right_tells_already_is_told_once() -> None:
    role = operator()
    assert len(judged(standing.unknown_person, undeclared(machine(account=role.account), access=[role]))) == 1


def test_machines_could_not_be_judged_where_activity_was_not_read() -> None:
    assert "activity" in standing.unknown_person.reads


def test_an_undeclared_administrator_is_found_as_one_only() -> None:
    company = case(access=[operator(None, unrestricted=True, level=Level.ADMIN)])
    assert judged(standing.unknown_person, company) == []
    (found,) = judged(standing.admin_access, company)
    assert found.summary == (
        f"operator can do anything in all of AWS {AWS}, and any repository on GitHub can become it"
    )


def test_what_every_path_asks_for_besides_is_said() -> None:
    here, hours = "only from 192.0.2.0/24", "only when the hour is 9"
    admin = access("nina", None, unrestricted=True, level=Level.ADMIN, conditions=(here, "x" * 200))
    (found,) = judged(standing.admin_access, case(access=[admin]))
    assert found.summary == f"Nina can do anything in all of AWS {AWS} ({here} and {'x' * 119}\u2026)"
    paths = [access("nina", conditions=(here, hours)), access("nina", path=("user nina", "x"), conditions=(here,))]
    (found,) = judged(standing.write_access, case(access=paths))
    assert found.summary.endswith(f", with no end ({here})")
    (found,) = judged(standing.write_access, case(access=[*paths, access("nina", path=("user nina", "y"))]))
    assert found.summary.endswith(", with no end")


def test_a_key_that_nobody_declares_is_unknown_unless_it_stands_in_one_persons_login() -> None:
    found = judged(standing.unknown_person, case(credentials=[key("stray", "ops"), key("new", "mia")]))
    assert [(f.credential, f.system) for f in found] == [("ssh-key:SHA256:stray", "checkout")]


def test_an_account_that_fits_two_people_could_not_be_judged() -> None:
    twins = [
        {"id": "a", "name": "A", "email": "team@harbour.example"},
        {"id": "b", "name": "B", "email": "team@harbour.example"},
    ]
    company = config(people=twins, systems=[], service_accounts=[], break_glass=[], policy={})
    rows = [user("x", email="team@harbour.example")]
    outcomes = list(standing.unknown_person(case(config=company, accounts=rows)))
    assert [str(o.subject) for o in outcomes if isinstance(o, NotJudged)] == [rows[0].account]


def test_trust_in_an_account_that_nobody_declares_is_a_finding() -> None:
    trust = ForeignTrust(
        role=f"arn:aws:iam::{AWS}:role/vendor",
        principal="arn:aws:iam::999900001111:root",
        conditions=(),
        access=(),
        evidence=(),
    )
    found = judged(standing.unknown_person, case(foreign_trusts=[trust]))
    assert [(f.account, f.resource) for f in found] == [(trust.role, trust.principal)]
    assert found[0].summary == "vendor trusts arn:aws:iam::999900001111:root, which nobody declares"


def test_what_lets_anybody_in_is_told_with_its_system_and_whoever_has_no_name_could_not_be_judged() -> None:
    public = ForeignTrust(
        role="arn:aws:s3:::shop", principal="*", system="checkout", conditions=("only from 192.0.2.0/24",)
    )
    nameless = ForeignTrust(role=public.role, principal="Identity E2AB", system="checkout", nameless=True)
    found, unknown = standing.unknown_person(case(foreign_trusts=[public, nameless]))
    assert isinstance(found, Finding)
    assert (found.system, found.summary) == ("checkout", "arn:aws:s3:::shop trusts anybody, only from 192.0.2.0/24")
    assert isinstance(unknown, NotJudged)
    assert unknown.reason == "it lets Identity E2AB in: whose that is, no policy tells"


def test_a_crowd_is_told_by_its_own_words_and_what_it_can_do_and_nobody_is_asked_to_declare_it() -> None:
    account = "domain:acme.example"
    path = access("x", account=account, identity=Identity(account=account, actor_class=ActorClass.UNKNOWN))
    trust = ForeignTrust(role="acme-prod", principal=account, whom="everybody of acme.example", access=(path,))
    (found,) = standing.unknown_person(case(access=[path], foreign_trusts=[trust]))
    assert isinstance(found, Finding)
    assert found.summary == "acme-prod lets everybody of acme.example deploy"
    assert "vendors" not in found.next_step


@pytest.mark.parametrize(
    ("credential", "old"),
    [
        (access_key(created_at=AT - timedelta(days=91)), True),
        (access_key(created_at=AT - timedelta(days=90)), False),
        (access_key(enabled=False), False),
        (access_key(kind="password"), False),
        (access_key(kind="sign-in", created_at=None), False),
        (key("nina", "nina", expires_at=None), True),
        (key("nina", "nina"), False),
        (key("nina", "nina", expires_at=AT - hour(1)), False),
    ],
)
def test_a_key_is_old_by_its_age_or_when_it_cannot_end(credential: Credential, old: bool) -> None:
    assert bool(judged(standing.old_credential, case(credentials=[credential]))) is old


def test_a_key_that_is_unused_too_says_so_on_the_path() -> None:
    idle = access("nina", last_used_at=AT - timedelta(days=214))
    assert judged(standing.write_access, case(access=[idle]))[0].facts["unused_for"] == "214 days"


def test_the_account_of_a_leaver_without_any_way_in_is_clear() -> None:
    shell = Account(
        **row(account="ssh:piet@web-1", provider="ssh", scope="web-1", kind="person", name="piet", enabled=False)
    )
    assert judged(standing.departed, case(accounts=[shell])) == []


def test_an_unrestricted_right_of_an_account_that_fits_two_people_is_found_and_of_nobody_has_its_own_rule() -> None:
    for candidates, found in ((("a", "b"), True), ((), False)):
        who = Identity(account="x", actor_class=ActorClass.UNKNOWN, candidates=candidates)
        admin = access("x", system=None, unrestricted=True, level=Level.ADMIN, identity=who)
        assert bool(judged(standing.admin_access, case(access=[admin]))) is found


@pytest.mark.parametrize(("days", "said"), [(90, None), (91, "91 days")])
def test_a_path_is_told_as_unused_after_ninety_days(days: int, said: str | None) -> None:
    idle = access("nina", last_used_at=AT - timedelta(days=days))
    (found,) = judged(standing.write_access, case(access=[idle]))
    assert found.facts.get("unused_for") == said


def test_who_holds_all_of_a_place_that_is_for_one_system_is_named_with_it() -> None:
    place = {"provider": "gcp", "project": "quay-shop"}
    roster = [{"id": "nina", "name": "Nina"}]
    for systems, named in [(["shop"], "shop"), (["shop", "mail"], None)]:
        declared = [{"id": name, "name": name, "resources": [{**place, "match": [f"*{name}*"]}]} for name in systems]
        company = config(people=roster, systems=declared, service_accounts=[], break_glass=[], policy={})
        wide = access("nina", system=None, unrestricted=True, provider="gcp", scope="quay-shop")
        (found,) = judged(standing.admin_access, case(config=company, access=[wide]))
        assert (found.system, found.summary) == (named, "Nina can do anything in all of Google Cloud quay-shop")
