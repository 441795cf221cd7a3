"""What statements of PostgreSQL that give rights say: who receives, and what."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

_TOKEN = re.compile(
    r"(?P<skip>\s+|--[^\n]*|/\*.*?(?:\*/|\Z))|\"(?P<quoted>(?:[^\"]|\"\")*)(?:\"|\Z)"
    r"|(?P<text>[eE]'(?:[^'\\]|''|\\.|\\\Z)*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))|(?P<word>[^\W\d][\w$]*)|(?P<other>.)",
    re.DOTALL,
)
# Attributes that make a role more than others, and whether all of it.
_ATTRIBUTES = {"superuser": True, "createrole": True, "bypassrls": False, "replication": False}
# What else may be changed of a role: its settings, in all databases or in one, and its name.
_NO_ATTRIBUTES = frozenset({"set", "reset", "rename", "in"})
# What makes a role less than it was, or another.
_LESS = frozenset({"rename", "drop", "noinherit", *(f"no{attribute}" for attribute in _ATTRIBUTES)})
_LOOKS = frozenset({"select", "usage", "connect", "temporary", "temp", "execute", "references", "set"})
_ENDS = ("with", "granted", "cascade", "restrict")
_QUOTE = '"'


class Gift(Struct, frozen=True):
    """Something that a statement gives.

    Args:
        to: the role that receives it; `public` is everybody.
        what: it, in the statement's words.
        role: the role that it becomes a member of.
        everything: whether it is all of a server.
        writes: whether it lets change something.
        database: the database that it names.
    """

    to: str
    what: str
    role: str = ""
    everything: bool = False
    writes: bool = True
    database: str = ""


def gifts(text: str) -> Iterator[Gift]:
    """What the statements of a text give, to each who receives."""
    for words in _statements(text):
        yield from _given(words)


def losers(text: str) -> Iterator[str]:
    """The roles from which the statements of a text take something, or which they drop."""
    for words in _statements(text):
        match words[:2]:
            case ["revoke", _] if "from" in words:
                yield from _names(words[len(words) - words[::-1].index("from") :])
            case ["drop", "role" | "user" | "group"]:
                yield from _names(words[4:] if words[2:4] == ["if", "exists"] else words[2:])
            case ["alter", "role" | "user" | "group"] if not _LESS.isdisjoint(words[3:]):
                yield from _names(words[2:3])


def _statements(text: str) -> Iterator[Sequence[str]]:
    words = list(_tokens(text))
    ends = [number for number, word in enumerate(words) if word == ";"]
    yield from (words[begin + 1 : end] for begin, end in pairwise([-1, *ends, len(words)]))


def _tokens(text: str) -> Iterator[str]:
    """Bare words in lower case, as the server folds them; quoted names behind a quotation mark, texts as nothing."""
    for match in _TOKEN.finditer(text):
        if match["quoted"] is not None:
            yield _QUOTE + match["quoted"].replace('""', '"')
        elif match["word"] or match["other"]:
            yield (match["word"] or match["other"]).lower()
        elif match["text"]:
            yield "''"


def _given(words: Sequence[str]) -> Iterator[Gift]:
    match words[:2]:
        case ["grant", _]:
            yield from _granted(words)
        case ["alter", "default"] if "grant" in words:
            yield from _granted(words[words.index("grant") :])
        case ["alter", "group"] if words[3:5] == ["add", "user"]:
            yield from (_member(words[2], name) for name in _names(words[5:]))
        case ["create" | "alter", "role" | "user" | "group"] if len(words) > 3:  # noqa: PLR2004 - its name and more
            yield from _made(words)


def _granted(words: Sequence[str]) -> Iterator[Gift]:
    if "to" not in words:
        return
    end = words.index("to")
    given, receivers = words[1:end], list(_names(words[end + 1 :]))
    if "on" not in given:
        yield from (_member(role, name) for role in _names(given) for name in receivers)
        return
    rights, on = given[: given.index("on")], given[given.index("on") + 1 :]
    databases = list(_names(on[1:])) if on[:1] == ["database"] else [""]
    what = f"{_said(rights).upper()} on {_said(on)}"[:120]
    writes = not _LOOKS.issuperset(_outside(rights))
    yield from (Gift(name, what, writes=writes, database=one) for one in databases for name in receivers)


def _made(words: Sequence[str]) -> Iterator[Gift]:
    name, options = _name(words[2]), words[3:]
    if words[0] == "alter" and options[0] in _NO_ATTRIBUTES:
        return
    for attribute in _ATTRIBUTES.keys() & {*options}:
        yield Gift(name, f"the attribute {attribute.upper()}", everything=_ATTRIBUTES[attribute])
    for number, word in enumerate(options[:-1]):
        if word == "in" and options[number + 1] in ("role", "group"):
            yield from (_member(role, name) for role in _names(options[number + 2 :]))


def _member(role: str, to: str) -> Gift:
    return Gift(_name(to), f"membership of the role {_name(role)}", role=_name(role))


def _names(words: Sequence[str]) -> Iterator[str]:
    """The names of a list, as far as it goes."""
    expected = True
    for word in words:
        if word == ",":
            expected = True
        elif expected and word == "group":
            continue
        elif expected and word not in _ENDS:
            yield _name(word)
            expected = False
        else:
            return


def _outside(words: Sequence[str]) -> Iterator[str]:
    """The words outside of parentheses, in which columns stand."""
    depth = 0
    for word in words:
        depth += (word == "(") - (word == ")")
        if depth == 0 and word not in (",", ")"):
            yield word


def _name(word: str) -> str:
    return word.removeprefix(_QUOTE)


def _said(words: Sequence[str]) -> str:
    text = " ".join(map(_name, words))
    return re.sub(r" ?([.,)]) ?", r"\1", re.sub(r" ?\( ?", "(", text)).replace(",", ", ")
