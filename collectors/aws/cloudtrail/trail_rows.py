"""Trails to rows: where each records, and what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from auditor.model.tables import Coverage, ReadObject, Trail
from auditor.model.vocabulary import trails_of
from collectors.aws.cloudtrail.trails import DESCRIBE, GET, LIST, SELECTORS, STATUS
from collectors.aws.lines import Bad, Line, lines
from collectors.base import Context, Normalised, Raw
from collectors.stamping import Complaints, Place, Rows

_EVERYTHING = frozenset({"read", "write"})
_KINDS = {"All": _EVERYTHING, "ReadOnly": frozenset({"read"}), "WriteOnly": frozenset({"write"})}


class _Told(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A trail's settings."""

    name: str
    trail_arn: str = msgspec.field(name="TrailARN")
    home_region: str | None = None
    is_multi_region_trail: bool = False
    is_organization_trail: bool = False
    include_global_service_events: bool = False
    log_file_validation_enabled: bool = False


class _Data(msgspec.Struct, frozen=True, rename="pascal"):
    """Data events of one type of resource."""

    type: str


class _Selector(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A basic event selector."""

    read_write_type: str = "All"
    include_management_events: bool = True
    data_resources: tuple[_Data, ...] = ()


class _Field(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A condition of an advanced event selector; the ones that exclude are not looked at."""

    field: str
    equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()


class _Advanced(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """An advanced event selector: all its conditions must hold."""

    field_selectors: tuple[_Field, ...] = ()


class _Selectors(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """What a trail records; one of the two lists is used."""

    event_selectors: tuple[_Selector, ...] = ()
    advanced_event_selectors: tuple[_Advanced, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One trail, and the number of the line that tells of it."""

    told: _Told
    record: int


@dataclass(slots=True)
class TrailReader:
    """Reads the one raw object that the trails of an account are in."""

    source: str
    context: Context
    complaints: Complaints = field(default_factory=Complaints)
    account: str | None = None
    seen: dict[str, _Seen] = field(default_factory=dict)
    selectors: dict[str, _Selectors] = field(default_factory=dict)
    logging: dict[str, bool] = field(default_factory=dict)

    def read(self, raw: Raw) -> Normalised:
        """A row for each trail, and a line of coverage for the account's trails."""
        rows, place = Rows(), Place(self.source, self.context.collected_at, raw.origin)
        try:
            data = raw.load()
            place = Place.of(self.source, self.context, raw, data)
            for number, line in enumerate(lines(data)):
                self._take(line, number)
        except OSError as error:
            self.complaints.note(f"{raw.origin} cannot be read: {error.strerror}")
        rows.extend(self._rows(place))
        told: dict[str, Any] = {
            "rows": len(rows),
            "rejected": self.complaints.rejected,
            "status": "ok" if not self.complaints else "partial" if len(rows) else "failed",
            "reason": self.complaints.sentence(),
        }
        now, scope = self.context.collected_at, trails_of(self.account or self.source)
        rows.objects = [ReadObject(**place.at(), version=raw.version, **told)]
        rows.coverage = [Coverage(**place.at(), scope=scope, from_=now, to=now, **told)]
        return rows.normalised()

    def _take(self, line: Line | Bad, number: int) -> None:
        if isinstance(line, Bad):
            self.complaints.reject(line.why, f"line {number + 1}")
            return
        self.account = self.account or line.of("account") or None
        if line.error is not None:
            self.complaints.note(line.error)
            return
        try:
            self._answer(line, number)
        except msgspec.ValidationError as error:
            self.complaints.reject(f"an answer of {line.call} is not as CloudTrail writes it: {error}", f"{number + 1}")

    def _answer(self, line: Line, number: int) -> None:
        reply: dict[str, Any] = line.reply or {}
        if line.call in (DESCRIBE, GET):
            listed = reply.get("trailList", []) if line.call == DESCRIBE else [reply.get("Trail")]
            for told in msgspec.convert(listed, tuple[_Told, ...]):
                self.seen[told.trail_arn] = _Seen(told, number)
        elif line.call == SELECTORS:
            chosen = msgspec.convert(reply, _Selectors)
            if chosen.event_selectors or chosen.advanced_event_selectors:
                self.selectors[line.of("TrailName")] = chosen
            else:
                self.complaints.note("CloudTrail does not say what a trail records", line.of("TrailName"))
        elif line.call == STATUS:
            self.logging[line.of("Name")] = msgspec.convert(reply.get("IsLogging"), bool)
        elif line.call not in ("", LIST):
            self.complaints.reject("a line is of another call", f"{line.call} in line {number + 1}")

    def _rows(self, place: Place) -> Iterator[Trail]:
        for arn, seen in self.seen.items():
            chosen, told = self.selectors.get(arn), seen.told
            yield Trail(
                **place.at(seen.record),
                trail=arn,
                account=self.account or arn.split(":")[4],
                name=told.name,
                home_region=told.home_region or arn.split(":")[3],
                multi_region=told.is_multi_region_trail,
                organisation=told.is_organization_trail,
                global_events=told.include_global_service_events,
                validated=told.log_file_validation_enabled,
                logging=self.logging.get(arn),
                asked=chosen is not None,
                management=tuple(sorted(_management(chosen))) if chosen else (),
                data=tuple(sorted(_data(chosen))) if chosen else (),
            )


def _management(chosen: _Selectors) -> frozenset[str]:
    """Which calls of the control plane are recorded: reads, writes."""
    kinds = [
        _KINDS.get(one.read_write_type, frozenset()) for one in chosen.event_selectors if one.include_management_events
    ]
    kinds += [_advanced_kinds(one) for one in chosen.advanced_event_selectors if _category(one) == "Management"]
    return frozenset().union(*kinds)


def _advanced_kinds(one: _Advanced) -> frozenset[str]:
    """What an advanced selector of management events keeps: nothing where it names single services or calls."""
    narrowing = [f for f in one.field_selectors if f.field not in ("eventCategory", "readOnly")]
    if any(f.equals or f.starts_with or f.ends_with for f in narrowing):
        return frozenset()
    said = {value for f in one.field_selectors if f.field == "readOnly" for value in f.equals}
    return frozenset({"read" if value == "true" else "write" for value in said}) or _EVERYTHING


def _data(chosen: _Selectors) -> set[str]:
    """Types of resource of which any data events are recorded."""
    types = {resource.type for one in chosen.event_selectors for resource in one.data_resources}
    for one in chosen.advanced_event_selectors:
        if _category(one) == "Data":
            types |= {value for f in one.field_selectors if f.field == "resources.type" for value in f.equals}
    return types


def _category(one: _Advanced) -> str:
    return next((f.equals[0] for f in one.field_selectors if f.field == "eventCategory" and f.equals), "")
