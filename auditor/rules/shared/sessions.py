"""Sessions that name nobody, or the wrong one: root, robots' accounts in human hands, keys in two places."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.people import NOBODY
from auditor.case.strangers import stranger
from auditor.model.findings import Outcome
from auditor.model.groups import grouped, only
from auditor.model.strangers import DECLARE
from auditor.model.subjects import SubjectKind
from auditor.model.vocabulary import ActorClass, Severity
from auditor.providers.registry import account_name, place, provider
from auditor.rules.asks import RENEW, SEPARATE
from auditor.rules.base import Rule, controls, rule, session_rule
from auditor.rules.facts import MOST_EVIDENCE, told_through
from auditor.rules.shared.at_once import egresses, first_of_each_day
from auditor.rules.shared.credentials import SHARED
from auditor.rules.sittings import sittings
from auditor.rules.strangers import naming
from auditor.rules.words import count, length, listing, moment


@session_rule(
    "shared/root",
    heading="The root account was used",
    severity=Severity.CRITICAL,
    reads=("activity", "accounts"),
    why="Root can do anything, ignores every policy and names nobody.",
    controls=controls(soc2="CC6.1", iso="A.8.2", pci="2.2.2 8.2.2", nist="AC-6(5) IA-2", cis_aws="1.7", cis="5.4"),
)
def root(self: Rule, case: Case) -> Iterator[Outcome]:
    """The root or owner account used.

    What the provider does in root's name (`invokedBy`) and failed sign-ins are no use of it, nor is what somebody who
    is known looked at in a session that was opened for them from another account. One finding a sitting.
    """
    used = [e for e in case.episodes if e.actor_class is ActorClass.ROOT and _is_use(e)]
    for sitting in _sittings(case, used):
        episode, end = sitting[0], max(e.ends_at for e in sitting)
        account = episode.account or "root"
        actions = [action for e in sitting for action in e.actions]
        person = next((e.person for e in sitting if e.person), None)
        by = f" by {case.name(person)}" if person else ""
        how = " in a session opened from another account" if _entered(episode) else ""
        yield self.finding(
            thing=episode.first_event,
            person=person,
            account=account,
            system=next((e.system for e in sitting if e.system), None),
            credential=episode.credential,
            starts_at=episode.starts_at,
            ends_at=end,
            summary=f"Root of {place(episode.provider, episode.scope)} was used{by}{how} on "
            f"{moment(episode.starts_at, case.config.zone)} ({listing(actions)})",
            next_step=_asking(case, episode, person),
            facts={
                "events": sum(e.events for e in sitting),
                "through": told_through(case.through(episode)),
                "changes": sum(e.changes for e in sitting),
                "actions": list(dict.fromkeys(actions)),
                "from": list(episode.source_ips),
                "with": list(episode.user_agents),
            },
            evidence=tuple(e.sample for e in sitting),
        )
    told = {e.account for e in case.episodes if e.actor_class is ActorClass.ROOT}
    untold = {account: e for e in case.episodes for account in _roots_opened(case, e) if account not in told}
    for account, episode in sorted(untold.items()):
        reason = "a session as root was opened from another account, and no log tells what was done in it"
        yield self.not_judged(account=account, person=episode.person, reason=reason)
    roots = {row.account for row in case.accounts if row.kind == "root"}
    yield from (self.clear(account=account) for account in sorted(roots - {e.account for e in used} - untold.keys()))


def _roots_opened(case: Case, episode: Episode) -> set[str]:
    """The root users whose sessions somebody else opened; the task that a session is for may stand behind the user."""
    accounts = {target.partition(" ")[0] for target in episode.login_targets}
    return set(filter(case.people.is_root, accounts)) - {episode.account}


def _is_use(episode: Episode) -> bool:
    looked = episode.session and episode.person
    return bool(episode.logins or episode.changes or (episode.reads and not looked))


def _entered(episode: Episode) -> bool:
    """Whether it was opened from another account: one of a host is whoever's who signed in there."""
    return bool(episode.session) and not provider(episode.provider).OPENS_SHELLS


