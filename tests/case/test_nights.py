"""Who could change production when earlier runs were judged, as their judgements keep it."""

from datetime import timedelta

import msgspec
import pytest

from auditor.case.nights import ACCESS, nights
from auditor.evidence import judgements
from auditor.evidence.store import Store
from auditor.model.entitlements import Identity
from auditor.model.vocabulary import ActorClass, Level
from tests.cases import AT, PIXEL, access, hour
from tests.stored import store_run

DAY = timedelta(days=1)
NINA, MIA = access("nina"), access("mia")
ROBOT = access("ci", identity=Identity(account="ci", actor_class=ActorClass.PIPELINE, owner="mia", how="-"))


@pytest.fixture
def store(tmp_path):
    return Store(str(tmp_path))


def ran(store, days, status="ok", source=PIXEL.source):
    """A run so many days before now, not yet judged."""
    store_run(store, f"r{-days * 24:g}", AT + days * DAY, read=[source], status=status)


def judged(store, days, *paths, later=0.5, kept=None):
    """A judgement of that run, with its paths or other bytes in their place."""
    documents = {ACCESS: msgspec.json.encode(paths)} if kept is None else kept
    with store.lock():
        judgements.record(store, f"r{-days * 24:g}", AT + days * DAY + hour(later), version="1", kept=documents)


def people(store, now=(), since=AT - 7 * DAY, at=AT):
    """When who could change something, by the days before now; and of which runs that is lost."""
    found, lost = nights(store, now, since, at)
    return [((night.at - AT) / DAY, [path.person for path in night.access]) for night in found], list(lost)


def test_without_a_run_there_is_no_night(store):
    assert people(store, [NINA]) == ([], [])


def test_each_judged_run_since_a_time_and_the_last_before_it(store):
    for days in (-9, -8, -7, -1, 0):
        ran(store, days)
    for days, path in ((-9, MIA), (-8, NINA), (-1, MIA)):
        judged(store, days, path)
    assert people(store, [NINA]) == ([(-8, ["nina"]), (-1, ["mia"]), (0, ["nina"])], [])
    judged(store, -7, NINA, MIA)
    assert people(store, [NINA])[0][0] == (-7, ["nina", "mia"])
    assert people(store, [MIA], at=AT - hour(1))[0] == [(-7, ["nina", "mia"]), (-1, ["mia"])]


def test_of_a_run_that_was_judged_again_the_last_judgement_counts(store):
    ran(store, -1)
    judged(store, -1, NINA)
    judged(store, -1, MIA, later=1)
    ran(store, 0)
    judged(store, 0, NINA)
    assert people(store) == ([(-1, ["mia"]), (0, [])], [])


@pytest.mark.parametrize("kept", [{}, {"other.json": b"[]"}, {ACCESS: b"["}, {ACCESS: b'[{"person": 1}]'}])
def test_a_run_whose_paths_cannot_be_read_is_told(store, kept):
    ran(store, -1)
    judged(store, -1, kept=kept)
    ran(store, 0)
    assert people(store) == ([(0, [])], ["r24"])


def test_what_was_kept_and_altered_since_is_told(store, tmp_path):
    ran(store, -1)
    judged(store, -1, NINA)
    ran(store, 0)
    (file,) = judgements.judgements(store)[0].kept
    (tmp_path / file.path).write_bytes(b"x")
    assert people(store) == ([(0, [])], ["r24"])


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        (NINA, True),
        (access("nina", level=Level.READ), False),
        (access("nina", eligible=True), False),
        (ROBOT, False),
    ],
)
def test_what_people_held_that_changes_something_counts(store, path, counts):
    ran(store, 0)
    assert people(store, [path]) == ([(0, [path.person] if counts else [])], [])


def test_what_rests_on_a_source_that_could_not_be_read_may_have_changed(store):
    ran(store, -1, status="failed")
    judged(store, -1, NINA)
    ran(store, 0, source="another")
    assert people(store, [NINA]) == ([(-1, []), (0, [])], [])
