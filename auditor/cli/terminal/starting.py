"""What a team starts with: files that `auditor init` makes."""

from pathlib import Path

import yaml

from auditor.errors import UsageError
from collectors.tickets.mapping import propose
from reports.templates import TEMPLATES

REQUESTS = {"gitlab": "access_request.md", "github": "access_request.md", "jira": "access_request.txt"}
"""The template for access requests of each tracker, in a folder of its name."""


def request_template(tracker: str) -> str:
    """The template for access requests: Markdown, or plain text for Jira."""
    return (TEMPLATES / tracker / REQUESTS[tracker]).read_text("utf-8")


def gitlab_template() -> str:
    """The issue template for access requests, Markdown."""
    return request_template("gitlab")


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, and the folders above it.

    Raises:
        UsageError: it is there, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", do="Name another file, or remove it first.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", do="Name another file.") from error


def propose_tickets(path: Path) -> tuple[str, list[str]]:
    """The lines of auditor.yaml that read a file of tickets, and what to know about them.

    Raises:
        UsageError: it cannot be read as tickets.
    """
    try:
        found = propose(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{path} cannot be read as tickets: {error}.") from error
    source = {"name": "tickets", "kind": "tickets-file", "path": str(path)}
    told = {"sources": [{**source, **({"columns": found.columns} if found.columns else {})}]}
    remarks = ["Put this into auditor.yaml; `auditor run` tells in its coverage what of the file could not be read."]
    if found.left_out:
        remarks.append(f"Nothing is read from: {', '.join(found.left_out)}.")
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True), remarks
