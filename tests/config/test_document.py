import pytest

from auditor.config.document import dotted, parse


def test_scalars_follow_the_core_schema():
    text = "[1, -2, 1.5, true, False, null, ~, '', no, 010, 1_000, 12:30, 2024-01-01, 0x1f, 1e3, '1']"

    assert parse("a.yaml", text).data == [
        1, -2, 1.5, True, False, None, None, "", "no", "010", "1_000", "12:30", "2024-01-01", "0x1f", "1e3", "1",
    ]  # fmt: skip


def test_keys_are_always_text():
    assert parse("a.yaml", "{1: a, true: b, null: c}").data == {"1": "a", "true": "b", "null": "c"}


def test_every_key_and_item_has_its_line():
    document = parse("a.yaml", "people:\n  - id: nina\n    accounts:\n      - a\n      - b\n")

    assert document.line(("people", 0, "accounts", 1)) == 5
    assert document.line(("people", 0, "email")) == 2
    assert document.line(("nowhere",)) == 1


def test_find_walks_lists_and_mappings_and_passes_over_other_shapes():
    document = parse("a.yaml", "people: [{accounts: [a, b]}, {accounts: c}, nonsense]")

    assert list(document.find("people.*.accounts.*")) == [
        (("people", 0, "accounts", 0), "a"),
        (("people", 0, "accounts", 1), "b"),
    ]


def test_paths_read_as_people_write_them():
    assert dotted(("people", 2, "accounts", 0)) == "people[2].accounts[0]"
    assert dotted(()) == "(file)"


@pytest.mark.parametrize(
    ("text", "line", "problem", "hint"),
    [
        ("a: [1\nb: 2\n", 2, "did not find expected ',' or ']'", "brackets"),
        ("a: 1\nb:\n\tc: 1\n", 3, "cannot start any token", "indent with spaces"),
        ("a: 'x\nb: 1\n", 3, "quoted scalar begun on line 1", "quotes"),
        ("a: 1\nü: \x07\n", 2, "U+0007 is not allowed", "remove it"),
        ("a: 1\n---\nb: 1\n", 2, "second document", ""),
        ("a: 1\nb: *c\n", 2, "&c", ""),
        ("a: &a [*a]\n", 1, "&a", ""),
        ("[a, b]: 1\n", 1, "expected a name before the colon", ""),
        ("%YAML 3.0\n---\na: 1\n", 1, "incompatible", ""),
        (f"a: {'[' * 200_000}", 1, "levels inside each other", ""),
    ],
)
def test_broken_yaml_is_one_mistake_with_its_line(text, line, problem, hint):
    document = parse("a.yaml", text)

    assert document.data is None
    [mistake] = document.mistakes
    assert mistake.where == f"a.yaml:{line}"
    assert problem in mistake.problem
    assert hint in mistake.hint


def test_aliases_inside_aliases_do_not_blow_up():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)]

    assert "values" in parse("a.yaml", "\n".join(lines)).mistakes[0].problem


def test_every_doubled_key_is_a_mistake_and_the_first_value_stays():
    document = parse("a.yaml", "a: 1\nb: {c: 1, c: 2}\na: 3\n")

    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [(m.where, m.path) for m in document.mistakes] == [("a.yaml:2", "b.c"), ("a.yaml:3", "a")]
    assert document.mistakes[1].problem == "the key is here twice, first on line 1"


def test_tags_are_mistakes():
    document = parse("a.yaml", "a: !!python/object/apply:os.system [true]\n")

    assert "is not supported" in document.mistakes[0].problem