def _asking(case: Case, episode: Episode, person: str | None) -> str:
    """What to do about a use of root; nobody signed in as root where the session was opened from another account."""
    if person:
        return f"Ask {case.name(person)} what it was for, and see who else may open sessions as root."
    if _entered(episode):
        return "Find in the log of the account that manages the organisation who opened the session, and ask why."
    return "Ask the keeper who it was and why; then use named access for that work, and delete root's keys."


@rule(
    "shared/unattributable",
    heading="Sessions of nobody in particular",
    judges=SubjectKind.SESSION,
    severity=Severity.HIGH,
    reads=("activity", "accounts", "credentials"),
    asks=SEPARATE,
    why="When this breaks something, nobody can say who did it.",
    controls=controls(soc2="CC6.1", iso="A.5.16", pci="8.2.1 10.2.1.2", nist="AU-10 IA-2", cis="5.1"),
)
def unattributable(self: Rule, case: Case) -> Iterator[Outcome]:
    """Production touched in a session that cannot be tied to a person: changes to a system, or a login to it.

    A session that several people could have opened is one of nobody. One finding a sitting on a system; of an account,
    a key or a directory's user that nobody declares, one altogether.
    """
    nameless = [
        e for e in case.episodes if e.actor_class is ActorClass.UNKNOWN and e.system and (e.changes or e.logins)
    ]
    asking: defaultdict[tuple[str, str], list[Episode]] = defaultdict(list)
    others: list[Episode] = []
    for episode in sorted(nameless, key=lambda one: one.span):
        whose = stranger(case.people, episode, case.evidence_of(episode), undeclared=case.is_undeclared(episode))
        (asking[whose] if whose else others).append(episode)
    for (account, name), sitting in sorted(asking.items()):
        asks = naming(name, robot=account_name(name).is_role)
        yield self.finding(
            thing=name,
            account=account,
            **_touched(case, sitting, name),
            next_step=f"Find out whose it is and add `{asks[DECLARE]}` to auditor.yaml; require source identities, or "
            "named sessions.",
            facts={**_session_facts(case, sitting), **asks},
        )
    for sitting in _sittings(case, others):
        yield self.finding(
            thing=sitting[0].first_event,
            account=sitting[0].account,
            **_touched(case, sitting, None),
            next_step="Find out who it was while people remember; require source identities, or named sessions.",
            facts=_session_facts(case, sitting),
        )


def _touched(case: Case, sitting: Sequence[Episode], name: str | None) -> dict[str, Any]:
    """What sessions of nobody touched, and when; `name` is that of the account where they are of one."""
    first, changes = sitting[0], sum(e.changes for e in sitting)
    systems = sorted({e.system for e in sitting if e.system})
    number = sum(e.sittings for e in sitting)
    sessions = f"{number:,} sessions" if name and number > 1 else "a session"
    is_account = name and not provider(first.provider).OPENS_SHELLS
    whose = f"of {account_name(name).short or name}, which nobody declares" if name and is_account else ""
    how = case.evidence_of(first)
    nobodys = f"that cannot be tied to a person{f' ({how})' if how and how != NOBODY else ''}"
    did = count(changes, "change") if changes else "a login" if number == 1 else "logins"
    return {
        "system": only(systems),
        "resource": next(iter(first.resources), None),
        "credential": first.credential,
        "starts_at": first.starts_at,
        "ends_at": max(e.ends_at for e in sitting),
        "summary": f"{listing(map(case.system_name, systems))} {'was' if len(systems) == 1 else 'were'} touched "
        f"{'since' if name and number > 1 else 'on'} {moment(first.starts_at, case.config.zone)} ({did}) in "
        f"{sessions} {whose or nobodys}",
        "evidence": tuple(sample for e in sitting for sample in e.samples)[:MOST_EVIDENCE],
    }


