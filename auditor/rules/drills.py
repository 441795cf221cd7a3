"""What the note of a rollback drill tells: how long it took, and how long it was to take."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache

from auditor.config.durations import parse_duration
from auditor.model.tables import Ticket
from auditor.model.written import Patterns, written

_SENTENCE = re.compile(r"[;\n]|\.(?=\s|$)")
_pattern = Patterns(__package__, "drills")
_SPOKEN = {
    "hours_and_minutes": r"\1h \2m",
    "half_an_hour": "30m",
    "half_a_minute": "30s",
    "quarter_of_an_hour": "15m",
    "hours": "h",
    "days": "d",
}
"""What is written in the place of what is said, by the name of its pattern."""


def practised(drills: Iterable[Ticket]) -> Mapping[str, tuple[timedelta, timedelta | None]]:
    """The latest time and target for code and config."""
    done: dict[str, tuple[timedelta, timedelta | None]] = {}
    for row in drills:
        note = _plainly("\n".join(filter(None, (row.closeout, row.note))))
        of_both = _pattern("of_both").search(note)
        for whats, said, took in _told(note):
            target = _pattern("target").search(said) or of_both
            if took and not _pattern("not_done").search(said):
                done |= dict.fromkeys(whats, (_length(took), _length(target["target"]) if target else None))
    return done


def _told(note: str) -> Iterator[tuple[list[str], str, str | None]]:
    """What was rolled back, what is said of that, and how long it took; the plainest way to say it last."""
    for sentence in _SENTENCE.split(note):
        if _pattern("back").search(sentence):
            for match in _pattern("told").finditer(sentence):
                until, behind = sentence[: match.end()], sentence[match.end() :]
                clause = until.rpartition(",")[2] + behind.partition(",")[0]
                yield ["code" if match["code"] else "config"], clause, match["took"]
    for match in _pattern("drill").finditer(note):
        took = _pattern("took").search(_pattern("target").sub("", match["said"]))
        yield [what.lower() for what in (match["what"], match["also"]) if what], match["said"], took and took["took"]


def _plainly(text: str) -> str:
    """A text with lengths in figures, `half an hour` as `30m`."""
    for spoken, plain in _SPOKEN.items():
        text = _pattern(spoken).sub(plain, text)
    return _in_words().sub(_in_digits, text)


@cache
def _numbers() -> dict[str, int]:
    table = written(__package__, "numbers", dict[int, str])
    return {word: number for number, words in table.items() for word in words.split()}


@cache
def _in_words() -> re.Pattern[str]:
    """A number below a hundred in words, before a unit; of several words in English."""
    english = {number: word for word, number in reversed(_numbers().items())}
    tens, ones = ("|".join(english[n] for n in some) for some in (range(20, 100, 10), range(1, 10)))
    plain = "|".join(sorted(_numbers().keys() - {english[n] for n in range(20, 100, 10)}))
    spelled = rf"\b(?:(?P<tens>{tens})(?:[- ](?P<ones>{ones}))?|(?P<plain>{plain}))"
    return re.compile(rf"{spelled}(?=[\s-]{{1,3}}{_pattern.text('unit')}\b)", re.IGNORECASE)


def _in_digits(match: re.Match[str]) -> str:
    """A number below a hundred in figures."""
    return str(sum(_numbers()[word.lower()] for word in match.groups() if word))


def _length(text: str) -> timedelta:
    """`1h 20m` or `80 minutes` as a length."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdo])", text.lower())
    return sum((parse_duration(f"{number}{unit.replace('o', 'h')}") for number, unit in parts), timedelta())
