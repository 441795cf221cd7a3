"""Patterns of `*` and `?` against a plain enumeration of texts."""

import time
from fnmatch import fnmatchcase
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.model.globs import covers, literal_head, literal_length, matcher, matches, overlap

TEXTS = ["".join(letters) for length in range(6) for letters in product("ab", repeat=length)]
patterns = st.text(alphabet="ab*?", max_size=4)


@given(patterns, st.sampled_from(TEXTS))
def test_matching_is_that_of_the_shell(pattern, text):
    assert matches(pattern, text) == fnmatchcase(text, pattern) == matcher(pattern)(text)


@settings(max_examples=300)
@given(patterns, patterns)
def test_what_covers_matches_every_text_of_the_other(outer, inner):
    if covers(outer, inner):
        assert all(matches(outer, text) for text in TEXTS if matches(inner, text))


@settings(max_examples=300)
@given(patterns, patterns)
def test_patterns_overlap_when_some_text_is_described_by_both(one, other):
    shared = any(matches(one, text) and matches(other, text) for text in TEXTS)
    # Four symbols each: a common text of at most eight letters exists, but five are enough to find one nearly always.
    assert overlap(one, other) or not shared
    if len(one.replace("*", "")) + len(other.replace("*", "")) <= 5:
        assert overlap(one, other) == shared


def test_a_wider_pattern_covers_a_narrower_one_and_not_the_other_way_round():
    assert covers("arn:aws:s3:::*", "arn:aws:s3:::shop-data/*")
    assert not covers("arn:aws:s3:::shop-data/*", "arn:aws:s3:::*")
    assert not covers("table/shop-?", "table/shop-*")


def test_brackets_are_plain_text():
    assert matches("a[b]c", "a[b]c")
    assert not matches("a[b]c", "abc")


def test_a_pattern_made_to_be_slow_is_answered_at_once():
    began = time.process_time()
    assert not matches("*a" * 500 + "b", "a" * 2000)
    assert not matcher("*a" * 500 + "b")("a" * 2000)
    assert overlap("*a" * 100, "a*" * 100)
    assert time.process_time() - began < 2


def test_the_literal_parts_of_a_pattern():
    assert literal_head("table/shop-*") == "table/shop-"
    assert literal_head("table") == "table"
    assert literal_length("*shop?") == 4
