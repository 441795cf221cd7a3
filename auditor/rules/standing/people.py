"""Who still has something: people who left, and principals that belong to nobody."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Outcome, pointer
from auditor.model.groups import grouped, only
from auditor.model.strangers import DECLARE
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Account, Credential
from auditor.model.vocabulary import AccountKind, ActorClass, Severity
from auditor.providers.registry import account_name, provider
from auditor.rules.asks import TAKE_AWAY
from auditor.rules.base import Rule, controls, rule
from auditor.rules.causes import PATH, RIGHTS
from auditor.rules.facts import MOST_EVIDENCE, evidence_of, handles, holder_of, path_facts
from auditor.rules.strangers import naming, naming_vendor
from auditor.rules.words import count, day, listing, moment, powers


@rule(
    "standing/departed",
    heading="Left, and still able to get in",
    judges=SubjectKind.PERSON,
    severity=Severity.CRITICAL,
    reads=RIGHTS,
    asks=TAKE_AWAY,
    why="Someone who no longer works here can still get in, and nobody watches what they do.",
    one_of=PATH,
    controls=controls(
        soc2="CC6.2 CC6.3", iso="A.5.18", pci="8.2.5", nist="AC-2 AC-2(3)", cis_aws="1.12", cis="5.3 6.2"
    ),
)
def departed(self: Rule, case: Case) -> Iterator[Outcome]:
    """An account, key or right of someone who has left.

    One finding a person, listing all that remains. Somebody leaves at the end of their last day in the organisation's
    time zone. An account without rights and without any way in is no finding.
    """
    held = [(c, holder_of(case, c)) for c in case.credentials if c.enabled and c.lasts(case.at)]
    owned = [(a, case.who(a.account).person) for a in case.accounts if a.enabled]
    for person in case.config.people:
        if person.left is None or not case.has_left(person.id):
            continue
        rights = [a for a in case.access if a.person == person.id]
        keys = [c for c, holder in held if holder == person.id]
        logins = [a for a, owner in owned if owner == person.id]
        if not (rights or keys or logins):
            yield self.clear(person=person.id)
            continue
        accounts = [*(a.account for a in logins), *(c.account for c in keys), *(a.account for a in rights)]
        yield self.finding(
            thing="departed",
            person=person.id,
            account=accounts[0],
            summary=f"{person.name} left on {day(person.left)} and still has {_remains(case, keys, logins, rights)}",
            next_step=f"Disable the accounts of {person.name} and remove the keys and rights listed.",
            facts={
                **path_facts(case, rights),
                "left": str(person.left),
                "keys": sorted({c.credential for c in keys}),
                "accounts": sorted(set(accounts)),
                "systems": sorted({a.system for a in rights if a.system}),
            },
            handles=handles(*(a.handles for a in rights), (c.handle for c in keys)),
            evidence=tuple(pointer(row) for row in [*keys, *logins][:MOST_EVIDENCE]) or evidence_of(rights),
        )


def _remains(case: Case, keys: Sequence[Credential], logins: Sequence[Account], rights: Sequence[Entitlement]) -> str:
    """What somebody still has, counted."""
    systems = sorted({case.system_name(a.system) for a in rights if a.system})
    parts = {
        count(len({c.credential for c in keys}), "key"): keys,
        count(len(logins), "open account"): logins,
        f"rights on {listing(systems)}": systems,
        "unrestricted rights": [a for a in rights if a.unrestricted],
    }
    return listing(words for words, there in parts.items() if there)


@rule(
    "standing/unknown-person",
    heading="Access of somebody nobody knows",
    judges=SubjectKind.ACCOUNT,
    severity=Severity.HIGH,
    reads=(*RIGHTS, "activity"),
    asks=TAKE_AWAY,
    why="A right that belongs to nobody is reviewed by nobody.",
    one_of=PATH,
    controls=controls(soc2="CC6.2", iso="A.5.16 A.5.18", pci="7.2.4 8.2.1", nist="AC-2", cis_aws="1.20", cis="5.1"),
)
def unknown_person(self: Rule, case: Case) -> Iterator[Outcome]:
    """A principal that nobody on the roster owns and no service account declares.

    Judges users, SSH keys, trust in foreign accounts, and roles that can change production: through whoever can assume
    them where those are known, else by what becomes them: a machine, an identity provider's people, a repository.
    Machines and workloads that changed a system are judged by that where their rights tell nothing of them.
    Unrestricted ones have `admin-access`. Service-linked roles, the provider's own agents, roles that only its services
    become for their own work (whoever may set those up has what the roles may), and accounts that are shut and reach
    nothing are exempt. An account that fits several people could not be judged.
    """
    held = grouped((access.account, access) for access in case.access)
    for row in case.accounts:
        if account_name(row.account).login or row.kind in ("role", "group", "root"):
            continue
        who = case.who(row.account)
        if who.candidates:
            yield self.not_judged(account=row.account, reason=f"it fits several people: {listing(who.candidates)}")
        elif who.actor_class is not ActorClass.UNKNOWN or (row.enabled is False and row.account not in held):
            yield self.clear(account=row.account)
        else:
            asks = naming(row.account, robot=row.kind == AccountKind.SERVICE)
            yield self.finding(
                thing=row.account,
                account=row.account,
                system=case.systems.only_of_scope(row.provider, row.scope),
                summary=f"Nobody on the roster owns {row.name or row.account}",
                next_step=f"Find out whose it is and add `{asks[DECLARE]}` to auditor.yaml, or disable it.",
                facts={**_account_facts(row, held.get(row.account, ())), **asks},
                handles=handles(c.handle for c in case.credentials if c.account == row.account and c.enabled),
                evidence=(pointer(row),),
            )
    yield from _unlisted(self, case, held)
    yield from _undeclared_roles(self, case)
    yield from _undeclared_machines(self, case)
    yield from _unknown_keys(self, case)
    yield from _foreign_trusts(self, case)


def _unlisted(self: Rule, case: Case, held: Mapping[str, Sequence[Entitlement]]) -> Iterator[Outcome]:
    """Holders whom no list of accounts has: what was given to somebody is not taken back with their account."""
    listed = {row.account for row in case.accounts} | {one.principal for one in case.foreign_trusts}
    for account in sorted(held.keys() - listed):
        identity, opened_by = held[account][0].identity, held[account][0].opened_by
        if identity.actor_class is ActorClass.UNKNOWN and not opened_by and not account_name(account).login:
            reason = "it holds rights, and no list of accounts has it: it was deleted, or not all of them were read"
            yield self.not_judged(account=account, reason=reason)


def _account_facts(row: Account, paths: Sequence[Entitlement]) -> dict[str, Any]:
    """What is known of an account, and what it can do."""
    can = {"capabilities": sorted({c.value for a in paths for c in a.capabilities})} if paths else {}
    where = {"systems": sorted({a.system for a in paths if a.system})} if paths else {}
    return {"scope": row.scope, "enabled": row.enabled, **can, **where}


def _undeclared_roles(self: Rule, case: Case) -> Iterator[Outcome]:
    for role, paths in _by_role(case).items():
        candidates = paths[0].identity.candidates
        if candidates:
            yield self.not_judged(account=role, reason=f"it fits several people: {listing(candidates)}")
            continue
        if paths[0].identity.actor_class is ActorClass.PROVIDER:
            yield self.clear(account=role)
            continue
        systems = sorted({case.system_name(a.system) for a in paths if a.system})
        held = {c for a in paths for c in a.capabilities if c.changes}
        opened_by, name, asks = listing(paths[0].opened_by), role.rsplit("/", 1)[-1], naming(role, robot=True)
        yield self.finding(
            thing=role,
            account=role,
            system=paths[0].system if len(systems) == 1 else None,
            summary=f"{name}, which nobody declares, can {powers(held)} on {listing(systems)}, "
            f"and is open to {opened_by}",
            next_step=f"Declare the role under `service_accounts` of auditor.yaml: `{asks[DECLARE]}`; "
            "or narrow its trust, or remove it.",
            facts={**path_facts(case, paths), "systems": sorted({a.system for a in paths if a.system}), **asks},
            handles=handles(*(a.handles for a in paths)),
            evidence=evidence_of(paths),
        )


def _undeclared_machines(self: Rule, case: Case) -> Iterator[Outcome]:
    """Machines that nobody declares, by what they changed, where no right of theirs tells of them already."""
    told = {access.account for access in case.access if access.opened_by}
    found: dict[str, list[Episode]] = {}
    for episode in case.episodes:
        machine = episode.actor_class is ActorClass.SERVICE and case.is_undeclared(episode)
        if machine and episode.system and episode.changes and not account_name(episode.account or "").workload_of:
            found.setdefault(episode.account or episode.actor or "", []).append(episode)
    for account, episodes in sorted(found.items()):
        if account in told:
            continue
        first, systems = episodes[0], sorted(filter(None, {e.system for e in episodes}))
        known_by = sorted({how for e in episodes if (how := case.evidence_of(e))})
        yield self.finding(
            thing=account,
            account=account,
            system=only(systems),
            starts_at=first.starts_at,
            ends_at=max(e.ends_at for e in episodes),
            summary=f"{account_name(account).short or account}, which nobody declares, changed "
            f"{listing(map(case.system_name, systems))} since {moment(first.starts_at, case.config.zone)} "
            f"({count(sum(e.changes for e in episodes), 'change')}; {listing(known_by)})",
            next_step="Declare it in auditor.yaml with an owner and a purpose, or find out whose it is and remove it.",
            facts={
                "known_by": known_by,
                "changes": sum(e.changes for e in episodes),
                "actions": list(dict.fromkeys(a for e in episodes for a in e.change_actions)),
                "systems": systems,
                "from": sorted({ip for e in episodes for ip in e.source_ips}),
                **naming(account, robot=True),
            },
            evidence=tuple(sample for e in episodes for sample in e.samples)[:MOST_EVIDENCE],
        )


def _by_role(case: Case) -> Mapping[str, list[Entitlement]]:
    """The changing paths of each role that nobody declares; those that are unrestricted have their own rule."""
    return grouped((a.account, a) for a in case.access if a.opened_by and a.writes and not a.unrestricted)


def _unknown_keys(self: Rule, case: Case) -> Iterator[Outcome]:
    for row in case.credentials:
        opens = row.kind in ("ssh-key", "password") and provider(row.provider).OPENS_HOSTS and row.enabled
        if not opens or not row.lasts(case.at):
            continue
        # A key may be of somebody else than the login; a password is the login's.
        owner = row.credential if row.kind == "ssh-key" else row.account
        who, subject = case.who(owner), {"account": row.account, "thing": row.credential}
        if who.candidates:
            yield self.not_judged(**subject, reason=f"{who.how}: {listing(who.candidates)}")
        elif who.actor_class is not ActorClass.UNKNOWN:
            yield self.clear(**subject)
        else:
            system, asks = case.system_of_credential(row), naming(owner)
            yield self.finding(
                **subject,
                credential=row.credential,
                system=system,
                resource=row.resource,
                summary=f"A {'key' if row.kind == 'ssh-key' else 'password'} that nobody declares opens "
                f"{account_name(row.account).login or row.account}",
                next_step=f"Find its owner and add `{asks[DECLARE]}` to them in auditor.yaml, or remove the line."
                if row.kind == "ssh-key"
                else f"Find out whose login it is and add `{asks[DECLARE]}` to them in auditor.yaml, "
                "or lock its password.",
                facts={"comment": row.comment, **asks},
                handles=handles([row.handle]),
                evidence=(pointer(row),),
            )


def _foreign_trusts(self: Rule, case: Case) -> Iterator[Outcome]:
    for trust in case.foreign_trusts:
        subject = {"thing": f"{trust.role} {trust.principal}", "account": trust.role, "system": trust.system}
        if trust.nameless:
            yield self.not_judged(**subject, reason=f"it lets {trust.principal} in: whose that is, no policy tells")
            continue
        anybody = trust.principal == "*" or bool(trust.whom)
        held = {c for path in trust.access for c in path.capabilities}
        place = trust.role.rsplit("/", 1)[-1]
        whom = f"{trust.principal}, which nobody declares"
        if anybody:
            whom = ", ".join([trust.whom or "anybody", *trust.conditions])
        declare = "Remove the trust, or declare the account under `vendors`, with an owner and a purpose."
        narrow = (
            "Remove the statement, or name in it whom it is for; what is meant to be public belongs in `exceptions`."
        )
        yield self.finding(
            **subject,
            resource=trust.principal,
            summary=f"{place} lets {whom} {powers(held)}" if trust.whom else f"{place} trusts {whom}",
            next_step=narrow if anybody else declare,
            facts={
                "trusts": trust.principal,
                "conditions": list(trust.conditions),
                "capabilities": sorted(c.value for c in held),
                **naming_vendor(trust.account),
            },
            evidence=trust.evidence,
        )
