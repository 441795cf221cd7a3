"""Questions about the past that stored evidence answers without an audit: who had access then."""

from difflib import get_close_matches

from auditor.config.models import Config, System
from auditor.errors import StoreError, UsageError
from auditor.job import RunOptions
from auditor.resolve.moment import Moment, moment
from auditor.resolve.systems import Systems


def who(options: RunOptions, name: str) -> tuple[Moment, System]:
    """Who had access at `options.at`, and the system that was asked about.

    Raises:
        UsageError: no system has that name.
        StoreError: there is no evidence at all.
    """
    system = named_system(options.config, name)
    if not options.store.manifests():
        raise StoreError(
            f"{options.store.name} holds no evidence.",
            means="Nothing can be said about the past.",
            do="Run `auditor collect` or `auditor run` first.",
        )
    return moment(options.store, options.config, options.at), system


def named_system(config: Config, name: str) -> System:
    """A system by its id, name or alias.

    Raises:
        UsageError: there is none; it names the nearest.
    """
    found = Systems(config).named(name)
    if found:
        return config.systems_by_id[found]
    known = {word.casefold(): system.id for system in config.systems for word in _names(system)}
    near = [known[word] for word in get_close_matches(name.casefold(), known, n=1, cutoff=0.5)]
    ids = ", ".join(system.id for system in config.systems)
    raise UsageError(
        f"There is no system {name!r}.",
        do=f"Did you mean {near[0]}?" if near else f"Name one of auditor.yaml's: {ids or 'there are none'}.",
    )


def _names(system: System) -> tuple[str, ...]:
    return (system.id, system.name, *system.aliases)
