"""The agenda, matter by matter: what is to be decided about whom and what, with the facts that decide it."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.rules.asks import COMPLETE, NAME, RENEW, SEPARATE, TAKE_AWAY
from reports.agenda import Reviewed, ask_of
from reports.deciding import Evidence, Fact
from reports.words import person, system

_RIGHTS = (TAKE_AWAY, SEPARATE, RENEW, NAME)
_ACCESS, _RECORD = ("keep", "revoke", "until", "do by"), ("explained", "until", "do by")
_MOST_ROWS, _MOST_ASKED = 4, 20


class Line(Struct, frozen=True):
    """One finding to decide on, with the boxes that fit it: access is kept or revoked, all else explained or done."""

    row: Reviewed
    boxes: tuple[str, ...]


class Matter(Struct, frozen=True):
    """What a meeting takes in one go: the findings about one holder on one system, the worst first.

    `more` of them than its lines are left to the page.
    """

    who: str
    where: str
    facts: tuple[Fact, ...]
    lines: tuple[Line, ...]
    more: int

    @property
    def rows(self) -> int:
        """How many findings it is about."""
        return len(self.lines) + self.more


def matters(rows: Iterable[Reviewed], evidence: Evidence, config: Config, most: int) -> tuple[Matter, ...]:
    """The weightiest matters of the undecided rows, no more than so many. Rows come worst first."""
    alike = grouped((_key(row), row) for row in rows)
    heaviest = sorted(alike.values(), key=lambda some: (-some[0].finding.severity.rank, -len(some), _key(some[0])))
    return tuple(_matter(some, evidence, config) for some in heaviest[:most])


def _key(row: Reviewed) -> tuple[str, str]:
    """Who and where; what is about neither is a matter of its own."""
    finding = row.finding
    who = finding.person or finding.account or ""
    return (who, finding.system or "") if who or finding.system else ("", finding.id)


def _matter(rows: Sequence[Reviewed], evidence: Evidence, config: Config) -> Matter:
    first = rows[0].finding
    lines = tuple(Line(row, _ACCESS if concerns_access(row.finding) else _RECORD) for row in rows[:_MOST_ROWS])
    return Matter(
        who=person(first.person or first.account, config),
        where=system(first.system, config),
        facts=evidence.facts(
            [row.finding for row in rows[:_MOST_ASKED]], {ask_of(row.finding) for row in rows}, len(lines)
        ),
        lines=lines,
        more=len(rows) - len(lines),
    )


def concerns_access(finding: Finding) -> bool:
    """Whether it is about a right that can be kept or revoked; all else is explained, or done by somebody."""
    asked = ask_of(finding)
    return asked in _RIGHTS or (asked is COMPLETE and bool(finding.handles))
