"""A page as a PDF, by WeasyPrint."""

from typing import Any

from auditor.errors import ReportError
from reports.templates import TEMPLATES


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
