"""The evaluation against a slow one that tries every action on every resource with the shell's own matching."""

import json
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.providers.aws.actions import expand
from auditor.providers.aws.evaluation import Evaluation
from auditor.providers.aws.policy import Limits, parse
from auditor.providers.aws.resources import AccountResources

AT = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = "111122223333"
KINDS = {
    "table": f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/",
    "function": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:",
    "secret": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:",
}
ACTIONS = {
    "dynamodb:GetItem": "table",
    "dynamodb:PutItem": "table",
    "dynamodb:DeleteItem": "table",
    "lambda:UpdateFunctionCode": "function",
    "lambda:DeleteFunction": "function",
    "secretsmanager:GetSecretValue": "secret",
    "secretsmanager:PutSecretValue": "secret",
}
SYSTEMS = {"shop": ("*shop*",), "mail": ("*mail*",)}
# Enough resources of each system for every two patterns below to differ on one of them.
NAMES = ("{}-a", "{}-b", "old-{}", "x-{}-y", "{}")

actions = st.lists(
    st.sampled_from(
        [
            "*",
            "dynamodb:*",
            "DynamoDB:get*",
            "*:Put*",
            "lambda:?pdateFunctionCode",
            "secretsmanager:*Value",
            "*Item",
            *ACTIONS,
        ]
    ),
    min_size=1,
    max_size=3,
)
heads = st.sampled_from(
    [*KINDS.values(), *(head.replace("eu-west-1", "*").replace(ACCOUNT, "*") for head in KINDS.values())]
)
broad = st.one_of(st.just("*"), heads.map(lambda head: f"{head}*"))
own = st.builds(
    lambda head, name: head + name,
    heads,
    st.sampled_from(["shop-*", "mail-*", "shop-a", "mail-a", "shop-b", "depot-*"]),
)
resources = st.lists(st.one_of(broad, own), min_size=1, max_size=2)


def statements(effect, where, keys=("Resource", "Resource", "Resource", "NotResource")):
    return st.builds(
        lambda action, acted, resource, placed: {"Effect": effect, action: acted, resource: placed},
        st.sampled_from(["Action", "Action", "NotAction"]),
        actions,
        st.sampled_from(keys),
        where,
    )


def named(statement, key, value, fold):
    patterns = statement.get(key, statement.get(f"Not{key}"))
    hit = any(fnmatchcase(value.lower() if fold else value, p.lower() if fold else p) for p in patterns)
    return hit if key in statement else not hit


def applies(statement, action, resource):
    return named(statement, "Action", action, True) and named(statement, "Resource", resource, False)


def allowed(policies, boundary, action, resource):
    """AWS's own rule for one request: a Deny wins, an Allow is needed, and the boundary needs one too."""
    everything = [*policies, *(boundary or [])]
    if any(s["Effect"] == "Deny" and applies(s, action, resource) for s in everything):
        return False
    sides = [policies] if boundary is None else [policies, boundary]
    return all(any(s["Effect"] == "Allow" and applies(s, action, resource) for s in side) for side in sides)


def resources_of(system, kind):
    for name in NAMES:
        for region in ("eu-west-1", "us-east-1"):
            yield KINDS[kind].replace("eu-west-1", region) + name.format(system)


def slow(policies, boundary, system):
    return {
        action
        for action, kind in ACTIONS.items()
        if any(allowed(policies, boundary, action, resource) for resource in resources_of(system, kind))
    }


def fast(policies, boundary, system):
    own_statements = parse(json.dumps({"Statement": policies}))
    limits = parse(json.dumps({"Statement": boundary})) if boundary else ()
    denies = tuple(s for s in (*own_statements, *limits) if not s.allow)
    ceiling = tuple(s for s in limits if s.allow) if boundary is not None else None
    rights = Evaluation(AccountResources("aws", ACCOUNT, SYSTEMS), AT).held(
        own_statements, Limits(denies, ceiling), system
    )
    return {action for action in ACTIONS if any(right.actions & expand(action) for right in rights)}


# Where two sides both name what they are not about, or several Denies work together, the fast one may leave a
# right standing that AWS refuses; it never loses one (the last test). Elsewhere both say the same.
one_sided = st.one_of(
    st.tuples(
        st.lists(statements("Allow", resources), min_size=1, max_size=3),
        st.lists(statements("Deny", resources, ["Resource"]), max_size=1),
    ),
    st.tuples(
        st.lists(statements("Allow", resources, ["Resource"]), min_size=1, max_size=3),
        st.lists(statements("Deny", resources, ["NotResource"]), max_size=1),
    ),
)


@settings(max_examples=300)
@given(one_sided, st.sampled_from(sorted(SYSTEMS)))
def test_sets_of_actions_give_what_trying_every_request_gives(sides, system):
    policies = [*sides[0], *sides[1]]
    assert fast(policies, None, system) == slow(policies, None, system)


@settings(max_examples=200)
@given(
    st.lists(statements("Allow", resources, ["Resource"]), min_size=1, max_size=2),
    st.lists(statements("Allow", st.lists(broad, min_size=1, max_size=2)), min_size=1, max_size=2),
    st.sampled_from(sorted(SYSTEMS)),
)
def test_a_boundary_leaves_what_trying_every_request_leaves(allows, boundary, system):
    assert fast(allows, boundary, system) == slow(allows, boundary, system)


@settings(max_examples=200)
@given(
    st.lists(statements("Allow", resources), min_size=1, max_size=3),
    st.lists(statements("Deny", resources), max_size=3),
    st.sampled_from(sorted(SYSTEMS)),
)
def test_nothing_that_a_request_could_do_is_missed(allows, denies, system):
    policies = [*allows, *denies]
    assert fast(policies, None, system) >= slow(policies, None, system)
