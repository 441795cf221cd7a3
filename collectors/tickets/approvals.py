"""Who agreed to a request, who looked at it, and how it ended: from labels and comments, with the words they used."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.statements import Verdict, is_approval, own_words, says_removed, verdict

MOST_COMMENTS = 200
"""So many comments of an incident are kept, the first ones."""
_REVIEWED = re.compile(r"\W*reviewed\b(?!\s*\?)", re.IGNORECASE)
_CLOSEOUT = re.compile(r"\W*close-?\s?out\b\W*", re.IGNORECASE)
_CHAT = re.compile(
    r"https?://\S*(?:slack\.com|teams\.microsoft\.com|chat\.google\.com|discord\.com|t\.me/|zulip|mattermost)"
    r"|\b(?:in|from|on|see)\s+(?:the\s+)?(?:chat|slack|teams|discord|mattermost)\b",
    re.IGNORECASE,
)
# Stages that take an approval back; any other stage that follows it does not.
_BACK = re.compile("rejected|requested|denied|declined|open|reopened|new|to do|backlog|waiting for approval")
_AT_ONCE = timedelta(seconds=2)


class Mark(Struct, frozen=True):
    """A label, or a status, put on or taken off by somebody.

    `by_button` where it is an approval by a tracker's own button, which shows the request and asks for no words.
    """

    label: str
    on: bool
    who: str | None
    at: datetime
    by_button: bool = False

    @property
    def word(self) -> str:
        """The label's last part: `approved` of `access::approved`."""
        return self.label.rpartition("::")[2].strip().casefold()

    @property
    def scope(self) -> str:
        """Its first part; of labels of one scope, GitLab keeps one on."""
        return self.label.rpartition("::")[0].strip().casefold()


class Comment(Struct, frozen=True):
    """What somebody wrote."""

    who: str | None
    at: datetime
    text: str

    @property
    def own(self) -> str:
        """Their own words: what they quote is somebody else's."""
        return own_words(self.text)

    @property
    def from_chat(self) -> bool:
        """Whether it points at a chat, where what was said can be neither found nor trusted later."""
        return bool(_CHAT.search(self.text))


class Approval(Struct, frozen=True):
    """Who approved, when, and in which words. Without `who`, the words are all there is."""

    who: str | None
    at: datetime | None
    words: str
    by_button: bool = False


def written(comment: Comment) -> str:
    """A comment as the table has it: `2026-10-01T11:20:00Z gitlab:mia: Restarted it.`, on one line."""
    return (
        f"{comment.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ} {comment.who or 'somebody'}: {' '.join(comment.text.split())}"
    )


def by_button(who: str | None, at: datetime) -> Mark:
    """An approval by a tracker's button."""
    return Mark("button::approved", True, who, at, by_button=True)


def moved(
    field: str, before: str | None, after: str | None, who: str | None, at: datetime, approved: str = "Approved"
) -> Iterator[Mark]:
    """What a change of a status, or of labels with blanks between, puts on and takes off.

    `approved` is the status that an approver gives.
    """
    old, new = before or "", after or ""
    if field == "status":
        for status, on in ((old, False), (new, True)):
            word = "approved" if status.casefold() == approved.casefold() else status
            yield Mark(f"status::{word}", on, who, at)
    elif field == "labels":
        there, then = set(old.split()), set(new.split())
        yield from (Mark(label, True, who, at) for label in sorted(then - there))
        yield from (Mark(label, False, who, at) for label in sorted(there - then))


