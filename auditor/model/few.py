"""A list in few words, a text in few letters."""

from collections.abc import Sequence


def few(names: Sequence[str], most: int) -> str:
    """The first few names, and how many more there are: `a, b and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def cut(text: str, most: int) -> str:
    """The text, its end left out where it is longer than that."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
