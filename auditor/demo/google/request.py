"""A request as the handlers see it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """One call.

    Args:
        method: GET, POST …
        path: decoded, without the query.
        query: the last value of each parameter.
        body: the JSON object in it; empty where there is none.
        caller: e-mail of whoever's token it carries.
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    caller: str = ""
