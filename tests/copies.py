"""Copies of records with something changed, whatever kind of record they are."""

import dataclasses
from typing import TypeVar

import msgspec

T = TypeVar("T")


def replace(record: T, /, **changes: object) -> T:
    """As `dataclasses.replace`, of structs too."""
    copied = msgspec.structs.replace if isinstance(record, msgspec.Struct) else dataclasses.replace
    return copied(record, **changes)
