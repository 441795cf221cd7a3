"""Campaigns in the ledger: opened, decided on line by line, and closed. Nothing of them is ever changed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import asdict

from auditor.ledger.file import LedgerFile, as_text
from auditor.model.attestations import Attestation, Campaign, Closing
from auditor.model.written import statement


class CampaignBook(LedgerFile):
    """What the ledger keeps of campaigns."""

    def campaigns(self) -> list[Campaign]:
        """Every campaign, in the order in which they were opened."""
        closing = ("closed_at", "closed_by", "despite", "record", "known_by")
        found = []
        with self._explained():
            for row in self._rows("campaigns"):
                ended = {name: row.pop(name) for name in closing}
                closed = {"campaign": row["campaign"], **ended} if ended["closed_at"] else None
                found.append(msgspec.convert({**row, "closing": closed}, Campaign))
        return found

    def open_campaign(self, campaign: Campaign) -> None:
        """Add a campaign; raises StoreError where there is one of that name."""
        row = _row(campaign)
        del row["closing"]
        with self._transaction():
            self._db.execute(statement(__package__, "open_campaign"), row)

    def attest(self, decisions: Sequence[Attestation]) -> int:
        """Add decisions on lines, all of them or none; gives how many were not known already."""
        with self._transaction():
            write = statement(__package__, "attest")
            return sum(self._db.execute(write, _row(one)).rowcount for one in decisions)

    def closings(self) -> list[Closing]:
        """Every campaign's end, in the order in which they were added."""
        with self._explained():
            return [msgspec.convert(row, Closing) for row in self._rows("closings")]

    def attestations(self, campaign: str = "") -> list[Attestation]:
        """Every decision of a campaign, or of all, in the order in which they were added."""
        with self._explained():
            return [msgspec.convert(row, Attestation) for row in self._rows("attestations", campaign=campaign)]

    def close_campaign(self, closing: Closing) -> None:
        """Add a campaign's end; raises StoreError where it has one."""
        with self._transaction():
            self._db.execute(statement(__package__, "close_campaign"), _row(closing))

    def prove(self, campaign: str, told: bytes) -> None:
        """Add what a run proved of a campaign: a line of JSON, with its end."""
        with self._transaction():
            self._db.execute(statement(__package__, "prove"), {"campaign": campaign, "told": told.decode()})

    def proven(self, campaign: str = "") -> list[bytes]:
        """What later runs proved of a campaign, or of all: lines of JSON, in the order in which they were added."""
        with self._explained():
            return [row["told"].encode() for row in self._rows("proofs", campaign=campaign)]


def _row(record: Any) -> dict[str, Any]:
    """A record's fields as SQLite keeps them: times in UTC of fixed width, days as they are written."""
    return {name: _kept(value) for name, value in asdict(record).items()}


def _kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return as_text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value
