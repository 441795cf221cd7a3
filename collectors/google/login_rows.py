"""Who may log in to a project's instances, as rows."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

from auditor.model.handles import write_handle
from auditor.model.tables import Row
from collectors.base import Batch, Context, Normalised
from collectors.google.answers import take_entries
from collectors.google.bindings import Object
from collectors.google.members import GCP
from collectors.google.metadata_keys import MetadataKey, key_of, lines, switched_on, values
from collectors.problems import Problems
from collectors.public_keys import public_key
from collectors.reading import Origin, Reading, Stamp
from collectors.rows import policy

_COMPUTE = "//compute.googleapis.com/"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Metadata(Struct):
    """The metadata of the project or an instance, and where it stands."""

    resource: str
    name: str
    items: dict[str, str]
    at: Stamp


class LoginReader:
    """Reads the one batch of a project's logins."""

    def __init__(self, source: str, project: str, context: Context) -> None:
        self._project = project
        self._reading = Reading(source, context)
        self._problems = Problems()
        self._shared: _Metadata | None = None
        self._instances: list[_Metadata] = []
        self._logins: set[str] = set()

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for the project."""
        for raw in batch:
            self._problems.include(self._reading.read(raw, self._take).problems)
        if self._shared is not None:
            usable = any(map(self._takes_shared, self._instances))
            self._reading.extend(self._metadata(self._shared, usable=usable))
        for instance in self._instances:
            self._reading.extend(self._metadata(instance, usable=not self._os_login(instance)))
        self._reading.cover(self._project, self._problems)
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        takers = {"project": self._take_project, "instances": self._take_instance, "profiles": self._take_profile}
        take_entries(origin, takers)

    def _take_project(self, entry: Object, at: Stamp) -> None:
        name = f"{_COMPUTE}projects/{self._project}"
        self._shared = _Metadata(name, self._project, values(entry.get("commonInstanceMetadata")), at)

    def _take_instance(self, entry: Object, at: Stamp) -> None:
        zone = str(entry.get("zone") or "").rpartition("/")[2]
        name = str(entry.get("name") or "")
        resource = f"{_COMPUTE}projects/{self._project}/zones/{zone}/instances/{name}"
        self._instances.append(_Metadata(resource, name, values(entry.get("metadata")), at))

    def _take_profile(self, entry: Object, at: Stamp) -> None:
        self._reading.extend(self._profile(entry, at))

    def _os_login(self, instance: _Metadata) -> bool:
        """Whether OS Login is on there, so that keys in metadata open nothing."""
        own = switched_on(instance.items, "enable-oslogin")
        everywhere = switched_on(self._shared.items, "enable-oslogin") if self._shared else None
        return bool(everywhere if own is None else own)

    def _takes_shared(self, instance: _Metadata) -> bool:
        """Whether the project's keys open an instance: not where they are blocked, nor beside the older `sshKeys`."""
        blocked = switched_on(instance.items, "block-project-ssh-keys") or "sshKeys" in instance.items
        return not blocked and not self._os_login(instance)

    def _metadata(self, holder: _Metadata, *, usable: bool) -> Iterator[Row]:
        """The switches of a project or instance, and its keys."""
        switches = {name: switched_on(holder.items, name) for name in ("enable-oslogin", "block-project-ssh-keys")}
        stated = {name: value for name, value in switches.items() if value is not None}
        yield policy(holder.at, f"{holder.resource}#metadata", "sshd", holder.resource, stated, holder.name)
        for item, line in lines(holder.items):
            try:
                key = key_of(line)
            except ValueError as error:
                self._problems.reject(f"{holder.name}: {error}")
                continue
            yield from self._key(key, holder, item, usable=usable)

    def _key(self, key: MetadataKey, holder: _Metadata, item: str, *, usable: bool) -> Iterator[Row]:
        account = f"ssh:{key.login}@{holder.name}"
        if account not in self._logins:
            self._logins.add(account)
            email = key.email and key.email.lower()
            yield GCP.account(holder.at, account, "unknown", key.login, self._project, email=email)
        instance = holder.resource.partition("/instances/")[2] or None
        zone = holder.resource.partition("/zones/")[2].partition("/")[0] or None
        handle = write_handle(
            "gcp",
            "metadata-ssh-key",
            self._project,
            item=item,
            zone=zone,
            instance=instance,
            user=key.login,
            fingerprint=key.fingerprint,
        )
        lasts: dict[str, Any] = {"expires_at": key.expires_at, "handle": handle}
        known = {"resource": holder.resource, "enabled": usable, "comment": key.comment or None, **lasts}
        yield GCP.credential(holder.at, f"ssh-key:{key.fingerprint}", "ssh-key", account, **known)
        yield GCP.grant(holder.at, account, "authorized_keys", holder.resource, level="write", **lasts)

    def _profile(self, entry: Mapping[str, Any], at: Stamp) -> Iterator[Row]:
        """The keys in somebody's OS Login profile; what they open is said by IAM."""
        email = str(entry.get("user"))
        profile = entry.get("profile")
        keys = profile.get("sshPublicKeys") if isinstance(profile, dict) else None
        for name, one in (keys or {}).items():
            try:
                found, comment = public_key(str(one.get("key")))
            except ValueError as error:
                self._problems.reject(f"a key in the OS Login profile of {email} cannot be read: {error}")
                continue
            yield GCP.credential(
                at,
                f"ssh-key:{found}",
                "ssh-key",
                f"user:{email}",
                resource=f"{_COMPUTE}projects/{self._project}",
                expires_at=_microseconds(one.get("expirationTimeUsec")),
                comment=comment or None,
                handle=write_handle("gcp", "os-login-key", self._project, user=email, key=name, fingerprint=found),
            )


def _microseconds(value: Any) -> datetime | None:
    """A time in microseconds since 1970, as OS Login writes it."""
    try:
        return _EPOCH + timedelta(microseconds=int(value)) if value else None
    except (ValueError, TypeError, OverflowError):
        return None
