"""Findings and decisions across runs, in SQLite: what is new, what is still open, what came back, what is gone.

Each run writes the standing of every finding that it saw or that was open before it. Everything else (first seen, the
trend) is read off these, so that recording a run again, after it was killed, gives the same ledger.
"""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from auditor.errors import StoreError
from auditor.ledger.campaigns import CampaignBook
from auditor.ledger.file import as_text
from auditor.ledger.records import Decision, Head, Known, Notified, Removal, Trend
from auditor.ledger.standings import Standings
from auditor.model.exposure import Exposure
from auditor.model.findings import Finding, NotJudged
from auditor.model.vocabulary import Status
from auditor.model.written import statement

NOTHING_UNSEEN: Mapping[str, Collection[str]] = MappingProxyType({})
_RIGHT = ("provider", "kind", "account", "holder_kind", "holder", "name")


class Ledger(CampaignBook):
    """Findings, decisions, removals and campaigns, in one file.

    Raises:
        StoreError: it cannot be opened, or a newer version of the program wrote it.
    """

    def record(
        self,
        run: str,
        at: datetime,
        findings: Sequence[Finding],
        *,
        period_from: datetime | None = None,
        not_judged: Sequence[NotJudged] = (),
        unseen: Mapping[str, Collection[str]] = NOTHING_UNSEEN,
        people_with_write: int | None = None,
        came_back: Collection[str] = (),
    ) -> list[Finding]:
        """Record a run, and give its findings their status and when they were first seen.

        A finding of earlier runs that this run has not is closed, but only where it was judged: not when it names one
        of the places that its rule could not see (`unseen`; an empty one is every place: a source that the rule reads
        failed), nor when `not_judged` covers its subject. What was done before `period_from` was not looked at again:
        an act that fell out of the period is past, not closed. One among `came_back` is reopened: since the run before,
        a cleanup took away what it found again.

        Raises:
            StoreError: the ledger cannot be written.
        """
        moment = as_text(at)
        with self._transaction():
            self._db.execute("delete from runs where run = ?", [run])
            before = {known.id: known for known in self._known("before", at=moment)}
            standings = Standings(before, period_from, not_judged, unseen, came_back).of(findings)
            self._db.execute(
                "insert into runs (run, at, people_with_write, finished) values (?, ?, ?, 0)",
                [run, moment, people_with_write],
            )
            self._db.executemany(statement(__package__, "keep"), map(_columns, findings))
            self._db.executemany(
                "insert into standings values (?, ?, ?)", [(run, *standing) for standing in standings.items()]
            )
            found = self._db.execute(statement(__package__, "first_seen"), {"at": moment})
            first_seen = {name: datetime.fromisoformat(first) for name, first in found}
        return [
            replace(finding, status=standings[finding.id], first_seen=first_seen[finding.id]) for finding in findings
        ]

    def measure(self, run: str, changes: int, rose: int) -> None:
        """Note around how many changes monitoring could be judged at a run, and after how many of them it rose."""
        with self._transaction():
            self._db.execute("update runs set changes = ?, rose = ? where run = ?", [changes, rose, run])

    def expose(self, run: str, exposure: Exposure) -> None:
        """Note for how long people could change production in the week up to a run, and for how long they did."""
        hours = (exposure.possible, exposure.used, exposure.not_known)
        told = "update runs set minutes_possible = ?, minutes_used = ?, minutes_unknown = ? where run = ?"
        with self._transaction():
            self._db.execute(told, [*hours, run])

    def gone(self, since: datetime, at: datetime, status: Status = Status.CLOSED) -> list[Known]:
        """The findings that runs after `since` found closed, or past, and that have not come back by `at`."""
        with self._explained():
            return list(self._known("gone", since=as_text(since), at=as_text(at), status=status))

    def came_back(self, since: datetime, at: datetime) -> frozenset[str]:
        """The ids of the findings that runs after `since` found again, up to `at`."""
        with self._explained():
            found = self._db.execute(statement(__package__, "came_back"), {"since": as_text(since), "at": as_text(at)})
            return frozenset(name for (name,) in found)

    def history(self) -> list[Trend]:
        """Every run in numbers, oldest first."""
        with self._explained():
            return [msgspec.convert(row, Trend) for row in self._rows("history")]

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Add the review's decisions. Nothing is overwritten: the latest on a finding is the one that holds.

        Raises:
            StoreError: a decision is about a finding that the ledger does not know, or cannot be written.
        """
        with self._transaction():
            known = {name for (name,) in self._db.execute("select id from findings")}
            for decision in decisions:
                if decision.finding not in known:
                    raise StoreError(
                        f"The ledger knows no finding {decision.finding}.", do="Take ids from findings.json."
                    )
                row = asdict(decision) | {"decided_at": as_text(decision.decided_at)}
                self._db.execute(
                    statement(__package__, "decide"), row | {"until": decision.until and decision.until.isoformat()}
                )

    def decisions(self) -> list[Decision]:
        """Every decision, in the order in which they were added."""
        return self._decided("decisions")

    def in_force(self, at: datetime) -> dict[str, Decision]:
        """The decision that held for each finding at a time: the latest, unless the finding was gone in between.

        An exception holds until its last day, whatever happens to the finding; whether that is over, the reader asks.
        """
        return {decision.finding: decision for decision in self._decided("in_force", at=as_text(at))}

    def add_scripts(self, folder: Path) -> None:
        """Note where cleanup scripts were written: their log will be there."""
        with self._transaction():
            self._db.execute("insert or ignore into scripts values (?)", [str(folder)])

    def scripts(self) -> list[Path]:
        """The folders that cleanup scripts were written to."""
        with self._explained():
            return [Path(folder) for (folder,) in self._db.execute("select folder from scripts order by folder")]

    def note(self, removals: Iterable[Removal]) -> None:
        """Add what the logs of cleanup scripts tell; what is known already is not added again."""
        with self._transaction():
            for one in removals:
                row: dict[str, str | int] = {"cleanup": one.cleanup, "action": one.action, "step": one.step}
                row |= {"finding": one.finding, "time": as_text(one.time), "caller": one.caller}
                self._db.execute(statement(__package__, "note"), row | dict(zip(_RIGHT, one.right, strict=True)))

    def removed(self, at: datetime, *, but_deleted: bool = False) -> list[Removal]:
        """What cleanup scripts had taken away, and not given back, at a time; earliest first.

        With `but_deleted`, credentials that were deleted since are left out too.
        """
        with self._explained():
            rows = self._rows("removed", at=as_text(at), but="delete" if but_deleted else "")
            return [msgspec.convert({**row, "right": [row[name] for name in _RIGHT]}, Removal) for row in rows]

    def finish(self, run: str) -> None:
        """Note that a run has come to its end, messages included."""
        with self._transaction():
            self._db.execute("update runs set finished = 1 where run = ?", [run])

    def finished(self, run: str) -> bool:
        """Whether a run came to its end."""
        with self._explained():
            found = self._db.execute("select finished from runs where run = ?", [run]).fetchone()
        return bool(found and found[0])

    def tell(self, at: datetime, findings: Iterable[str], missing: str) -> None:
        """Note what the team was told at a run."""
        with self._transaction():
            values = {"at": as_text(at)}
            self._db.executemany(statement(__package__, "tell"), [{**values, "finding": name} for name in findings])
            self._db.execute(statement(__package__, "tell_missing"), {**values, "missing": missing})

    def notified(self, at: datetime) -> Notified:
        """What the team has heard up to a run, that run's own message among it."""
        with self._explained():
            news = self._db.execute(statement(__package__, "news"), {"at": as_text(at)}).fetchall()
            last = "select at, missing from told_missing where delivered and at <= ? order by at desc limit 1"
            heard, missing = self._db.execute(last, [as_text(at)]).fetchone() or (None, "")
        return Notified(
            news=frozenset(name for (name,) in news),
            missing=missing,
            at=datetime.fromisoformat(heard) if heard else None,
        )

    def remember(self, head: Head) -> None:
        """Note what the chain of evidence ends with, so that a chain without it is told from the one that was."""
        with self._transaction():
            self._db.execute(statement(__package__, "remember"), asdict(head) | {"at": as_text(head.at)})

    def heads(self, at: datetime) -> list[Head]:
        """What the chain ended with after each run until a time, as they were added to it."""
        with self._explained():
            rows = self._rows("heads", at=as_text(at))
            return [msgspec.convert(row, Head) for row in rows]

    def _decided(self, question: str, **values: str) -> list[Decision]:
        with self._explained():
            return [msgspec.convert(row, Decision) for row in self._rows(question, **values)]

    def _known(self, question: str, **values: str) -> Iterator[Known]:
        return (msgspec.convert({**row, "subject": row}, Known) for row in self._rows(question, **values))


def _columns(finding: Finding) -> dict[str, Any]:
    acted_at = finding.starts_at or finding.ends_at
    named = {name: getattr(finding, name) for name in ("id", "rule", "severity", "summary")}
    about = {name: getattr(finding, name) for name in ("resource", "credential", "ticket")}
    subject = dataclasses.asdict(finding.subject)
    return {**named, **about, **subject, "acted_at": acted_at and as_text(acted_at)}
