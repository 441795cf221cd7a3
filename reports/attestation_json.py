"""A reviewer's decisions on the lines of a campaign, as its page exports them, on their way into the ledger.

```json
{"format": "production-access-auditor/attestation/1", "campaign": "2026-10", "population": "9c1b…", "by": "mia",
 "lines": [{"line": "b3f1…", "decision": "until", "until": "2026-12-31", "reason": "the migration ends then",
            "said_at": "2026-11-02T09:14:03Z"},
           {"line": "07aa…", "decision": "do-by", "until": "2026-11-15", "who": "leon", "reason": "makes it a role"}]}
```

`population` is the SHA-256 of population.json. `decision` is keep, revoke, until, explained or do-by; `until`, the last
day, goes with until and do-by, `who` with do-by. `said_at` is when it was decided by the browser's clock.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError

from auditor.config.base import Day, Model
from auditor.errors import DecisionsError, Mistake, counted
from auditor.model.attestations import LineVerdict
from reports.decisions_json import LONGEST_REASON, parsed

FORMAT: Literal["production-access-auditor/attestation/1"] = "production-access-auditor/attestation/1"
DATED = ("until", "do-by")
"""The decisions that need a day."""
_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON)]


class Entry(Model):
    """The decision on one line."""

    line: str
    decision: LineVerdict
    reason: _Words
    until: Day | None = None
    who: _Words = ""
    said_at: AwareDatetime | None = None

    def flaw(self, today: date) -> str | None:
        """What is wrong with it in itself; None where nothing is."""
        if not self.reason:
            return "expected a reason in words"
        if self.decision in DATED and (self.until is None or self.until <= today):
            return f"expected a day after {today}"
        if self.decision == "do-by" and not self.who:
            return "expected who does it"
        if (self.until and self.decision not in DATED) or (self.who and self.decision != "do-by"):
            return f"a day goes with {' and '.join(DATED)} alone, who does it with do-by; this is {self.decision!r}"
        return None


class Attestations(Model):
    """The file; its lines are checked one by one, by whoever records them."""

    format: Literal["production-access-auditor/attestation/1"]
    campaign: Annotated[str, Field(min_length=1, max_length=20)]
    population: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    by: str | None = None
    lines: Annotated[tuple[Any, ...], Field(min_length=1)]


def read(path: Path) -> Attestations:
    """The file, its lines still as they are written.

    Raises:
        DecisionsError: with one `Mistake` for everything that is wrong.
    """
    try:
        return Attestations.model_validate(parsed(path, FORMAT))
    except ValidationError as error:
        mistakes = [Mistake(str(path), *_told(detail["loc"], detail["msg"])) for detail in error.errors()]
        raise DecisionsError(counted(path, mistakes), mistakes) from error


def entry(written: Any) -> Entry | str:
    """A line as it is meant, or what is wrong with how it is written."""
    try:
        return Entry.model_validate(written)
    except ValidationError as error:
        return "; ".join(
            f"{place}: {what}" for place, what in (_told(one["loc"], one["msg"]) for one in error.errors())
        )


def _told(location: Sequence[str | int], message: str) -> tuple[str, str]:
    said = message.removeprefix("Value error, ")
    return ".".join(map(str, location)) or "(file)", said[:1].lower() + said[1:]
