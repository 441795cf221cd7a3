"""The short word after a run."""

from dataclasses import replace

from auditor.model.findings import Audit, Finding
from auditor.model.vocabulary import Severity, Status
from auditor.notify import message
from tests import subjects
from tests.cases import AT, hour


def finding(number: int, status: Status = Status.NEW, **changes: object) -> Finding:
    base = subjects.finding(
        rule="standing/write-access",
        severity=Severity.HIGH,
        thing=str(number),
        summary=f"finding {number}",
        why="because",
        next_step="do",
        status=status,
    )
    return replace(base, **changes)


def audit(*findings: Finding, complete: bool = True) -> Audit:
    return Audit(
        run="r",
        organisation="Harbour Shop",
        audited_at=AT,
        period_from=AT - hour(24),
        period_to=AT,
        complete=complete,
        findings=findings,
        not_judged=(),
        clear={},
        coverage=(),
    )


def test_new_findings_are_told_and_old_ones_only_counted() -> None:
    some = audit(finding(1), finding(2, Status.OPEN), finding(3, Status.REOPENED))
    title, body = message(some, [some.findings[0], some.findings[2]], "")
    assert title == "Harbour Shop: 2 new of 3 findings"
    assert body.splitlines() == ["- finding 1", "- finding 3"]


def test_findings_under_an_exception_are_not_told() -> None:
    title, _ = message(audit(finding(1, Status.EXCEPTED, exception={"reason": "agreed"})), [], "")
    assert title == "Harbour Shop: 0 new of 0 findings"


def test_a_long_list_is_cut_and_says_so() -> None:
    many = audit(*(finding(n) for n in range(13)))
    body = message(many, many.findings, "")[1]
    assert body.splitlines()[-1] == "and 3 more in the report"


def test_what_was_not_seen_is_announced() -> None:
    title, body = message(audit(complete=False), [], "trail")
    assert title.endswith("incomplete")
    assert body.splitlines()[-1] == "Not seen, or only in part: trail"


def test_what_is_seen_again_is_told_once() -> None:
    assert message(audit(), [], "")[1].splitlines() == ["No new findings.", "Everything is seen again."]
