"""What several commands take, and how times and lengths are written on the command line."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from auditor.cli.terminal import completed
from auditor.model.vocabulary import Report, Severity

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_TIMES = "02:00, yesterday, 2026-11-20, 2h ago or 2026-10-02T07:41:10Z"


class Moment(click.ParamType[datetime]):
    """A time as people say it, in the organisation's zone where it names none."""

    name = "time"

    def __init__(self, *, end: bool = True) -> None:
        """`end`: whether a day alone is its end."""
        self._end = end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time in UTC."""
        return value if isinstance(value, datetime) else self.read(value, param, ctx)

    def read(
        self, text: str, param: click.Parameter | None, ctx: click.Context | None, after: datetime | None = None
    ) -> datetime:
        """The time in UTC; a time of day is the first after `after`, where that is told."""
        from auditor.cli.terminal.moments import moment
        from collectors.times import parse_time

        with suppress(ValueError):
            return parse_time(text.upper())
        try:
            return moment(text, _zone(ctx), datetime.now(UTC), end=self._end, after=after)
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is no time such as {_TIMES}", param, ctx)


class End(click.ParamType["Callable[[datetime | None], datetime]"]):
    """The end of what begins at another option's time: a function of that, since either may be written first."""

    name = "time"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Callable[[datetime | None], datetime]:
        """What tells the end in UTC, given the beginning or None; what is no time is refused at once."""
        read = partial(Moment().read, value, param, ctx)
        read()
        return read


class Said(click.ParamType[T]):
    """What a word says, such as a day; `parse` reads it, or raises ValueError where it is no `wanted`."""

    def __init__(self, name: str, parse: Callable[[str], T], wanted: str) -> None:
        self.name = name
        self._parse = parse
        self._wanted = wanted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """What it says; what is no word was read before."""
        try:
            found: T = self._parse(value) if isinstance(value, str) else value
        except ValueError:
            self.fail(f"{value!r} is no {self._wanted}", param, ctx)
        return found


def _month(text: str) -> date:
    return datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC).date()


def _zone_named(text: str) -> ZoneInfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(text) from error


DAY = Said("day", date.fromisoformat, "day such as 2026-10-31")
MONTH = Said("month", _month, "month such as 2026-10")
ZONE = Said("zone", _zone_named, "time zone such as Europe/Berlin")


class File(click.Path):
    """A file or a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Whether it is there or not."""
        from pathlib import Path

        del param, ctx
        return Path(value)


class Reports(click.ParamType[tuple[Report, ...]]):
    """Some reports, as in `page,pdf`, or `none`."""

    name = "reports"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Report, ...]:
        """Each once."""
        if isinstance(value, tuple):
            return value
        names = () if value == "none" else tuple(dict.fromkeys(name.strip() for name in value.split(",")))
        if unknown := [name for name in names if name not in tuple(Report)]:
            self.fail(f"{unknown[0]!r} is none of {', '.join(Report)}; nor is it `none`", param, ctx)
        return tuple(map(Report, names))


class Length(click.ParamType[timedelta]):
    """A length of time such as 30d."""

    name = "length"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """More than nothing."""
        from auditor.config.durations import parse_duration

        try:
            length = parse_duration(value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}", param, ctx)
        if not length:
            self.fail("expected more than nothing", param, ctx)
        return length


def _zone(ctx: click.Context | None) -> ZoneInfo:
    """The organisation's zone; the options that tell it are eager: they are known before any time is read."""
    from zoneinfo import ZoneInfo

    told = ctx.params if ctx else {}
    if "config" not in told:
        zone: ZoneInfo = told.get("timezone", ZoneInfo("UTC"))
        return zone
    from auditor.config import load

    return load(told["config"]).zone


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def by(who: str, *, required: bool = False) -> Callable[[F], F]:
    """An option of a person; `who` tells of its help what the person does."""
    said = f"{who}: id or e-mail of a person on the roster."
    return click.option("--by", required=required, metavar="PERSON", shell_complete=completed.people, help=said)


CONFIG = click.option(
    "--config", default="auditor.yaml", show_default=True, metavar="FILE", is_eager=True, help="The configuration."
)
EVIDENCE = click.option("--evidence", metavar="DIR", help="Evidence store; overrides the configuration's.")
OUTPUT = click.option("--output", metavar="DIR", help="Folder for results; overrides the configuration's.")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, nothing else.")
QUIET = click.option("--quiet", is_flag=True, help="No progress and no summary.")
SIGNATURES = click.option(
    "--signature",
    "signatures",
    type=File(),
    multiple=True,
    metavar="FILE",
    help="An SSH signature of a file, by who decided.",
)
PLACE = _options(CONFIG, EVIDENCE, OUTPUT)
"""Where what the latest run left lies."""
SETTINGS = _options(
    CONFIG,
    click.option(
        "--at", type=Moment(), metavar="TIME", help="Time of the audit, such as 02:00 or 2026-11-20.  [default: now]"
    ),
    click.option(
        "--period", type=Length(), default="30d", show_default=True, metavar="LENGTH", help="How far to look back."
    ),
    EVIDENCE,
    OUTPUT,
    click.option(
        "--workers",
        type=click.IntRange(1, 64),
        default=_processors,
        metavar="N",
        help="Processes that read files at the same time.  [default: one for each processor]",
    ),
)
WAIT = click.option(
    "--wait", type=Length(), metavar="LENGTH", help="How long to wait for another run to end.  [default: not at all]"
)
AFTER = click.option(
    "--after",
    type=Length(),
    default="14d",
    show_default=True,
    metavar="LENGTH",
    help="With --delete: how long they must have been missed by nobody.",
)
FAIL_ON = click.option(
    "--fail-on",
    type=click.Choice([severity.value for severity in Severity]),
    metavar="SEVERITY",
    help=f"Exit with 1 from this severity on: {', '.join(Severity)}.",
)
REPORTS = click.option(
    "--reports",
    type=Reports(),
    metavar="LIST",
    help=f"What to write beside the findings: some of {','.join(Report)}, or none; overrides the configuration's.",
)
AUDIT = _options(SETTINGS, REPORTS, FAIL_ON, JSON, QUIET)
