"""A page as a PDF, by WeasyPrint."""

import logging
from typing import Any

from auditor.errors import ReportError
from reports.templates import TEMPLATES

_log = logging.getLogger(__name__)


def printed(html: str, style: str) -> bytes:
    """A page as a tagged PDF with bookmarks; `style` is a style sheet among the templates, beside the one of all PDFs.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    weasyprint = _weasyprint()
    document = weasyprint.HTML(string=html, url_fetcher=_fetch_nothing)
    sheets = [weasyprint.CSS(filename=TEMPLATES / name) for name in ("print.css", "pictures/pack.css", style)]
    drawing, boxes = logging.getLogger("weasyprint"), _Boxes()
    drawing.addFilter(boxes)
    try:
        pdf: bytes = document.write_pdf(stylesheets=sheets, pdf_variant="pdf/ua-1")
    finally:
        drawing.removeFilter(boxes)
    if boxes.letters:
        letters = "".join(boxes.letters)
        _log.warning(
            "No font here has %s: the PDF shows boxes; install one (Debian: fonts-noto-cjk), report again", letters
        )
    return pdf


class _Boxes(logging.Filter):
    """Keeps what WeasyPrint says of each letter that no font has, time and again, to be said once."""

    def __init__(self) -> None:
        super().__init__()
        self.letters: dict[str, None] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(".notdef glyph"):
            return True
        self.letters[record.getMessage().partition('"')[2][:1]] = None
        return False


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
