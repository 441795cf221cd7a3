"""auditor.yaml from a file: either a whole, sound configuration, or every mistake in it at once."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor.config.checks import check
from auditor.config.document import Document, parse
from auditor.config.models import Config
from auditor.config.schema import at, keys
from auditor.config.wording import note_errors, suggest
from auditor.errors import ConfigError, Mistake, counted

_MOST_BYTES = 10_000_000
_OWN = "auditor.yaml"
_BEGIN = "Write one with `auditor init`, or name yours with --config."
_NAME = "Name a file that is there, and run again."


def load(path: str | Path) -> Config:
    """Read and check a configuration. Relative paths in it start from its folder, `Config.base`.

    Raises:
        ConfigError: with one `Mistake` for everything that is wrong, in the order of the file.
    """
    return validated(read_document(path), path, Path(path).absolute().parent)


def read_document(path: str | Path) -> Document:
    """The YAML of a file, with its mistakes; raises ConfigError where it cannot be read."""
    path = Path(path)
    return parse(str(path), _text(path))


def validated(document: Document, path: str | Path, base: Path) -> Config:
    """The configuration that a document is; relative paths in it start from `base`. Raises as `load` does."""
    config = _validated(document, base) if not document.mistakes or document.data is not None else None
    if document.mistakes or config is None:
        raise _config_error(Path(path), document.mistakes)
    return config


def _validated(document: Document, base: Path) -> Config | None:
    if not isinstance(document.data, dict):
        problem = "expected names and values, such as `organisation: Harbour Shop`"
        document.mistake((), problem, "the file is empty" if document.data is None else "")
        return None
    settings = dict(document.data)
    if "base" in settings:
        document.mistake(("base",), "unknown key", suggest("base", keys(at(()))))
    check(document)
    return _modelled(document, {**settings, "base": base})


def _modelled(document: Document, settings: dict[str, Any]) -> Config | None:
    try:
        return Config.model_validate(settings, by_alias=True, by_name=False)
    except ValidationError as error:
        note_errors(document, error)
    return None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigError(f"There is no {path}.", do=_BEGIN if path.name == _OWN else _NAME) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise _config_error(path, [Mistake(str(path), "(file)", f"cannot be read: {reason}")]) from error
    if len(data) > _MOST_BYTES:
        raise _config_error(path, [Mistake(str(path), "(file)", "expected at most 10 MB; this is no configuration")])
    return _decoded(path, data)


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = f"expected UTF-8, got the byte 0x{data[error.start]:02x}"
        mistake = Mistake(f"{path}:{line}", "(file)", problem, "save the file as UTF-8")
        raise _config_error(path, [mistake]) from error


def _config_error(path: Path, mistakes: list[Mistake]) -> ConfigError:
    in_order = sorted(dict.fromkeys(mistakes), key=lambda mistake: _line(mistake.where))
    return ConfigError(counted(path, in_order), in_order)


def _line(where: str) -> int:
    number = where.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0
