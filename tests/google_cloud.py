"""What else Google's stand-in has for tests: folders, custom roles, groups, policies and keys that callers change."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import request

from auditor.demo.google import state
from auditor.demo.google.access import CONTAINER, ROBOTS, keys_of, named
from auditor.demo.google.calls import Calls, body, caller, page
from auditor.demo.google.state import CONDITIONS, Object, RefusedError, etag, stamp

calls = Calls("more", __name__)
_KEY = f"{ROBOTS}/<email>/keys/<id:key_id>"
_ALPHABET = str.maketrans("-_", "+/")


@dataclass
class Project(state.Project):
    """A project with instances.

    Args:
        metadata: the project's metadata for its instances.
        instances: by zone, each a list of instances.
    """

    metadata: dict[str, str] = field(default_factory=dict)
    instances: dict[str, list[Object]] = field(default_factory=dict)


@dataclass
class Cloud(state.Cloud):
    """An organization that callers change.

    Args:
        roles: custom roles by name.
        groups: memberships by the group's e-mail, as the interface writes them.
        profiles: OS Login profiles by e-mail.
        now: the time that entries of the log get.
    """

    roles: dict[str, Object] = field(default_factory=dict)
    groups: dict[str, list[Object]] = field(default_factory=dict)
    profiles: dict[str, Object] = field(default_factory=dict)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    changes: int = 0

    def policy(self, resource: str, version: int) -> Object:
        """As Google gives it out: without what is ours in it."""
        given = super().policy(resource, version)
        given.pop("change", None)
        return given

    def bind(self, resource: str, role: str, *members: str, condition: Mapping[str, str] | None = None) -> None:
        """Add a binding without anybody's noticing: what was there before the story begins."""
        policy = self.policies.setdefault(resource, {"version": 1, "bindings": []})
        binding: Object = {"role": role, "members": list(members)}
        if condition:
            binding["condition"] = dict(condition)
            policy["version"] = CONDITIONS
        policy["bindings"].append(binding)

    def replace(self, resource: str, wanted: Object, caller: str) -> Object:
        """Set a policy, and write into the log what was added and removed.

        Raises:
            RefusedError: somebody else has changed it meanwhile, or conditions come with an old version.
        """
        stored = self.policies.setdefault(resource, {"version": 1, "bindings": []})
        # gcloud sends the etag back in the alphabet of addresses, as Google's interfaces allow.
        if wanted.get("etag") and wanted["etag"].translate(_ALPHABET) != etag(stored):
            message = "There were concurrent policy changes. Please retry the whole read-modify-write."
            raise RefusedError(409, "ABORTED", message)
        bindings = wanted.get("bindings", [])
        conditional = any(binding.get("condition") for binding in bindings)
        if conditional and wanted.get("version", 1) < CONDITIONS:
            raise RefusedError(400, "INVALID_ARGUMENT", "Specified policy has conditions: set its version to 3.")
        before = _memberships(stored["bindings"])
        self.changes += 1
        new = {
            "version": CONDITIONS if conditional else 1,
            "bindings": copy.deepcopy(bindings),
            "change": self.changes,
        }
        self.policies[resource] = new
        self._log(resource, caller, _deltas(before, _memberships(bindings)))
        return self.policy(resource, CONDITIONS)

    def _log(self, resource: str, caller: str, deltas: list[Object]) -> None:
        home = self.homes.get(resource) or resource.removeprefix("projects/")
        if home not in self.projects or not deltas:
            return
        self.projects[home].entries.append(
            {
                "logName": f"projects/{home}/logs/cloudaudit.googleapis.com%2Factivity",
                "insertId": f"set{self.changes:08}",
                "timestamp": stamp(self.now),
                "receiveTimestamp": stamp(self.now),
                "severity": "NOTICE",
                "resource": {"type": "project", "labels": {"project_id": home}},
                "protoPayload": {
                    "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
                    "status": {},
                    "authenticationInfo": {"principalEmail": caller},
                    "requestMetadata": {"callerIp": "127.0.0.1"},
                    "serviceName": "cloudresourcemanager.googleapis.com",
                    "methodName": "SetIamPolicy",
                    "resourceName": resource,
                    "serviceData": {
                        "@type": "type.googleapis.com/google.iam.v1.logging.AuditData",
                        "policyDelta": {"bindingDeltas": deltas},
                    },
                },
            }
        )


@calls.answered("POST", f"/<any(v1, v2, v3):_>/{CONTAINER}:setIamPolicy", "resourcemanager.{kind}.setIamPolicy")
def set_policy(cloud: Cloud, kind: str, name: str, _: str) -> Object:
    """Replace a policy."""
    wanted = body().get("policy")
    if not isinstance(wanted, dict):
        raise RefusedError(400, "INVALID_ARGUMENT", "Request contains no policy.")
    return cloud.replace(named(cloud, kind, name), wanted, caller())


