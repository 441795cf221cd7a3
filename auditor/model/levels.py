"""How far capabilities go."""

from auditor.model.vocabulary import Capability, Level

LEVEL_WORDS = {
    **dict.fromkeys(("ro", "r", "readonly", "read-only", "read only", "viewer", "view"), "read"),
    **dict.fromkeys(("rw", "w", "read/write", "read-write", "read write", "readwrite", "editor"), "write"),
    **dict.fromkeys(("nur lesen", "lesen", "lesezugriff"), "read"),
    **dict.fromkeys(("lecture", "lecture seule", "lectura", "solo lectura"), "read"),
    **dict.fromkeys(("schreiben", "schreibzugriff", "écriture", "lecture/écriture", "escritura"), "write"),
    **dict.fromkeys(("administrator", "root", "owner", "full"), "admin"),
}
"""What people write for a level beside its own name."""


def level_of(held: frozenset[Capability]) -> Level:
    """The level of what is held; whoever manages access can give themselves the rest."""
    if Capability.MANAGE_ACCESS in held:
        return Level.ADMIN
    return Level.WRITE if any(capability.changes for capability in held) else Level.READ
