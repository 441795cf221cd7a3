"""Statements that were prepared under a name: who runs one does what it says."""

import pytest

from collectors.databases.commands import what_ran
from collectors.databases.log_prepared import Prepared


@pytest.mark.parametrize(
    ("prepared", "run", "tag"),
    [
        ("PREPARE q (int) AS UPDATE t SET a = $1;", "EXECUTE q(7);", "UPDATE"),
        ("prepare Q as delete from t", "execute q", "DELETE"),
        ("PREPARE q (numeric(9, 2)) AS INSERT INTO t VALUES ($1)", "EXECUTE q(1)", "INSERT"),
        ("PREPARE q AS UPDATE t SET a = 1", "EXPLAIN (ANALYZE) EXECUTE q", "UPDATE"),
        ("PREPARE q AS UPDATE t SET a = 1", "EXPLAIN EXECUTE q", ""),
        ("PREPARE q AS UPDATE t SET a = 1", "EXECUTE other", ""),
        ("PREPARE q AS SELECT 'UPDATE t' FROM t", "EXECUTE q", ""),
    ],
)
def test_what_was_prepared_is_what_runs(prepared, run, tag):
    known = Prepared()
    assert str(what_ran(known.runs("7", prepared))[1]) == "read"
    got, category = what_ran(known.runs("7", run))
    assert (got, str(category)) == (tag, "change") if tag else str(category) == "read"
    assert str(what_ran(known.runs("8", run))[1]) == "read"
    known.end("7")
    assert str(what_ran(known.runs("7", run))[1]) == "read"
