"""What the digest is told: the period and the policy's thresholds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from auditor.model.vocabulary import ActorClass

JUDGED = (
    ActorClass.PERSON,
    ActorClass.ROOT,
    ActorClass.BREAK_GLASS,
    ActorClass.UNKNOWN,
    ActorClass.SERVICE,
    ActorClass.PIPELINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The period and the thresholds of one digest.

    Args:
        period_from: first moment of the period, UTC.
        period_to: its end, UTC; not in it. Nothing later is looked at.
        session_gap: a longer pause begins a new episode.
        max_silence: a scope's longer silence is listed.
        judged: actor classes whose acts become episodes.
        events_a_day: judged_events kept for each principal, category, outcome and UTC day.
        kept: most distinct actions of change, and of what was signed in to from where, that an episode keeps for the
            rules; one that reaches it is not whole, and is said to be.
        listed: most actions, resources, addresses and programs that an episode shows to people.
    """

    period_from: datetime
    period_to: datetime
    session_gap: timedelta = timedelta(minutes=30)
    max_silence: timedelta = timedelta(hours=12)
    judged: tuple[ActorClass, ...] = JUDGED
    events_a_day: int = 1000
    kept: int = 500
    listed: int = 8
