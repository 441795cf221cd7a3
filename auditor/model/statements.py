"""What people say when they agree to access, and when it ends: English, German, French and Spanish words that decide.

The plainest of some neighbours' languages, of Japanese and of Chinese are read, too.

A statement is read clause by clause. What stands in brackets or is quoted decides nothing; of several verdicts the last
one counts, so that somebody may change their mind.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from auditor.model.written import Patterns, words_of

LONGEST = 4_000
"""Longer texts are no statements: what follows is not read."""

UNREAD = "could not be read: "
"""How the approval of a ticket begins of which the comments could not be read, before the reason."""


NO_COLUMN = f"{UNREAD}the file has no column that says who approved"
"""The approval of a ticket in such a file: it may stand elsewhere, and what else the file says was read."""


class Verdict(StrEnum):
    """What a statement says about what was asked for."""

    AGREED = "agreed"
    CONDITIONAL = "on a condition"
    REFUSED = "refused"
    OPEN = "not decided"


_SENTENCE = re.compile(r"[.;!]+(?=\s|$)")
_CLAUSE = re.compile(r"[;!]+|[.,:](?=\s|$)|\s(?:-|\u2013|\u2014)\s|\b(?:but|aber|mais|pero|though|then)\b")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+)?|\?|\+1")
_pattern = Patterns(__package__, "statement_patterns")
_set = words_of(__package__, "statements")


_REACH = 3
"""How many words may stand between a negation and what it denies."""


def verdict(text: str) -> Verdict | None:
    """What a statement says; None where no word in it decides anything."""
    found: Verdict | None = None
    for line in _plain(text).split("\n"):
        said: Verdict | None = None
        for sentence in _SENTENCE.split(line):
            said = _of_sentence(sentence, said)
        found = said or found
    return found


def is_approval(text: str) -> bool:
    """Whether a remark under a ticket is an approval: its first words say so, and what follows does not take it back.

    One that waits for what somebody else says is one, too, for what it is.

    Words that people use for anything else too (`ok`, `yes`) approve nothing by themselves, nor does a report of what
    somebody else said.
    """
    if verdict(text) not in _AGREEING:
        return False
    plain = _plain(text)
    words = _words(plain)[:_FIRST_WORDS]
    firm = next((n for n, word in enumerate(words) if word in _set("agreed") - _set("loose")), None)
    if firm is None:
        # A thumb alone is for anything else too.
        thumb = _pattern("thumb").match(plain.strip()) and names_end(plain)
        return bool(thumb or _pattern("firm").search(plain[:_FIRST_LETTERS]))
    return words[firm + 1 : firm + 2] not in (["by"], ["von"], ["par"], ["por"])


def _of_sentence(sentence: str, said: Verdict | None) -> Verdict | None:
    """What a sentence says, after what was said in its line before: the latter where it decides nothing."""
    conditions = list(_pattern("condition").finditer(sentence))
    if not conditions:
        return _of_clauses(sentence, said) or said
    own = _of_clauses(_pattern("condition").sub(" ", sentence), said)
    if own is Verdict.AGREED:
        return Verdict.CONDITIONAL if any(_is_of_agreement(sentence, one, said) for one in conditions) else own
    # Who is to agree did not: `close it once Mia has confirmed`.
    whole = own or _of_clauses(sentence, said)
    return said if whole is Verdict.AGREED else whole or said


def _is_of_agreement(sentence: str, condition: re.Match[str], said: Verdict | None) -> bool:
    """Whether a condition is what an agreement waits for, and not what is to be done besides: `, close it once ...`."""
    if condition.group().startswith((",", "(")):
        return True
    clause = _CLAUSE.split(sentence[: condition.start()])[-1]
    if _pattern("asking").search(clause):
        return False
    return not _words(clause) or _of_clause(clause, agreed=said in _AGREEING) is Verdict.AGREED


def _of_clauses(sentence: str, said: Verdict | None) -> Verdict | None:
    own: Verdict | None = None
    for clause in _CLAUSE.split(sentence):
        no = Verdict.REFUSED if said is None and _begins_with_no(clause) else None
        own = _of_clause(clause, agreed=(own or said) in _AGREEING) or own or no
    return own


_AGREEING = (Verdict.AGREED, Verdict.CONDITIONAL)
_FIRST_LETTERS = 40
_FIRST_WORDS = 8


def own_words(text: str) -> str:
    """What somebody writes themselves, without what they quote in a tracker's markup or below a mail."""
    return _pattern("quote").sub("", text).strip()


