"""An incident review as a page that opens from disk, as a PDF from the same template, and as Markdown."""

from pathlib import Path

from auditor.config.models import Config
from reports.environment import environment, page
from reports.files import Written, write_each, write_private
from reports.incident import Review
from reports.markdown import markdown_environment
from reports.pdf import printed

_TEMPLATE, _MARKDOWN = "incident.html", "incident.md"


def write(view: Review, folder: Path) -> Written:
    """Write incident.html, incident.pdf and incident.md; one that cannot be made does not stop the others."""
    reports = {
        "page": ("incident.html", lambda path: write_private(path, render(view).encode("utf-8", "replace"))),
        "Markdown": ("incident.md", lambda path: write_private(path, render_markdown(view).encode("utf-8", "replace"))),
        "PDF": ("incident.pdf", lambda path: write_private(path, render_pdf(view))),
    }
    return write_each(reports, folder)


def prepare(config: Config, format_: str) -> None:
    """Compile the template of a page, `html`, or of Markdown."""
    if format_ == "markdown":
        markdown_environment(config).get_template(_MARKDOWN)
    else:
        environment(config).get_template(_TEMPLATE)


def render(view: Review) -> str:
    """The page: one file without a script, which asks nothing of any network."""
    return _filled(view, "screen.css", "incident.css", "pictures/page.css")


def render_markdown(view: Review) -> str:
    """The review for a postmortem: every value in it is text, whatever it looks like."""
    return markdown_environment(view.config).get_template(_MARKDOWN).render(view=view)


def render_pdf(view: Review) -> bytes:
    """The PDF's bytes.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    return printed(_filled(view), "incident_pdf.css")


def _filled(view: Review, *styles: str) -> str:
    from reports.pictures.lanes import lanes

    return page(view.config, _TEMPLATE, styles, view=view, lanes=lanes(view))
