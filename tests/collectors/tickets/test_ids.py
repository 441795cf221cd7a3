"""Ids of tickets in what people write."""

import pytest

from collectors.tickets.ids import TICKET


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("as agreed in PAY-27, and ops/infra#12 (INC0012345)", ["PAY-27", "ops/infra#12", "INC0012345"]),
        ("https://jira.example/browse/PAY-27", []),
        ("a." * 200_000, []),
    ],
)
def test_ids_are_found_in_any_text(text, found):
    assert TICKET.findall(text) == found
