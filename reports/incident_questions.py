"""What an incident review leaves open: what somebody has to be asked, for no evidence answers it."""

from collections.abc import Iterator, Sequence

from auditor.model.tables import Ticket
from reports.incident_lines import Line, Part
from reports.incident_reversal import Can
from reports.words import listing, plural

_MOST = 3


def questions(lines: Sequence[Line], ticket: Ticket | None) -> Iterator[str]:
    """Each as a sentence, for the people who were there."""
    changes = [line for line in lines if line.part in (Part.PEOPLE, Part.MACHINES)]
    for who in dict.fromkeys(line.who for line in changes if line.uncovered):
        own = [line for line in changes if line.uncovered and line.who == who]
        count = plural(sum(line.count for line in own), "change")
        yield f"What did {who} make {count} for ({_what(own)})? No ticket allowed it."
    for who in dict.fromkeys(line.who for line in lines if line.unknown):
        own = [line for line in lines if line.unknown and line.who == who]
        yield f"Whose is {who} ({_what(own)})?"
    asked = [line for line in changes if line.reversal.can is Can.ASK and line.kind != "release"]
    for who in dict.fromkeys(line.who for line in asked):
        own = [line for line in asked if line.who == who]
        if len(own) <= _MOST and own[0].part is Part.PEOPLE:
            yield from (f"What was there before {who}'s {line.what or line.did} on {line.target}?" for line in own)
        else:
            yield f"What was there before {who}'s {plural(sum(line.count for line in own), 'change')} ({_what(own)})?"
    if ticket and ticket.is_incident:
        if ticket.closed_at is None:
            yield f"{ticket.ticket} is open: is it over?"
        elif not ticket.closeout:
            yield f"What ended {ticket.ticket}? It was closed without a word."


def _what(lines: Sequence[Line]) -> str:
    return listing(dict.fromkeys(line.what or line.did for line in lines), most=_MOST)
