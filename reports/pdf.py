"""The pack for the meeting: a PDF of few pages, whatever the number of findings."""

from typing import Any

from auditor.errors import ReportError
from reports.environment import GENERATOR, environment
from reports.pack import build_pack
from reports.templates import TEMPLATES
from reports.view import View

# A table row costs WeasyPrint about eight milliseconds, and a reader about a second.
_MOST_ROWS, _MOST_RULES = 60, 20
_MOST_ROWS_A_RULE = 10
_FEWEST_ROWS_A_RULE = 2


def render(view: View) -> bytes:
    """The PDF's bytes: tagged, bookmarked, with its metadata.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    return printed(pack(view), "pack.css")


def pack(view: View) -> str:
    """The pack as HTML. Every rule gets a fair share of the rows, the worst findings of each first."""
    made = build_pack(view)
    share = max(_FEWEST_ROWS_A_RULE, min(_MOST_ROWS_A_RULE, _MOST_ROWS // max(1, min(_MOST_RULES, len(made.groups)))))
    template = environment(view.config).get_template("pack.html")
    return template.render(view=view, pack=made, share=share, generator=GENERATOR)


def printed(html: str, style: str) -> bytes:
    """A page as a tagged PDF with bookmarks; `style` is a style sheet among the templates, beside the one of all PDFs.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    sheets = [weasyprint.CSS(filename=TEMPLATES / name) for name in ("print.css", "pictures/pack.css", style)]
    pdf: bytes = document.write_pdf(stylesheets=sheets, pdf_variant="pdf/ua-1")
    return pdf


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
