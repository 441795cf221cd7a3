"""What is known of the credentials of an AWS account: from the credential report, and from IAM's own lists."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from auditor.model.handles import write_handle
from auditor.model.tables import Credential
from collectors.aws.iam.dump import documents, report_rows, report_time
from collectors.aws.iam.shapes import AccessKeys, MfaDevices, SshPublicKeys
from collectors.problems import Problems
from collectors.public_keys import public_key
from collectors.reading import Origin, Record
from collectors.rows import Rows

Line = Mapping[str, str]
"""A line of the credential report."""

_AWS = Rows("aws")
_SLOTS = (1, 2)
_ROOT = "<root_account>"
_WAYS_IN = ("password_enabled", "access_key_1_active", "access_key_2_active")
# The report's words for a password or key that was never used, or not since AWS began to look (2014 and 2015).
_NEVER = frozenset({"N/A", "no_information"})
_Listed = TypeVar("_Listed", AccessKeys, SshPublicKeys, MfaDevices)


class Use(Struct, frozen=True):
    """What a user's credentials say of the user; None where it is not known."""

    password: bool | None
    enabled: bool | None
    mfa: bool | None
    last_used_at: datetime | None


class Credentials(Struct):
    """The credentials of one account's users, by the user's ARN. A part that is None was not to be had."""

    account: str
    problems: Problems
    report: dict[str, Record[Line]] | None = None
    keys: dict[str, Record[AccessKeys]] | None = None
    ssh_keys: dict[str, Record[SshPublicKeys]] = field(default_factory=dict)
    mfa: dict[str, Record[MfaDevices]] = field(default_factory=dict)

    def take(self, origin: Origin) -> None:
        """Take an answer in; raises ValueError when it is not what its part says."""
        match origin.raw.part:
            case "credential-report":
                lines = enumerate(report_rows(origin.data))
                self.report = {line.get("arn", ""): Record(origin.at(number), line) for number, line in lines}
            case "access-keys":
                self.keys = _by_arn(origin, AccessKeys)
            case "ssh-public-keys":
                self.ssh_keys = _by_arn(origin, SshPublicKeys)
            case "mfa-devices":
                self.mfa = _by_arn(origin, MfaDevices)
            case part:
                raise ValueError(f"{part} is no part of IAM")

    @property
    def root(self) -> Record[Line] | None:
        """The report's line on the root user."""
        lines = (self.report or {}).values()
        return next((line for line in lines if line.value.get("user") == _ROOT), None)

    def of_user(self, arn: str, name: str) -> list[Credential]:
        """A user's password, access keys and SSH public keys."""
        line = (self.report or {}).get(arn)
        if self.report is not None and line is None:
            self.problems.note("the credential report does not know a user", arn)
        found = list(self._password(line, arn, "login-profile", user=name)) if line else []
        listed = (self.keys or {}).get(arn)
        if listed is not None:
            found += self._listed_keys(listed, name)
        elif line is not None:
            found += self._reported_keys(line, arn, "access-key", user=name)
        if ssh := self.ssh_keys.get(arn):
            found += self._ssh(ssh, name)
        return found

    def left_over(self, users: Collection[str]) -> None:
        """Say whom a report lets in that a dump does not know; live, such a user was deleted since it was made."""
        for arn, line in (self.report or {}).items() if self.keys is None else ():
            is_open = any(line.value.get(name) == "true" for name in _WAYS_IN)
            if is_open and arn not in users and line.value.get("user") != _ROOT:
                self.problems.note("the credential report tells of a user whom the dump does not know", arn)

    def of_root(self, line: Record[Line], arn: str) -> list[Credential]:
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
        return Use(password, True if way_in else False if line else None, mfa, last_use(found))

    def _password(self, line: Record[Line], arn: str, type_: str, **user: str) -> Iterator[Credential]:
        # The report does not say whether root has a password (`not_supported`): it is taken to have one.
        if line.value.get("password_enabled") == "false":
            return
        set_at = self._time(line, "password_last_changed")
        yield _AWS.credential(
            line.at,
            f"password:{arn}",
            "password",
            arn,
            created_at=set_at,
            last_used_at=self._time(line, "password_last_used"),
            never_used=line.value.get("password_last_used") in _NEVER,
            handle=self._handle(type_, **user, created_at=set_at.isoformat() if set_at else None),
        )

    def _reported_keys(self, line: Record[Line], arn: str, type_: str, **user: str) -> Iterator[Credential]:
        for slot in _SLOTS:
            key = f"access_key_{slot}"
            active = line.value.get(f"{key}_active") == "true"
            created_at = self._time(line, f"{key}_last_rotated")
            if not active and created_at is None:
                continue
            yield _AWS.credential(
                line.at,
                f"access-key:{arn}:{slot}",
                "access-key",
                arn,
                enabled=active,
                created_at=created_at,
                last_used_at=self._time(line, f"{key}_last_used_date"),
                never_used=line.value.get(f"{key}_last_used_date") in _NEVER,
                handle=self._handle(type_, **user, created_at=created_at.isoformat() if created_at else None),
            )

    def _listed_keys(self, listed: Record[AccessKeys], name: str) -> Iterator[Credential]:
        for key in listed.value.keys:
            used = listed.value.used.get(key.access_key_id)
            yield _AWS.credential(
                listed.at,
                key.access_key_id,
                "access-key",
                listed.value.arn,
                enabled=key.status == "Active",
                created_at=key.create_date,
                last_used_at=used.last_used_date if used else None,
                never_used=used is not None and used.last_used_date is None,
                handle=self._handle("access-key", user=name, key=key.access_key_id),
            )

    def _ssh(self, listed: Record[SshPublicKeys], name: str) -> Iterator[Credential]:
        for key in listed.value.keys:
            try:
                fingerprint, comment = public_key(key.body)
            except ValueError as error:
                self.problems.reject(f"an SSH public key cannot be read: {error}", key.id)
                continue
            yield _AWS.credential(
                listed.at,
                f"ssh-key:{fingerprint}",
                "ssh-key",
                listed.value.arn,
                resource=self.account,
                enabled=key.status == "Active",
                created_at=key.uploaded_at,
                comment=comment or None,
                handle=self._handle("ssh-public-key", user=name, key=key.id),
            )

    def _time(self, line: Record[Line], column: str) -> datetime | None:
        try:
            return report_time(line.value.get(column))
        except ValueError:
            self.problems.note(f"{column} of the credential report cannot be read", f"line {line.at['record'] + 2}")
            return None

    def _handle(self, type_: str, **what: str | None) -> str:
        return write_handle("aws", type_, self.account, **what)


def last_use(credentials: list[Credential]) -> datetime | None:
    """When any of them was last used, as far as that is known."""
    return max((one.last_used_at for one in credentials if one.last_used_at), default=None)


def _by_arn(origin: Origin, shape: type[_Listed]) -> dict[str, Record[_Listed]]:
    found: Iterator[Any] = (msgspec.convert(document, shape) for document in documents(origin.data))
    return {answer.arn: Record(origin.at(number), answer) for number, answer in enumerate(found)}
