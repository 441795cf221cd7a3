"""How far capabilities go."""

import re
from functools import cache

from auditor.model.vocabulary import Capability, Level
from auditor.model.written import written


def level_of(held: frozenset[Capability]) -> Level:
    """The level of what is held; whoever manages access can give themselves the rest."""
    if Capability.MANAGE_ACCESS in held:
        return Level.ADMIN
    return Level.WRITE if any(capability.changes for capability in held) else Level.READ


@cache
def _level_words() -> dict[str, str]:
    """What people write for a level beside its own name; a capability that they ask for has one, too."""
    table = written(__package__, "levels", dict[str, str])
    words = {word: level for level, listed in table.items() for word in listed.split(", ")}
    return words | {capability.value: level_of(frozenset({capability})).value for capability in Capability}


_TELLING = re.compile(
    r"\b(?:read[ -]?only|read/write|read|write|admin|administrator|root(?![ -]cause)|sudo|lesen|lesend"
    r"|schreiben|schreibend|lecture|écriture|lectura|escritura)\b"
)
_DENYING = re.compile(
    r"\b(?:no|not|never|without|except\w*|but|kein\w*|nicht|nie|ohne|außer|pas|jamais|sans|sauf|sin|nunca|salvo|or"
    r"|oder|ou|o)\b|\?"
)


def level_said(text: str) -> str:
    """The level that a text asks for: as a whole, or by the one word for one in it (`write access to prod`).

    What asks for none that can be told is returned as it is, in small letters.
    """
    plain = text.strip().lower()
    if plain in _level_words():
        return _level_words()[plain]
    told = {_level_words().get(word, word) for word in _TELLING.findall(plain)}
    return told.pop() if len(told) == 1 and not _DENYING.search(plain) else plain
