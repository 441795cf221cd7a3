"""Findings keep their history from run to run."""

import sqlite3
import stat
from datetime import UTC, date, datetime, timedelta

import pytest

from auditor.errors import StoreError
from auditor.ledger import Decision, Ledger
from auditor.ledger.file import VERSION, migration
from auditor.model.findings import NotJudged
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity, Status
from tests import subjects

MONDAY = datetime(2026, 10, 5, 4, 0, tzinfo=UTC)
NIGHT = timedelta(days=1)
OTHER_RULE = NotJudged(rule="tasks/none", subject=Subject(kind=SubjectKind.GRANT, person="leon"), reason="")


def finding(person="leon", rule="standing/write-access", **fields):
    return subjects.finding(
        rule=rule,
        severity=Severity.HIGH,
        thing="write",
        person=person,
        system="checkout",
        summary=f"{person} can write",
        why="",
        next_step="",
        **fields,
    )


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        yield ledger


def statuses(findings):
    return {f.person: str(f.status) for f in findings}


def test_a_finding_is_new_then_open_then_closed_then_reopened(ledger):
    assert statuses(ledger.record("mon", MONDAY, [finding()])) == {"leon": "new"}
    assert statuses(ledger.record("tue", MONDAY + NIGHT, [finding()])) == {"leon": "open"}
    assert ledger.record("wed", MONDAY + 2 * NIGHT, []) == []
    assert [known.subject.person for known in ledger.gone(MONDAY, MONDAY + 2 * NIGHT)] == ["leon"]
    (back,) = ledger.record("thu", MONDAY + 3 * NIGHT, [finding()])
    assert back.status is Status.REOPENED
    assert back.first_seen == MONDAY
    assert statuses(ledger.record("fri", MONDAY + 4 * NIGHT, [finding()])) == {"leon": "open"}


def test_a_closed_finding_is_not_closed_again(ledger):
    ledger.record("mon", MONDAY, [finding()])
    ledger.record("tue", MONDAY + NIGHT, [])
    ledger.record("wed", MONDAY + 2 * NIGHT, [])
    assert ledger.history()[-1].closed == 0


def test_the_history_counts_each_run(ledger):
    ledger.record("mon", MONDAY, [finding("leon"), finding("mia")], people_with_write=5)
    ledger.record("tue", MONDAY + NIGHT, [finding("mia"), finding("piet")], people_with_write=4)
    ledger.record("wed", MONDAY + 2 * NIGHT, [finding("leon")])
    assert [(t.run, t.new, t.open, t.closed, t.reopened, t.people_with_write) for t in ledger.history()] == [
        ("mon", 2, 2, 0, 0, 5),
        ("tue", 1, 2, 1, 0, 4),
        ("wed", 0, 1, 2, 1, None),
    ]


def test_a_finding_whose_rule_could_not_be_judged_stays_open(ledger):
    ledger.record("mon", MONDAY, [finding("leon"), finding("mia", rule="tasks/none")])
    ledger.record("tue", MONDAY + NIGHT, [], unseen={"tasks/none": {""}})
    assert [known.subject.person for known in ledger.gone(MONDAY, MONDAY + NIGHT)] == ["leon"]
    assert ledger.history()[-1].open == 1
    assert statuses(ledger.record("wed", MONDAY + 2 * NIGHT, [finding("mia", rule="tasks/none")])) == {"mia": "open"}


def test_a_finding_in_a_place_that_was_not_seen_stays_open_and_others_close(ledger):
    here, there = (finding(who, account=f"arn:aws:iam::{n}:user/{who}") for who, n in (("leon", 1111), ("mia", 2222)))
    ledger.record("mon", MONDAY, [here, there])
    ledger.record("tue", MONDAY + NIGHT, [], unseen={"standing/write-access": {"2222"}})
    assert [known.subject.person for known in ledger.gone(MONDAY, MONDAY + NIGHT)] == ["leon"]


@pytest.mark.parametrize(
    ("subject", "stays"),
    [
        ({"person": "leon"}, True),
        ({"person": "leon", "system": "checkout"}, True),
        ({"account": "user/leon"}, True),
        ({"system": "checkout"}, True),
        ({"thing": "write"}, True),
        ({"person": "leon", "system": "payments"}, False),
        ({"person": "leonard", "system": "checkout"}, False),
        ({"account": "user/leon", "thing": "read"}, False),
        ({"label": "leon on checkout"}, False),
    ],
)
def test_a_finding_whose_subject_could_not_be_judged_stays_open(ledger, subject, stays):
    ledger.record("mon", MONDAY, [finding("leon", account="user/leon")])
    about = Subject(kind=SubjectKind.ENTITLEMENT, **subject)
    missing = NotJudged(rule="standing/write-access", subject=about, reason="a permission is missing")
    ledger.record("tue", MONDAY + NIGHT, [], not_judged=[missing])
    assert ledger.history()[-1].open == int(stays)


