"""SSH keys in Google Cloud: in the metadata of a project and of its instances, and in OS Login profiles."""

from collections.abc import Iterator
from typing import Any

from auditor.config.sources.google import GoogleSshKeys
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.google.answers import Answers, quoted
from collectors.google.bindings import Object
from collectors.google.client import call, listed, service
from collectors.google.iam_live import EXACT
from collectors.google.login_rows import LoginReader
from collectors.google.metadata_keys import switched_on, values
from collectors.refusals import refusal

_PAGE = 500


class GoogleSshKeysCollector(Snapshot[GoogleSshKeys], frozen=True):
    """Keys that open logins on a project's instances."""

    PERMISSIONS = (
        "compute.instances.list",
        "compute.projects.get",
        "resourcemanager.projects.getIamPolicy",
    )
    READS = (
        "The project's and its instances' metadata (ssh-keys, enable-oslogin, block-project-ssh-keys), and where OS "
        "Login is on, the keys in the profiles of the project's members."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The project, its instances, and the profiles that open them.

        Raises:
            SourceError: the project's metadata or its instances cannot be had.
        """
        name, answers = self.source.project, Answers()
        compute = service(self.source, self.context, "compute", "v1")
        project = call(compute.projects().get(project=name), f"reading the metadata of {name}")
        if not project.get("name"):
            raise refusal("google", "unreadable", doing=f"reading the metadata of {name}", said="it names no project")
        answers.keep(f"compute.projects.get/{name}", "project", project)
        instances = self._instances(compute)
        answers.keep(f"compute.instances.aggregatedList/{name}", "instances", instances)
        every = [values(project.get("commonInstanceMetadata")), *(values(one.get("metadata")) for one in instances)]
        if any(switched_on(one, "enable-oslogin") for one in every):
            self._profiles(answers)
        yield from answers.raws

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, keys, the right to log in, and the switches."""
        return LoginReader(self.source.name, self.source.project, self.context).read(batch)

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

    def _profiles(self, answers: Answers) -> None:
        """The OS Login profile of everybody who is a member of the project."""
        origin = f"oslogin.users.getLoginProfile/{self.source.project}"
        members = answers.tried(origin, self._members, "whose OS Login profiles to read is not known")
        if members is None:
            return
        users = service(self.source, self.context, "oslogin", "v1").users()
        read: list[Object] = []
        for email in members:
            request, doing = users.getLoginProfile(name=f"users/{email}"), f"reading the OS Login profile of {email}"
            profile = answers.ask(f"{origin}/{email}", request, doing)
            read += [] if profile is None else [{"user": email, "profile": profile}]
        answers.keep(origin, "profiles", read)

    def _members(self) -> list[str]:
        name = self.source.project
        projects = service(self.source, self.context, "cloudresourcemanager", "v3").projects()
        doing = f"asking for the policy of projects/{name}"
        policy = call(projects.getIamPolicy(resource=f"projects/{name}", body=EXACT), doing)
        members = {one for binding in policy.get("bindings") or [] for one in binding.get("members") or []}
        return sorted(one.removeprefix("user:").lower() for one in members if one.startswith("user:"))
