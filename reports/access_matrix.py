"""Who can touch what, in plain words: people by systems, from every path of access."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.config.models import Config
from auditor.config.systems import System
from auditor.model.entitlements import Entitlement
from auditor.model.groups import grouped
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.systems import reaches
from reports.words import abilities, account_name, listing, person, reached

# Group, heading and order of the holders.
PEOPLE, UNKNOWN, SEALED, ROBOTS = "People", "Nobody knows whose", "Emergency access", "Pipelines and services"
_GROUP_OF = {
    ActorClass.PERSON: PEOPLE,
    ActorClass.UNKNOWN: UNKNOWN,
    ActorClass.ROOT: SEALED,
    ActorClass.BREAK_GLASS: SEALED,
}
GROUPS = (PEOPLE, UNKNOWN, SEALED, ROBOTS)
_CELLS = {Level.READ: "read", Level.WRITE: "change", Level.ADMIN: "admin"}
_RANK = {"": 0, "read": 1, "change": 2, "admin": 3}
_MOST_COLUMNS = 8
_FINGERPRINT = re.compile(r"(SHA256:[\w+/]{8})[\w+/=]+")


class Sentence(Struct, frozen=True):
    """What a holder can do on some systems, by which ways, and until when; `until` is None where there is no end."""

    systems: tuple[str, ...]
    can: str
    ways: tuple[str, ...]
    until: datetime | None
    changes: bool


class Holder(Struct, frozen=True):
    """One person, or one account nobody is known for. `cells` has a word for each system, empty for none."""

    name: str
    note: str
    group: str
    cells: tuple[str, ...]
    sentences: tuple[Sentence, ...]
    changes: bool


class SystemReach(Struct, frozen=True):
    """One system, with the names of who can change it and of who can only read it.

    `seen` is False where its rights were not all read: then there may be others.
    """

    name: str
    changers: tuple[str, ...]
    readers: tuple[str, ...]
    seen: bool = True

    def told(self, names: Sequence[str], most: int | None = None) -> str:
        """The names, or what it means that there are none."""
        if self.seen:
            return listing(names, most=most) or "nobody"
        return f"{listing(names, most=most)}, and whoever could not be seen" if names else "could not be seen"


class Reach(Struct, frozen=True):
    """The whole picture: people by systems and systems by people, strongest first.

    `columns` are the systems' names where a table can hold them side by side; else it is empty. Who is `eligible` holds
    nothing of it, and may ask for it.
    """

    columns: tuple[str, ...]
    systems: tuple[SystemReach, ...]
    holders: tuple[Holder, ...]
    eligible: tuple[Holder, ...] = ()

    @property
    def changers(self) -> list[Holder]:
        """Who can change production."""
        return [holder for holder in self.holders if holder.changes]

    @property
    def people_who_change(self) -> int:
        """How many people can change production."""
        return sum(holder.group == PEOPLE for holder in self.changers)

    @property
    def unknown_who_change(self) -> int:
        """How many accounts that nobody owns can change production."""
        return sum(holder.group == UNKNOWN for holder in self.changers)


def reach(
    access: Sequence[Entitlement],
    config: Config,
    at: datetime,
    unseen: Collection[str] = (),
    eligible: Sequence[Entitlement] = (),
) -> Reach:
    """Who can touch what at the time of the audit; paths that have ended by themselves are gone.

    `unseen` are the ids of systems of which the rights were not all read.
    """
    holders = _holders(access, config, at)
    names = tuple(one.name for one in config.systems)
    return Reach(
        columns=names if len(names) <= _MOST_COLUMNS else (),
        systems=tuple(
            SystemReach(
                name=one.name,
                changers=tuple(holder.name for holder in holders if _RANK[holder.cells[number]] > _RANK["read"]),
                readers=tuple(holder.name for holder in holders if holder.cells[number] == "read"),
                seen=one.id not in unseen,
            )
            for number, one in enumerate(config.systems)
        ),
        holders=tuple(holders),
        eligible=tuple(_holders(eligible, config, at)),
    )


def _holders(access: Iterable[Entitlement], config: Config, at: datetime) -> list[Holder]:
    return sorted((_holder(held, config, at) for held in by_holder(access, at).values()), key=_order)


def group_of(path: Entitlement) -> str:
    """Under which heading a path's holder stands."""
    return _GROUP_OF.get(path.identity.actor_class, ROBOTS)


