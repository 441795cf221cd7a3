"""Grant events in AWS: every call by which somebody comes to hold a right, or a way to be somebody."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, cached_property, partial
from operator import attrgetter
from typing import Any
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_list, as_object, as_objects, details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.groups import grouped
from auditor.model.levels import level_of
from auditor.model.tables import Account
from auditor.model.vocabulary import Category, Level
from auditor.model.written import written
from auditor.providers.aws import let_in
from auditor.providers.aws.accounts import IDENTITY_CENTER, IDENTITY_CENTER_GROUP, partition
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.evaluation import Evaluation
from auditor.providers.aws.held_before import HeldBefore, for_one
from auditor.providers.aws.holdings import systems_in, unrestricted
from auditor.providers.aws.managed import known
from auditor.providers.aws.policy import Limits, Statement, soonest
from auditor.providers.aws.resources import AccountResources
from auditor.providers.given import given
from auditor.providers.systems import Systems

_NEW_USER, _NEW_ENTRY = "a user of its own", "access to a cluster"
_JOINS = "iam:AddUserToGroup"
_AT_ONCE = timedelta(hours=1)
"""A new user, or a new entry of a cluster, that is given something in this time is told by what that is."""


class _Way(Struct, frozen=True):
    """How a call gives, as grant_events.yaml has it."""

    to: str
    who: str
    what: str
    text: str = ""
    own: bool = False
    only: tuple[str, str] | None = None
    fallback: str = ""
    wide: str = ""
    tags: str = ""
    role: str = ""
    switch: str = ""


_Reach = tuple[tuple[str, ...], Level, datetime | None]
"""Systems, level and end of what is given."""

_giving = cache(partial(written, __package__, "grant_events", dict[str, _Way]))

_READING = ("ReadOnlyAccess", "ViewOnlyAccess", "SecurityAudit", "ReadOnly", "Viewer", "AmazonEKSViewPolicy")
_CLUSTER_ADMIN = ("AmazonEKSClusterAdminPolicy", "AmazonEKSAdminPolicy")
_OF_GROUPS = frozenset(f"iam:{one}GroupPolicy" for one in ("Attach", "Detach", "Put", "Delete"))
# In conditions and in variables of policies.
_TAG_ASKED = re.compile(r"aws:principaltag/([^\"'}]+)")
# Of a call that the table has not: the policy that it puts on a thing names who receives.
_BY_POLICY = _Way(to="principals", who="", what="what the policy of a resource allows")


def aws_grants(config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A grant for every right and every way to be somebody that a call gives, for each who receives it."""
    events = list(events)
    named = ((one.scope, details(one.detail).get("groupName")) for one in events if one.action in _OF_GROUPS)
    reading = _Reading(config, rows, who, HeldBefore(events, rows.before), frozenset(named))
    ways = ((event, way) for event in events if (way := _giving().get(event.action) or _by_policy(event)))
    found = [grant for event, way in ways for grant in reading.of(event, way, details(event.detail))]
    others = (one for one in sorted(found, key=attrgetter("time")) if one.what not in (_NEW_USER, _NEW_ENTRY))
    told = grouped(((one.recipient, of), one.time) for one in others for of in (_NEW_USER, one.resource))
    yield from (grant for grant in found if not _goes_on(grant, told))


def _by_policy(event: JudgedEvent) -> _Way | None:
    return _BY_POLICY if event.category == Category.GRANT else None


def _goes_on(grant: Grant, told: Mapping[tuple[str, str | None], Sequence[datetime]]) -> bool:
    """Whether a grant only makes somebody whom another one, soon after, gives what they hold: one act of giving.

    `told` has the times of those others, by recipient and by what they are for; earliest first.
    """
    if grant.what not in (_NEW_USER, _NEW_ENTRY):
        return False
    times = told.get((grant.recipient, _NEW_USER if grant.what == _NEW_USER else grant.resource), ())
    place = bisect_left(times, grant.time)
    return place < len(times) and times[place] - grant.time <= _AT_ONCE


