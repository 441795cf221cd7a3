"""What monitoring told around releases and changes by hand, from stored curves."""

from datetime import timedelta

import pytest

from auditor.case.after_changes import after_changes, measured
from auditor.case.releases import Release
from auditor.evidence.store import Store
from auditor.ledger import Ledger
from auditor.model.signals import Signal, Sort
from auditor.model.tables import Deployment
from reports.after_changes import after_view
from tests.cases import AT, case, config, episode, hour, row, ticket
from tests.stored import store_run

SOURCE = {"name": "metrics", "kind": "prometheus", "path": "saved"}
SEARCH = {"system": "checkout", "name": "errors", "source": "metrics", "query": "up", "unit": "errors/s"}
WATCHED = config(sources=[SOURCE], signals=[SEARCH])


@pytest.fixture
def store(tmp_path):
    """Two days of a value a minute: quiet, but for half an hour from four hours before noon on, and a hole."""
    store = Store(str(tmp_path / "evidence"))
    begin = AT - timedelta(days=2)
    moments = [begin + timedelta(minutes=number) for number in range(2 * 24 * 60)]
    rows = [
        Signal(
            source="metrics",
            collected_at=AT,
            origin="saved/checkout/errors.json",
            kind="curve",
            system="checkout",
            name="errors",
            time=moment,
            value=5.0 if AT - hour(4) <= moment < AT - hour(3.5) else 0.1,
            unit="errors/s",
            step=60,
        )
        for moment in moments
        if not AT - hour(20) <= moment < AT - hour(18)
    ]
    store_run(store, "r1", AT, *rows)
    return store


def released(back, **changes):
    fields = {"deployment_id": "7", "time": AT - hour(back), "status": "success", "actor": "gitlab:ci"}
    return Release(row=Deployment(**row(**{**fields, **changes})), system="checkout")


def test_each_change_is_measured_with_its_ticket_or_without(store):
    inside = episode(starts_at=AT - hour(3.9), uncovered=0, uncovered_from=None, uncovered_to=None)
    told = case(
        config=WATCHED,
        tickets=[ticket()],
        episodes=[inside, episode("sam", starts_at=AT - hour(4)), episode("leon", starts_at=AT - hour(10))],
        releases=[released(30), released(40, status="created")],
    )
    release, quiet, risen, later = after_changes(store, told)
    assert (release.sort, release.ticketed, release.rose) == (Sort.RELEASE, None, False)
    assert (quiet.who, quiet.ticketed, quiet.rose) == ("leon", False, False)
    assert (risen.who, risen.ticketed, risen.rose) == ("sam", False, True)
    (curve,) = risen.curves
    assert (curve.name, round(curve.before, 2), curve.unseen) == ("errors", 0.1, 0)
    assert curve.after > curve.before
    # What was high before a change did not rise after it.
    assert (later.who, later.ticket, later.ticketed, later.rose) == ("nina", "PAY-184", True, False)
    assert measured((release, quiet, risen, later)) == (4, 1)


def test_where_values_are_missing_nothing_is_judged(store):
    unseen = [episode(starts_at=AT - hour(back)) for back in (19, 60)]
    found = after_changes(store, case(config=WATCHED, episodes=unseen))
    assert [one.rose for one in found] == [None, None]
    assert after_view(found, WATCHED).sentence == "What monitoring told after changes is not known of any of 2."


def test_the_figures_stand_in_one_sentence_and_those_that_rose_in_a_table(store):
    episodes = [
        episode("sam", starts_at=AT - hour(4)),
        episode("leon", starts_at=AT - hour(10)),
        episode(starts_at=AT - hour(19)),
    ]
    told = case(config=WATCHED, episodes=episodes, releases=[released(30)])
    view = after_view(after_changes(store, told), WATCHED)
    assert view.sentence == (
        "Within half an hour a curve of monitoring rose after 1 of 2 changes by hand without a ticket and 0 of 1 releases. "
        "Of 1 other it is not known. Near in time is no cause."
    )
    (shown,) = view.rows
    assert (shown.who, shown.what) == ("Sam", "change by hand of Checkout without a ticket")
    assert shown.rose == "errors from 0.1 to 5 errors/s"


def test_where_monitoring_is_asked_nothing_nothing_is_said(store):
    assert after_changes(store, case(episodes=[episode()])) is None
    assert after_view(None, WATCHED).sentence == ""


def test_the_ledger_keeps_the_figures_of_each_run(tmp_path):
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        ledger.record("r1", AT, [])
        ledger.record("r2", AT + hour(24), [])
        ledger.measure("r2", 17, 3)
        assert [(run.changes, run.rose) for run in ledger.history()] == [(None, None), (17, 3)]
