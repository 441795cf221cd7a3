"""Statements that sessions prepared in PostgreSQL's log under a name, which is all that EXECUTE tells of them."""

import re
from collections import defaultdict

from collectors.databases.commands import alone
from collectors.databases.log_record import PREPARED

_EITHER = re.compile(r"(?i)\b(?:PREPARE|EXECUTE)\b")
_PREPARED = re.compile(r"(?is)PREPARE\s+(?P<name>\w+)\s*(?:\(.*?\)+)?\s*\bAS\s+(?P<does>.*)")
_EXECUTED = re.compile(r"(?is)(?P<explains>EXPLAIN\b.*?)?\bEXECUTE\s+(?P<name>\w+)\b.*")


class Prepared:
    """What each session prepared."""

    def __init__(self) -> None:
        self._known: defaultdict[str, dict[str, str]] = defaultdict(dict)

    def runs(self, session: str, text: str, detail: str = "") -> str:
        """What a statement runs: that which was prepared, where it names one, and else itself.

        The server's detail of an EXECUTE tells it where nothing before did.
        """
        if detail:
            self.runs(session, detail.removeprefix(PREPARED))
        said = alone(text) if _EITHER.search(text) else ""
        if prepared := _PREPARED.fullmatch(said):
            self._known[session][prepared["name"].lower()] = prepared["does"]
        executed = _EXECUTED.fullmatch(said)
        does = self._known[session].get(executed["name"].lower()) if executed and session in self._known else None
        return text if executed is None or does is None else f"{executed['explains'] or ''} {does}"

    def end(self, session: str) -> None:
        """Forget a session."""
        self._known.pop(session, None)
