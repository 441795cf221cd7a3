"""What a company has in Google Cloud, kept in memory and changed by whoever calls."""

import base64
import copy
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]
CONDITIONS = 3
"""The first version of policies that holds conditions."""

_ALPHABET = str.maketrans("-_", "+/")
_CRM = "//cloudresourcemanager.googleapis.com/"
_TYPES = {"projects": "Project", "folders": "Folder", "organizations": "Organization"}


class RefusedError(Exception):
    """An answer that is an error, as Google words it."""

    def __init__(self, status: int, word: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.word = word


@dataclass
class Project:
    """A project and what is in it.

    Args:
        parent: `folders/…` or `organizations/…`.
        robots: service accounts by e-mail, as the interface writes them.
        keys: their keys, by e-mail.
        metadata: the project's metadata for its instances.
        instances: by zone, each a list of instances.
        entries: log entries.
    """

    id: str
    number: str
    parent: str
    name: str = ""
    robots: dict[str, Object] = field(default_factory=dict)
    keys: dict[str, list[Object]] = field(default_factory=dict)
    key_use: list[Object] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    instances: dict[str, list[Object]] = field(default_factory=dict)
    entries: list[Object] = field(default_factory=list)


@dataclass
class Cloud:
    """A whole organization.

    Args:
        parents: what each folder lies in.
        policies: by `projects/<id>`, `folders/…`, `organizations/…` or the full name of another resource.
        homes: the project id of each such other resource.
        roles: custom roles by name.
        groups: memberships by the group's e-mail, as the interface writes them.
        profiles: OS Login profiles by e-mail.
        callers: who calls, by access token; others call as `anonymous@…`.
        allowed: what a caller may do, by e-mail; whoever is not named may do everything.
        now: the time that entries of the log get.
    """

    projects: dict[str, Project] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Object] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    roles: dict[str, Object] = field(default_factory=dict)
    groups: dict[str, list[Object]] = field(default_factory=dict)
    profiles: dict[str, Object] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    allowed: dict[str, frozenset[str]] = field(default_factory=dict)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    _changes: int = 0

    def check(self, caller: str, permission: str) -> None:
        """Whether a caller may do something.

        Raises:
            RefusedError: not.
        """
        if permission and caller in self.allowed and permission not in self.allowed[caller]:
            raise RefusedError(403, "PERMISSION_DENIED", f"Permission '{permission}' denied for {caller}.")

    def project(self, name: str) -> Project:
        """A project by id or number.

        Raises:
            RefusedError: there is none; Google says 403 then, so that nobody can guess names.
        """
        for project in self.projects.values():
            if name in (project.id, project.number):
                return project
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on project '{name}'.")

    def bind(self, resource: str, role: str, *members: str, condition: Mapping[str, str] | None = None) -> None:
        """Add a binding without anybody's noticing: what was there before the story begins."""
        policy = self.policies.setdefault(resource, {"version": 1, "bindings": []})
        binding: Object = {"role": role, "members": list(members)}
        if condition:
            binding["condition"] = dict(condition)
            policy["version"] = CONDITIONS
        policy["bindings"].append(binding)

    def ancestors(self, name: str) -> list[str]:
        """What a project or folder lies in, nearest first."""
        found = []
        parent = self.projects[name].parent if name in self.projects else self.parents.get(name, "")
        while parent:
            found.append(parent)
            parent = self.parents.get(parent, "")
        return found

    def policy(self, resource: str, version: int) -> Object:
        """A policy as it is given out; below version 3, conditions are dropped and their roles come back mangled."""
        stored = self.policies.get(resource, {"version": 1, "bindings": []})
        given: Object = copy.deepcopy(stored)
        given["etag"] = _etag(stored)
        if version < CONDITIONS:
            given["version"] = 1
            for binding in given["bindings"]:
                if condition := binding.pop("condition", None):
                    digest = hashlib.sha256(json.dumps(condition, sort_keys=True).encode()).hexdigest()[:20]
                    binding["role"] = f"{binding['role']}_withcond_{digest}"
        return given

    def replace(self, resource: str, wanted: Object, caller: str) -> Object:
        """Set a policy, and write into the log what was added and removed.

        Raises:
            RefusedError: somebody else has changed it meanwhile, or conditions come with an old version.
        """
        stored = self.policies.setdefault(resource, {"version": 1, "bindings": []})
        # gcloud sends the etag back in the alphabet of addresses, as Google's interfaces allow.
        if wanted.get("etag") and wanted["etag"].translate(_ALPHABET) != _etag(stored):
            message = "There were concurrent policy changes. Please retry the whole read-modify-write."
            raise RefusedError(409, "ABORTED", message)
        bindings = wanted.get("bindings", [])
        conditional = any(binding.get("condition") for binding in bindings)
        if conditional and wanted.get("version", 1) < CONDITIONS:
            raise RefusedError(400, "INVALID_ARGUMENT", "Specified policy has conditions: set its version to 3.")
        before = _memberships(stored["bindings"])
        self._changes += 1
        new = {
            "version": CONDITIONS if conditional else 1,
            "bindings": copy.deepcopy(bindings),
            "change": self._changes,
        }
        self.policies[resource] = new
        self._log(resource, caller, _deltas(before, _memberships(bindings)))
        return self.policy(resource, CONDITIONS)

    def search(self, scope: str) -> Iterator[Object]:
        """Every policy in a scope, as Cloud Asset writes them, resources in order of name."""
        for resource in sorted(self.policies):
            record = self._record(resource)
            above = [record.get("project"), *record.get("folders", []), record.get("organization")]
            project = self.homes.get(resource, resource.removeprefix("projects/"))
            if scope in (*above, resource, f"projects/{project}") and self.policies[resource]["bindings"]:
                yield record

    def _record(self, resource: str) -> Object:
        kind = resource.split("/", maxsplit=1)[0]
        home = self.homes.get(resource) or (resource.removeprefix("projects/") if kind == "projects" else "")
        above = self.ancestors(home or resource)
        full = f"{_CRM}{resource}" if kind in _TYPES else resource
        record: Object = {
            "resource": full,
            "assetType": f"cloudresourcemanager.googleapis.com/{_TYPES[kind]}" if kind in _TYPES else _asset(resource),
            "folders": [name for name in (resource, *above) if name.startswith("folders/")],
            "policy": {"bindings": copy.deepcopy(self.policies[resource]["bindings"])},
        }
        if home:
            record["project"] = f"projects/{self.projects[home].number}"
        organization = next((name for name in (resource, *above) if name.startswith("organizations/")), None)
        return record | ({"organization": organization} if organization else {})

    def _log(self, resource: str, caller: str, deltas: list[Object]) -> None:
        home = self.homes.get(resource) or resource.removeprefix("projects/")
        if home not in self.projects or not deltas:
            return
        self.projects[home].entries.append(
            {
                "logName": f"projects/{home}/logs/cloudaudit.googleapis.com%2Factivity",
                "insertId": f"set{self._changes:08}",
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


def stamp(moment: datetime) -> str:
    """A time as Google writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _etag(policy: Object) -> str:
    text = json.dumps(policy, sort_keys=True).encode()
    return base64.b64encode(hashlib.sha256(text).digest()[:8]).decode()


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


def _asset(resource: str) -> str:
    kinds = {
        "storage.googleapis.com": "Bucket",
        "iam.googleapis.com": "ServiceAccount",
        "run.googleapis.com": "Service",
    }
    service = resource.split("/")[2]
    return f"{service}/{kinds.get(service, 'Resource')}"
