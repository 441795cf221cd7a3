"""The company's data: what was, as YAML beside these modules, read into the dataclasses of those that act on it."""

from importlib.resources import files
from string import Template
from typing import TypeVar

import msgspec

T = TypeVar("T")


def text_of(name: str) -> str:
    """A file as it is."""
    return files("auditor.demo").joinpath(name).read_text("utf-8")


def read(name: str, shape: type[T], **values: str) -> T:
    """What a file holds; each `$name` in it stands for one of the values."""
    text = text_of(name)
    return msgspec.yaml.decode(Template(text).substitute(values) if values else text, type=shape)