def test_another_rules_not_judged_does_not_keep_a_finding_open(ledger):
    ledger.record("mon", MONDAY, [finding("leon")])
    ledger.record("tue", MONDAY + NIGHT, [], not_judged=[OTHER_RULE])
    assert ledger.history()[-1].open == 0


def test_an_act_that_left_the_period_is_past_and_not_closed(ledger):
    done = finding("leon", rule="changes/no-window", starts_at=MONDAY - NIGHT)
    state, since = finding("mia"), MONDAY - 2 * NIGHT
    ledger.record("mon", MONDAY, [done, state], period_from=since)
    ledger.record("later", MONDAY + 29 * NIGHT, [], period_from=since + 29 * NIGHT)
    assert [known.id for known in ledger.gone(MONDAY, MONDAY + 29 * NIGHT)] == [state.id]
    assert [known.id for known in ledger.gone(MONDAY, MONDAY + 29 * NIGHT, Status.PAST)] == [done.id]
    assert ledger.history()[-1].open == 0
    (again,) = ledger.record("wide", MONDAY + 30 * NIGHT, [done], period_from=since)
    assert again.status is Status.OPEN


def test_an_act_in_the_period_that_is_explained_now_is_closed(ledger):
    done = finding("leon", rule="changes/no-window", starts_at=MONDAY - NIGHT)
    ledger.record("mon", MONDAY, [done], period_from=MONDAY - 2 * NIGHT)
    ledger.record("tue", MONDAY + NIGHT, [], period_from=MONDAY - NIGHT)
    assert [known.id for known in ledger.gone(MONDAY, MONDAY + NIGHT)] == [done.id]


def test_recording_a_run_again_changes_nothing(ledger):
    ledger.record("mon", MONDAY, [finding("leon")])
    first = ledger.record("tue", MONDAY + NIGHT, [finding("mia")])
    history = ledger.history()
    assert ledger.record("tue", MONDAY + NIGHT, [finding("mia")]) == first
    assert ledger.history() == history


def test_a_run_recorded_again_after_seeing_less_forgets_what_it_saw(ledger):
    ledger.record("mon", MONDAY, [finding("leon"), finding("mia")])
    ledger.record("mon", MONDAY, [finding("leon")])
    assert statuses(ledger.record("tue", MONDAY + NIGHT, [finding("leon"), finding("mia")])) == {
        "leon": "open",
        "mia": "new",
    }


def test_an_audit_of_the_past_does_not_disturb_the_present(ledger):
    ledger.record("mon", MONDAY, [finding("leon")])
    ledger.record("last-month", MONDAY - 30 * NIGHT, [finding("piet")])
    (leon,) = ledger.record("tue", MONDAY + NIGHT, [finding("leon")])
    assert (leon.status, leon.first_seen) == (Status.OPEN, MONDAY)
    assert [trend.closed for trend in ledger.history()] == [0, 0, 0]


def test_an_excepted_finding_keeps_that_status_and_learns_when_it_was_first_seen(ledger):
    ledger.record("mon", MONDAY, [finding()])
    (seen,) = ledger.record("tue", MONDAY + NIGHT, [finding(status=Status.EXCEPTED)])
    assert (seen.status, seen.first_seen) == (Status.EXCEPTED, MONDAY)


def test_what_is_gone_is_told_until_it_comes_back(ledger):
    ledger.record("mon", MONDAY, [finding("leon"), finding("mia")])
    ledger.record("tue", MONDAY + NIGHT, [])
    ledger.record("wed", MONDAY + 2 * NIGHT, [finding("leon")])
    assert [known.subject.person for known in ledger.gone(MONDAY, MONDAY + 2 * NIGHT)] == ["mia"]
    assert {known.subject.person for known in ledger.gone(MONDAY, MONDAY + NIGHT)} == {"leon", "mia"}
    assert ledger.gone(MONDAY + NIGHT, MONDAY + 2 * NIGHT) == []
    assert ledger.came_back(MONDAY, MONDAY + 2 * NIGHT) == {finding("leon").id}
    assert ledger.came_back(MONDAY, MONDAY + NIGHT) == frozenset()


