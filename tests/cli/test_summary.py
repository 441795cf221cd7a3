import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from auditor.cli.terminal.listing import print_summary
from auditor.cli.terminal.screen import print_explanation, progress, say
from auditor.cli.terminal.summary import summarise
from auditor.ledger import Known
from auditor.model.findings import Audit, CoverageLine, Finding, NotJudged
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity, Status
from auditor.options import Explanation, RunResult, Step
from tests import subjects
from tests.copies import replace

AT = datetime(2026, 10, 2, tzinfo=UTC)


def finding(rule: str, severity: Severity, **more) -> Finding:
    return subjects.finding(
        rule=rule,
        severity=severity,
        thing=str(more),
        summary="It happened",
        why="It matters.",
        next_step="End it.",
        **more,
    )


def result(*findings: Finding, not_judged=(), coverage=(), complete=True) -> RunResult:
    audit = Audit(
        run="2026-10-02T000000Z",
        organisation="Harbour Shop",
        audited_at=AT,
        period_from=AT,
        period_to=AT,
        complete=complete,
        findings=findings,
        not_judged=not_judged,
        clear={"standing/departed": 7},
        coverage=coverage,
    )
    files = {"PDF": Path("out/report.pdf"), "findings": Path("out/findings.json")}
    return RunResult(audit=audit, folder=Path("out"), files=files)


HIGH = finding("standing/write-access", Severity.HIGH, person="leon", system="checkout")
MEDIUM = finding("tasks/too-long", Severity.MEDIUM, ticket="PAY-1")
EXCEPTED = finding("standing/admin-access", Severity.CRITICAL, person="mia", exception={"until": "2026-12-31"})
FAILED = CoverageLine(source="trail", scope="111122223333", from_=None, to=None, status="failed", reason="AccessDenied")
UNSENT = "The summary could not be sent."
FINE = CoverageLine(source="iam", scope="111122223333", from_=None, to=None, status="ok")


@pytest.mark.parametrize(
    ("run", "fail_on", "status"),
    [
        (result(HIGH), None, 0),
        (result(HIGH), Severity.HIGH, 1),
        (result(HIGH), Severity.MEDIUM, 1),
        (result(HIGH), Severity.CRITICAL, 0),
        (result(EXCEPTED), Severity.LOW, 0),
        (result(coverage=(FINE,)), Severity.LOW, 0),
        (result(coverage=(FINE, FAILED)), Severity.LOW, 3),
        (result(complete=False), None, 3),
        (result(MEDIUM, coverage=(FAILED,)), Severity.HIGH, 3),
        (result(HIGH, coverage=(FAILED,)), Severity.HIGH, 3),
        (RunResult(audit=None, folder=Path("out"), seen=(FAILED,)), None, 3),
        (RunResult(audit=None, folder=Path("out"), seen=(FINE,)), None, 0),
        (replace(result(), problems=(UNSENT,)), None, 3),
        (replace(result(HIGH), problems=(UNSENT,)), Severity.HIGH, 3),
    ],
)
def test_the_exit_status_follows_from_gaps_first_and_findings_second(run, fail_on, status):
    assert summarise(run, fail_on).exit_status == status


def test_machines_get_the_counts_the_files_and_what_was_not_seen():
    unjudged = [
        NotJudged(
            rule="changes/no-window",
            subject=Subject(kind=SubjectKind.SESSION, person=f"person {n}"),
            reason="trail failed",
        )
        for n in range(3)
    ]
    run = result(HIGH, MEDIUM, EXCEPTED, not_judged=tuple(unjudged), coverage=(FINE, FAILED))
    summary = summarise(replace(run, problems=(UNSENT,)))

    assert json.loads(json.dumps(summary.as_json())) == {
        "run": "2026-10-02T000000Z",
        "complete": False,
        "hash": None,
        "exit_status": 3,
        "findings": {"critical": 0, "high": 1, "medium": 1, "low": 0},
        "families": {"standing": {"high": 1}, "tasks": {"medium": 1}},
        "new": [HIGH.id, MEDIUM.id],
        "gone": [],
        "refused_since_cleanup": [],
        "excepted": 1,
        "clear": 7,
        "not_judged": [{"rule": "changes/no-window", "reason": "trail failed", "subjects": 3}],
        "not_seen": [{"source": "trail", "scope": "111122223333", "status": "failed", "reason": "AccessDenied"}],
        "problems": [UNSENT],
        "files": {"PDF": "out/report.pdf", "findings": "out/findings.json"},
    }


def test_each_reason_why_something_could_not_be_judged_is_said_once(capsys):
    reason = "no source of auditor.yaml tells what anybody did"
    about = Subject(kind=SubjectKind.LOG, thing="activity")
    unjudged = [NotJudged(rule=rule, subject=about, reason=reason) for rule in ("changes/no-window", "shared/root")]
    print_summary(summarise(result(not_judged=tuple(unjudged))))
    shown = capsys.readouterr().out
    assert shown.count(reason) == 1
    assert re.search(r"2  changes/no-window and 1 more  no source", shown)


