"""The level that people's words ask for."""

import pytest

from auditor.model.levels import level_said


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("write access to prod", "write"),
        ("Root on web-1", "admin"),
        ("read access for root cause analysis", "read"),
        ("any except admin", "any except admin"),
        ("everything but write", "everything but write"),
        ("alles außer schreiben", "alles außer schreiben"),
        ("read and write", "read and write"),
        ("root cause analysis", "root cause analysis"),
    ],
)
def test_a_level_is_told_by_one_word_that_nothing_denies(text: str, level: str) -> None:
    assert level_said(text) == level
