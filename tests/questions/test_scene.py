"""What a review is about: a system and times, or a ticket that tells both."""

from datetime import timedelta
from pathlib import Path

import pytest

from auditor.errors import UsageError
from auditor.evidence.store import Store
from auditor.options import RunOptions
from auditor.questions.scene import incidents, scene
from auditor.questions.times import Times
from tests.cases import AT, config, hour, ticket
from tests.stored import store_run

SETTINGS = config(sources=[{"name": "tickets", "kind": "tickets-file", "path": "tickets.json"}])
OPEN = {
    "kind": "incident",
    "work": "incident",
    "opened_at": AT - hour(2),
    "starts_at": None,
    "approved_at": None,
    "closed_at": None,
}
TICKETS = [
    ticket("INC-40", source="tickets", url="https://pager.example/INC-40", **OPEN),
    ticket("INC-39", source="tickets", **{**OPEN, "opened_at": AT - hour(9), "closed_at": AT - hour(7)}),
    ticket("PAY-184", source="tickets", ends_at=AT - hour(3), closed_at=None),
    ticket("PAY-2", source="tickets", systems=("checkout", "search")),
    ticket("PAY-3", source="tickets", systems=()),
    ticket("PAY-4", source="tickets", systems=("billing",)),
    ticket("PAY-5", source="tickets", systems=("billing", "checkout")),
    ticket("a/b$(id)#6", source="tickets", systems=()),
]


@pytest.fixture(scope="module")
def options(tmp_path_factory):
    place = tmp_path_factory.mktemp("scene") / "evidence"
    store = Store(str(place))
    store_run(store, "night", AT - hour(1), *TICKETS)
    return RunOptions(
        config=SETTINGS, at=AT, period=timedelta(0), evidence=str(place), output=Path("output"), workers=1
    )


def spans(found):
    return found.system.id, found.from_, found.to


def test_a_system_with_a_length_ends_now(options):
    assert spans(scene(options, "checkout", None, Times(last=hour(2)))) == ("checkout", AT - hour(2), AT)
    assert spans(scene(options, None, "checkout", Times(last=hour(2)))) == ("checkout", AT - hour(2), AT)


def test_an_open_incident_is_told_from_an_hour_before_it_until_now(options):
    found = scene(options, "INC-40", None, Times())
    assert spans(found) == ("checkout", AT - hour(3), AT)
    assert found.ticket.ticket == "INC-40"


@pytest.mark.parametrize("named", ["inc-40", " INC-40 ", "https://pager.example/INC-40"])
def test_a_ticket_is_known_in_any_case_and_by_its_address(options, named):
    assert scene(options, named, None, Times()).ticket.ticket == "INC-40"


def test_a_closed_incident_ends_with_its_closing(options):
    assert spans(scene(options, "INC-39", None, Times()))[1:] == (AT - hour(10), AT - hour(7))


def test_any_other_ticket_is_told_from_its_opening_to_its_end(options):
    assert spans(scene(options, "PAY-184", None, Times()))[1:] == (AT - hour(5), AT - hour(3))


def test_times_that_are_given_go_before_the_tickets(options):
    found = scene(options, "INC-40", None, Times(from_=AT - hour(8), to=AT - hour(1)))
    assert spans(found)[1:] == (AT - hour(8), AT - hour(1))
    assert spans(scene(options, "INC-40", None, Times(last=hour(1))))[1:] == (AT - hour(1), AT)


def test_of_a_ticket_that_names_several_systems_one_is_chosen(options):
    assert scene(options, "PAY-2", "search", Times()).system.id == "search"


def test_what_a_ticket_names_and_nobody_knows_is_kept_to_be_told(options):
    found = scene(options, "PAY-5", None, Times())
    assert (found.system.id, found.unknown) == ("checkout", ("billing",))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("PAY-2", None), ("PAY-2 names several systems: checkout and search.", "PAY-2 --system checkout`.")),
        (("PAY-3", None), ("PAY-3 names no system.", "`auditor incident PAY-3 --system checkout`.")),
        (("PAY-4", None), ("PAY-4 names billing, which auditor.yaml does not know.", "give a system of auditor.yaml")),
        (("a/b$(id)#6", None), ("a/b$(id)#6 names no system.", "`auditor incident 'a/b$(id)#6' --system checkout`.")),
        (("INC-41", None), ("There is no ticket 'INC-41' in the evidence.", "Run `auditor collect`")),
        (("chekout", None), ("There is no system or ticket 'chekout'.", "Did you mean checkout?")),
        (("INC-40", "chekout"), ("There is no system 'chekout'.", "Did you mean checkout?")),
        (
            ("Mia", None),
            (
                "There is no system or ticket 'Mia'.",
                "Mia is a person: ask `auditor findings --person mia` or `auditor fit mia`.",
            ),
        ),
        ((None, None), ("It is not said what the review is about.", "`auditor incident checkout --last 2h`")),
        (("checkout", None), ("It is not said when the incident began.", "Give --from TIME, or --last LENGTH.")),
    ],
)
def test_what_cannot_be_told_is_said_with_what_to_do(options, asked, said):
    with pytest.raises(UsageError) as raised:
        scene(options, *asked, Times())
    what, *_, do = raised.value.diagnostics()
    assert what == said[0]
    assert said[1] in do


def test_how_far_tickets_are_known_is_said_where_one_is_missing(options):
    with pytest.raises(UsageError, match="INC-41") as raised:
        scene(options, "INC-41", None, Times())
    assert raised.value.means == "Tickets are known until 2 Oct 2026 13:00 CEST."


def test_incidents_are_listed_the_latest_first(options):
    assert incidents(options) == ["INC-40", "INC-39"]
