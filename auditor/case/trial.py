"""Recorded acts under a policy as it is, and as it is to be."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.activity.limits import Limits
from auditor.activity.results import UsedAct
from auditor.case.attribution import attributed
from auditor.case.people import people_of
from auditor.case.replayed import rights_rows
from auditor.config.models import Config
from auditor.errors import UsageError
from auditor.evidence.store import Store
from auditor.model.globs import matches
from auditor.model.tables import Account
from auditor.model.vocabulary import Outcome
from auditor.providers.permitted import Permitted, changed_accounts
from auditor.providers.registry import provider
from auditor.providers.systems import Systems


class Proposed(Struct, frozen=True, kw_only=True):
    """A policy as it is to be.

    Args:
        holder: whose it is: an account, or the end of its name (`role/ci-deploy`).
        replaces: which of the holder's policies it replaces, by its name; None where it has no more than one.
    """

    holder: str
    text: str
    replaces: str | None = None


class Trial(Struct, frozen=True, kw_only=True):
    """What the documents say of what was done in a period.

    Args:
        acts: what succeeded, each with what the rights as they are say of it, and what they are to say.
    """

    config: Config
    from_: datetime
    at: datetime
    holder: Account
    acts: tuple[tuple[UsedAct, Permitted, Permitted], ...]

    @property
    def calls(self) -> int:
        """How much was done."""
        return sum(act.events for act, _, _ in self.acts)


def trial(store: Store, config: Config, proposed: Proposed, at: datetime, period: timedelta) -> Trial:
    """Judge what was done in a period up to a moment under a holder's policies, old and new.

    Raises:
        UsageError: nobody is called so, or the document is none, or it is not said what it replaces.
    """
    rows = rights_rows(store, config, at)
    config, people = people_of(config, rows)
    holder = _named(rows.accounts, proposed.holder)
    room = provider(holder.provider)
    after = room.rewritten(rows, holder, proposed.text, proposed.replaces)
    limits = Limits(period_from=at - period, period_to=at, zone=config.zone)
    accounts = changed_accounts(rows, after) | {holder.account}
    with attributed(store, limits, people, Systems(config), config.engine) as activity:
        told = activity.used_acts(accounts)
    acts = [act for act in told if act.outcome == Outcome.OK and act.provider == room.name and act.account in accounts]
    old, new = (room.permitted(config, one, acts, at) for one in (rows, after))
    return Trial(config=config, from_=at - period, at=at, holder=holder, acts=tuple(zip(acts, old, new, strict=True)))


def _named(accounts: Sequence[Account], name: str) -> Account:
    """The account that is meant."""
    kind, _, short = name.rpartition("/")
    patterns = (name, f"*:{name}", f"*:{kind}/*/{short}") if kind else (name, f"*/{name}")
    found = {row.account: row for row in accounts if any(matches(one, row.account) for one in patterns)}
    if name in found:
        return found[name]
    if len(found) != 1:
        listed = ", ".join(sorted(found)[:5]) or "none"
        raise UsageError(
            f"{'Several accounts are' if found else 'No account in evidence is'} called {name!r}.",
            do=f"Give its whole name, as evidence has it: {listed}." if found else "Name a role, user or group.",
        )
    return next(iter(found.values()))
