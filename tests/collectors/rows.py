"""Rows as tests compare them whole."""

import dataclasses

_WHENCE = ("source", "collected_at", "origin", "record", "sha256")


def columns(row):
    """The columns of a row that say something, beside those that tell where it comes from."""
    names = [field.name for field in dataclasses.fields(row) if field.name not in _WHENCE]
    return {name: value for name in names if (value := getattr(row, name)) not in (None, "", (), False)}
