"""What statements of databases come to, by their commands' tags (postgres_tags.yaml), and what is kept of them."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache, partial
from itertools import islice

from auditor.model.vocabulary import Category, Level
from auditor.model.written import patterns
from collectors.redact import redact

LEVELS = {Category.CHANGE: Level.WRITE, Category.GRANT: Level.ADMIN, Category.AUDIT_TRAIL: Level.ADMIN}
"""How far statements go that do more than look."""
MOST_DETAIL = 2000
_LOOKED_AT = 1 << 16
_LOGGING = re.compile(r"(?i)\b(?:log_\w+|logging_collector|pgaudit|SYSTEM\s+RESET\s+ALL)\b")
_RESETS = re.compile(r"(?i)\b(?:set_config|RESET)\b")
_SETS = re.compile(r"ALTER SYSTEM|ALTER ROLE|ALTER DATABASE|DROP EXTENSION|SET")
# What is no command in a statement: comments, and texts of all kinds, which may hold anything; one that does not end is
# all that follows.
_TEXTS = re.compile(
    r"(?<!\w)[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)|\"(?:[^\"]|\"\")*(?:\"|\Z)"
    r"|(?<![\w$])\$((?:[^\W\d]\w*)?)\$.*?(?:\$\1\$|\Z)|--[^\n]*|/\*.*?(?:\*/|\Z)",
    re.DOTALL,
)
_WORD = re.compile(r"\w+")
_BETWEEN = frozenset(
    (
        "OR", "REPLACE", "UNIQUE", "TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "RECURSIVE", "TRUSTED",
        "CONSTRAINT",
    )
)  # fmt: skip
_OTHER_NAMES = {"USER": "ROLE", "GROUP": "ROLE"}
# What a statement does that begins with something else: the main part behind WITH, what is inside of it, and what
# EXPLAIN runs to measure it.
_INSIDE = re.compile(r"(?i)[()]\s*(INSERT|UPDATE|DELETE|MERGE)\b")
# What ends with the session and is nobody else's.
_TEMPORARY = re.compile(r"(?i)\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:(?:GLOBAL|LOCAL)\s+)?TEMP(?:ORARY)?\s")
_INTO = re.compile(r"(?i)\bINTO\b")
_EXPLAINED = re.compile(r"(?i)\s*EXPLAIN\s*(?:\((?P<options>[^)]*)\)|(?P<words>(?:(?:ANALY[SZ]E|VERBOSE)\s+)+))")
_MEASURED = re.compile(r"(?i)\bANALY[SZ]E\b(?!\s*(?:off|false|0))")
_COPIES_IN = re.compile(r"(?i)\s*copy\s+[^\s(]+\s*(?:\([^)]*\))?\s*from\b")
_COPIES_OUT = re.compile(r"(?i)\s*copy\s[^;]*\sto\s+program\b")
# What a block does that is run at once; what it selects goes into its own variables.
_BLOCK = re.compile(r"(?is)\s*DO\b[^$';]*(?:\$(\w*)\$(?P<body>.*?)(?:\$\1\$|\Z)|'(?P<quoted>(?:[^']|'')*))")
_STEP = re.compile(r"(?i);|\b(?:BEGIN|THEN|ELSE|LOOP)\b")
_CALLED = re.compile(r"\b([^\W\d]\w*)\s*\(")
# What somebody says to change their password and nothing else; pgaudit leaves out all from the password on.
_PASSWORD = re.compile(
    r"(?i)\s*ALTER\s+(?:ROLE|USER)\s+(?P<who>\"(?:[^\"]|\"\")+\"|[^\s\";]+)\s+(?:WITH\s+)?(?:ENCRYPTED\s+)?PASSWORD\s+"
    r"(?:'(?:[^']|'')*'|<REDACTED>|NULL)\s*;?\s*"
)
_ONESELF = frozenset({"current_user", "current_role", "session_user"})
_RANK = (Category.READ, Category.CHANGE, Category.GRANT, Category.AUDIT_TRAIL)


def audited(command: str, kind: str, text: str) -> tuple[str, Category]:
    """The tag of a statement as pgaudit tells of it, with its class, and what it comes to."""
    if command.startswith("CREATE") and _is_temporary(alone(text)):
        return "TEMPORARY", Category.READ
    # Its class looks at tables alone; the text may tell that a SELECT or a COPY does more.
    told = (name for name, _ in _commands(command, text) if name.partition(" ")[0] == command)
    tag = "COPY FROM" if (command, kind) == ("COPY", "WRITE") else max((command, *told), key=_of_tag)
    category = _RANK[_kind(tag, text)]
    return tag, Category.CHANGE if category == Category.READ and kind == "WRITE" else category


def what_ran(text: str, tag: str = "") -> tuple[str, Category]:
    """The tag of what goes furthest in a text of statements, and what that comes to.

    Args:
        text: the statements.
        tag: the server's own for them, where it tells one.
    """
    rank, tag = max((_kind(name, one), name) for name, one in _commands(tag, text))
    return tag, _RANK[rank]


def alone(text: str) -> str:
    """The one statement of a text, without comments and strings; empty where it holds several, or could."""
    pieces = [one.strip() for one in _TEXTS.sub(" ", text).split(";")] if len(text) < _LOOKED_AT else []
    first, *others = [one for one in pieces if one] or [""]
    return "" if others else first


def sets_logging(text: str) -> bool:
    """Whether a statement may change what is logged of those after it."""
    return _LOGGING.search(text) is not None or _RESETS.search(text) is not None


def is_undone(tag: str, text: str) -> bool:
    """Whether a transaction that is taken back takes back what a statement did: not what it did to the server."""
    runs = tag.startswith("COPY") and "program" in text.lower()
    return not (runs or _kind(tag, text) == _RANK.index(Category.AUDIT_TRAIL) or any(_called(text)))


def is_own_password(text: str, user: str) -> bool:
    """Whether a statement only changes the password of the user whose it is."""
    if (asked := _PASSWORD.fullmatch(text)) is None:
        return False
    who = asked["who"]
    name = who[1:-1].replace('""', '"') if who.startswith('"') else who.lower()
    return name == user or (name == who.lower() and name in _ONESELF)


def kept(category: str, text: str) -> str | None:
    """A statement that gives rights or is about the audit trail, secrets taken out; the text of others is not kept."""
    if category not in (Category.GRANT, Category.AUDIT_TRAIL):
        return None
    return json.dumps({"statement": redact(text, MOST_DETAIL)}, ensure_ascii=False)


def _commands(tag: str, text: str) -> Sequence[tuple[str, str]]:
    """The commands of a message, each with its tag: the server's, or where that came too early, its first words."""
    if tag.startswith("CREATE") and _is_temporary(alone(text)):
        return [("TEMPORARY", text)]
    if tag.isupper() and tag not in ("PARSE", "BIND", "DESCRIBE", "EXECUTE", "SELECT", "EXPLAIN", "DO"):
        return [(_copying(tag, text), text)]
    pieces = [one for one in _TEXTS.sub(" ", text[:_LOOKED_AT]).split(";") if one.strip()]
    return [(_tag(one), text) for one in pieces] + [(one, text) for one in _in_a_block(text)] or [("", text)]


