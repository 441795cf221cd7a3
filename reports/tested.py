"""For the auditor: which questions were asked of how many, what came of it, and on which controls they bear."""

from collections.abc import Iterable
from itertools import groupby

from msgspec import Struct

from auditor.model.findings import Audit, Tally, tallied
from auditor.model.subjects import SubjectKind
from auditor.rules.base import FRAMEWORKS, Rule
from auditor.rules.registry import RULES

_POPULATION = {
    SubjectKind.PERSON: ("person", "people"),
    SubjectKind.ACCOUNT: ("account", "accounts"),
    SubjectKind.SYSTEM: ("system", "systems"),
    SubjectKind.ENTITLEMENT: ("right held", "rights held"),
    SubjectKind.CREDENTIAL: ("credential", "credentials"),
    SubjectKind.SESSION: ("session", "sessions"),
    SubjectKind.EVENT: ("act", "acts"),
    SubjectKind.GRANT: ("right given", "rights given"),
    SubjectKind.TICKET: ("ticket", "tickets"),
    SubjectKind.RELEASE: ("release", "releases"),
    SubjectKind.LOG: ("log", "logs"),
}


class Test(Struct, frozen=True):
    """One rule as an auditor's test: `number` names it in the table of controls, `population` what it was asked of."""

    number: int
    rule: str
    heading: str
    asked: str
    population: str
    tally: Tally


class Control(Struct, frozen=True):
    """One published control with the tests that bear on it; its numbers are the sums of theirs."""

    framework: str
    id: str
    tests: tuple[int, ...]
    tally: Tally

    @property
    def ranges(self) -> str:
        """Its tests, with those that follow on one another in one: `T1, T5-T8`."""
        runs = [
            [number for _, number in run] for _, run in groupby(enumerate(self.tests), lambda pair: pair[1] - pair[0])
        ]
        return ", ".join(f"T{run[0]}-T{run[-1]}" if len(run) > 1 else f"T{run[0]}" for run in runs)


def tests(audit: Audit) -> tuple[Test, ...]:
    """Every rule, in the order of the catalogue."""
    # Of a run that did not keep it, as far as its findings tell.
    kept = audit.tested or tallied(audit.clear, audit.findings, audit.not_judged, audit.clear)
    none = Tally(passed=0, failed=0, excepted=0, not_judged=0, unseen=True)
    return tuple(_test(number, rule, kept.get(rule.name, none)) for number, rule in enumerate(RULES, 1))


def _test(number: int, rule: Rule, tally: Tally) -> Test:
    one, many = _POPULATION[rule.judges]
    return Test(
        number=number,
        rule=rule.name,
        heading=rule.heading,
        asked=_sentence(rule),
        population=one if tally.population == 1 and not tally.unseen else many,
        tally=tally,
    )


def controls(some: Iterable[Test]) -> tuple[Control, ...]:
    """Every control that a rule bears on, found something or not, by framework."""
    by_rule = {test.rule: test for test in some}
    bearing: dict[tuple[str, str], list[Test]] = {}
    for rule in RULES:
        for framework in FRAMEWORKS:
            for control in rule.controls.get(framework, ()):
                bearing.setdefault((framework, control), []).append(by_rule[rule.name])
    order = list(FRAMEWORKS)
    return tuple(
        Control(FRAMEWORKS[framework], control, tuple(test.number for test in of), _sum(test.tally for test in of))
        for (framework, control), of in sorted(
            bearing.items(), key=lambda item: (order.index(item[0][0]), *_natural(item[0][1]))
        )
    )


def _sum(some: Iterable[Tally]) -> Tally:
    tallies = list(some)
    return Tally(
        passed=sum(one.passed for one in tallies),
        failed=sum(one.failed for one in tallies),
        excepted=sum(one.excepted for one in tallies),
        not_judged=sum(one.not_judged for one in tallies),
        unseen=any(one.unseen for one in tallies),
    )


def _sentence(rule: Rule) -> str:
    """The first sentence of what it finds."""
    return rule.meaning.split("\n\n")[0].replace("\n", " ").split(". ")[0].rstrip(".:")


def _natural(control: str) -> tuple[tuple[int, str], ...]:
    """`CC6.10` after `CC6.2`."""
    parts = control.replace("(", ".").replace("-", ".").rstrip(")").split(".")
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in parts)
