"""Google's IAM as rows. Live answers and dumps go through the same steps."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from auditor.model.tables import Account, Grant, Membership, Policy, Row
from auditor.providers.google.conditions import expiry
from collectors.base import Batch, Context, Normalised
from collectors.google import restrictions_live
from collectors.google.answers import take_entries
from collectors.google.bindings import Bound, Object, bound, is_bare, named, policy_of
from collectors.google.groups import described, group_of
from collectors.google.keys import key_row, moment
from collectors.google.members import GCP, email_of, kind_of, member, of_email
from collectors.google.restrictions import KINDS, rows_of
from collectors.google.restrictions import kind_of as kind_of_restriction
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Record, Stamp
from collectors.rows import policy

_EVERYBODY = "CUSTOMER"
_MEMBER_KINDS = {"GROUP": "group", "SERVICE_ACCOUNT": "serviceAccount"}


class IamReader:
    """Reads the one batch of a snapshot.

    Args:
        scope: what was asked for, as coverage names it.
        live: whether all was asked for, so that what is not there does not exist.
    """

    def __init__(self, source: str, scope: str, context: Context, *, live: bool) -> None:
        self._scope, self._live = scope, live
        self._reading = Reading(source, context)
        self._policies: dict[str, Record[Bound]] = {}
        self._exact: set[str] = set()
        self._projects: dict[str, Record[Object]] = {}
        self._accounts: dict[str, Account] = {}
        self._numbered: dict[str, str] = {}
        self._used: dict[str, datetime] = {}
        self._keys: list[tuple[str, Object, Stamp]] = []
        self._restricted: set[str | None] = set()
        self._groups: dict[str, str] = {}
        self._members: set[tuple[str, str]] = set()
        self._listed: dict[str, Record[list[Object]]] = {}

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage."""
        reading, problems = self._reading, Problems()
        for raw in batch:
            problems.include(reading.read(raw, self._take).problems)
        for name, listed in self._listed.items():
            if name in self._groups:
                self._group({"group": self._groups[name], "memberships": listed.value}, listed.at)
            else:
                problems.note("the members of a group are listed that no file describes", name)
        known = [found.value for found in self._policies.values()]
        numbers = {found.number: found.name for found in known if found.is_project and found.number}
        numbers |= {_number(project.value): name for name, project in self._projects.items()}
        for one in self._policies.values():
            reading.extend(self._bound(one.value, one.at, numbers))
        reading.extend(self._places({found.name for found in known}))
        reading.extend(self._searched_folders())
        keys = (key_row(account, key, at, self._used) for account, key, at in self._keys)
        reading.extend(key for key in keys if key)
        reading.extend(self._accounts.values())
        if not self._policies:
            problems.note_once("it holds no bindings at all, which no project in use does")
        reading.cover(self._scope, problems, remark=self._remark())
        return reading.normalised()

    def _remark(self) -> str | None:
        """What is not read of that which takes rights away, or lets them be asked for."""
        lacking = [kind for kind in dict.fromkeys(KINDS.values()) if kind not in self._restricted]
        known = (policy.value for policy in self._policies.values())
        placeless = (one.name for one in known if one.is_project and not one.ancestors)
        lacking += [f"what is given above {name}" for name in placeless]
        if self._live or not lacking:
            return None
        return f"rights are told without what is not in the file: {', '.join(lacking)}"

    def _take(self, origin: Origin) -> None:
        takers = {
            "policies": self._policy,
            "exact": self._exact_policy,
            "projects": self._project,
            "roles": self._role,
            "groups": self._group,
            "service-accounts": self._service_account,
            "keys": self._service_account_keys,
            "key-use": self._key_use,
            restrictions_live.PART: self._restriction,
        }
        take_entries(origin, takers)

    def _policy(self, entry: Object, at: Stamp) -> None:
        if "resource" not in entry and "includedPermissions" in entry:
            # A file may hold what `gcloud iam roles describe` prints beside the policies.
            self._role(entry, at)
            return
        if kind_of_restriction(entry):
            self._restriction(entry, at)
            return
        if {"uniqueId", "email"} <= entry.keys():
            self._service_account(entry, at)
            return
        if self._is_of_group(entry, at):
            return
        found = bound(policy_of(self._scope, entry) if is_bare(entry) else entry)
        known = self._policies.get(found.resource)
        if found.resource in self._exact:
            return
        # One resource stands in several records when its bindings are many, and in two when a page came twice.
        bindings = tuple(dict.fromkeys((*(known.value.bindings if known else ()), *found.bindings)))
        audit = found.audit if found.audit is not None or not known else known.value.audit
        whole = replace(found, bindings=bindings, audit=audit)
        self._policies[found.resource] = Record(known.at if known else at, whole)

    def _is_of_group(self, entry: Object, at: Stamp) -> bool:
        """Whether a file's record tells of a group or of who is in one; it is taken then."""
        if found := described(entry):
            self._groups[found[0]] = found[1]
        elif name := group_of(entry):
            self._listed.setdefault(name, Record(at, [])).value.append(entry)
        elif "memberships" in entry and "group" in entry:
            self._group(entry, at)
        else:
            return False
        return True

    def _restriction(self, entry: Object, at: Stamp) -> None:
        """What takes rights away, or lets them be asked for."""
        for row in rows_of(entry, at):
            self._reading.add(row)
            if isinstance(row, Grant):
                self._account(row.principal, at, row.resource)
        self._restricted.add(kind_of_restriction(entry))

    def _exact_policy(self, entry: Object, at: Stamp) -> None:
        """The policy as the resource itself has it: the search may lag behind."""
        found = bound({**entry, "exact": True})
        known = self._policies.get(found.resource)
        ancestors = known.value.ancestors if known else found.ancestors
        self._policies[found.resource] = Record(at, replace(found, ancestors=ancestors))
        self._exact.add(found.resource)

    def _project(self, entry: Object, at: Stamp) -> None:
        self._projects[named(entry, "projectId", "a project")] = Record(at, entry)

    def _role(self, entry: Object, at: Stamp) -> None:
        name = named(entry, "name", "a role")
        told = ("includedPermissions", "title", "stage", "deleted")
        document = {"includedPermissions": [], "title": ""} | {key: entry[key] for key in told if key in entry}
        title = str(entry.get("title") or name.rpartition("/")[2])
        self._reading.add(policy(at, name, "role-definition", name, document, title))

    def _group(self, entry: Object, at: Stamp) -> None:
        address = str(entry.get("group"))
        group = member(address if ":" in address else f"group:{address}")
        listed = [one for one in entry.get("memberships") or [] if isinstance(one, dict)]
        self._account(group, at, self._scope, enabled=bool(listed))
        for one in listed:
            key = one.get("preferredMemberKey")
            name = str(key.get("id") or "") if isinstance(key, dict) else ""
            who = self._member_named(name, str(one.get("type")))
            if not ("@" in name or who.startswith("domain:")) or (group, who) in self._members:
                continue
            self._members.add((group, who))
            roles = [role for role in one.get("roles") or [] if isinstance(role, dict)]
            ends = [moment((role.get("expiryDetail") or {}).get("expireTime")) for role in roles]
            row = Membership(
                **at,
                group=group,
                member=who,
                since=moment(one.get("createTime")),
                expires_at=max(filter(None, ends)) if ends and all(ends) else None,
            )
            self._reading.add(row)
            self._account(who, at, self._scope, enabled=False if one.get("shut") else None)

    def _member_named(self, address: str, type_: str) -> str:
        """A member of a group; lists need not tell what it is, but a group may be described or listed beside them."""
        if type_ == _EVERYBODY:
            return f"domain:{address}"
        kind = _MEMBER_KINDS.get(type_, "group" if f"group:{address}" in self._groups.values() else "")
        return member(f"{kind}:{address}") if kind else of_email(address)

    def _service_account(self, entry: Object, at: Stamp) -> None:
        email = named(entry, "email", "a service account")
        self._numbered |= {str(entry["uniqueId"]): email} if entry.get("uniqueId") else {}
        account, enabled = member(f"serviceAccount:{email}"), entry.get("disabled") is not True
        self._account(account, at, str(entry.get("projectId") or self._scope), enabled=enabled)

    def _service_account_keys(self, entry: Object, at: Stamp) -> None:
        account = member(f"serviceAccount:{entry.get('serviceAccount')}")
        self._keys += [(account, key, at) for key in entry.get("keys") or [] if isinstance(key, dict)]

    def _key_use(self, entry: Object, _: Stamp) -> None:
        name = str(entry.get("fullResourceName") or "").removeprefix("//iam.googleapis.com/")
        activity = entry.get("activity")
        when = moment(activity.get("lastAuthenticatedTime")) if isinstance(activity, dict) else None
        if when:
            self._used[name.rpartition("/keys/")[2]] = when

    def _bound(self, found: Bound, at: Stamp, numbers: Mapping[str, str]) -> Iterator[Row]:
        """A resource's place, its bindings as grants, and whoever stands in them."""
        home = numbers.get(found.number) or found.project or found.number
        home = numbers.get(home, home)
        name = home if found.is_project else self._called(found.name)
        number = found.number or (home if home.isdigit() else "")
        yield _ancestry(at, name, home or name, number, found.ancestors, found.audit)
        for binding in found.bindings:
            for text in binding.members:
                who, condition = member(text), binding.condition
                self._account(who, at, home or found.name)
                yield GCP.grant(
                    at,
                    who,
                    binding.role,
                    name,
                    granted_by=condition.approver(who) if condition else None,
                    expires_at=expiry(condition.expression) if condition else None,
                    condition=condition.text() if condition else None,
                    handle=found.handle(who, binding.role, condition, home or found.name),
                )

    def _called(self, resource: str) -> str:
        """A resource's name; a service account's with its address, where it is named by the number that it has."""
        place, slash, number = resource.rpartition("/")
        return f"{place}{slash}{self._numbered[number]}" if number in self._numbered else resource

    def _places(self, known: set[str]) -> Iterator[Row]:
        """Where projects lie of which no policy was read; the others have told it."""
        for name, project in self._projects.items():
            if name not in known:
                number = _number(project.value)
                above = [text for text in project.value.get("ancestors") or [] if isinstance(text, str)]
                yield _ancestry(project.at, name, name, number, (f"projects/{number}", *above))

    def _searched_folders(self) -> Iterator[Row]:
        """Folders below what was searched: the search leaves out what has no policy of its own.

        Policies that were asked for one by one (`exact`) tell nothing of what lies below them.
        """
        found = [policy.value for policy in self._policies.values()]
        searched = {one.name: one.ancestors for one in found if one.resource not in self._exact}
        below: dict[str, tuple[Stamp, tuple[str, ...]]] = {}
        for one in self._policies.values():
            above = one.value.ancestors
            for root in (name for name in above if name in searched):
                # What the place itself lies in is not below it; a folder that names no organization tells no place.
                if root.startswith("organizations/") or searched[root]:
                    inner = (name for name in above if name.startswith("folders/") and name not in searched[root])
                    below |= {name: (one.at, tuple(a for a in above if a != name)) for name in inner}
        for name, (at, above) in sorted(below.items()):
            if name not in searched and name != self._scope:
                yield _ancestry(at, name, name, "", above)

    def _account(self, name: str, at: Stamp, scope: str, *, enabled: bool | None = None) -> None:
        kind = kind_of(name)
        known = self._accounts.get(name)
        if kind is None or (known and (known.enabled is not None or enabled is None)):
            return
        email = email_of(name)
        short = (email or name).partition("@")[0].rpartition("/")[2]
        short = name.partition(":")[2] if name.endswith("]") else short  # serviceAccount:shop.svc.id.goog[web/api]
        short = name.partition("/subject/")[2] or name.partition("Pools/")[2] or short
        self._accounts[name] = GCP.account(at, name, kind, short, scope, email=email, enabled=enabled)


def _ancestry(
    at: Stamp, name: str, home: str, number: str, ancestors: tuple[str, ...], audit: tuple[Object, ...] | None = None
) -> Policy:
    above = [one for one in ancestors if not one.startswith("projects/")]
    told = {} if audit is None else {"audit": audit}
    return policy(at, name, "ancestry", home, {"number": number, "ancestors": above, **told}, name)


def _number(project: Object) -> str:
    return str(project.get("name") or "").removeprefix("projects/")