def is_for_reading(text: str) -> bool:
    """Whether an approval is of reading alone: `read-only access`; `switch it to read-only` is about something else."""
    return _pattern("reading_only").search(own_words(text[:LONGEST])) is not None


def _plain(text: str) -> str:
    """What somebody says themselves: no asides, nor that nothing is against it, nor what they approve as their work."""
    text = _pattern("ticked_no").sub(" not approved ", own_words(text[:LONGEST]))
    own = _pattern("unticked").sub("", text)
    for name, instead in (
        ("aside", " "),
        ("no_objection", " "),
        ("approval_work", " "),
        ("no_field", " not approved "),
    ):
        own = re.sub(r"[^\S\n]+", " ", _pattern(name).sub(instead, own))
    return own


def _words(text: str) -> list[str]:
    return _WORD.findall(re.sub(r"\bn'", "ne ", text.casefold().replace("\u2019", "'")))


def _of_clause(clause: str, *, agreed: bool) -> Verdict | None:
    """What a clause says; `agreed` whether somebody agreed in its line before."""
    clause = _without_purpose(clause, agreed=agreed)
    words = _words(clause)
    if "?" in clause or _pattern("open").search(clause):
        return Verdict.REFUSED if _set("denying").intersection(words) and "?" not in clause else Verdict.OPEN
    found: Verdict | None = None
    for place, word in enumerate(words):
        if word in _set("refused"):
            if not ((agreed or found is Verdict.AGREED) and _is_other(words, place)):
                found = None if _denied(words, place) else Verdict.REFUSED
        elif word in _set("agreed"):
            found = Verdict.REFUSED if _denied(words, place) else Verdict.AGREED
    if words and found is None:
        for said, name in ((Verdict.REFUSED, "refused"), (Verdict.AGREED, "agreed")):
            if match := _pattern(name).search(clause):
                denied = said is Verdict.AGREED and _denied([*_words(clause[: match.start()]), ""], -1)
                return Verdict.REFUSED if denied else said
    return found


def _without_purpose(clause: str, *, agreed: bool) -> str:
    """A clause without what its agreement, or the one before it, is for: that decides nothing."""
    purpose = None if "?" in clause else _pattern("purpose").search(clause)
    before = clause[: purpose.start()] if purpose else ""
    said = _of_clause(before, agreed=agreed) if purpose else None
    return before if purpose and (said is Verdict.AGREED or (agreed and said is None)) else clause


def _begins_with_no(clause: str) -> bool:
    words = _words(clause)
    return words[:1] in (["no"], ["nein"], ["non"]) and words[1:2] not in (["later"], ["longer"], ["more"])


def _denied(words: list[str], place: int) -> bool:
    before = words[:place][-_REACH:]
    # In German and French the verb may stand before what denies it.
    return any(word in _set("denying") or word.endswith("n't") for word in before) or words[-1] in ("nicht", "pas")


_REFUSING = r"(?:reject|refus|deny|deni|declin|withdraw|revok|cancel)[a-z]{0,4}"
_TAKING = r"(?:revok|withdraw|cancel)[a-z]{0,4}"


def _is_other(words: list[str], place: int) -> bool:
    """Whether an English word of refusing is about the work, and not about what was asked.

    `to revoke the old keys`, `denied logins`, `payments are declined`, `I will revoke it at noon`.
    """
    before, after = words[:place], words[place + 1 : place + 4]
    if not re.fullmatch(_REFUSING, words[place]):
        return False
    if before[-1:] == ["to"]:
        return _set("own will").isdisjoint(before[-4:-1])
    if re.fullmatch(_TAKING, words[place]) and not _set("to come").isdisjoint(before[-2:]):
        return True
    if {"are", "were"}.intersection(before[-2:]):
        return _set("asked").isdisjoint(before)
    if not after or not _set("asked").isdisjoint(after) or after[0] in _set("no thing") or after[0][0].isdigit():
        return False
    # `Denied Sam` begins a clause as `denied: Sam` does.
    return bool(before) or after[0] in _set("before things") or not words[place].endswith("ed")


def names_end(text: str) -> bool:
    """Whether a statement says until when: a length, or a time that something lasts until. A time alone is none."""
    return _pattern("end").search(text[:LONGEST]) is not None


