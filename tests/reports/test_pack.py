"""The pack as a document to hold a meeting by: what moved, what is due, the facts that decide, the auditor's part."""

import hashlib
from datetime import date, timedelta

import pytest

from auditor.ledger import Decision, Known, Trend
from auditor.model.attestations import Campaign
from auditor.model.campaign_standing import CampaignTold, Proof, ReviewerStanding, Standing
from auditor.model.findings import CoverageLine, Tally
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity, Status
from auditor.rules.registry import RULES
from reports.coverage import read
from reports.history import History
from reports.pack import build_pack
from reports.sample import sample
from reports.since import build_since, decisions_due
from reports.view import build_view
from tests import subjects
from tests.copies import replace
from tests.reports.conftest import AT, AWS, found

DIGEST = "cd" * 32


def view(shop, **past):
    return build_view(
        shop.audit, shop.config, shop.access, {"findings.json": DIGEST}, History(**past), stories=shop.stories
    )


def night(days):
    return Trend(run=f"r{days}", at=AT - timedelta(days=days), new=1, open=1, closed=0, reopened=0, people_with_write=4)


def known(summary, severity=Severity.LOW):
    subject = Subject(kind=SubjectKind.ENTITLEMENT, person="leon", system="checkout")
    return Known(
        id="ab" * 8,
        rule="standing/write-access",
        severity=severity,
        summary=summary,
        subject=subject,
        resource=None,
        credential=None,
        ticket=None,
        acted_at=None,
        status=Status.CLOSED,
    )


def decision(finding, verdict, until=None, days=3):
    return Decision(
        finding=finding.id,
        decision=verdict,
        reason="agreed",
        decided_by="mia",
        decided_at=AT - timedelta(days=days),
        run="r",
        until=until,
    )


def of_rule(shop, rule):
    return next(one for one in shop.audit.findings if one.rule == rule)


def facts(shop, rule):
    pack = build_pack(view(shop))
    matter = next(m for m in pack.matters if any(line.row.finding.rule == rule for line in m.lines))
    return dict(matter.facts)


def test_what_is_closed_new_reopened_and_past_since_last_month_is_named(shop):
    back = of_rule(shop, "evidence/gap")
    past = History(
        history=[night(60), night(0)],
        since=AT - timedelta(days=31),
        closed=[known("gone"), known("worse", Severity.HIGH)],
        passed=[known("long ago")],
        reopened={back.id},
    )
    told = build_since(shop.audit, past, view(shop).rows, shop.config.zone)
    assert told.begin == "1 September 2026"
    moved = {one.word: one.summaries for one in told.moved}
    assert moved["closed"] == ("worse", "gone")
    assert moved["reopened"] == (back.summary,)
    assert moved["past"] == ("long ago",)
    assert len(moved["new"]) == len(shop.audit.findings) - 1


def test_what_another_rule_tells_now_goes_on_and_is_not_closed(shop):
    wide = subjects.finding(
        rule="standing/admin-access", severity=Severity.HIGH, summary="Leon can deploy", why="", next_step="", thing="x",
        person="leon", system="checkout", first_seen=AT - timedelta(days=1), status=Status.OPEN,
    )  # fmt: skip
    shop.audit = replace(shop.audit, findings=(*shop.audit.findings, wide))
    past = {"history": [night(90), night(3)], "since": AT - timedelta(days=31), "closed": [known("Leon can write")]}
    told = view(shop, **past)
    moved = {one.word: one.summaries for one in told.since.moved}
    assert (moved["closed"], moved["goes on"]) == ((), ("Leon can write: now “Leon can deploy”",))
    assert told.past.gone == []
    for change in ({"first_seen": AT - timedelta(days=50)}, {"rule": "standing/unused"}, {"starts_at": AT}):
        shop.audit = replace(shop.audit, findings=(replace(wide, **change),))
        assert [one.summary for one, *_ in view(shop, **past).past.gone] == ["Leon can write"]


def test_a_first_run_is_beside_nothing(shop):
    past = History(history=[night(0)], since=AT - timedelta(days=31))
    assert build_since(shop.audit, past, view(shop).rows, shop.config.zone).moved == ()


