"""What a team starts with: files that `auditor init` makes."""

from pathlib import Path

from auditor.errors import UsageError
from reports.templates import TEMPLATES


def gitlab_template() -> str:
    """The issue template for access requests, Markdown."""
    return (TEMPLATES / "gitlab" / "access_request.md").read_text("utf-8")


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
