"""Trails to rows: where each records, and what. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

from auditor.model.tables import Trail
from auditor.model.vocabulary import trails_of
from collectors.aws.cloudtrail.trails import DESCRIBE, GET, PERMISSIONS, SELECTORS, STATUS
from collectors.aws.lines import Answers, Line
from collectors.base import Batch, Context, Normalised
from collectors.reading import Reading, Record, Stamp

_EVERYTHING = frozenset({"read", "write"})
_KINDS = {"All": _EVERYTHING, "ReadOnly": frozenset({"read"}), "WriteOnly": frozenset({"write"})}


class _Settings(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """A trail's settings."""

    name: str
    trail_arn: str = msgspec.field(name="TrailARN")
    home_region: str | None = None
    is_multi_region_trail: bool = False
    is_organization_trail: bool = False
    include_global_service_events: bool = False
    log_file_validation_enabled: bool = False
    s3_bucket_name: str | None = None
    kms_key_id: str | None = None


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


def read_rows(source: str, context: Context, batch: Batch) -> Normalised:
    """A row for each trail, and a line of coverage for the account's trails."""
    reading = Reading(source, context)
    answers = Answers(reading, batch, "CloudTrail")
    answers.note_gaps()
    trails = _Trails(answers)
    reading.extend(trails.rows())
    problems = answers.problems
    scope = trails_of(trails.account or source)
    reading.cover(scope, problems, failed=bool(problems) and not len(reading))
    return reading.normalised()


class _Trails:
    """The trails of an account by ARN: their settings, their selectors, and whether they record now."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.account = next((account for _, line in answers.lines if (account := line.of("account"))), None)
        self._settings: dict[str, Record[_Settings]] = {}
        self._selectors: dict[str, _Selectors] = {}
        self._logging: dict[str, bool] = {}
        for at, line in answers.lines:
            if line.call not in PERMISSIONS:
                answers.reject(at, f"a line is of another call ({line.call})")
        for at, line, reply in answers.replies(*PERMISSIONS):
            try:
                self._take(at, line, reply)
            except msgspec.ValidationError as error:
                answers.reject(at, f"an answer of {line.call} is not as CloudTrail writes it: {error}")

    def _take(self, at: Stamp, line: Line, reply: dict[str, Any]) -> None:
        if line.call in (DESCRIBE, GET):
            listed = reply.get("trailList", []) if line.call == DESCRIBE else [reply.get("Trail")]
            for trail in msgspec.convert(listed, tuple[_Settings, ...]):
                self._settings[trail.trail_arn] = Record(at, trail)
        elif line.call == SELECTORS:
            chosen = msgspec.convert(reply, _Selectors)
            if chosen.event_selectors or chosen.advanced_event_selectors:
                self._selectors[line.of("TrailName")] = chosen
            else:
                self._answers.note(at, f"CloudTrail does not say what a trail records ({line.of('TrailName')})")
        elif line.call == STATUS:
            self._logging[line.of("Name")] = msgspec.convert(reply.get("IsLogging"), bool)

    def rows(self) -> Iterator[Trail]:
        """A row for each trail."""
        for arn, record in self._settings.items():
            chosen, trail = self._selectors.get(arn), record.value
            yield Trail(
                **record.at,
                trail=arn,
                account=self.account or arn.split(":")[4],
                name=trail.name,
                home_region=trail.home_region or arn.split(":")[3],
                multi_region=trail.is_multi_region_trail,
                organisation=trail.is_organization_trail,
                global_events=trail.include_global_service_events,
                validated=trail.log_file_validation_enabled,
                logging=self._logging.get(arn),
                asked=chosen is not None,
                management=tuple(sorted(_management(chosen))) if chosen else (),
                data=tuple(sorted(_data(chosen))) if chosen else (),
                bucket=trail.s3_bucket_name,
                kms_key=trail.kms_key_id,
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
    stated = {value for f in one.field_selectors if f.field == "readOnly" for value in f.equals}
    return frozenset({"read" if value == "true" else "write" for value in stated}) or _EVERYTHING


def _data(chosen: _Selectors) -> set[str]:
    """Types of resource of which any data events are recorded."""
    types = {resource.type for one in chosen.event_selectors for resource in one.data_resources}
    for one in chosen.advanced_event_selectors:
        if _category(one) == "Data":
            types |= {value for f in one.field_selectors if f.field == "resources.type" for value in f.equals}
    return types


def _category(one: _Advanced) -> str:
    return next((f.equals[0] for f in one.field_selectors if f.field == "eventCategory" and f.equals), "")
