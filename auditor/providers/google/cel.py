"""The Common Expression Language as conditions of IAM use it: an expression read into a tree.

Comments, `? :`, raw and triple-quoted strings, lists and maps are read; macros with variables (`all`, `exists`) are
calls like others. Nothing is looked up: `request` and `resource` stay names.
"""

import re
from typing import Any

from msgspec import Struct

_STRING = r"""[rR]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
_TOKEN = (
    rf"(?P<skip>\s+|//[^\n]*)|(?P<bytes>[bB]{_STRING})|(?P<string>{_STRING})"
    r"|(?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[uU]?)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<operator>&&|\|\||[<>=!]=|[-<>+*/%!?:.,()\[\]{}])"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_WORDS = {"true": True, "false": False, "null": None}
_STRENGTH = {"||": 1, "&&": 2, **dict.fromkeys(("<", "<=", ">", ">=", "==", "!=", "in"), 3)}
_STRENGTH |= {"+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
# IAM itself takes twelve logical operators.
_MOST_TOKENS = 600
_DEEPEST = 40


class NotUnderstoodError(ValueError):
    """It is no expression, or one longer or deeper than any that people write."""


class Node(Struct, frozen=True):
    """A part of an expression.

    Args:
        op: `literal`, `name`, `list`, `map`, `call`, `.`, `[]`, `?:`, `!`, `neg`, or the operator between two parts.
        parts: what it is made of; of a call, what it is called on (where it is a method) and then the arguments.
        value: of a literal its value, of `name`, `.` and `call` the name.
        text: as it is written.
        method: whether the call is one on its first part.
    """

    op: str
    parts: tuple["Node", ...] = ()
    value: Any = None
    text: str = ""
    method: bool = False


def parse(expression: str) -> Node:
    """The tree of an expression; raises NotUnderstoodError."""
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._depth, self._at = text, 0, 0
        self._tokens = _tokens(text)

    def whole(self) -> Node:
        found = self._choice()
        kind, word, _ = self._tokens[self._at]
        if kind != "end":
            raise NotUnderstoodError(f"unexpected {word}")
        return found

    def _peek(self) -> str:
        kind, word, _ = self._tokens[self._at]
        return word if kind in ("operator", "name") else ""

    def _take(self, word: str) -> bool:
        taken = self._peek() == word
        self._at += taken
        return taken

    def _need(self, word: str) -> None:
        if not self._take(word):
            raise NotUnderstoodError(f"{word} is missing")

    def _node(self, start: int, op: str, *parts: Node, value: Any = None, method: bool = False) -> Node:
        end = self._tokens[self._at - 1]
        return Node(op, parts, value, self._text[self._tokens[start][2] : end[2] + len(end[1])], method)

    def _choice(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise NotUnderstoodError("it is too deep")
        start, found = self._at, self._between(1)
        if self._take("?"):
            then = self._choice()
            self._need(":")
            found = self._node(start, "?:", found, then, self._choice())
        self._depth -= 1
        return found

    def _between(self, strength: int) -> Node:
        """Operators between two parts, those that bind more strongly first."""
        start, found = self._at, self._unary()
        while (bound := _STRENGTH.get(word := self._peek(), 0)) >= strength:
            self._at += 1
            found = self._node(start, word, found, self._between(bound + 1))
        return found

    def _unary(self) -> Node:
        start, turns = self._at, []
        while self._peek() in ("!", "-"):
            turns.append(self._peek())
            self._at += 1
        if len(turns) > _DEEPEST:
            raise NotUnderstoodError("it is too deep")
        found = self._member()
        for number, turn in reversed(list(enumerate(turns))):
            found = self._node(start + number, "!" if turn == "!" else "neg", found)
        return found

    def _member(self) -> Node:
        start, found = self._at, self._primary()
        while True:
            if self._take("."):
                kind, name, _ = self._tokens[self._at]
                if kind != "name":
                    raise NotUnderstoodError("a name is missing")
                self._at += 1
                if self._take("("):
                    found = self._node(start, "call", found, *self._listed(")"), value=name, method=True)
                else:
                    found = self._node(start, ".", found, value=name)
            elif self._take("["):
                index = self._choice()
                self._need("]")
                found = self._node(start, "[]", found, index)
            else:
                return found

    def _primary(self) -> Node:
        start = self._at
        kind, word, _ = self._tokens[start]
        self._at += 1
        if kind in ("string", "number", "bytes"):
            return self._node(start, "literal", value=_number(word) if kind == "number" else _string(word, kind))
        if kind == "name" and word not in _WORDS and self._take("("):
            return self._node(start, "call", *self._listed(")"), value=word)
        if kind == "name":
            value = _WORDS.get(word, word)
            return self._node(start, "literal" if word in _WORDS else "name", value=value)
        if word == "(":
            found = self._choice()
            self._need(")")
            return found
        return self._collection(start, word)

    def _collection(self, start: int, word: str) -> Node:
        if word == "[":
            return self._node(start, "list", *self._listed("]"))
        if word == "{":
            return self._node(start, "map", *self._pairs())
        raise NotUnderstoodError(f"unexpected {word or 'end'}")

    def _listed(self, end: str) -> list[Node]:
        found: list[Node] = []
        while not self._take(end):
            found.append(self._choice())
            if not self._take(","):
                self._need(end)
                break
        return found

    def _pairs(self) -> list[Node]:
        found: list[Node] = []
        while not self._take("}"):
            found.append(self._choice())
            self._need(":")
            found.append(self._choice())
            if not self._take(","):
                self._need("}")
                break
        return found


def _tokens(text: str) -> list[tuple[str, str, int]]:
    found: list[tuple[str, str, int]] = []
    token = re.compile(_TOKEN, re.DOTALL)  # not before there is an expression: it is the longest one of all
    at = 0
    while at < len(text):
        if len(found) > _MOST_TOKENS:
            raise NotUnderstoodError("it is too long")
        match = token.match(text, at)
        if match is None:
            raise NotUnderstoodError(f"unexpected {text[at]}")
        if match.lastgroup != "skip":
            word, kind = match[0], str(match.lastgroup)
            found.append(("operator" if word == "in" else kind, word, at))
        at = match.end()
    return [*found, ("end", "", len(text))]


def _string(word: str, kind: str) -> Any:
    word = word[1:] if kind == "bytes" else word
    raw = word[0] in "rR"
    word = word[1:] if raw else word
    quotes = 3 if word[:3] in ('"""', "'''") else 1
    inside = word[quotes:-quotes]
    told = inside if raw else _ESCAPE.sub(_unescaped, inside)
    return told.encode(errors="replace") if kind == "bytes" else told


def _unescaped(match: re.Match[str]) -> str:
    if match[5]:
        return _PLAIN_ESCAPES.get(match[5], match[5])
    number = int(match[4], 8) if match[4] else int(match[1] or match[2] or match[3], 16)
    try:
        return chr(number)
    except (ValueError, OverflowError) as error:
        raise NotUnderstoodError("a string holds no such character") from error


def _number(word: str) -> Any:
    word = word.rstrip("uU")
    if word[:2] in ("0x", "0X"):
        return int(word, 16)
    return int(word) if word.isdigit() else float(word)
