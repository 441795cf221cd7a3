"""Each step is plain SQL that Spark understands too."""

from importlib.resources import files
from string import Template

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

from auditor.activity.values import values
from auditor.model.written import statement
from auditor.providers.registry import log_traits
from tests.activity.acts import LIMITS

STEPS = sorted(file.name.removesuffix(".sql") for file in (files("auditor.activity") / "sql").iterdir())
ONLY_DUCKDB = ("arg_min", "epoch", "hash", "asof", "using sample", "qualify", "read_parquet", "::")


def query(name: str) -> str:
    return Template(statement("auditor.activity", name)).substitute(values(LIMITS, log_traits()))


@pytest.mark.parametrize("name", STEPS)
def test_a_step_says_what_it_makes_and_is_carried_to_spark(name) -> None:
    assert statement("auditor.activity", name).startswith("-- ")
    (carried,) = sqlglot.transpile(query(name), read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)
    tree = sqlglot.parse_one(carried, read="spark", error_level=ErrorLevel.RAISE)
    assert isinstance(tree, exp.Query)
    unknown = {call.name.lower() for call in tree.find_all(exp.Anonymous)}
    assert not unknown, f"functions that sqlglot does not know: {unknown}"


@pytest.mark.parametrize("name", STEPS)
def test_a_step_uses_nothing_that_only_duckdb_has(name) -> None:
    text = query(name).lower()
    assert [word for word in ONLY_DUCKDB if word in text] == []


def test_there_is_no_step_that_nothing_uses() -> None:
    engine = "".join((files("auditor.activity") / name).read_text() for name in ("digest.py", "steps.py"))
    assert [name for name in STEPS if f'"{name}"' not in engine] == []
