"""How the policy changed: auditor.yaml as each run of the period kept it, and as it is now."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from msgspec import Struct

from auditor.case.loosened import PolicyChange, loosened
from auditor.config.kept_policy import kept_policy, read
from auditor.config.models import Config
from auditor.errors import ConfigError
from auditor.evidence.judgements import kept_policies
from auditor.evidence.store import Store


class PolicyChanges(Struct, frozen=True):
    """What changed in the period; `compared` says whether there was anything to compare with, `unknown` why not all."""

    changes: tuple[PolicyChange, ...] = ()
    compared: bool = False
    unknown: tuple[str, ...] = ()


class _RunPolicy(Struct, frozen=True):
    run: str
    at: datetime
    data: bytes | None


def policy_changes(store: Store, config: Config, from_: datetime, at: datetime) -> PolicyChanges:
    """What the runs of a period were judged by, beside the last run before it and what this one is judged by."""
    runs = [_RunPolicy(run.run, run.at, data) for run, data in kept_policies(store, at)]
    before = [run for run in runs if run.at < from_][-1:]
    kept = [*before, *(run for run in runs if run.at >= from_), _RunPolicy("", at, kept_policy(config))]
    unknown = [f"the run {run.run} kept no policy" for run in kept if run.data is None]
    changes: dict[tuple[str, str, str], PolicyChange] = {}
    for earlier, later in pairwise(run for run in kept if run.data is not None):
        try:
            changes |= {(one.change.what, one.change.before, one.change.after): one for one in _between(earlier, later)}
        except ConfigError as error:
            unknown.append(error.what)
    return PolicyChanges(tuple(changes.values()), len(kept) > 1, tuple(unknown))


def _between(earlier: _RunPolicy, later: _RunPolicy) -> Iterator[PolicyChange]:
    if earlier.data is not None and later.data is not None and earlier.data != later.data:
        before, after = read(earlier.data, earlier.run), read(later.data, later.run)
        for change in loosened(before, after, later.at.astimezone(after.zone).date()):
            yield PolicyChange(change, earlier.run, earlier.at, later.at)
