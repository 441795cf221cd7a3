"""What is known of the credentials of an AWS account: from the credential report, and from IAM's own lists."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from auditor.model.tables import Credential
from collectors.aws.iam.dump import documents, report_rows, report_time
from collectors.aws.iam.shapes import AccessKeys, MfaDevices, SshPublicKeys
from collectors.ssh.authorized_keys import fingerprint
from collectors.stamping import Complaints, Place

T = TypeVar("T")
_SLOTS = (1, 2)
# The report's words for a password or key that was never used, or not since AWS began to look (2014 and 2015).
_NEVER = frozenset({"N/A", "no_information"})


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """What one answer says of one user, and where it stands."""

    place: Place
    record: int
    value: T


Line = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Use:
    """What a user's credentials say of the user; None where it is not known."""

    password: bool | None
    enabled: bool | None
    mfa: bool | None
    last_used_at: datetime | None


@dataclass(slots=True)
class Credentials:
    """The credentials of one account's users, by the user's ARN. A part that is None was not to be had."""

    account: str
    complaints: Complaints
    report: dict[str, Said[Line]] | None = None
    keys: dict[str, Said[AccessKeys]] | None = None
    ssh_keys: dict[str, Said[SshPublicKeys]] = field(default_factory=dict)
    mfa: dict[str, Said[MfaDevices]] = field(default_factory=dict)

    def take(self, part: str, place: Place, data: bytes) -> None:
        """Take an answer in.

        Raises:
            ValueError: it is not what its part says.
        """
        if part == "credential-report":
            self.report = {
                line.get("arn", ""): Said(place, number, line) for number, line in enumerate(report_rows(data))
            }
        elif part == "access-keys":
            self.keys = _by_arn(place, data, AccessKeys)
        elif part == "ssh-public-keys":
            self.ssh_keys = _by_arn(place, data, SshPublicKeys)
        elif part == "mfa-devices":
            self.mfa = _by_arn(place, data, MfaDevices)
        else:
            raise ValueError(f"{part} is no part of IAM")

    @property
    def root(self) -> Said[Line] | None:
        """The report's line on the root user."""
        lines = (self.report or {}).values()
        return next((line for line in lines if line.value.get("user") == "<root_account>"), None)

    def of_user(self, arn: str, name: str) -> list[Credential]:
        """A user's password, access keys and SSH public keys."""
        line = (self.report or {}).get(arn)
        if self.report is not None and line is None:
            self.complaints.note("the credential report does not know a user", arn)
        found = list(self._password(line, arn, "login-profile", user=name)) if line else []
        listed = (self.keys or {}).get(arn)
        if listed is not None:
            found += self._listed_keys(listed, name)
        elif line is not None:
            found += self._reported_keys(line, arn, "access-key", user=name)
        if ssh := self.ssh_keys.get(arn):
            found += self._ssh(ssh, name)
        return found

    def of_root(self, line: Said[Line], arn: str) -> list[Credential]:
        """The root user's password and access keys, which only the report tells of."""
        return [
            *self._password(line, arn, "root-password"),
            *self._reported_keys(line, arn, "root-access-key"),
        ]

    def use(self, arn: str, found: list[Credential]) -> Use:
        """What the credentials `found` come to for their user."""
        line, devices = (self.report or {}).get(arn), self.mfa.get(arn)
        open_ = {credential.kind for credential in found if credential.enabled}
        password = "password" in open_ if line else None
        way_in = bool(open_ & {"password", "access-key"})
        mfa = line.value.get("mfa_active") == "true" if line else bool(devices.value.devices) if devices else None
        return Use(
            password=password,
            enabled=True if way_in else False if line else None,
            mfa=mfa,
            last_used_at=max((c.last_used_at for c in found if c.last_used_at), default=None),
        )

    def _password(self, line: Said[Line], arn: str, type_: str, **user: str) -> Iterator[Credential]:
        # The report does not say whether root has a password (`not_supported`): it is taken to have one.
        if line.value.get("password_enabled") == "false":
            return
        set_at = self._time(line, "password_last_changed")
        made = set_at.isoformat() if set_at else None
        yield Credential(
            **line.place.at(line.record),
            credential=f"password:{arn}",
            kind="password",
            account=arn,
            provider="aws",
            created_at=set_at,
            last_used_at=self._time(line, "password_last_used"),
            never_used=line.value.get("password_last_used") in _NEVER,
            handle=self._handle(type_, **user, created_at=made),
        )

    def _reported_keys(self, line: Said[Line], arn: str, type_: str, **user: str) -> Iterator[Credential]:
        for slot in _SLOTS:
            key = f"access_key_{slot}"
            active = line.value.get(f"{key}_active") == "true"
            created_at = self._time(line, f"{key}_last_rotated")
            if not active and created_at is None:
                continue
            made = created_at.isoformat() if created_at else None
            yield Credential(
                **line.place.at(line.record),
                credential=f"access-key:{arn}:{slot}",
                kind="access-key",
                account=arn,
                provider="aws",
                enabled=active,
                created_at=created_at,
                last_used_at=self._time(line, f"{key}_last_used_date"),
                never_used=line.value.get(f"{key}_last_used_date") in _NEVER,
                handle=self._handle(type_, **user, created_at=made),
            )

    def _listed_keys(self, listed: Said[AccessKeys], name: str) -> Iterator[Credential]:
        for key in listed.value.keys:
            used = listed.value.used.get(key.access_key_id)
            yield Credential(
                **listed.place.at(listed.record),
                credential=key.access_key_id,
                kind="access-key",
                account=listed.value.arn,
                provider="aws",
                enabled=key.status == "Active",
                created_at=key.create_date,
                last_used_at=used.last_used_date if used else None,
                never_used=used is not None and used.last_used_date is None,
                handle=self._handle("access-key", user=name, key=key.access_key_id),
            )

    def _ssh(self, listed: Said[SshPublicKeys], name: str) -> Iterator[Credential]:
        for key in listed.value.keys:
            type_, encoded, comment = (*key.body.split(None, 2), "", "", "")[:3]
            try:
                print_ = fingerprint(type_, encoded)
            except ValueError as error:
                self.complaints.reject(f"an SSH public key cannot be read: {error}", key.id)
                continue
            yield Credential(
                **listed.place.at(listed.record),
                credential=f"ssh-key:{print_}",
                kind="ssh-key",
                account=listed.value.arn,
                provider="aws",
                resource=self.account,
                enabled=key.status == "Active",
                created_at=key.uploaded_at,
                comment=comment or None,
                handle=self._handle("ssh-public-key", user=name, key=key.id),
            )

    def _time(self, line: Said[Line], column: str) -> datetime | None:
        try:
            return report_time(line.value.get(column))
        except ValueError:
            self.complaints.note(f"{column} of the credential report cannot be read", f"line {line.record + 2}")
            return None

    def _handle(self, type_: str, **what: Any) -> str:
        handle = {"provider": "aws", "type": type_, "account": self.account, **what}
        return json.dumps(handle, ensure_ascii=False)


_Listed = TypeVar("_Listed", AccessKeys, SshPublicKeys, MfaDevices)


def _by_arn(place: Place, data: bytes, shape: type[_Listed]) -> dict[str, Said[_Listed]]:
    found = (msgspec.convert(document, shape) for document in documents(data))
    return {answer.arn: Said(place, number, answer) for number, answer in enumerate(found)}
