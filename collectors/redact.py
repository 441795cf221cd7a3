"""Takes secrets out of commands and of what people write before they become evidence."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.few import cut
from auditor.model.tables import Ticket
from auditor.model.written import Patterns, written

MAX_LENGTH = 500
LONGEST_TEXT = 100_000
MOST_OF_COMMENT = 1_000
_HIDDEN = "***"
_PARTS = ("name", "value")
_WORD = re.compile(r"\S+")
_WORDS = ("title", "reason", "approval", "closeout", "note")
_ENDS = frozenset({"|", "||", "&&", ";", "&"})


class _Takes(Struct, frozen=True):
    """Which flags of programs a secret follows, once they were told `verb`; or else stands at their end alone."""

    programs: tuple[str, ...]
    flags: tuple[str, ...]
    verb: str = ""
    apart: bool = True


@cache
def _secrets() -> tuple[re.Pattern[str], ...]:
    patterns = Patterns(__package__, "secrets", re.NOFLAG)
    return tuple(patterns(name) for name in patterns.names() if name not in _PARTS)


@cache
def _programs() -> dict[str, _Takes]:
    return {name: one for one in written(__package__, "programs", list[_Takes]) for name in one.programs}


def redact(text: str, limit: int = MAX_LENGTH) -> str:
    """The text with password-like values replaced by `***` and cut at `limit` characters."""
    # Cut first, so that a hostile line costs no time, but with room, so that a secret is not cut in half.
    text = text[: 4 * limit]
    pieces, done = [], 0
    for begin, end in _flagged(text):
        pieces += [text[done:begin], _HIDDEN] if begin >= done else []
        done = max(done, end)
    text = "".join([*pieces, text[done:]])
    for pattern in _secrets():
        text = pattern.sub(rf"\g<1>{_HIDDEN}", text)
    return cut(text, limit)


def without_secrets(ticket: Ticket) -> Ticket:
    """A ticket without the secrets in what people wrote in it."""
    said: dict[str, Any] = {
        name: text and redact(text, LONGEST_TEXT) for name in _WORDS for text in [getattr(ticket, name)]
    }
    comments = tuple(redact(comment, MOST_OF_COMMENT) for comment in ticket.comments)
    return replace(ticket, **said, comments=comments)


def _flagged(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets stand behind the flags of programs that take them so, from where to where."""
    takes: _Takes | None = None
    verbs: set[str] = set()
    due = False
    for word in _WORD.finditer(text):
        said, begin = word[0], word.start()
        if due:
            due = False
            yield begin, _end(text, begin)
        elif said in _ENDS:
            takes = None
        elif program := _programs().get(said.strip("\"'`$()").rpartition("/")[2]):
            takes, verbs = program, set()
        elif takes:
            verbs.add(said)
            if not takes.verb or takes.verb in verbs:
                flag = next((flag for flag in takes.flags if said.startswith(flag)), "")
                due = bool(flag) and said == flag and takes.apart
                if flag and said != flag and not said.startswith("--"):
                    yield begin + len(flag) + said[len(flag) :].startswith("="), _end(text, begin)


def _end(text: str, begin: int) -> int:
    """Where a value ends that begins there: at its closing quote, or at the next space."""
    quote = text[begin]
    closing = text.find(quote, begin + 1) if quote in "\"'" else -1
    space = _WORD.match(text, begin)
    return closing + 1 if closing > 0 else space.end() if space else len(text)
