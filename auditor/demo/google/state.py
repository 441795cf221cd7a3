"""What a company has in Google Cloud, kept in memory."""

import base64
import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Object = dict[str, Any]
CONDITIONS = 3
"""The first version of policies that holds conditions."""

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
    """

    id: str
    number: str
    parent: str
    name: str = ""
    robots: dict[str, Object] = field(default_factory=dict)
    keys: dict[str, list[Object]] = field(default_factory=dict)
    key_use: list[Object] = field(default_factory=list)
    entries: list[Object] = field(default_factory=list)


@dataclass
class Cloud:
    """A whole organization.

    Args:
        parents: what each folder lies in.
        policies: by `projects/<id>`, `folders/…`, `organizations/…` or the full name of another resource.
        homes: the project id of each such other resource.
        lists: what else stands at an address, such as the deny policies of a project.
        callers: who calls, by access token; others call as `anonymous@…`.
        allowed: what a caller may do, by e-mail; whoever is not named may do everything.
    """

    projects: dict[str, Project] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Object] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    lists: dict[str, list[Object]] = field(default_factory=dict)
    callers: dict[str, str] = field(default_factory=dict)
    allowed: dict[str, frozenset[str]] = field(default_factory=dict)

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
        given["etag"] = etag(stored)
        if version < CONDITIONS:
            given["version"] = 1
            for binding in given["bindings"]:
                if condition := binding.pop("condition", None):
                    digest = hashlib.sha256(json.dumps(condition, sort_keys=True).encode()).hexdigest()[:20]
                    binding["role"] = f"{binding['role']}_withcond_{digest}"
        return given

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


def stamp(moment: datetime) -> str:
    """A time as Google writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def etag(policy: Object) -> str:
    """What tells one state of a policy from another."""
    text = json.dumps(policy, sort_keys=True).encode()
    return base64.b64encode(hashlib.sha256(text).digest()[:8]).decode()


def _asset(resource: str) -> str:
    kinds = {
        "storage.googleapis.com": "Bucket",
        "iam.googleapis.com": "ServiceAccount",
        "run.googleapis.com": "Service",
    }
    service = resource.split("/")[2]
    return f"{service}/{kinds.get(service, 'Resource')}"
