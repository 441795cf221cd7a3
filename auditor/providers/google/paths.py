"""What a binding gives, and the path by which somebody comes to it."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from auditor.model.entitlements import Entitlement, Identity
from auditor.model.findings import Evidence, pointer
from auditor.model.tables import Grant, Row
from auditor.model.vocabulary import Capability, Level
from auditor.providers.google.conditions import Terms, parts_of
from auditor.providers.google.holders import Holder
from auditor.providers.google.reach import Becoming


class Right(Struct, frozen=True, eq=False):
    """What one binding gives on one system; None where it is everything in a project. `denied` is what is left out."""

    grant: Grant
    scope: str
    system: str | None
    capabilities: frozenset[Capability]
    level: Level
    terms: Terms
    denied: str = ""


def path_to(
    right: Right, who: Identity, start: str, chain: Sequence[Becoming], holder: Holder, *, is_root: bool
) -> Entitlement:
    """The path from an account, over those that it can act as in a chain, to what a binding gives the last of them.

    `who` is behind the account; `is_root` says whether the role makes its holder root on the machines.
    """
    grant = right.grant
    hops = [hop.terms for hop in chain]
    ends = min(filter(None, (t.ends for t in (*hops, right.terms))), default=None)
    ends = min(filter(None, (ends, holder.ends, *(hop.holder.ends for hop in chain))), default=None)
    handle = chain[0].cut if chain else holder.handle or grant.handle
    beside = ["root on its machines"] if is_root else []
    beside += [f"but for {right.denied}, which is denied"] if right.denied else []
    return Entitlement(
        identity=who,
        account=start,
        provider="gcp",
        scope=right.scope,
        system=right.system,
        capabilities=right.capabilities,
        level=right.level,
        unrestricted=right.system is None,
        borrowed=bool(chain),
        path=(start, *_steps(chain), *holder.steps, f"{grant.role} on {_short(grant.resource)}", *beside),
        resource=grant.resource if grant.resource.startswith("//") else None,
        expires_at=ends,
        conditions=_conditions((*hops, right.terms)),
        granted_at=grant.granted_at,
        ticket=next((one.ticket for one in (grant, *(hop.grant for hop in chain)) if one.ticket), None),
        written=(*_titles(grant), *(text for hop in chain for text in _titles(hop.grant)), *holder.steps),
        handles=(handle,) if handle else (),
        evidence=_evidence(chain, holder, grant),
    )


def _titles(grant: Grant) -> tuple[str | None, ...]:
    """The title and the description of a binding's condition."""
    parts = parts_of(grant.condition)
    return parts.get("title"), parts.get("description")


def _steps(chain: Sequence[Becoming]) -> Iterator[str]:
    for hop in chain:
        yield from hop.holder.steps
        yield f"{hop.act} {hop.account.partition(':')[2]} ({hop.grant.role})"


def _conditions(terms: Iterable[Terms]) -> tuple[str, ...]:
    said: dict[str, None] = {}
    for one in terms:
        said.update(dict.fromkeys(f"only for resources named {pattern}" for pattern in one.patterns))
        said.update(dict.fromkeys(f"only when {fact}" for fact in one.facts))
        said.update(dict.fromkeys(f"eligible only: held once asked for, by {it}" for it in one.awaits))
    return tuple(said)


def _evidence(chain: Sequence[Becoming], holder: Holder, grant: Grant) -> tuple[Evidence, ...]:
    rows: list[Row] = [row for hop in chain for row in (*hop.holder.rows, hop.grant)]
    rows += [*holder.rows, grant]
    return tuple(pointer(row) for row in {id(row): row for row in rows}.values())


def _short(resource: str) -> str:
    return resource.rpartition("/")[2] if resource.startswith("//") else resource
