"""An incident review as a page that opens from disk and as a PDF, both from one template."""

from pathlib import Path

from reports.environment import GENERATOR, asset, environment, policy
from reports.files import Written, write_each, write_private
from reports.incident import Review
from reports.pdf import printed

_TEMPLATE = "incident.html"


def write(view: Review, folder: Path) -> Written:
    """Write incident.html and incident.pdf; one that cannot be made does not stop the other."""
    reports = {
        "page": ("incident.html", lambda path: write_private(path, render(view).encode("utf-8", "replace"))),
        "PDF": ("incident.pdf", lambda path: write_private(path, render_pdf(view))),
    }
    return write_each(reports, folder)


def render(view: Review) -> str:
    """The page: one file without a script, which asks nothing of any network."""
    style = asset("screen.css", "incident.css", "pictures/page.css")
    return _filled(view, style=style, policy=policy(style))


def render_pdf(view: Review) -> bytes:
    """The PDF's bytes.

    Raises:
        ReportError: when WeasyPrint's system libraries are missing.
    """
    return printed(_filled(view, style="", policy=""), "incident_pdf.css")


def _filled(view: Review, **parts: str) -> str:
    return environment(view.config).get_template(_TEMPLATE).render(view=view, generator=GENERATOR, **parts)