def by_holder(access: Iterable[Entitlement], at: datetime) -> dict[tuple[str, str], list[Entitlement]]:
    """The paths that stand at a time, by whose they are: their group, and the person, robot or account."""
    return grouped((holder_key(path), path) for path in access if path.lasts(at))


def holder_key(path: Entitlement) -> tuple[str, str]:
    """Whose a path is: their group, and the person, robot or account."""
    return group_of(path), path.identity.person or path.identity.owner or path.account


def holder_name(path: Entitlement, config: Config) -> str:
    """The person's name, what a robot is called, else the account's."""
    return person(path.identity.person or path.identity.owner or path.account, config)


def _order(holder: Holder) -> tuple[object, ...]:
    strongest = max((_RANK[cell] for cell in holder.cells), default=0)
    return (GROUPS.index(holder.group), -strongest, holder.name.casefold(), holder.name)


def _holder(held: Sequence[Entitlement], config: Config, at: datetime) -> Holder:
    first = held[0]
    return Holder(
        name=holder_name(first, config),
        note=job_note(first.identity.person, config, at),
        group=group_of(first),
        cells=tuple(_cell(held, one) for one in config.systems),
        sentences=_sentences(held, config),
        changes=any(path.writes for path in held),
    )


def job_note(who: str | None, config: Config, at: datetime) -> str:
    """Somebody's job at a moment, and their last day where it was over then: `contractor, left 20 Sep 2026`."""
    return ", ".join(filter(None, (config.job_at(who, at), left_note(who, config, at))))


def left_note(who: str | None, config: Config, at: datetime) -> str:
    """Somebody's last day where it was over at a moment: `left 20 Sep 2026`."""
    known = config.people_by_id.get(who or "")
    left = known.left if known and config.has_left(who, at) else None
    return f"left {left.day} {left:%b %Y}" if left else ""


def _cell(held: Iterable[Entitlement], system: System) -> str:
    words = {_CELLS[path.level] for path in held if reaches(path, system)}
    return max(words, key=_RANK.__getitem__, default="")


def _sentences(held: Sequence[Entitlement], config: Config) -> tuple[Sentence, ...]:
    """Systems on which the holder can do the same until the same time stand in one sentence; changes come first.

    Where any way leads to changes, the ways and the end are of those that do.
    """
    by_place = grouped((reached(path, config), path) for path in held)
    strongest = {place: [path for path in paths if path.writes] or paths for place, paths in by_place.items()}
    alike = grouped(
        ((shown[0].writes, _can(by_place[place]), _until(shown)), place) for place, shown in strongest.items()
    )
    sentences = [
        Sentence(
            systems=tuple(sorted(places)),
            can=can,
            ways=tuple(dict.fromkeys(way(path) for place in places for path in strongest[place])),
            until=until,
            changes=changes,
        )
        for (changes, can, until), places in alike.items()
    ]
    return tuple(sorted(sentences, key=lambda sentence: not sentence.changes))


def _can(paths: Sequence[Entitlement]) -> str:
    if any(path.unrestricted for path in paths):
        return "anything at all"
    held = {capability for path in paths for capability in path.capabilities}
    if not held and any(path.writes for path in paths):
        return "change it"
    return abilities(held or {Capability.READ_DATA})


def _until(paths: Iterable[Entitlement]) -> datetime | None:
    """When the last of them ends, to the minute; None where one of them does not."""
    ends = [path.expires_at for path in paths]
    return None if None in ends else max(end.replace(second=0, microsecond=0) for end in ends if end)


def way(path: Entitlement) -> str:
    """The path in words, fingerprints shortened."""
    return _FINGERPRINT.sub(r"\1…", path.words or account_name(path.account))
