"""What a Condition element asks for: a time, or something in words."""

from datetime import UTC, datetime

import pytest

from auditor.providers.aws.conditions import Clause, clauses, terms

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def asked(**condition):
    return terms(clauses({name.replace("__", ":"): keys for name, keys in condition.items()}))


@pytest.mark.parametrize(
    ("operator", "key", "value", "words", "narrows"),
    [
        ("Bool", "aws:MultiFactorAuthPresent", "true", "with a second factor", False),
        ("Bool", "aws:MultiFactorAuthPresent", True, "with a second factor", False),
        ("BoolIfExists", "aws:multifactorauthpresent", "false", "without a second factor", False),
        ("Null", "aws:MultiFactorAuthPresent", "true", "when aws:MultiFactorAuthPresent is missing", False),
        ("Null", "aws:MultiFactorAuthAge", False, "with a second factor given within false seconds", False),
        ("NumericLessThan", "aws:MultiFactorAuthAge", 3600, "with a second factor given within 3600 seconds", False),
        ("IpAddress", "aws:SourceIp", ["192.0.2.0/24", "198.51.100.7"], "from 192.0.2.0/24 or 198.51.100.7", False),
        ("NotIpAddress", "aws:SourceIp", "192.0.2.0/24", "from outside 192.0.2.0/24", False),
        ("StringEquals", "iam:PermissionsBoundary", "arn:x", "under the permissions boundary arn:x", True),
        (
            "StringNotEquals",
            "iam:PermissionsBoundary",
            "arn:x",
            "when iam:PermissionsBoundary is not arn:x (stringnotequals)",
            True,
        ),
        ("Null", "aws:TokenIssueTime", "false", "when aws:TokenIssueTime is given", False),
        ("StringLike", "aws:PrincipalTag/team", "web*", "when aws:PrincipalTag/team is web* (stringlike)", False),
        ("StringEquals", "sts:ExternalId", "x-1", "when sts:ExternalId is x-1 (stringequals)", False),
        ("StringEquals", "ec2:ResourceTag/env", "dev", "when ec2:ResourceTag/env is dev (stringequals)", True),
        (
            "StringEquals",
            "aws:RequestedRegion",
            "eu-west-1",
            "when aws:RequestedRegion is eu-west-1 (stringequals)",
            True,
        ),
        ("StringEquals", "s3:prefix", [], "when s3:prefix is  (stringequals)", True),
    ],
)
def test_a_condition_in_words_and_whether_it_narrows_what_may_be_done(operator, key, value, words, narrows):
    found = asked(**{operator: {key: value}})
    assert (found.facts, found.narrows, found.starts, found.ends) == ((words,), narrows, None, None)


def test_long_lists_are_cut():
    (words,) = asked(StringEquals={"s3:prefix": ["a" * 119, "b"]}).facts
    assert words == f"when s3:prefix is {'a' * 119}… (stringequals)"
    (words,) = asked(StringEquals={"s3:prefix": "a" * 120}).facts
    assert words == f"when s3:prefix is {'a' * 120} (stringequals)"


@pytest.mark.parametrize(
    ("operator", "key", "value", "starts", "ends"),
    [
        ("DateLessThan", "aws:CurrentTime", "2026-03-01T12:00:00Z", None, NOON),
        ("DateLessThanEquals", "aws:currenttime", "2026-03-01T13:00:00+01:00", None, NOON),
        ("DateLessThan", "aws:CurrentTime", "2026-03-01T12:00:00", None, NOON),
        ("NumericLessThan", "aws:EpochTime", 1772366400, None, NOON),
        ("NumericLessThanEquals", "aws:EpochTime", "1772366400", None, NOON),
        ("DateLessThan", "aws:EpochTime", 1772366400, None, NOON),
        ("DateGreaterThan", "aws:CurrentTime", "2026-03-01T12:00:00Z", NOON, None),
        ("DateGreaterThanEquals", "aws:CurrentTime", "2026-03-01T12:00:00Z", NOON, None),
        ("NumericGreaterThan", "aws:EpochTime", 1772366400.0, NOON, None),
        ("NumericGreaterThanEquals", "aws:EpochTime", 1772366400, NOON, None),
        # Several values are alternatives.
        ("DateLessThan", "aws:CurrentTime", ["2026-03-01T11:00:00Z", "2026-03-01T12:00:00Z"], None, NOON),
        ("DateGreaterThan", "aws:CurrentTime", ["2026-03-01T13:00:00Z", "2026-03-01T12:00:00Z"], NOON, None),
    ],
)
def test_a_time_is_a_beginning_or_an_end(operator, key, value, starts, ends):
    found = asked(**{operator: {key: value}})
    assert (found.starts, found.ends, found.facts, found.narrows) == (starts, ends, (), False)


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("DateEquals", "2026-03-01T12:00:00Z"),
        ("DateLessThan", "soon"),
        ("DateLessThan", ["2026-03-01T12:00:00Z", "soon"]),
        ("DateLessThan", []),
        ("DateLessThan", "99999999999999999999"),
        ("DateLessThan", "999999999999999"),
    ],
)
def test_what_is_no_time_before_or_after_stays_in_words(operator, value):
    found = asked(**{operator: {"aws:CurrentTime": value}})
    assert (found.starts, found.ends, len(found.facts)) == (None, None, 1)


def test_several_operators_must_all_hold():
    found = asked(
        DateLessThan={"aws:CurrentTime": "2026-03-01T12:00:00Z"},
        DateLessThanEquals={"aws:CurrentTime": "2026-03-02T12:00:00Z"},
        DateGreaterThan={"aws:CurrentTime": "2026-02-01T00:00:00Z", "aws:EpochTime": "2026-02-02T00:00:00Z"},
        StringEquals={"aws:PrincipalTag/team": "web", "s3:prefix": "a"},
    )
    assert (found.ends, found.starts) == (NOON, datetime(2026, 2, 2, tzinfo=UTC))
    assert (len(found.facts), found.narrows) == (2, True)


@pytest.mark.parametrize(
    ("operator", "read"),
    [
        ("StringEquals", Clause("stringequals", "k", ("v",))),
        ("StringEqualsIfExists", Clause("stringequals", "k", ("v",), if_exists=True)),
        ("ForAllValues:StringLike", Clause("stringlike", "k", ("v",), all_values=True)),
        ("ForAnyValue:StringLikeIfExists", Clause("stringlike", "k", ("v",), if_exists=True, any_value=True)),
    ],
)
def test_what_stands_before_and_after_an_operator_is_read_off_it(operator, read):
    assert list(clauses({operator: {"k": "v"}})) == [read]


@pytest.mark.parametrize("broken", [[], "x", {"Bool": "true"}, {"Bool": {"k": None}}, {"Bool": {"k": [{}]}}])
def test_what_is_no_condition_is_refused(broken):
    with pytest.raises(ValueError, match="condition"):
        list(clauses(broken))


def test_without_a_condition_nothing_is_asked_and_values_may_be_of_somebody():
    assert list(clauses(None)) == []
    assert Clause("stringequals", "k", ("${x}", "y")).resolved(lambda text: text.strip("${}")).values == ("x", "y")
