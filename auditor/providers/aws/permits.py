"""Whether a principal may do one thing to one resource: an Allow of its own, no Deny, and every ceiling."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.providers.aws.actions import Actions, expand
from auditor.providers.aws.callers import Caller, Gap, of_same_account
from auditor.providers.aws.policy import Statement, soonest
from auditor.providers.aws.principals import Principal, Source

_NEVER = float("inf")


class Permit(Struct, frozen=True, eq=False):
    """A right to do one thing.

    Args:
        facts: conditions that it stands under.
        source: the policy that gives it.
        narrow: whether such a condition limits what may be done.
    """

    ends: datetime | None
    facts: tuple[str, ...]
    source: Source
    narrow: bool = False


class Request(Struct, frozen=True):
    """One action on one resource, with what is known of a request for it beforehand.

    Args:
        resource: an ARN, or the pattern of a name that whoever asks may choose.
    """

    action: Actions
    resource: str
    known: Caller

    def said(self, statements: Iterable[Statement], at: datetime) -> Iterator[Statement]:
        """What statements, whether they allow or deny, say of it."""
        for statement in statements:
            if statement.actions & self.action:
                found = statement.given(self.known)
                if found and found.terms.hold(at) and found.covers_pattern(self.resource):
                    yield found


def request(
    action: str,
    resource: str,
    account: str,
    known: Mapping[str, str | Gap] | None = None,
    tags: Mapping[str, str] | None = None,
) -> Request:
    """A request about a resource of an account; `known` are keys of it, in lower case, and `tags` the resource's."""
    values: dict[str, str | Gap] = {"aws:resourceaccount": account, **(known or {})}
    return Request(expand(action), resource, Caller(values, resource_tags=tags))


def permit(principal: Principal, wanted: Request, at: datetime) -> Permit | None:
    """A principal's own right to do something, denials and ceilings counted; None where it has none."""
    wanted = replace(wanted, known=of_same_account(wanted.known, principal.caller))
    found = allowing(principal, wanted, at)
    limits = principal.limits
    kept = within(limits.denies, limits.ceilings, wanted, at) if found else None
    if found is None or kept is None:
        return None
    return replace(found, facts=(*found.facts, *kept))


def allowing(principal: Principal, wanted: Request, at: datetime) -> Permit | None:
    """What of a principal's own policies allows something for longest, whatever denies it."""
    return max(allowing_each(principal, wanted, at), key=_worth, default=None)


def allowing_each(principal: Principal, wanted: Request, at: datetime) -> Iterator[Permit]:
    """The same of each of its policies that allows it."""
    for source in principal.sources:
        found = [
            Permit(soonest(one.terms.ends, source.ends), one.terms.facts, source, one.terms.narrows)
            for one in _allowed(source.statements, wanted, at)
        ]
        if found:
            yield max(found, key=_worth)


def within(
    denies: Iterable[Statement], ceilings: Iterable[tuple[Statement, ...]], wanted: Request, at: datetime
) -> tuple[str, ...] | None:
    """The conditions that denials and ceilings put on a request; None where they forbid it."""
    facts: list[str] = []
    for deny in wanted.said((one for one in denies if not one.allow), at):
        if not deny.terms.facts:
            return None
        facts.append(f"denied {' and '.join(deny.terms.facts)}")
    for ceiling in ceilings:
        inside = list(_allowed(ceiling, wanted, at))
        if not inside:
            return None
        facts += min(inside, key=_asks).terms.facts
    return tuple(dict.fromkeys(facts))


def is_meant(principal: Principal, call: str, *, among_all: bool = True) -> bool:
    """Whether a policy gives that right among others of its kind: what gives nearly everything does so anywhere.

    `among_all` says whether all that a service has, and no more, means it too.
    """
    wanted, service = expand(call), expand(f"{call.partition(':')[0]}:*")
    allowed = (one.actions for source in principal.sources for one in source.statements if one.allow)
    given_ = (actions for actions in allowed if actions & wanted)
    return any(actions & service != service or (among_all and not actions & ~service) for actions in given_)


def until(ends: datetime | None) -> float:
    """An end, to be compared with others."""
    return ends.timestamp() if ends else _NEVER


def _allowed(statements: Iterable[Statement], wanted: Request, at: datetime) -> Iterator[Statement]:
    return wanted.said((statement for statement in statements if statement.allow), at)


def _worth(one: Permit) -> tuple[bool, float, int]:
    return not one.narrow, until(one.ends), -len(one.facts)


def _asks(statement: Statement) -> int:
    return len(statement.terms.facts)
