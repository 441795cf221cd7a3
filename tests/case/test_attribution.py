"""What the log of a period tells of those who acted in it."""

import pytest

from auditor.activity.results import IncidentEvent
from auditor.case.attribution import signs
from auditor.case.ticket_times import Sign
from auditor.model.vocabulary import ActorClass
from tests.cases import AT, AWS, PIXEL, hour

CHANGE = {
    "event_id": "e-1",
    "time": AT,
    "until": AT + hour(0.1),
    "altogether": 2,
    "person": "nina",
    "actor_class": ActorClass.PERSON,
    "principal": f"arn:aws:iam::{AWS}:user/nina",
    "provider": "aws",
    "scope": AWS,
    "system": "checkout",
    "session": None,
    "category": "change",
    "action": "ecs:UpdateService",
    "level": "write",
    "outcome": "ok",
    "resource": None,
    "source_ip": None,
    "invoked_by": None,
    "ticket": None,
    "detail": None,
    "evidence": PIXEL,
}
SIGN = Sign("nina", "checkout", AT, AT + hour(0.1))


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({}, [SIGN]),
        ({"category": "grant"}, [SIGN]),
        ({"category": "read"}, []),
        ({"outcome": "denied"}, []),
        ({"person": None}, []),
    ],
)
def test_changes_that_people_made_are_signs_that_they_still_work_on_it(told: dict, found: list[Sign]) -> None:
    assert list(signs("checkout", [IncidentEvent(**{**CHANGE, **told})])) == found
