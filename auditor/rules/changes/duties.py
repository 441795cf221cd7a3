"""Who was meant to do it: people named for sensitive work, emergency access in emergencies, releases with a note."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.placement import Placement, Where, farthest
from auditor.model.findings import Outcome
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import ActorClass, Capability, Severity, TicketKind
from auditor.providers.registry import provider
from auditor.rules.asks import ASK
from auditor.rules.base import Rule, controls, rule, session_rule
from auditor.rules.facts import MOST_EVIDENCE, stamp, told_through
from auditor.rules.sittings import emergency_uses, person_of
from auditor.rules.tasks.parts import about
from auditor.rules.words import count, length, listing, moment

SENSITIVE = frozenset(
    {
        Capability.MANAGE_SECRETS,
        Capability.MANAGE_BILLING,
        Capability.MANAGE_INFRASTRUCTURE,
        Capability.WRITE_DATABASE,
    }
)


@session_rule(
    "changes/not-named",
    heading="Changes by somebody not named for them",
    severity=Severity.MEDIUM,
    reads=("activity",),
    why="Secrets, billing, infrastructure and databases are for people who were named for them, task or no task.",
    controls=controls(soc2="CC6.3 CC8.1", iso="A.8.2 A.8.32", pci="7.2.2", nist="CM-5 AC-6", cis="6.8"),
)
def not_named(self: Rule, case: Case) -> Iterator[Outcome]:
    """Secrets, billing, infrastructure or a database changed by someone not named for it.

    Judged by what succeeded and changed something. Named are the system's primary and backup, and whoever's job
    includes that capability; a ticket alone names nobody. One finding an episode.
    """
    for episode in case.episodes:
        if episode.actor_class is not ActorClass.PERSON or not (episode.person and episode.system and episode.changes):
            continue
        subject = {"person": episode.person, "system": episode.system, "thing": episode.first_event}
        capabilities = provider(episode.provider).capabilities
        used = {action: SENSITIVE & capabilities(action) for action in episode.change_actions}
        beyond = frozenset().union(*used.values()) - _named(case, episode)
        if not beyond:
            lacks = "more different things were changed than are kept of one session"
            yield self.clear(**subject) if episode.whole else self.not_judged(**subject, reason=lacks)
            continue
        what = listing(sorted(capability.words for capability in beyond))
        yield self.finding(
            **subject,
            account=episode.account,
            resource=next(iter(episode.resources), None),
            credential=episode.credential,
            starts_at=episode.starts_at,
            ends_at=episode.ends_at,
            summary=f"{case.name(episode.person)} used a right to {what} ({case.system_name(episode.system)}) on "
            f"{moment(episode.starts_at, case.config.zone)} and is not named for it",
            next_step="Have the owner check the change; let an owner do such work, or put it into the job.",
            facts={
                "capabilities": sorted(beyond),
                "actions": [a for a in used if used[a] & beyond],
                "changes": episode.changes,
            },
            evidence=(episode.sample,),
        )


@session_rule(
    "changes/break-glass",
    heading="Emergency access without an incident",
    severity=Severity.CRITICAL,
    reads=("activity", "tickets"),
    why="Emergency access without an emergency is an administrator without a name.",
    controls=controls(soc2="CC6.1 CC7.4", iso="A.8.2 A.5.26", pci="8.2.2", nist="AC-6(5) IR-4", cis="5.4"),
)
def break_glass(self: Rule, case: Case) -> Iterator[Outcome]:
    """Emergency access used with no incident on record, or by more than the clock tolerance before or after one.

    An incident counts that concerns a system of that account or project, whoever answered it. One finding a sitting,
    all systems in it together.
    """
    for sitting, incident in emergency_uses(case):
        first, end = sitting[0], max(e.ends_at for e in sitting)
        account = first.account or first.actor or ""
        subject = {"account": account, "thing": first.first_event}
        if incident.where is Where.UNKNOWN:
            yield self.not_judged(**subject, label=f"{account} at {stamp(first.starts_at)}", reason=incident.reason)
            continue
        if incident.inside:
            yield self.clear(**subject)
            continue
        who = case.people.who(account)
        keeper = next((b.keeper for b in case.config.break_glass if b.id == who.owner), None)
        by = listing(case.name(person) for person in sorted({e.person for e in sitting if e.person}))
        yield self.finding(
            **subject,
            person=person_of(sitting),
            system=next((e.system for e in sitting if e.system), None),
            credential=first.credential,
            starts_at=first.starts_at,
            ends_at=end,
            ticket=incident.window.ticket if incident.window else None,
            summary=f"The emergency access {who.owner or account} was used {f'by {by} ' if by else ''}on "
            f"{moment(first.starts_at, case.config.zone)} ({_did(sitting)}) "
            f"{_beside(incident, first.starts_at, end)}",
            next_step=f"Ask {by or case.name(keeper)} {'why' if by else 'who opened it and why'}; write the incident, "
            "and seal it again.",
            facts={
                "keeper": keeper,
                "known_by": case.evidence_of(first) if by else None,
                "through": told_through(case.through(first)),
                "actions": list(dict.fromkeys(a for e in sitting for a in e.actions)),
                "from": sorted({ip for e in sitting for ip in e.source_ips}),
            },
            evidence=tuple(e.sample for e in sitting[:MOST_EVIDENCE]),
        )


@rule(
    "changes/incomplete-note",
    heading="Releases with an incomplete note",
    judges=SubjectKind.TICKET,
    severity=Severity.LOW,
    reads=("tickets",),
    asks=ASK,
    why="Whoever is on duty that night reads the note, and what is not in it they have to find out.",
    controls=controls(soc2="CC8.1", iso="A.8.32", pci="6.5.1", nist="CM-3 CM-3(1)"),
)
def incomplete_note(self: Rule, case: Case) -> Iterator[Outcome]:
    """A release whose note lacks a line that policy's `release_note` asks for.

    A release is a `change` ticket; its note has a line for each, such as `What changes:`, `Service:`, `User impact:`,
    `Rollback of code:`, `Rollback of config:`, `Logs to watch:` and `Stop point:`. An empty line is a missing one.
    """
    for ticket, ref in case.tickets_in_period:
        if ref.kind is not TicketKind.CHANGE:
            continue
        lacking = note_lacks(ticket.note, case.policy.release_note)
        if not lacking:
            yield self.clear(thing=ticket.ticket)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"The release note of {ticket.ticket} lacks {listing(line.lower() for line in lacking)}"
            if ticket.note
            else f"The release {ticket.ticket} has no note",
            next_step="Add the missing lines before the next release; the note takes half a minute to read.",
            facts={"lacks": lacking},
        )


def _named(case: Case, episode: Episode) -> frozenset[Capability]:
    """What the person is named for on that system."""
    system = case.config.systems_by_id.get(episode.system or "")
    if system and episode.person in system.owners:
        return SENSITIVE
    return case.config.job_includes(episode.person, episode.starts_at)


def note_lacks(note: str | None, lines: Iterable[str]) -> list[str]:
    """Those of the lines that a release's note does not have, or has empty."""
    return [line for line in lines if not _has_line(note or "", line)]


def _has_line(note: str, name: str) -> bool:
    words = r"\s+".join(map(re.escape, name.split()))
    return re.search(rf"^\W*{words}\W*:[ \t]*\S", note, re.IGNORECASE | re.MULTILINE) is not None


def _beside(incident: Placement, first: datetime, last: datetime) -> str:
    """How the use lies to the nearest incident."""
    if incident.window is None:
        return "and there is no incident on record"
    by, side = farthest(incident.window, first, last)
    ended = "opened" if side == "before" else "over"
    touches = incident.window.overlaps(first, last, timedelta(0))
    reach = {"before": "from ", "after": "until "}[side] if touches else ""
    return f"{reach}{length(by)} {side} {incident.window.ticket} was {ended}"


def _did(sitting: list[Episode]) -> str:
    changes = sum(e.changes for e in sitting)
    return count(changes, "change") if changes else listing([a for e in sitting for a in e.actions])
