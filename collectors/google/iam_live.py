"""Google's IAM as it is now: the search over a scope, then what the search does not say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from auditor.config.sources import GoogleIam
from auditor.errors import SourceError
from collectors.base import Context, Raw
from collectors.google.bindings import Bound, MalformedError, bound
from collectors.google.client import call, listed, service
from collectors.google.iam_rows import MISSING
from collectors.google.members import email_of, member

PERMISSIONS = (
    "cloudasset.assets.searchAllIamPolicies",
    "iam.roles.get",
    "iam.serviceAccountKeys.list",
    "iam.serviceAccounts.list",
    "policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query",
    "resourcemanager.folders.get",
    "resourcemanager.folders.getIamPolicy",
    "resourcemanager.organizations.getIamPolicy",
    "resourcemanager.projects.get",
    "resourcemanager.projects.getIamPolicy",
)
_EXACT = {"options": {"requestedPolicyVersion": 3}}
_CRM = "//cloudresourcemanager.googleapis.com/"
_PAGE = 500
_MOST_GROUPS = 1000
_ROLE = re.compile(r"(?:projects|organizations)/[^/]+/roles/[^/]+")
_KEY_USE = "serviceAccountKeyLastAuthentication"
Object = dict[str, Any]


@dataclass
class Live:
    """One reading of a scope. What alone is refused costs that part only, and is said."""

    source: GoogleIam
    context: Context
    found: dict[str, Bound] = field(default_factory=dict)
    projects: dict[str, Object] = field(default_factory=dict)
    lost: list[Raw] = field(default_factory=list)

    def raws(self) -> list[Raw]:
        """Every answer, and a sentence for each that could not be had.

        Raises:
            SourceError: neither the search nor the policy of the scope itself could be had.
        """
        scope = self.source.scope or ""
        read = list(self._search(scope))
        read += self._projects(scope)
        read += self.lost
        read += self._exact(scope)
        if not self.found:
            raise self._nothing(read)
        read += self._groups()
        read += self._roles()
        for project in sorted(self.projects):
            read += self._robots(project)
        return read

    def _nothing(self, read: Iterable[Raw]) -> SourceError:
        why = [raw.load().decode() for raw in read if raw.part == MISSING]
        return SourceError(
            f"{self.source.name}: no bindings of {self.source.scope} could be read: {'; '.join(dict.fromkeys(why))}.",
            means="Nothing can be said about who has access there.",
            do="Give the auditor's account the permissions in the README on the scope, and enable the interfaces.",
        )

    @cached_property
    def _manager(self) -> Any:
        return service(self.source, self.context, "cloudresourcemanager", "v3")

    @cached_property
    def _iam(self) -> Any:
        return service(self.source, self.context, "iam", "v1")

    def _search(self, scope: str) -> Iterator[Raw]:
        """The search, page by page; pages before a fault were whole and are kept."""
        asset = service(self.source, self.context, "cloudasset", "v1").v1()
        name = f"cloudasset.searchAllIamPolicies/{scope}"
        doing = f"searching the IAM policies of {scope}"
        number = 0
        try:
            for number, page in enumerate(listed(asset, "searchAllIamPolicies", doing, scope=scope, pageSize=_PAGE), 1):
                self._keep(page.get("results") or [])
                yield _answer(f"{name}/page-{number:04}", "policies", page)
        except SourceError as error:
            yield _missing(f"{name}/page-{number + 1:04}", f"bindings on single resources are missing: {error.what}")

    def _keep(self, records: Iterable[Any]) -> None:
        for record in records:
            try:
                found = bound(record)
            except (MalformedError, AttributeError):
                continue  # the reader counts and explains it
            self.found[found.resource] = found

    def _projects(self, scope: str) -> Iterator[Raw]:
        """Id, number and place of every project that the search names."""
        wanted = {f"projects/{b.number}" for b in self.found.values() if b.number}
        wanted |= {scope} if scope.startswith("projects/") else set()
        doing = "asking Resource Manager for {}"
        read: dict[str, Object] = {}
        for name in sorted(wanted):
            try:
                project = call(self._manager.projects().get(name=name), doing.format(name))
            except SourceError as error:
                yield _missing(f"cloudresourcemanager.projects.get/{name}", error.what.rstrip("."))
                continue
            if isinstance(project.get("projectId"), str):
                read[project["projectId"]] = project
        for name, project in read.items():
            above = [*self._above(str(project.get("parent") or ""))]
            self.projects[name] = {**project, "ancestors": above}
        if read:
            yield _answer(f"cloudresourcemanager.projects.get/{scope}", "projects", list(self.projects.values()))

    def _above(self, parent: str) -> Iterator[str]:
        """Folders up to the organization, as far as they can be asked for."""
        for _ in range(12):  # Google allows ten folders above each other
            if not parent:
                return
            yield parent
            if not parent.startswith("folders/"):
                return
            parent = self._parents.get(parent) or self._ask_parent(parent)

    @cached_property
    def _parents(self) -> dict[str, str]:
        return {}

    def _ask_parent(self, folder: str) -> str:
        try:
            answer = call(self._manager.folders().get(name=folder), f"asking Resource Manager for {folder}")
        except SourceError as error:
            answer = {}
            what = f"what lies above {folder}, and the rights given there, are not known: {error.what.rstrip('.')}"
            self.lost.append(_missing(f"cloudresourcemanager.folders.get/{folder}", what))
        self._parents[folder] = str(answer.get("parent") or "")
        return self._parents[folder]

    def _exact(self, scope: str) -> Iterator[Raw]:
        """The policies of projects, and of what they lie in, as they are this moment, with their conditions."""
        above = {name for project in self.projects.values() for name in project["ancestors"]}
        resources = [*(f"projects/{name}" for name in sorted(self.projects)), *sorted(above)]
        for name in resources or [scope]:
            kind = name.partition("/")[0]
            collection = getattr(self._manager, kind)()
            origin = f"cloudresourcemanager.{kind}.getIamPolicy/{name}"
            try:
                policy = call(collection.getIamPolicy(resource=name, body=_EXACT), f"asking for the policy of {name}")
            except SourceError as error:
                yield _missing(origin, f"rights given on {name} could not be read: {error.what.rstrip('.')}")
                continue
            record = {"resource": f"{_CRM}{name}", "policy": policy, **self._place(name)}
            self._keep([record])
            yield _answer(origin, "exact", record)

    def _place(self, name: str) -> Object:
        project = self.projects.get(name.removeprefix("projects/"))
        if project is None:
            return {}
        above = project["ancestors"]
        organization = next((one for one in above if one.startswith("organizations/")), None)
        folders = [one for one in above if one.startswith("folders/")]
        return {"project": project.get("name"), "folders": folders, "organization": organization}

    def _groups(self) -> Iterator[Raw]:
        """The members of every group that holds something, and of the groups in it."""
        waiting = sorted({name for name in self._members() if name.startswith("group:")})
        if not waiting:
            return
        groups = service(self.source, self.context, "cloudidentity", "v1").groups()
        read: list[Object] = []
        asked: set[str] = set()
        while waiting and len(asked) < _MOST_GROUPS:
            group = waiting.pop(0)
            if group in asked:
                continue
            asked.add(group)
            try:
                memberships = _memberships(groups, email_of(group) or "")
            except SourceError as error:
                what = f"the members of {group} could not be read: {error.what.rstrip('.')}"
                yield _missing(f"cloudidentity.groups.memberships.list/{group}", what)
                continue
            read.append({"group": group, "memberships": memberships})
            inner = [one.get("preferredMemberKey") or {} for one in memberships if one.get("type") == "GROUP"]
            waiting += [member(f"group:{key['id']}") for key in inner if isinstance(key.get("id"), str)]
        if read:
            yield _answer(f"cloudidentity.groups.memberships.list/{self.source.scope}", "groups", read)

    def _roles(self) -> Iterator[Raw]:
        """What is in the custom roles that are given."""
        custom = {binding.role for b in self.found.values() for binding in b.bindings}
        read: list[Object] = []
        for role in sorted(name for name in custom if not name.startswith("roles/")):
            parent = getattr(self._iam, role.partition("/")[0], None)
            origin = f"iam.roles.get/{role}"
            if parent is None or not _ROLE.fullmatch(role):
                yield _missing(origin, f"{role} is no name of a role")
                continue
            try:
                read.append(call(parent().roles().get(name=role), f"asking what is in the role {role}"))
            except SourceError as error:
                yield _missing(origin, f"what a custom role gives is not known: {error.what.rstrip('.')}")
        if read:
            yield _answer(f"iam.roles.get/{self.source.scope}", "roles", read)

    def _robots(self, project: str) -> Iterator[Raw]:
        """Service accounts of a project, the keys that people made for them, and when those were last used."""
        accounts = self._iam.projects().serviceAccounts()
        robots: list[Object] = []
        try:
            for page in listed(
                accounts, "list", f"listing the service accounts of {project}", name=f"projects/{project}", pageSize=100
            ):
                robots += page.get("accounts") or []
        except SourceError as error:
            yield _missing(f"iam.serviceAccounts.list/{project}", error.what.rstrip("."))
            return
        if not robots:
            return
        yield _answer(f"iam.serviceAccounts.list/{project}", "service-accounts", robots)
        yield self._part(f"iam.serviceAccountKeys.list/{project}", "keys", partial(_keys, accounts, robots))
        yield self._part(f"policyanalyzer.activities.query/{project}", "key-use", partial(self._key_use, project))

    def _key_use(self, project: str) -> list[Object]:
        analyzer = service(self.source, self.context, "policyanalyzer", "v1")
        activities = analyzer.projects().locations().activityTypes().activities()
        parent = f"projects/{project}/locations/global/activityTypes/{_KEY_USE}"
        doing = f"asking when the keys of {project} were last used"
        return [
            one for page in listed(activities, "query", doing, parent=parent) for one in page.get("activities") or []
        ]

    def _part(self, origin: str, part: str, ask: Callable[[], list[Object]]) -> Raw:
        try:
            return _answer(origin, part, ask())
        except SourceError as error:
            return _missing(origin, error.what.rstrip("."))

    def _members(self) -> Iterator[str]:
        return (member(name) for b in self.found.values() for binding in b.bindings for name in binding.members)


def _memberships(groups: Any, email: str) -> list[Object]:
    name = call(groups.lookup(groupKey_id=email), f"looking for the group {email}").get("name")
    doing = f"listing the members of {email}"
    pages = listed(groups.memberships(), "list", doing, parent=name, view="FULL", pageSize=_PAGE)
    return [one for page in pages for one in page.get("memberships") or []]


def _keys(accounts: Any, robots: Iterable[Mapping[str, Any]]) -> list[Object]:
    read = []
    for robot in robots:
        email, name = robot.get("email"), robot.get("name")
        answer = call(accounts.keys().list(name=name, keyTypes="USER_MANAGED"), f"listing the keys of {email}")
        read.append({"serviceAccount": email, "keys": answer.get("keys") or []})
    return read


def _answer(origin: str, part: str, content: Any) -> Raw:
    """An answer of the API, which nothing else keeps."""
    data = json.dumps(content, ensure_ascii=True).encode()
    return Raw(origin, partial(bytes, data), part=part, size=len(data), original=True)


def _missing(origin: str, sentence: str) -> Raw:
    return Raw(origin, partial(bytes, sentence.encode("utf-8", "backslashreplace")), part=MISSING)
