"""The tickets of a stretch of time, picked before they are made into rows."""

import random
from datetime import timedelta

import pytest

from auditor.case.people import People
from auditor.case.ticket_people import Reader
from auditor.case.windows import ticket_refs
from auditor.evidence.snapshots import snapshots, tickets_between
from auditor.evidence.store import Store
from auditor.model.tables import Ticket
from auditor.providers.systems import Systems
from tests.cases import AT, config, hour, ticket
from tests.stored import store_run

FROM, TO = AT - hour(30), AT - hour(20)
SOURCES = [{"name": name, "kind": "tickets-file", "path": f"{name}.csv"} for name in ("board", "export")]


@pytest.fixture
def stored(tmp_path):
    """Puts tickets of two sources into a store and gives its settings."""

    def put(*tickets):
        store = Store(str(tmp_path / "evidence"))
        store_run(store, "night", AT, *tickets)
        return store, config(sources=SOURCES)

    return put


def some(number: int, chance: random.Random) -> Ticket:
    """A ticket with any of its times missing."""
    start = AT - timedelta(minutes=chance.randrange(60 * 60))
    times = {
        "opened_at": start - hour(chance.random() * 9),
        "approved_at": start - hour(chance.random()),
        "starts_at": start,
        "ends_at": start + hour(chance.random() * 9),
        "closed_at": start + hour(chance.random() * 20),
    }
    kept = {name: time if chance.random() < 0.6 else None for name, time in times.items()}
    kind = chance.choice(["access", "incident", " Incident", "change", "?"])
    return ticket(f"PAY-{number}", kind=kind, source="board", **kept)


def windows(tickets, settings):
    refs = ticket_refs(tickets, Reader(People(settings), Systems(settings), settings), AT)
    return {window for ref in refs for window in ref.windows if window.overlaps(FROM, TO, timedelta(0))}


def test_no_window_of_that_time_is_missed_and_most_other_tickets_are_left_out(stored):
    chance = random.Random(7)
    store, settings = stored(*(some(number, chance) for number in range(2000)))
    picked, every = tickets_between(store, settings, AT, FROM, TO), snapshots(store, settings, AT).tickets
    assert windows(picked, settings) == windows(every, settings) != set()
    assert len(picked) < len(every) / 2


def test_a_ticket_that_another_source_knows_to_be_closed_is_not_open(stored):
    then = FROM - hour(9)
    early = {"opened_at": then, "approved_at": then, "starts_at": then, "ends_at": None, "source": "export"}
    store, settings = stored(
        ticket(kind="incident", closed_at=None, **early),
        ticket(kind="incident", closed_at=FROM - hour(8), **{**early, "source": "board"}),
    )
    (picked,) = tickets_between(store, settings, AT, FROM, TO)
    assert picked.source == "board"
    assert windows([picked], settings) == set()
