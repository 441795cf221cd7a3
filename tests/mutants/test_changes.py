"""The changes that `make mutants` tries: each is valid code, unlike the original, and at the place that it says."""

import ast
from pathlib import Path

import pytest

from tests.mutants.changes import mutants_of, shuffled


def changed(text):
    """What stands on the changed line, by what was changed."""
    return {one.what: one.source.splitlines()[one.line - 1].strip() for one in mutants_of(text, "x.py")}


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("a < b", "Lt becomes LtE", "a <= b"),
        ("a < b is c", "Is becomes IsNot", "a < b is not c"),
        ("a and b", "And becomes Or", "a or b"),
        ("a + b", "Add becomes Sub", "a - b"),
        ("x = not a", "not is lost", "x = not not a"),
        ("if a: b()", "negated: if a", "if not a:"),
        ("[a for a in b if c]", "lost: if c", "[a for a in b]"),
        ("min(a)", "min becomes max", "max(a)"),
        ("x = True", "True becomes False", "x = False"),
        ("x = 2", "2 becomes 3", "x = 3"),
        ("a, b = text.split(at, 1)", "1 becomes 2", "a, b = text.split(at, 2)"),
    ],
)
def test_a_line_is_changed(text, what, line):
    assert changed(text)[what] == line


@pytest.mark.parametrize(
    ("body", "what", "line"),
    [
        ("return a", "None returned: a", "return None"),
        ("x['a'] = b", "removed: x['a'] = b", "pass"),
        ("a.append(b)", "removed: a.append(b)", "pass"),
        ("del x['a']", "removed: del x['a']", "pass"),
        ("x = 'word'", "'word' becomes 'wordx'", "x = 'wordx'"),
    ],
)
def test_a_line_of_a_function_is_changed(body, what, line):
    assert changed(f"def f():\n    {body}")[what] == line


@pytest.mark.parametrize(
    "text",
    [
        '"""A docstring."""',
        "def f(a: 'int') -> 'int':\n    x = 'a whole sentence'",
        "@rule('standing/unused', 3)\ndef f(): x = f'{a:>10} is said'",
        "def f(): raise ValueError('no', 3)",
        "field(description='word')",
        "zip(a, b, strict=True)",
        "class C(Struct, frozen=True): x: int",
        "def f(a): del a",
        "text.rsplit(at, 1)[-1]",
        "WORDS = ('table', 'of', 'words')",
        "if TYPE_CHECKING: import x",
    ],
)
def test_what_is_for_people_and_what_is_data_is_left_alone(text):
    assert set(changed(text)) <= {"removed: raise ValueError('no', 3)"}


def test_a_mutant_knows_the_function_that_a_test_must_have_run():
    (one,) = mutants_of("class C:\n    @cached\n    def f(self):\n        a()\n", "x.py")
    assert (one.line, one.function, one.first_lines) == (4, "f", (3, 2))


def test_a_cached_function_is_tried_by_the_tests_of_its_file():
    cached, plain = mutants_of("@lru_cache(8)\ndef f():\n    a()\ndef g():\n    b()\n", "x.py")
    assert (cached.first_lines, plain.first_lines) == ((), (4,))


def test_a_seeds_sample_stays_whatever_becomes_of_other_functions():
    mine, other = "def f():\n    a < b\n    c == 1 and d\n", "def g(): return x > 2\n"
    before = [one.what for one in shuffled(mutants_of(mine, "x.py"), "1")]
    after = [one.what for one in shuffled(mutants_of(other + mine, "x.py"), "1") if one.function == "f"]
    assert before == after
    assert len(before) == 4


def test_every_mutant_of_a_file_is_python_and_differs():
    text = ast.unparse(ast.parse(Path(__file__).read_text()))
    sources = {one.source for one in mutants_of(text, "x.py")}
    assert text not in sources
    assert len(sources) == len(mutants_of(text, "x.py"))


def test_none_is_not_returned_for_what_says_the_same():
    assert list(changed("def f(): return False")) == ["False becomes True"]
