"""Tickets that two runs know differently."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.case.people import People
from auditor.case.rewritten import rewritten_tickets
from auditor.config.kept_policy import kept_policy
from auditor.evidence.manifest import POLICY, SourceRun
from auditor.evidence.store import Store
from auditor.model.arrow import to_arrow
from auditor.model.findings import Finding
from auditor.model.tables import Ticket
from auditor.rules import tasks
from tests.cases import AT, case, config, hour, judged, ticket

BOARD = {"name": "board", "kind": "tickets-file", "path": "board.csv"}
SOURCES = [{**BOARD, "name": "wiki"}, BOARD]
LATER = AT + timedelta(days=1)


@pytest.fixture
def known(tmp_path):
    """What is told of a ticket that the run at AT knew as `before` and that of the next day as `after`."""

    def read(before: dict[str, Any], after: dict[str, Any], *, version: str = "1", **settings: Any) -> Any:
        store = Store(str(tmp_path / "evidence"))
        for at, said, how, those in ((AT, before, "1", {}), (LATER, after, version, settings)):
            with store.lock():
                staging = store.staging(f"run-{at:%d}", at)
                rows = [ticket(source="board", collected_at=at, edited_at=None, **said)]
                runs = {"board": SourceRun(kind="tickets-file", status="ok")}
                kept = {POLICY: kept_policy(config(**{"sources": SOURCES, **those}))}
                parts = staging.write("board", Ticket, to_arrow(Ticket, rows))
                store.commit(staging, parts, version=how, sources=runs, kept=kept)
        now = config(sources=SOURCES)
        return rewritten_tickets(store, now, People(now), (AT - timedelta(days=30), LATER))

    return read


ENDED = {"ends_at": AT - hour(3)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ENDED, {"ends_at": AT - hour(1)}),
        ({"person": "nina"}, {"person": "mia"}),
        ({"requester": "nina", "person": "me"}, {"person": "mia"}),
        ({"level": "read"}, {"level": "write"}),
        ({"level": "read", "starts_at": None}, {"level": "write"}),
        ({"level": "read", "starts_at": None, "approved_at": None}, {"level": "write"}),
    ],
)
def test_what_says_something_else_since_the_run_before_was_rewritten(known, before, after) -> None:
    (edit,) = known(before, after).values()
    assert (edit.seen, edit.changed) == (AT, LATER)
    assert list(edit.before) == list(edit.after) == list(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ENDED, ENDED),
        (ENDED, {**ENDED, "closed_at": AT - hour(2), "closeout": "done"}),
        ({"level": None}, {"level": "write"}),
        ({"person": "nina"}, {"person": "Nina@harbour.example"}),
        ({"requester": "nina", "person": "me"}, {"requester": "nina", "person": "Nina@harbour.example"}),
        ({"systems": ("checkout",), "level": "write"}, {"systems": ("Checkout service",), "level": "RW"}),
        ({"starts_at": AT + hour(1), "ends_at": AT + hour(2)}, {"starts_at": AT + hour(1), "ends_at": AT + hour(3)}),
        ({**ENDED, "closed_at": AT - hour(900)}, {"ends_at": AT - hour(1), "closed_at": AT - hour(900)}),
        ({"kind": "incident", **ENDED}, {"kind": "incident", "ends_at": AT - hour(1)}),
    ],
)
def test_what_is_only_added_or_lies_ahead_is_no_edit(known, before, after) -> None:
    assert known(before, after) == {}


@pytest.mark.parametrize(
    "how", [{"version": "2"}, {"timezone": "Europe/Paris"}, {"sources": [SOURCES[0], {**BOARD, "path": "other.csv"}]}]
)
def test_what_was_read_another_way_is_not_compared(known, how) -> None:
    assert known(ENDED, {"ends_at": AT - hour(1)}, **how) == {}


def test_the_rule_says_what_was_another(known) -> None:
    (edit,) = known(ENDED, {"ends_at": AT - hour(1)}).values()
    told = case(tickets=[ticket(edited_at=None)], rewritten={edit.ticket: edit})
    (found,) = judged(tasks.rewritten, told)
    assert isinstance(found, Finding)
    assert "ends_at was another" in found.summary
    assert found.facts["ends_at"] == "2026-10-02T09:00:00Z -> 2026-10-02T11:00:00Z"
