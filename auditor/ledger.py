"""Findings and decisions across runs, in SQLite: what is new, what is still open, what came back, what is gone.

Each run writes the standing of every finding that it saw or that was open before it. Everything else (first seen, the
trend) is read off these, so that recording a run again, after it was killed, gives the same ledger.
"""

import contextlib
import dataclasses
import os
import re
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, Self

from auditor.errors import StoreError
from auditor.model.findings import Finding, NotJudged
from auditor.model.vocabulary import Severity, Status

Verdict = Literal["keep", "revoke", "exception"]

# Each entry takes the ledger from the version before to its own; entries that were released never change.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "create table runs (run text primary key, at text not null, people_with_write integer) strict",
        """create table findings (
            id text primary key, rule text not null, severity text not null, summary text not null, thing text not null,
            person text, account text, system text, resource text, credential text, ticket text) strict""",
        """create table standings (
            run text not null references runs on delete cascade, finding text not null references findings,
            status text not null, primary key (run, finding)) strict, without rowid""",
        "create index standings_of_finding on standings (finding)",
    ),
    (
        """create table decisions (
            number integer primary key, finding text not null, decision text not null, until text, reason text not null,
            decided_by text not null, decided_at text not null, run text not null) strict""",
        "create index decisions_of_finding on decisions (finding)",
    ),
)

_KNOWN = (
    "id",
    "rule",
    "severity",
    "summary",
    "thing",
    "person",
    "account",
    "system",
    "resource",
    "credential",
    "ticket",
)

# The last standing of every finding before a run; runs are ordered by their time, then by when they were recorded.
# What the run just before says nothing of is closed: it was found by an audit of the past that was made later.
_BEFORE = f"""
with earlier as (select run, row_number() over (order by at desc, rowid desc) as age from runs where at <= :at),
last as (select finding, status, min(age) as age from standings join earlier using (run) group by finding)
select {", ".join(f"f.{name}" for name in _KNOWN)}, iif(age = 1, status, 'closed')
from last join findings f on f.id = last.finding
"""  # noqa: S608 - the names are this module's own
_FIRST_SEEN = """
select s.finding, min(r.at) from standings s join runs r using (run)
where r.at <= :at and s.status <> 'closed' group by s.finding
"""
_HISTORY = """
select r.run, r.at, r.people_with_write,
    coalesce(sum(s.status = 'new'), 0), coalesce(sum(s.status not in ('closed', 'excepted')), 0),
    coalesce(sum(s.status = 'closed'), 0), coalesce(sum(s.status = 'reopened'), 0)
from runs r left join standings s using (run) group by r.run order by r.at, r.rowid
"""
_CLOSED = f"""
select {", ".join(f"f.{name}" for name in _KNOWN)}, status from standings s join findings f on f.id = s.finding
where s.run = :run and s.status = 'closed' order by f.rule, f.id
"""  # noqa: S608 - the names are this module's own
_DECIDE = """
insert into decisions (finding, decision, until, reason, decided_by, decided_at, run)
values (:finding, :decision, :until, :reason, :decided_by, :decided_at, :run)
"""
_DECISIONS = "select finding, decision, until, reason, decided_by, decided_at, run from decisions order by number"
# A finding that went away and came back is another occasion: what was said of the first holds no longer.
_IN_FORCE = """
select finding, decision, until, reason, decided_by, decided_at, run from decisions d
where d.decided_at <= :at and (d.decision = 'exception' or not exists (
    select 1 from standings s join runs r using (run)
    where s.finding = d.finding and s.status = 'closed' and r.at > d.decided_at and r.at <= :at))
order by d.number
"""
_GONE = f"""
select {", ".join(f"f.{name}" for name in _KNOWN)}, s.status
from standings s join runs r using (run) join findings f on f.id = s.finding
where s.status = 'closed' and r.at > :since and r.at <= :at and not exists (
    select 1 from standings later join runs l using (run)
    where later.finding = s.finding and l.at > r.at and l.at <= :at)
order by r.at, f.id
"""  # noqa: S608 - the names are this module's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger keeps of a finding, as it was last seen, and its standing."""

    id: str
    rule: str
    severity: Severity
    summary: str
    thing: str
    person: str | None
    account: str | None
    system: str | None
    resource: str | None
    credential: str | None
    ticket: str | None
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One run in numbers. `open` counts what stood after it, new and reopened ones too, but nothing excepted."""

    run: str
    at: datetime
    people_with_write: int | None
    new: int
    open: int
    closed: int
    reopened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the review decided about a finding; `until` ends an exception, or gives the day to act by."""

    finding: str
    decision: Verdict
    reason: str
    decided_by: str
    decided_at: datetime
    run: str
    until: date | None = None


