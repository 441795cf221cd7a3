"""SSH keys in Google Cloud: in the metadata of a project and of its instances, and in OS Login profiles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from auditor.config.sources import GoogleSshKeys
from auditor.errors import SourceError
from collectors.base import Batch, Context, Normalised, Raw
from collectors.google.client import call, listed, service
from collectors.google.login_rows import MISSING, Reader
from collectors.google.metadata_keys import switched_on, values

_PAGE = 500
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class GoogleSshKeysCollector:
    """Keys that open logins on a project's instances."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = (
        "compute.instances.list",
        "compute.projects.get",
        "resourcemanager.projects.getIamPolicy",
    )
    READS: ClassVar[str] = (
        "The project's and its instances' metadata (ssh-keys, enable-oslogin, block-project-ssh-keys), and where OS "
        "Login is on, the keys in the profiles of the project's members."
    )

    source: GoogleSshKeys
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole.

        Raises:
            SourceError: the project's metadata or its instances cannot be had.
        """
        del seen
        yield list(self._raws())

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, keys, the right to log in, and the switches."""
        return Reader(self.source.name, self.source.project, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The instance, profile or project that a row points at; public keys are no secret."""
        found = json.loads(data)
        listed_here = found if isinstance(found, list) else [found]
        return json.dumps(listed_here[record], indent=1, ensure_ascii=False)

    def _raws(self) -> Iterator[Raw]:
        name = self.source.project
        compute = service(self.source, self.context, "compute", "v1")
        project = call(compute.projects().get(project=name), f"reading the metadata of {name}")
        yield _answer(f"compute.projects.get/{name}", "project", project)
        instances = self._instances(compute)
        yield _answer(f"compute.instances.aggregatedList/{name}", "instances", instances)
        every = [values(project.get("commonInstanceMetadata")), *(values(one.get("metadata")) for one in instances)]
        if any(switched_on(one, "enable-oslogin") for one in every):
            yield from self._profiles()

    def _instances(self, compute: Any) -> list[Object]:
        name = self.source.project
        doing = f"listing the instances of {name}"
        pages = listed(compute.instances(), "aggregatedList", doing, project=name, maxResults=_PAGE)
        return [
            {field: one.get(field) for field in ("name", "id", "zone", "selfLink", "status", "metadata")}
            for page in pages
            for zone in (page.get("items") or {}).values()
            for one in zone.get("instances") or []
        ]

    def _profiles(self) -> Iterator[Raw]:
        """The OS Login profile of everybody who is a member of the project."""
        name = self.source.project
        origin = f"oslogin.users.getLoginProfile/{name}"
        try:
            members = self._members()
        except SourceError as error:
            yield _missing(origin, f"whose OS Login profiles to read is not known: {error.what.rstrip('.')}")
            return
        users = service(self.source, self.context, "oslogin", "v1").users()
        read: list[Object] = []
        for email in members:
            try:
                profile = call(users.getLoginProfile(name=f"users/{email}"), f"reading the OS Login profile of {email}")
            except SourceError as error:
                yield _missing(f"{origin}/{email}", error.what.rstrip("."))
                continue
            read.append({"user": email, "profile": profile})
        yield _answer(origin, "profiles", read)

    def _members(self) -> list[str]:
        name = self.source.project
        projects = service(self.source, self.context, "cloudresourcemanager", "v3").projects()
        body = {"options": {"requestedPolicyVersion": 3}}
        doing = f"asking for the policy of projects/{name}"
        policy = call(projects.getIamPolicy(resource=f"projects/{name}", body=body), doing)
        members = {one for binding in policy.get("bindings") or [] for one in binding.get("members") or []}
        return sorted(one.removeprefix("user:").lower() for one in members if one.startswith("user:"))


def _answer(origin: str, part: str, content: Any) -> Raw:
    """An answer of the API, which nothing else keeps."""
    data = json.dumps(content, ensure_ascii=True).encode()
    return Raw(origin, partial(bytes, data), part=part, size=len(data), original=True)


def _missing(origin: str, sentence: str) -> Raw:
    return Raw(origin, partial(bytes, sentence.encode("utf-8", "backslashreplace")), part=MISSING)
