"""What a rule rests on is what it names: of a source that failed, only `reads` tells what could not be judged."""

import ast
import dataclasses
import inspect
import textwrap
from types import FunctionType

import pytest

from auditor.case.case import Case
from auditor.rules.causes import RIGHTS
from auditor.rules.registry import RULES

# The tables that each field of the case is made of. Who is behind an account every rule asks, and how that is known:
# `people` and `known_by` stand for none.
TABLES = {
    "accounts": ("accounts",),
    "credentials": ("credentials",),
    **dict.fromkeys(("tickets", "tickets_until", "tickets_lost", "refs", "gone"), ("tickets",)),
    **dict.fromkeys(("access", "eligible", "foreign_trusts", "unseen_systems"), RIGHTS),
    **dict.fromkeys(("policies", "writing_roles"), ("policies",)),
    **dict.fromkeys(
        (
            "episodes",
            "beyond",
            "judged_events",
            "alternating_uses",
            "last_used",
            "silences",
            "heard",
            "grants",
            "borrowed",
            "key_uses",
        ),
        ("activity",),
    ),
    "rewritten": ("tickets",),
    "releases": ("deployments",),
    "pipelines": ("pipelines",),
    "duties": ("duties",),
    "trails": ("trails",),
    "secrets": ("secrets",),
    "trail_files": ("digests",),
    **dict.fromkeys(
        (
            *(
                "config",
                "at",
                "period_from",
                "first_run",
                "coverage",
                "days",
                "failed",
                "unresolved",
                "people",
                "known_by",
                "undeclared",
            ),
            *("lost", "policy_changes"),
        ),
        (),
    ),
}


def touched(function, seen):
    """Fields of the case that a function and those of ours that it calls look at."""
    function = inspect.unwrap(function)
    if function in seen:
        return set()
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    fields = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("case", "self"):
            fields |= of_case(node.attr, seen)
        elif isinstance(node, ast.Name):
            called = function.__globals__.get(node.id)
            if isinstance(inspect.unwrap(called), FunctionType) and called.__module__.startswith("auditor.rules"):
                fields |= touched(called, seen)
    return fields


def of_case(name, seen):
    """The field of that name, or those that the case's method or property looks at."""
    if name in TABLES:
        return {name}
    member = inspect.getattr_static(Case, name, None)
    made = getattr(member, "func", None) or getattr(member, "fget", None) or member
    return touched(made, seen) if isinstance(made, FunctionType) else set()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_names_every_table_that_it_rests_on(rule):
    rests_on = {table: field for field in touched(rule.judge, set()) for table in TABLES[field]}
    assert {table: field for table, field in rests_on.items() if table not in rule.reads} == {}


def test_every_field_of_the_case_is_known_to_rest_on_some_tables():
    assert {field.name for field in dataclasses.fields(Case)} == TABLES.keys() - {"people"}
