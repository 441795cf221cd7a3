"""Identity Center's answers as rows. Pure: live answers and dumps go through the same steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from auditor.config.sources import AwsIdentityCenter
from auditor.model.handles import write_handle
from auditor.model.tables import Account, Grant, Membership, ReadObject, Row
from collectors.aws.identity_center import shapes
from collectors.aws.identity_center.completeness import Looked
from collectors.aws.identity_center.policies import PolicyTexts
from collectors.aws.lines import Bad, Line, lines
from collectors.base import Batch, Context, Normalised, Raw
from collectors.stamping import Complaints, Place, Rows, Stamp

GROUP = "identity-center-group:"
USER = "identity-center:"

_S = TypeVar("_S", bound=msgspec.Struct)


@dataclass(slots=True)
class Reader:
    """Reads the one batch of a snapshot."""

    source: AwsIdentityCenter
    context: Context
    rows: Rows = field(default_factory=Rows)
    found: list[tuple[Stamp, Line]] = field(default_factory=list)
    looked: Looked = field(default_factory=Looked)
    rejects: dict[str, Complaints] = field(default_factory=dict)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for the directory and for each account."""
        places = [self._take(raw) for raw in batch]
        self.looked.calls(line for _, line in self.found)
        store = self._store()
        kept: dict[tuple[Any, ...], Row] = {}
        for row in self._everything(store):
            # A page that was delivered twice counts once.
            kept.setdefault(_identity(row), row)
        self.rows.extend(kept.values())
        self.rows.objects = [self._object(raw, place) for raw, place in zip(batch, places, strict=True)]
        self.rows.coverage = list(
            self.looked.coverage(self.source, places[0], store or self.source.name, self.rows.tables)
        )
        return self.rows.normalised()

    def _take(self, raw: Raw) -> Place:
        """Takes a raw object in, line by line."""
        rejects = self.rejects[raw.origin] = Complaints()
        try:
            data = raw.load()
        except OSError as error:
            self.looked.problem(f"{raw.origin} cannot be read: {error.strerror}")
            rejects.note(f"it cannot be read: {error.strerror}")
            return Place(self.source.name, self.context.collected_at, raw.origin)
        place = Place.of(self.source.name, self.context, raw, data)
        for number, line in enumerate(lines(data)):
            if isinstance(line, Bad):
                self._reject(raw.origin, number, line.why)
            elif line.call:
                self.found.append((place.at(number), line))
        return place

    def _store(self) -> str | None:
        """The directory's id."""
        found = self._entries("sso-admin:ListInstances", "Instances", shapes.Instance)
        return next((instance.identity_store_id for _, _, instance in found), None)

    def _everything(self, store: str | None) -> Iterator[Row]:
        yield from self._users(store or self.source.name)
        yield from self._groups(store or self.source.name)
        policies = PolicyTexts()
        for at, line in self.found:
            policies.text(at, line, self._problem)
        for at, line in self.found:
            yield from policies.rows(at, line, self._problem)
        for at, line, member in self._entries("organizations:ListAccounts", "Accounts", shapes.Member):
            del at, line
            self.looked.accounts.add(member.id)
        region = next((line.region for _, line in self.found if line.region), None)
        for at, line, one in self._entries("sso-admin:ListAccountAssignments", "AccountAssignments", shapes.Assignment):
            yield self._assignment(at, one, line.of("InstanceArn") or None, region)

    def _users(self, store: str) -> Iterator[Row]:
        for at, _, user in self._entries("identitystore:ListUsers", "Users", shapes.User):
            emails = sorted(user.emails, key=lambda email: not email.primary)
            yield Account(
                **at,
                account=USER + user.user_id,
                provider="aws",
                scope=store,
                kind="person",
                name=user.user_name or user.display_name,
                email=next((email.value for email in emails if "@" in email.value), None) or _email(user.user_name),
                created_at=user.created_at,
                enabled=None if user.user_status is None else user.user_status == "ENABLED",
            )

    def _groups(self, store: str) -> Iterator[Row]:
        for at, _, group in self._entries("identitystore:ListGroups", "Groups", shapes.Group):
            # Without a row, the group counts as one whose members are not known.
            if self.looked.whole("identitystore:ListGroupMemberships", group.group_id):
                yield Account(
                    **at,
                    account=GROUP + group.group_id,
                    provider="aws",
                    scope=store,
                    kind="group",
                    name=group.display_name,
                    created_at=group.created_at,
                )
        found = self._entries("identitystore:ListGroupMemberships", "GroupMemberships", shapes.GroupMembership)
        for at, _, one in found:
            group_, user = GROUP + one.group_id, USER + one.member_id.user_id
            yield Membership(**at, group=group_, member=user, since=one.created_at)
            handle = write_handle(
                "aws",
                "identity-center-membership",
                store,
                membership=one.membership_id,
                group=one.group_id,
                user=one.member_id.user_id,
            )
            yield Grant(
                **at,
                principal=user,
                role=group_,
                resource=store,
                provider="aws",
                granted_at=one.created_at,
                handle=handle,
            )

    def _assignment(self, at: Stamp, one: shapes.Assignment, instance: str | None, region: str | None) -> Grant:
        handle = write_handle(
            "aws",
            "identity-center-assignment",
            one.account_id,
            instance=instance,
            permission_set=one.permission_set_arn,
            principal_type=one.principal_type,
            principal=one.principal_id,
            region=region,
        )
        prefix = GROUP if one.principal_type == "GROUP" else USER
        return Grant(
            **at,
            principal=prefix + one.principal_id,
            role=one.permission_set_arn,
            resource=one.account_id,
            provider="aws",
            handle=handle,
        )

    def _entries(self, call: str, member: str, shape: type[_S]) -> Iterator[tuple[Stamp, Line, _S]]:
        """What the replies of a call list; a bad entry costs itself only."""
        for at, line in self.found:
            if line.call != call or line.reply is None:
                continue
            listed = line.reply.get(member, [])
            for value in listed if isinstance(listed, list) else [listed]:
                try:
                    yield at, line, msgspec.convert(value, shape, strict=False)
                except msgspec.ValidationError as error:
                    self._problem(at, f"an entry of {member} is not as AWS writes it: {error}")

    def _problem(self, at: Stamp, why: str) -> None:
        self._reject(at["origin"], at["record"], why)

    def _reject(self, origin: str, number: int, why: str) -> None:
        self.rejects[origin].reject(why, f"line {number + 1}")
        self.looked.rejected += 1
        self.looked.problem(f"{why} (line {number + 1} of {origin})")

    def _object(self, raw: Raw, place: Place) -> ReadObject:
        rejects = self.rejects[raw.origin]
        return ReadObject(
            **place.at(),
            version=raw.version,
            rows=self.rows.counted(raw.origin),
            rejected=rejects.rejected,
            status="ok" if not rejects else "partial" if rejects.rejected else "failed",
            reason=rejects.sentence(),
        )


def _email(name: str | None) -> str | None:
    return name if name and "@" in name else None


def _identity(row: Row) -> tuple[Any, ...]:
    """What tells two rows of a snapshot apart."""
    names: Iterable[str] = {
        Account: ("account",),
        Membership: ("group", "member"),
        Grant: ("principal", "role", "resource"),
    }.get(type(row), ("policy", "kind", "attached_to"))
    return (type(row), *(getattr(row, name) for name in names))
