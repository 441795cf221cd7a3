"""Expressions as people and brokers write them, read into trees and worked out as far as nothing is asked for."""

import pytest

from auditor.providers.google.cel import NotUnderstoodError, parse
from auditor.providers.google.conditions import ALWAYS, alternatives


def told(node):
    """A tree in one line: what stands in it, operators before their parts."""
    if node.op == "literal":
        return repr(node.value)
    if node.op in ("name", "."):
        inside = f"{told(node.parts[0])}." if node.parts else ""
        return inside + node.value
    if node.op == "call":
        of = [told(part) for part in node.parts]
        return f"{of[0]}.{node.value}({', '.join(of[1:])})" if node.method else f"{node.value}({', '.join(of)})"
    return f"({' '.join((node.op, *map(told, node.parts)))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a || b && c", "(|| a (&& b c))"),
        ("(a || b) && c", "(&& (|| a b) c)"),
        ("a && b || c && d", "(|| (&& a b) (&& c d))"),
        ("a || b || c", "(|| (|| a b) c)"),
        ("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)"),
        ("8 / 2 % 3", "(% (/ 8 2) 3)"),
        ("a + 1 < b * 2 && c", "(&& (< (+ a 1) (* b 2)) c)"),
        ("x in ['a', 'b']", "(in x (list 'a' 'b'))"),
        ("!a.b", "(! a.b)"),
        ("!!a == -1", "(== (! (! a)) (neg 1))"),
        ("-x + -1", "(+ (neg x) (neg 1))"),
        ("a ? b : c ? d : e", "(?: a b (?: c d e))"),
        ("a || b ? c : d", "(?: (|| a b) c d)"),
        ("resource.name.startsWith('p')", "resource.name.startsWith('p')"),
        ("has(a.b)", "has(a.b)"),
        ("f()", "f()"),
        ("a.f(1, 'x',)", "a.f(1, 'x')"),
        ("a['k'][0]", "([] ([] a 'k') 0)"),
        ("{'k': 1, 'l': [2]}", "(map 'k' 1 'l' (list 2))"),
        ("{}", "(map)"),
        ("[1, 2,]", "(list 1 2)"),
        ("true && !false || null", "(|| (&& True (! False)) None)"),
        ("a // a remark\n && b", "(&& a b)"),
    ],
)
def test_operators_bind_as_the_language_says(text, tree):
    assert told(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("12u", 12),
        ("0x1F", 31),
        ("0X1fu", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("2e3", 2000.0),
        ("''", ""),
        ('"a\'b"', "a'b"),
        (r"'a\'b'", "a'b"),
        (r"'a\n\tb'", "a\n\tb"),
        (r"'\x41\u0042\U00000043\104'", "ABCD"),
        (r"'\q'", "q"),
        (r"r'\n'", r"\n"),
        (r'R"\x41"', r"\x41"),
        ("'''a'b\nc'''", "a'b\nc"),
        ('"""a"b"""', 'a"b'),
        ("b'abc'", b"abc"),
        (r"B'\x41'", b"A"),
        (r"br'\n'", rb"\n"),
        ("true", True),
        ("null", None),
    ],
)
def test_a_literal_is_its_value(text, value):
    node = parse(text)
    assert (node.op, node.value, type(node.value)) == ("literal", value, type(value))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a 'b'",
        "a 1",
        "a &&",
        "(a",
        "f(a",
        "a ? b",
        "a ? b c",
        "a.",
        "a.1",
        "[1, 2",
        "{'a' 1}",
        "{'a': 1",
        "a[0",
        "a $ b",
    ],
)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(NotUnderstoodError):
        parse(text)


@pytest.mark.parametrize("text", [r"'\U00110000'", "(" * 41 + "a" + ")" * 41, "!" * 41 + "a", " && ".join(["a"] * 302)])
def test_what_is_longer_or_deeper_than_people_write_is_refused(text):
    with pytest.raises(NotUnderstoodError):
        parse(text)


@pytest.mark.parametrize("text", ["(" * 39 + "a" + ")" * 39, "!" * 40 + "a", " && ".join(["a"] * 300)])
def test_what_people_might_write_is_read(text):
    assert parse(text).text


def test_each_part_knows_how_it_was_written():
    node = parse("a.b == 'x' &&  ( c || d )")
    assert [part.text for part in node.parts] == ["a.b == 'x'", "c || d"]


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("1 < 2", True),
        ("2 < 2", False),
        ("2 <= 2", True),
        ("3 <= 2", False),
        ("2 > 2", False),
        ("2 >= 2", True),
        ("'a' == 'a'", True),
        ("'a' != 'a'", False),
        ("'a' in ['a', 'b']", True),
        ("'c' in ['a', 'b']", False),
        ("'k' in {'k': 1}", True),
        ("1 + 2 == 3", True),
        ("3 - 2 == 1", True),
        ("-1 < 0", True),
        ("!false", True),
        ("true && false", False),
        ("true || false", True),
        ("true ? false : true", False),
        ("false ? false : true", True),
        ("has({'k': 1}.k)", True),
        ("has({'k': 1}.l)", False),
        ("'projects/shop'.startsWith('projects/')", True),
        ("'projects/shop'.startsWith('shop')", False),
        ("'projects/shop'.endsWith('shop')", True),
        ("'projects/shop'.endsWith('projects')", False),
        ("'projects/shop'.contains('/sh')", True),
        ("'projects/shop'.contains('mail')", False),
        ("timestamp('2026-03-01T12:00:00Z') == timestamp('2026-03-01T13:00:00+01:00')", True),
        ("timestamp('2026-03-01T12:00:00.123456789Z') < timestamp('2026-03-01T12:00:01Z')", True),
        ("timestamp('2026-03-01T12:00:00Z') + duration('1h30m') == timestamp('2026-03-01T13:30:00Z')", True),
        ("timestamp('2026-03-02T00:00:00Z') - timestamp('2026-03-01T00:00:00Z') == duration('24h')", True),
        ("duration('-90s') < duration('0s')", True),
        ("duration('1m') == duration('60s')", True),
        ("duration('1.5s') == duration('1500ms')", True),
        ("duration('1ms') == duration('1000us')", True),
        ("duration('2000ns') == duration('2us')", True),
    ],
)
def test_what_asks_for_nothing_always_holds_or_never(text, holds):
    assert alternatives(text) == ((ALWAYS,) if holds else ())


@pytest.mark.parametrize(
    "text",
    [
        "1 < 'a'",
        "5 in 3",
        "timestamp('soon') < timestamp('2026-03-01T12:00:00Z')",
        "timestamp('2026-03-01T12:00:00') < timestamp('2026-03-01T12:00:00Z')",
        "timestamp('0001-01-01T00:00:00+05:00') < timestamp('2026-03-01T12:00:00Z')",
        "duration('an hour') < duration('1h')",
        "duration('999999999999h') < duration('1h')",
        "{[1]: 2} == {}",
        "'a'.matches('a')",
        "size('a') == 1",
        "has(resource.name)",
    ],
)
def test_what_cannot_be_worked_out_stays_in_its_own_words(text):
    (way,) = alternatives(text)
    assert (way.facts, way.starts, way.ends, way.awaits) == ((text,), None, None, ())