def test_people_get_what_changed_what_presses_and_the_next_command(capsys):
    old = replace(subjects.about(HIGH, thing="old"), status=Status.OPEN)
    gone = Known(
        id="ab" * 8,
        rule=HIGH.rule,
        severity=Severity.LOW,
        summary="It was mended",
        subject=HIGH.subject,
        resource=None,
        credential=None,
        ticket=None,
        acted_at=None,
        status=Status.CLOSED,
    )
    run = replace(
        result(HIGH, MEDIUM, EXCEPTED, old, coverage=(FAILED,)), gone=(gone,), refused={"Missed since: once.": AT}
    )
    print_summary(summarise(run))
    shown = capsys.readouterr().out
    first, second = sorted((HIGH, old), key=lambda one: one.id)
    numbers = {first.id: 1, second.id: 2}

    assert "This is the first run" not in shown
    assert shown.split("\n\n")[0].strip().splitlines() == [
        "New tonight (2)",
        f"   {numbers[HIGH.id]}  {HIGH.id[:8]}  high      It happened",
        f"   3  {MEDIUM.id[:8]}  medium    It happened",
    ]
    assert "Gone tonight (1)\n      abababab  low       It was mended\n" in shown
    assert "Refused since cleanup scripts took rights away (1)\n      Missed since: once.\n" in shown
    assert f"Still open, critical and high (1)\n   {numbers[old.id]}  {old.id[:8]}  high      It happened\n" in shown
    assert shown.endswith(f"Next: auditor explain {numbers[HIGH.id]}\n")
    print_summary(summarise(run), {"config": "our company/auditor.yaml"})
    assert capsys.readouterr().out.endswith(f"explain {numbers[HIGH.id]} --config 'our company/auditor.yaml'\n")
    print_summary(summarise(run), {"config": "auditor.yaml", "evidence": "s3://store/a b", "output": "/elsewhere"})
    there = "--evidence 's3://store/a b' --output /elsewhere"
    assert capsys.readouterr().out.endswith(f"explain {numbers[HIGH.id]} {there}\n")
    assert "AccessDenied" in shown
    assert (
        "3 findings: 2 high, 1 medium. 1 more finding under an exception. 7 questions answered with nothing found. The audit is incomplete: see above."
        in shown
    )
    assert "  PDF           out/report.pdf\n  for programs  findings.json in out\n" in shown


def test_the_first_run_says_so_on_top(capsys):
    print_summary(summarise(replace(result(HIGH), first=True)))
    assert capsys.readouterr().out.startswith("This is the first run: everything is new")


def test_accounts_that_nobody_knows_are_folded_with_the_line_that_names_them(capsys):
    entry = '{id: …, owner: …, purpose: …, accounts: ["ssh:deploy"]}'
    robot = {"account": "ssh:deploy@web-1", "facts": {"changes": 2, "undeclared": "ssh:deploy", "declare": entry}}
    sessions = [finding("shared/unattributable", Severity.HIGH, **robot, system=name) for name in ("a", "b")]
    idle = finding(
        "standing/unknown-person", Severity.HIGH, account='ssh:"x"', system="c", facts={"undeclared": 'ssh:"x"'}
    )
    print_summary(summarise(result(*sessions, idle, MEDIUM)))
    shown = capsys.readouterr().out
    naming, new = shown.split("\n\n")[:2]

    assert naming.strip().startswith("Tell us who: accounts that auditor.yaml does not know")
    assert [line.strip() for line in naming.strip().splitlines()[2::2]] == [f"- {entry}", '- "ssh:\\"x\\""']
    assert "It happened (and 1 more)" in naming
    assert new.splitlines()[0] == "New tonight (1)"


def test_many_lines_are_cut_and_counted(capsys):
    print_summary(summarise(result(coverage=tuple(CoverageLine(**_seen(n)) for n in range(40)))))

    assert "and 25 more: in the report" in capsys.readouterr().out


def _seen(number: int) -> dict:
    return {"source": f"s{number}", "scope": "x", "from_": None, "to": None, "status": "partial"}


def test_outside_text_can_neither_steer_the_terminal_nor_the_layout(capsys):
    hostile = CoverageLine(
        source="a\x1b[31mb", scope="[bold]c[/bold]", from_=None, to=None, status="failed", reason="d\u202ee\r\nf\x9b1m"
    )
    print_summary(summarise(result(coverage=(hostile,))))
    shown = capsys.readouterr().out

    assert not {"\x1b", "\u202e", "\r", "\x9b"} & set(shown)
    assert "[bold]c[/bold]" in shown


def test_what_is_wider_than_a_terminal_is_broken_under_its_last_column(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    monkeypatch.setenv("COLUMNS", "46")
    for line in (
        "   1  abcdef01  high  Somebody changed it last night",
        "  # who is this? nobody knows, so name them or not",
        f"  page  {'x' * 50}",
        f"   {'y' * 50}",
    ):
        say(line)
    assert terminal.getvalue().splitlines() == [
        "   1  abcdef01  high  Somebody changed it last",
        "                      night",
        "  # who is this? nobody knows, so name them or",
        "  # not",
        f"  page  {'x' * 50}",
        f"   {'y' * 50}",
    ]


def test_an_explanation_is_told_step_by_step(capsys):
    steps = (Step(title="What was seen", lines=("a record\nof two lines",)), Step(title="What it means"))
    print_explanation(Explanation(finding=HIGH, steps=steps))

    assert capsys.readouterr().out == (
        f"{HIGH.id}  standing/write-access  high\nIt happened\nIt matters.\n\n"
        "1. What was seen\n   a record\n   of two lines\n\n2. What it means\n\nNext step: End it.\n"
    )


def test_progress_is_silent_without_a_terminal(capsys):
    with progress(quiet=False) as bars:
        bars.start("trail", 3)
        bars.advance("trail", 2)
        bars.done("trail", "2 files")

    assert capsys.readouterr() == ("", "")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with progress(quiet=False) as bars:
        bars.start("trail [red]\x1b[31m", None)
        bars.advance("trail [red]\x1b[31m", 2)
        bars.done("trail [red]\x1b[31m", "2 files")

    assert "trail [red]\ufffd[31m" in screen.getvalue()
    assert "2/2" in screen.getvalue()
    assert "2 files" in screen.getvalue()


def test_quiet_progress_is_silent_on_a_terminal_too(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    with progress(quiet=True) as bars:
        bars.start("trail", 1)

    assert screen.getvalue() == ""
