"""What came of a source's batches, put together: rows, coverage by scope, and what is missing."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from auditor.errors import SourceError
from auditor.evidence.store import Store
from auditor.model.tables import Coverage, ReadObject
from collectors.base import Context, Raw
from collectors.gathering import Done, Gathering, lost

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
STAMP = {"source": "tickets", "collected_at": AT}


@pytest.fixture
def gathered(tmp_path):
    """What batches come to, each given as its lines of coverage and objects; `fetch` may raise."""
    store = Store(str(tmp_path / "evidence"))

    def run(*batches, fetch=lambda seen: iter(()), never_empty=False):
        collector = SimpleNamespace(
            source=SimpleNamespace(name="tickets", NEVER_EMPTY=never_empty),
            context=Context(collected_at=AT, base=tmp_path),
            fetch=fetch,
        )
        with store.lock():
            gathering = Gathering(collector, store.staging("run-1", AT))
            for _ in gathering.batches({}):
                pass
            for batch in batches:
                gathering.add(
                    Done(
                        coverage=[one for one in batch if isinstance(one, Coverage)],
                        objects=[one for one in batch if isinstance(one, ReadObject)],
                    )
                )
            return gathering.collected()

    return run


def line(scope="OPS", status="ok", reason=None, **more):
    return Coverage(**STAMP, origin="page-1", scope=scope, status=status, reason=reason, **{"rows": 1, **more})


def read(origin="page-1", status="ok"):
    return ReadObject(**STAMP, origin=origin, version="1", status=status)


@pytest.mark.parametrize(
    ("lines", "status", "reason"),
    [
        ([line()], "ok", None),
        ([line(reason="read twice")], "ok", None),
        ([line(status="partial", reason="torn")], "partial", "torn"),
        ([line(), line(status="partial", reason="torn")], "partial", "torn"),
        ([line(), line("PAY")], "ok", None),
        ([line(), line("PAY", status="partial", reason="torn")], "partial", "PAY: torn"),
        ([line(status="failed", reason="no"), line("PAY", status="failed", reason="no")], "failed", "OPS: no; PAY: no"),
        ([line(status="failed", reason="no"), line("PAY")], "partial", "OPS: no"),
        ([line(status="failed", reason="no"), line(status="failed", reason="no")], "failed", "no"),
        ([line(status="failed", reason="no"), line(reason="remark")], "partial", "no; remark"),
    ],
)
def test_a_source_is_as_whole_as_its_scopes(gathered, lines, status, reason):
    got = gathered(*([one] for one in lines))
    assert (got.source, got.status, got.reason) == ("tickets", status, reason)
    assert [one.scope for one in got.coverage] == sorted({one.scope for one in lines})


def test_the_lines_of_a_scope_add_up(gathered):
    got = gathered(
        [line(from_=AT - DAY, to=AT, rows=2, rejected=1)],
        [line(from_=AT - 3 * DAY, to=AT - 2 * DAY, rows=3)],
        [line(rows=4, rejected=2)],
    )
    (one,) = got.coverage
    assert (one.from_, one.to, one.rows, one.rejected) == (AT - 3 * DAY, AT, 9, 3)
    assert got.rows == {"coverage": 1}


def test_of_many_reasons_five_are_told(gathered):
    got = gathered([line(status="partial", reason=f"r{number}") for number in range(5)])
    assert got.reason == "r0; r1; r2; r3; r4"
    got = gathered([line(status="partial", reason=f"r{number}") for number in range(7)])
    assert got.reason == "r0; r1; r2; r3; r4; and 2 more reasons"


def refused(seen):
    raise SourceError("The list was refused.", do="Ask for it.")
    yield


def without_client(seen):
    raise ModuleNotFoundError("No module named 'boto3'", name="boto3")
    yield


def mistaken(seen):
    raise ModuleNotFoundError("No module named 'nonsense'", name="nonsense")
    yield


def broken(seen):
    raise ZeroDivisionError
    yield


@pytest.mark.parametrize(
    ("batches", "status"),
    [
        ([], "failed"),
        ([[read(status="failed")]], "failed"),
        ([[read()]], "partial"),
        ([[line(status="failed", reason="no")]], "failed"),
        ([[line()]], "partial"),
    ],
)
def test_a_source_that_was_refused_failed_unless_something_was_read(gathered, batches, status):
    got = gathered(*batches, fetch=refused)
    (own,) = [one for one in got.coverage if one.scope == "tickets"]
    assert (own.status, own.reason) == (status, "The list was refused. Ask for it.")


def test_a_client_that_is_not_installed_is_said_and_any_other_mistake_costs_the_source(gathered):
    assert "install" in gathered(fetch=without_client).reason
    for fetch in (mistaken, broken):
        got = gathered([read()], fetch=fetch)
        assert (got.status, "test_gathering.py" in got.reason) == ("partial", True)


def test_a_source_that_always_tells_something_and_told_nothing_was_not_read(gathered):
    assert gathered([line()], never_empty=True).status == "partial"
    assert gathered([line()]).status == "ok"


def test_nothing_new_is_said_only_where_nothing_was_read(gathered):
    assert [one.reason for one in gathered().coverage] == ["nothing new since the last run"]
    assert [(one.scope, one.reason) for one in gathered([read()]).coverage] == [("tickets", None)]


def test_a_batch_whose_process_died_is_told_by_its_objects(gathered, tmp_path):
    collector = SimpleNamespace(source=SimpleNamespace(name="tickets"), context=Context(collected_at=AT, base=tmp_path))
    done = lost(collector, [Raw("a", bytes), Raw("b", bytes)], "it died")
    assert [(one.origin, one.status, one.version, one.source) for one in done.objects] == [
        ("a", "failed", "", "tickets"),
        ("b", "failed", "", "tickets"),
    ]
    (told,) = done.coverage
    assert (told.scope, told.status) == ("tickets", "failed")
    assert told.reason == "2 objects from a on were not read: it died"
