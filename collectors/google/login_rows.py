"""Who may log in to a project's instances, as rows. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.model.handles import write_handle
from auditor.model.tables import Account, Coverage, Credential, Grant, Policy, ReadObject, Row
from collectors.base import Batch, Context, Normalised, Raw
from collectors.google.metadata_keys import MetadataKey, key_of, lines, switched_on, values
from collectors.ssh.authorized_keys import fingerprint
from collectors.stamping import Complaints, Place, Rows, Stamp, snapshot_coverage

MISSING = "missing"
"""The part of a raw object that stands for an answer that could not be had; its bytes are the sentence why."""

_COMPUTE = "//compute.googleapis.com/"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Object = dict[str, Any]


@dataclass(slots=True)
class _Said:
    """Metadata with what it is of and where it stands."""

    resource: str
    name: str
    metadata: dict[str, str]
    at: Stamp


@dataclass(slots=True)
class Reader:
    """Reads the one batch of a project's logins."""

    source: str
    project: str
    context: Context
    rows: Rows = field(default_factory=Rows)
    complaints: Complaints = field(default_factory=Complaints)
    _shared: _Said | None = None
    _instances: list[_Said] = field(default_factory=list)
    _logins: set[str] = field(default_factory=set)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for the project."""
        places = [self._take(raw) for raw in batch]
        if self._shared is not None:
            self.rows.extend(self._metadata(self._shared, usable=any(map(self._takes_shared, self._instances))))
        for instance in self._instances:
            self.rows.extend(self._metadata(instance, usable=not self._os_login(instance)))
        self.rows.objects = [
            self._object(raw, place, reason) for raw, (place, reason) in zip(batch, places, strict=True)
        ]
        self.rows.coverage = [self._coverage(batch)]
        return self.rows.normalised()

    def _take(self, raw: Raw) -> tuple[Place, str | None]:
        place = Place(self.source, self.context.collected_at, raw.origin)
        data = raw.load()
        if raw.part == MISSING:
            sentence = data.decode()
            self.complaints.note(sentence)
            return place, sentence
        place = Place.of(self.source, self.context, raw, data)
        answer = json.loads(data)
        if raw.part == "project":
            name = f"{_COMPUTE}projects/{self.project}"
            self._shared = _Said(name, self.project, values(answer.get("commonInstanceMetadata")), place.at())
        elif raw.part == "instances":
            self._instances += [self._instance(one, place.at(number)) for number, one in enumerate(answer)]
        else:
            for number, one in enumerate(answer):
                self.rows.extend(self._profile(one, place.at(number)))
        return place, None

    def _instance(self, one: Object, at: Stamp) -> _Said:
        zone = str(one.get("zone") or "").rpartition("/")[2]
        name = str(one.get("name") or one.get("id") or "")
        resource = f"{_COMPUTE}projects/{self.project}/zones/{zone}/instances/{name}"
        return _Said(resource, name, values(one.get("metadata")), at)

    def _os_login(self, instance: _Said) -> bool:
        """Whether OS Login is on there, so that keys in metadata open nothing."""
        own = switched_on(instance.metadata, "enable-oslogin")
        everywhere = switched_on(self._shared.metadata, "enable-oslogin") if self._shared else None
        return bool(everywhere if own is None else own)

    def _takes_shared(self, instance: _Said) -> bool:
        """Whether the project's keys open an instance: not where they are blocked, nor beside the older `sshKeys`."""
        blocked = switched_on(instance.metadata, "block-project-ssh-keys") or "sshKeys" in instance.metadata
        return not blocked and not self._os_login(instance)

    def _metadata(self, said: _Said, *, usable: bool) -> Iterator[Row]:
        """The switches of a project or instance, and its keys."""
        switches = {name: switched_on(said.metadata, name) for name in ("enable-oslogin", "block-project-ssh-keys")}
        stated = {name: value for name, value in switches.items() if value is not None}
        yield Policy(
            **said.at,
            policy=f"{said.resource}#metadata",
            kind="sshd",
            attached_to=said.resource,
            name=said.name,
            document=json.dumps(stated),
        )
        for item, line in lines(said.metadata):
            try:
                key = key_of(line)
            except ValueError as error:
                self.complaints.reject(f"{said.name}: {error}")
                continue
            yield from self._key(key, said, item, usable=usable)

    def _key(self, key: MetadataKey, said: _Said, item: str, *, usable: bool) -> Iterator[Row]:
        account = f"ssh:{key.login}@{said.name}"
        if account not in self._logins:
            self._logins.add(account)
            yield Account(
                **said.at,
                account=account,
                provider="gcp",
                scope=self.project,
                kind="unknown",
                name=key.login,
                email=key.email and key.email.lower(),
            )
        instance = said.resource.partition("/instances/")[2] or None
        zone = said.resource.partition("/zones/")[2].partition("/")[0] or None
        handle = write_handle(
            "gcp",
            "metadata-ssh-key",
            self.project,
            item=item,
            zone=zone,
            instance=instance,
            user=key.login,
            fingerprint=key.fingerprint,
        )
        yield Credential(
            **said.at,
            credential=f"ssh-key:{key.fingerprint}",
            kind="ssh-key",
            account=account,
            provider="gcp",
            resource=said.resource,
            enabled=usable,
            expires_at=key.expires_at,
            comment=key.comment or None,
            handle=handle,
        )
        yield Grant(
            **said.at,
            principal=account,
            role="authorized_keys",
            resource=said.resource,
            provider="gcp",
            level="write",
            expires_at=key.expires_at,
            handle=handle,
        )

    def _profile(self, entry: Mapping[str, Any], at: Stamp) -> Iterator[Row]:
        """The keys in somebody's OS Login profile; what they open is said by IAM."""
        email = str(entry.get("user"))
        profile = entry.get("profile")
        keys = profile.get("sshPublicKeys") if isinstance(profile, dict) else None
        for name, one in (keys or {}).items():
            try:
                kind, encoded, *rest = str(one.get("key")).split(None, 2)
                found = fingerprint(kind, encoded)
            except ValueError as error:
                self.complaints.reject(f"a key in the OS Login profile of {email} cannot be read: {error}")
                continue
            yield Credential(
                **at,
                credential=f"ssh-key:{found}",
                kind="ssh-key",
                account=f"user:{email}",
                provider="gcp",
                resource=f"{_COMPUTE}projects/{self.project}",
                expires_at=_microseconds(one.get("expirationTimeUsec")),
                comment="".join(rest) or None,
                handle=write_handle("gcp", "os-login-key", self.project, user=email, key=name, fingerprint=found),
            )

    def _object(self, raw: Raw, place: Place, reason: str | None) -> ReadObject:
        return ReadObject(
            **place.at(),
            version=raw.version,
            rows=self.rows.counted(raw.origin),
            status="failed" if reason else "ok",
            reason=reason,
        )

    def _coverage(self, batch: Batch) -> Coverage:
        place = Place(self.source, self.context.collected_at, batch[0].origin)
        return snapshot_coverage(place, self.project, len(self.rows), self.complaints)


def _microseconds(value: Any) -> datetime | None:
    """A time in microseconds since 1970, as OS Login writes it."""
    try:
        return _EPOCH + timedelta(microseconds=int(value)) if value else None
    except (ValueError, TypeError, OverflowError):
        return None
