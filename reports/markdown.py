"""Markdown whose every value is text: no markup, link, mention, reference, HTML or cell of a table comes of it."""

import re
from functools import lru_cache
from typing import Any

import jinja2
from markupsafe import Markup

from auditor.config.models import Config
from reports.environment import environment
from reports.words import shown

_ACTS = re.compile(r"[\\`*_{}\[\]<>|~$&#^]")
# Forges look for these in the finished page, where a backslash is gone: a word joiner keeps them apart.
_JOINER = "\u2060"
_REFERS = re.compile(r"([@#!~%&$])(?=\w)|(:)(?=//)|\b(www|mailto:|ftp)(?=\.|\w)", re.IGNORECASE)
_STARTS = re.compile(r"^(\s*)([-+=:]|\d+(?=[.)]))")
_TICKS = re.compile("`+")


def markdown_environment(config: Config) -> jinja2.Environment:
    """Jinja for one organisation's Markdown."""
    made = environment(config)
    made.autoescape = False  # the output is Markdown; `finalize` makes text of every value
    made.finalize = _printed
    made.filters |= {"code": code, "link": link}
    return made


def _printed(value: Any) -> Any:
    if value is None:
        return ""
    return value if isinstance(value, Markup) else text(str(value))


@lru_cache(maxsize=4096)
def text(value: str) -> str:
    """A value as text, anywhere but at the beginning of a line of its own."""
    said = re.sub(r"^\s+", " ", shown(value))  # deeper, it would be a block of code
    joined = _REFERS.sub(lambda found: found[0] + _JOINER, said)
    escaped = _ACTS.sub(r"\\\g<0>", joined)
    return _STARTS.sub(r"\1\\\2" if not escaped[:1].isdigit() else rf"\1\2{_JOINER}", escaped)


def code(value: str) -> Markup:
    """A value letter by letter, as code; nothing where it is empty."""
    said = shown(str(value)).strip()
    if not said:
        return Markup("")
    fence = "`" * (max(map(len, _TICKS.findall(said)), default=0) + 1)
    pad = " " if said[0] == "`" or said[-1] == "`" else ""
    inner = said.replace("|", r"\|")  # also in code a bar would end the cell
    return Markup(f"{fence}{pad}{inner}{pad}{fence}")  # noqa: S704 - fenced by more ticks than it has


def link(label: str, url: str | None) -> Markup:
    """A link to an address that `links.web` has let through; the label alone where there is none."""
    told = text(label)
    return Markup(f"[{told}](<{url}>)" if url else told)  # noqa: S704 - both are quoted for where they stand