@calls.answered("GET", "/v1/projects/<id:name>", "resourcemanager.projects.get")
def get_project_v1(cloud: Cloud, name: str) -> Object:
    """A project, as gcloud asks for it."""
    project = cloud.project(name)
    kind, number = project.parent.split("/")
    return {
        "projectId": project.id,
        "projectNumber": project.number,
        "name": project.name or project.id,
        "lifecycleState": "ACTIVE",
        "parent": {"type": kind.removesuffix("s"), "id": number},
    }


@calls.answered("GET", "/v3/folders/<id:name>", "resourcemanager.folders.get")
def get_folder(cloud: Cloud, name: str) -> Object:
    """A folder."""
    full = f"folders/{name}"
    if full not in cloud.parents:
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on folder '{name}'.")
    return {"name": full, "parent": cloud.parents[full], "displayName": name, "state": "ACTIVE"}


@calls.answered("GET", "/v1/roles/<name>", "iam.roles.get")
def get_predefined_role(cloud: Cloud, name: str) -> Object:
    """One of Google's own roles; what is in it matters to nobody here."""
    return {"name": f"roles/{name}", "title": name, "includedPermissions": ["resourcemanager.projects.get"]}


@calls.answered("GET", "/v1/<any(projects, organizations):kind>/<place>/roles/<name>", "iam.roles.get")
def get_role(cloud: Cloud, kind: str, place: str, name: str) -> Object:
    """A custom role."""
    name = f"{kind}/{place}/roles/{name}"
    if name not in cloud.roles:
        raise RefusedError(404, "NOT_FOUND", f"The role named {name} was not found.")
    return {"name": name, **cloud.roles[name]}


@calls.answered("POST", f"{_KEY}:<any(disable, enable):how>", "iam.serviceAccountKeys.{how}")
def switch_key(cloud: Cloud, project: str, email: str, key_id: str, how: str) -> Object:
    """Switch a key off or on."""
    _key(cloud, project, email, key_id)["disabled"] = how == "disable"
    return {}


@calls.answered("DELETE", _KEY, "iam.serviceAccountKeys.delete")
def delete_key(cloud: Cloud, project: str, email: str, key_id: str) -> Object:
    """Take a key away."""
    keys_of(cloud, project, email).remove(_key(cloud, project, email, key_id))
    return {}


@calls.answered("GET", "/v1/groups:lookup")
def lookup_group(cloud: Cloud) -> Object:
    """The number of a group with that e-mail."""
    email = request.args.get("groupKey.id", "").lower()
    if email not in cloud.groups:
        message = "Error(4001): Permission denied for resource groups (or it may not exist)."
        raise RefusedError(403, "PERMISSION_DENIED", message)
    return {"name": f"groups/{_group_id(cloud, email)}"}


@calls.answered("GET", "/v1/groups/<group>/memberships")
def list_members(cloud: Cloud, group: str) -> Object:
    """Who is in a group: with roles in the full view alone."""
    for email, members in cloud.groups.items():
        if _group_id(cloud, email) == group:
            found, more = page(members, most=500, usual=50)
            full = request.args.get("view") == "FULL"
            shown = [member if full else _basic(member) for member in found]
            return ({"memberships": shown} if shown else {}) | more
    raise RefusedError(404, "NOT_FOUND", "Group not found.")


def _key(cloud: Cloud, project: str, email: str, key_id: str) -> Object:
    for key in keys_of(cloud, project, email):
        if key["name"].endswith(f"/keys/{key_id}"):
            return key
    raise RefusedError(404, "NOT_FOUND", f"Service account key {key_id} does not exist.")


def _group_id(cloud: Cloud, email: str) -> str:
    return f"{list(cloud.groups).index(email) + 1:08}"


def _basic(member: Object) -> Object:
    return {key: value for key, value in member.items() if key in ("name", "preferredMemberKey")}


def _memberships(bindings: list[Object]) -> list[Object]:
    """Every member of every binding by itself."""
    return [
        {"role": binding["role"], "member": member}
        | ({"condition": binding["condition"]} if binding.get("condition") else {})
        for binding in bindings
        for member in binding.get("members", [])
    ]


def _deltas(before: list[Object], after: list[Object]) -> list[Object]:
    added = [{"action": "ADD", **one} for one in after if one not in before]
    return added + [{"action": "REMOVE", **one} for one in before if one not in after]


@calls.answered(
    "GET", f"/v1/{CONTAINER}/locations/global/entitlements/<entitlement>/grants", "privilegedaccessmanager.grants.list"
)
def list_grants(cloud: Cloud, kind: str, name: str, entitlement: str) -> Object:
    """What was asked for of an entitlement, two on a page."""
    found, more = page(cloud.lists.get(f"{named(cloud, kind, name)}/{entitlement}/grants", []), most=2, usual=2)
    return {"grants": found} | more
