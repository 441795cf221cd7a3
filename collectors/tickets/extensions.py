"""Until when a ticket lasts where whoever approved it lengthened it below: `Extended until 10:00`."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from auditor.model.statements import Verdict, verdict
from collectors.relative_times import parse_about
from collectors.tickets.approvals import Comment

_LENGTHENED = re.compile(
    r"\b(?:extend(?:ed|ing)?|extension|verlänger(?:t|e|ung)|prolong(?:é|ée|er|ation)|ampliad[oa]|extendid[oa])\b",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b(?:not|no|never|cannot|nicht|keine?|pas|sin)\b|n['\u2019]t\b|\?", re.IGNORECASE)
_END = re.compile(r"\b(?:until|till?|to|bis(?: zum)?|jusqu['\u2019]à|hasta)\s+(?=([^,;()!\n]{1,40}))", re.IGNORECASE)
_LENGTH = re.compile(r"\b(?:by|for|um|de|por|pour)(?: another| weitere[nr]?)?\s+(?=([^,;()!\n]{1,40}))", re.IGNORECASE)
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
        for one in told[:_TRIED]:
            words = one[1].split()[:_WORDS]
            for number in range(len(words), 0, -1):
                with suppress(ValueError):
                    return parse_about(" ".join(words[:number]), zone, ends_at, fold=1)
    return None
