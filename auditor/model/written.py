"""Tables that stand in YAML beside the code that asks them, so that whoever reads no Python can check them."""

from importlib.resources import files
from typing import TypeVar

T = TypeVar("T")


def written(package: str, name: str, shape: type[T]) -> T:
    """The table `name`.yaml of a package, in the shape that it must have."""
    # msgspec takes a tenth of a second to import, and --help must not wait for it.
    import msgspec

    return msgspec.yaml.decode((files(package) / f"{name}.yaml").read_bytes(), type=shape)
