"""Logins and keys that several people share."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.config.sources.vault import SECRETS
from auditor.model.findings import Outcome, pointer
from auditor.model.groups import grouped
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Credential
from auditor.model.vocabulary import ROBOTS, Severity
from auditor.providers.registry import account_name
from auditor.rules.asks import SEPARATE
from auditor.rules.base import Rule, controls, rule
from auditor.rules.facts import MOST_EVIDENCE, handles
from auditor.rules.words import listing

SHARED = controls(soc2="CC6.1", iso="A.5.16 A.5.17", pci="8.2.1 8.2.2", nist="AC-2(9) IA-2 AU-10", cis="5.1")
PCI_8_2_2 = ("prevented", "time-limited", "justified", "approved", "individual confirmed", "attributable")


@rule(
    "shared/login",
    heading="Logins used by several people",
    judges=SubjectKind.ACCOUNT,
    severity=Severity.HIGH,
    reads=("credentials", "activity", SECRETS),
    asks=SEPARATE,
    why="When something breaks, the log names a login and not a person.",
    controls=SHARED,
)
def login(self: Rule, case: Case) -> Iterator[Outcome]:
    """One login used by, or holding keys of, more than one person.

    Judged for SSH logins by the keys in their authorized_keys, and by the keys and certificates that opened them during
    the period, also where no authorized_keys were read. A
    login that holds only somebody else's key is `shared/ssh-key`. One finding a login name and system. A declared
    robot's secret that several people opened in the period is one that they share, too.
    """
    yield from _secrets_opened(self, case)
    groups: dict[tuple[str, str | None], set[str]] = defaultdict(set)
    rows: dict[tuple[str, str | None], list[Credential]] = defaultdict(list)
    for account, keys in _keys_by_login(case).items():
        people = _people_of(case, keys) | _users_of(case, account)
        system = case.system_of_credential(keys[0])
        if len(people) <= 1 or _foreign_keys(case, account, keys):
            yield self.clear(account=account)
            continue
        subject = (account.split("@", 1)[0], system)
        groups[subject] |= people
        rows[subject] += keys
    used: dict[tuple[str, str | None], list[Episode]] = defaultdict(list)
    for account, episodes in case.episodes_of_login.items():
        subject = (account.split("@", 1)[0], episodes[0].system)
        people = _users_of(case, account)
        if account_name(account).login and len(people) > 1:
            groups[subject] |= people
            used[subject] += episodes
    for (account, system), people in sorted(groups.items(), key=str):
        keys, episodes = rows[account, system], used[account, system]
        hosts = sorted({key.resource or "" for key in keys} | {episode.scope for episode in episodes})
        opened = {episode.credential for episode in episodes if episode.credential}
        yield self.finding(
            thing=account,
            account=(keys[0] if keys else episodes[0]).account,
            system=system,
            resource=listing(hosts),
            summary=f"{listing(case.name(p) for p in sorted(people))} share the login "
            f"{account_name(account).login} on {listing(hosts)}",
            next_step="Give each of them a login of their own, then remove their keys from this one.",
            facts={
                "people": sorted(people),
                "keys": sorted({key.credential for key in keys} | opened),
                "hosts": hosts,
                "to_answer": list(PCI_8_2_2),
            },
            handles=handles(key.handle for key in keys),
            evidence=(*map(pointer, keys), *(episode.sample for episode in episodes))[:MOST_EVIDENCE],
        )


def _secrets_opened(self: Rule, case: Case) -> Iterator[Outcome]:
    lately = (one for one in case.secrets.opened if one.at >= case.period_from)
    robots = ((one.account, one) for one in lately if case.who(one.account).actor_class in ROBOTS)
    for account, opened in grouped(robots).items():
        people = sorted({one.person for one in opened})
        if len(people) == 1:
            yield self.clear(account=account)
            continue
        owner = case.who(account).owner or account
        yield self.finding(
            thing=account,
            account=account,
            summary=f"{listing(map(case.name, people))} share {owner}: each of them opened its secret",
            next_step="Give each of them an account of their own, then change the secret.",
            facts={"people": people, "to_answer": list(PCI_8_2_2)},
            evidence=tuple(one.evidence for one in opened[:MOST_EVIDENCE]),
        )


@rule(
    "shared/ssh-key",
    heading="SSH keys under several names",
    judges=SubjectKind.CREDENTIAL,
    severity=Severity.HIGH,
    reads=("credentials",),
    asks=SEPARATE,
    why="A key that two people hold identifies neither of them, and cannot be taken from one alone.",
    controls=SHARED,
)
def ssh_key(self: Rule, case: Case) -> Iterator[Outcome]:
    """One public key standing under several people's accounts, where the login's owner has no key of their own.

    Where the owner has a key of their own beside it, the finding is `shared/login`. One finding a key and system.
    """
    foreign = {account: _foreign_keys(case, account, keys) for account, keys in _keys_by_login(case).items()}
    yield from (self.clear(account=account) for account, keys in foreign.items() if not keys)
    found = grouped(((k.credential, case.system_of_credential(k)), k) for keys in foreign.values() for k in keys)
    for (credential, system), keys in sorted(found.items(), key=str):
        holder = case.who(credential).person
        owners = sorted({p for key in keys if (p := case.who(key.account).person)})
        hosts = sorted({key.resource or "" for key in keys})
        yield self.finding(
            thing=credential,
            account=keys[0].account,
            system=system,
            credential=credential,
            resource=listing(hosts),
            summary=f"The key of {case.name(holder)} also stands in the login of "
            f"{listing(case.name(p) for p in owners)} on {listing(hosts)}",
            next_step="Put a key of the owner's own there, and remove this one.",
            facts={
                "people": sorted({*owners, holder or ""} - {""}),
                "logins": sorted({key.account for key in keys}),
                "comments": sorted({key.comment for key in keys if key.comment}),
                "to_answer": list(PCI_8_2_2),
            },
            handles=handles(key.handle for key in keys),
            evidence=tuple(pointer(key) for key in keys[:MOST_EVIDENCE]),
        )


def _keys_by_login(case: Case) -> Mapping[str, Sequence[Credential]]:
    """Live keys in authorized_keys by login and host, pipelines' own logins left out."""
    keys = (row for row in case.credentials if row.kind == "ssh-key" and row.enabled and row.lasts(case.at))
    return grouped((row.account, row) for row in keys if account_name(row.account).login)


def _people_of(case: Case, keys: Sequence[Credential]) -> set[str]:
    """People whose keys stand in a login, and its owner where one of the keys is theirs."""
    return {p for key in keys if (p := case.who(key.credential).person)}


def _users_of(case: Case, account: str) -> set[str]:
    """People whose keys opened the login during the period."""
    return {e.person for e in case.episodes_of_login.get(account, ()) if e.person}


def _foreign_keys(case: Case, account: str, keys: Sequence[Credential]) -> list[Credential]:
    """Others' keys in a person's login in which the owner has no key of their own."""
    owner = case.who(account).person
    holders = [case.who(key.credential).person for key in keys]
    if owner is None or owner in holders:
        return []
    return [key for key, holder in zip(keys, holders, strict=True) if holder and holder != owner]
