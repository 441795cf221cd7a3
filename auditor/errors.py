"""One root error. Each says what happened, what it means and what to do; only the CLI prints them and exits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class AuditorError(Exception):
    """Anything the auditor can explain.

    Args:
        what: what happened, one sentence.
        means: what follows from it for the audit.
        do: what the reader should do next.
    """

    exit_status = 2

    def __init__(self, what: str, *, means: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.means = means
        self.do = do

    @property
    def why(self) -> str:
        """What happened, as a part of another sentence."""
        return self.what.rstrip(".")

    def diagnostics(self) -> tuple[str, ...]:
        """The sentences to print, most important first."""
        return tuple(sentence for sentence in (self.what, self.means, self.do) if sentence)


class Mistake(NamedTuple):
    """One mistake: `where` is `file:line` or an option, `hint` the nearest valid name or an example."""

    where: str
    path: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        return f"{': '.join(filter(None, (self.where, self.path, self.problem)))}{hint}"


class MistakesError(AuditorError):
    """What a person wrote cannot be used; `mistakes` holds everything that is wrong with it, not only the first."""

    def __init__(self, what: str, mistakes: Iterable[Mistake], *, means: str, do: str) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(what, means=means, do=do)

    def diagnostics(self) -> tuple[str, ...]:
        """The headline, then one line for each mistake."""
        return (self.what, *map(str, self.mistakes), self.means, self.do)


class ConfigError(MistakesError):
    """The configuration cannot be used."""

    def __init__(
        self, what: str, mistakes: Iterable[Mistake] = (), do: str = "Correct the configuration and run again."
    ) -> None:
        super().__init__(what, mistakes, means="Nothing was run.", do=do)


class DecisionsError(MistakesError):
    """Decisions of the review cannot be recorded."""

    def __init__(self, what: str, mistakes: Iterable[Mistake] = ()) -> None:
        super().__init__(what, mistakes, means="No decision was recorded.", do="Correct the decisions and run again.")


def counted(where: Path | str, mistakes: Sequence[Mistake]) -> str:
    """How many mistakes a file has, in a sentence."""
    return f"{where} has {'one mistake' if len(mistakes) == 1 else f'{len(mistakes)} mistakes'}."


class UsageError(AuditorError):
    """The command line asks for something that cannot be."""


class LockedError(AuditorError):
    """Another run holds the lock."""

    exit_status = 4


class StoreError(AuditorError):
    """The evidence store cannot be read or written."""

    exit_status = 3


class LostError(StoreError):
    """Another run has taken the store's lease: nothing more can be stored."""


class EngineError(AuditorError):
    """What digests activity cannot be started, or broke off."""

    exit_status = 3


class AlteredError(StoreError):
    """A stored part or manifest is missing or is not what its manifest says."""


class SourceError(AuditorError):
    """One source, or one object of it, cannot be read. The other sources go on.

    `transient` says that trying again later may help (throttling, a cut connection); a missing permission does not.
    """

    exit_status = 3

    def __init__(self, what: str, *, means: str = "", do: str = "", transient: bool = False) -> None:
        super().__init__(what, means=means, do=do)
        self.transient = transient


class ReportError(AuditorError):
    """A report cannot be made; the findings are stored all the same."""

    exit_status = 3
