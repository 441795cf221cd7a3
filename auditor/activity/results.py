"""What millions of events come down to: episodes, last uses, grant events, silences."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.activity.times import moment
from auditor.model.findings import Evidence
from auditor.model.vocabulary import ActorClass

Place = tuple[str, str]
"""A provider, and an account, project or host of it."""


class Located(Struct, frozen=True, kw_only=True):
    """What was done in one account, project or host of a provider."""

    provider: str
    scope: str

    @property
    def place(self) -> Place:
        """Where it was done."""
        return self.provider, self.scope


class Caller(Located, frozen=True, kw_only=True):
    """A distinct way in which events name who acted; `caller` numbers it within one digest.

    `asked` counts those of its events that lie in the period and are asked for.
    """

    caller: int
    account: str | None
    actor: str | None
    actor_kind: str | None
    credential: str | None
    on_behalf_of: str | None
    invoked_by: str | None
    events: int
    first_at: datetime
    last_at: datetime
    asked: int = 0


class Issue(Struct, frozen=True, kw_only=True):
    """A session that a caller opened for itself, the first and the last time.

    `issued` is its actor's name, where the answer has more than a key.
    """

    caller: int
    issued: str | None
    issued_credential: str | None
    time: datetime
    last_at: datetime


class Stretch(Struct, frozen=True, kw_only=True):
    """A stretch of somebody's activity, in numbers."""

    starts_at: datetime
    ends_at: datetime
    changes: int
    events: int

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first and its last moment."""
        return self.starts_at, self.ends_at


class Episode(Located, frozen=True, kw_only=True):
    """One principal's activity on one system under one session, with no pause over `session_gap`.

    Where no rule judges them one by one, those of a principal on a system that are alike stand in one, and `sittings`
    counts them: of accounts that nobody declares, and of what no system claims; `more_samples` and `stretches` then
    tell a few acts, and when they were (`drawn`: first and last microsecond, changes and events of each). `beyond`
    says that they are more than can be judged one by one.

    What an agent or a vendor did in somebody's session is an episode of its own, with `through` as its
    rows have it in `invoked_by`.

    Counts are of events: `logins`, `changes` and `reads` (all the rest) of those that succeeded, `denied` of those that
    were refused; `secrets` is how many different ones were read, as far as the log names them, `secrets_at_most` how
    many it can have been, and `objects` how many things stored on the system.
    `uncovered` are changes inside no window of theirs that allows writing on that system, give or take the tolerance;
    `sample` is the first uncovered change, else the first change, else the first event; `first_event` is the id of
    its first event, which tells it apart. `actor` and `credential` are those of the first event. Robots, and cloud
    callers whom nobody knows, have one stream an actor: `session` is None. Of a pipeline only changes, and what it did
    on hosts, are in it.

    Rules decide by what succeeded, every value of it: the actions that changed something (`change_actions`, those of
    uncovered changes first), what was signed in to (`login_targets`: roles, hosts; `login_us`: of each the first and
    the last microsecond, one behind the other) and from where (`login_addresses`). `whole` is False where one of them
    has as many values as the limits keep: there may be more.
    The last five lists are for people to read: the foremost few, those of changes first, those of what was refused
    last. `services` are those through which something was changed.
    """

    person: str | None
    actor_class: ActorClass
    account: str | None
    through: str | None
    actor: str | None
    session: str | None
    credential: str | None
    system: str | None
    first_event: str
    starts_at: datetime
    ends_at: datetime
    events: int
    logins: int
    reads: int
    changes: int
    denied: int
    secrets: int
    secrets_at_most: int
    objects: int
    uncovered: int
    uncovered_from: datetime | None
    uncovered_to: datetime | None
    change_actions: tuple[str, ...]
    login_targets: tuple[str, ...]
    login_us: Sequence[int]
    login_addresses: tuple[str, ...]
    whole: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    services: tuple[str, ...]
    source_ips: tuple[str, ...]
    user_agents: tuple[str, ...]
    sample: Evidence
    more_samples: tuple[Evidence, ...] = ()
    sittings: int = 1
    drawn: Sequence[Sequence[int]] = ()
    beyond: bool = False

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """When the sittings were that it stands for; made when asked for, since few are."""
        return tuple(
            Stretch(starts_at=moment(first), ends_at=moment(last), changes=changes, events=events)
            for first, last, changes, events in self.drawn
        )

    @property
    def login_times(self) -> tuple[tuple[datetime, datetime], ...]:
        """Of each thing that was signed in to the first and the last time; made when asked for, since few are."""
        times = map(moment, self.login_us)
        return tuple(zip(times, times, strict=True))

    @property
    def samples(self) -> tuple[Evidence, ...]:
        """The acts that it is shown by."""
        return self.sample, *self.more_samples

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From its first to its last event."""
        return self.starts_at, self.ends_at

    @property
    def succeeded(self) -> bool:
        """Whether anything of it was done, and not refused alone."""
        return bool(self.logins or self.reads or self.changes)

    def signed_in(self, to: Callable[[str], bool]) -> tuple[datetime, datetime] | None:
        """The first and the last time that it signed in to what `to` takes."""
        times = [span for one, span in zip(self.login_targets, self.login_times, strict=True) if to(one)]
        return (min(times)[0], max(last for _, last in times)) if times else None

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """From the first to the last uncovered change; from the first to the last event where all is covered."""
        return self.uncovered_from or self.starts_at, self.uncovered_to or self.ends_at


