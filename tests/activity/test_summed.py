"""What no rule judges one by one is added up in the engine: what leaves it does not follow the number of sessions."""

from collections import Counter
from contextlib import closing
from datetime import timedelta

import duckdb
import pytest

from auditor.activity.digest import Digester
from auditor.activity.engine import DuckDB
from auditor.model.tables import Activity
from auditor.providers.registry import log_traits
from tests.activity.acts import BEGIN, HOUR, LIMITS, act, at, digested, finished, look, written
from tests.copies import replace


class Counting(DuckDB):
    """An engine that counts the rows that leave it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        super().__init__(connection)
        self.left: Counter[str] = Counter()

    def rows(self, query: str):
        for row in super().rows(query):
            self.left[query] += 1
            yield row

    def batches(self, query: str, size: int = 100_000):
        for batch in super().batches(query, size):
            self.left[query] += batch.num_rows
            yield batch


def sparse(number: int, who: str = "eve", **columns) -> list[Activity]:
    """So many sessions of one act each, no two of them alike but in who did it, and where."""
    times = [BEGIN + n * (29 * 24 * HOUR / number) for n in range(number)]
    other = [act(time, who, f"checkout/{n}", source_ip=f"203.0.{n % 200}.7", **columns) for n, time in enumerate(times)]
    return [*other, *(replace(one, resource=None, event_id=f"{one.event_id}b") for one in other)]


@pytest.mark.parametrize("who", ["eve", "backup"])
def test_what_leaves_the_engine_does_not_follow_the_sessions_of_those_whom_nobody_declares(tmp_path, who) -> None:
    left = []
    for number in (60, 480):
        folder = tmp_path / str(number)
        folder.mkdir()
        limits = replace(LIMITS, episodes=50)
        with closing(duckdb.connect()) as connection:
            engine = Counting(connection)
            digest = finished(Digester(engine, written(sparse(number, who), folder), limits, log_traits()), (), limits)
        assert sum(episode.events for episode in digest.episodes) == 2 * number
        left.append(sum(rows for query, rows in engine.left.items() if "FROM touched_resources" not in query))
    assert left[1] <= left[0] + 1


def test_sessions_of_an_account_that_nobody_declares_stand_in_one_with_their_number() -> None:
    rows = [act("3 10:00", "eve"), act("5 10:00", "eve"), look("7 10:00", "eve"), look("7 11:00", "eve")]
    reading, changing = sorted(digested(rows).episodes, key=lambda one: one.changes)
    assert (changing.sittings, changing.changes, changing.events) == (2, 2, 2)
    assert (reading.sittings, reading.changes, reading.events) == (2, 0, 2)
    assert (changing.starts_at, changing.ends_at) == (at("3 10:00"), at("5 10:00"))
    assert changing.first_event == changing.sample.event_id == rows[0].event_id
    assert [(one.starts_at, one.changes, one.events) for one in changing.stretches] == [
        (at("3 10:00"), 1, 1),
        (at("5 10:00"), 1, 1),
    ]
    assert not changing.beyond
    assert not reading.beyond


def test_one_that_stands_for_many_shows_a_few_acts_and_slices_of_the_period() -> None:
    (here, nowhere) = sorted(digested(sparse(200)).episodes, key=lambda one: one.system is None)
    for episode in (here, nowhere):
        assert episode.sittings == 200
        assert len(episode.samples) == LIMITS.samples
        assert len(episode.stretches) <= LIMITS.drawn + 1
        assert sum(one.events for one in episode.stretches) == 200


def test_of_people_work_that_no_system_claims_is_added_up_and_the_rest_is_not() -> None:
    rows = [act(f"{day} 10:00", on=on) for day in (3, 4, 5) for on in ("checkout/api", None)]
    assert [(e.system, e.sittings) for e in digested(rows).episodes] == [
        (None, 3),
        ("checkout", 1),
        ("checkout", 1),
        ("checkout", 1),
    ]


def test_a_sitting_in_which_much_was_read_stands_by_itself() -> None:
    limits = replace(LIMITS, bulk_read=2)
    secret = {"action": "secretsmanager:GetSecretValue", "category": "secret"}
    bulk = [look(at("3 10:00") + timedelta(seconds=n), "eve", f"checkout/{n}", **secret) for n in range(3)]
    few = [look(f"{day} 10:00", "eve", "checkout/1", **secret) for day in (5, 6, 7)]
    found = {e.secrets: (e.sittings, e.starts_at) for e in digested([*bulk, *few], limits=limits).episodes}
    assert found == {3: (1, at("3 10:00")), 0: (3, at("5 10:00"))}


def test_secrets_read_on_several_systems_in_one_sitting_count_together() -> None:
    limits = replace(LIMITS, bulk_read=2)
    secret = {"action": "secretsmanager:GetSecretValue", "category": "secret"}
    rows = [look(f"3 10:0{n}", "eve", f"system-{n}/secret", **secret) for n in range(3)]
    assert [(e.secrets, e.sittings) for e in digested(rows, limits=limits).episodes] == [(1, 1)] * 3


def test_more_than_can_be_judged_leaves_the_worst_of_each_holder_and_the_number_of_the_others() -> None:
    limits = replace(LIMITS, episodes=6)
    rows = [look(f"{day} 10:00") for day in range(1, 20)] + [act("25 10:00"), act("26 10:00", "leon")]
    found = digested(rows, limits=limits).episodes
    one_by_one = [(e.person, e.changes) for e in found if not e.beyond]
    assert Counter(one_by_one) == {("nina", 1): 1, ("leon", 1): 1, ("nina", 0): 4}
    (beyond,) = (e for e in found if e.beyond)
    assert (beyond.person, beyond.sittings, beyond.events) == ("nina", 15, 15)
    assert not [e for e in digested(rows).episodes if e.beyond]
