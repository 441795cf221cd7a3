"""Takes secrets out of commands and of what people write before they become evidence."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from auditor.model.tables import Ticket
from auditor.model.written import written

MAX_LENGTH = 500
LONGEST_TEXT = 100_000
MOST_OF_COMMENT = 1_000
_HIDDEN = "***"
_NAME = (
    r"(?:passw(?:or)?d|passphrase|(?<![a-z])pass(?![a-z])|secret|token|(?:api|private)[_-]?key|credential|pwd)"
    r"[\w-]{0,60}"
)
_VALUE = r"(\"[^\"]*\"|'[^']*'|[^\s,;\"'&]+)"
_SECRETS = (
    # kubectl create secret --from-literal=key=value: whatever it is called
    re.compile(rf"(--from-literal[\s=]+[\w.-]+=){_VALUE}"),
    # DB_PASSWORD=…, "api_key": …
    re.compile(rf"(?i)({_NAME}[\"']?\s{{0,20}}[=:]\s{{0,20}}){_VALUE}"),
    # --admin-token …, aws configure set aws_secret_access_key …
    re.compile(rf"(?i)((?:^|\s)-[\w-]{{0,40}}?{_NAME}\s+)(?!-){_VALUE}"),
    re.compile(rf"(?i)(\b(?:configure|config)\s+set\s+\S{{0,100}}?{_NAME}\s+)(?!-){_VALUE}"),
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)(?=[^\s\d=+/]{0,200}[\d=+/])([\w.~+/=-]{6,})"),
    re.compile(r"(://[^\s/:@]{0,100}:)([^\s/@]+)(?=@)"),
    re.compile(r"(://)([\w-]{20,200})(?=@)"),
    # curl -u user:password, curl --proxy-user user:password
    re.compile(r"((?:^|\s)(?:-[uU]|--user|--proxy-user)[\s=]*(?!//)[^\s:]{1,100}:)(?!//)(\S+)"),
    # echo user:password | chpasswd, echo password | passwd --stdin
    re.compile(r"(\becho\s+(?:-\w\s+)?)([^\s|]+)(?=\s*\|[^|]{0,200}(?:passwd|login|--password-stdin|sudo\s+-S))"),
    re.compile(
        r"()(\b(?:gh[oprsu]_\w{20,}|github_pat_\w{20,}|gl(?:pat|dt|ft|soat|rt|cbt|ptt|agent|oas|imt)-[\w-]{16,}"
        r"|xox[abeprs]-[\w-]{10,}|xapp-[\w-]{20,}|npm_\w{30,}|pypi-AgE[\w-]{50,}|sk-[\w-]{20,}|[rs]k_live_\w{20,}"
        r"|SG\.[\w-]{20,24}\.[\w-]{40,45}|AIza[\w-]{35}|ya29\.[\w-]{20,}|ATATT[\w=-]{20,}|lin_api_\w{30,}|hvs\.[\w-]{20,}"
        r"|dop_v1_\w{60,}|eyJ[\w=-]{10,500}\.[\w=-]{10,4000}(?:\.[\w=-]{0,2000})?))"
    ),
    # ALTER ROLE … PASSWORD '…', IDENTIFIED BY '…', OPTIONS (password '…'); of what was cut short, all that follows
    re.compile(
        r"(?is)(\b(?:password|identified\s+(?:with\s+\S+\s+)?(?:by|as))\s+(?:password\s+)?)"
        r"(e?'(?:[^'\\]|\\.|'')*(?:'|$)|\$(\w*)\$.*?(?:\$\3\$|$))"
    ),
    re.compile(r"(hooks\.slack\.com/services/)([\w/]{10,})"),
    re.compile(r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----)([^-]+)"),
)
_WORD = re.compile(r"\S+")
_WORDS = ("title", "reason", "approval", "closeout", "note")
_ENDS = frozenset({"|", "||", "&&", ";", "&"})


@dataclass(frozen=True, slots=True)
class _Takes:
    """Which flags of programs a secret follows, once they were told `verb`; or else stands at their end alone."""

    programs: tuple[str, ...]
    flags: tuple[str, ...]
    verb: str = ""
    apart: bool = True


@cache
def _programs() -> dict[str, _Takes]:
    return {name: one for one in written(__package__, "programs", list[_Takes]) for name in one.programs}


def redact(text: str, limit: int = MAX_LENGTH) -> str:
    """The text with password-like values replaced by `***` and cut at `limit` characters."""
    # Cut first, so that a hostile line costs no time, but with room, so that a secret is not cut in half.
    text = text[: 4 * limit]
    pieces, done = [], 0
    for begin, end in _flagged(text):
        pieces += [text[done:begin], _HIDDEN] if begin >= done else []
        done = max(done, end)
    text = "".join([*pieces, text[done:]])
    for pattern in _SECRETS:
        text = pattern.sub(rf"\g<1>{_HIDDEN}", text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def without_secrets(ticket: Ticket) -> Ticket:
    """A ticket without the secrets in what people wrote in it."""
    said: dict[str, Any] = {
        name: text and redact(text, LONGEST_TEXT) for name in _WORDS for text in [getattr(ticket, name)]
    }
    comments = tuple(redact(comment, MOST_OF_COMMENT) for comment in ticket.comments)
    return replace(ticket, **said, comments=comments)


def _flagged(text: str) -> Iterator[tuple[int, int]]:
    """Where secrets stand behind the flags of programs that take them so, from where to where."""
    takes: _Takes | None = None
    verbs: set[str] = set()
    due = False
    for word in _WORD.finditer(text):
        said, begin = word[0], word.start()
        if due:
            due = False
            yield begin, _end(text, begin)
        elif said in _ENDS:
            takes = None
        elif program := _programs().get(said.strip("\"'`$()").rpartition("/")[2]):
            takes, verbs = program, set()
        elif takes:
            verbs.add(said)
            if not takes.verb or takes.verb in verbs:
                flag = next((flag for flag in takes.flags if said.startswith(flag)), "")
                due = bool(flag) and said == flag and takes.apart
                if flag and said != flag and not said.startswith("--"):
                    yield begin + len(flag) + said[len(flag) :].startswith("="), _end(text, begin)


def _end(text: str, begin: int) -> int:
    """Where a value ends that begins there: at its closing quote, or at the next space."""
    quote = text[begin]
    closing = text.find(quote, begin + 1) if quote in "\"'" else -1
    space = _WORD.match(text, begin)
    return closing + 1 if closing > 0 else space.end() if space else len(text)
