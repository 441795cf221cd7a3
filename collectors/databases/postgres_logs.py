"""PostgreSQL's logs: who connected, and which statements changed something, with pgaudit or without."""

import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from auditor.config.sources.databases import PostgresLogs
from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Level, Outcome
from collectors.base import Batch, Normalised, Raw, printable
from collectors.databases.commands import LEVELS, MOST_DETAIL, audited, is_own_password, kept, what_ran
from collectors.databases.log_lines import line_at, lines
from collectors.databases.log_prepared import Prepared
from collectors.databases.log_record import AUTHORIZED, ENDED, Line
from collectors.databases.log_sessions import Sessions
from collectors.databases.log_temporary import Temporary
from collectors.databases.log_times import moment_of
from collectors.databases.log_transactions import OF_COMMIT, Act, Transactions, failed
from collectors.databases.log_turns import as_written, log_of, turn
from collectors.files import unpacked
from collectors.json_values import Broken
from collectors.log_files import LogFiles, by_size, walk
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.redact import redact
from collectors.turned import with_those_before

_MOST_WAITING = 1000
_RUN = re.compile(r"(?P<timed>duration: [\d.]+ ms  )?(?:statement|execute [^:]*): (?P<text>.*)", re.DOTALL)
_AUDIT = "AUDIT: "
# What pgaudit tells of a transaction's steps; their names are short and need no quotes.
_STEP = re.compile(r"AUDIT: SESSION,\d+,\d+,MISC,[A-Z ]+,,,(?P<text>[^,\"]+),.*", re.DOTALL)
_REDACTED = "<REDACTED>"
_NOT_SIGNED_IN = re.compile(r"28...|3D000|53300")
# The same in words, of a log that has no codes.
_REFUSED = re.compile(
    r"pg_hba\.conf rejects |no pg_hba\.conf entry |[\w-]+ authentication failed for user |sorry, too many clients"
    r"|too many connections for |remaining connection slots are reserved "
    r'|(?:role|database) "[^"]*" (?:does not exist|is not permitted to log in)'
)
# A message that names a command behind its first colon, in no words of English: "Anweisung: DELETE FROM carts".
_UNTOLD = re.compile(r"[^:]{1,60}:\s?(?P<text>.*)", re.DOTALL)


class PostgresLogsCollector(LogFiles[PostgresLogs], frozen=True):
    """Connections and statements of PostgreSQL's log."""

    READS = (
        "Files of csvlog, jsonlog or the plain log, as the server or RDS has them, or as Cloud Logging, CloudWatch, "
        "containers and CloudNativePG carry them: sign-ins and ends of sessions "
        "(log_connections, log_disconnections), statements that changed something (log_statement or pgaudit's session "
        "and object lines), by their command tags; those that failed are told apart. Lines of the plain log begin as "
        "`log_line_prefix` says; a statement whose user neither it nor the line of the connection names is told as not "
        "read, and so is one whose names could be more than names. Passwords in statements are taken out, and of "
        "statements on data, no text is kept."
    )

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Batches of files that are new or have changed, with the file before each, in which a session may have begun.

        Raises:
            SourceError: there is no such path, or it cannot be read.
        """
        files = walk(self.source.name, self.source.path, self.context)
        logs = [(log_of(raw.origin), turn(raw), raw) for raw in files]
        logs.sort(key=lambda one: one[:2])
        wanted = {
            raw.origin
            for _, log in groupby(logs, key=lambda one: one[0])
            for raw in with_those_before([raw for *_, raw in log], seen)
        }
        known = {origin: version for origin, version in seen.items() if origin not in wanted}
        before: list[Raw] = []
        for batch in by_size((raw for *_, raw in logs), known, self.MOST):
            yield [*before, *batch]
            before = batch[-1:]

    def normalise(self, batch: Batch) -> Normalised:
        """Activity, and a line of coverage for the server."""
        reading, problems = Reading(self.source.name, self.context), Problems()
        acts = _Acts(self.source.instance, ZoneInfo(self.context.zone), self.source.log_line_prefix)
        for raw in as_written(batch):
            origin = reading.read(raw, lambda origin: reading.extend(acts.of(origin)))
            problems.include(origin.problems, raw.origin.rpartition("/")[2])
        reading.extend(acts.rest())
        if acts.young and not acts.signed_in:
            problems.note("it has sessions and no sign-in: log_connections is off, or all began before it")
        if acts.first is None and not problems:
            problems.note(f"no line of a log in {self.source.path}: nothing can be said about what happened")
        silent = acts.first and not acts.statements
        remark = "it has no statement: log_statement and pgaudit are off, or nothing was changed" if silent else None
        reading.cover(self.source.instance, problems, window=(acts.first, acts.last), remark=remark)
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The line that a row points at, secrets taken out."""
        line = line_at(unpacked(data)[0], record)
        if isinstance(line, str):
            return redact(line, 10 * MOST_DETAIL)
        said = {name: redact(getattr(line, name), 10 * MOST_DETAIL) for name in Line.__struct_fields__}
        return json.dumps({name: value for name, value in said.items() if value}, indent=2, ensure_ascii=False)