class _Reading(Struct, frozen=True, dict=True):
    config: Config
    rows: Snapshots
    who: IdentityOf
    held_before: HeldBefore
    changed: frozenset[tuple[str, Any]] = frozenset()
    """Groups whose policies changed in the period, by account and name."""

    def of(self, event: JudgedEvent, way: _Way, asked: Mapping[str, Any]) -> Iterator[Grant]:
        """A grant for each who receives."""
        # A service that works for somebody lends itself a key for as long as that takes.
        if event.action == "kms:CreateGrant" and event.invoked_by:
            return
        if way.only and asked.get(way.only[0]) != way.only[1]:
            return
        if way.switch and str(asked.get(way.switch)).lower() == "false":
            return
        if way.wide and not self._widens(event, way, asked):
            return
        if way.tags and not self._asked_for(asked.get(way.tags)):
            return
        what = way.what if " " in way.what else str(asked.get(way.what) or event.action.rpartition(":")[2])
        text = asked.get(way.text)
        document = let_in.policy(text) if way.text else let_in.policy(asked) if way.to == "principals" else None
        statements = self._statements(event, way, asked, what, document)
        if self._gives_nothing(event, what, statements):
            return
        systems, level, ends = self._reach(event, way, asked, what, statements)
        policy = let_in.read(document) if way.to == "principals" else statements
        for recipient in self._recipients(event, way, asked, document):
            if (way.own and recipient == event.account) or self._held(event, way, recipient, what, policy):
                continue
            grant = given(
                event,
                recipient,
                self.who,
                systems=systems,
                level=level,
                what=what,
                written=(what, document),
                expires_at=ends,
            )
            yield replace(grant, place=None)  # it may be for another account than it was given in

    def _recipients(
        self, event: JudgedEvent, way: _Way, asked: Mapping[str, Any], document: str | None
    ) -> Iterable[str]:
        named = next(filter(None, (_within(asked, one) for one in way.who.split(" or "))), None)
        if way.to == "principals":
            found = let_in.named(document, event.scope)
            unnamed = way.fallback and named and not found and not let_in.only_services(document)
            return [self._arn(event, way.fallback, str(named))] if unnamed else found
        if way.to == "list":
            return let_in.listed(asked)
        if way.to == "directory":
            user = named.get("userId") if isinstance(named, dict) else named
            start = IDENTITY_CENTER_GROUP if asked.get("principalType") == "GROUP" else IDENTITY_CENTER
            return [f"{start}{user}"] if isinstance(user, str) else []
        names = [name for one in as_list(named) if (name := _name(one))]
        if way.to == "arn":
            own = "" if event.action.startswith("organizations:") else event.scope
            return [one for one in names if not one.endswith(".amazonaws.com") and one != own]
        if way.to == "policy":
            holders = {p.attached_to for p in self.rows.policies if p.policy in names and p.kind == "identity"}
            return sorted(holders) or names
        return [self._arn(event, way.to, one) for one in names]

    def _widens(self, event: JudgedEvent, way: _Way, asked: Mapping[str, Any]) -> bool:
        """Whether a boundary leaves everything, or more than the one before."""
        boundary, holder = self._policy(str(asked.get(way.wide))), self._arn(event, way.to, str(asked.get(way.who)))
        return _allows_all(boundary, event.time) or self.held_before.is_wider(event, holder, boundary)

    def _held(self, event: JudgedEvent, way: _Way, recipient: str, what: str, policy: Sequence[Statement]) -> bool:
        """Whether a policy that was written or attached gives a recipient no more than they had."""
        if way.to != "principals":
            of_policy = way.to in ("user", "role", "group", "policy") and what.startswith("arn:")
            return (of_policy or bool(way.text)) and self.held_before.all_of(event, recipient, "identity", what, policy)
        trust = event.action == "iam:UpdateAssumeRolePolicy"
        holder = self._arn(event, "role", str(details(event.detail).get(way.who))) if trust else event.resource or ""
        kind = "trust" if trust else "resource"
        return self.held_before.all_of(event, holder, kind, what, for_one(policy, recipient))

    def _asked_for(self, tags: Any) -> bool:
        """Whether the key of a tag is one that policies ask for in whoever calls."""
        keys = {str(tag.get("key")).casefold() for tag in as_objects(tags)}
        return not keys.isdisjoint(self._asked)

    @cached_property
    def _asked(self) -> frozenset[str]:
        return frozenset(key for row in self.rows.policies for key in _TAG_ASKED.findall(row.document.casefold()))

    def _arn(self, event: JudgedEvent, kind: str, name: str) -> str:
        unread = f"arn:{partition(event)}:iam::{event.scope}:{kind}/{name}"
        return self._arns.get((event.scope, kind, name)) or unread

    @cached_property
    def _arns(self) -> dict[tuple[str, str, str | None], str]:
        return {(row.scope, _kind(row), row.name): row.account for row in self.rows.accounts if row.provider == "aws"}

    def _reach(
        self, event: JudgedEvent, way: _Way, asked: Mapping[str, Any], what: str, statements: Sequence[Statement]
    ) -> _Reach:
        """Systems, level and end of what is given; no system where it is not known what that allows."""
        name = what.rpartition("/")[2]
        if _is_of_a_thing(event, way):
            system = Systems(self.config).of("aws", event.scope, event.resource or what)
            level = Level.READ if name.endswith(_READING) else Level.ADMIN if name in _CLUSTER_ADMIN else Level.WRITE
            return ((system,) if system else ()), level, None
        if not statements:
            return (), Level.READ if name.endswith(_READING) else Level.WRITE, None
        return _evaluated(self.config, (partition(event), _account(event, asked)), event.time, statements)

    def _statements(
        self, event: JudgedEvent, way: _Way, asked: Mapping[str, Any], what: str, document: str | None
    ) -> Sequence[Statement]:
        """What is given, in statements; none where it is not known, and of a thing's own policy."""
        if _is_of_a_thing(event, way):
            return ()
        if way.role:
            return self._held_by(self._arn(event, "role", _last(_within(asked, way.role))))
        if event.action == "iam:UpdateAssumeRolePolicy" or (way.who == "roleName" and way.to == "principals"):
            return self._held_by(self._arn(event, "role", str(asked.get(way.who))))
        if document is not None:
            return let_in.read(document)
        group = self._arn(event, "group", what) if event.action == _JOINS else what
        return self._held_by(group) or self._policy(what)

    def _gives_nothing(self, event: JudgedEvent, what: str, statements: Sequence[Statement]) -> bool:
        """Whether nothing in it allows anything; or it is a group that was read, and had no policy in the period."""
        if statements:
            return not any(one.allow for one in statements)
        was_read = event.action == _JOINS and (event.scope, "group", what) in self._arns
        return was_read and (event.scope, what) not in self.changed

    def _held_by(self, holder: str) -> Sequence[Statement]:
        """What the policies of a role, group or permission set allow."""
        return [
            one
            for row in self.rows.policies
            if row.attached_to == holder and row.kind == "identity"
            for one in let_in.read(row.document)
        ]

    def _policy(self, arn: str) -> Sequence[Statement]:
        """What a managed policy allows, by its text wherever it is attached."""
        for row in self.rows.policies:
            if row.policy == arn and row.kind in ("identity", "boundary") and (found := let_in.read(row.document)):
                return found
        return known(arn)


