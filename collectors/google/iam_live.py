"""Google's IAM as it is now: the search over a scope, then what the search does not say."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

from auditor.config.sources.google import GoogleIam
from auditor.errors import SourceError
from collectors.base import Context, Raw
from collectors.google import restrictions_live
from collectors.google.answers import Answers
from collectors.google.bindings import Bound, MalformedError, Object, bound
from collectors.google.client import call, items, listed, service
from collectors.google.members import email_of, member
from collectors.refusals import refusal

PERMISSIONS = (
    *restrictions_live.PERMISSIONS,
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
EXACT = {"options": {"requestedPolicyVersion": 3}}
"""Without it, conditions are dropped."""

_CRM = "//cloudresourcemanager.googleapis.com/"
_PAGE = 500
_MOST_GROUPS = 1000
# Google allows ten folders above each other.
_MOST_FOLDERS = 12
# Whoever gives a role may write anything for its name, which becomes a part of an address.
_ROLE = re.compile(r"(?:(?:projects|organizations)/[\w.:-]+/)?roles/[\w.]+", re.ASCII)
_KEY_USE = "serviceAccountKeyLastAuthentication"


class Live:
    """One reading of a scope. What alone is refused costs that part only, and is said."""

    def __init__(self, source: GoogleIam, context: Context) -> None:
        self._source = source
        self._context = context
        self._scope = source.scope or ""
        self._answers = Answers()
        self._found: dict[str, Bound] = {}
        self._projects: dict[str, Object] = {}
        self._parents: dict[str, str] = {}

    def raws(self) -> list[Raw]:
        """Every answer, and a sentence for each that could not be had.

        Raises:
            SourceError: neither the search nor the policy of the scope itself could be had.
        """
        self._search()
        self._read_projects()
        self._exact_policies()
        if not self._found:
            why = "; ".join(dict.fromkeys(raw.missing for raw in self._answers.raws if raw.missing))
            raise refusal("source", "no bindings", name=self._source.name, path=self._scope, why=why)
        restrictions = restrictions_live.Restrictions(self._source, self._context, self._answers)
        denied = restrictions.read(self._places())
        self._groups(restrictions.groups)
        self._roles(predefined=denied)
        for project in sorted(self._projects):
            self._service_accounts(project)
        return self._answers.raws

    @cached_property
    def _manager(self) -> Any:
        return service(self._source, self._context, "cloudresourcemanager", "v3")

    @cached_property
    def _iam(self) -> Any:
        return service(self._source, self._context, "iam", "v1")

    def _search(self) -> None:
        """The search, page by page; pages before a fault were whole and are kept."""
        asset = service(self._source, self._context, "cloudasset", "v1").v1()
        name, doing = f"cloudasset.searchAllIamPolicies/{self._scope}", f"searching the IAM policies of {self._scope}"
        number = 0
        try:
            pages = listed(asset, "searchAllIamPolicies", doing, scope=self._scope, pageSize=_PAGE)
            for number, page in enumerate(pages, 1):
                self._keep(page.get("results") or [])
                self._answers.keep(f"{name}/page-{number:04}", "policies", page)
        except SourceError as error:
            why = f"bindings on single resources are missing: {error.what}"
            self._answers.lack(f"{name}/page-{number + 1:04}", why)

    def _keep(self, records: Iterable[Any]) -> None:
        for record in records:
            # The reader counts and explains those that cannot be read.
            with suppress(MalformedError, AttributeError):
                found = bound(record)
                self._found[found.resource] = found

    def _read_projects(self) -> None:
        """Id, number and place of every project that the search names."""
        wanted = {f"projects/{b.number}" for b in self._found.values() if b.number}
        wanted |= {self._scope} if self._scope.startswith("projects/") else set()
        for name in sorted(wanted):
            request, origin = self._manager.projects().get(name=name), f"cloudresourcemanager.projects.get/{name}"
            project = self._answers.ask(origin, request, f"asking Resource Manager for {name}") or {}
            if isinstance(id_ := project.get("projectId"), str):
                self._projects[id_] = {**project, "ancestors": [*self._above(str(project.get("parent") or ""))]}
        self._answers.gather(
            f"cloudresourcemanager.projects.get/{self._scope}", "projects", lambda: list(self._projects.values())
        )

    def _above(self, parent: str) -> Iterator[str]:
        """Folders up to the organization, as far as they can be asked for."""
        for _ in range(_MOST_FOLDERS):
            if parent:
                yield parent
            if not parent.startswith("folders/"):
                return
            if parent not in self._parents:
                request, lacking = self._manager.folders().get(name=parent), f"what lies above {parent}"
                found = self._answers.ask(
                    f"cloudresourcemanager.folders.get/{parent}",
                    request,
                    f"asking Resource Manager for {parent}",
                    f"{lacking}, and the rights given there, are not known",
                )
                self._parents[parent] = str((found or {}).get("parent") or "")
            parent = self._parents[parent]

    def _places(self) -> list[str]:
        """Projects, and what they lie in."""
        above = {name for project in self._projects.values() for name in project["ancestors"]}
        return [*(f"projects/{name}" for name in sorted(self._projects)), *sorted(above)] or [self._scope]

    def _exact_policies(self) -> None:
        """The policies of projects, and of what they lie in, as they are this moment, with their conditions."""
        for name in self._places():
            kind = name.partition("/")[0]
            origin = f"cloudresourcemanager.{kind}.getIamPolicy/{name}"
            request = getattr(self._manager, kind)().getIamPolicy(resource=name, body=EXACT)
            lacking = f"rights given on {name} could not be read"
            policy = self._answers.ask(origin, request, f"asking for the policy of {name}", lacking)
            if policy is not None:
                record = {"resource": f"{_CRM}{name}", "policy": policy, **self._place(name)}
                self._keep([record])
                self._answers.keep(origin, "exact", record)

    def _place(self, name: str) -> Object:
        project = self._projects.get(name.removeprefix("projects/"))
        if project is None:
            return {}
        above = project["ancestors"]
        organization = next((one for one in above if one.startswith("organizations/")), None)
        folders = [one for one in above if one.startswith("folders/")]
        return {"project": project.get("name"), "folders": folders, "organization": organization}

    def _groups(self, named: Iterable[str]) -> None:
        """The members of every group that holds something or is named, and of the groups in it."""
        members = {member(name) for b in self._found.values() for binding in b.bindings for name in binding.members}
        waiting = sorted(name for name in members | set(map(member, named)) if name.startswith("group:"))
        if not waiting:
            return
        groups = service(self._source, self._context, "cloudidentity", "v1").groups()
        origin = "cloudidentity.groups.memberships.list"
        read: dict[str, Object | None] = {}
        while waiting and len(read) < _MOST_GROUPS:
            group = waiting.pop(0)
            if group in read:
                continue
            lacking = f"the members of {group} could not be read"
            read[group] = self._answers.tried(f"{origin}/{group}", partial(_members, groups, group), lacking)
            memberships = (read[group] or {}).get("memberships", [])
            inner = [one.get("preferredMemberKey") or {} for one in memberships if one.get("type") == "GROUP"]
            waiting += [member(f"group:{key['id']}") for key in inner if isinstance(key.get("id"), str)]
        self._answers.gather(f"{origin}/{self._scope}", "groups", lambda: [one for one in read.values() if one])

    def _roles(self, *, predefined: bool) -> None:
        """What is in the custom roles that are given; in all of them where something is denied."""
        held = {binding.role for b in self._found.values() for binding in b.bindings}
        read: list[Object] = []
        for role in sorted(name for name in held if predefined or not name.startswith("roles/")):
            origin = f"iam.roles.get/{role}"
            if not _ROLE.fullmatch(role):
                self._answers.lack(origin, f"{role} is no name of a role")
                continue
            place = "" if role.startswith("roles/") else role.partition("/")[0]
            roles = (getattr(self._iam, place)() if place else self._iam).roles()
            lacking = "what a custom role gives is not known" if place else "what denials leave of it is not known"
            found = self._answers.ask(origin, roles.get(name=role), f"asking what is in the role {role}", lacking)
            read += [found] if found else []
        self._answers.gather(f"iam.roles.get/{self._scope}", "roles", lambda: read)

    def _service_accounts(self, project: str) -> None:
        """Service accounts of a project, the keys that people made for them, and when those were last used."""
        accounts = self._iam.projects().serviceAccounts()
        doing, parent = f"listing the service accounts of {project}", f"projects/{project}"
        found = self._answers.gather(
            f"iam.serviceAccounts.list/{project}",
            "service-accounts",
            lambda: items(accounts, "list", "accounts", doing, name=parent, pageSize=100),
        )
        if found:
            origin = f"iam.serviceAccountKeys.list/{project}"
            self._answers.gather(origin, "keys", lambda: [_keys(accounts, account) for account in found])
            origin = f"policyanalyzer.activities.query/{project}"
            self._answers.gather(origin, "key-use", lambda: self._key_use(project))

    def _key_use(self, project: str) -> list[Object]:
        analyzer = service(self._source, self._context, "policyanalyzer", "v1")
        activities = analyzer.projects().locations().activityTypes().activities()
        parent = f"projects/{project}/locations/global/activityTypes/{_KEY_USE}"
        doing = f"asking when the keys of {project} were last used"
        return items(activities, "query", "activities", doing, parent=parent)


def _members(groups: Any, group: str) -> Object:
    email = email_of(group) or ""
    name = call(groups.lookup(groupKey_id=email), f"looking for the group {email}").get("name")
    asked = {"parent": name, "view": "FULL", "pageSize": _PAGE}
    doing = f"listing the members of {email}"
    return {"group": group, "memberships": items(groups.memberships(), "list", "memberships", doing, **asked)}


def _keys(accounts: Any, account: Object) -> Object:
    email, request = account.get("email"), accounts.keys().list(name=account.get("name"), keyTypes="USER_MANAGED")
    return {"serviceAccount": email, "keys": call(request, f"listing the keys of {email}").get("keys") or []}
