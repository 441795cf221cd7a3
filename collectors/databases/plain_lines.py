"""Lines of PostgreSQL's plain log as records, by the prefix that the server puts before each (`log_line_prefix`).

A record's further lines begin with a tab, which the server writes, so that no statement can pretend to be a record.
Only names can: those of a login, a database and a program stand in the prefix as strangers sent them. A line in which
one could be more than a name is told and not read.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import accumulate, pairwise, takewhile

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.model.written import written
from collectors.databases.log_record import PREPARED, SEVERITIES, Line, odd
from collectors.databases.log_sessions import Sessions
from collectors.json_values import Broken


class _Prefixes(Struct, frozen=True):
    usual: tuple[str, ...]
    escapes: dict[str, tuple[str, str]]


_prefixes = cache(partial(written, __package__, "log_prefixes", _Prefixes))
_PIECE = re.compile(r"%(?P<pad>-?\d+)?(?P<escape>[A-Za-z])|%(?P<percent>%)|(?P<literal>[^%]+|%)")
_SAID = r"(?P<label>[^\W\d_]{2,20}[1-5]?): {1,2}(?P<message>.*)"
_LABEL = re.compile(rf"(?:{'|'.join(sorted(SEVERITIES))}|STATEMENT): ")
_OF_STATEMENTS = frozenset({"QUERY", "CONTEXT", "STATEMENT"})
_MORE = frozenset({"DETAIL", "HINT", "LOCATION", "BACKTRACE", *_OF_STATEMENTS})
# No name is longer than 63 bytes, and three may stand in a prefix.
_NAMES = 256
_LOOKED_AT = 1 << 16
_UNREADABLE = "it does not begin as the server's lines do"
_AMBIGUOUS = "a name in it could be more than a name, so that nobody knows who did it"
_BEHIND = "it follows a line that is none of the server's, and may be none either"


def prefix_of(text: str) -> str | None:
    """The usual prefix that most lines at the beginning of a log have; None where none has one."""
    head = text[:_LOOKED_AT].split("\n")
    found = {one: sum(_pattern(one).match(line) is not None for line in head) for one in _prefixes().usual}
    best = max(found, key=lambda one: found[one])
    return best if found[best] else None


def plain_lines(text: str, prefix: str, sessions: Sessions) -> Iterator[Line | Broken]:
    """Each record where it begins, and an empty sentence for its further lines, so that lines keep their numbers.

    Args:
        text: a file of the log.
        prefix: what the server puts before each line.
        sessions: what the files before it told.

    Raises:
        ValueError: the prefix tells no time, or no process.
    """
    told = _pattern(prefix).groupindex.keys()
    if told.isdisjoint(("time", "epoch")) or told.isdisjoint(("pid", "session")):
        raise ValueError("log_line_prefix tells no time or no process: it needs %m or %t, and %p or %c")
    return _records(_pieces(text, _pattern(prefix)), sessions)


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

    def of(self, other: "_Piece") -> bool:
        """Whether both are of one process."""
        return all(self.told.get(name) == other.told.get(name) for name in ("pid", "session"))


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


def _records(pieces: Iterator[_Piece], sessions: Sessions) -> Iterator[Line | Broken]:
    """Lines with what the server wrote behind them: the statement in the course of which each was written."""
    line: _Piece | None = None
    more: list[_Piece] = []
    for piece in pieces:
        if line and piece.told.get("label") in _MORE and piece.of(line):
            more.append(piece)
            continue
        yield from _told(line, more, sessions)
        line, more = piece, []
    yield from _told(line, more, sessions)


def _told(piece: _Piece | None, more: Sequence[_Piece], sessions: Sessions) -> Iterator[Line | Broken]:
    if piece:
        if piece.told and piece.told["label"] not in _MORE:
            said = {one.told["label"]: one.message for one in more}
            statement = said.get("STATEMENT", None if _OF_STATEMENTS.isdisjoint(said) else "")
            detail = said.get("DETAIL", "")
            line = sessions.line(piece.told, piece.message, statement)
            yield replace(line, detail=detail) if detail.startswith(PREPARED) else line
        else:
            yield Broken(piece.sentence)
        yield from (Broken("") for _ in range(sum(one.count for one in (piece, *more)) - 1))
