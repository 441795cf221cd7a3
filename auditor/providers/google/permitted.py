"""Whether Google's IAM allows acts: by the permissions that its log says were checked, and who holds them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct, field

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.globs import matches
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.providers.google.conditions import Terms, held_and_eligible
from auditor.providers.google.crowds import ANYBODY
from auditor.providers.google.denials import Denials
from auditor.providers.google.holders import Directory, Holder
from auditor.providers.google.includes import includes
from auditor.providers.google.names import Names
from auditor.providers.google.projects import ProjectTree
from auditor.providers.google.reach import account_project
from auditor.providers.permitted import DENIED, Permitted, all_of, allowed, any_of, not_known

_PROJECT = re.compile(r"(?://[^/]+/)?projects/([^/]+)(?:/(.+))?")
_ROBOT = re.compile(r"(?://[^/]+/)?projects/[^/]+/serviceAccounts/([^/]+@[^/]+)")
_KEY = "service-account-key:"
_CUT = "…"


class Place(Struct, frozen=True):
    """What a permission was checked on: in which project, or which folder or organization; and its name there."""

    project: str
    name: str = ""


def google_permitted(config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
    """Whether bindings, less deny policies and boundaries, hold every permission that an act was checked for."""
    iam = _Iam(config, rows, at)
    return [iam.permits(act) for act in acts]


def checked(
    config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime
) -> Iterator[tuple[UsedAct, list[tuple[str, Place]] | None]]:
    """The permissions that each act was checked for, and on what; None where the log does not name them all."""
    iam = _Iam(config, rows, at)
    for act in acts:
        asked = (act.permissions or _CUT).split("; ")
        places = ((one.partition(" on ")[0], iam.place(act, one)) for one in asked)
        yield act, None if _CUT in asked else list(places)


class _Iam(Struct, dict=True):
    config: Config
    rows: Snapshots
    at: datetime
    _answers: dict[tuple[str, str, Place], Permitted] = field(default_factory=dict)

    def __post_init__(self) -> None:
        grants = [one for one in self.rows.grants if one.provider == "gcp" and one.role != "authorized_keys"]
        accounts = [row for row in self.rows.accounts if row.provider == "gcp"]
        self.land = ProjectTree.of(self.config, self.rows.policies)
        self.directory = Directory.of(self.rows)
        self.scopes = {row.account: row.scope for row in accounts if row.enabled is not None}
        self.disabled = {row.account for row in accounts if row.enabled is False}
        names = Names(self.land, self.directory, self.scopes, self.at)
        self.denials = Denials.of(self.land, names, self.rows.policies)
        self.grants = grants
        self.keys = {
            row.credential
            for row in self.rows.credentials
            if row.provider == "gcp" and row.enabled and row.lasts(self.at)
        }

    def permits(self, act: UsedAct) -> Permitted:
        """Whether everything that an act was checked for is held."""
        account = act.account or ""
        if account in self.disabled or ((act.credential or "").startswith(_KEY) and act.credential not in self.keys):
            return DENIED
        if not act.permissions:
            held = (_words(grant, holder) for grant, holder in self._of(account))
            return not_known("the log, as it was read, does not name the permissions that it took", *held)
        asked = act.permissions.split("; ")
        found = [self._one(account, act, one) for one in asked if one != _CUT]
        cut = [not_known("it took more permissions than the evidence keeps")] if _CUT in asked else []
        return all_of((*found, *cut))

    def _one(self, account: str, act: UsedAct, asked: str) -> Permitted:
        permission, place = asked.partition(" on ")[0], self.place(act, asked)
        key = account, permission, place
        if key not in self._answers:
            self._answers[key] = self._decided(account, permission, place)
        return self._answers[key]

    def place(self, act: UsedAct, asked: str) -> Place:
        """On what one permission was checked."""
        return self._place(asked.partition(" on ")[2] or act.resource or "", act.scope)

    def _decided(self, account: str, permission: str, place: Place) -> Permitted:
        denials = self.denials.of_holder(account, place.project)
        if any(one.takes(permission) for one in denials if not one.unless):
            return DENIED
        hangs = [one.unless for one in denials if one.unless and one.takes(permission)]
        held = any_of(self._ways(account, permission, place))
        return all_of((held, *(not_known(f"it hangs on whether {one}") for one in hangs)))

    def _ways(self, account: str, permission: str, place: Place) -> Iterator[Permitted]:
        """What each binding that may give it comes to, and what is not in the evidence that might."""
        for grant, holder in self._of(account):
            if (answer := self._by(grant, holder, permission, place)) is not None:
                yield answer
        for grant in self._untold:
            nobody = Holder(grant.principal)
            if _may_be_in(grant.principal, account) and self._by(grant, nobody, permission, place) is not None:
                why = f"who is {grant.principal}, which has {grant.role}, is not in the evidence"
                yield not_known(why, _words(grant, nobody))
        known = self.land.projects.get(place.project)
        for above in known.ancestors if known else ():
            if above.startswith(("folders/", "organizations/")) and above not in self.land.seen:
                yield not_known(f"what is given on {above} is not in the evidence", above)

    def _by(self, grant: Grant, holder: Holder, permission: str, place: Place) -> Permitted | None:
        """Whether one binding gives a permission on something; None where it does not."""
        held = includes(grant.role, self.directory.roles.get(grant.role), permission)
        reaches = self._reaches(grant.resource, place)
        if held is False or reaches is False:
            return None
        ways = [_unmet(terms, place) for terms in held_and_eligible(grant.condition, self.at)[0]]
        if all(why is None for why in ways):
            return None
        by = _words(grant, holder)
        if held is None:
            return not_known(f"whether {by} holds {permission} is not in the evidence", by)
        if reaches is None:
            return not_known(f"whether {by} reaches {place.name or place.project} cannot be told", by)
        if "" not in ways:
            return not_known(f"{by} is held {next(filter(None, ways))}", by)
        return allowed(by)

    def _of(self, account: str) -> list[tuple[Grant, Holder]]:
        """The bindings that an account has, those of everybody among them."""
        return [*self._held[account], *((grant, Holder(grant.principal)) for grant in self._everybodys)]

    @cached_property
    def _held(self) -> Mapping[str, list[tuple[Grant, Holder]]]:
        """The bindings of each account, with how it comes to them."""
        every = ((one, holder) for one in self.grants for holder in self.directory.holders(one.principal, self.at))
        return grouped((holder.account, (one, holder)) for one, holder in every)

    @cached_property
    def _everybodys(self) -> list[Grant]:
        return [grant for grant in self.grants if grant.principal in ANYBODY]

    @cached_property
    def _untold(self) -> list[Grant]:
        """Bindings of which the evidence does not say who holds them."""
        return [
            grant
            for grant in self.grants
            if grant.principal.startswith(("domain:", "principalSet:"))
            or (grant.principal.startswith("group:") and grant.principal not in self.directory.known_groups)
        ]

    def _reaches(self, resource: str, place: Place) -> bool | None:
        """Whether what a binding is on is, or holds, what a permission was checked on."""
        if resource.startswith("//"):
            own = self._place(resource.removeprefix("//storage.googleapis.com/"), self.land.home(resource) or "")
            named = f"buckets/{own.name}" if resource.startswith("//storage.googleapis.com/") else own.name
            if place.name == named or place.name.startswith(f"{named}/"):
                return own.project in ("", place.project)
            return None if place.name and named.rpartition("/")[2] in place.name.split("/") else False
        if resource == place.project or place.project in self.land.under(resource):
            return True
        known = self.land.projects.get(place.project)
        above = resource.startswith(("folders/", "organizations/"))
        return None if above and not (known and known.ancestors) else False

    def _place(self, name: str, scope: str) -> Place:
        """Where a resource lies, by its name, else by the log that it stands in."""
        if name.startswith(("folders/", "organizations/")):
            return Place(name)
        if robot := _ROBOT.fullmatch(name):
            home = account_project(f"serviceAccount:{robot[1]}", self.scopes, self.land)
            return Place(home or self.land.id_of(scope), f"serviceAccounts/{robot[1]}")
        match = _PROJECT.fullmatch(name)
        # The project of buckets is written `_`.
        own = scope if match is None or match[1] in ("_", "-") else match[1]
        return Place(self.land.id_of(own), (match[2] or "") if match else name)


def _unmet(terms: Terms, place: Place) -> str | None:
    """What of a condition is not known to be met, in words, and nothing where all is; None where it is not met."""
    names = [f"projects/{project}/{place.name}" for project in (place.project, "_")]
    for pattern in terms.patterns:
        if not any(matches(pattern, name) for name in (*names, place.name)):
            kind = _PROJECT.fullmatch(pattern)
            same = kind and kind[2] and kind[2].partition("/")[0] == place.name.partition("/")[0]
            return None if same else f"only for resources named {pattern}"
    return f"only when {terms.facts[0]}" if terms.facts else ""


def _words(grant: Grant, holder: Holder) -> str:
    place = grant.resource.rpartition("/")[2] if grant.resource.startswith("//") else grant.resource
    return ", through ".join((f"{grant.role} on {place}", *holder.steps))


def _may_be_in(member: str, account: str) -> bool:
    """Whether somebody may be one of those whom the evidence does not name."""
    kind, _, name = member.partition(":")
    if kind == "domain":
        return account.startswith("user:") and account.casefold().endswith(f"@{name.casefold()}")
    return account.startswith("principal:") if kind == "principalSet" else account.startswith(("user:", "serviceAcc"))
