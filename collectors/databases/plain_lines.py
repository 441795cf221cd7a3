"""Lines of PostgreSQL's plain log as records, by the prefix that the server puts before each (`log_line_prefix`).

A record's further lines begin with a tab, which the server writes, so that no statement can pretend to be a record.
Only names can: those of a login, a database and a program stand in the prefix as strangers sent them. A line in which
one could be more than a name is told and not read.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from itertools import accumulate, pairwise, takewhile

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.model.written import written
from collectors.databases.log_record import AUTHORIZED, ENDED, SEVERITIES, Line, odd
from collectors.json_values import Broken


class _Prefixes(Struct, frozen=True):
    usual: tuple[str, ...]
    escapes: dict[str, tuple[str, str]]


_prefixes = cache(partial(written, __package__, "log_prefixes", _Prefixes))
_PIECE = re.compile(r"%(?P<pad>-?\d+)?(?P<escape>[A-Za-z])|%(?P<percent>%)|(?P<literal>[^%]+|%)")
_SAID = r"(?P<label>[^\W\d_]{2,20}[1-5]?): {1,2}(?P<message>.*)"
_LABEL = re.compile(rf"(?:{'|'.join(sorted(SEVERITIES))}|STATEMENT): ")
_MORE = frozenset({"DETAIL", "HINT", "QUERY", "CONTEXT", "LOCATION", "BACKTRACE", "STATEMENT"})
# No name is longer than 63 bytes, and three may stand in a prefix.
_NAMES = 256
_LOOKED_AT = 1 << 16
_RECEIVED = re.compile(r"connection received: host=(\S+)(?: port=\d+)?")
_AUTHORIZED = re.compile(rf"{AUTHORIZED}user=(\S+)(?: database=(\S+))?(?: application_name=(.*?))?(?: (?:SSL|GSS) .*)?")
# The state of a failed sign-in, where the prefix does not tell it.
_REFUSED = (
    (re.compile(r".* authentication failed for user .*|no pg_hba\.conf entry .*"), "28000"),
    (re.compile(r'role ".*" (?:does not exist|is not permitted to log in)'), "28000"),
    (re.compile(r'database ".*" does not exist'), "3D000"),
    (re.compile(r"sorry, too many clients.*|too many connections for .*|remaining connection slots .*"), "53300"),
)
_UNREADABLE = "it does not begin as the server's lines do"
_AMBIGUOUS = "a name in it could be more than a name, so that nobody knows who did it"
_BEHIND = "it follows a line that is none of the server's, and may be none either"


def prefix_of(text: str) -> str | None:
    """The usual prefix that most lines at the beginning of a log have; None where none has one."""
    head = text[:_LOOKED_AT].split("\n")
    found = {one: sum(_pattern(one).match(line) is not None for line in head) for one in _prefixes().usual}
    best = max(found, key=lambda one: found[one])
    return best if found[best] else None


def plain_lines(text: str, prefix: str) -> Iterator[Line | Broken]:
    """Each record where it begins, and an empty sentence for its further lines, so that lines keep their numbers.

    Raises:
        ValueError: the prefix tells no time, or no process.
    """
    told = _pattern(prefix).groupindex.keys()
    if told.isdisjoint(("time", "epoch")) or told.isdisjoint(("pid", "session")):
        raise ValueError("log_line_prefix tells no time or no process: it needs %m or %t, and %p or %c")
    return _records(_pieces(text, _pattern(prefix)))


def physical(text: str, number: int) -> str:
    """The line of a number, with those behind it that belong to it."""
    first, *rest = text.split("\n")[number:]
    return "\n".join([first, *takewhile(lambda line: line.startswith("\t"), rest)])


@cache
def _pattern(prefix: str) -> re.Pattern[str]:
    """What lines with a prefix look like: what the server puts in place of each escape, the severity, the message."""
    found, optional = "", False
    seen: set[str] = set()
    for piece in _PIECE.finditer(prefix):
        if piece["escape"] == "q" and not optional:
            found, optional = f"{found}(?:", True
            continue
        name, shape = _prefixes().escapes.get(piece["escape"] or "", ("", r"\S{0,63}?" if piece["escape"] else ""))
        if not piece["escape"]:
            shape = re.escape(piece["percent"] or piece["literal"])
        elif name and name not in seen:
            shape = f"(?P<{name}>{shape})"
        seen.add(name)
        found += rf"\s*{shape}\s*" if piece["pad"] else shape
    return re.compile(rf"{found}{')?' if optional else ''}{_SAID}", re.DOTALL)


class _Piece(Struct, frozen=True):
    """One line of the server's with what belongs to it: its fields, or why it cannot be told."""

    count: int
    sentence: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    message: str = ""