class JudgedEvent(Located, frozen=True, kw_only=True):
    """A single event that a rule judges by itself: a grant, a change to the audit trail, a use of root.

    `keeps_log` says that it was done to what keeps an audit trail: its bucket, its key.
    """

    event_id: str
    time: datetime
    person: str | None
    actor_class: ActorClass
    account: str | None
    actor: str | None
    credential: str | None
    category: str
    action: str
    outcome: str
    resource: str | None
    source_ip: str | None
    user_agent: str | None
    invoked_by: str | None
    ticket: str | None
    detail: str | None
    keeps_log: bool = False
    evidence: Evidence

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its moment."""
        return self.time, self.time


class IncidentEvent(Located, frozen=True, kw_only=True):
    """An act as the log tells it, one of `altogether` of its sort within a quarter of an hour.

    `until` is the time of the last of those; `system` is None where no system claims what it was done to.
    """

    event_id: str
    time: datetime
    until: datetime
    altogether: int
    person: str | None
    actor_class: ActorClass
    principal: str
    system: str | None
    session: str | None
    category: str
    action: str
    level: str
    outcome: str
    resource: str | None
    source_ip: str | None
    invoked_by: str | None
    ticket: str | None
    detail: str | None
    evidence: Evidence


class Earlier(Struct, frozen=True, kw_only=True):
    """An act before, of the same kind and on the same thing."""

    time: datetime
    account: str | None
    actor: str | None
    detail: str | None = None
    evidence: Evidence


class UsedAct(Located, frozen=True, kw_only=True):
    """One way in which somebody did something in the period, with how often and when.

    Args:
        account: whose rights it took: a user, a role (not its session), a login; of a sign-in that failed, who tried.
        opener: the account that opened the session that it was done in, where the log tells that, or the user whom
            the session is named after by a directory that vouches for it.
        person: roster id of whoever is behind it.
        permissions: which the provider checked, as rows name them.
        recent: how often in the last seven days of the period.
        days: on how many days, in the zone of the limits.
        weekday: the day of the week, 0 is Monday, where all those days are one of it.
        tickets: the first and the last ticket that the acts themselves name.
    """

    account: str | None
    actor_kind: str | None = None
    credential: str | None = None
    opener: str | None = None
    person: str | None
    actor_class: ActorClass
    invoked_by: str | None = None
    category: str
    action: str
    level: str
    outcome: str
    resource: str | None
    permissions: str | None = None
    system: str | None = None
    events: int
    recent: int = 0
    days: int
    first_at: datetime
    last_at: datetime
    weekday: int | None = None
    tickets: tuple[str, ...] = ()
    sample: Evidence


class AlternatingUse(Struct, frozen=True, kw_only=True):
    """A key of one person used in turns from two networks by two programs, on one UTC day.

    `turns` counts how often a use from one followed within the session gap on a use from the other.
    """

    person: str
    account: str | None
    credential: str | None
    turns: int
    first_at: datetime
    last_at: datetime
    addresses: tuple[str, ...]
    programs: tuple[str, ...]
    sample: Evidence


class KeyUse(Struct, frozen=True, kw_only=True):
    """How much a robot's key was used in the period from one network with one program; earliest first."""

    account: str | None
    credential: str
    network: str
    program: str
    events: int
    days: int
    first_at: datetime
    last_at: datetime
    source_ip: str
    user_agent: str
    sample: Evidence


class Silence(Struct, frozen=True, kw_only=True):
    """A stretch of the period in which no record of a scope exists, in any source; `source` is one that knows it.

    `at_start` and `at_end` say that it begins or ends with the period: before the scope's first record (which may be
    its birth), or after its last one.
    """

    source: str
    scope: str
    from_: datetime
    to: datetime
    at_start: bool = False
    at_end: bool = False

    @property
    def length(self) -> timedelta:
        """How long nothing was heard."""
        return self.to - self.from_


class Digest(Struct, frozen=True, kw_only=True):
    """What the events of a period came down to.

    `events_left_out` counts those beyond the bounds; `heard` names the accounts and hosts of which any record
    was found; one that was only heard of before the period has a silence as long as the period. `last_used` says when
    each lasting credential was last used with success.
    """

    episodes: tuple[Episode, ...]
    judged_events: tuple[JudgedEvent, ...]
    events_left_out: int
    last_used: Mapping[str, datetime]
    silences: tuple[Silence, ...]
    heard: frozenset[str] = frozenset()
    alternating_uses: tuple[AlternatingUse, ...] = ()
    key_uses: tuple[KeyUse, ...] = ()
