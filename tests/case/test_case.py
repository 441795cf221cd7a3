"""What every rule asks of its case."""

import pytest

from tests.cases import case


@pytest.mark.parametrize(
    ("person", "system", "called"),
    [("nina", "checkout", ("Nina", "Checkout")), ("x", "y", ("x", "y")), (None, None, ("somebody", "production"))],
)
def test_people_and_systems_are_called_as_the_configuration_does_else_by_their_ids(
    person: str | None, system: str | None, called: tuple[str, str]
) -> None:
    assert (case().name(person), case().system_name(system)) == called