def approval(marks: Sequence[Mark], comments: Sequence[Comment], requester: str | None) -> Approval | None:
    """The approval that stands, or None.

    A label says who and when; its putter's comment says what they agreed to. Without a label the first comment that
    says so counts, somebody else's before the requester's own. A link to a chat is no approval by itself. What the same
    person took back later stands beside it.
    """
    said = [comment for comment in comments if is_approval(comment.own)]
    stated = [comment for comment in said if not comment.from_chat]
    mark = _standing(marks)
    if mark:
        words = min((c for c in stated if c.who == mark.who), key=lambda c: abs(c.at - mark.at), default=None)
        text = words.own if words else f"label {mark.label}"
        given = Approval(mark.who, mark.at, text, by_button=mark.by_button and words is None)
        return unless_taken_back(_met(given, comments, requester), comments)
    if stated:
        first = min(stated, key=lambda comment: (comment.who == requester, _waits(comment), comment.at))
        given = Approval(first.who, first.at, first.own)
        return unless_taken_back(_met(given, comments, requester), comments)
    return Approval(None, None, said[0].text.strip()) if said else None


def unless_taken_back(given: Approval, comments: Sequence[Comment]) -> Approval:
    """The approval with what its giver wrote last, where that refuses."""
    after = [c for c in comments if c.who == given.who and given.at and c.at > given.at and verdict(c.own)]
    last = max(after, key=lambda comment: comment.at, default=None)
    if last is None or verdict(last.own) is not Verdict.REFUSED:
        return given
    return _with(given, last)


def _met(given: Approval, comments: Sequence[Comment], requester: str | None) -> Approval:
    """The approval, where it waits for somebody else's, with the first that followed."""
    if given.at is None or verdict(given.words) is not Verdict.CONDITIONAL:
        return given
    after = [c for c in comments if c.at > given.at and c.who not in (given.who, requester)]
    agreed = [c for c in after if verdict(c.own) is Verdict.AGREED]
    return _with(given, min(agreed, key=lambda comment: comment.at)) if agreed else given


def _with(given: Approval, later: Comment) -> Approval:
    return replace(given, by_button=False, words=f"{given.words}\n{later.at:%Y-%m-%d %H:%M} UTC: {later.own}")


def _waits(comment: Comment) -> bool:
    return verdict(comment.own) is Verdict.CONDITIONAL


def _standing(marks: Sequence[Mark]) -> Mark | None:
    """The approving label that was not taken back; one that gave way to a later stage stands."""
    standing: Mark | None = None
    for mark in sorted(marks, key=lambda mark: mark.at):
        if mark.word != "approved":
            continue
        if mark.on:
            standing = standing or mark
        elif not any(_moves_on(other, mark) for other in marks):
            standing = None
    return standing


def _moves_on(other: Mark, taken_off: Mark) -> bool:
    same = bool(taken_off.scope) and other.scope == taken_off.scope and other.on and other.word != "approved"
    return same and not _BACK.fullmatch(other.word) and abs(other.at - taken_off.at) <= _AT_ONCE


def review(marks: Iterable[Mark], comments: Iterable[Comment]) -> tuple[str | None, datetime | None]:
    """The second reviewer and when they looked: from the label `reviewed`, or a comment that begins so."""
    looked = [(mark.at, mark.who) for mark in marks if mark.on and mark.word == "reviewed"]
    looked += [(comment.at, comment.who) for comment in comments if _REVIEWED.match(comment.own)]
    return min(((who, at) for at, who in looked if who), key=lambda found: found[1], default=(None, None))


def closeout(comments: Iterable[Comment]) -> str | None:
    """What was done, as the last closeout comment says; else the last comment that says that the access is gone."""
    said = [c.own for c in sorted(comments, key=lambda c: c.at)]
    if notes := [words for words in said if _CLOSEOUT.match(words)]:
        return _CLOSEOUT.sub("", notes[-1], count=1).strip() or None
    return next((words for words in reversed(said) if says_removed(words) and not is_approval(words)), None)


def removal(marks: Iterable[Mark], comments: Iterable[Comment]) -> bool | None:
    """Whether somebody confirmed that the access is gone; the last word counts. None where nobody says."""
    said = [(mark.at, True) for mark in marks if mark.on and mark.word == "removed"]
    told = ((comment.at, says_removed(comment.own)) for comment in comments)
    said += [(at, gone) for at, gone in told if gone is not None]
    return max(said, key=lambda found: found[0])[1] if said else None
