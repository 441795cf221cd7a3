"""Tickets that an earlier run read and the last one did not."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.case.allowed import Allowed
from auditor.case.people import People
from auditor.case.placement import Where
from auditor.case.ticket_people import Reader
from auditor.case.vanished import in_doubt, vanished_tickets
from auditor.evidence.manifest import SourceRun
from auditor.evidence.store import Store
from auditor.model.arrow import to_arrow
from auditor.model.tables import Ticket
from auditor.providers.systems import Systems
from tests.cases import AT, config, hour, ticket
from tests.stored import store_run

SETTINGS = config(sources=[{"name": "board", "kind": "tickets-file", "path": "board.csv"}])
READER = Reader(People(SETTINGS), Systems(SETTINGS), SETTINGS)
LATER = AT + timedelta(days=1)
WORK = AT - hour(3.5)


@pytest.fixture
def gone(tmp_path):
    """What is left of tickets that runs knew one after another."""

    def read(*runs: list[dict[str, Any]]) -> list[Ticket]:
        store = Store(str(tmp_path / "evidence"))
        for number, told in enumerate(runs):
            at = AT + timedelta(hours=number)
            with store.lock():
                staging = store.staging(f"run-{number}", at)
                rows = [ticket(source="board", collected_at=at, **one) for one in told]
                parts = staging.write("board", Ticket, to_arrow(Ticket, rows))
                fared = {"board": SourceRun(kind="tickets-file", status="ok")}
                store.commit(staging, parts, version="1", sources=fared)
        return list(vanished_tickets(store, SETTINGS, (AT - timedelta(days=30), LATER)))

    return read


A, B = {"ticket": "A-1"}, {"ticket": "B-1"}


def test_a_ticket_that_is_in_no_source_any_more_is_told_as_it_was_read_last(gone) -> None:
    (row,) = gone([A, B], [{**A, "title": "Later"}, B], [B], [B])
    assert (row.ticket, row.title) == ("A-1", "Later")


@pytest.mark.parametrize("runs", [([A],), ([A], [A]), ([A], [A, B]), ([A], [B], [A, B])])
def test_what_is_still_there_or_there_again_is_not_gone(gone, runs) -> None:
    assert gone(*runs) == []


def test_tickets_of_a_source_that_is_left_out_since_are_gone_but_for_those_that_another_has(tmp_path) -> None:
    store = Store(str(tmp_path / "evidence"))
    store_run(store, "old", AT, *(ticket(name, source="jira", collected_at=AT) for name in ("A-1", "B-1")))
    store_run(store, "new", LATER, ticket("B-1", source="board", collected_at=LATER))
    assert [row.ticket for row in vanished_tickets(store, SETTINGS, (AT - timedelta(days=30), LATER))] == ["A-1"]


def told(*rows: Ticket) -> Allowed:
    return Allowed([], SETTINGS.policy.overlap_tolerance, LATER, gone=in_doubt(rows, READER, LATER))


def test_what_it_may_have_allowed_cannot_be_told_and_nothing_else_is_in_doubt() -> None:
    allowed = told(ticket(person="nina"))
    work = allowed.work("nina", "checkout", None, WORK, WORK)
    assert (work.where, work.reason) == (
        Where.UNKNOWN,
        "PAY-184 was read on an earlier night and is in no source any more",
    )
    others = (("leon", "checkout", WORK), ("nina", "search", WORK), ("nina", "checkout", AT + hour(9)))
    for person, system, at in others:
        assert allowed.work(person, system, None, at, at).where is Where.NOWHERE


def test_one_that_came_to_nothing_leaves_no_doubt() -> None:
    allowed = told(ticket(person="nina", status="Cancelled", approver=None, approved_at=None, approval=None))
    assert allowed.work("nina", "checkout", None, WORK, WORK).where is Where.NOWHERE
