"""How people name findings, and choose among them."""

import pytest

from auditor.errors import UsageError
from auditor.model.findings import Audit, Finding
from auditor.model.named import chosen, named, ordered
from auditor.model.vocabulary import Severity, Status
from tests import subjects
from tests.cases import AT, hour
from tests.copies import replace


def finding(rule: str, severity: Severity, thing: str, **more: object) -> Finding:
    base = subjects.finding(
        rule=rule, severity=severity, thing=thing, summary=thing, why="", next_step="", system="jobs"
    )
    return replace(base, **more)


HIGH = finding("standing/departed", Severity.HIGH, "a")
OLD = finding("standing/unused", Severity.MEDIUM, "b", status=Status.OPEN)
AGREED = finding(
    "standing/admin-access", Severity.CRITICAL, "c", status=Status.EXCEPTED, exception={"reason": "agreed"}
)
LATE = finding("changes/outside-window", Severity.MEDIUM, "d", status=Status.REOPENED)
AUDIT = Audit(
    run="r",
    organisation="Harbour Shop",
    audited_at=AT,
    period_from=AT - hour(24),
    period_to=AT,
    complete=True,
    findings=(AGREED, OLD, LATE, HIGH),
    not_judged=(),
    clear={},
    coverage=(),
)


def test_the_worst_come_first_and_what_is_agreed_last() -> None:
    assert ordered(AUDIT) == [HIGH, LATE, OLD, AGREED]


def test_a_number_or_the_beginning_of_an_id_names_a_finding_once() -> None:
    assert named(AUDIT, ["1", HIGH.id, OLD.id[:6], "4"]) == [HIGH, OLD, AGREED]


@pytest.mark.parametrize("name", ["0", "5", "", "xyz", "99999"])
def test_what_names_nothing_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        named(AUDIT, [name])


def test_filters_keep_the_numbers() -> None:
    assert chosen(AUDIT, new=True) == [(1, HIGH), (2, LATE)]
    assert chosen(AUDIT, rule="standing", severity=Severity.HIGH) == [(1, HIGH), (4, AGREED)]
    assert chosen(AUDIT, rule="*/un*", system="jobs") == [(3, OLD)]
    assert chosen(AUDIT, system="checkout") == []


def test_a_finding_of_several_systems_is_about_each_of_them() -> None:
    both = replace(subjects.about(HIGH, system=None), facts={"systems": ["jobs", "web"]})
    assert chosen(replace(AUDIT, findings=(both,)), system="web") == [(1, both)]
