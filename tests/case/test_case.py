"""What every rule asks of its case."""

import pytest

from auditor.model.vocabulary import ActorClass
from tests.cases import AWS, case, episode


@pytest.mark.parametrize(
    ("person", "system", "called"),
    [("nina", "checkout", ("Nina", "Checkout")), ("x", "y", ("x", "y")), (None, None, ("somebody", "production"))],
)
def test_people_and_systems_are_called_as_the_configuration_does_else_by_their_ids(
    person: str | None, system: str | None, called: tuple[str, str]
) -> None:
    assert (case().name(person), case().system_name(system)) == called


def test_what_no_system_claims_is_told_by_whoever_did_it() -> None:
    nobody = {"actor_class": ActorClass.UNKNOWN, "person": None}
    some = [
        episode("nina", None),
        episode("nina", None, scope="2"),
        episode(None, None, **nobody, account="a", actor="b"),
        episode(None, None, **nobody, account=None, actor="b"),
        episode(None, None, **nobody, account=None, actor=None),
        episode("nina", None, changes=0),
        episode("nina", "checkout"),
    ]
    found = case(episodes=some).unplaced
    assert [(who, scope, len(those)) for (who, _, scope), those in found.items()] == [
        ("Nina", AWS, 1),
        ("Nina", "2", 1),
        ("a", AWS, 1),
        ("b", AWS, 1),
        ("somebody", AWS, 1),
    ]
