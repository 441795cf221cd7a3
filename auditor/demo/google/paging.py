"""Lists a page at a time, with tokens that only this server understands."""

import base64
from collections.abc import Sequence
from typing import Any

from auditor.demo.google.state import RefusedError


def page(items: Sequence[Any], size: str | int | None, token: str | None, *, most: int, usual: int) -> tuple[Any, str]:
    """A page and the token of the next one, empty on the last.

    Raises:
        RefusedError: the token is none of ours, or the size is no number.
    """
    try:
        wanted = int(size or 0) or usual
        start = int(base64.b64decode(token, validate=True)) if token else 0
    except ValueError as error:
        raise RefusedError(400, "INVALID_ARGUMENT", "page_token or page_size is invalid.") from error
    end = start + min(max(wanted, 1), most)
    following = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return list(items[start:end]), following
