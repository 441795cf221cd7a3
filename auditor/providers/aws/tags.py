"""What belongs to a system by its tags, or by another name than its ARN: a key's alias, a namespace in a cluster."""

import json
from collections.abc import Iterable, Iterator, Mapping

from auditor.config.models import Config
from auditor.config.systems import AwsResource, Place
from auditor.model.globs import matches
from auditor.model.tables import Policy

TAGS = "tags"
"""The kind of policy row that holds what a resource is tagged with."""


def with_tagged(config: Config, policies: Iterable[Policy]) -> Config:
    """The configuration with the ARN of every resource that has a place's tags or names among the place's names."""
    tagged: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
    named: dict[str, list[tuple[str, str]]] = {}
    for row in policies:
        if row.kind == TAGS:
            tagged.setdefault(row.attached_to, []).append((row.policy, json.loads(row.document)))
        elif row.kind == "resource" and row.name:
            named.setdefault(row.policy.partition("#")[0], []).append((row.attached_to, row.name))
    if not tagged and not named:
        return config
    systems = tuple(
        system.model_copy(update={"resources": tuple(_with_arns(place, tagged, named) for place in system.resources)})
        for system in config.systems
    )
    return Config(**{**{name: getattr(config, name) for name in Config.model_fields}, "systems": systems})


def _with_arns(
    place: Place,
    tagged: Mapping[str, Iterable[tuple[str, Mapping[str, str]]]],
    named: Mapping[str, Iterable[tuple[str, str]]],
) -> Place:
    if not isinstance(place, AwsResource):
        return place
    found = list(_having(place.tags, tagged.get(place.account, ()))) if place.tags else []
    called = named.get(place.account, ())
    found += [arn for arn, name in called if any(matches(glob, name) for glob in place.match)]
    return place.model_copy(update={"match": tuple(dict.fromkeys((*place.match, *found)))}) if found else place


def _having(wanted: Mapping[str, str], tagged: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    for arn, tags in tagged:
        if all(matches(value, tags.get(key, "")) for key, value in wanted.items()):
            yield arn
