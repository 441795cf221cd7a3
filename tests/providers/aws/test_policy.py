"""Policy documents: what they say, and what denials, boundaries and time leave of it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.providers.aws.actions import expand
from auditor.providers.aws.callers import Caller
from auditor.providers.aws.evaluation import Evaluation
from auditor.providers.aws.policy import Limits, MalformedPolicyError, parse
from auditor.providers.aws.resources import AccountResources

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LAND = AccountResources(
    "aws", "111122223333", {"shop": ("*shop*",), "shop-admin": ("*shop-admin*",), "mail": ("*mail*",)}
)
TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/"


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def policy(*statements):
    return parse(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def held(*statements, system="shop", boundary=None, organisation=None):
    own = policy(*statements)
    limits = [policy(*ceiling) if ceiling else () for ceiling in (boundary, organisation)]
    denies = [s for statements in (own, *limits) for s in statements if not s.allow]
    fence, above = [tuple(s for s in c if s.allow) if c else None for c in limits]
    return Evaluation(LAND, AT).held(own, Limits(tuple(denies), fence, (above,) if above else ()), system)


def can(action, *statements, **more):
    return any(right.actions & expand(action) for right in held(*statements, **more))


def test_an_allow_on_everything_concerns_every_system():
    assert can("dynamodb:PutItem", allow("dynamodb:*"))
    assert can("dynamodb:PutItem", allow("dynamodb:*"), system="mail")


def test_an_allow_on_a_systems_own_resource_concerns_that_system_only():
    statement = allow("dynamodb:*", f"{TABLE}shop-orders")
    assert can("dynamodb:PutItem", statement)
    assert not can("dynamodb:PutItem", statement, system="mail")


def test_the_most_specific_system_claims_a_resource():
    statement = allow("dynamodb:*", f"{TABLE}shop-admin-users")
    assert can("dynamodb:PutItem", statement, system="shop-admin")
    assert not can("dynamodb:PutItem", statement, system="shop")


@pytest.mark.parametrize(
    "resource", [f"{TABLE}*", "arn:aws:dynamodb:*:*:table/*", "arn:aws:dynamodb:*:*:*", "arn:aws:*"]
)
def test_a_pattern_that_names_no_more_than_a_kind_of_resource_concerns_every_system(resource):
    assert can("dynamodb:PutItem", allow("dynamodb:*", resource), system="mail")


@pytest.mark.parametrize("left_out", ["arn:aws:dynamodb", "arn:aws:dynamodb:*", "arn:aws:dyn*", "arn:aws:dynamodb:*:*"])
def test_the_parts_that_an_arn_leaves_out_are_any(left_out):
    assert can("dynamodb:PutItem", allow("dynamodb:*", left_out), system="mail")
    assert not can("dynamodb:PutItem", allow("*"), deny("dynamodb:*", left_out), system="mail")
    assert not can("ecs:UpdateService", allow("*", "arn:aws:dynamodb"))


def test_a_wildcard_may_stand_for_region_and_account():
    assert can("logs:FilterLogEvents", allow("logs:*", "arn:aws:logs:*:log-group:shop"))
    assert not can("logs:FilterLogEvents", allow("logs:*", "arn:aws:logs:*:log-group:shop"), system="mail")


def test_a_name_cut_short_inside_the_systems_name_concerns_it():
    assert can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}sh*"))
    assert not can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}sh*"), system="mail")


def test_logs_under_the_name_spaces_of_aws_concern_every_system():
    resource = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/*"
    assert can("logs:FilterLogEvents", allow("logs:*", resource))


@pytest.mark.parametrize("resource", [f"{TABLE}warehouse-*", "arn:aws:s3:::warehouse/*", "warehouse"])
def test_a_pattern_that_names_something_else_concerns_no_system(resource):
    assert held(allow("*", resource)) == ()


def test_another_account_is_another_account():
    assert held(allow("*", "arn:aws:dynamodb:eu-west-1:999900001111:table/shop-orders")) == ()


def test_a_users_own_resources_are_nobodys_system():
    assert held(allow("iam:*", "arn:aws:iam::111122223333:user/${aws:username}")) == ()


@pytest.mark.parametrize(("version", "reaches"), [("2012-10-17", True), ("2008-10-17", False), (None, False)])
def test_variables_are_plain_text_in_policies_before_2012(version, reaches):
    said = {"Version": version} if version else {}
    (own,) = parse(json.dumps({**said, "Statement": [allow("dynamodb:*", f"{TABLE}${{aws:username}}")]}))
    settled = own.given(Caller({"aws:username": "shop-orders"}))
    right = Evaluation(LAND, AT).held((settled,), Limits(), "shop")
    assert bool(right) is reaches


def test_a_resource_limits_what_can_be_done_to_its_kind():
    everything_else = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": f"{TABLE}shop-*"}
    assert can("dynamodb:PutItem", everything_else)
    assert not can("ecs:UpdateService", everything_else)
    assert not can("cloudwatch:GetMetricData", everything_else)


def test_not_action_gives_all_but_what_it_names():
    statement = {"Effect": "Allow", "NotAction": ["dynamodb:Put*"], "Resource": "*"}
    assert not can("dynamodb:PutItem", statement)
    assert can("dynamodb:DeleteItem", statement)


def test_not_resource_gives_all_but_what_it_covers():
    statement = {"Effect": "Allow", "Action": "dynamodb:*", "NotResource": f"{TABLE.replace('eu-west-1', '*')}*"}
    assert not can("dynamodb:PutItem", statement)
    assert can("dynamodb:PutItem", {**statement, "NotResource": f"{TABLE}other"})


def test_a_deny_on_everything_cancels():
    assert not can("dynamodb:PutItem", allow("dynamodb:*"), deny("dynamodb:PutItem"))
    assert can("dynamodb:GetItem", allow("dynamodb:*"), deny("dynamodb:PutItem"))


def test_a_deny_of_all_but_some_actions_cancels_the_others():
    rest = {"Effect": "Deny", "NotAction": ["logs:*"], "Resource": "*"}
    assert held(allow("ecs:UpdateService", "arn:aws:ecs:*:*:service/shop/*"), rest) == ()
    assert can("logs:FilterLogEvents", allow("logs:*"), rest)


def test_a_deny_on_one_of_the_systems_resources_leaves_the_others():
    assert can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}shop-*"), deny("dynamodb:*", f"{TABLE}shop-audit"))


def test_a_deny_that_covers_the_allows_pattern_cancels_it():
    assert not can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}shop-orders"), deny("dynamodb:*", f"{TABLE}shop-*"))


def test_a_deny_on_a_kind_of_resource_in_every_region_cancels_for_every_system():
    assert not can("s3:GetObject", allow("*"), deny("s3:*", "arn:aws:s3:::*"))
    assert not can("dynamodb:PutItem", allow("*"), deny("*", "arn:aws:dynamodb:*:*:table/*"))
    assert can("ecs:UpdateService", allow("*"), deny("*", "arn:aws:dynamodb:*:*:table/*"))


def test_a_deny_on_all_that_bears_the_systems_name_cancels_for_that_system():
    statements = (allow("*"), deny("dynamodb:*", "arn:aws:dynamodb:*:*:table/*mail*"))
    assert not can("dynamodb:PutItem", *statements, system="mail")
    assert can("dynamodb:PutItem", *statements, system="shop")


def test_a_deny_of_all_resources_but_some_spares_those():
    spared = {"Effect": "Deny", "Action": "*", "NotResource": f"{TABLE}shop-*"}
    assert can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}shop-orders"), spared)
    assert not can("s3:GetObject", allow("s3:*"), spared)
    assert not can("dynamodb:PutItem", allow("dynamodb:*"), spared, system="mail")
    several = {**spared, "NotResource": [f"{TABLE}shop-*", f"{TABLE}other"]}
    assert can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}shop-orders"), several)


def test_a_deny_under_a_condition_cancels_nothing_and_is_told():
    without = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    (right,) = held(allow("dynamodb:*"), deny("*", Condition=without))
    assert right.facts == ("denied without a second factor",)
    assert right.actions & expand("dynamodb:PutItem")


def test_a_boundary_leaves_what_both_allow():
    assert not can("dynamodb:PutItem", allow("*"), boundary=[allow("logs:*")])
    assert can("logs:FilterLogEvents", allow("*"), boundary=[allow("logs:*")])


def test_a_boundary_alone_gives_nothing():
    assert not can("s3:GetObject", allow("logs:*"), boundary=[allow("*")])


def test_a_boundary_on_other_resources_leaves_nothing():
    assert held(allow("dynamodb:*", f"{TABLE}shop-orders"), boundary=[allow("*", f"{TABLE}shop-audit")]) == ()


@pytest.mark.parametrize(("spared", "found"), [(["shop-*", "other"], False), (["other", "mail"], True)])
def test_a_boundary_on_all_but_some_resources_leaves_the_rest(spared, found):
    but = {"Effect": "Allow", "Action": "*", "NotResource": [TABLE + name for name in spared]}
    assert can("dynamodb:PutItem", allow("dynamodb:*", f"{TABLE}shop-orders"), boundary=[but]) is found


def test_a_boundary_can_deny_and_can_end():
    end = AT + timedelta(days=3)
    until = {"DateLessThan": {"aws:CurrentTime": end.isoformat()}}
    assert not can("s3:GetObject", allow("*"), boundary=[allow("*"), deny("s3:*")])
    (right,) = held(allow("dynamodb:*"), boundary=[allow("*", Condition=until)])
    assert right.ends == end


def test_a_service_control_policy_stands_over_everything():
    assert not can("dynamodb:PutItem", allow("*"), organisation=[allow("*"), deny("dynamodb:*")])
    assert not can("dynamodb:PutItem", allow("*"), organisation=[allow("s3:*")])


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("DateLessThan", "aws:CurrentTime", (AT - timedelta(days=1)).isoformat()),
        ("DateLessThanEquals", "aws:currenttime", "2026-02-01"),
        ("NumericLessThan", "aws:EpochTime", int((AT - timedelta(hours=1)).timestamp())),
        ("DateGreaterThan", "aws:CurrentTime", (AT + timedelta(days=1)).isoformat()),
    ],
)
def test_an_allow_whose_time_is_over_or_not_yet_come_gives_nothing(operator, key, value):
    assert held(allow("*", Condition={operator: {key: value}})) == ()


def test_an_allow_with_an_end_to_come_ends_then():
    end = AT + timedelta(hours=2)
    asked = {
        "DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"},
        "DateLessThan": {"aws:CurrentTime": f"{end:%FT%TZ}"},
    }
    (right,) = held(allow("dynamodb:*", Condition=asked))
    assert (right.ends, right.facts) == (end, ())


def test_of_several_dates_the_last_counts_and_of_several_operators_the_first():
    values = [f"{AT + timedelta(days=day):%FT%TZ}" for day in (2, 5)]
    both = {
        "DateLessThan": {"aws:CurrentTime": values},
        "DateLessThanEquals": {"aws:EpochTime": (AT + timedelta(days=3)).timestamp()},
    }
    (right,) = held(allow("dynamodb:*", Condition=both))
    assert right.ends == AT + timedelta(days=3)


def test_a_deny_from_a_date_on_is_an_end():
    end = AT + timedelta(days=1)
    later = {"DateGreaterThan": {"aws:CurrentTime": f"{end:%FT%TZ}"}}
    rights = held(allow(["dynamodb:PutItem", "dynamodb:GetItem"]), deny("dynamodb:PutItem", Condition=later))
    assert {(bool(r.actions & expand("dynamodb:PutItem")), r.ends) for r in rights} == {(True, end), (False, None)}


def test_a_deny_until_a_date_gone_by_is_over():
    gone = {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
    assert can("dynamodb:PutItem", allow("dynamodb:*"), deny("*", Condition=gone))


def test_other_conditions_keep_the_right_and_are_told():
    asked = {"Bool": {"aws:MultiFactorAuthPresent": True}, "IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.7"]}}
    (right,) = held(allow("dynamodb:*", Condition=asked))
    assert right.facts == ("with a second factor", "from 10.0.0.0/8 or 192.0.2.7")
    assert not right.narrow


def test_a_condition_on_what_may_be_done_narrows_the_right():
    (right,) = held(allow("ecs:UpdateService", Condition={"ArnEquals": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/dev"}}))
    assert right.narrow
    assert "cluster/dev" in right.facts[0]


def test_users_and_roles_are_no_systems_resources():
    assert not held(allow("iam:CreateUser", "iam:DeactivateMFADevice"))


def test_a_date_that_is_none_is_told_as_it_stands():
    (right,) = held(allow("dynamodb:*", Condition={"DateLessThan": {"aws:CurrentTime": "soon"}}))
    assert (right.ends, right.facts) == (None, ("when aws:CurrentTime is soon (datelessthan)",))


@pytest.mark.parametrize(
    "document",
    [
        "null",
        "",
        "{",
        "[]",
        "{}",
        '{"Statement": "x"}',
        '{"Statement": [{}]}',
        '{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": 7, "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": ["*", null], "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": "x"}}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": {"k": {}}}}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Principal": 7}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "' + "a" * 3000 + '"}}',
        "[" * 100_000,
        '{"Statement": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
)
def test_what_is_no_policy_is_refused_and_explained(document):
    with pytest.raises(MalformedPolicyError, match=r"^[a-z]"):
        parse(document)


anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["*", "Allow", "a:b"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Action", "Resource", "Principal", "Condition", "Bool", "x"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries(
        {
            "Statement": anything
            | st.fixed_dictionaries(
                {"Effect": st.just("Deny"), "Action": anything, "Resource": anything, "Condition": anything}
            )
        }
    )
)
def test_whatever_a_document_holds_it_is_read_or_refused(content):
    try:
        statements = parse(json.dumps(content))
    except MalformedPolicyError:
        return
    assert Evaluation(LAND, AT).held(statements, Limits(denies=statements), "shop") is not None


def test_one_statement_may_stand_without_a_list():
    assert len(parse(json.dumps({"Statement": allow("*")}))) == 1


@pytest.mark.parametrize(
    ("resource", "action", "reaches"),
    [
        ("arn:aws:ecs:*:*:service/main/*", "ecs:UpdateService", True),
        ("arn:aws:ecs:*:*:service/main/mail-*", "ecs:UpdateService", False),
        ("arn:aws:secretsmanager:*:*:secret:prod/*", "secretsmanager:PutSecretValue", True),
        ("arn:aws:secretsmanager:*:*:secret:prod/mail/*", "secretsmanager:PutSecretValue", False),
        ("arn:aws:secretsmanager:*:*:secret:blog/*", "secretsmanager:PutSecretValue", False),
        ("arn:aws:ssm:*:*:parameter/production/*", "ssm:PutParameter", True),
        ("arn:aws:dynamodb:*:*:table/orders/*", "dynamodb:PutItem", False),
    ],
)
def test_a_cluster_or_an_environments_folder_may_hold_a_systems_things(resource, action, reaches):
    assert can(action, allow(action, resource)) is reaches
