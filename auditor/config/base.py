"""What every part of the configuration is made of."""

import re
from datetime import date, time, timedelta
from functools import cached_property
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from auditor.config.durations import format_duration, parse_duration

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}")


def _parse_day(value: Any) -> date:
    """Only a whole date: pydantic alone would take a number for seconds since 1970."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("expected a date written as 2026-12-31")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("expected a day that is in the calendar, written as 2026-12-31") from error


def _parse_clock(value: Any) -> time:
    if isinstance(value, time):
        return value
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError('expected a time of day written as "08:00"')
    try:
        return time.fromisoformat(value)
    except ValueError as error:
        raise ValueError('expected a time between "00:00" and "23:59"') from error


def format_clock(value: time) -> str:
    """`08:00`."""
    return value.strftime("%H:%M")


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*[smhdw]\s*$",
            "examples": ["30m", "2h", "90d"],
        }
    ),
]
Day = Annotated[date, BeforeValidator(_parse_day)]
Clock = Annotated[
    time,
    BeforeValidator(_parse_clock),
    PlainSerializer(format_clock, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["08:00"]}),
]
Text = Annotated[str, Field(min_length=1)]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("expected a time zone such as Europe/Berlin or UTC") from error
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]


def matching(pattern: str, expected: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Text of one form, with a sentence instead of the pattern for whoever gets it wrong."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


Name = Annotated[
    str,
    *matching(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}",
        "at most 80 letters, digits, dots, hyphens and underscores, beginning with a letter or digit",
    ),
]
Email = Annotated[str, *matching(r"[^@\s]+@[^@\s]+", "an e-mail address")]
AwsAccount = Annotated[
    str, *matching(r"[0-9]{12}", "twelve digits, in quotes"), Field(description="twelve digits, in quotes")
]
WebAddress = Annotated[
    str, *matching(r"https?://[^/@\s]+(/\S*)?", "an https:// address without a name or password in it")
]
# How secrets look that programs of this trade give out, and no name of a variable does.
_SECRET = re.compile(
    r"(?:env:)?(?:(?i:gh[oprsu]_|github_pat_|glpat|xox[abeprs]|atatt|eyj|sk_live|lin_api_)\w*|A[KS]IA[A-Z0-9]{16}"
    r"|[0-9a-f]{32,}|(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)\w{20,})"
)


def _no_secret(name: str) -> str:
    if _SECRET.fullmatch(name):
        raise ValueError("expected the name of an environment variable, and this looks like the secret itself")
    return name


Variable = Annotated[
    str,
    *matching(
        r"[A-Za-z_][A-Za-z0-9_]*",
        "the name of an environment variable; the secret itself is never written here",
    ),
    AfterValidator(_no_secret),
]
Messenger = Annotated[
    str,
    *matching(
        r"(env:[A-Za-z_][A-Za-z0-9_]*|[A-Za-z][A-Za-z0-9+.-]*://\S+)",
        "an Apprise URL such as mailto://…, or env:NAME for one that is kept in the environment",
    ),
    AfterValidator(_no_secret),
]
"""Who hears of a run. Whether Apprise knows the address is for `auditor check`: it loads all its services at once."""


def optional(description: str) -> Any:
    """A setting that may be left out."""
    return Field(default=None, description=description)


def several(description: str) -> Any:
    """A setting that has a list; an empty one where it is left out."""
    return Field(default=(), description=description)


class Model(BaseModel):
    """Frozen, and strict about names.

    One that is another's default is made by `model_construct`: to validate it would build its schema at start-up.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        ignored_types=(cached_property,),
        populate_by_name=True,
        hide_input_in_errors=True,
        defer_build=True,  # the whole is built when a configuration is read, each of its fifty parts once
    )
