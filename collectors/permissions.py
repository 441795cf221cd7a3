"""The least rights that the collectors can do with, made from what each declares, as text to paste."""

from collections.abc import Callable, Iterator
from pkgutil import resolve_name

from msgspec import Struct

from collectors.registry import COLLECTORS, RIGHTS, family_of

# What a permission of another family is, by the word before its colon.
_WORDS = {
    "scope": "a token with the scope {}",
    "role": "the role {} in each project",
    "group-role": "the role {} in each group",
    "permission": "the permission {}",
    "repository": "the repository permission {}",
    "organization": "the organisation permission {}",
}


class Rights(Struct, frozen=True):
    """What a family of sources needs: `text` to paste, and a sentence on where it goes."""

    text: str
    how: str


def rights(family: str) -> Rights:
    """The least rights for all sources of a family: what its provider takes, else a list in words."""
    if family in RIGHTS:
        of_family: Callable[[], Rights] = resolve_name(f"collectors.{RIGHTS[family]}")
        return of_family()
    how = "Make an account for the audit with these rights, and a token of it."
    return Rights("\n".join(_plainly(family)), how)


def needs(kind: str) -> list[str]:
    """What a kind of source needs, in words; AWS's actions and Google's permissions as they are."""
    return [_in_words(permission) for permission in COLLECTORS[kind].PERMISSIONS]


def _plainly(family: str) -> Iterator[str]:
    for kind, collector in COLLECTORS.items():
        if family_of(kind) == family:
            yield f"{kind}: {collector.READS}"
            yield from (f"  - {need}" for need in needs(kind))


def _in_words(permission: str) -> str:
    kind, _, name = permission.partition(":")
    return _WORDS[kind].format(name) if kind in _WORDS else permission
