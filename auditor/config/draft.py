"""A drafted policy from a file: a whole auditor.yaml, or its `policy` and `jobs` alone, beside the one in force."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from auditor.config.kept_policy import kept_policy
from auditor.config.load import load, read_document, validated
from auditor.config.models import Config
from auditor.config.wording import suggest

PARTS = ("policy", "jobs")
# What another policy has no say in: where evidence comes from, where it lies, who hears of it.
_STAYS = ("sources", "evidence", "output", "anchor", "engine", "notify", "base")


def judging_by(other: Config, config: Config) -> Config:
    """Another configuration, over the evidence of this one."""
    return other.model_copy(update={name: getattr(config, name) for name in _STAYS})


def load_draft(path: str | Path, config: Config) -> Config:
    """The configuration as it would be by a draft.

    A file with `organisation` is a whole auditor.yaml. Any other has `policy` and `jobs` at most: what it leaves out of
    them, down to single windows and jobs, stays as it is.

    Raises:
        ConfigError: with one `Mistake` for everything that is wrong in the file, in its order.
    """
    document = read_document(path)
    if isinstance(document.data, dict) and "organisation" in document.data:
        return judging_by(load(path), config)
    drafted = document.data if isinstance(document.data, dict) else {}
    for key in drafted.keys() - set(PARTS):
        hint = suggest(key, PARTS) or "a draft is a whole auditor.yaml, or its policy and jobs alone"
        document.mistake((key,), "unknown key", hint)
    settings = json.loads(kept_policy(config))
    if isinstance(document.data, dict):
        document.data = settings | {part: _merged(settings.get(part, {}), drafted.get(part)) for part in PARTS}
    made = validated(document, path, config.base)
    return config.model_copy(update={part: getattr(made, part) for part in PARTS})


def differences(before: Config, after: Config) -> Iterator[tuple[str, str, str]]:
    """Each setting that differs, as `policy.windows.routine`, with what it is in each; empty where it is not set."""
    then, now = (dict(_leaves(json.loads(kept_policy(one)))) for one in (before, after))
    for name in sorted(then.keys() | now.keys()):
        if then.get(name) != now.get(name):
            yield name, then.get(name, ""), now.get(name, "")


def _merged(settings: Any, drafted: Any) -> Any:
    """Settings with what a draft says instead; lists and single values as a whole."""
    if drafted is None:
        return settings
    if not (isinstance(settings, Mapping) and isinstance(drafted, Mapping)):
        return drafted
    return {**settings, **{name: _merged(settings.get(name), value) for name, value in drafted.items()}}


def _leaves(settings: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(settings, Mapping):
        for key, value in settings.items():
            yield from _leaves(value, f"{name}.{key}" if name else str(key))
    else:
        plain = settings if isinstance(settings, list) and all(isinstance(one, str) for one in settings) else [settings]
        words = (one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in plain)
        yield name, ", ".join(words) or "none"
