"""HashiCorp Vault's audit devices: who read which secret, and who changed who may."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec.structs import replace

from auditor.config.sources.vault import VaultAudit
from auditor.model.tables import Activity
from collectors.base import Batch, Normalised
from collectors.envelopes import bare
from collectors.exported import lines
from collectors.files import unpacked
from collectors.json_values import Broken, why_unread
from collectors.log_files import LogFiles
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.vault.audit_records import Told, shown, told

_ANSWER, _TYPES = "response", frozenset({"request", "response"})


class VaultAuditCollector(LogFiles[VaultAudit], frozen=True):
    """Requests of one server's audit log, each once."""

    READS = (
        "Files of HashiCorp Vault's audit devices, JSON lines with or without what syslog, containers and log shippers "
        "put around them: sign-ins, secrets and credentials that were read or written, policies, roles, auth methods, "
        "mounts and audit devices that were changed; what was refused is told apart. A request and its answer count "
        "once. Of what they hold, nothing is kept; callers' own tokens and the server's health are passed over."
    )

    # Each request is held until all of a batch is read: its answer may stand in another file.
    MOST = 8 << 20

    def normalise(self, batch: Batch) -> Normalised:
        """Activity, and a line of coverage for the server."""
        reading, problems, remarks = Reading(self.source.name, self.context), Problems(), Problems()
        acts = _Acts(self.source.instance)
        for raw in batch:
            origin = reading.read(raw, acts.take)
            problems.include(origin.problems, raw.origin.rpartition("/")[2])
            remarks.include(origin.remarks)
        reading.extend(acts.rows())
        if not acts.records and not problems:
            problems.note(
                f"no record of an audit device in {self.source.path}: nothing can be said about what happened"
            )
        reading.cover(self.source.instance, problems, window=reading.window(), remark=remarks.sentence())
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The record that a row points at, without what was asked for and answered."""
        return json.dumps(shown(next(islice(_records(unpacked(data)[0]), record, None))), indent=1, ensure_ascii=False)


class _Acts:
    """The requests of a batch by their ids: an answer tells more than its request."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._found: dict[str, tuple[Told, Activity]] = {}
        self._callers: dict[str, str] = {}
        self.records = 0

    def take(self, origin: Origin) -> None:
        """The records of a file."""
        count = 0
        for count, record in enumerate(_records(origin.content()), 1):
            number = count - 1
            if isinstance(record, dict) and record.get("type") not in _TYPES and "request" in record:
                origin.remarks.note("records of other kinds than requests and answers were passed over")
                continue
            try:
                one = told(_record(record), self._server)
            except (ValueError, TypeError, RecursionError) as error:
                origin.problems.reject(why_unread(error), f"record {count}")
                continue
            self.records += 1
            if one.entity and one.caller:
                self._callers[one.entity] = one.caller
            if one.columns and (one.request not in self._found or record["type"] == _ANSWER):
                self._found[one.request] = one, Activity(**origin.at(number), **one.columns)
        origin.lost = 0 < count == origin.problems.rejected
        origin.data = b""

    def rows(self) -> Iterator[Activity]:
        """What was done; a token that somebody made for a program of theirs is of the same entity as they are."""
        for one, row in self._found.values():
            caller = self._callers.get(one.entity) if not row.on_behalf_of and row.actor != "root" else None
            yield replace(row, on_behalf_of=caller) if caller else row


def _record(record: Any) -> dict[str, Any]:
    if isinstance(record, dict):
        return record
    raise ValueError(record if isinstance(record, Broken) else "it is no record")


def _records(content: bytes) -> Iterator[Any]:
    return lines(bare(content), _is_record)


def _is_record(value: dict[str, Any]) -> bool:
    return isinstance(value.get("request"), dict) and {"time", "type"} <= value.keys()
