"""What the note of a rollback drill tells: how long it took, and how long it was to take."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from auditor.config.durations import parse_duration
from auditor.model.tables import Ticket

_UNIT = (
    r"(?:(?:s|m|h|d|sec|min|hr|second|minute|hour|day|seconde|heure|segundo|minuto|hora)s?|minuten|sekunden?|minuti|secondi"
    r"|or[ae])"
)
_LENGTH = rf"(?:\d{{1,6}}(?:\.\d{{1,6}})?\s{{0,3}}{_UNIT}\b\s{{0,3}}(?:and\s)?)+"
_DRILL = re.compile(
    r"\brollback of (?P<what>code|config)\w*(?: and (?P<also>code|config)\w*)?"
    r"(?:\s*:|(?=[^\n]{0,60}\b(?:took|done|lasted|finished|completed)\b))(?P<said>(?:(?!\brollback of\b)[^\n])*)",
    re.IGNORECASE,
)
# `Code was rolled back in 4 minutes, config in 2 minutes`, in a sentence that speaks of going back.
_TOLD = re.compile(
    r"\b(?:(?P<code>code|c[oó]digo|codice)|[ck]onfig\w*)\b(?P<said>(?:(?!\bcode\b|\b[ck]onfig)[^,\n]){0,60}?"
    rf"\b(?:in|within|took|lasted|after|nach|dauerte|en|em|binnen)\s+(?P<took>{_LENGTH}))",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:roll(?:ed|ing)?[ -]?back|back|revert\w*|restor\w+|zurück\w*|revenue?s?|retour\w*|restaur\w+"
    r"|annul\w+)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[;\n]|\.(?=\s|$)")
_TARGET = re.compile(rf"\b(?:target|goal|limit)\b\D{{0,12}}(?P<target>{_LENGTH})", re.IGNORECASE)
_OF_BOTH = re.compile(
    rf"(?:^|[.;]\s)(?:the |our )?(?:target|goal|limit)\b\D{{0,12}}(?P<target>{_LENGTH})", re.IGNORECASE | re.MULTILINE
)
_TOOK = re.compile(rf"(?<![\w.])(?P<took>{_LENGTH})", re.IGNORECASE)
_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMBERS = {
    **{word: number for number, word in enumerate((*_ONES, *_TEENS), 1)},
    **{word: number for number, word in zip(range(20, 100, 10), _TENS, strict=True)},
}
_NUMBERS |= {
    word: number
    for number, words in {
        1: "a an eine einer une un una", 2: "zwei deux dos", 3: "drei trois tres", 4: "vier quatre cuatro",
        5: "fünf cinq cinco", 6: "sechs seis", 7: "sieben sept siete", 8: "acht huit ocho", 9: "neun neuf nueve",
        10: "zehn dix diez", 12: "zwölf douze doce", 15: "fünfzehn quinze quince", 20: "zwanzig vingt veinte",
        30: "dreißig dreissig trente treinta", 40: "vierzig quarante cuarenta", 60: "sechzig soixante sesenta",
    }.items()
    for word in words.split()
}  # fmt: skip
_PLAIN = "|".join(sorted(_NUMBERS.keys() - set(_TENS)))
_IN_WORDS = re.compile(
    rf"\b(?:(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<ones>{'|'.join(_ONES)}))?|(?P<plain>{_PLAIN}))"
    rf"(?=[\s-]{{1,3}}{_UNIT}\b)",
    re.IGNORECASE,
)
_SPOKEN = {
    re.compile(pattern, re.IGNORECASE): plain
    for pattern, plain in {
        r"\b(\d{1,2}):(\d{2})\s{0,3}h(?:ours?|rs?)?\b": r"\1h \2m",
        r"\b(?:half an hour|eine[rn]? halben? stunde|une demi-heure|media hora)\b": "30m",
        r"\b(?:half a minute|eine[rn]? halben? minute)\b": "30s",
        r"\b(?:a quarter of an hour|(?:eine[rn]? )?viertelstunde|un quart d['\u2019]heure)\b": "15m",
        r"\bstunden?\b": "h",
        r"\btagen?\b": "d",
    }.items()
}
_NOT_DONE = re.compile(
    r"\b(?:not|failed|aborted|skipped|gave up|nicht|fehlgeschlagen|abgebrochen|pas|échoué\w*|falló)\b|n['\u2019]t\b",
    re.IGNORECASE,
)


def practised(drills: Iterable[Ticket]) -> Mapping[str, tuple[timedelta, timedelta | None]]:
    """The latest time and target for code and config."""
    done: dict[str, tuple[timedelta, timedelta | None]] = {}
    for row in drills:
        note = _plainly("\n".join(filter(None, (row.closeout, row.note))))
        of_both = _OF_BOTH.search(note)
        for whats, said, took in _told(note):
            target = _TARGET.search(said) or of_both
            if took and not _NOT_DONE.search(said):
                done |= dict.fromkeys(whats, (_length(took), _length(target["target"]) if target else None))
    return done


def _told(note: str) -> Iterator[tuple[list[str], str, str | None]]:
    """What was rolled back, what is said of that, and how long it took; the plainest way to say it last."""
    for sentence in _SENTENCE.split(note):
        if _BACK.search(sentence):
            for match in _TOLD.finditer(sentence):
                until, behind = sentence[: match.end()], sentence[match.end() :]
                clause = until.rpartition(",")[2] + behind.partition(",")[0]
                yield ["code" if match["code"] else "config"], clause, match["took"]
    for match in _DRILL.finditer(note):
        took = _TOOK.search(_TARGET.sub("", match["said"]))
        yield [what.lower() for what in (match["what"], match["also"]) if what], match["said"], took and took["took"]


def _plainly(text: str) -> str:
    """A text with lengths in figures, `half an hour` as `30m`."""
    for spoken, plain in _SPOKEN.items():
        text = spoken.sub(plain, text)
    return _IN_WORDS.sub(_in_digits, text)


def _in_digits(match: re.Match[str]) -> str:
    """A number below a hundred in figures."""
    return str(sum(_NUMBERS[word.lower()] for word in match.groups() if word))


def _length(text: str) -> timedelta:
    """`1h 20m` or `80 minutes` as a length."""
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdo])", text.lower())
    return sum((parse_duration(f"{number}{unit.replace('o', 'h')}") for number, unit in parts), timedelta())
