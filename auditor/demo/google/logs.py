"""Cloud Logging: entries by filter, a page at a time."""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote

from auditor.demo.google.calls import Calls, body, page
from auditor.demo.google.state import Cloud, Object, RefusedError

calls = Calls("logs", __name__)

_AND = re.compile(r"\s+AND\s+|\n+")
_TIMED = re.compile(r'(timestamp|receiveTimestamp)\s*(>=|<=|<|>)\s*"([^"]+)"')
_LOG = re.compile(r'(?:logName|log_name)\s*(?:=|:)\s*\(?\s*((?:"[^"]*"(?:\s+OR\s+)?)+)\s*\)?')
_TEXT = re.compile(r'"([^"]*)"')
_FRACTION = re.compile(r"(\.\d{6})\d+")
_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


@calls.answered("POST", "/v2/entries:list", "logging.privateLogEntries.list")
def list_entries(cloud: Cloud) -> Object:
    """Entries of some projects' logs, as filtered and ordered by the call."""
    asked = body()
    names = asked.get("resourceNames") or []
    if not names:
        raise RefusedError(400, "INVALID_ARGUMENT", "resource_names is required.")
    wanted = _filter(str(asked.get("filter") or ""))
    found = [
        entry
        for name in names
        for entry in cloud.project(str(name).partition("/")[2]).entries
        if all(test(entry) for test in wanted)
    ]
    newest_first = str(asked.get("orderBy") or "timestamp asc").endswith("desc")
    found.sort(key=lambda entry: (_time(entry["timestamp"]), entry["insertId"]), reverse=newest_first)
    entries, more = page(found, most=1000, usual=50, asked=asked)
    return ({"entries": entries} if entries else {}) | more


def _filter(text: str) -> list[Callable[[Object], bool]]:
    """The terms of a filter: times and names of logs, joined by AND."""
    tests: list[Callable[[Object], bool]] = []
    for term in (part.strip() for part in _AND.split(text)):
        if match := _TIMED.fullmatch(term):
            tests.append(_timed(*match.groups()))
        elif match := _LOG.fullmatch(term):
            names = {unquote(name) for name in _TEXT.findall(match[1])}
            tests.append(lambda entry, names=names: unquote(entry["logName"]) in names)  # type: ignore[misc]
        elif term:
            raise RefusedError(400, "INVALID_ARGUMENT", f"Unparseable filter: {term}")
    return tests


def _timed(name: str, operator: str, text: str) -> Callable[[Object], bool]:
    moment = _time(text)
    return lambda entry: _COMPARE[operator](_time(entry.get(name) or entry["timestamp"]), moment)


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError as error:
        raise RefusedError(400, "INVALID_ARGUMENT", f"{text} is no time.") from error
