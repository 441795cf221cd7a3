"""How far capabilities go."""

from auditor.model.vocabulary import Capability, Level


def level_of(held: frozenset[Capability]) -> Level:
    """The level of what is held; whoever manages access can give themselves the rest."""
    if Capability.MANAGE_ACCESS in held:
        return Level.ADMIN
    return Level.WRITE if any(capability.changes for capability in held) else Level.READ
