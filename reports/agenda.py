"""Findings for the meeting: what the review said of each, by rule, and by what they ask the team to decide."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from auditor.config.models import Config
from auditor.ledger import Decision
from auditor.model.findings import Audit, Finding
from auditor.model.groups import grouped
from auditor.model.strangers import undeclared
from auditor.model.vocabulary import Severity
from auditor.rules.asks import ASKS, NAME, SEE, Ask
from auditor.rules.registry import asks
from reports.words import person, short, system


class Reviewed(Struct, frozen=True):
    """A finding with what the review decided of it, as far as that still holds."""

    finding: Finding
    decision: Decision | None = None

    @property
    def exception(self) -> Mapping[str, Any] | None:
        """The exception that covers it: the audit's, or the one that the review decided on since."""
        said = self.decision
        if self.finding.exception or said is None or said.decision != "exception":
            return self.finding.exception
        return {"reason": said.reason, "approved_by": said.decided_by, "until": str(said.until)}

    @property
    def verdict(self) -> str:
        """The review's decision, or `undecided`."""
        if self.exception:
            return "exception"
        return self.decision.decision if self.decision else "undecided"

    @property
    def stands(self) -> bool:
        """Whether it is there, and no exception covers it."""
        return self.finding.status.stands

    @property
    def reason(self) -> str:
        """The review's words; of what is to be done also by whom and when."""
        said = self.decision
        if said is None:
            return ""
        return f"{said.who} by {said.until}: {said.reason}" if said.decision == "do-by" else said.reason

    @property
    def undecided(self) -> bool:
        """Whether somebody has to decide: it is there, no exception covers it, and the review has said nothing yet."""
        return self.stands and self.verdict == "undecided"


class Group(Struct, frozen=True):
    """The findings of one rule, worst first; with the names that come up most often in them, first."""

    rows: tuple[Reviewed, ...]
    people: tuple[str, ...]
    systems: tuple[str, ...]

    @property
    def worst(self) -> Finding:
        """The first of them: its severity is the group's."""
        return self.rows[0].finding


class Item(Struct, frozen=True):
    """One thing to decide, with the findings that ask for it."""

    ask: Ask
    groups: tuple[Group, ...]

    @property
    def severities(self) -> list[tuple[Severity, int]]:
        """How many there are of each severity, the worst first."""
        counts = Counter(row.finding.severity for group in self.groups for row in group.rows)
        return sorted(counts.items(), key=lambda item: -item[0].rank)


def reviewed(audit: Audit, decided: Mapping[str, Decision], config: Config) -> tuple[Reviewed, ...]:
    """Every finding, worst first; of the decisions, exceptions whose last day is over hold no longer."""
    today = audit.audited_at.astimezone(config.zone).date()
    over = {name for name, one in decided.items() if one.decision == "exception" and (one.until or today) < today}
    return tuple(
        Reviewed(finding, None if finding.id in over else decided.get(finding.id))
        for finding in sorted(audit.findings, key=_worst_first)
    )


def agenda(rows: Sequence[Reviewed], config: Config) -> tuple[Item, ...]:
    """What there is to decide, in the order of `ASKS`; what nothing asks for is left out."""
    by_ask = grouped((ask_of(row.finding), row) for row in rows)
    return tuple(Item(ask, groups(by_ask[ask], config)) for ask in ASKS if ask in by_ask)


def ask_of(finding: Finding) -> Ask:
    """What it asks the team for."""
    return NAME if undeclared(finding) else asks(finding.rule)


def groups(rows: Sequence[Reviewed], config: Config) -> tuple[Group, ...]:
    """The rows by rule, the worst rule first. Rows come worst first, and stay so."""
    by_rule = grouped((row.finding.rule, row) for row in rows)
    found = [
        Group(
            rows=tuple(some),
            people=_frequent(short(person(_whose(row.finding), config)) for row in some),
            systems=_frequent(short(system(row.finding.system, config)) for row in some),
        )
        for some in by_rule.values()
    ]
    return tuple(sorted(found, key=lambda group: (-group.worst.severity.rank, -len(group.rows), group.worst.rule)))


def _whose(finding: Finding) -> str | None:
    """Whom or what account it is about; of what was not seen, which source or place where there is no account."""
    unseen = finding.subject.thing if finding.system is None and asks(finding.rule) is SEE else None
    return finding.person or finding.account or unseen


def _frequent(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name, _ in Counter(filter(None, names)).most_common())


def _worst_first(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are read."""
    place = (finding.rule, finding.system or "", finding.person or "", finding.summary, finding.id)
    return (-finding.severity.rank, *place)
