"""Emergency access between emergencies, and temporary access that does not end."""

from collections.abc import Iterator, Sequence

from auditor.case.case import Case
from auditor.case.emergency import is_open, leads_in, stale
from auditor.case.placement import Where
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Outcome, pointer
from auditor.model.groups import only
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Credential
from auditor.model.vocabulary import Severity
from auditor.rules.asks import RENEW, TAKE_AWAY
from auditor.rules.base import Rule, controls, rule
from auditor.rules.causes import RIGHTS
from auditor.rules.facts import evidence_of, handles, stamp
from auditor.rules.words import count, length, listing


@rule(
    "standing/open-break-glass",
    heading="Emergency access left open",
    judges=SubjectKind.ACCOUNT,
    severity=Severity.CRITICAL,
    reads=(*RIGHTS, "tickets"),
    asks=RENEW,
    why="Emergency access that stands open is an administrator that nobody watches.",
    controls=controls(soc2="CC6.1", iso="A.8.2", pci="8.2.6 8.6.1", nist="AC-2(2) AC-6(5)", cis="5.4"),
)
def open_break_glass(self: Rule, case: Case) -> Iterator[Outcome]:
    """Emergency access that can be used now, with no active incident on a system of its account or project.

    Open is an active key, a live binding, or an enabled password that was not changed since its last use: one that was
    is sealed again. Without a way in the rights behind it are sealed.
    """
    for sealed in case.config.break_glass:
        for account in sealed.accounts:
            ways = [c for c in case.credentials if c.account == account and leads_in(c, case.at)]
            bindings = [a for a in case.access if a.account == account and is_open(a)]
            if not (ways or bindings):
                yield self.clear(account=account)
                continue
            held = (a for a in case.access if a.account == account)
            systems = {s for a in held for s in case.systems.of_scope(a.provider, a.scope)}
            incident = case.allowed.emergency(systems, case.at, case.at)
            if incident.inside:
                yield self.clear(account=account)
                continue
            if incident.where is Where.UNKNOWN:
                yield self.not_judged(account=account, reason=incident.reason)
                continue
            yield self.finding(
                thing=account,
                account=account,
                credential=ways[0].credential if ways else None,
                summary=f"The emergency access {sealed.id} is open ({_open(ways, bindings)}) and there is no incident",
                next_step=f"Have {case.name(sealed.keeper)} seal it: new password, keys inactive, bindings removed.",
                facts={
                    "keeper": sealed.keeper,
                    "open": [c.credential for c in ways] or [a.path[-1] for a in bindings if a.path],
                    "not_changed_since_its_use": sorted(c.credential for c in ways if stale(c)),
                    "last_used_at": stamp(max((c.last_used_at for c in ways if c.last_used_at), default=None)),
                },
                handles=handles((c.handle for c in ways), *(a.handles for a in bindings)),
                evidence=tuple(pointer(c) for c in ways) or evidence_of(bindings),
            )


@rule(
    "standing/repeated-extension",
    heading="Temporary access renewed again and again",
    judges=SubjectKind.TICKET,
    severity=Severity.MEDIUM,
    reads=("tickets",),
    asks=TAKE_AWAY,
    why="Access that is extended again and again is standing access with more paperwork.",
    controls=controls(soc2="CC6.3", iso="A.5.18", pci="7.2.5", nist="AC-2(2)", cis="6.2"),
)
def repeated_extension(self: Rule, case: Case) -> Iterator[Outcome]:
    """Temporary access renewed more than `max_extensions` times without a break. One finding a chain of tickets.

    An extension that begins more than `session_gap` after the end of what it extends begins a new chain. Chains whose
    last ticket ended before the period are not judged again.
    """
    for chain in _chains(case):
        last = case.refs[chain[-1]]
        ends = last.ends_at
        if ends is None or ends < case.period_from:
            continue
        if len(chain) - 1 <= case.policy.max_extensions:
            yield self.clear(thing=chain[0])
            continue
        first = case.refs[chain[0]]
        start = first.starts_at or ends
        people = listing(case.name(p) for p in last.people) or "Somebody"
        yield self.finding(
            thing=chain[0],
            person=only(last.people),
            system=only(last.systems),
            ticket=chain[-1],
            starts_at=start,
            ends_at=ends,
            summary=f"{people} extended {chain[0]} {count(len(chain) - 1, 'time')}, to {length(ends - start)} in all",
            next_step="Ask what the work really needs, and plan it as such instead of extending.",
            facts={"chain": chain, "extensions": len(chain) - 1, "allowed": case.policy.max_extensions},
            evidence=tuple(pointer(case.ticket_rows[name]) for name in chain),
        )


def _open(ways: Sequence[Credential], bindings: Sequence[Entitlement]) -> str:
    kinds = [credential.kind.replace("-", " ") for credential in ways] + ["binding"] * bool(bindings)
    return listing(sorted(set(kinds)))


def _chains(case: Case) -> list[list[str]]:
    """Tickets in the order in which one extends the other without a break, longest chains only."""
    before = {
        row.ticket: row.extends
        for row in case.tickets
        if row.extends in case.refs and row.extends != row.ticket and _joins(case, row.extends, row.ticket)
    }
    chains = []
    for last in sorted(set(before) - set(before.values())):
        chain = [last]
        while (earlier := before.get(chain[-1])) and earlier not in chain:
            chain.append(earlier)
        chains.append(chain[::-1])
    return chains


def _joins(case: Case, earlier: str | None, later: str) -> bool:
    ends, starts = case.refs[earlier].ends_at if earlier else None, case.refs[later].starts_at
    return starts is not None and ends is not None and starts - ends <= case.policy.session_gap
