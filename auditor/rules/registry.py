"""The catalogue: every rule, in the order in which its family lists it."""

from auditor.rules import changes, evidence, readiness, shared, standing, tasks
from auditor.rules.asks import OTHER, Ask
from auditor.rules.base import Rule

RULES: tuple[Rule, ...] = (
    *standing.RULES,
    *shared.RULES,
    *tasks.RULES,
    *changes.RULES,
    *readiness.RULES,
    *evidence.RULES,
)
_BY_NAME = {rule.name: rule for rule in RULES}


def heading(name: str) -> str:
    """What reports call the findings of a rule; one that is no longer in the catalogue goes by its name."""
    return _BY_NAME[name].heading if name in _BY_NAME else name


def one_of(name: str) -> str:
    """What a subject has one finding of, by this rule or another; empty where there is no other."""
    return _BY_NAME[name].one_of if name in _BY_NAME else ""


def asks(name: str) -> Ask:
    """What the findings of a rule ask the team for."""
    return _BY_NAME[name].asks if name in _BY_NAME else OTHER
