"""Where Google's projects, folders and resources lie, and which systems are in them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct, field

from auditor.config.models import Config
from auditor.config.systems import GoogleResource, System
from auditor.model.details import details
from auditor.model.globs import covers, literal_head, matches, overlap
from auditor.model.tables import Policy
from auditor.providers.systems import Systems

ANCESTRY = "ancestry"
# Storage writes `_` for the project of a bucket.
_IN_NAME = re.compile(r"//[^/]+/projects/(?!_/)([^/]+)/")
_PROJECT_OF_PATTERN = re.compile(r"(?://[^/]+/)?projects/(?!_/)([^/*?]+)/")
# What a resource lies in, in its name, that does not tell what it is.
_PLACES = frozenset({"projects", "folders", "organizations", "locations", "regions", "zones"})
_HOST = re.compile(r"//[^/]+/")
# A machine by its internal name, with its zone or without; of a domain's project, the domain stands behind the id.
_MACHINE = re.compile(
    r"([a-z][a-z0-9-]*)(?:\.([a-z]+-[a-z]+\d+-[a-z]))?\.c\.([a-z0-9-]+)(?:\.([a-z0-9.-]+))?\.internal"
)


class Project(Struct, frozen=True):
    """A project by its id, with what it lies in: folders and the organization."""

    id: str
    number: str = ""
    ancestors: tuple[str, ...] = ()


class ProjectTree(Struct, frozen=True, dict=True):
    """Every project in evidence and in the configuration.

    Args:
        projects: by id.
        numbers: ids by number.
        homes: the project of each resource that does not say it in its name.
        seen: projects, folders and organizations whose own policy is in the evidence.
    """

    config: Config
    projects: Mapping[str, Project]
    numbers: Mapping[str, str]
    homes: Mapping[str, str] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, config: Config, policies: Iterable[Policy]) -> "ProjectTree":
        """Read it off the ancestry rows; `config` may name projects by number."""
        rows = [row for row in policies if row.kind == ANCESTRY]
        documents = [(row, ancestry(row.document)) for row in rows]
        numbers = project_numbers(rows)
        projects: dict[str, Project] = {}
        homes: dict[str, str] = {}
        for row, document in documents:
            home = numbers.get(row.attached_to, row.attached_to)
            above = tuple(name for name in document.get("ancestors", ()) if isinstance(name, str))
            if is_project(row.policy):
                projects[home] = Project(home, str(document.get("number") or ""), above)
            elif row.policy.startswith("//"):
                homes[row.policy] = home
                projects.setdefault(home, Project(home, "", above))
        named = {resource.project for _, resource in config.resources_of(GoogleResource)}
        for name in named:
            home = numbers.get(name, name)
            projects.setdefault(home, Project(home))
        seen = frozenset(row.policy for row in rows if not row.policy.startswith("//"))
        return cls(with_ids(config, numbers), projects, numbers, homes, seen)

    @cached_property
    def _systems(self) -> Systems:
        return Systems(self.config)

    @cached_property
    def unmatched(self) -> tuple[list[str], list[str]]:
        """Projects known by their number alone, and ids that systems name whose numbers are not known."""
        named = {resource.project for _, resource in self.config.resources_of(GoogleResource)}
        numbers = [project for project in self.projects if project.isdigit() and project not in named]
        ids = [name for name in named if not name.isdigit() and name not in self.numbers.values()]
        return sorted(numbers), sorted(ids)

    def id_of(self, project: str) -> str:
        """A project's id, by its id or number."""
        return self.numbers.get(project, project)

    def under(self, name: str) -> tuple[str, ...]:
        """The projects that a policy on a project, folder or organization reaches."""
        if name.startswith(("folders/", "organizations/")):
            return tuple(sorted(p.id for p in self.projects.values() if name in p.ancestors))
        return (self.id_of(name),)

    def home(self, resource: str) -> str | None:
        """The project that a resource lies in."""
        match = _IN_NAME.match(resource)
        found = match[1] if match else self.homes.get(resource)
        return self.id_of(found) if found else None

    def systems_of(self, project: str, patterns: tuple[str, ...]) -> tuple[str, ...]:
        """The systems of a project that resources of these names may belong to."""
        narrow = [pattern for pattern in patterns if not whole(pattern, project)]
        named = {match[1] for pattern in narrow if (match := _PROJECT_OF_PATTERN.match(pattern))}
        if any(self.id_of(name) != project for name in named):
            return ()
        globs = [
            (glob, system)
            for system, resource in self.config.resources_of(GoogleResource)
            if resource.project == project
            for glob in resource.match
        ]
        meant = [one for one in globs if all(matches(one[0], pattern.replace("*", "")) for pattern in narrow)]
        # What is written out in the pattern tells whose names are meant; without that, whose could be.
        found = meant or [one for one in globs if all(_could_be(pattern, one[0]) for pattern in narrow)]
        return tuple(sorted({system for _, system in found}))

    def system_of(self, project: str, resource: str) -> str | None:
        """The system that one resource belongs to."""
        return self._systems.of("gcp", project, _HOST.sub("", resource)) or self._systems.of("gcp", project, resource)

    def reached(self, resource: str) -> tuple[str, ...]:
        """The systems that a binding on something reaches: a resource's own, or those of all projects below."""
        if resource.startswith("//"):
            home = self.home(resource)
            found = self.system_of(home, resource) if home else None
            return (found,) if found else ()
        return tuple(sorted({system for project in self.under(resource) for system in self.systems_of(project, ())}))


