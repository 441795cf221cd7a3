"""Which statements let a database server log less."""

import json

import pytest

from auditor.rules.changes import audit_trail
from tests.cases import case, event, judged


@pytest.mark.parametrize(
    ("statement", "less"),
    [
        ("ALTER SYSTEM SET log_statement = 'none'", True),
        ("ALTER SYSTEM SET log_statement TO DEFAULT", True),
        ("alter system set logging_collector to off", True),
        ("ALTER SYSTEM RESET log_connections", True),
        ("ALTER SYSTEM RESET ALL", True),
        ("ALTER ROLE nina SET pgaudit.log TO ''", True),
        ("ALTER DATABASE shop RESET pgaudit.log", True),
        ("DROP EXTENSION IF EXISTS pgaudit CASCADE", True),
        ("ALTER SYSTEM SET log_statement = 'all'", False),
        ("ALTER SYSTEM SET pgaudit.log = 'write, ddl'; SELECT pg_reload_conf()", False),
        ("ALTER SYSTEM SET log_lock_waits = off", False),
        ("ALTER DATABASE log_archive OWNER TO none", False),
        ("ALTER ROLE log_reader RESET ALL", False),
        ("", False),
    ],
)
def test_less_is_logged_where_a_log_is_switched_off_or_set_back(statement, less):
    done = event(provider="postgres", action="postgres:ALTER SYSTEM", detail=json.dumps({"statement": statement}))
    assert bool(judged(audit_trail, case(judged_events=[done]))) is less
