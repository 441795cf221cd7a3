"""Rows as tests compare them whole."""

_WHENCE = ("source", "collected_at", "origin", "record", "sha256")


def columns(row):
    """The columns of a row that say something, beside those that tell where it comes from."""
    names = [name for name in row.__struct_fields__ if name not in _WHENCE]
    return {name: value for name in names if (value := getattr(row, name)) not in (None, "", (), False)}
