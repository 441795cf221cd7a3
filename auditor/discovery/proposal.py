"""From evidence to a proposed auditor.yaml: plain values as the file has them, each with what is to be asked of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from auditor.case.case import Case
from auditor.discovery.evidence import Evidence
from auditor.discovery.logins import Login, logins_of
from auditor.discovery.people import SURE, Somebody, joined
from auditor.discovery.robots import Robot, robots_of
from auditor.discovery.systems import Found, systems_of
from auditor.model.vocabulary import AccountKind
from reports.words import listing, plural

_OFTEN = 0.2
_MOST = 3


class Entry(Struct, frozen=True):
    """An entry of a list in auditor.yaml.

    Args:
        settings: as the file has it.
        remark: what it was guessed from, or a question.
        sure: False for what is written as a comment, because somebody has to say what it is first.
    """

    settings: dict[str, Any]
    remark: str = ""
    sure: bool = True


class Proposal(Struct):
    """Everything that auditor.yaml begins with.

    Args:
        lists: entries by the name of their list.
        approvers: those whom the policy is to have.
    """

    organisation: str
    lists: dict[str, list[Entry]] = field(default_factory=dict)
    approvers: Sequence[str] = ()

    def settings(self) -> dict[str, Any]:
        """What is sure, as plain values."""
        found: dict[str, Any] = {"organisation": self.organisation}
        for name, entries in self.lists.items():
            found[name] = [entry.settings for entry in entries if entry.sure]
        return {**found, "policy": {"approvers": list(self.approvers)}} if self.approvers else found

    @property
    def later(self) -> list[str]:
        """What tickets call the systems that wait."""
        waiting = (entry.settings for entry in self.lists["systems"] if not entry.sure)
        return [name for one in waiting for name in (one["id"], *one.get("aliases", ()))]


def propose(evidence: Evidence, organisation: str, zone: ZoneInfo, first: str | None = None) -> Proposal:
    """A proposal for whatever the sources tell, system `first` first; else that with most changes.

    Raises:
        LookupError: nothing tells of a system of that name; its arguments are the names that there are.
    """
    case = evidence.case({"organisation": "unknown"})
    logins = logins_of(case)
    shared = _shared(logins)
    own = [one for one in logins if not (one.is_machine or one.is_sealed or one.is_anybodys or one.account in shared)]
    everybody = joined(own, case.tickets)
    domain = _domain(everybody)
    label = domain.partition(".")[0]
    people = [one for one in everybody if _is_known(one, domain)]
    keys = _key_owners(people, logins)
    robots = robots_of(
        case, (one for one in logins if one.is_machine and not one.is_sealed), evidence.rows.memberships, keys
    )
    for key, owner in keys.items():
        next(one for one in people if one.id == owner).accounts.setdefault(key, "key")
    told = Proposal(organisation or label.capitalize() or "Our company")
    most = max((one.approved for one in people), default=0)
    # Who approved only now and then may have had no right to.
    by_rank = sorted(people, key=lambda one: -one.approved)
    told.approvers = [one.id for one in by_rank if one.approved and one.approved >= most * _OFTEN]
    owner = next(iter(told.approvers), people[0].id if people else "")
    told.lists = {
        "people": [
            *(_person(one) for one in people),
            *(_stranger(one, zone) for one in everybody if one not in people),
        ],
        "service_accounts": [_robot(robot, owner) for robot in robots],
        "vendors": list(_vendors(case, owner)),
        "break_glass": [_sealed(one, owner) for one in logins if one.is_sealed],
    }
    found = systems_of(case, evidence.rows, label.split("-"))
    told.lists["systems"] = _systems(evidence, told, found, first)
    return told


def _shared(logins: Iterable[Login]) -> set[str]:
    """Logins of hosts that keys of several people open."""
    owners: dict[str, set[str]] = {}
    handles = {one.handle for one in logins}
    for one in logins:
        names = {comment.partition("@")[0] for comment in one.keys.values()} & handles - {one.handle}
        if len(names) > 1:
            owners[one.account] = names
    return set(owners)


def _domain(people: Iterable[Somebody]) -> str:
    """The domain that most people's addresses have."""
    counts = Counter(email.partition("@")[2] for one in people for email in one.emails)
    return counts.most_common(1)[0][0] if counts else ""


def _is_known(one: Somebody, domain: str) -> bool:
    """Whether more than a single login tells of them, or one that is a person's for sure; of this organisation."""
    ours = any(email.endswith(f"@{domain}") for email in one.emails)
    if one.emails and not ours:
        return len(one.accounts) > 1
    told = ours or bool(one.names) or len(one.accounts) > 1 or bool(one.asked or one.approved)
    return told or any(login.kind == AccountKind.PERSON for login in one.seen)


def _key_owners(people: Sequence[Somebody], logins: Iterable[Login]) -> Mapping[str, str]:
    """SSH keys that are one person's: by the comment on them, or because they open nobody else's login."""
    named: dict[str, str] = {}
    for one in people:
        for name in (*one.emails, *(email.partition("@")[0] for email in one.emails), *one.handles):
            named.setdefault(name, one.id)
    whose = {account: one.id for one in people for account in one.accounts}
    found: dict[str, set[str]] = {}
    for login in logins:
        for key, comment in login.keys.items():
            text = comment.casefold().split(" ")[0]
            by_comment = named.get(text) or named.get(text.partition("@")[0])
            holder = whose.get(login.account) or by_comment
            if holder:
                found.setdefault(key, set()).add(holder)
    return {key: next(iter(holders)) for key, holders in found.items() if len(holders) == 1}