def _in_a_block(text: str) -> Sequence[str]:
    """The tags of what a DO runs, where it does more than to select."""
    block = _BLOCK.match(text[:_LOOKED_AT])
    if block is None:
        return ()
    body = _TEXTS.sub(" ", block["body"] or (block["quoted"] or "").replace("''", "'"))
    tags = (_tag(one) for one in _STEP.split(body))
    return [tag for tag in tags if _of_tag(tag) and tag != "SELECT INTO"]


def _tag(piece: str) -> str:
    words = list(islice((word for one in _WORD.finditer(piece, 0, 400) if (word := one[0].upper()) not in _BETWEEN), 2))
    if words[:1] and words[0] in ("CREATE", "ALTER", "DROP", "TRUNCATE", "REASSIGN", "REFRESH", "SECURITY", "IMPORT"):
        return "TEMPORARY" if _is_temporary(piece) else " ".join(_OTHER_NAMES.get(word, word) for word in words)
    if words[:1] == ["WITH"] and (does := _INSIDE.search(piece)):
        return does[1].upper()
    if words[:1] in (["SELECT"], ["WITH"]) and _INTO.search(piece):
        return "SELECT INTO"
    if words[:1] in (["SELECT"], ["WITH"], ["PERFORM"]) and (acts := next(_called(piece), None)):
        return acts
    if (explained := _EXPLAINED.match(piece)) and _MEASURED.search(explained["options"] or explained["words"]):
        return _tag(piece[explained.end() :])
    return _copying(words[0], piece) if words else ""


def _is_temporary(piece: str) -> bool:
    """Whether a statement only makes what ends with its session."""
    return _TEMPORARY.match(piece) is not None and not any(_called(piece))


def reaches_further(text: str) -> bool:
    """Whether a statement does more than its first words say: by what is inside of it, or what it calls."""
    return _INSIDE.search(text) is not None or any(_called(text))


def _called(text: str) -> Iterator[str]:
    """The tags of functions that a statement calls and that act on the server, or beside tables."""
    return filter(_of_tag, (f"SELECT {name.lower()}" for name in _CALLED.findall(text)))


def _copying(tag: str, text: str) -> str:
    if tag != "COPY":
        return tag
    return "COPY FROM" if _COPIES_IN.match(text) else "COPY TO PROGRAM" if _COPIES_OUT.match(text) else tag


_kinds = cache(partial(patterns, __package__, "postgres_tags"))


@lru_cache(maxsize=4096)
def _of_tag(tag: str) -> int:
    return next((_RANK.index(Category(kind)) for kind, one in _kinds().items() if one.fullmatch(tag)), 0)


def _kind(tag: str, text: str) -> int:
    """What a command comes to, as its place in `_RANK`: one that sets what is logged is about the audit trail."""
    if _SETS.fullmatch(tag) and _LOGGING.search(text):
        return _RANK.index(Category.AUDIT_TRAIL)
    return _of_tag(tag)
