"""How values are said in reports: plain words, one form for times, and text that cannot deceive."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from auditor.model.vocabulary import Capability, Severity

SEVERITY_MARKS = {Severity.CRITICAL: "◆", Severity.HIGH: "▲", Severity.MEDIUM: "●", Severity.LOW: "○"}

# The limits worth saying aloud when somebody can change a system in other ways.
_LIMITS = (Capability.DEPLOY, Capability.CHANGE_CONFIG, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS)

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}


def shown(text: str | None) -> str:
    """Text from outside as a report may show it: what is invisible or turns the writing round becomes U+FFFD."""
    if not text:
        return ""
    if text.isprintable() and text.isascii():
        return text
    return "".join(_visible(character) for character in text)


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 finding`, `2 findings`, `5,000 findings`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listing(items: Iterable[str], most: int | None = None, last: str = "and") -> str:
    """`a, b and c`; beyond `most`, `a, b and 4 more`."""
    named = list(items)
    if most is not None and len(named) > most + 1:
        return f"{', '.join(named[:most])} {last} {len(named) - most:,} more"
    if len(named) < 2:  # noqa: PLR2004 - one item needs no conjunction
        return "".join(named)
    return f"{', '.join(named[:-1])} {last} {named[-1]}"


def when(moment: datetime | None, zone: tzinfo) -> str:
    """`2 Oct 2026 09:41 CEST`; nothing where the time is unknown."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M %Z}".rstrip()


def day(moment: datetime, zone: tzinfo) -> str:
    """`2 October 2026`."""
    local = moment.astimezone(zone)
    return f"{local.day} {local:%B %Y}"


def stretch(start: datetime | None, end: datetime | None, zone: tzinfo) -> str:
    """A span of time with its day said once: `2 Oct 2026 09:41 to 09:49 CEST`."""
    if start is None or end is None or start == end:
        return when(start or end, zone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.date() == last.date() and first.tzname() == last.tzname():
        return f"{first.day} {first:%b %Y %H:%M} to {last:%H:%M %Z}".rstrip()
    return f"{when(start, zone)} to {when(end, zone)}"


def severity(value: Severity) -> str:
    """The word with its shape, so that it is not told by colour alone."""
    return f"{SEVERITY_MARKS[value]} {value.value}"


def abilities(capabilities: Iterable[Capability]) -> str:
    """`deploy and restart; cannot change the database or manage access`."""
    held = set(capabilities)
    can = listing(capability.words for capability in Capability if capability in held)
    if not any(capability.changes for capability in held):
        return f"{can}, nothing more" if can else "no right that is known by name"
    cannot = listing((c.words for c in _LIMITS if c not in held), last="or")
    return f"{can}; cannot {cannot}" if cannot else can


def account_name(account: str) -> str:
    """An account in short: the last part of an ARN, the rest as the provider writes it."""
    if account.startswith("arn:"):
        return shown(account.rsplit(":", 1)[-1])
    return shown(account)


def short(text: str, most: int = 44) -> str:
    """The text, its middle left out where it is longer than a table cell bears."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]}…{text[-(most // 3 - 1) :]}"


def fact_name(name: str) -> str:
    """`minutes_after` as `minutes after`."""
    return shown(name.replace("_", " "))


def fact_value(value: object) -> str:
    """A plain value in words; lists of more than twelve are cut, and say so."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "unknown"
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return ", ".join(f"{fact_name(str(k))}: {fact_value(v)}" for k, v in value.items())
    if isinstance(value, Sequence):
        return listing([fact_value(item) for item in value], most=12)
    return str(value)


def _visible(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return " " if character in "\t\n\r" else "\N{REPLACEMENT CHARACTER}"
