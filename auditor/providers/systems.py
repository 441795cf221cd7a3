"""Which system a resource belongs to: the most specific match wins."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from auditor.config.models import AwsResource, Config, GitlabResource, GoogleResource, Resource, SshResource, System
from auditor.providers.globs import glob_regex


@dataclass(frozen=True, slots=True)
class _Pattern:
    provider: str
    scope: str
    glob: str
    system: str

    @property
    def specificity(self) -> tuple[bool, int]:
        """Exact beats wildcard, then more literal text beats less."""
        return ("*" not in self.glob and "?" not in self.glob, len(re.sub(r"[*?]", "", self.glob)))


class Systems:
    """The configured systems, to be asked by resource or by name."""

    def __init__(self, config: Config) -> None:
        patterns = [
            p for system in config.systems for resource in system.resources for p in _patterns(system, resource)
        ]
        self._patterns = sorted(patterns, key=lambda p: p.specificity, reverse=True)
        self._names = {name.casefold(): s.id for s in config.systems for name in (s.name, *s.aliases)}
        self._names |= {s.id.casefold(): s.id for s in config.systems}

    def of(self, provider: str, scope: str, resource: str | None) -> str | None:
        """The system of a resource, or None when no system claims it.

        Args:
            provider: aws, gcp, gitlab or ssh.
            scope: AWS account, Google project, GitLab project or host of the record.
            resource: ARN or name; for a host or project the scope itself is matched.
        """
        for pattern in self._patterns:
            if pattern.provider != provider:
                continue
            if provider == "ssh":
                if glob_regex(pattern.glob).fullmatch(scope):
                    return pattern.system
            elif pattern.scope == scope and glob_regex(pattern.glob).fullmatch(resource or scope):
                return pattern.system
        return None

    def named(self, name: str) -> str | None:
        """The system that people call by this id, name or alias."""
        return self._names.get(" ".join(name.split()).casefold())

    def of_scope(self, provider: str, scope: str) -> tuple[str, ...]:
        """Every system with resources in an account, project or host."""
        found = (p.system for p in self._patterns if p.provider == provider and _in_scope(p, scope))
        return tuple(sorted(set(found)))


def _in_scope(pattern: _Pattern, scope: str) -> bool:
    if pattern.provider == "ssh":
        return bool(glob_regex(pattern.glob).fullmatch(scope))
    return pattern.scope == scope


def _patterns(system: System, resource: Resource) -> Iterable[_Pattern]:
    match resource:
        case AwsResource():
            return [_Pattern("aws", resource.account, glob, system.id) for glob in resource.match]
        case GoogleResource():
            return [_Pattern("gcp", resource.project, glob, system.id) for glob in resource.match]
        case GitlabResource():
            return [_Pattern("gitlab", resource.project, "*", system.id)]
        case SshResource():
            return [_Pattern("ssh", resource.host, resource.host, system.id)]
