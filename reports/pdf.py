"""The pack for the meeting: a PDF of few pages, whatever the number of findings."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.errors import ReportError
from reports.access_matrix import Holder, Reach, Sentence, SystemReach
from reports.coverage import CoverageView, LogDays, Unjudged
from reports.files import write_private
from reports.finding_views import Group, Row
from reports.html import GENERATOR, environment
from reports.stories import StoryView
from reports.templates import TEMPLATES
from reports.view import View
from reports.words import plural, short

# A table row costs WeasyPrint about eight milliseconds, and a reader about a second.
_MOST_ROWS = 100
_MOST_ROWS_A_RULE = 10
_FEWEST_ROWS_A_RULE = 2
_MOST_HOLDERS = 30
_MOST_SYSTEMS = 30
_MOST_NAMES = 6
_PATH_LENGTH = 90
_MOST_LINES = 15
_MOST_STORIES = 30
_MOST_HASHES = 40


@dataclass(frozen=True, slots=True)
class Listed:
    """The findings of one rule, cut to a readable number; `more` says how many are left."""

    group: Group
    count: str
    rows: tuple[Row, ...]
    more: str


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One system, with the names of who can change and of who can only read it."""

    name: str
    changers: str
    readers: str


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of a holder; `who` and `note` stand at the first only."""

    who: str
    note: str
    sentence: Sentence
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What the pack shows of a view: every table cut, and each cut said."""

    reach: Reach | None
    systems: tuple[SystemLine, ...]
    more_systems: str
    lines: tuple[Line, ...]
    more_holders: str
    days: tuple[LogDays, ...]
    more_days: str
    coverage: tuple[CoverageView, ...]
    more_coverage: str
    not_judged: tuple[Unjudged, ...]
    more_not_judged: str
    decided: tuple[Row, ...]
    more_decided: str
    exceptions: tuple[Row, ...]
    more_exceptions: str
    stories: tuple[StoryView, ...]
    more_stories: str
    groups: tuple[Listed, ...]
    hashes: tuple[tuple[str, str], ...]
    more_hashes: str


def write(view: View, path: Path) -> None:
    """Write the PDF: tagged, bookmarked, with its metadata.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    write_private(path, render(view))


def render(view: View) -> bytes:
    """The PDF's bytes."""
    html = environment().get_template("pack.html").render(view=view, pack=build_pack(view), generator=GENERATOR)
    return printed(html, "pack.css")


def printed(html: str, style: str) -> bytes:
    """A page as a tagged PDF with bookmarks; `style` is a style sheet among the templates, beside the one of all PDFs.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=_unicode(html), url_fetcher=_fetch_nothing)
    sheets = [weasyprint.CSS(filename=TEMPLATES / name) for name in ("print.css", style)]
    pdf: bytes = document.write_pdf(stylesheets=sheets, pdf_variant="pdf/ua-1")
    return pdf


def build_pack(view: View) -> Pack:
    """The view, cut to what a meeting can read."""
    systems = view.reach.systems if view.reach else ()
    holders = [holder for holder in view.reach.holders if holder.changes] if view.reach else []
    hashes = (*view.hashes, *view.origins)
    return Pack(
        reach=view.reach,
        systems=tuple(_system(system) for system in systems[:_MOST_SYSTEMS]),
        more_systems=_more(len(systems) - _MOST_SYSTEMS, "system", "on the page"),
        lines=tuple(line for holder in holders[:_MOST_HOLDERS] for line in _lines(holder)),
        more_holders=_more(len(holders) - _MOST_HOLDERS, "holder", "on the page"),
        days=view.days[:_MOST_LINES],
        more_days=_more(len(view.days) - _MOST_LINES, "log", "on the page"),
        coverage=_unread_first(view.coverage)[:_MOST_LINES],
        more_coverage=_more(len(view.coverage) - _MOST_LINES, "scope", "on the page"),
        not_judged=view.not_judged[:_MOST_LINES],
        more_not_judged=_more(len(view.not_judged) - _MOST_LINES, "line", "on the page"),
        decided=view.decided[:_MOST_LINES],
        more_decided=_more(len(view.decided) - _MOST_LINES, "decision", "on the page"),
        exceptions=view.exceptions[:_MOST_LINES],
        more_exceptions=_more(len(view.exceptions) - _MOST_LINES, "exception", "in findings.csv"),
        stories=view.stories.told[:_MOST_STORIES],
        more_stories=_more(len(view.stories.told) - _MOST_STORIES, "story", "on the page", "stories"),
        groups=_listed(view.groups),
        hashes=tuple((name, digest) for name, digest in hashes[:_MOST_HASHES]),
        more_hashes=_more(len(hashes) - _MOST_HASHES, "original", "in findings.json"),
    )


def _system(system: SystemReach) -> SystemLine:
    names = (system.told(some, most=_MOST_NAMES) for some in (system.changers, system.readers))
    return SystemLine(system.name, *names)


def _lines(holder: Holder) -> list[Line]:
    said = [sentence for sentence in holder.sentences if sentence.changes]
    return [
        Line("" if number else holder.name, "" if number else holder.note, sentence, short(sentence.path, _PATH_LENGTH))
        for number, sentence in enumerate(said)
    ]


def _listed(groups: Sequence[Group]) -> tuple[Listed, ...]:
    """Every rule gets a fair share of the rows; the worst findings of each come first."""
    share = max(_FEWEST_ROWS_A_RULE, min(_MOST_ROWS_A_RULE, _MOST_ROWS // max(1, len(groups))))
    return tuple(
        Listed(
            group=group,
            count=plural(len(group.rows), "finding"),
            rows=group.rows[:share],
            more=_more(len(group.rows) - share, "finding", "in findings.csv"),
        )
        for group in groups
    )


def _unread_first(coverage: Sequence[CoverageView]) -> tuple[CoverageView, ...]:
    order = {"failed": 0, "partial": 1}
    return tuple(sorted(coverage, key=lambda seen: order.get(seen.status, 2)))


def _more(count: int, what: str, where: str, many: str = "") -> str:
    said = plural(count, f"more {what}", f"more {many or f'{what}s'}")
    return f"And {said}, {where}." if count > 0 else ""


def _unicode(text: str) -> str:
    """Without lone surrogates, which no encoding of a page can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _weasyprint() -> Any:
    try:
        import weasyprint
    except OSError as error:
        raise ReportError(
            f"WeasyPrint cannot load its libraries: {error}.",
            means="The PDF was not made; the page and findings.json were.",
            do="Install Pango (Debian: libpangoft2-1.0-0 libharfbuzz-subset0), then run `auditor report`.",
        ) from error
    return weasyprint


def _fetch_nothing(url: str, *_: object, **__: object) -> dict[str, object]:
    """The pack refers to nothing outside itself; whatever asks for something comes from a finding."""
    raise ValueError(f"a report fetches nothing: {url}")