def test_what_was_decided_and_is_still_there_is_due_and_so_are_exceptions_that_end(shop):
    revoke, late = of_rule(shop, "standing/departed"), of_rule(shop, "changes/outside-window")
    soon, far = of_rule(shop, "evidence/gap"), of_rule(shop, "standing/unknown-person")
    decided = {
        revoke.id: decision(revoke, "revoke"),
        late.id: decision(late, "keep", date(2026, 9, 30)),
        soon.id: decision(soon, "exception", date(2026, 10, 20)),
        far.id: decision(far, "exception", date(2027, 3, 1)),
    }
    due = decisions_due(shop.audit, view(shop, decided=decided).rows, History(), shop.config)
    assert [(one.why, one.what) for one in due] == [
        ("decided to be revoked, and still there", revoke.summary),
        ("the day to act by is over", late.summary),
        ("its exception ends", soon.summary),
    ]
    assert {one.whose for one in due} == {"Mia Okafor"}


def test_an_exception_that_is_over_is_due(shop):
    ended = replace(of_rule(shop, "evidence/gap"), facts={"exception_ended": "2026-09-30"})
    audit = replace(shop.audit, findings=(ended,))
    (due,) = decisions_due(audit, build_view(audit, shop.config).rows, History(), shop.config)
    assert (due.on, due.why) == (date(2026, 9, 30), "its exception has ended")


@pytest.mark.parametrize(("day", "state"), [(1, "was due"), (9, "is due")])
def test_a_review_of_which_lines_are_undecided_is_due(shop, day, state):
    opened = Campaign(
        campaign="2026-09",
        run="r",
        manifest="",
        population="",
        lines=40,
        opened_at=AT,
        opened_by="x",
        due=date(2026, 10, day),
    )
    standing = Standing(
        campaign=opened,
        reviewers=(ReviewerStanding(reviewer="mia", lines=40, decided=37, undecided=3, late=0),),
        decisions={},
        conflicts=(),
        sources=(),
        changes=(),
        signs=(),
        proofs=(),
        overdue=(Proof(line="a", outcome="still there"),),
    )
    past = History(campaign=CampaignTold(campaign="2026-09", standing=standing))
    due = decisions_due(shop.audit, (), past, shop.config)
    assert [(one.why, one.what) for one in due] == [
        (f"the review of 2026-09 {state}", "3 of 40 lines undecided"),
        ("the day that the review gave is over", "1 line that is still there"),
    ]


def test_the_worst_matter_comes_first_and_has_the_boxes_that_fit(shop):
    pack = build_pack(view(shop))
    boxes = {line.row.finding.rule: line.boxes for matter in pack.matters for line in matter.lines}
    assert pack.matters[0].who == "Piet Old"
    assert "revoke" in boxes["standing/departed"]
    assert "revoke" not in boxes["changes/outside-window"]
    assert "explained" in boxes["changes/outside-window"]


def test_a_right_is_decided_by_path_last_use_others_and_what_breaks(shop):
    told = facts(shop, "standing/write-access")
    assert told["By what path"] == "key SHA256:mVwzQ1xY… on web-1"
    assert told["Last used"] == "not known"
    assert told["Who else could"] == "nobody else"
    assert told["If it goes"] == "keeps no other way to change it; what they did there is not known"


def test_a_use_that_the_provider_or_the_log_knows_of_is_the_last(shop):
    one = of_rule(shop, "standing/write-access")
    used = replace(one, facts={"last_at_work": "2026-10-01T08:00:00Z", "changes_seen": 1, "changed_by": ["sudo"]})
    shop.audit = replace(shop.audit, findings=(used,))
    told = facts(shop, "standing/write-access")
    assert told["Last used"] == "1 Oct 2026 10:00 CEST"
    assert "they changed things there in this period: sudo" in told["If it goes"]


def test_a_credential_is_decided_by_age_last_use_and_what_it_opens(shop):
    key = found("standing/old-credential", Severity.LOW, "a key", "Renew it.", person="mia", account=f"{AWS}user/mia")
    shop.audit = replace(shop.audit, findings=(key,))
    assert facts(shop, "standing/old-credential") == {
        "Made": "not known",
        "Last used": "not known",
        "What it opens": "Checkout service",
        "If it goes": "whatever still signs in with it; which programs do is not known",
    }


def test_of_rights_that_were_not_all_read_it_is_not_known_who_else_could(shop):
    shop.audit = replace(shop.audit, unseen_systems=("hosts",))
    assert facts(shop, "standing/write-access")["Who else could"] == "not known"


def test_of_too_many_each_is_told(shop):
    crowd = found(
        "standing/too-many-writers", Severity.MEDIUM, "2 people can change", "Agree.", system="checkout",
        facts={"people": ["mia", "leon"], "allowed": 1},
    )  # fmt: skip
    shop.audit = replace(shop.audit, findings=(crowd,))
    told = facts(shop, "standing/too-many-writers")
    assert told["Mia Okafor"].startswith("answers for Checkout service; user mia → group writers → policy")
    assert "last used not known" in told["Leon Weiss"]


