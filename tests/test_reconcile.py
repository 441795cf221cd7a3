"""Every rule over one case: exceptions, what could not be judged, stable order and identity."""

import random
from datetime import date, timedelta

import pytest

from auditor.ledger import Decision
from auditor.model.entitlements import Unresolved
from auditor.model.findings import CoverageLine, Finding
from auditor.model.subjects import Subject
from auditor.model.vocabulary import ActorClass, Status
from auditor.reconcile import reconcile
from auditor.rules import standing
from auditor.rules.registry import RULES
from tests.cases import AT, access, case, config, episode, ticket, user


def exception(until: str) -> dict[str, object]:
    return {
        "rule": "standing/write-access",
        "person": "nina",
        "system": "checkout",
        "reason": "on call",
        "approved_by": "tom",
        "until": until,
    }


def test_a_finding_under_an_exception_stays_listed_with_it() -> None:
    found = reconcile(case(config=config(exceptions=[exception("2026-12-31")]), access=[access("nina")])).findings
    assert [(f.status, f.exception["until"]) for f in found if f.exception] == [(Status.EXCEPTED, "2026-12-31")]


def test_an_exception_that_has_ended_is_a_fact_of_the_finding() -> None:
    found = reconcile(case(config=config(exceptions=[exception("2026-10-01")]), access=[access("nina")])).findings
    write = next(f for f in found if f.rule == "standing/write-access")
    assert (write.exception, write.status, write.facts["exception_ended"]) == (None, Status.NEW, "2026-10-01")


def test_an_exception_counts_until_the_end_of_its_last_day() -> None:
    found = reconcile(case(config=config(exceptions=[exception("2026-10-02")]), access=[access("nina")])).findings
    assert next(f for f in found if f.rule == "standing/write-access").exception


def write_finding(**changes: object) -> Finding:
    found = reconcile(case(access=[access("nina")]), **changes).findings
    return next(f for f in found if f.rule == "standing/write-access")


def decided(until: date, **changes: object) -> dict[str, Decision]:
    finding = write_finding().id
    fields = {"decision": "exception", "until": until, "reason": "until the move", **changes}
    return {finding: Decision(finding=finding, decided_by="tom", decided_at=AT, run="r", **fields)}


def test_an_exception_that_the_review_decided_covers_its_finding_and_no_other() -> None:
    agreed = {"reason": "until the move", "approved_by": "tom", "until": "2026-10-02"}
    finding = write_finding(decided=decided(date(2026, 10, 2)))
    assert (finding.status, finding.exception) == (Status.EXCEPTED, agreed)
    others = reconcile(case(access=[access("sam")]), decided=decided(date(2026, 10, 2))).findings
    assert not [f for f in others if f.exception]


def test_an_exception_that_the_review_decided_ends() -> None:
    finding = write_finding(decided=decided(date(2026, 10, 1)))
    assert (finding.status, finding.exception, finding.facts["exception_ended"]) == (Status.NEW, None, "2026-10-01")


def test_what_the_review_keeps_or_revokes_is_no_exception() -> None:
    for verdict in ("keep", "revoke"):
        assert write_finding(decided=decided(None, decision=verdict)).exception is None


def test_an_exception_of_the_configuration_that_has_ended_gives_way_to_one_that_holds() -> None:
    ended = case(config=config(exceptions=[exception("2026-10-01")]), access=[access("nina")])
    found = reconcile(ended, decided=decided(date(2026, 12, 31))).findings
    assert next(f for f in found if f.rule == "standing/write-access").exception["until"] == "2026-12-31"


def test_a_failed_source_leaves_its_rules_without_a_verdict() -> None:
    verdict = reconcile(case(failed={"trail": ("activity",)}))
    unjudged = {missing.rule for missing in verdict.not_judged}
    assert "changes/no-window" in unjudged
    assert "standing/old-credential" not in unjudged
    # No source of this company tells of releases, trails or ways back at all: these rules could not be judged anyway.
    assert unjudged - verdict.unseen.keys() == {
        "changes/release-hours",
        "evidence/not-recorded",
        "readiness/rollback-owner",
    }
    assert verdict.unseen.keys() <= unjudged
    assert set().union(*verdict.unseen.values()) == {""}


