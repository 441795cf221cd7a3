"""The JSON Schema of auditor.yaml: editors use it, and mistakes take their wording from it."""

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from functools import cache
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from auditor.config.base import Model, format_clock
from auditor.config.durations import format_duration
from auditor.config.models import Config

Schema = Mapping[str, Any]


class _Generator(GenerateJsonSchema):
    """Writes defaults as they are written in auditor.yaml."""

    def encode_default(self, dft: Any) -> Any:
        """A default as JSON: `90d`, `08:00`, and keys by the names that the file uses."""
        if isinstance(dft, timedelta):
            return format_duration(dft)
        if isinstance(dft, time):
            return format_clock(dft)
        if isinstance(dft, Model):
            return dft.model_dump(mode="json", by_alias=True)
        if isinstance(dft, dict):
            return {str(key): self.encode_default(value) for key, value in dft.items()}
        return super().encode_default(dft)


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12, to be written beside auditor.yaml."""
    schema = Config.model_json_schema(by_alias=True, schema_generator=_Generator)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "auditor.yaml"}


@cache
def _whole() -> Schema:
    return json_schema()


def at(location: Sequence[str | int]) -> Schema:
    """What the schema says at a location of pydantic's: its steps are keys, positions and kinds of unions."""
    schema = _resolved(_whole())
    if location and location[-1] == "[key]":
        return _resolved(dict(at(location[:-2]).get("propertyNames", {})))
    for step in location:
        schema = _resolved(_step(schema, step))
    return schema


def keys(schema: Schema) -> tuple[str, ...]:
    """The names that a mapping may have."""
    return tuple(schema.get("properties", ()))


def choices(schema: Schema) -> tuple[str, ...]:
    """The values that a text may have, where they are few; empty otherwise."""
    if "const" in schema:
        return (str(schema["const"]),)
    return tuple(str(value) for value in schema.get("enum", ()))


def kinds(schema: Schema) -> tuple[str, ...]:
    """The kinds of a union."""
    return tuple(schema.get("discriminator", {}).get("mapping", ()))


def _step(schema: Schema, step: str | int) -> Schema:
    if isinstance(step, int):
        return _item(schema, step)
    if step in schema.get("properties", {}):
        return dict(schema["properties"][step])
    if step in kinds(schema):
        return {"$ref": schema["discriminator"]["mapping"][step]}
    rest = schema.get("additionalProperties")
    return rest if isinstance(rest, dict) else {}


def _item(schema: Schema, position: int) -> Schema:
    items = schema.get("prefixItems")
    if items:
        return dict(items[position]) if position < len(items) else {}
    return dict(schema.get("items", {}))


def _resolved(schema: Schema) -> Schema:
    """Follows references and takes what is not null of `X or null`; keeps the nearest description."""
    description = schema.get("description")
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            schema = _whole()["$defs"][schema["$ref"].rsplit("/", 1)[1]]
        else:
            schema = next(part for part in schema["anyOf"] if part.get("type") != "null")
        description = description or schema.get("description")
    return {**schema, "description": description} if description else schema