def _is_of_a_thing(event: JudgedEvent, way: _Way) -> bool:
    """Whether it lets somebody in to the thing that the call is about."""
    return not way.role and way.to in ("principals", "arn", "list") and not event.action.startswith(("iam:", "sso:"))


def _within(asked: Mapping[str, Any], path: str) -> Any:
    """A parameter, or one within others; of a list, that of each of its objects."""
    found: Any = asked
    for name in path.split("."):
        if isinstance(found, list):
            found = [one[name] for one in as_objects(found) if name in one]
        else:
            found = as_object(found).get(name)
    return found


def _name(named: Any) -> str | None:
    """A holder's name as lists of them write it; `all` is everybody, and an ARN in an address is encoded."""
    if isinstance(named, dict):
        named = named.get("userId") or named.get("group")
    if not isinstance(named, str):
        return None
    return "*" if named == "all" else unquote(named) if named.startswith("arn%3A") else named.removeprefix("https://")


def _last(named: Any) -> str:
    """The name of a role, or of the profile that bears it, at the end of an ARN or by itself."""
    told = {key.lower(): value for key, value in named.items()} if isinstance(named, dict) else {"name": named}
    return str(told.get("arn") or told.get("name")).rpartition("/")[2]


def _kind(row: Account) -> str:
    return row.kind if row.kind in ("role", "group") else "user"


def _account(event: JudgedEvent, asked: Mapping[str, Any]) -> str:
    """The account in which it gives: that of an assignment is not the one whose log tells of it."""
    target = asked.get("targetId")
    return target if isinstance(target, str) and asked.get("targetType") == "AWS_ACCOUNT" else event.scope


def _allows_all(statements: Sequence[Statement], at: datetime) -> bool:
    """Whether a policy, as a boundary, leaves everything."""
    everything = Evaluation(AccountResources("aws", "", {}), at).held(statements, Limits(), None)
    return unrestricted(everything, fenced=False) is not None


def _evaluated(config: Config, place: tuple[str, str], at: datetime, statements: Sequence[Statement]) -> _Reach:
    evaluation = Evaluation(AccountResources(*place, systems_in(config, place[1])), at)
    whole = unrestricted(evaluation.held(statements, Limits(), None), fenced=False)
    if whole:
        return tuple(sorted(evaluation.land.systems)), Level.ADMIN, whole.ends
    held = {system: evaluation.held(statements, Limits(), system) for system in evaluation.land.systems}
    reached = {system: rights for system, rights in held.items() if any(capabilities(r.actions) for r in rights)}
    powers = frozenset(c for rights in reached.values() for right in rights for c in capabilities(right.actions))
    ends = [right.ends for rights in reached.values() for right in rights]
    level = level_of(powers) if powers else Level.WRITE
    return tuple(sorted(reached)), level, soonest(*ends) if ends and all(ends) else None
