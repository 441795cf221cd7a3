"""Secrets that people keep together: who opened which, and when each was changed last."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field

from auditor.config.models import Config
from auditor.config.sources.vault import SECRETS
from auditor.evidence.store import Store
from auditor.model.entitlements import Identity
from auditor.model.findings import Evidence, pointer
from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Outcome

_COLUMNS = [
    *("source", "collected_at", "origin", "record", "sha256", "event_id", "time", "provider", "scope"),
    *("account", "on_behalf_of", "action", "category", "level", "outcome"),
]


class Opened(Struct, frozen=True, kw_only=True):
    """The last time that somebody opened a secret; `account` is what it opens, as auditor.yaml may declare it."""

    account: str
    person: str
    at: datetime
    evidence: Evidence


class Secrets(Struct, frozen=True, kw_only=True):
    """What is known of them.

    Args:
        opened: by whom on the roster.
        changed: when each was changed last.
        since: from when on all this is known, of every source; None where there is none.
    """

    opened: Sequence[Opened] = ()
    changed: Mapping[str, datetime] = field(default_factory=dict)
    since: datetime | None = None


def secrets(store: Store, config: Config, named: Callable[[str], Identity | None], at: datetime) -> Secrets:
    """Everything that sources which tell of secrets ever told, until a moment; `named` is whom a name means."""
    sources = [source.name for source in config.feeding(SECRETS)]
    if not sources:
        return Secrets()
    if not (parts := store.parts(Activity, sources=sources)):
        return Secrets(since=at)
    import pyarrow.compute as pc  # late: questions about the past need no Arrow

    from auditor.model.arrow import from_arrow

    data = store.read(Activity, parts, _COLUMNS)
    data = data.filter(pc.and_(pc.less_equal(data["time"], at), pc.equal(data["outcome"], Outcome.OK)))
    first = data.group_by("source").aggregate([("time", "min")]).to_pylist()
    since = max(row["time_min"] for row in first) if len(first) == len(sources) else at
    last = (
        data.sort_by("time")
        .group_by(["account", "on_behalf_of", "category"], use_threads=False)
        .aggregate([(name, "last") for name in _COLUMNS if name not in ("account", "on_behalf_of", "category")])
    )
    last = last.rename_columns([name.removesuffix("_last") for name in last.column_names])
    opened, changed = [], dict[str, datetime]()
    for row in from_arrow(Activity, last):
        account, who = row.account or "", named(row.on_behalf_of) if row.on_behalf_of else None
        if row.category == Category.SECRET:
            changed[account] = max(row.time, changed.get(account, row.time))
        elif row.category == Category.READ and who and who.person:
            opened.append(Opened(account=account, person=who.person, at=row.time, evidence=pointer(row)))
    return Secrets(opened=sorted(opened, key=lambda one: (one.account, one.person)), changed=changed, since=since)
