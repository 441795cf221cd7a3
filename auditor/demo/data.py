"""The company's data: what was, as YAML beside these modules, read into the records of those that act on it."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def text_of(name: str) -> str:
    """A file as it is."""
    return files("auditor.demo").joinpath(name).read_text("utf-8")


def read(name: str, shape: type[T], **values: str) -> T:
    """What a file holds; each `$name` in it stands for one of the values."""
    text = text_of(name)
    return msgspec.yaml.decode(Template(text).substitute(values) if values else text, type=shape)


_shapes = cache(lambda: read("shapes.yaml", dict[str, dict[str, Any]]))


def shaped(name: str, /, **told: Any) -> dict[str, Any]:
    """A record of `shapes.yaml`, with what is told in the place of each `$name`: in a text or, alone, as it is."""
    found: dict[str, Any] = _filled(_shapes()[name], told)
    return found


def _filled(shape: Any, told: Mapping[str, Any]) -> Any:
    if isinstance(shape, dict):
        return {name: _filled(one, told) for name, one in shape.items()}
    if isinstance(shape, list):
        return [_filled(one, told) for one in shape]
    if not isinstance(shape, str):
        return shape
    return told[shape[1:]] if shape[:1] == "$" and shape[1:] in told else Template(shape).substitute(told)