def test_what_happened_is_told_with_its_but_where_it_does_not_stand_beside(shop):
    late = of_rule(shop, "changes/outside-window")
    story = shop.stories[0]
    buts = ((late.id, late.summary), ("ee" * 8, "nobody closed it"))
    links = tuple(replace(link, but=buts) if link.kind == "changes" else link for link in story.links)
    shop.stories = (replace(story, links=links),)
    told = facts(shop, "changes/outside-window")
    assert told["What happened"].startswith("PAY-184 was for 1 Oct 2026 04:00 to 05:00 CEST, approved by tom@")
    assert told["What happened"].endswith(": ecs:UpdateService; but nobody closed it.")
    assert told["Still possible"].startswith("yes: user leon → role deployer")


def test_what_the_agenda_leaves_out_is_counted_and_listed(crowd, shop):
    audit = crowd(2000)
    pack = build_pack(build_view(audit, shop.config, shop.access))
    shown = sum(len(matter.lines) for matter in pack.matters)
    assert len(pack.matters) <= 20
    rest = sum(len(group.rows) for item in pack.rest for group in item.groups)
    undecided = [r for r in build_view(audit, shop.config).rows if r.undecided]
    strangers = [r for r in undecided if "undeclared" in r.finding.facts]
    assert shown + rest == len(undecided) - len(strangers)


def test_what_stands_elsewhere_in_the_pack_is_not_listed_again(shop):
    crowded = view(shop)
    listed = {row.finding.id for group in build_pack(crowded).groups for row in group.rows}
    excepted = {row.finding.id for row in crowded.exceptions}
    assert excepted
    assert not listed & excepted


def test_scopes_of_a_source_that_were_read_alike_are_one_line_and_what_was_not_read_is_first():
    def line(scope, status, day, rows, reason=None):
        at = AT - timedelta(days=day)
        return CoverageLine(source="trail", scope=scope, from_=at, to=at, status=status, rows=rows, reason=reason)

    told = read([line("a", "ok", 3, 5), line("c", "failed", 1, 0, "denied"), line("b", "ok", 1, 7)])
    assert [(one.status, one.scopes, one.rows, one.reason) for one in told] == [
        ("failed", ("c",), 0, "denied"),
        ("ok", ("a", "b"), 12, ""),
    ]
    assert (told[1].from_, told[1].to) == (AT - timedelta(days=3), AT - timedelta(days=1))


def test_every_control_has_its_tests_populations_and_outcomes(shop):
    tested = {rule.name: Tally(passed=7, failed=2, excepted=1, not_judged=3) for rule in RULES}
    shop.audit = replace(shop.audit, tested=tested)
    pack = build_pack(view(shop))
    assert [test.rule for test in pack.tests] == [rule.name for rule in RULES]
    assert pack.frameworks == (
        "SOC 2", "ISO 27001:2022", "PCI DSS 4.0.1", "NIST 800-53r5", "CIS AWS 3.0", "CIS Controls 8.1",
    )  # fmt: skip
    for control in pack.controls:
        assert control.tally.population == 13 * len(control.tests)
        assert (control.tally.failed, control.tally.unseen) == (2 * len(control.tests), False)
    assert pack.controls[0].ranges == ", ".join(f"T{number}" for number in pack.controls[0].tests)
    assert replace(pack.controls[0], tests=(1, 2, 3, 5, 8, 9)).ranges == "T1-T3, T5, T8-T9"
    ids = [control.id for control in pack.controls if control.framework == "NIST 800-53r5"]
    assert ids.index("AC-2(2)") < ids.index("AC-2(9)") < ids.index("AC-3")


def test_an_older_run_is_counted_by_its_findings_and_says_that_there_may_be_more(shop):
    by_rule = {test.rule: test.tally for test in build_pack(view(shop)).tests}
    departed = by_rule["standing/departed"]
    assert (departed.passed, departed.failed, departed.unseen) == (5, 1, True)
    assert by_rule["tasks/vague"].unseen


