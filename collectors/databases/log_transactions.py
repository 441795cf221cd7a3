"""Transactions of sessions in PostgreSQL's log: what was taken back changed nothing.

One counts where its begin was logged alone and without a duration: then all statements of the session are logged, and
its end would be. Where anything is in doubt, what was done in it counts as done.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Outcome
from collectors.databases.commands import alone, is_undone, sets_logging

Act = tuple[Activity, str, str]
"""What was done, by which statement, in which transaction."""
_Level = tuple[str, list[Act]]
_BEGIN = re.compile(r"(?is)(?:BEGIN|START\s+TRANSACTION)\b.*")
_WORDS = r"(?:\s+(?:WORK|TRANSACTION))?"
_COMMIT = re.compile(rf"(?i)(?:COMMIT|END){_WORDS}")
_BACK = re.compile(rf"(?i)(?:ROLLBACK|ABORT){_WORDS}")
_SAVEPOINT = re.compile(r"(?i)SAVEPOINT\s+(?P<name>\w+)")
_RELEASE = re.compile(r"(?i)RELEASE\s+(?:SAVEPOINT\s+)?(?P<name>\w+)")
_BACK_TO = re.compile(rf"(?i)ROLLBACK{_WORDS}\s+TO\s+(?:SAVEPOINT\s+)?(?P<name>\w+)")
_OTHERS = re.compile(r"(?i)(?:COMMIT|END|ROLLBACK|ABORT|PREPARE\s+TRANSACTION|SAVEPOINT|RELEASE)\b")
_ANY = re.compile(r"(?i)\b(?:BEGIN|START|COMMIT|END|ROLLBACK|ABORT|PREPARE|SAVEPOINT|RELEASE)\b")
_MOST_HELD = 1000
OF_COMMIT = "\0"
"""In place of the transaction of acts of which only an error of the COMMIT can still tell that they failed."""


def failed(act: Activity) -> Activity:
    """An act that came to nothing."""
    return replace(act, outcome=Outcome.DENIED if act.category == Category.LOGIN else Outcome.FAILED)


class Transactions:
    """Open transactions of sessions, each as what was done since its begin and since each of its savepoints."""

    def __init__(self) -> None:
        self._open: dict[str, list[_Level]] = {}
        self._failed: set[str] = set()

    def done(self, session: str, acts: Iterable[Act]) -> Iterator[Activity]:
        """What acts come to that did not fail: they wait where a transaction is open."""
        if session not in self._open:
            yield from (act for act, *_ in acts)
            return
        levels = self._open[session]
        levels[-1][1].extend(acts)
        if sum(len(held) for _, held in levels) > _MOST_HELD:
            yield from self.doubt(session)

    def fail(self, session: str, *, ends: bool) -> Iterator[Activity]:
        """After an error nothing of a transaction stands but what a savepoint saves."""
        if session in self._open:
            self._failed.add(session)
        if ends:
            yield from self.undo(session)

    def undo(self, session: str) -> Iterator[Activity]:
        """End one that was taken back."""
        yield from _undone(act for _, held in self._open.pop(session, []) for act in held)
        self._failed.discard(session)

    def doubt(self, session: str | None = None) -> Iterator[Activity]:
        """End one, or all, of which nobody knows how they end."""
        for one in [session] if session is not None else list(self._open):
            yield from (act for _, held in self._open.pop(one, []) for act, *_ in held)
            self._failed.discard(one)

    def run(self, session: str, text: str, waiting: list[Act], *, timed: bool) -> Iterator[Activity]:
        """Follow a statement.

        Args:
            session: the session whose it is.
            text: what it says.
            waiting: what was done before it; what is left in it may still fail.
            timed: whether it was logged for its duration, and others may not be.
        """
        if not _ANY.search(text) and not (session in self._open and sets_logging(text)):
            return
        said = alone(text)
        if session not in self._open:
            if _BEGIN.fullmatch(said) and not timed:
                yield from (act for act, *_ in waiting)
                waiting.clear()
                self._open[session] = [("", [])]
            return
        if said and not _OTHERS.match(said) and not sets_logging(text):
            return
        yield from self.done(session, waiting)
        waiting.clear()
        if session in self._open:
            yield from self._step(session, said, text, waiting, timed=timed)

    def _step(self, session: str, said: str, text: str, waiting: list[Act], *, timed: bool) -> Iterator[Activity]:
        levels = self._open[session]
        if timed:
            yield from self.doubt(session)
        elif _BACK.fullmatch(said) or (_COMMIT.fullmatch(said) and session in self._failed):
            yield from self.undo(session)
        elif _COMMIT.fullmatch(said):
            waiting += ((act, text, OF_COMMIT) for _, held in self._open.pop(session) for act, *_ in held)
        elif point := _SAVEPOINT.fullmatch(said):
            levels.append((point["name"].lower(), []))
        elif (back := _BACK_TO.fullmatch(said)) and (behind := _since(levels, back["name"])):
            yield from _undone(act for _, held in behind for act in held)
            levels[-len(behind) :] = [(behind[0][0], [])]
            self._failed.discard(session)
        elif (release := _RELEASE.fullmatch(said)) and (behind := _since(levels, release["name"])):
            del levels[-len(behind) :]
            levels[-1][1].extend(act for _, held in behind for act in held)
        else:
            yield from self.doubt(session)


def _since(levels: list[_Level], name: str) -> list[_Level]:
    """The levels from the newest savepoint of a name on; none where there is no such savepoint."""
    names = [one for one, _ in levels]
    found = next((place for place in reversed(range(1, len(names))) if names[place] == name.lower()), len(names))
    return levels[found:]


def _undone(acts: Iterable[Act]) -> Iterator[Activity]:
    """Acts as taken back, but those that no transaction takes back."""
    yield from (failed(act) if is_undone(act.action.partition(":")[2], text) else act for act, text, _ in acts)
