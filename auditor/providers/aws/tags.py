"""What belongs to a system by its tags."""

import json
from collections.abc import Iterable, Iterator, Mapping

from auditor.config.models import Config
from auditor.config.systems import AwsResource, Place
from auditor.model.globs import matches
from auditor.model.tables import Policy

TAGS = "tags"
"""The kind of policy row that holds what a resource is tagged with."""


def with_tagged(config: Config, policies: Iterable[Policy]) -> Config:
    """The configuration with the ARN of every resource that has a place's tags among the place's names."""
    places = (place for system in config.systems for place in system.resources)
    if not any(isinstance(place, AwsResource) and place.tags for place in places):
        return config
    tagged: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
    for row in policies:
        if row.kind == TAGS:
            tagged.setdefault(row.attached_to, []).append((row.policy, json.loads(row.document)))
    systems = tuple(
        system.model_copy(update={"resources": tuple(_with_arns(place, tagged) for place in system.resources)})
        for system in config.systems
    )
    return Config(**{**{name: getattr(config, name) for name in Config.model_fields}, "systems": systems})


def _with_arns(place: Place, tagged: Mapping[str, Iterable[tuple[str, Mapping[str, str]]]]) -> Place:
    if not isinstance(place, AwsResource) or not place.tags:
        return place
    found = _having(place.tags, tagged.get(place.account, ()))
    return place.model_copy(update={"match": tuple(dict.fromkeys((*place.match, *found)))})


def _having(wanted: Mapping[str, str], tagged: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    for arn, tags in tagged:
        if all(matches(value, tags.get(key, "")) for key, value in wanted.items()):
            yield arn
