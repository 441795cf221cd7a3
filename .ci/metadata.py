"""The wheel's README and project URLs, for whoever reads them outside the repository."""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PLACES = {
    "Homepage": "",
    "Documentation": "/tree/HEAD/docs",
    "Issues": "/issues",
    "Changelog": "/blob/HEAD/CHANGELOG.md",
}
_PICTURES = (".png", ".svg")


class PublicAddress(MetadataHookInterface):
    """Reads `repository`, the public address, from pyproject.toml; while it is empty, nothing points anywhere."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dynamic fields `readme` and `urls`."""
        address = str(self.config["repository"]).rstrip("/")
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["urls"] = {name: address + place for name, place in _PLACES.items()} if address else {}
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": re.sub(r"\]\((?!\w+:|#)([^)\s]+)\)", lambda link: f"]({_public(address, link[1])})", text),
        }


def _public(address: str, path: str) -> str:
    """Where a file of the repository is seen by everyone; pictures as they are, and other files as pages."""
    if not address:
        return path
    return f"{address}/{'raw' if path.endswith(_PICTURES) else 'blob'}/HEAD/{path}"
