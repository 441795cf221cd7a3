"""Where the templates are: beside this package, in a checkout and in an installed wheel alike."""

from pathlib import Path

TEMPLATES = Path(__file__).parent.parent / "templates"
