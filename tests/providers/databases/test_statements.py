"""Who receives what by statements of PostgreSQL."""

import pytest

from auditor.providers.databases.statements import gifts, losers


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("GRANT ALL PRIVILEGES ON ALL TABLES IN SCHEMA public TO nina;",
            [("nina", "ALL PRIVILEGES on all tables in schema public", True)]),
        ("GRANT SELECT (a, b), INSERT ON public.t TO GROUP x", [("x", "SELECT(A, B), INSERT on public.t", True)]),
        ("GRANT SELECT (delete) ON t TO nina", [("nina", "SELECT(DELETE) on t", False)]),
        ('grant readwrite, "Ops Team" to Piet with admin option granted by tom',
            [("piet", "membership of the role readwrite", True), ("piet", "membership of the role Ops Team", True)]),
        ("ALTER ROLE nina WITH superuser", [("nina", "the attribute SUPERUSER", True)]),
        ("ALTER ROLE nina NOSUPERUSER", []),
        ("CREATE USER eve LOGIN PASSWORD 'superuser' IN ROLE admin, ops VALID UNTIL '2027-01-01'",
            [("eve", "membership of the role admin", True), ("eve", "membership of the role ops", True)]),
        ("ALTER GROUP g ADD USER a, b",
            [("a", "membership of the role g", True), ("b", "membership of the role g", True)]),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE app GRANT SELECT ON TABLES TO nina", [("nina", "SELECT on tables", False)]),
        ("GRANT CONNECT ON DATABASE billing TO public", [("public", "CONNECT on database billing", False)]),
        ("/* GRANT x TO y; */ DROP TABLE t; GRANT c TO d -- GRANT e TO f", [("d", "membership of the role c", True)]),
        ("GRANT TEMP ON DATABASE a, b TO c", [("c", "TEMP on database a, b", False)] * 2),
        ("ALTER ROLE x SET search_path = replication", []),
        ("ALTER USER x RENAME TO superuser", []),
        (r"CREATE ROLE x PASSWORD 'a\'; GRANT y TO z", [("z", "membership of the role y", True)]),
        (r"COMMENT ON ROLE x IS E'a\'; GRANT y TO z'", []),
        ("COMMENT ON ROLE x IS 'GRANT a TO b'", []),
        ("DO $$ GRANT a TO b $$", []),
        ("REVOKE ALL ON t FROM nina", []),
        ("GRANT", []),
        ("GRANT a TO", []),
        ("CREATE ROLE x", []),
        ("(" * 20000, []),
        ("'\\" * 20000, []),
        ("e'\\" * 20000, []),
    ],
)  # fmt: skip
def test_what_statements_give(text, given):
    assert [(gift.to, gift.what, gift.writes) for gift in gifts(text)] == given


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("REVOKE ops, readers FROM nina, Tom CASCADE", ["nina", "tom"]),
        ('REVOKE GRANT OPTION FOR ALL ON t FROM GROUP "Ops Team"', ["Ops Team"]),
        ("DROP ROLE IF EXISTS a, b; DROP USER c", ["a", "b", "c"]),
        ("ALTER ROLE ops NOSUPERUSER", ["ops"]),
        ("ALTER GROUP ops DROP USER nina", ["ops"]),
        ("ALTER ROLE ops PASSWORD 'rename'; GRANT a TO b; DROP TABLE t; REVOKE", []),
    ],
)
def test_whom_statements_take_something_from(text, roles):
    assert list(losers(text)) == roles