class Ledger:
    """The ledger in one file, 0600. Opening it brings an older one up to date.

    Raises:
        StoreError: it cannot be opened, or a newer version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def record(
        self,
        run: str,
        at: datetime,
        findings: Sequence[Finding],
        *,
        not_judged: Sequence[NotJudged] = (),
        incomplete_rules: Collection[str] = (),
        people_with_write: int | None = None,
    ) -> list[Finding]:
        """Record a run, and give its findings their status and when they were first seen.

        A finding of earlier runs that this run has not is closed, but only where it was judged: not when its rule is
        among `incomplete_rules` (a source that it reads failed), nor when `not_judged` names its rule and subject.

        Raises:
            StoreError: the ledger cannot be written.
        """
        moment = _text(at)
        with self._transaction():
            self._db.execute("delete from runs where run = ?", [run])
            before = {known.id: known for known in self._known(_BEFORE, at=moment)}
            present = {finding.id: finding for finding in findings}
            standings = {name: _standing(before.get(name), finding) for name, finding in present.items()}
            for known in before.values():
                if known.status is not Status.CLOSED and known.id not in present:
                    kept = known.rule in incomplete_rules or any(_names(known, subject) for subject in not_judged)
                    standings[known.id] = Status.OPEN if kept else Status.CLOSED
            self._db.execute("insert into runs values (?, ?, ?)", [run, moment, people_with_write])
            self._keep(present.values())
            self._db.executemany(
                "insert into standings values (?, ?, ?)", [(run, *standing) for standing in standings.items()]
            )
            first_seen = {name: _time(first) for name, first in self._db.execute(_FIRST_SEEN, {"at": moment})}
        return [
            dataclasses.replace(finding, status=standings[finding.id], first_seen=first_seen[finding.id])
            for finding in findings
        ]

    def closed(self, run: str) -> list[Known]:
        """The findings that this run found gone."""
        with self._explained():
            return list(self._known(_CLOSED, run=run))

    def gone(self, since: datetime, at: datetime) -> list[Known]:
        """The findings that runs after `since` found gone, and that have not come back by `at`; oldest first."""
        with self._explained():
            return list(self._known(_GONE, since=_text(since), at=_text(at)))

    def history(self) -> list[Trend]:
        """Every run in numbers, oldest first."""
        with self._explained():
            return [
                Trend(
                    run=run,
                    at=_time(at),
                    people_with_write=people,
                    new=new,
                    open=open_,
                    closed=closed,
                    reopened=reopened,
                )
                for run, at, people, new, open_, closed, reopened in self._db.execute(_HISTORY)
            ]

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
                row = dataclasses.asdict(decision) | {"decided_at": _text(decision.decided_at)}
                self._db.execute(_DECIDE, row | {"until": decision.until and decision.until.isoformat()})

    def decisions(self) -> list[Decision]:
        """Every decision, in the order in which they were added."""
        return self._decided(_DECISIONS)

    def in_force(self, at: datetime) -> dict[str, Decision]:
        """The decision that held for each finding at a time: the latest, unless the finding was gone in between.

        An exception holds until its last day, whatever happens to the finding; whether that is over, the reader asks.
        """
        return {decision.finding: decision for decision in self._decided(_IN_FORCE, at=_text(at))}

    def _decided(self, question: str, **values: str) -> list[Decision]:
        with self._explained():
            return [
                Decision(
                    finding=finding,
                    decision=decision,
                    until=date.fromisoformat(until) if until else None,
                    reason=reason,
                    decided_by=by,
                    decided_at=_time(at),
                    run=run,
                )
                for finding, decision, until, reason, by, at, run in self._db.execute(question, values)
            ]

    def _prepare(self) -> None:
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma foreign_keys = on")
        with self._transaction():
            version = self._db.execute("pragma user_version").fetchone()[0]
            if version > len(MIGRATIONS):
                raise StoreError(
                    f"{self._path} was written by a newer auditor (version {version}, not {len(MIGRATIONS)}).",
                    means="Findings cannot be compared with earlier runs.",
                    do="Install the newer version again.",
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    self._db.execute(statement)
            self._db.execute(f"pragma user_version = {len(MIGRATIONS)}")

    def _keep(self, findings: Collection[Finding]) -> None:
        marks = ", ".join("?" for _ in _KNOWN)
        self._db.executemany(
            f"insert into findings ({', '.join(_KNOWN)}) values ({marks})"  # noqa: S608 - this module's own names
            " on conflict (id) do update set severity = excluded.severity, summary = excluded.summary,"
            " account = excluded.account, resource = excluded.resource, credential = excluded.credential,"
            " ticket = excluded.ticket",
            [[getattr(finding, name) for name in _KNOWN] for finding in findings],
        )

    def _known(self, question: str, **values: str) -> Iterator[Known]:
        for row in self._db.execute(question, values):
            fields = dict(zip((*_KNOWN, "status"), row, strict=True))
            yield Known(**fields | {"severity": Severity(fields["severity"]), "status": Status(fields["status"])})

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, also when the process is killed."""
        with self._explained():
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("rollback")
                raise
            self._db.execute("commit")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"Cannot use the ledger {self._path}: {error}.",
                means="The findings cannot be compared with earlier runs.",
                do="See that the file is whole, that the disk has room and that the file may be written.",
            ) from error


def _standing(before: Known | None, finding: Finding) -> Status:
    """An exception says more than new or open does, so that it stays."""
    if finding.status is Status.EXCEPTED:
        return Status.EXCEPTED
    if before is None:
        return Status.NEW
    return Status.REOPENED if before.status is Status.CLOSED else Status.OPEN


def _names(known: Known, not_judged: NotJudged) -> bool:
    """Whether the outcome is about this finding's subject, which rules write in words such as `key of account`."""
    if known.rule != not_judged.rule:
        return False
    if not_judged.subject == known.system:
        return True
    names = (known.thing, known.person, known.account, known.resource, known.credential, known.ticket)
    return any(_stands_in(name, not_judged.subject) for name in names if name)


def _stands_in(name: str, subject: str) -> bool:
    return name in subject and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", subject) is not None


def _text(moment: datetime) -> str:
    """UTC, of fixed width, so that its order is the order of time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
