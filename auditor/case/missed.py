"""What was refused after rights were taken away, and only they had allowed: told by the rows of before."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter

from msgspec import Struct

from auditor.activity.results import UsedAct
from auditor.case.people import People, people_of
from auditor.case.removal import without
from auditor.case.replayed import rights_rows
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.findings import pointer
from auditor.model.groups import grouped
from auditor.model.handles import Handle
from auditor.model.tables import Activity
from auditor.model.vocabulary import Outcome
from auditor.providers.permitted import Answer, changed_accounts, gone
from auditor.providers.registry import provider

_REFUSED = """
time > $since AND time <= $at AND (outcome = 'denied' OR category = 'login' AND outcome = 'failed')
AND (list_contains($accounts, account) OR list_contains($keys, credential))
"""


class TakenAway(Struct, frozen=True):
    """A right that is gone, and since when."""

    handle: Handle
    since: datetime


def missed(
    store: Store, config: Config, gone: Sequence[TakenAway], before: datetime, at: datetime
) -> Iterator[tuple[TakenAway, list[UsedAct]]]:
    """Rights with what was refused for want of them, each way of it once.

    They were there `before`: the rows of then tell what they allowed.
    """
    rows = rights_rows(store, config, before)
    config, people = people_of(config, rows)
    for one in gone:
        found, _, after = without(rows, [one.handle])
        if found:
            acts = list(_acts(_refused(store, rows, after, one.since, at), people))
            name = str(one.handle.get("provider"))
            answers = (provider(name).permitted(config, some, acts, before) for some in (rows, after))
            told = zip(acts, *answers, strict=True)
            lost = [a for a, had, has in told if (had.answer, has.answer) == (Answer.ALLOWED, Answer.DENIED)]
            if lost:
                yield one, lost


def _refused(store: Store, rows: Snapshots, after: Snapshots, since: datetime, at: datetime) -> list[Activity]:
    """What was refused since a time to those who had a right, or by a key that is gone."""
    keys = sorted({row.credential for row in gone(rows.credentials, after.credentials)})
    accounts = sorted(changed_accounts(rows, after))
    parts = store.parts(Activity, days=(since.date(), at.date()))
    return store.rows(Activity, parts, _REFUSED, since=since, at=at, accounts=accounts, keys=keys)


def _acts(rows: Sequence[Activity], people: People) -> Iterator[UsedAct]:
    """Rows of activity as acts, those that are alike once."""
    alike = attrgetter("provider", "scope", "account", "credential", "action", "resource", "permissions")
    for some in grouped((alike(row), row) for row in rows).values():
        first, times, days = some[0], [row.time for row in some], {row.time.date() for row in some}
        who = people.who(first.account or "")
        yield UsedAct(
            **{
                name: getattr(first, name)
                for name in UsedAct.__struct_fields__
                if name in Activity.__struct_fields__ and name != "outcome"
            },
            person=who.person or who.owner,
            actor_class=who.actor_class,
            outcome=Outcome.DENIED,
            events=len(some),
            days=len(days),
            first_at=min(times),
            last_at=max(times),
            sample=pointer(first),
        )