def _session_facts(case: Case, sitting: Sequence[Episode]) -> dict[str, Any]:
    first = sitting[0]
    return {
        "changes": sum(e.changes for e in sitting),
        "actions": list(dict.fromkeys(a for e in sitting for a in e.actions)),
        "actor": first.actor,
        "known_by": case.evidence_of(first),
        "session": first.session,
        "from": sorted({ip for e in sitting for ip in e.source_ips}),
    }


@rule(
    "shared/two-places",
    heading="One credential in two places at once",
    judges=SubjectKind.CREDENTIAL,
    severity=Severity.HIGH,
    reads=("activity",),
    asks=RENEW,
    why="A key that is used in two places at once is in two hands, and one of them may be a thief's.",
    controls=SHARED,
)
def two_places(self: Rule, case: Case) -> Iterator[Outcome]:
    """One person's credential in overlapping use from networks that one person cannot be at.

    For cloud keys: uses in turns from two networks by two programs, within `session_gap` of each other, at least there
    and back. For SSH: sessions of one key from two public networks open at once; an address from which three people log
    in counts as an office's or a VPN's. A change of network alone (a train, a phone) or of program alone is no
    finding; the more turns, the surer. One finding a key and day.
    """
    for turns in case.alternating_uses:
        yield self.finding(
            thing=f"{turns.credential} {turns.first_at:%Y-%m-%d}",
            person=turns.person,
            account=turns.account,
            credential=turns.credential,
            starts_at=turns.first_at,
            ends_at=turns.last_at,
            summary=f"A key of {case.name(turns.person)} was used in turns from {listing(turns.addresses)} "
            f"on {moment(turns.first_at, case.config.zone)}",
            next_step=f"Ask {case.name(turns.person)} whether both were theirs; if not, deactivate the key at once.",
            facts={
                "turns": turns.turns,
                "sureness": "high" if turns.turns >= _SURE else "medium",
                "from": list(turns.addresses),
                "with": list(turns.programs),
                "for": length(turns.last_at - turns.first_at),
            },
            evidence=(turns.sample,),
        )
    yield from _two_hosts(self, case)


def _two_hosts(self: Rule, case: Case) -> Iterator[Outcome]:
    """SSH sessions of one key that were open at once from two public networks."""
    shared = egresses(case.episodes)
    shells = (one for one in case.episodes if provider(one.provider).OPENS_SHELLS and one.person and one.logins)
    by_key = grouped((one.credential, one) for one in shells if one.credential)
    for key, sessions in sorted(by_key.items()):
        days = first_of_each_day(sessions, shared)
        if not days:
            yield self.clear(thing=key)
        for day, (one, other) in sorted(days.items()):
            start, end = max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)
            addresses = [*one.login_addresses, *other.login_addresses]
            yield self.finding(
                thing=f"{key} {day}",
                person=one.person,
                account=one.account,
                system=one.system,
                credential=key,
                starts_at=start,
                ends_at=end,
                summary=f"The key of {case.name(one.person)} opened sessions from {listing(addresses)} "
                f"at once for {length(end - start)} on {moment(start, case.config.zone)}",
                next_step=f"Ask {case.name(one.person)} whether both were theirs; if not, remove the key at once.",
                facts={"from": addresses, "sessions": [one.session, other.session], "for": length(end - start)},
                evidence=(one.sample, other.sample),
            )


def _sittings(case: Case, episodes: Sequence[Episode]) -> Iterator[list[Episode]]:
    return sittings(episodes, who=_actor, gap=case.policy.session_gap)


def _actor(episode: Episode) -> tuple[str | None, ...]:
    root = episode.actor_class is ActorClass.ROOT
    return (episode.account, episode.session if root else episode.actor, None if root else episode.system)


_SURE = 4