def _could_be(pattern: str, glob: str) -> bool:
    """Whether what a pattern leaves open may be a system's name: `buckets/bl*` is not meant for checkout."""
    if not overlap(pattern, glob):
        return False
    head = literal_head(pattern)
    parts = head.split("/")
    named = [name for kind, name in zip(parts[:-1:2], parts[1:-1:2], strict=False) if kind not in _PLACES]
    return not named and literal_head(glob.lstrip("*")).startswith(parts[-1] if len(parts) % 2 == 0 else "")


def whole(pattern: str, project: str) -> bool:
    """Whether a name pattern leaves out nothing of a project."""
    return covers(pattern, f"projects/{project}/*")


def with_ids(config: Config, numbers: Mapping[str, str]) -> Config:
    """The configuration with both names of every project: logs write its id here and its number there."""
    ids = {project: number for number, project in numbers.items()}
    other = {**numbers, **ids}
    return config.with_systems(_with_both(system, other) for system in config.systems)


@lru_cache(maxsize=4096)
def ancestry(document: str) -> Mapping[str, Any]:
    """What a row of that kind states; each project asks it of every other one, and of what lies above."""
    return details(document)


def project_numbers(policies: Iterable[Policy]) -> Mapping[str, str]:
    """Project ids by number, as the projects' own entries say them."""
    found = {}
    for row in policies:
        if row.kind == ANCESTRY and is_project(row.policy):
            number = ancestry(row.document).get("number")
            if isinstance(number, str) and number:
                found[number] = row.policy
    return found


def machine_at(host: str) -> Iterator[tuple[str, str]]:
    """The project and the name of the machine that an internal address is of."""
    if match := _MACHINE.fullmatch(host.lower()):
        project = f"{match[4]}:{match[3]}" if match[4] else match[3]
        yield project, f"projects/{project}/zones/{match[2] or '-'}/instances/{match[1]}"


def _with_both(system: System, other: Mapping[str, str]) -> System:
    resources = list(system.resources)
    named = {r.project for r in resources if isinstance(r, GoogleResource)}
    for resource in system.resources:
        if isinstance(resource, GoogleResource) and (more := other.get(resource.project)) and more not in named:
            resources.append(resource.model_copy(update={"project": more}))
            named.add(more)
    return (
        system.model_copy(update={"resources": tuple(resources)}) if len(resources) > len(system.resources) else system
    )


def is_project(name: str) -> bool:
    """Whether a place is a project: folders and organizations are named by what they are."""
    return "/" not in name
