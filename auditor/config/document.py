"""YAML as plain values, with the line of every key and item, and with every mistake in the text itself.

Scalars follow YAML's core schema: `no` and `12:30` are text, only `true` and `false` are switches. So
a time, a date or an account number never turns into something else on the way.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from msgspec import Struct, field

from auditor.errors import Mistake

Path = tuple[str | int, ...]

_MAX_DEPTH = 50
_MAX_VALUES = 500_000  # aliases count as often as they are used
_INTEGER = re.compile(r"0|[-+]?[1-9][0-9]{0,17}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,17}\.[0-9]{1,17}")
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_KNOWN_TAGS = {None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


class Document(Struct):
    """One YAML file: `data` is made of dicts with text keys, lists, text, numbers, switches and None."""

    name: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, path: Path, problem: str, hint: str = "") -> None:
        """Note a mistake at a key or item; one that is not there stands at what is around it."""
        self.mistakes.append(Mistake(f"{self.name}:{self.line(path)}", dotted(path), problem, hint))

    def line(self, path: Path) -> int:
        """The line, from 1, of a key or item, or of what is around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def find(self, pattern: str) -> Iterator[tuple[Path, Any]]:
        """Everything that a pattern such as `people.*.accounts.*` names; other shapes are passed over."""
        found: list[tuple[Path, Any]] = [((), self.data)]
        for step in pattern.split("."):
            found = [inner for path, value in found for inner in _inside(path, value, step)]
        yield from found


def dotted(path: Path) -> str:
    """`people[2].accounts` for people to read; the whole file is `(file)`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".") or "(file)"


def parse(name: str, text: str) -> Document:
    """Read YAML. A syntax error leaves no `data` and one mistake; doubled keys and tags leave one each."""
    document = Document(name)
    try:
        document.data = _Builder(document, text).build()
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        character = f"U+{error.character:04X}" if isinstance(error.character, int) else repr(error.character)
        _syntax(document, line, f"the character {character} is not allowed in YAML", "remove it")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        hint = "" if type(error) is yaml.MarkedYAMLError else _syntax_hint(text, line)
        _syntax(document, line, f"{error.problem}{_context(error, line)}", hint)
    return document


def _syntax(document: Document, line: int, problem: str, hint: str) -> None:
    document.mistakes.append(Mistake(f"{document.name}:{line}", "(YAML)", problem, hint))


def _context(error: yaml.MarkedYAMLError, line: int) -> str:
    if not error.context:
        return ""
    begun = error.context_mark.line + 1 if error.context_mark else line
    return f" {error.context}" if begun == line else f" {error.context} begun on line {begun}"


def _syntax_hint(text: str, line: int) -> str:
    lines = text.splitlines()
    indent = re.match(r"\s*", lines[line - 1])[0] if line <= len(lines) else ""  # type: ignore[index]
    if "\t" in indent:
        return "indent with spaces, not with tabs"
    return "check the brackets, quotes and indentation here and on the line before"


def _inside(path: Path, value: Any, step: str) -> Iterator[tuple[Path, Any]]:
    if step == "*" and isinstance(value, list):
        yield from (((*path, number), item) for number, item in enumerate(value))
    elif step == "*" and isinstance(value, dict):
        yield from (((*path, key), item) for key, item in value.items())
    elif isinstance(value, dict) and step in value:
        yield (*path, step), value[step]


class _Builder:
    """Builds values from libyaml's events; PyYAML's composer recurses without bound and drops doubles."""

    def __init__(self, document: Document, text: str) -> None:
        self._document = document
        self._events = yaml.parse(text, Loader=yaml.CSafeLoader)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._values = 0

    def build(self) -> Any:
        value = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _error("found a second document (---)", event)
                value = self._value(next(self._events), ())
        return value

    def _value(self, event: Any, path: Path) -> Any:
        self._document.lines.setdefault(path, self._line(event))
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self._values
        self._count(1, event)
        if len(path) > _MAX_DEPTH:
            raise _error(f"more than {_MAX_DEPTH} levels inside each other", event)
        if event.tag not in _KNOWN_TAGS:
            self._document.mistake(path, f"the tag {event.tag} is not supported", "remove it")
        value = self._content(event, path)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._values - before)
        return value

    def _content(self, event: Any, path: Path) -> Any:
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        plain = event.implicit[0] and event.style in (None, "")
        return _scalar(event.value) if plain else event.value

    def _mapping(self, path: Path) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _error("expected a name before the colon", event)
            key, line = str(event.value), self._line(event)
            inner = (*path, key)
            first = self._document.lines.setdefault(inner, line)
            if key in mapping:
                self._doubled(inner, line, first)
                self._value(next(self._events), (*path, f"{key} (again)"))
            else:
                mapping[key] = self._value(next(self._events), inner)
        return mapping

    def _sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._value(event, (*path, len(items))))
        return items

    @staticmethod
    def _line(event: Any) -> int:
        return int(event.start_mark.line) + 1

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self._anchors:
            raise _error(f"nothing before this is named &{event.anchor}", event)
        value, values = self._anchors[event.anchor]
        self._count(values, event)
        return value

    def _doubled(self, path: Path, line: int, first: int) -> None:
        where = f"{self._document.name}:{line}"
        problem = f"the key is here twice, first on line {first}"
        self._document.mistakes.append(Mistake(where, dotted(path), problem, "keep one of the two"))

    def _count(self, values: int, event: Any) -> None:
        self._values += values
        if self._values > _MAX_VALUES:
            raise _error(f"more than {_MAX_VALUES} values", event)


def _error(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _scalar(text: str) -> Any:
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.title()):
        return _WORDS[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
