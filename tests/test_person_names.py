"""How people's names are written, by whomever: long ones, made to be slow, are told at once."""

import pytest

from auditor.model.person_names import NAME_AND_ACCOUNT, acting


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("Tom on behalf of Mia", "Tom"),
        ("Tom (as delegate for Mia)", "Tom"),
        ("Tom,  im Auftrag von Mia", "Tom"),
        ("on behalf of Mia", "on behalf of Mia"),
        (f"Tom{' (' * 50_000}", f"Tom{' (' * 50_000}"),
        (f"Tom{' ' * 50_000}on behalf of Mia", "Tom"),
    ],
)
def test_who_acts_for_another_is_who_acted(name: str, who: str) -> None:
    assert acting(name) == who


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Nina Alvarez <nina@harbour.example>", ("Nina Alvarez", "nina@harbour.example")),
        ("Nina (x) [nina]", ("Nina (x)", "nina")),
        (" (nina)", (" ", "nina")),
        (f"Nina{' ' * 50_000}(nina)", ("Nina", "nina")),
        (f"Nina{' ' * 50_000}nina", None),
    ],
)
def test_a_name_and_the_account_behind_it_are_told_apart(text: str, parts: tuple[str, str] | None) -> None:
    found = NAME_AND_ACCOUNT.fullmatch(text)
    assert (found and found.groups()) == parts