def test_the_sample_is_drawn_by_hash_and_shows_its_evidence(shop):
    drawn = {one.file: one for one in build_pack(view(shop)).sample}
    assert {name: one.size for name, one in drawn.items()} == {
        "access.json": len(shop.access),
        "stories.json": len(shop.stories),
        "findings.json": len(shop.audit.findings),
    }
    digests = {n: hashlib.sha256(f"{DIGEST}:access.json:{n}".encode()).hexdigest() for n in range(len(shop.access))}
    assert {item.number for item in drawn["access.json"].drawn} == set(sorted(digests, key=digests.__getitem__)[:5])
    whole = next(item for item in drawn["stories.json"].drawn if "PAY-184" in item.what)
    assert whole.evidence == ("trail: AWSLogs/x.json.gz, record 17, event 6f1c1e4e, SHA-256 abababababab",)
    assert build_pack(build_view(shop.audit, shop.config)).sample == ()


def test_a_right_of_the_sample_names_each_finding_that_would_take_it_away_or_asks_whose_it_is(shop):
    strange = next(path for path in shop.access if path.account == f"{AWS}user/oncall")
    handle = '{"provider": "ssh", "user": "oncall"}'
    lent = replace(
        strange, account="ssh:oncall@web-1", handles=(handle,), identity=replace(strange.identity, person="leon")
    )
    asks = found(
        "standing/unknown-person",
        Severity.HIGH,
        "a",
        "b",
        account=strange.account,
        facts={"undeclared": strange.account},
    )
    shared = found(
        "shared/login",
        Severity.HIGH,
        "c",
        "d",
        account="ssh:oncall@web-1",
        handles=({"user": "oncall", "provider": "ssh"},),
    )
    told = sample(
        DIGEST,
        replace(shop.audit, findings=(asks, shared)),
        [strange, lent, replace(lent, handles=())],
        [],
        shop.config,
    )
    verdicts = [one.verdict for one in told[0].drawn]
    assert verdicts == [f"{asks.rule} ({asks.id[:8]})", f"{shared.rule} ({shared.id[:8]})", "no finding names it"]


def test_shared_accounts_have_their_six_points(shop):
    shared = found(
        "shared/login", Severity.HIGH, "they share oncall", "Separate.", account="ssh:oncall@web-1",
        facts={"people": ["mia", "leon"], "keys": ["a", "b"], "to_answer": ["prevented"]},
    )  # fmt: skip
    shop.audit = replace(shop.audit, findings=(shared,))
    pack = build_pack(view(shop))
    assert [(one.name, one.known) for one in pack.shared_accounts] == [
        ("ssh:oncall@web-1", "used by Mia Okafor and Leon Weiss, by 2 keys")
    ]
    assert len(pack.points) == 6


@pytest.mark.parametrize("until", [None, date(2026, 10, 1)])
def test_the_review_has_its_questions(shop, until):
    piet = of_rule(shop, "standing/departed")
    pack = build_pack(view(shop, decided={piet.id: decision(piet, "revoke", until)}))
    answers = {question.asked: question.known for question in pack.questions}
    assert answers["reviewed at least once every six months"] == "the last decision is of 29 September 2026"
    assert answers["what does not fit is put right"] == "1 right decided to be revoked, still there"


def test_an_account_of_nobody_is_found_by_what_it_is_called(shop):
    oncall = subjects.finding(
        rule="shared/login", severity=Severity.HIGH, summary="shared", why="", next_step="", thing="x",
        account=f"{AWS}user/oncall", system="checkout", facts={"people": ["mia"]}, handles=({"provider": "aws"},),
    )  # fmt: skip
    shop.audit = replace(shop.audit, findings=(oncall,))
    assert facts(shop, "shared/login")["By what path"] == "user oncall"


def test_what_would_fail_is_told_of_the_finding_that_takes_all_and_else_of_each(shop):
    one, other = {"provider": "aws", "user": "nina"}, {"provider": "ssh", "user": "nina"}

    def about(rule, told, *takes):
        facts = {"paths": ["user nina"], "without_it": told}
        return found(rule, Severity.HIGH, rule, "x", person="nina", system="checkout", facts=facts, handles=takes)

    part, whole = (
        about("standing/beyond-job", "nothing", one),
        about("standing/conflicting-rights", "twice", one, other),
    )
    apart = about("standing/unused", "once", other)

    def told(*findings):
        shop.audit = replace(shop.audit, findings=findings)
        (matter,) = build_pack(view(shop)).matters
        return next(fact.answer for fact in matter.facts if fact.asked == "If it goes").split("; ")

    assert told(part, whole)[0] == "twice"
    assert told(part, apart)[:2] == [f"of {part.id[:8]}: nothing", f"of {apart.id[:8]}: once"]
