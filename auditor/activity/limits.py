"""What the digest is told: the period, what of it is asked for, the thresholds, and the traits of providers' logs."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

from auditor.model.vocabulary import ActorClass

JUDGED = (
    ActorClass.PERSON,
    ActorClass.ROOT,
    ActorClass.BREAK_GLASS,
    ActorClass.UNKNOWN,
    ActorClass.SERVICE,
    ActorClass.PIPELINE,
)


class Limits(Struct, frozen=True, kw_only=True):
    """The period and the thresholds of one digest.

    Args:
        period_from: first moment of the period, UTC.
        period_to: its end, UTC; not in it. Nothing later is looked at.
        zone: whose days those are on which accounts are used.
        session_gap: a longer pause begins a new episode.
        max_silence: a scope's longer silence is listed.
        judged: actor classes whose acts become episodes.
        episodes: most that are judged one by one: beyond that, those of each holder are cut.
        bulk_read: sittings in which more was read are judged one by one, whoever's they are.
        events_a_day: judged_events kept for each principal, category, outcome and UTC day.
        judged_events: most of them altogether: beyond that, the later ones of everybody's days are cut.
        kept: most distinct actions of change, and of what was signed in to from where, that an episode keeps for the
            rules; one that reaches it is not whole, and is said to be.
        listed: most actions, resources, addresses and programs that an episode shows to people.
        drawn: most stretches of time that an episode tells which stands for several.
        samples: most acts that it is shown by.
    """

    period_from: datetime
    period_to: datetime
    zone: tzinfo = UTC
    session_gap: timedelta = timedelta(minutes=30)
    max_silence: timedelta = timedelta(hours=12)
    judged: tuple[ActorClass, ...] = JUDGED
    episodes: int = 50_000
    bulk_read: int = 0
    events_a_day: int = 1000
    judged_events: int = 50_000
    kept: int = 500
    listed: int = 8
    drawn: int = 60
    samples: int = 10


class LogTraits(Struct, frozen=True, kw_only=True):
    """What is peculiar to the logs of some providers, in the words that rows have for it.

    Args:
        never_silent: providers whose accounts or hosts are heard of all the time.
        shells: providers at which every login is a shell: one session with an end.
        own_services: kinds of caller that are a provider's own services.
        own_programs: patterns of user agents: a provider's own programs, such as a console's.
        temporary: how the names of temporary credentials begin.
        machines: what is a session on a machine or in a database to sign in to, as patterns.
        log_names: how what is acted on may name what keeps a log, as patterns.
        object_reads: actions that read one stored object.
        secrets_listed: reads that show several secrets without naming them, as patterns of `action resource`, and how
            many at most.
        batch_reads: actions that read several secrets, each of which is logged by itself as well.
        session_requests: actions that ask for a session as another account.
        console_sign_ins: actions of people alone: signing in to a console.
    """

    never_silent: tuple[str, ...] = ()
    shells: tuple[str, ...] = ()
    own_services: tuple[str, ...] = ()
    own_programs: tuple[str, ...] = ()
    temporary: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    log_names: tuple[str, ...] = ()
    object_reads: tuple[str, ...] = ()
    secrets_listed: tuple[tuple[str, int], ...] = ()
    batch_reads: tuple[str, ...] = ()
    session_requests: tuple[str, ...] = ()
    console_sign_ins: tuple[str, ...] = ()


class Asked(Struct, frozen=True):
    """What of a period is asked for, where that is not everything: each of these.

    Args:
        category: events of this category.
        place: those in accounts, projects or hosts, by provider and name, of which it is true.
        times: of places only those from the first until before the second, where they are given.
    """

    category: str | None = None
    place: Callable[[str, str], bool] | None = None
    times: Sequence[datetime] = ()


EVERYTHING = Asked()