def test_files_that_could_not_be_read_leave_their_rules_without_a_whole_verdict() -> None:
    trail = {"name": "trail", "kind": "aws-cloudtrail", "path": "logs"}
    seen = {"source": "trail", "from_": None, "to": None}
    whole = CoverageLine(scope="111122223333", status="ok", **seen)
    lost = CoverageLine(scope="logs", status="partial", reason="it ends in the middle (a.json)", **seen)
    verdict = reconcile(case(config=config(sources=[trail]), coverage=[whole, lost]))
    said = {(one.rule, str(one.subject), one.reason) for one in verdict.not_judged}
    assert ("changes/no-window", "what trail does not show of logs", "trail: it ends in the middle (a.json)") in said
    assert {rule for rule, _, reason in said if "middle" in reason}.isdisjoint({"standing/write-access", "tasks/vague"})
    assert "" in verdict.unseen["changes/no-window"]


def test_a_place_that_was_lost_leaves_the_findings_of_others_to_be_called_gone() -> None:
    iam = {"name": "iam", "kind": "aws-iam", "organisation": True}
    lost = CoverageLine(
        source="iam", scope="222233334444", from_=None, to=None, status="failed", reason="access denied"
    )
    verdict = reconcile(case(config=config(sources=[iam]), coverage=[lost]))
    assert verdict.unseen["standing/departed"] == {"222233334444"}


def test_without_a_source_of_what_was_done_nothing_done_is_called_clear() -> None:
    tickets = {"name": "tickets", "kind": "tickets-file", "path": "tickets.csv"}
    verdict = reconcile(case(config=config(sources=[tickets])))
    said = {one.rule: one.reason for one in verdict.not_judged}
    assert "no source of auditor.yaml tells what anybody did" in said["changes/no-window"]


def test_what_resolution_could_not_make_out_is_said() -> None:
    lost = Unresolved(
        subject=Subject.of_account("policy x"), reason="its document is not in the dump", tables=("policies",)
    )
    verdict = reconcile(case(unresolved=[lost]))
    assert ("standing/write-access", "policy x") in {(m.rule, str(m.subject)) for m in verdict.not_judged}


def test_order_and_identity_do_not_hang_on_the_order_of_the_input() -> None:
    parts = {
        "access": [access("nina"), access("sam"), access("mia")],
        "episodes": [episode(), episode("sam", credential="AKIA2")],
        "accounts": [user("x"), user("y")],
    }
    straight = reconcile(case(tickets=[ticket()], **parts))
    shuffler = random.Random(7)
    for rows in parts.values():
        shuffler.shuffle(rows)
    assert [f.id for f in reconcile(case(tickets=[ticket()], **parts)).findings] == [f.id for f in straight.findings]
    assert len({f.id for f in straight.findings}) == len(straight.findings)


def test_every_rule_says_what_it_found_clear() -> None:
    verdict = reconcile(case(accounts=[user("nina")]))
    assert verdict.clear["standing/unknown-person"] == 1
    assert set(verdict.clear) == {rule.name for rule in RULES}


def test_every_rule_says_of_how_many_it_said_what() -> None:
    exceptions = [exception("2026-12-31")]
    verdict = reconcile(case(config=config(exceptions=exceptions), access=[access("nina"), access("sam")]))
    told = verdict.tested["standing/write-access"]
    of_rule = [f for f in verdict.findings if f.rule == "standing/write-access"]
    assert (told.excepted, told.failed) == (1, len(of_rule) - 1)
    assert told.passed == verdict.clear["standing/write-access"]
    assert told.population == told.passed + len(of_rule)
    assert set(verdict.tested) == {rule.name for rule in RULES}


def test_a_finding_about_a_right_says_what_its_holder_did_there() -> None:
    did = episode(starts_at=AT - timedelta(hours=4))
    found = {f.rule: f for f in reconcile(case(access=[access("nina")], episodes=[did])).findings}
    facts = found["standing/write-access"].facts
    assert (facts["changes_seen"], facts["changed_by"]) == (1, ["ecs:UpdateService"])
    assert facts["last_at_work"] == did.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    idle = next(f for f in reconcile(case(access=[access("nina")])).findings if f.rule == "standing/write-access")
    assert idle.facts["changes_seen"] == 0
    assert "last_at_work" not in idle.facts
    assert "changes_seen" not in found["changes/no-window"].facts
    unread = reconcile(case(access=[access("nina")], failed={"trail": ("activity",)})).findings
    assert all("changes_seen" not in f.facts for f in unread)


