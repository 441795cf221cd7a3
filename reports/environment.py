"""What pages are printed with: a filter for each sort of value; nothing stands there as it came from outside."""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache, partial
from typing import Any

import jinja2
from markupsafe import Markup, escape

import auditor
from auditor.config.models import Config
from auditor.model.statements import names
from reports import words
from reports.consequences import refused
from reports.coverage import named, state
from reports.links import web
from reports.stories import link_words
from reports.templates import TEMPLATES

_CODE = re.compile(r"`([^`]+)`")


def heading(rule: str) -> str:
    """What a rule's findings stand under; the rules are loaded where a page asks for one."""
    from auditor.rules.registry import heading as of

    return of(rule)


def prose(text: str) -> Markup:
    """A sentence for a page: what stands between backticks in it is code, and nothing of it is markup."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(words.shown(text)))))  # noqa: S704 - escaped


GENERATOR = f"production-access-auditor {auditor.__version__}"
_OF_VALUES = (
    words.account_name,
    words.cited,
    words.clipped,
    words.cut,
    words.date,
    words.evidence_id,
    words.listing,
    words.mark,
    words.number,
    words.plural,
    words.record,
    words.short,
    heading,
    named,
    names,
    prose,
    state,
    web,
)
_OF_TIMES = (words.clock, words.day, words.span, words.stretch, words.until, words.when)
_OF_NAMES = (words.about, words.agreed, words.person, words.system, link_words, refused)


class _Compiled(jinja2.BytecodeCache):
    """Keeps what templates compile to for as long as the program runs: each page has an environment of its own."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


def environment(config: Config) -> jinja2.Environment:
    """Jinja for one organisation's pages and plain texts: a name that is not there is an error, None is nothing."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(),
        undefined=jinja2.StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    made.filters |= {one.__name__: one for one in _OF_VALUES}
    made.filters |= {one.__name__: partial(one, zone=config.zone) for one in _OF_TIMES}
    made.filters |= {one.__name__: partial(one, config=config) for one in _OF_NAMES}
    return made


def _printed(value: Any) -> Any:
    if value is None:
        return ""
    return words.shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def page(config: Config, template: str, styles: Iterable[str] = (), scripts: Iterable[str] = (), **told: Any) -> str:
    """A page that holds its own style sheets and scripts and lets in nothing else; without any, it is for a PDF."""
    style, script = asset(*styles), asset(*scripts)
    allowed = policy(style, script) if style else ""
    made = environment(config).get_template(template)
    return made.render(style=style, script=script, policy=allowed, generator=GENERATOR, **told)


def policy(style: str, script: str = "") -> str:
    """A content security policy that lets in this page's own style and script and nothing else."""
    own = f"style-src {_digest(style)}" + (f"; script-src {_digest(script)}" if script else "")
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def asset(*names: str) -> Markup:
    """Style sheets or scripts of ours, to stand in a page as they are."""
    return Markup("".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names))  # noqa: S704 - our own
