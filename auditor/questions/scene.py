"""Which system and which time a review is asked for: by a system's name and times, or by a ticket."""

from datetime import datetime, timedelta
from difflib import get_close_matches
from shlex import quote

from msgspec import Struct

from auditor.case.coverage import known_until
from auditor.case.ticket_times import begins_at
from auditor.case.windows import systems_of
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.errors import UsageError
from auditor.evidence import snapshots
from auditor.evidence.snapshots import ticket_named
from auditor.evidence.store import Store
from auditor.model.tables import Ticket
from auditor.options import RunOptions
from auditor.providers.systems import Systems
from auditor.questions.times import Times
from reports.words import listing, when

LEAD = timedelta(hours=1)
"""What an incident came from lies before it was noticed."""


class Scene(Struct, frozen=True, kw_only=True):
    """What a review is about.

    Args:
        ticket: the one that it was asked for by.
        unknown: systems that the ticket names and nobody knows.
    """

    system: System
    from_: datetime
    to: datetime
    ticket: Ticket | None = None
    unknown: tuple[str, ...] = ()


def scene(options: RunOptions, what: str | None, system: str | None, times: Times, store: Store | None = None) -> Scene:
    """What is meant by `what`, a system's name or a ticket's id or address, and the times beside it.

    Args:
        options: configuration, evidence, and the time it is.
        what: None where the system is named by `system` alone.
        system: of a ticket that names several, or none.
        times: as asked for.
        store: the evidence where it is open already.

    Raises:
        UsageError: neither is known, the ticket does not tell the system or the time, or the end lies before the
            beginning.
    """
    config = options.config
    if what is None and system is None:
        example = f"`auditor incident {_example(config)} --last 2h` or `auditor incident INC-1`"
        raise UsageError("It is not said what the review is about.", do=f"Name a system or a ticket: {example}.")
    if what is None or (ticket := ticket_named(store or options.store, config, options.at, what)) is None:
        if what and (system or not Systems(config).named(what)):
            raise _nobody_knows(options, what)
        return _between(options, times, system=named_system(config, what or system or ""))
    return _of_ticket(options, ticket, system, times)


def named_system(config: Config, name: str) -> System:
    """A system by its id, name or alias.

    Raises:
        UsageError: there is none; it names the nearest.
    """
    found = Systems(config).named(name)
    if found:
        return config.systems_by_id[found]
    raise UsageError(f"There is no system {name!r}.", do=_near(config, name))


def incidents(options: RunOptions) -> list[str]:
    """The incidents' tickets, the latest first."""
    rows = snapshots.incidents(options.store, options.config, options.at)
    told = {row.ticket: row.opened_at.isoformat() if row.opened_at else "" for row in rows}
    return sorted(told, key=lambda ticket: (told[ticket], ticket), reverse=True)


def _near(config: Config, name: str) -> str:
    people = [one for one in config.people if name.casefold() in (one.id, one.name.casefold(), one.email)]
    if people:
        who = people[0]
        return f"{who.name} is a person: ask `auditor findings --person {who.id}` or `auditor fit {who.id}`."
    known = {word.casefold(): system.id for system in config.systems for word in system.names}
    near = [known[word] for word in get_close_matches(name.casefold(), known, n=1, cutoff=0.5)]
    ids = ", ".join(system.id for system in config.systems)
    return f"Did you mean {near[0]}?" if near else f"Name one of auditor.yaml's: {ids or 'there are none'}."


def _nobody_knows(options: RunOptions, what: str) -> UsageError:
    config = options.config
    if not (config.policy.ticket_in([what]) or "#" in what or "://" in what):
        return UsageError(f"There is no system or ticket {what!r}.", do=_near(config, what))
    known = known_until(options.store, config, options.at, Ticket.TABLE)
    return UsageError(
        f"There is no ticket {what!r} in the evidence.",
        means=f"Tickets are known until {when(known, config.zone)}." if known else "Not all tickets were ever read.",
        do=f"Run `auditor collect` to read newer ones, or `auditor incident {_example(config)} --last 2h` without it.",
    )


def _of_ticket(options: RunOptions, ticket: Ticket, system: str | None, times: Times) -> Scene:
    config = options.config
    named = systems_of(ticket, Systems(config))
    ids = list(dict.fromkeys(found for found in named.values() if found))
    unknown = tuple(name for name, found in named.items() if not found)
    again = f"`auditor incident {quote(ticket.ticket)} --system"
    if system is None and len(ids) > 1:
        which = f"{again} {ids[0]}`"
        raise UsageError(f"{ticket.ticket} names several systems: {listing(ids)}.", do=f"Ask for one: {which}.")
    if system is None and not ids:
        what = f"{listing(unknown)}, which auditor.yaml does not know" if unknown else "no system"
        alias = " Or give a system of auditor.yaml that alias." if unknown else ""
        which = f"{again} {_example(config)}`"
        raise UsageError(f"{ticket.ticket} names {what}.", do=f"Say which system is meant: {which}.{alias}")
    return _between(options, times, system=named_system(config, system or ids[0]), ticket=ticket, unknown=unknown)


def _between(
    options: RunOptions, times: Times, *, system: System, ticket: Ticket | None = None, unknown: tuple[str, ...] = ()
) -> Scene:
    """From the times that were asked for, else from the ticket's; an incident that is open lasts until now."""
    to = times.to or (_ends(ticket, options.at) if ticket else options.at)
    from_ = times.from_ or (to - times.last if times.last else _begins(ticket) if ticket else None)
    if from_ is None:
        what = f"when {ticket.ticket} began" if ticket else "when the incident began"
        raise UsageError(f"It is not said {what}.", do="Give --from TIME, or --last LENGTH.")
    if to <= from_:
        raise UsageError("The time ends before it begins.", do="Give --from before --to.")
    return Scene(system=system, from_=from_, to=to, ticket=ticket, unknown=unknown)


def _begins(ticket: Ticket) -> datetime | None:
    begin = min((t for t in (ticket.opened_at, begins_at(ticket)) if t), default=None)
    return begin and (begin - LEAD if ticket.is_incident else begin)


def _ends(ticket: Ticket, at: datetime) -> datetime:
    ends = (ticket.closed_at, None if ticket.is_incident else ticket.ends_at)
    return min(t for t in (*ends, at) if t)


def _example(config: Config) -> str:
    return config.systems[0].id if config.systems else "SYSTEM"