class _Acts:
    """Rows of one server's log: what a session does waits for its next line, which may say that it failed."""

    def __init__(self, instance: str, zone: ZoneInfo, prefix: str | None) -> None:
        self._instance, self._zone, self._prefix = instance, zone, prefix
        self._waiting: dict[str, list[Act]] = {}
        self._transactions, self._prepared, self._temporary = Transactions(), Prepared(), Temporary()
        self._sessions: defaultdict[str, Sessions] = defaultdict(Sessions)
        self._told: Counter[tuple[str, ...]] = Counter()
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.statements = self.young = self.signed_in = 0

    def of(self, origin: Origin) -> Iterator[Activity]:
        """The rows of a file."""
        self._told.clear()
        sessions = self._sessions[log_of(origin.raw.origin)]
        sessions.turn(origin.raw.origin)
        for number, line in enumerate(lines(origin.content(), self._prefix, sessions)):
            if isinstance(line, Broken):
                if line:
                    origin.problems.reject(str(line), f"line {number + 1}")
                    yield from self._transactions.doubt()
                continue
            try:
                yield from self._line(line, origin, number)
            except (ValueError, csv.Error) as error:
                origin.problems.reject(str(error), f"line {number + 1}")
                yield from self._transactions.doubt()
        yield from self._transactions.doubt()
        origin.data = b""

    def rest(self) -> Iterator[Activity]:
        """What no later line spoke of."""
        yield from (act for acts in self._waiting.values() for act, *_ in acts)

    def _line(self, line: Line, origin: Origin, number: int) -> Iterator[Activity]:
        moment = moment_of(line.time, self._zone)
        self.first, self.last = min(self.first or moment, moment), max(self.last or moment, moment)
        if not line.is_client_s:
            return
        if line.failed:
            yield from self._failure(line, moment, origin, number)
            return
        if line.severity != "LOG":
            return
        self._count(line)
        waiting, ran = self._waiting.setdefault(line.session, []), _RUN.fullmatch(line.message)
        yield from self._followed(line, ran, waiting)
        found = self._found(line, ran, moment, origin, number)
        if found is None:
            return
        if line.message.startswith(_AUDIT):
            if waiting and "#audit" not in waiting[0][0].event_id and _same(waiting[0], found[0]):
                waiting.clear()  # the same statement as the server told it a line before: pgaudit tells more of it
            if not waiting or (waiting[0][1:] == found[1:] and len(waiting) < _MOST_WAITING):
                waiting.append(found)
                return
        yield from self._transactions.done(line.session, waiting)
        self._waiting[line.session] = [found]
        if line.message.startswith(ENDED):
            yield from self._transactions.undo(line.session)
            self._prepared.end(line.session)
            self._temporary.end(line.session)
            yield from (act for act, *_ in self._waiting.pop(line.session))
        elif line.message.startswith(AUTHORIZED):
            yield from self._transactions.doubt(line.session)

    def _failure(self, line: Line, moment: datetime, origin: Origin, number: int) -> Iterator[Activity]:
        waiting = self._waiting.pop(line.session, [])
        yield from (failed(one[0]) for one in waiting if _is_of(line, *one))
        yield from self._transactions.done(line.session, [one for one in waiting if not _is_of(line, *one)])
        yield from self._transactions.fail(line.session, ends=line.severity != "ERROR")
        if not waiting and _not_signed_in(line):
            yield self._row(line, moment, origin, number, "login", Category.LOGIN, outcome=Outcome.DENIED)

    def _followed(self, line: Line, ran: re.Match[str] | None, waiting: list[Act]) -> Iterator[Activity]:
        timed = ran is not None and ran["timed"] is not None
        if told := ran or _STEP.fullmatch(line.message):
            yield from self._transactions.run(line.session, told["text"], waiting, timed=timed)

    def _count(self, line: Line) -> None:
        """Count sign-ins, and lines of sessions that may have begun in the log: of older ones it need not tell any."""
        self.young += bool(line.user and self.first and (line.began or self.first) >= self.first)
        self.signed_in += line.message.startswith(AUTHORIZED)

    def _found(
        self, line: Line, ran: re.Match[str] | None, moment: datetime, origin: Origin, number: int
    ) -> Act | None:
        """What a line tells, with the statement that it says was `ran`; a failure would name the statement."""
        row = partial(self._row, line, moment, origin, number)
        if line.message.startswith(AUTHORIZED):
            return row("login", Category.LOGIN), "", ""
        if line.message.startswith(ENDED):
            return row("logout", Category.READ), "", ""
        if line.message.startswith(_AUDIT):
            return self._audited(line, row)
        if ran:
            self.statements += 1
            does = self._prepared.runs(line.session, ran["text"], line.detail)
            tag, category = what_ran(does, line.tag)
            if self._temporary.holds(line.session, does) or category == Category.READ:
                return None
            category = Category.READ if is_own_password(ran["text"], line.user) else category
            return row(tag, category, detail=kept(category, ran["text"])), ran["text"], line.transaction
        if (told := _UNTOLD.match(line.message)) and what_ran(told["text"])[1] != Category.READ:
            raise ValueError("it tells of a statement in no words of English: set lc_messages to C")
        return None

    def _audited(self, line: Line, row: Any) -> Act | None:
        try:
            _, number, part, kind, command, thing, name, text, *_ = next(
                csv.reader([line.message.removeprefix(_AUDIT)])
            )
        except (StopIteration, ValueError):
            raise ValueError("it is no line of pgaudit") from None
        self.statements += 1
        tag, category = audited(command, kind, text)
        own = name.startswith("pg_temp") and thing != "VIEW"
        if self._temporary.holds(line.session, text) or own or category == Category.READ:
            return None
        category = Category.READ if is_own_password(text, line.user) else category
        place = "/".join(filter(None, (line.database, *name.replace('"', "").partition(".")[::2])))
        act = row(tag, category, resource=place, detail=kept(category, text), part=f"#audit{number}.{part}")
        return act, text, line.transaction

    def _row(
        self, line: Line, moment: datetime, origin: Origin, number: int, tag: str, category: Category, **told: Any
    ) -> Activity:
        if not line.user and category in LEVELS:
            raise ValueError("it names no user: put %u into log_line_prefix, and turn log_connections on")
        # A server may write each line to several logs, which number sessions and lines in their own ways.
        said = line.process, f"{moment:%Y-%m-%dT%H:%M:%S}", " ".join(line.message.split())
        self._told[said] += 1
        key = "\x1f".join((self._instance, *said, str(self._told[said])))
        part = told.pop("part", "")
        return Activity(
            **origin.at(number),
            event_id=hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:32] + part,
            time=moment,
            provider="postgres",
            scope=self._instance,
            account=f"postgres:{printable(line.user)}@{self._instance}" if line.user else None,
            actor=line.user or None,
            session=f"postgres:{self._instance}/{line.session}",
            action=f"postgres:{tag}",
            category=category,
            level=LEVELS.get(category, Level.READ),
            source_ip=line.remote if line.remote not in ("", "[local]") else None,
            user_agent=line.program or None,
            **{"outcome": Outcome.OK, "resource": line.database or None, **told},
        )


def _is_of(line: Line, act: Activity, text: str, transaction: str) -> bool:
    """Whether a failure is that of an act: it names the statement, which pgaudit may have cut at a password.

    Statements that came together fail together; newer pgaudit tells each alone.
    """
    if not text:
        return _not_signed_in(line)
    if not line.statement:
        return line.tag == act.action.partition(":")[2]
    before, hidden, _ = text.partition(_REDACTED)
    together = line.transaction == transaction and text.strip(" ;") in line.statement
    return line.statement == text or together or bool(hidden and line.statement.startswith(before.rstrip()))


def _not_signed_in(line: Line) -> bool:
    """Whether a failure is that of a sign-in."""
    if line.state:
        return _NOT_SIGNED_IN.fullmatch(line.state) is not None
    return line.severity == "FATAL" and _REFUSED.match(line.message) is not None


def _same(plain: Act, audited: Activity) -> bool:
    return plain[0].action.split()[0] == audited.action.split()[0] and plain[2] != OF_COMMIT
