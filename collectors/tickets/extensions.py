"""Until when a ticket lasts whose approver gave less of it (`only until 9:00`), or more (`Extended until 10:00`)."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from auditor.model.statements import LONGEST, Verdict, own_words, verdict
from collectors.relative_times import parse_about
from collectors.tickets.approvals import Comment

_LENGTHENED = re.compile(
    r"\b(?:extend(?:ed|ing)?|extension|verlänger(?:t|e|ung)|prolong(?:é|ée|er|ation)|ampliad[oa]|extendid[oa])\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|no|never|cannot|nicht|keine?|pas|sin)\b|n['\u2019]t\b|\?", re.IGNORECASE)
_UNTIL, _TIME = r"until|till?|bis(?: zum)?|jusqu['\u2019]à|hasta", r"\s+(?=([^,;()!\n]{1,40}))"
_END = re.compile(rf"\b(?:{_UNTIL}|to){_TIME}", re.IGNORECASE)
_LENGTH = re.compile(rf"\b(?:by|for|um|de|por|pour)(?: another| weitere[nr]?)?{_TIME}", re.IGNORECASE)
_ONLY = re.compile(
    r"\b(?:only|just|at most|no longer than|nur|höchstens|längstens|seulement|uniquement|s[oó]lo)\s+(?:\w+\s+)?"
    rf"(?:{_UNTIL}){_TIME}",
    re.IGNORECASE,
)
# So many words may tell an end, and so many places of a line are looked at for them.
_WORDS, _TRIED = 5, 8


def lengthened(ends_at: datetime, comments: Iterable[Comment], approver: str | None, zone: ZoneInfo) -> datetime:
    """The end that a ticket has in the end; what its approver says of it only after it was over lengthens nothing."""
    for comment in sorted(comments, key=lambda one: one.at):
        if approver and comment.who == approver and comment.at <= ends_at:
            ends_at = max(ends_at, _end(comment.own, ends_at, zone) or ends_at)
    return ends_at


def _end(text: str, ends_at: datetime, zone: ZoneInfo) -> datetime | None:
    for line in text.splitlines():
        said = _LENGTHENED.search(line)
        if not said or _DENIED.search(line) or verdict(line) in (Verdict.REFUSED, Verdict.OPEN):
            continue
        told = [one for pattern in (_END, _LENGTH) for one in pattern.finditer(line, said.start())]
        if found := _first(told, zone, ends_at):
            return found
    return None


def approved_until(ends_at: datetime, starts_at: datetime | None, words: str, zone: ZoneInfo) -> datetime:
    """The end that an approval leaves of what was asked for: an earlier one where it says `only until`."""
    if starts_at is None or verdict(words) is not Verdict.AGREED:
        return ends_at
    found = _first(list(_ONLY.finditer(own_words(words)[:LONGEST])), zone, starts_at)
    return found if found and starts_at < found < ends_at else ends_at


def _first(told: Sequence[re.Match[str]], zone: ZoneInfo, base: datetime) -> datetime | None:
    """The first time that stands where one may."""
    for one in told[:_TRIED]:
        words = one[1].split()[:_WORDS]
        for number in range(len(words), 0, -1):
            with suppress(ValueError):
                return parse_about(" ".join(words[:number]), zone, base, fold=1)
    return None
