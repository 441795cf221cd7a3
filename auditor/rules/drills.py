"""What the note of a rollback drill tells: how long it took, and how long it was to take."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from auditor.config.durations import parse_duration
from auditor.model.tables import Ticket

_LENGTH = r"(?:\d{1,6}(?:\.\d{1,6})?\s{0,3}(?:s|m|h|d|sec|min|hr|second|minute|hour|day)s?\b\s{0,3}(?:and\s)?)+"
_DRILL = re.compile(
    r"\brollback of (?P<what>code|config)\w*(?: and (?P<also>code|config)\w*)?"
    r"(?:\s*:|(?=[^\n]{0,60}\b(?:took|done|lasted|finished|completed)\b))(?P<said>(?:(?!\brollback of\b)[^\n])*)",
    re.IGNORECASE,
)
_TARGET = re.compile(rf"\b(?:target|goal|limit)\b\D{{0,12}}(?P<target>{_LENGTH})", re.IGNORECASE)
_OF_BOTH = re.compile(
    rf"(?:^|[.;]\s)(?:the |our )?(?:target|goal|limit)\b\D{{0,12}}(?P<target>{_LENGTH})", re.IGNORECASE | re.MULTILINE
)
_TOOK = re.compile(rf"(?<![\w.])(?P<took>{_LENGTH})", re.IGNORECASE)
_SPOKEN = {
    re.compile(r"\b(\d{1,2}):(\d{2})\s{0,3}h(?:ours?|rs?)?\b", re.IGNORECASE): r"\1h \2m",
    re.compile(r"\bhalf an hour\b", re.IGNORECASE): "30m",
    re.compile(r"\b(?:an|one) hour\b", re.IGNORECASE): "1h",
}
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {
    **{word: number for number, word in enumerate((*_ONES, *_TEENS), 1)},
    **{word: number for number, word in zip(range(20, 100, 10), _TENS, strict=True)},
}
_IN_WORDS = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<ones>{'|'.join(_ONES)}))?|(?P<plain>{'|'.join((*_TEENS, *_ONES))}))"
    r"(?=\s(?:sec|min|hour))",
    re.IGNORECASE,
)
_NOT_DONE = re.compile(r"\b(?:not|failed|aborted|skipped|gave up)\b", re.IGNORECASE)


def practised(drills: Iterable[Ticket]) -> Mapping[str, tuple[timedelta, timedelta | None]]:
    """The latest time and target for code and config."""
    done: dict[str, tuple[timedelta, timedelta | None]] = {}
    for row in drills:
        note = _IN_WORDS.sub(_in_digits, "\n".join(filter(None, (row.note, row.closeout))))
        for spoken, plain in _SPOKEN.items():
            note = spoken.sub(plain, note)
        of_both = _OF_BOTH.search(note)
        for match in _DRILL.finditer(note):
            target = _TARGET.search(match["said"]) or of_both
            took = _TOOK.search(_TARGET.sub("", match["said"]))
            if took and not _NOT_DONE.search(match["said"]):
                told = _length(took["took"]), _length(target["target"]) if target else None
                done |= {what.lower(): told for what in filter(None, (match["what"], match["also"]))}
    return done


def _in_digits(match: re.Match[str]) -> str:
    """A number below a hundred in figures."""
    return str(sum(_NUMBERS[word.lower()] for word in match.groups() if word))


def _length(text: str) -> timedelta:
    """`1h 20m` or `80 minutes` as a length."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", text.lower())
    return sum((parse_duration(f"{number}{unit}") for number, unit in parts), timedelta())
