"""Crowds that Google lets in by one name."""

import pytest

from auditor.model.vocabulary import Level
from auditor.providers.google.crowds import trusts
from tests.cases import access
from tests.copies import replace


@pytest.mark.parametrize(
    ("account", "writes", "told"),
    [
        ("allUsers", False, "anybody on the internet (allUsers)"),
        ("allAuthenticatedUsers", True, "anybody with a Google account (allAuthenticatedUsers)"),
        ("domain:else.example", False, "everybody of else.example (domain:else.example)"),
        ("domain:quay.example", True, "everybody of quay.example (domain:quay.example)"),
        ("domain:quay.example", False, None),
        ("domain:C0abc", False, None),
        ("user:x@else.example", True, None),
    ],
)
def test_crowds_are_strangers_but_for_the_organisation_s_own_people_who_read(account, writes, told):
    level = Level.WRITE if writes else Level.READ
    path = access("x", account=account, level=level, resource="bucket", conditions=("only if a", "only if b"))
    found = list(trusts([path, replace(path, conditions=("only if b",))], ["nina@Quay.example"]))
    assert [one.whom for one in found] == ([told] if told else [])
    assert all((one.role, one.conditions, one.system) == ("bucket", ("only if b",), "checkout") for one in found)
