"""Whether the login of a source holds what `auditor permissions` prints for it, as its provider tells."""

from collections.abc import Callable, Sequence
from pkgutil import resolve_name

from auditor.config.sources import AnySource
from collectors.base import Context
from collectors.registry import COLLECTORS, GRANTED, family_of

Lacking = Callable[[AnySource, Context, Sequence[str]], list[str]]


def lacking(source: AnySource, context: Context) -> list[str] | None:
    """Which permissions the login has not; None where it has no login, or nothing tells.

    Raises:
        SourceError: the provider does not say.
    """
    family = family_of(source.kind)
    if is_from_disk(source) or family not in GRANTED:
        return None
    ask: Lacking = resolve_name(f"collectors.{GRANTED[family]}")
    return ask(source, context, COLLECTORS[source.kind].PERMISSIONS)


def is_from_disk(source: AnySource) -> bool:
    """Whether it reads files, and so needs no login."""
    named = getattr(source, "file", None) or getattr(source, "path", None)
    return bool(named) or not getattr(source, "is_live", True)
