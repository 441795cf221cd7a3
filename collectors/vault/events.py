"""Who opened or changed which item of a password manager."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from msgspec.structs import replace

from auditor.config.sources.vault import VaultEvents
from auditor.model.details import as_object, as_objects
from auditor.model.tables import Activity
from collectors.answers import shown
from collectors.base import Batch, Context, Normalised, Stream, missing
from collectors.checkpoints import Stretch
from collectors.envelopes import CUT, records_in
from collectors.files import unpacked
from collectors.forms import csv_rows
from collectors.json_values import Broken, values
from collectors.log_files import walk
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.vault import bitwarden, onepassword
from collectors.vault.uses import ABSENT

_SERVICES: Mapping[str, ModuleType] = {"1password": onepassword, "bitwarden": bitwarden}
_SAVED = "saved"
# What events of either service have, whatever they are about.
_TELLING = frozenset({"type", "object_type", "item_uuid"})
# What every event of one service has.
_OWN = {"1password": frozenset({"uuid", "timestamp"}), "bitwarden": frozenset({"type", "date"})}


class VaultEventsCollector(Stream[VaultEvents], frozen=True):
    """Uses of items since the last good run, or saved ones."""

    PERMISSIONS = (
        "scope:itemusages",
        "scope:auditevents",
        "scope:api.organization",
    )
    READS = (
        "Who opened or changed an item: 1Password's item usages and audit events, Bitwarden's events; live, or from "
        "saved answers (`members` beside Bitwarden's) and the web vault's CSV. They hold no secret, and no item's name."
    )

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """What is new in one batch, or all saved files that are new.

        Raises:
            SourceError: the token is refused, the server cannot be reached, or there is no such file or folder.
        """
        source = self.source
        if source.path is not None:
            raws = [replace(raw, part=_SAVED) for raw in walk(source.name, source.path, self.context)]
            if all(raw.skipped for raw in raws):
                raws.append(missing(source.path, "it holds no events: nothing can be said about what was opened"))
            members = [raw for raw in raws if "members" in raw.origin.rpartition("/")[2]]
            new = [raw for raw in raws if seen.get(raw.origin) != raw.version or not raw.version]
            yield [*(raw for raw in members if raw not in new), *sorted(new, key=lambda raw: raw not in members)]
            return
        name = f"{source.service}:{source.url}"
        stretch = Stretch.after(seen, name, self.context.collected_at)
        yield [stretch.checkpoint(name), *_SERVICES[source.service].answers(source, stretch, name)]

    def normalise(self, batch: Batch) -> Normalised:
        """Activity, with one line of coverage."""
        return _Reader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The record that a row points at."""
        return shown(_opened(unpacked(data)[0])[0][record])


class _Reader:
    def __init__(self, source: VaultEvents, context: Context) -> None:
        self._source = source
        self._use: Callable[[dict[str, Any], dict[str, str]], dict[str, Any] | None] = _SERVICES[source.service].use
        self._reading = Reading(source.name, context)
        self._members: dict[str, str] = {}
        # Of each kind of saved pages, whether another follows.
        self._pages: defaultdict[frozenset[str], list[bool]] = defaultdict(list)
        self._problems, self._remarks = Problems(), Problems()

    def read(self, batch: Batch) -> Normalised:
        reading, stretch = self._reading, None
        for raw in batch:
            if raw.part == "checkpoint":
                stretch = Stretch.of(reading.open(raw))
                continue
            origin = reading.read(raw, self._take)
            self._problems.include(origin.problems)
            self._remarks.include(origin.remarks)
        if any(all(pages) for pages in self._pages.values()):
            self._problems.note(CUT)
        rows = len(reading)
        window = (stretch.since, stretch.until) if stretch else reading.window()
        if stretch:
            stretch.conclude(reading.origins[0], self._problems, rows)
        answers = reading.origins[1:] if stretch else reading.origins
        failed = bool(answers) and all(one.lost for one in answers)
        reading.cover(
            self._source.service, self._problems, rows, window=window, failed=failed, remark=self._remarks.sentence()
        )
        return reading.normalised()

    def _take(self, origin: Origin) -> None:
        records, answer = _opened(origin.content())
        if origin.raw.part == ABSENT:
            origin.remarks.note_once(f"not for this token: {as_object(records[0]).get('lacks')}")
            return
        if found := bitwarden.members_in(records):
            self._members |= found
            return
        for number, record in enumerate(records):
            try:
                use = self._use(_event(record), self._members)
            except (ValueError, TypeError) as error:
                origin.problems.reject(str(error), f"event {number + 1}")
                continue
            if use is None:
                if not _OWN[self._source.service] <= record.keys():
                    origin.problems.reject("it is no event of this service", f"event {number + 1}")
            else:
                self._reading.add(Activity(**origin.at(number), scope=self._source.service, **use))
        origin.lost = bool(records) and origin.problems.rejected == len(records)
        if origin.raw.part == _SAVED:
            self._page(origin, answer, records)

    def _page(self, origin: Origin, answer: dict[str, Any], records: list[Any]) -> None:
        """Whether a saved file is an answer, which may be an empty list, and whether more was to come."""
        if not records and not answer:
            origin.lose("nothing in it is an event")
        elif records and answer:
            kind = frozenset(_TELLING & as_object(records[0]).keys())
            self._pages[kind].append(answer.get("has_more") is True or bool(answer.get("continuationToken")))


def _event(record: Any) -> dict[str, Any]:
    if isinstance(record, dict):
        return record
    raise ValueError(record if isinstance(record, Broken) else "it is no event")


def _opened(content: bytes) -> tuple[list[Any], dict[str, Any]]:
    """The records of an answer, of a list, of JSON lines or of a table; and the last answer, empty where it is none."""
    if (table := csv_rows(content, ("type", "useremail"))) is not None:
        return list(table), {}
    text = content.decode("utf-8-sig", "replace").lstrip()
    found: list[Any] = []
    answer: dict[str, Any] = {}
    for value in values(text, int(text.startswith("[")), lambda record: bool(record.keys() & _TELLING)):
        inner = value.get("items", value.get("data")) if isinstance(value, dict) else None
        answer = value if isinstance(inner, list) else answer
        found += as_objects(inner) if isinstance(inner, list) else records_in(value, _is_event)
    return found, answer


def _is_event(value: dict[str, Any]) -> dict[str, Any] | None:
    """What any service calls an event, which log shippers wrap; what has less is left as it is."""
    return value if any(own <= value.keys() for own in _OWN.values()) else None
