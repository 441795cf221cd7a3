"""The values that changes set, as the raw records have them: what rows do not keep."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.case.moment import place
from auditor.errors import AuditorError
from auditor.model.findings import Evidence
from auditor.options import RunOptions
from auditor.providers.registry import provider
from collectors.base import Context
from collectors.originals import original

MOST = 200
"""So many records are read again, the first ones: about ten milliseconds each."""
_DEEPEST = 6
_MOST_NAMES = 60


def values(
    options: RunOptions, records: Iterable[tuple[str, Evidence]]
) -> dict[tuple[str, str, int], Mapping[str, str]]:
    """What each record, of the provider named, asked for, by its place: names with values as text, secrets taken out.

    A record that cannot be read again has none. Objects in a bucket are not fetched, unless they were kept.
    """
    sources = {source.name: source for source in options.config.sources}
    context = Context(collected_at=options.at, base=options.config.base, zone=options.config.timezone)
    store = options.store
    found: dict[tuple[str, str, int], Mapping[str, str]] = {}
    for name, pointer in list({place(pointer): (name, pointer) for name, pointer in records}.values())[:MOST]:
        source = sources.get(pointer.source)
        if source is None or (pointer.origin.startswith("s3://") and not options.config.keep_raw):
            continue
        try:
            record = json.loads("\n".join(original(source, context, store, pointer)))
        except (AuditorError, ValueError):
            continue  # the act is told all the same, without its values
        asked = provider(name).asked(record) if isinstance(record, dict) else None
        if told := dict(list(_flat(asked))[:_MOST_NAMES]):
            found[place(pointer)] = told
    return found


def _flat(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """`containers.0.image` and the like, each with its value as text."""
    if isinstance(value, dict | list) and depth < _DEEPEST:
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for key, one in inner:
            yield from _flat(one, f"{name}.{key}" if name else str(key), depth + 1)
    elif value is not None and name:
        yield name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
