"""What belongs to a system by its tags, or by another name than its ARN: a key's alias, a namespace in a cluster."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from auditor.config.models import Config
from auditor.config.systems import AwsResource, Place
from auditor.model.globs import is_literal, matches
from auditor.model.tables import Policy

TAGS = "tags"
"""The kind of policy row that holds what a resource is tagged with."""

_SHAPES = (
    (re.compile(r"(arn:[^:]+:s3:::[^/]+)"), (r"\1/*",)),
    (re.compile(r"(arn:[^:]+:secretsmanager:.+)-[A-Za-z0-9]{6}"), (r"\1",)),
    (re.compile(r"(arn:[^:]+:cloudformation:[^/]+/[^/]+)/[^/]+"), (r"\1",)),
    (re.compile(r"(arn:[^:]+:autoscaling:.+:autoScalingGroup:)[^:]+(:.+)"), (r"\1*\2",)),
    (
        re.compile(r"(arn:[^:]+:elasticloadbalancing:[^:]*:[^:]*:)loadbalancer/(\w+/.+)"),
        (r"\1listener/\2/*", r"\1listener-rule/\2/*"),
    ),
)


def with_tagged(config: Config, policies: Iterable[Policy]) -> Config:
    """The configuration with every ARN of a resource that has a place's tags or names among the place's names."""
    tagged: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
    named: dict[str, list[tuple[str, str]]] = {}
    for row in policies:
        if row.kind == TAGS:
            tagged.setdefault(row.attached_to, []).append((row.policy, json.loads(row.document)))
        elif row.kind == "resource" and row.name:
            named.setdefault(row.policy.partition("#")[0], []).append((row.attached_to, row.name))
    return config.with_systems(
        system.model_copy(update={"resources": tuple(_with_arns(place, tagged, named) for place in system.resources)})
        for system in config.systems
    )


def _with_arns(
    place: Place,
    tagged: Mapping[str, Iterable[tuple[str, Mapping[str, str]]]],
    named: Mapping[str, Iterable[tuple[str, str]]],
) -> Place:
    if not isinstance(place, AwsResource):
        return place
    having = _having(place.tags, tagged.get(place.account, ())) if place.tags else ()
    found = [name for arn in having for name in names_of(arn)]
    found += [name for arn in place.match if is_literal(arn) for name in _also(arn)]
    called = named.get(place.account, ())
    found += [arn for arn, name in called if any(matches(glob, name) for glob in place.match)]
    return place.model_copy(update={"match": tuple(dict.fromkeys((*place.match, *found)))}) if found else place


def tagged_in(policies: Iterable[Policy], account: str) -> dict[str, Mapping[str, str]]:
    """The tags that were read of an account's resources, by ARN."""
    return {row.policy: json.loads(row.document) for row in policies if row.kind == TAGS and row.attached_to == account}


def names_of(arn: str) -> tuple[str, ...]:
    """A resource's ARN, and by what else calls name it."""
    return (arn, *_also(arn))


def _also(arn: str) -> Iterator[str]:
    """By what else calls name a thing, where they leave out what AWS made up, or name what is in it or part of it."""
    for shape, names in _SHAPES:
        if match := shape.fullmatch(arn):
            yield from (match.expand(name) for name in names)


def _having(wanted: Mapping[str, str], tagged: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    for arn, tags in tagged:
        if all(matches(value, tags.get(key, "")) for key, value in wanted.items()):
            yield arn