def _person(one: Somebody) -> Entry:
    settings: dict[str, Any] = {"id": one.id, "name": one.name}
    if one.emails:
        settings["email"] = one.emails[0]
    spoken = {account: how for account, how in one.accounts.items() if not _by_address(one, account)}
    if spoken:
        settings["accounts"] = sorted(spoken)
    asked = [account for account, how in spoken.items() if how not in (*SURE, "login", "name")]
    remark = f"is {', '.join(asked)} theirs? joined by the name alone" if asked else ""
    if one.seen and all(login.enabled is False for login in one.seen):
        remark = "; ".join(filter(None, [remark, "have they left? every login is off: then give `left`"]))
    return Entry(settings, remark)


def _by_address(one: Somebody, account: str) -> bool:
    """Whether the account is theirs by the address in it, which the roster has."""
    return bool(one.emails) and account.endswith(f":{one.emails[0]}")


def _stranger(one: Somebody, zone: ZoneInfo) -> Entry:
    settings: dict[str, Any] = {"id": one.id, "name": one.name}
    if one.emails:
        settings["email"] = one.emails[0]
    if one.accounts:
        settings["accounts"] = sorted(one.accounts)
    perhaps = f" perhaps {' or '.join(one.perhaps[:_MOST])}?" if one.perhaps else ""
    return Entry(settings, f"who is this?{perhaps} {_used(one.seen, zone)}", sure=False)


def _used(logins: Iterable[Login], zone: ZoneInfo) -> str:
    """When they were last seen: `last used 3 Nov from 198.51.100.7`."""
    known = [(one.last_used, one.address) for one in logins if one.last_used]
    if not known:
        return "no use of it is known"
    time, address = max(known, key=lambda one: one[0])
    return f"last used {_day(time, zone)}{f' from {address}' if address else ''}"


def _day(time: datetime, zone: ZoneInfo) -> str:
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def _robot(robot: Robot, owner: str) -> Entry:
    settings: dict[str, Any] = {"id": robot.id, "owner": owner, "purpose": robot.purpose}
    if robot.pipeline:
        settings["pipeline"] = robot.pipeline
    settings["accounts"] = [*robot.accounts, *robot.keys]
    return Entry(settings, "owner and purpose are guessed", sure=bool(owner))


def _sealed(login: Login, keeper: str) -> Entry:
    settings = {"id": login.handle, "accounts": [login.account], "keeper": keeper}
    return Entry(settings, "by its name; who keeps it sealed?", sure=bool(keeper))


def _vendors(case: Case, owner: str) -> Iterator[Entry]:
    seen: set[str] = set()
    for trust in case.foreign_trusts:
        if trust.account and trust.account not in seen:
            seen.add(trust.account)
            name = trust.role.rpartition("/")[2]
            settings = {"id": name, "account": trust.account, "owner": owner, "purpose": f"trusted by {name}"}
            yield Entry(settings, "is this account of another company meant to come in?", sure=False)


def _ordered(found: Sequence[Found], changes: Mapping[str, int], first: str | None) -> list[Found]:
    """Those with most changes first, and before all the one that is to be it."""
    by_changes = sorted(found, key=lambda one: -changes.get(one.id, 0))
    if first is None:
        return by_changes
    chosen = [one for one in found if first.casefold() in (one.id, *(name.casefold() for name in one.aliases))]
    if not chosen:
        raise LookupError(*(one.id for one in by_changes))
    return [*chosen, *(one for one in by_changes if one not in chosen)]


def _systems(evidence: Evidence, told: Proposal, found: Sequence[Found], first: str | None) -> list[Entry]:
    """The first system to be judged, and the others as comments, each with owners guessed from who changed it."""
    plain = {one.id: {"id": one.id, "name": one.id.replace("-", " ").capitalize()} for one in found}
    every = [{**plain[one.id], "aliases": one.aliases, "resources": one.places} for one in found]
    case = evidence.case({**told.settings(), "systems": every})
    changes: Counter[str] = Counter()
    work: dict[str, Counter[str]] = {one.id: Counter() for one in found}
    for episode in case.episodes:
        if episode.system:
            changes[episode.system] += episode.changes
            if episode.person:
                work[episode.system][episode.person] += episode.changes * 10 + episode.logins
    for ref in case.refs.values():
        for system in ref.systems:
            work[system].update(ref.people)
    entries: list[Entry] = []
    for one in _ordered(found, changes, first):
        owners = [person for person, _ in work[one.id].most_common(2)]
        named = dict(zip(("primary", "backup"), owners, strict=False))
        aliases = {"aliases": one.aliases} if one.aliases else {}
        number = plural(changes[one.id], "change") if changes[one.id] else "no change"
        question = "; owners are guessed from use" if owners else "; who owns it?"
        if one.perhaps:
            question += (
                f"{'.' if owners else ''} Do tickets for {listing(one.perhaps, _MOST, 'or')} mean it (`aliases`)?"
            )
        whole = {**plain[one.id], **named, **aliases, "resources": one.places}
        entries.append(Entry(whole, f"{number} in the evidence{question}", sure=not entries))
    return entries
