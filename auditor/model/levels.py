"""How far capabilities go."""

import re

from auditor.model.vocabulary import Capability, Level

_WORDS = {
    "read": "ro, r, readonly, read-only, read only, read access, viewer, view, nur lesen, lesen, lesend, nur lesend, "
    "lesezugriff, lecture, lecture seule, lectura, solo lectura, lettura, sola lettura, leitura, somente leitura, "
    "lezen, alleen lezen, odczyt",
    "write": "rw, r/w, w, ssh, ssh access, shell access, "
    "read/write, read-write, read write, readwrite, write access, editor, schreiben, schreibend, "
    "schreibzugriff, lesen/schreiben, lesen und schreiben, écriture, lecture/écriture, escritura, lectura/escritura, "
    "scrittura, lettura/scrittura, escrita, schrijven, lezen/schrijven, lezen en schrijven, zapis",
    "admin": "administrator, admin access, root, sudo, superuser, owner, full, full access, vollzugriff, "
    "administrateur, administrador, amministratore, beheer, beheerder",
}


def level_of(held: frozenset[Capability]) -> Level:
    """The level of what is held; whoever manages access can give themselves the rest."""
    if Capability.MANAGE_ACCESS in held:
        return Level.ADMIN
    return Level.WRITE if any(capability.changes for capability in held) else Level.READ


LEVEL_WORDS = {
    **{word: level for level, words in _WORDS.items() for word in words.split(", ")},
    **{capability.value: level_of(frozenset({capability})).value for capability in Capability},
}
"""What people write for a level beside its own name; a capability that they ask for has one, too."""
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
    if plain in LEVEL_WORDS:
        return LEVEL_WORDS[plain]
    told = {LEVEL_WORDS.get(word, word) for word in _TELLING.findall(plain)}
    return told.pop() if len(told) == 1 and not _DENYING.search(plain) else plain
