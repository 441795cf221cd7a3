"""decisions.json: what the review decided in the page, one entry a finding, on its way into the ledger.

```json
{"format": "production-access-auditor/decisions/1", "run": "20261002T021500Z",
 "decisions": [{"finding": "b3f1…", "decision": "exception", "reason": "on call until the migration is done",
                "until": "2026-12-31", "by": "tom"}]}
```

`by`, who decided, may be left out where one person decided all. `decision` is keep, revoke, exception, explained or
do-by; `until`, the last day, goes with an exception and with do-by, `who`, who does it, with do-by.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Struct, field
from pydantic import Field, StringConstraints, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from auditor.config.base import Day, Model
from auditor.errors import DecisionsError, Mistake, counted
from auditor.ledger import Verdict

FORMAT = "production-access-auditor/decisions/1"
_COMMANDS = {
    "production-access-auditor/decisions/": "auditor decide",
    "production-access-auditor/attestation/": "auditor review decide",
}
_MOST_BYTES = 20_000_000
LONGEST_REASON = 2000
_DATED = {"exception": "the exception's last day", "do-by": "the day to do it by"}


class Review(Struct, frozen=True, kw_only=True):
    """What decisions are checked against.

    Args:
        today: the day in the organisation's time zone.
        findings: ids of the latest run's findings.
        refused: why somebody may not decide on a finding: of the finding's id, and who decides; None where they may.
    """

    today: date
    findings: Collection[str]
    refused: Callable[[str, str | None], str | None]
    _seen: set[str] = field(default_factory=set)

    def first(self, finding: str) -> bool:
        """Whether the finding comes up for the first time."""
        before = len(self._seen)
        self._seen.add(finding)
        return len(self._seen) > before


class Entry(Model):
    """The decision on one finding."""

    by: str | None = None
    finding: str
    decision: Verdict
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON)]
    until: Annotated[Day | None, Field(validate_default=True)] = None
    who: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON), Field(validate_default=True)
    ] = ""

    @field_validator("finding")
    @classmethod
    def _may_be_decided(cls, finding: str, info: ValidationInfo) -> str:
        review = _review(info)
        if finding not in review.findings:
            raise ValueError("the latest run has no such finding: take the decision out, or export the page anew")
        if "by" in info.data and (reason := review.refused(finding, info.data["by"])):
            raise ValueError(reason)
        if not review.first(finding):
            raise ValueError("it is decided twice in this file")
        return finding

    @field_validator("reason")
    @classmethod
    def _says_why(cls, reason: str) -> str:
        if not reason:
            raise ValueError("expected a reason in words")
        return reason

    @field_validator("until")
    @classmethod
    def _fits(cls, until: date | None, info: ValidationInfo) -> date | None:
        decision = info.data.get("decision")
        if decision in _DATED and until is None:
            raise ValueError(f"expected {_DATED[decision]}, written as 2026-12-31")
        if decision and decision not in _DATED and until is not None:
            raise ValueError(f"only an exception has an end, and do-by a day; this is {decision!r}")
        today = _review(info).today
        if until is not None and until <= today:
            raise ValueError(f"expected a day after {today}")
        return until

    @field_validator("who")
    @classmethod
    def _does_it(cls, who: str, info: ValidationInfo) -> str:
        decision = info.data.get("decision")
        if decision == "do-by" and not who:
            raise ValueError("expected who does it")
        if decision and decision != "do-by" and who:
            raise ValueError(f"only what is to be done by a day has somebody who does it; this is {decision!r}")
        return who


class Decisions(Model):
    """The file."""

    format: Literal["production-access-auditor/decisions/1"]
    run: Annotated[str, Field(min_length=1, max_length=200)]
    decisions: tuple[Entry, ...]

    @field_validator("decisions")
    @classmethod
    def _says_something(cls, decisions: tuple[Entry, ...]) -> tuple[Entry, ...]:
        if not decisions:
            raise ValueError("expected at least one decision")
        return decisions


def _review(info: ValidationInfo) -> Review:
    if not isinstance(info.context, Review):
        raise TypeError("decisions are checked against a review")
    return info.context


def read(path: Path, review: Review) -> Decisions:
    """The decisions of a file, each checked against the review.

    Raises:
        DecisionsError: with one `Mistake` for everything that is wrong.
    """
    return checked(parsed(path, FORMAT), str(path), review)


def checked(data: Mapping[str, Any], where: str, review: Review) -> Decisions:
    """Decisions as a file has them, each checked against the review; raises as `read` does, of `where`."""
    try:
        return Decisions.model_validate(data, context=review)
    except ValidationError as error:
        mistakes = [_mistake(where, data, detail) for detail in error.errors(include_url=False)]
        raise DecisionsError(counted(where, mistakes), mistakes) from error


def parsed(path: Path, format_: str) -> dict[str, Any]:
    """The JSON of a file of decisions of a format.

    Raises:
        DecisionsError: it is none, is another program's or command's, is too long, or names something twice.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise _wrong(path, [_of_file(path, f"cannot be read: {(error.strerror or str(error)).lower()}")]) from error
    if len(content) > _MOST_BYTES:
        raise _wrong(path, [_of_file(path, "expected at most 20 MB; these are no decisions")])
    try:
        data = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _wrong(path, [_of_file(path, f"expected JSON: {error}")]) from error
    found = data.get("format") if isinstance(data, dict) else None
    if found != format_:
        command = next((command for kind, command in _COMMANDS.items() if str(found).startswith(kind)), "")
        hint = f"`{command} {path}` records it" if command else "export it from the page"
        raise _wrong(path, [Mistake(str(path), "format", f"expected {format_}, got {found!r:.60}", hint)])
    return dict(data)


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names each come once: of two answers nobody could say which one was meant."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError(f"a name comes twice in an object with {', '.join(sorted(made))[:100]}")
    return made


def _mistake(where: str, data: Any, detail: ErrorDetails) -> Mistake:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in detail["loc"]).lstrip(".")
    message = detail["msg"].removeprefix("Value error, ")
    return Mistake(where, place or "(file)", message[:1].lower() + message[1:], _finding_at(data, detail["loc"]))


def _finding_at(data: Any, location: Sequence[str | int]) -> str:
    """Which finding an entry is about, where it says so: people know ids, not positions."""
    try:
        finding = data["decisions"][location[1]]["finding"]
    except (LookupError, TypeError):
        return ""
    return f"finding {finding!r:.40}"


def _of_file(path: Path, problem: str) -> Mistake:
    return Mistake(str(path), "(file)", problem)


def _wrong(path: Path, mistakes: Sequence[Mistake]) -> DecisionsError:
    return DecisionsError(counted(path, mistakes), mistakes)