def test_a_finding_about_rights_on_no_one_system_says_what_was_done_on_all_of_them() -> None:
    first, last = episode(starts_at=AT - timedelta(hours=9)), episode(system="search", change_actions=tuple("abcdef"))
    others = episode("sam", starts_at=AT - timedelta(hours=1))
    administrator = access("nina", None, unrestricted=True)
    found = reconcile(case(access=[administrator], episodes=[first, last, others])).findings
    facts = next(f.facts for f in found if f.rule == "standing/admin-access")
    assert (facts["changes_seen"], facts["changed_by"]) == (7, ["ecs:UpdateService", "a", "b", "c", "d"])
    assert facts["last_at_work"] == last.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_what_was_not_read_is_no_subject_and_leaves_the_number_open() -> None:
    verdict = reconcile(case(failed={"gcp": ("grants",)}))
    told = verdict.tested["standing/write-access"]
    assert (told.population, told.unseen) == (0, True)
    assert not verdict.tested["readiness/ownership"].unseen


def test_every_rule_has_a_meaning_a_reason_and_controls() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.meaning.splitlines()[0].endswith((".", ":")), rule.name
        assert rule.why.endswith(".")
        assert rule.controls
        assert rule.family in {"standing", "shared", "tasks", "changes", "readiness", "evidence"}


def test_a_finding_says_who_where_why_and_what_next() -> None:
    for finding in reconcile(case(access=[access("nina")], episodes=[episode()])).findings:
        assert finding.person or finding.account or finding.resource or finding.system
        assert finding.why
        assert finding.next_step
        assert finding.controls


@pytest.mark.parametrize(
    ("approved_by", "refused"),
    [
        ("tom", None),
        ("leon", None),
        ("sam", "Sam, who approved it, is neither an approver nor an owner"),
        ("nina", "Nina approved it for their own access"),
    ],
    ids=["an approver", "an owner", "somebody else", "oneself"],
)
def test_exceptions_are_for_approvers_and_owners_and_never_for_ones_own_access(approved_by, refused):
    agreed = {"rule": "standing/*", "person": "nina", "reason": "-", "approved_by": approved_by, "until": "2026-12-31"}
    settings = config(exceptions=[agreed])
    verdict = reconcile(case(config=settings, access=[access("nina")]), [standing.write_access])
    (found,) = verdict.findings
    assert (found.exception is None, found.facts.get("exception_refused")) == (refused is not None, refused)


@pytest.mark.parametrize(("approved_by", "refused"), [("leon", False), ("mia", True)])
def test_nobody_approves_an_exception_for_access_that_they_share(approved_by: str, refused: bool) -> None:
    agreed = {"rule": "standing/too-many-writers", "reason": "-", "approved_by": approved_by, "until": "2026-12-31"}
    settings = config(exceptions=[agreed], policy={"max_writers": 1})
    held = [access("nina"), access("mia")]
    (found,) = reconcile(case(config=settings, access=held), [standing.too_many_writers]).findings
    assert ("exception_refused" in found.facts) is refused


def test_what_an_unknown_account_can_do_and_what_it_did_are_one_finding() -> None:
    stray = user("stray")
    acts = [episode(None, actor_class=ActorClass.UNKNOWN, account=stray.account, actor=stray.account)]
    found = reconcile(case(accounts=[stray], episodes=acts)).findings
    (asks,) = [one for one in found if one.account == stray.account]
    assert (asks.rule, asks.facts["undeclared"], asks.facts["changes"]) == (
        "standing/unknown-person",
        stray.account,
        3,
    )
    assert asks.summary.startswith("Nobody on the roster owns stray; Checkout")
    assert asks.starts_at == acts[0].starts_at
    assert acts[0].sample in asks.evidence


def test_the_want_of_a_kind_of_source_is_said_once_a_rule_and_kept_for_each_subject() -> None:
    iam = {"name": "iam", "kind": "aws-iam", "account": "111122223333"}
    work = [episode(), episode("sam", credential="AKIA2")]
    verdict = reconcile(case(config=config(sources=[iam]), episodes=work, tickets_until=None))
    lacks = "no source of auditor.yaml tells what was asked for and approved"
    told = [one for one in verdict.told if one.rule == "changes/no-window" and one.reason == lacks]
    assert [str(one.subject) for one in told] == ["what was asked for and approved"]
    kept = [one for one in verdict.not_judged if one.rule == "changes/no-window" and one.reason == lacks]
    assert {one.subject.person for one in kept} == {None, "nina", "sam"}
    releases = [str(one.subject) for one in verdict.told if one.rule == "changes/release-hours"]
    assert "what pipelines ran and deployed" in releases
    assert "checkout" not in releases
