"""The commands before the first night: what there is, whether it can be read, and who hears of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.running import print_json
from auditor.cli.terminal import options
from auditor.cli.terminal.screen import print_rows, say, say_lines
from auditor.errors import UsageError
from reports.words import listing, plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from auditor.discovery.proposal import Proposal

_INCOMPLETE = 3
_MOST = 10
_LISTED = 20
_LONGEST = "10m"
"""How long discovering may read: what is known by then is enough for a proposal."""


def discover(
    folder: Path | None,
    live: dict[str, tuple[str, ...]],
    output: Path,
    *,
    at: datetime | None,
    organisation: str,
    system: str | None,
    timezone: ZoneInfo,
    unasked: bool,
) -> None:
    """Read the sources once and write auditor.yaml.

    Raises:
        UsageError: there is nothing to read, or the file is there already.
    """
    from auditor.cli.terminal import log, screen
    from auditor.cli.terminal.starting import write_new
    from auditor.discovery.evidence import configured, read
    from auditor.discovery.proposal import propose
    from auditor.discovery.render import render
    from auditor.discovery.searches import is_asked, searches

    if output.exists():
        raise UsageError(f"{output} is there already.", do="Name another file with --output, or remove it first.")
    sources, left, lacking, missed = _sources(folder, live, output.absolute().parent)
    log.set_up(click.get_current_context().obj)
    read_now = [one for one in sources if not is_asked(one)]
    told = {"organisation": "unknown", "timezone": timezone.key, "timeout": _LONGEST, "sources": read_now}
    config = configured(told, output.absolute().parent)
    with screen.progress(quiet=False) as progress, read(config, at or datetime.now(UTC), progress) as evidence:
        try:
            proposal = propose(evidence, organisation, timezone, system)
        except LookupError as error:
            known = ", ".join(map(str, error.args)) or "none"
            raise UsageError(f"Nothing tells of a system {system}.", do=f"Name one of these: {known}.") from error
    for sentence in (*missed, *evidence.missed):
        say(f"Not read, or only in part: {sentence}", error=True)
    proposal.lists["signals"] = list(searches(sources, output.absolute().parent, proposal.lists["systems"]))
    text = render(proposal, sources, left, timezone.key, lacking)
    asks = _tell(proposal, sources, left, lacking)
    if not unasked and sys.stdin.isatty() and not click.confirm(f"Write {output}?", default=True, err=True):
        return
    write_new(output, text)
    first = "Answer what it asks, then run" if asks else "Run"
    say(f"{output} is written. {first} `auditor check`, then `auditor run`.")


def _sources(
    folder: Path | None, live: dict[str, tuple[str, ...]], base: Path
) -> tuple[list[dict[str, Any]], tuple[str, ...], Mapping[str, str], list[str]]:
    """The sources, files that nothing reads, files that lack something, and what could not be asked for its sources."""
    from auditor.discovery.live import live_sources
    from collectors.recognise import sources_in

    sources, missed = live_sources(live.items())
    left, lacking = tuple[str, ...](), dict[str, str]()
    if folder is not None:
        try:
            found = sources_in(folder.absolute(), base)
        except OSError as error:
            raise UsageError(
                f"{folder} cannot be read: {error.strerror}.", do="Name a folder of dumps and exports."
            ) from error
        taken = {one["name"] for one in sources}
        sources += [{**one, "name": f"{one['name']}-files"} if one["name"] in taken else one for one in found.sources]
        left, lacking = found.left, dict(found.lacking)
    if not sources:
        where = (
            f"{folder} holds no file that is known"
            if folder
            else "Nothing could be read"
            if missed
            else "There is nothing to read"
        )
        raise UsageError(
            f"{where}.",
            means=" ".join((*missed, *(f"{name}: {why}." for name, why in lacking.items()))),
            do="Give a folder of dumps and exports with --from, or say what to read live.",
        )
    return sources, left, lacking, missed


def asked() -> tuple[Path | None, dict[str, tuple[str, ...]]]:
    """What there is, as somebody at the terminal says; an empty answer is none."""
    from pathlib import Path

    from collectors.registry import LIVE

    folder = click.prompt("Folder of dumps and exports (empty: none)", default="", show_default=False, err=True)
    live = {
        family: tuple(click.prompt(f"{what} (empty: none)", default="", show_default=False, err=True).split())
        for family, (_, what, _) in LIVE.items()
    }
    return Path(folder) if folder else None, live


def _tell(proposal: Proposal, sources: list[dict[str, Any]], left: tuple[str, ...], lacking: Mapping[str, str]) -> int:
    """What was found, in a few lines; returns how much the file asks."""
    sure = {name: sum(entry.sure for entry in entries) for name, entries in proposal.lists.items()}
    asks = sum("?" in entry.remark for entries in proposal.lists.values() for entry in entries)
    waiting = len(proposal.lists["systems"]) - sure["systems"]
    say_lines(_recognised(sources))
    say(f"{plural(len(sources), 'source')}, {plural(sure['people'], 'person', 'people')}, "
        f"{plural(sure['service_accounts'], 'robot')}; {plural(asks, 'question')} in the file.")  # fmt: skip
    first = next((entry for entry in proposal.lists["systems"] if entry.sure), None)
    if first:
        say(f"It begins with {first.settings['id']}: {first.remark}{'' if first.remark.endswith('?') else '.'}")
    if waiting:
        say(f"{plural(waiting, 'more system')} can be added by `auditor grow`.")
    for why in dict.fromkeys(lacking.values()):
        say(f"Not read: {listing((name for name, one in lacking.items() if one == why), _MOST)}: {why}.")
    if left:
        say(f"Not recognised: {listing(left, _MOST)}.")
    return asks


def _recognised(sources: list[dict[str, Any]]) -> Iterator[str]:
    """What each file or folder was taken for, a line each; what is read live has its name."""
    places = [str(one.get("file") or one.get("path") or one.get("audit_log") or one["name"]) for one in sources]
    width = max(map(len, places), default=0)
    yield from (f"  {place:<{width}}  {one['kind']}" for place, one in zip(places[:_LISTED], sources, strict=False))
    if len(sources) > _LISTED:
        yield f"  and {len(sources) - _LISTED} more"


@click.command()
@options.CONFIG
@click.argument("system", required=False)
def grow(config: str, system: str | None) -> None:
    """Judge the next system that `auditor init` found.

    It takes the comment signs from the first one that waits in auditor.yaml, or from the one that is named; nothing
    else in the file is touched.
    """
    from pathlib import Path

    from auditor.config import load
    from auditor.discovery.grow import grown, waiting

    path = Path(config)
    load(path)
    text = path.read_text("utf-8")
    found = waiting(text)
    if not found or (system and system not in found):
        known = f"These wait: {', '.join(found)}." if found else "Add it to `systems` by hand."
        raise UsageError(f"No system{f' {system}' if system else ''} waits in {path}.", do=known)
    chosen = system or found[0]
    path.write_text(grown(text, chosen), "utf-8")
    load(path)
    say(f"{chosen} is judged from the next run on. {plural(len(found) - 1, 'more system')} can be added.")


@click.command()
@options.CONFIG
@options.JSON
def check(config: str, as_json: bool) -> int:
    """Judge auditor.yaml and ask every source for its first answers, in seconds.

    Credentials, permissions against what `auditor permissions` prints, paths, clocks, the folders that runs write to
    and the addresses of `notify`, each with what to do; nothing is stored. Exit status 3 where a source cannot be read,
    or only in part.
    """
    from pathlib import Path

    from auditor.cli.terminal import log
    from auditor.config import load
    from auditor.discovery.check import missing, places, reached
    from auditor.notify import unusable
    from collectors.granted import is_from_disk
    from collectors.registry import family_of

    log.set_up(click.get_current_context().obj)
    loaded = load(config)
    open_ = [*missing(loaded, Path(config)), *places(loaded), *unusable(loaded)]
    found = list(reached(loaded, datetime.now(UTC)))
    whole = all(one.status in ("ok", "slow") for one in found)
    if as_json:
        seen = [{"source": one.source, "status": one.status, "told": one.told} for one in found]
        print_json({"config": config, "open": open_, "sources": seen, "whole": whole})
        return 0 if whole else _INCOMPLETE
    print_rows("", ("source", "", ""), ((one.source, one.status, one.told) for one in found))
    for sentence in open_:
        say(sentence)
    if whole:
        say("Every source answers. Next: `auditor run`.")
    else:
        failed = {one.source for one in found if one.status not in ("ok", "slow")}
        logins = (one.kind for one in loaded.sources if one.name in failed and not is_from_disk(one))
        printing = listing(f"`auditor permissions {family}`" for family in sorted({*map(family_of, logins)}))
        rights = f" The rights that are needed are printed by {printing}." if printing else ""
        say(f"Correct what failed, and check again.{rights}")
    return 0 if whole else _INCOMPLETE


@click.command()
@options.CONFIG
@click.option("--test", is_flag=True, required=True, help="Send a test message.")
def notify(config: str, test: bool) -> None:
    """Send a test message to every service that `notify` names."""
    from auditor.config import load
    from auditor.notify import send

    del test
    loaded = load(config)
    if not loaded.notify:
        raise UsageError(f"{config} names nobody in `notify`.", do="Add an address that Apprise knows.")
    send(loaded, f"{loaded.organisation}: a test", "The audit of production access can be heard here.")
    say(f"Sent to {plural(len(loaded.notify), 'service')}.")
