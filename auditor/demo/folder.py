"""The demo's folder: made by the demo, and told by a marker in it, so that nothing else is ever written over."""

import json
import os
from datetime import datetime
from pathlib import Path

from msgspec import Struct

import auditor
from auditor.errors import UsageError

_MARKER = ".harbour-shop.json"


class Folder(Struct, frozen=True):
    """Where the demo company lies.

    Args:
        told: time of the night's audit that the story is told from.
        nights: audits that were finished here before.
    """

    path: Path
    told: datetime
    nights: int

    @classmethod
    def open(cls, path: Path, told: datetime) -> "Folder":
        """The folder of an earlier demo, or a new one whose story is told from the night `told`.

        Raises:
            UsageError: something else lies there.
        """
        marker = path / _MARKER
        if marker.is_file():
            kept = json.loads(marker.read_text("utf-8"))
            if kept["version"] != auditor.__version__ or "told" not in kept:
                raise UsageError(
                    f"{path} holds a demo company of another version ({kept['version']}).",
                    do="Remove it, or name another folder with --output.",
                )
            return cls(path, datetime.fromisoformat(kept["told"]), kept["nights"])
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UsageError(
                f"{path} holds something else than a demo company.",
                means="Nothing was changed.",
                do="Name another folder with --output.",
            )
        found = cls(path, told, 0)
        found.after(0)
        return found

    def after(self, nights: int) -> None:
        """Note how many nights are over."""
        kept = {"version": auditor.__version__, "told": self.told.isoformat(), "nights": nights}
        self.put(_MARKER, json.dumps(kept))

    def put(self, name: str, content: str | bytes, *, changed: datetime | None = None) -> None:
        """Write a file that only its owner may read, as evidence is kept; one that is the same stays untouched."""
        path = self.path / name
        data = content.encode() if isinstance(content, str) else content
        if path.is_file() and path.read_bytes() == data:
            return
        for folder in reversed(path.relative_to(self.path).parents):
            (self.path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - of a descriptor
            file.write(data)
        if changed:
            os.utime(path, (changed.timestamp(), changed.timestamp()))