def names(text: str, word: str | None) -> bool:
    """Whether a name, or a ticket's id, stands in a text whole: `PAY-27` is not in `PAY-271`."""
    if not text or not word:
        return False
    return _whole(re.escape(word)).search(text[:LONGEST]) is not None


def without_left_out(text: str, called: Iterable[str]) -> str:
    """A statement without those of these names that it leaves out: `not for Nina`, `all except checkout`."""
    own = "|".join(map(re.escape, called))
    if not own or not _pattern("leaving_out").search(text[:LONGEST]):
        return text
    return _whole(rf"{_pattern.text('leaving_out')}\s+(?:{own})").sub(" ", text[:LONGEST])


def names_any_after(text: str, words: Iterable[str], called: Iterable[str]) -> bool:
    """Whether one of many names, whole, stands in a text right after one of these words."""
    return _any_after(tuple(words), tuple(called)).search(text[:LONGEST]) is not None


@lru_cache(maxsize=8)
def _any_after(words: tuple[str, ...], called: tuple[str, ...]) -> re.Pattern[str]:
    return _whole(rf"(?:{'|'.join(map(re.escape, words))}) (?:{'|'.join(map(re.escape, called))})")


@lru_cache(maxsize=4096)  # the names of a roster are looked for in every ticket
def _whole(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){pattern}(?![\w]|-\d)", re.IGNORECASE)


_FEW = 4
_TO_DO = frozenset({"remove", "revoke", "delete"})
_NO = frozenset({"no", "false", "not", "nein", "non"})
_BEFORE = 20


def says_dropped(text: str) -> bool:
    """Whether a closeout says that nothing came of what was asked for: refused, withdrawn, or no access was given."""
    first = _CLAUSE.split(text[:LONGEST].strip())[0]
    words = _words(first)
    begins = _set("refused").union(_set("dropped")).intersection(words[:1])
    # `Cancelled order fixed` tells of an order.
    dropped = len(words) <= _FEW and begins and not (words[2:] and _is_other(["was", *words], 1))
    said = dropped or _pattern("not_needed").match(first) or _pattern("never_given").search(text[:LONGEST])
    return bool(said) and says_removed(text) is None


@lru_cache(maxsize=4096)
def is_off(status: str) -> bool:
    """Whether a status or a resolution says that nothing is to come of a ticket: `Rejected`, `Closed - Won't Do`.

    What is `Revoked` was given before.
    """
    parts = (part for part in _parts(status) if not _pattern("taken_back").match(part))
    return any(says_dropped(part) or _pattern("not_to_do").fullmatch(part) for part in parts)


def is_draft(status: str) -> bool:
    """Whether a status says that a ticket was begun and not handed in: nobody was asked for anything yet."""
    return any(_pattern("draft").fullmatch(part) for part in _parts(status))


def is_reopened(status: str) -> bool:
    """Whether a status says that a ticket goes on which was closed before."""
    return _pattern("reopened").search(status[:LONGEST]) is not None


_STATUS = re.compile(r"[,;:/()|]|\s[-\u2013\u2014]\s|\bclosed\b|\bgeschlossen\b", re.IGNORECASE)


def _parts(status: str) -> list[str]:
    """What a status says, part by part, with a tracker's `_` for blanks."""
    return [part.replace("_", " ").strip() for part in _STATUS.split(status[:LONGEST])]


def says_called(text: str) -> bool:
    """Whether a note says that somebody was called."""
    return _pattern("called").search(text[:LONGEST]) is not None


def says_removed(text: str) -> bool | None:
    """Whether a note says that the access is gone, or that it is not; None where it says nothing of it."""
    text = _pattern("compound").sub(" ", text[:LONGEST])
    said = True if _pattern("no_more").search(text) else None
    for match in _pattern("access_gone").finditer(text):
        near = f"{text[max(match.start() - _BEFORE, 0) : match.start()]} {match['between'] or ''}"
        near = near.rpartition(".")[2] if match["verb"] else f"{match['between'] or ''}"
        denied = _pattern("still_said").search(near) is not None
        asked = not match["answer"] and "?" in text[match.start() : match.end() + 1]
        # `remove the access` is asked for, or to be done; `did remove the access` is done.
        to_do = (match["verb"] or "").casefold() in _TO_DO and not re.search(r"\bdid\s*$", near, re.IGNORECASE)
        answer = (match["answer"] or "").casefold() in _NO
        said = not (denied or answer or asked or to_do)
    return False if said is None and _pattern("still_there").search(text) else said
