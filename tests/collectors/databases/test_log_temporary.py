"""What a session does to temporary tables of its own, and to nothing else."""

import pytest

from collectors.databases.log_temporary import Temporary


@pytest.mark.parametrize(
    ("made", "done", "held"),
    [
        ("CREATE TEMP TABLE part (a int)", "INSERT INTO part SELECT a FROM orders;", True),
        ("create temporary table if not exists Part as select 1", "update only PART set a = 1", True),
        ("SELECT * INTO TEMP part FROM orders", "DELETE FROM part WHERE a = 'x; DROP TABLE orders'", True),
        ("CREATE TEMP TABLE part (a int)", "COPY part (a) FROM STDIN", True),
        ("CREATE TEMP TABLE part (a int)", "CREATE INDEX ON part (a)", True),
        ("CREATE TEMP TABLE part (a int)", "DROP TABLE IF EXISTS pg_temp.part CASCADE", True),
        ("CREATE TEMP TABLE part (a int)", "TRUNCATE part RESTART IDENTITY", True),
        ("CREATE TEMP TABLE part (a int)", "DROP TABLE part, orders", False),
        ("CREATE TEMP TABLE part (a int)", "INSERT INTO orders SELECT a FROM part", False),
        ("CREATE TEMP TABLE part (a int)", "INSERT INTO public.part VALUES (1)", False),
        ("CREATE TEMP TABLE part (a int)", "COPY part FROM PROGRAM 'curl x'", False),
        (
            "CREATE TEMP TABLE part (a int)",
            "INSERT INTO part WITH d AS (DELETE FROM orders RETURNING a) TABLE d",
            False,
        ),
        ("CREATE TEMP TABLE part (a int)", "INSERT INTO part SELECT pg_terminate_backend(7)", False),
        ("CREATE TEMP TABLE part (a int)", "INSERT INTO part VALUES (1); DELETE FROM orders", False),
        ("CREATE TEMP TABLE part (a int) ON COMMIT DROP", "INSERT INTO part VALUES (1)", False),
        ("CREATE TEMP VIEW part AS SELECT a FROM orders", "UPDATE part SET a = 1", False),
        ("CREATE TABLE part (a int)", "INSERT INTO part VALUES (1)", False),
    ],
)
def test_what_is_done_to_temporary_tables_alone_is_held(made, done, held):
    known = Temporary()
    known.holds("7", made)
    assert known.holds("7", done) is held
    assert not known.holds("8", done)


def test_a_name_is_that_of_another_table_once_it_was_dropped_or_the_session_ended():
    known = Temporary()
    for end in (lambda: known.holds("7", "DROP TABLE part"), lambda: known.end("7")):
        assert known.holds("7", "CREATE TEMP TABLE part (a int)")
        assert known.holds("7", "DELETE FROM part")
        end()
        assert not known.holds("7", "DELETE FROM part")