def test_an_exception_is_neither_open_nor_closed_and_what_comes_out_of_it_is_open(ledger):
    ledger.record("mon", MONDAY, [finding()])
    ledger.record("tue", MONDAY + NIGHT, [finding(status=Status.EXCEPTED)])
    assert [(t.open, t.closed) for t in ledger.history()] == [(1, 0), (0, 0)]
    assert statuses(ledger.record("wed", MONDAY + 2 * NIGHT, [finding()])) == {"leon": "open"}


def decided(verdict, at=MONDAY, until=None):
    return Decision(
        finding=finding().id, decision=verdict, until=until, reason="agreed", decided_by="tom", decided_at=at, run="mon"
    )


def test_the_latest_decision_holds_but_not_before_it_was_taken(ledger):
    ledger.record("mon", MONDAY, [finding()])
    keep, revoke = decided("keep"), decided("revoke", MONDAY + NIGHT)
    ledger.decide([keep, revoke])
    assert ledger.in_force(MONDAY) == {finding().id: keep}
    assert ledger.in_force(MONDAY + 2 * NIGHT) == {finding().id: revoke}
    assert ledger.in_force(MONDAY - NIGHT) == {}


@pytest.mark.parametrize(("verdict", "holds"), [("keep", False), ("revoke", False), ("exception", True)])
def test_what_was_decided_of_a_finding_does_not_hold_for_it_when_it_comes_back(ledger, verdict, holds):
    ledger.record("mon", MONDAY, [finding()])
    ledger.decide([decided(verdict, until=date(2026, 12, 31) if verdict == "exception" else None)])
    ledger.record("tue", MONDAY + NIGHT, [])
    ledger.record("wed", MONDAY + 2 * NIGHT, [finding()])
    assert bool(ledger.in_force(MONDAY + 2 * NIGHT)) is holds


def test_decisions_are_read_back_in_order(ledger, tmp_path):
    ledger.record("mon", MONDAY, [finding()])
    keep = Decision(
        finding=finding().id,
        decision="exception",
        until=date(2026, 12, 31),
        reason="owner on call",
        decided_by="tom",
        decided_at=MONDAY,
        run="mon",
    )
    revoke = Decision(
        finding=finding().id, decision="revoke", reason="left", decided_by="tom", decided_at=MONDAY + NIGHT, run="mon"
    )
    ledger.decide([keep, revoke])
    with Ledger(tmp_path / "ledger.sqlite") as again:
        assert again.decisions() == [keep, revoke]


def test_a_decision_about_an_unknown_finding_is_refused_with_all_that_came_with_it(ledger):
    ledger.record("mon", MONDAY, [finding()])
    known = Decision(finding=finding().id, decision="keep", reason="", decided_by="t", decided_at=MONDAY, run="mon")
    unknown = Decision(finding="0" * 16, decision="keep", reason="", decided_by="t", decided_at=MONDAY, run="mon")
    with pytest.raises(StoreError, match="knows no finding 0000"):
        ledger.decide([known, unknown])
    assert ledger.decisions() == []


def test_a_ledger_of_version_1_is_brought_up_to_date_and_keeps_its_findings(tmp_path):
    path = tmp_path / "ledger.sqlite"
    old = sqlite3.connect(path)
    for statement in migration(1):
        old.execute(statement)
    old.execute("insert into runs values ('mon', '2026-10-05T04:00:00.000000Z', null)")
    old.execute(
        "insert into findings (id, rule, severity, summary, thing, person, system) values (?, ?, 'high', '', 'write', ?, ?)",
        [finding().id, "standing/write-access", "leon", "checkout"],
    )
    old.execute("insert into standings values ('mon', ?, 'new')", [finding().id])
    old.execute("pragma user_version = 1")
    old.commit()
    old.close()
    with Ledger(path) as ledger:
        assert ledger.decisions() == []
        (seen,) = ledger.record("tue", MONDAY + NIGHT, [finding()])
    assert (seen.status, seen.first_seen) == (Status.OPEN, MONDAY)
    assert sqlite3.connect(path).execute("pragma user_version").fetchone() == (VERSION,)


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "ledger.sqlite"
    newer = sqlite3.connect(path)
    newer.execute("pragma user_version = 99")
    newer.close()
    with pytest.raises(StoreError, match="newer auditor"):
        Ledger(path)
    assert sqlite3.connect(path).execute("pragma user_version").fetchone() == (99,)


def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, but long enough to be taken for one" * 40)
    with pytest.raises(StoreError, match="Cannot use the ledger"):
        Ledger(path)


def test_only_its_owner_can_read_it(tmp_path):
    with Ledger(tmp_path / "new" / "ledger.sqlite") as ledger:
        ledger.record("mon", MONDAY, [finding()])
        modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "new").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
