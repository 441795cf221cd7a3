"""What an incident review shows, for terminal, page, PDF, JSON and Markdown; first what changed something."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.case.incident import Incident
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.model.agents import AgentWork
from auditor.model.groups import grouped
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Category
from reports.incident_beside import Allowing, agents_at_work, comments, gaps, questions, tickets
from reports.incident_headline import headline
from reports.incident_lines import Line, Part, lines
from reports.incident_reversal import summary
from reports.incident_signals import Beside, monitoring
from reports.incident_values import Values, unread
from reports.incident_words import actor, over_days
from reports.who import Holder, Who, counted, who_view
from reports.words import plural


class Actor(Struct, frozen=True, kw_only=True):
    """Somebody who acted, and how much."""

    name: str
    note: str
    at: datetime
    until: datetime
    sessions: int
    changes: int
    refused: int
    tickets: tuple[str, ...]


class Review(Struct, frozen=True, kw_only=True):
    """Everything that an incident review prints.

    Args:
        headline: the sentence that matters; `reversible` says how much can be taken back.
        lines: part by part, in each the earliest first; `more` says what is not among them.
        others: who could have changed the system and did not.
        gaps: what could not be seen; `questions` are what nobody has answered.
        dated: it goes over several days, so that a time alone does not tell when.
        asked_by: the ticket that it was asked for by.
    """

    config: Config
    system: System
    from_: datetime
    to: datetime
    headline: str
    reversible: str
    lines: tuple[Line, ...]
    more: str
    actors: tuple[Actor, ...]
    agents: tuple[AgentWork, ...]
    tickets: tuple[Allowing, ...]
    who: Who
    others: tuple[Holder, ...]
    gaps: tuple[str, ...]
    monitoring: Beside
    questions: tuple[str, ...]
    dated: bool
    asked_by: Ticket | None = None

    @property
    def changes(self) -> list[Line]:
        """What changed something: by people, by machines, and releases."""
        return [line for line in self.lines if line.part in (Part.PEOPLE, Part.MACHINES)]

    @property
    def timeline(self) -> list[Line]:
        """Every line, the earliest first."""
        return sorted(self.lines, key=lambda line: line.at)

    @property
    def others_sentence(self) -> str:
        """How many others could have changed it, as far as that is known."""
        others = counted(self.others, sure=self.who.sure)
        if others:
            return f"{others} could have changed it too."
        return "Nobody else could have changed it." if self.who.sure else "Who else could have changed it is not known."

    @property
    def unknown(self) -> tuple[str, ...]:
        """Everything that is not known, of what happened and of who could act."""
        return tuple(dict.fromkeys((*self.gaps, *self.who.not_known)))

    @property
    def incomplete(self) -> str:
        """A sentence where something could not be seen of what happened."""
        if not self.gaps:
            return ""
        missing = plural(len(self.gaps), "thing")
        return f"This review is not complete: {missing} could not be seen, listed at its end. More may have happened."


def review_view(review: Incident, values: Values, ticket: Ticket | None = None, unknown: Sequence[str] = ()) -> Review:
    """The view of what was resolved."""
    told, beside = lines(review, values), monitoring(review)
    more = "More happened than is listed: choose a shorter time." if review.cut else told.more
    who = who_view(review.then, review.system)
    acted = {actor(review, act)[0] for act in review.acts if act.changes and act.told.system == review.system.id}
    return Review(
        config=review.config,
        system=review.system,
        from_=review.from_,
        to=review.to,
        headline=headline(review, told.left.total()),
        reversible=summary((line.reversal, line.count) for line in told.listed if line.kind in ("change", "emergency")),
        lines=(*told.listed, *beside.lines, *sorted(comments(review, ticket), key=lambda line: line.at)),
        monitoring=beside,
        more=more,
        actors=tuple(_actors(review)),
        agents=agents_at_work(review),
        tickets=tuple(tickets(review)),
        who=who,
        others=tuple(holder for holder in who.holders if holder.changes and holder.name not in acted),
        gaps=(*(_unknown(ticket, unknown) if ticket else ()), *gaps(review), *_unread(review, values)),
        questions=tuple(dict.fromkeys(questions(told.listed, ticket))),
        dated=over_days(review),
        asked_by=ticket,
    )


def _unknown(ticket: Ticket, unknown: Sequence[str]) -> Iterator[str]:
    for name in unknown:
        yield f"{ticket.ticket} also names {name}, which auditor.yaml does not know: nothing of it is told here."


def _unread(review: Incident, values: Values) -> Iterator[str]:
    """Of how many changes it is not known what they set, and why."""
    why = Counter(found for act in review.acts if act.changes and (found := unread(act, values)))
    for reason, count in why.items():
        yield f"What {plural(count, 'change')} set is not known: {reason}."


def _actors(review: Incident) -> Iterator[Actor]:
    """Everybody who acted, those with changes first."""
    by_name = grouped((actor(review, act), act) for act in review.acts)
    in_order = sorted(by_name.items(), key=lambda item: (-sum(a.count for a in item[1] if a.changes), item[0]))
    for (name, note), acts in in_order:
        logins = [a for a in acts if a.told.category == Category.LOGIN and a.told.outcome == "ok"]
        yield Actor(
            name=name,
            note=note,
            at=min(act.told.time for act in acts),
            until=max(act.until for act in acts),
            sessions=sum(not act.told.action.endswith(":logout") for act in logins),
            changes=sum(act.count for act in acts if act.changes),
            refused=sum(act.count for act in acts if act.told.outcome != "ok"),
            tickets=tuple(dict.fromkeys(window.ticket for act in acts if (window := act.placement.inside))),
        )
