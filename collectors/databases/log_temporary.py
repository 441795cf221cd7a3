"""Temporary tables of sessions in PostgreSQL's log: what is done to them alone, nobody else sees."""

import re
from collections import defaultdict

from collectors.databases.commands import alone, reaches_further

_TABLE = r"(?:pg_temp\.)?(\w+)"
# One that a commit drops may be the name of another table afterwards.
_MADE = re.compile(
    rf"(?is)(?:CREATE\s+(?:(?:GLOBAL|LOCAL)\s+)?TEMP(?:ORARY)?\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TABLE}\b"
    rf"|SELECT\b.*?\bINTO\s+TEMP(?:ORARY)?\s+(?:TABLE\s+)?{_TABLE}\b)(?!.*\bON\s+COMMIT\s+DROP\b).*"
)
_ON_ONE = re.compile(
    rf"(?is)(?:INSERT\s+INTO|UPDATE(?:\s+ONLY)?|DELETE\s+FROM(?:\s+ONLY)?|ALTER\s+TABLE(?:\s+IF\s+EXISTS)?"
    rf"|COPY(?!.*\bPROGRAM\b)|CREATE\s+(?:UNIQUE\s+)?INDEX\b[^(]*?\bON(?:\s+ONLY)?)\s+{_TABLE}(?![\w.]).*"
)
_ON_SEVERAL = re.compile(r"(?is)(?:DROP\s+TABLE(?:\s+IF\s+EXISTS)?|TRUNCATE(?:\s+TABLE)?)\s+([\w\s.,]+)")
_LAST_WORDS = re.compile(r"(?i)\s+(?:CASCADE|RESTRICT|(?:RESTART|CONTINUE)\s+IDENTITY)\b")


class Temporary:
    """The temporary tables of each session, by name."""

    def __init__(self) -> None:
        self._known: defaultdict[str, set[str]] = defaultdict(set)

    def holds(self, session: str, text: str) -> bool:
        """Whether a statement only makes temporary tables of its session, or does something to some of them alone."""
        said = alone(text) if _MADE.search(text) or session in self._known else ""
        if not said or reaches_further(said):
            return False
        if made := _MADE.fullmatch(said):
            self._known[session].add((made[1] or made[2]).lower())
            return True
        if several := _ON_SEVERAL.fullmatch(said):
            names = {one.strip().lower() for one in _LAST_WORDS.sub("", several[1]).split(",")}
        else:
            one = _ON_ONE.fullmatch(said)
            names = {one[1].lower()} if one else set()
        names = {name.removeprefix("pg_temp.") for name in names}
        held = bool(names) and names <= self._known[session]
        if held and several and said[:4].upper() == "DROP":
            self._known[session] -= names
        return held

    def end(self, session: str) -> None:
        """Forget a session."""
        self._known.pop(session, None)
