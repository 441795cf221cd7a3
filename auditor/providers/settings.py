"""What a change set, as its record tells it: values, entries of lists, and what came and went."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

_DEEPEST = 6
_MOST_NAMES = 60


class Setting(Struct, frozen=True, kw_only=True):
    """What a change set. Two changes of one thing are compared where `of` is the same.

    Args:
        of: what within the thing it is about: the name of a policy.
        values: each value by its name, as text.
        before: values before, where the record itself has them.
        entries: whole lists by name, of which single entries come and go: the statements of a policy.
        gave: single entries that were added, each with its name.
        took: those that were removed.
        stood: what it replaced or took away, as the last snapshot before it has it; that was made at its `at`.
        unread: why its record could not be read again; empty where it was, or where its row has all that is needed.
    """

    of: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, str] = field(default_factory=dict)
    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    gave: tuple[tuple[str, str], ...] = ()
    took: tuple[tuple[str, str], ...] = ()
    stood: "Setting | None" = None
    at: datetime | None = None
    unread: str = ""

    @property
    def tells(self) -> bool:
        """Whether there is anything that an earlier change could have set otherwise."""
        return bool(self.values or self.entries or self.gave or self.took or self.stood)


def flat(value: Any) -> dict[str, str]:
    """`containers.0.image` and the like, each with its value as text."""
    return dict(pair for pair, _ in zip(_flat(value), range(_MOST_NAMES), strict=False))


def _flat(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list) and depth < _DEEPEST:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inner:
            yield from _flat(one, f"{name}.{key}" if name else str(key), depth + 1)
    elif value is not None and name:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