def _pieces(text: str, pattern: re.Pattern[str]) -> Iterator[_Piece]:
    lines = [line.rstrip("\r") for line in text.split("\n")]
    offsets = [0, *accumulate(len(line) + 1 for line in lines)]
    starts = [number for number, line in enumerate(lines) if line and not line.startswith("\t")]
    yield from [_Piece(starts[0])] if starts and starts[0] else []
    shadow = -1
    for number, after in pairwise([*starts, len(lines)]):
        match = pattern.match(lines[number])
        if sentence := _wrong(match, lines[number], pattern.groupindex.keys()):
            shadow = offsets[number] + _NAMES
        elif offsets[number] < shadow:
            sentence = _BEHIND
        if match is None or sentence:
            yield _Piece(after - number, sentence)
        else:
            message = "\n".join([match["message"], *(line[1:] for line in lines[number + 1 : after])])
            told = {name: value or "" for name, value in match.groupdict().items()}
            yield _Piece(after - number, "", told, message.rstrip("\n"))


def _wrong(match: re.Match[str] | None, line: str, told: Collection[str]) -> str:
    """Why a line is not to be read; empty where it is.

    The server's own word for how grave it is stands behind all names: one behind another could be part of a name.
    """
    if match is None:
        return _UNREADABLE
    label, begin = match["label"], match.start("message")
    if label not in SEVERITIES and label not in _MORE:
        return odd(label)
    named = not {"user", "database", "app"}.isdisjoint(told) and (label in SEVERITIES or label == "STATEMENT")
    return _AMBIGUOUS if named and _LABEL.search(line, begin, begin + _NAMES) else ""


def _records(pieces: Iterator[_Piece]) -> Iterator[Line | Broken]:
    """Lines with the statements that the server wrote behind them."""
    sessions = _Sessions()
    waiting: tuple[Line | Broken, int] | None = None
    for piece in pieces:
        line, count = waiting or (None, 0)
        if piece.told.get("label") in _MORE and isinstance(line, Line):
            line = replace(line, statement=piece.message) if piece.told["label"] == "STATEMENT" else line
            waiting = line, count + piece.count
            continue
        yield from _padded(waiting)
        known = piece.told and piece.told["label"] not in _MORE
        waiting = sessions.line(piece.told, piece.message) if known else Broken(piece.sentence), piece.count
    yield from _padded(waiting)


def _padded(waiting: tuple[Line | Broken, int] | None) -> Iterator[Line | Broken]:
    if waiting:
        yield waiting[0]
        yield from (Broken("") for _ in range(waiting[1] - 1))


class _Sessions(Struct):
    """What lines before told of sessions that are open: who, where and from where, and when they began."""

    open: dict[str, dict[str, str]] = field(default_factory=dict)
    last: dict[str, tuple[str, int]] = field(default_factory=dict)

    def line(self, told: Mapping[str, str], message: str) -> Line:
        """The record of a line's fields."""
        key = told.get("session") or told["pid"]
        time = told.get("time") or f"{datetime.fromtimestamp(float(told['epoch']), UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
        if received := _RECEIVED.fullmatch(message):
            self.open[key] = {"begin": time[:19].replace(" ", "T"), "remote": received[1]}
        if authorized := _AUTHORIZED.fullmatch(message):
            names = {"user": authorized[1], "database": authorized[2] or "", "app": authorized[3] or ""}
            self.open.setdefault(key, {}).update(names)
        known = self.open.get(key, {})
        if message.startswith(ENDED):
            self.open.pop(key, None)
        before, count = self.last.get(key, ("", 0))
        self.last[key] = time, count + 1 if before == time else 1

        def text(name: str) -> str:
            value = told.get(name, "")
            return value if value not in ("", "[unknown]") else known.get(name, "")

        return Line(
            time=time,
            user=text("user"),
            database=text("database"),
            remote=text("remote").partition("(")[0],
            session=told.get("session") or "/".join(filter(None, (key, known.get("begin")))),
            number=text("number") or str(self.last[key][1]),
            transaction=text("transaction"),
            tag=text("tag"),
            severity=told["label"],
            state=text("state") or _state(told["label"], message),
            message=message,
            statement="",
            program=text("app"),
            backend=text("backend"),
        )


def _state(severity: str, message: str) -> str:
    if severity != "FATAL":
        return ""
    return next((state for shape, state in _REFUSED if shape.fullmatch(message)), "")
