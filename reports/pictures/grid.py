"""What each holder can do on each system, and what changed of it since a month ago: what the matrix is drawn from."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from auditor.config.models import Config
from auditor.errors import ReportError
from auditor.model.entitlements import Entitlement
from auditor.providers.systems import reaches
from reports import artifacts, findings_json
from reports.access_matrix import GROUPS, by_holder, holder_key, holder_name


class Can(StrEnum):
    """What a holder can do on a system, the strongest first; the words stand in the picture."""

    CHANGE = "can change it"
    BORROW = "could through another's role"
    READ = "can read it"
    ASK = "may ask for it"
    NOTHING = ""


_RANK = {can: rank for rank, can in enumerate(reversed(Can))}


class Cell(Struct, frozen=True):
    """What a holder can do; `more` is True where that is more than a month ago, False where it is less, None else."""

    can: Can
    more: bool | None = None


class Row(Struct, frozen=True):
    """A holder, or several who hold the same, under the heading of their group."""

    names: tuple[str, ...]
    group: str
    cells: tuple[Cell, ...]


class Before(Struct, frozen=True, kw_only=True):
    """What a run of about a month ago found."""

    at: datetime
    access: Sequence[Entitlement]
    unseen: Collection[str] = ()

    @classmethod
    def of(cls, folder: Path) -> "Before | None":
        """What the run in a folder found; None where that cannot be read: nothing is compared then, and it is said."""
        try:
            audit, access = findings_json.read(folder / "findings.json"), artifacts.access(folder)
        except ReportError:
            return None
        return cls(at=audit.audited_at, access=access, unseen=audit.unseen_systems)


class Grid(Struct, frozen=True, kw_only=True):
    """Holders by systems; `systems` say of each whether all its rights were read. `since` is None: no earlier run."""

    systems: tuple[tuple[str, bool], ...]
    rows: tuple[Row, ...]
    since: datetime | None

    @property
    def moved(self) -> tuple[int, int]:
        """How many holders can do more on some system than a month ago, and how many less."""
        of = [{cell.more for cell in row.cells} for row in self.rows for _ in row.names]
        return sum(True in one for one in of), sum(False in one for one in of)


def grid(
    access: Sequence[Entitlement],
    config: Config,
    at: datetime,
    unseen: Collection[str] = (),
    before: Before | None = None,
) -> Grid:
    """Everybody who can do something, or could a month ago; `access` holds what may be asked for too."""
    now = _abilities(by_holder(access, at), config)
    names = {holder_key(path): holder_name(path, config) for path in access}
    then: Mapping[tuple[str, str], list[Can]] = {}
    if before:
        # An account belongs then to whom it belongs now: that somebody was named is no change of a right.
        owners = {path.account: holder_key(path) for path in access}
        held: dict[tuple[str, str], list[Entitlement]] = {}
        for key, paths in by_holder(before.access, before.at).items():
            for path in paths:
                held.setdefault(owners.get(path.account, key), []).append(path)
                names.setdefault(owners.get(path.account, key), holder_name(path, config))
        then = _abilities(held, config)
    blind = {*unseen, *(before.unseen if before else ())}
    compared = [before is not None and one.id not in blind for one in config.systems]
    nothing = [Can.NOTHING] * len(config.systems)
    rows = [
        Row((names[key],), key[0], tuple(_cells(now.get(key, nothing), then.get(key, nothing), compared)))
        for key in {**now, **then}
    ]
    return Grid(
        systems=tuple((one.name, one.id not in unseen) for one in config.systems),
        rows=tuple(sorted((row for row in rows if any(c.can or c.more is not None for c in row.cells)), key=_order)),
        since=before.at if before else None,
    )


def together(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, those of one group that are alike as one."""
    alike: dict[tuple[str, tuple[Cell, ...]], list[str]] = {}
    for row in rows:
        alike.setdefault((row.group, row.cells), []).extend(row.names)
    return tuple(Row(tuple(names), group, cells) for (group, cells), names in alike.items())


def _abilities(
    held: Mapping[tuple[str, str], Sequence[Entitlement]], config: Config
) -> dict[tuple[str, str], list[Can]]:
    return {
        key: [max((_can(p) for p in paths if reaches(p, one)), key=_RANK.__getitem__, default=Can.NOTHING)
              for one in config.systems]
        for key, paths in held.items()
    }  # fmt: skip


def _can(path: Entitlement) -> Can:
    if path.eligible:
        return Can.ASK
    if not path.writes:
        return Can.READ
    return Can.BORROW if path.borrowed else Can.CHANGE


def _cells(now: Iterable[Can], then: Iterable[Can], compared: Iterable[bool]) -> Iterator[Cell]:
    for can, could, known in zip(now, then, compared, strict=True):
        # Whoever can change it can, by whichever way.
        same = can is could or {can, could} == {Can.CHANGE, Can.BORROW}
        yield Cell(can, None if same or not known else _RANK[can] > _RANK[could])


def _order(row: Row) -> tuple[object, ...]:
    strength = sorted((_RANK[cell.can] for cell in row.cells), reverse=True)
    return (GROUPS.index(row.group), [-rank for rank in strength], row.names[0].casefold(), row.names)
