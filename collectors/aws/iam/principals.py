"""IAM's answers as rows. Pure: live answers and dumps go through the same steps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from auditor.model.handles import policy_fingerprint
from auditor.model.tables import Account, Coverage, Credential, Grant, Membership, Policy, ReadObject, Row
from collectors.aws.iam.credentials import Credentials, Said
from collectors.aws.iam.dump import canonical, items, policy_document
from collectors.aws.iam.shapes import SHAPES, Group, Managed, Principal, Role, User
from collectors.aws.iam.trust import trusted
from collectors.aws.iam.uses import service_uses
from collectors.base import Batch, Context, Normalised, Raw
from collectors.stamping import Complaints, Place, Rows, Stamp, snapshot_coverage

# The part of a raw object that stands for an answer that could not be had; its bytes are the sentence why.
MISSING = "missing"
# The document of a policy whose text is not in the evidence: what it allows could not be judged.
UNKNOWN = "null"
_KINDS: dict[type[Principal], str] = {User: "user", Group: "group", Role: "role"}


@dataclass(frozen=True, slots=True)
class _Problem:
    """What is wrong with a raw object: it as a whole, or so many of its records."""

    sentence: str
    rejected: int = 0


@dataclass(slots=True)
class Reader:
    """Reads the one batch of a snapshot of one account."""

    source: str
    account: str
    context: Context
    rows: Rows = field(default_factory=Rows)
    complaints: Complaints = field(default_factory=Complaints)
    principals: list[Said[Principal]] = field(default_factory=list)
    documents: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for the account."""
        credentials = Credentials(self.account, self.complaints)
        read = [self._take(raw, credentials) for raw in batch]
        for principal in self.principals:
            self.rows.extend(self._principal(principal, credentials))
        self.rows.extend(self._root(credentials))
        self.rows.objects = [
            self._object(raw, place, problem) for raw, (place, problem) in zip(batch, read, strict=True)
        ]
        self.rows.coverage = [self._coverage(batch)]
        return self.rows.normalised()

    def _take(self, raw: Raw, credentials: Credentials) -> tuple[Place, _Problem | None]:
        """Takes a raw object in; with what was wrong with it."""
        try:
            data = raw.load()
        except OSError as error:
            return self._lost(raw, f"{raw.origin} cannot be read: {error.strerror}")
        if raw.part == MISSING:
            return self._lost(raw, data.decode())
        place = Place.of(self.source, self.context, raw, data)
        takes: dict[str, Callable[[Place, bytes], _Problem | None]] = {
            "authorization-details": self._details,
            "services-last-accessed": self._service_uses,
        }
        try:
            return place, takes.get(raw.part, partial(credentials.take, raw.part))(place, data)
        except ValueError as error:
            return self._lost(raw, f"{raw.origin} cannot be read: {error}")

    def _lost(self, raw: Raw, sentence: str) -> tuple[Place, _Problem]:
        self.complaints.note(sentence)
        return Place(self.source, self.context.collected_at, raw.origin), _Problem(sentence)

    def _details(self, place: Place, data: bytes) -> _Problem | None:
        rejects = Complaints()
        for item in items(data):
            try:
                self._item(place, item.record, msgspec.convert(item.value, SHAPES[item.list]))
            except msgspec.ValidationError as error:
                rejects.reject(f"an entry of {item.list} is not as IAM writes it: {error}", f"record {item.record}")
        sentence = rejects.sentence()
        if sentence is None:
            return None
        self.complaints.note(sentence)
        self.complaints.rejected += rejects.rejected
        return _Problem(sentence, rejects.rejected)

    def _service_uses(self, place: Place, data: bytes) -> None:
        self.rows.extend(service_uses(place, data, self.account, self.complaints))

    def _item(self, place: Place, record: int, value: Principal | Managed) -> None:
        if isinstance(value, Managed):
            default = next((v.document for v in value.versions if v.is_default_version), None)
            self.documents[value.arn] = self._document(default, value.arn)
            return
        if isinstance(value, Group):
            self.groups[value.name] = value.arn
        self.principals.append(Said(place, record, value))

    def _principal(self, said: Said[Principal], credentials: Credentials) -> Iterator[Row]:
        value, at = said.value, said.place.at(said.record)
        if isinstance(value, User):
            yield from self._user(value, at, credentials)
        elif isinstance(value, Role):
            yield from self._role(value, at)
        else:
            yield self._account(value, at, "group")
        yield from self._policies(value, at)

    def _account(self, value: Principal, at: Stamp, kind: str, **known: Any) -> Account:
        return Account(
            **at,
            account=value.arn,
            provider="aws",
            scope=self.account,
            kind=kind,
            name=value.name,
            created_at=value.created_at,
            **known,
        )

    def _user(self, user: User, at: Stamp, credentials: Credentials) -> Iterator[Row]:
        found = credentials.of_user(user.arn, user.name)
        use = credentials.use(user.arn, found)
        yield self._account(
            user,
            at,
            # IAM does not say who is behind a user; only people sign in to the console.
            "person" if use.password else "unknown",
            email=_email(user),
            last_used_at=use.last_used_at,
            enabled=use.enabled,
            mfa=use.mfa,
        )
        yield from found
        for name in user.groups:
            group = self.groups.get(name) or f"arn:{_partition(user.arn)}:iam::{self.account}:group/{name}"
            yield Membership(**at, group=group, member=user.arn)
            yield self._grant(at, user.arn, group, self._handle("group-membership", user=user.name, group=name))

    def _role(self, role: Role, at: Stamp) -> Iterator[Row]:
        yield self._account(role, at, "role", last_used_at=role.last_used.last_used_date)
        text = self._document(role.trust, f"{role.arn}#trust")
        yield Policy(**at, policy=f"{role.arn}#trust", kind="trust", attached_to=role.arn, name="trust", document=text)
        for member, condition in self._trusted(role, text):
            yield Membership(**at, group=role.arn, member=member, via="assume", condition=condition)
            handle = self._handle("trust", role=role.name, principal=member, fingerprint=_fingerprint(text))
            yield self._grant(at, member, role.arn, handle, condition)

    def _trusted(self, role: Role, text: str) -> list[tuple[str, str | None]]:
        """Who may assume a role, each under each condition once."""
        try:
            found = list(trusted(json.loads(text) or {}, _partition(role.arn)))
        except ValueError as error:
            self.complaints.note(f"a trust policy cannot be read: {error}", role.arn)
            return []
        return list(dict.fromkeys((who.member, canonical(who.condition) if who.condition else None) for who in found))

    def _policies(self, value: Principal, at: Stamp) -> Iterator[Row]:
        """The policies on a principal, each with the grant that it is."""
        kind = _KINDS[type(value)]
        for inline in value.inline:
            text = self._document(inline.policy_document, f"{value.arn}#{inline.policy_name}")
            yield _identity(at, f"{value.arn}#{inline.policy_name}", value.arn, inline.policy_name, text)
            handle = self._handle(
                f"inline-{kind}-policy",
                **{kind: value.name},
                policy=inline.policy_name,
                fingerprint=_fingerprint(text),
            )
            yield self._grant(at, value.arn, inline.policy_name, handle)
        for attached in value.attached:
            text = self._managed(attached.policy_arn)
            yield _identity(at, attached.policy_arn, value.arn, attached.policy_name, text)
            handle = self._handle(
                f"attached-{kind}-policy",
                **{kind: value.name},
                policy_arn=attached.policy_arn,
                fingerprint=_fingerprint(text),
            )
            yield self._grant(at, value.arn, attached.policy_arn, handle)
        if not isinstance(value, Group) and value.boundary is not None:
            arn = value.boundary.permissions_boundary_arn
            name = arn.rpartition("/")[2]
            text = self._managed(arn)
            yield Policy(**at, policy=arn, kind="boundary", attached_to=value.arn, name=name, document=text)

    def _grant(self, at: Stamp, principal: str, role: str, handle: str, condition: str | None = None) -> Grant:
        return Grant(
            **at,
            principal=principal,
            role=role,
            resource=self.account,
            provider="aws",
            condition=condition,
            handle=handle,
        )

    def _root(self, credentials: Credentials) -> list[Row]:
        line = credentials.root
        if line is None:
            return []
        arn = line.value.get("arn") or f"arn:aws:iam::{self.account}:root"
        found: list[Credential] = credentials.of_root(line, arn)
        account = Account(
            **line.place.at(line.record),
            account=arn,
            provider="aws",
            scope=self.account,
            kind="root",
            name="root",
            last_used_at=max((c.last_used_at for c in found if c.last_used_at), default=None),
            mfa=line.value.get("mfa_active") == "true",
        )
        return [account, *found]

    def _document(self, value: Any, where: str) -> str:
        try:
            # Keys stay in their own order: the fingerprint that a cleanup script compares depends on it.
            return json.dumps(policy_document(value), separators=(",", ":"))
        except ValueError as error:
            self.complaints.note(f"a policy cannot be read: {error}", where)
            return UNKNOWN

    def _managed(self, arn: str) -> str:
        if arn not in self.documents:
            self.complaints.note("the text of a policy is not in the answer", arn)
            self.documents[arn] = UNKNOWN
        return self.documents[arn]

    def _handle(self, type_: str, **what: str | None) -> str:
        handle = {"provider": "aws", "type": type_, "account": self.account, **what}
        return json.dumps(handle, ensure_ascii=False)

    def _object(self, raw: Raw, place: Place, problem: _Problem | None) -> ReadObject:
        return ReadObject(
            **place.at(),
            version=raw.version,
            rows=self.rows.counted(raw.origin),
            rejected=problem.rejected if problem else 0,
            status="ok" if problem is None else "partial" if problem.rejected else "failed",
            reason=problem.sentence if problem else None,
        )

    def _coverage(self, batch: Batch) -> Coverage:
        place = Place(self.source, self.context.collected_at, batch[0].origin)
        failed = all(entry.status == "failed" for entry in self.rows.objects)
        return snapshot_coverage(place, self.account, len(self.rows), self.complaints, failed=failed)


def _identity(at: Stamp, policy: str, principal: str, name: str, text: str) -> Policy:
    return Policy(**at, policy=policy, kind="identity", attached_to=principal, name=name, document=text)


def _email(user: User) -> str | None:
    """The user's e-mail, from a tag or from a name that is one."""
    tagged = (tag.value for tag in user.tags if tag.key.lower() in ("email", "e-mail", "mail"))
    return next((text for text in (*tagged, user.name) if "@" in text), None)


def _partition(arn: str) -> str:
    """`aws`, `aws-cn` or `aws-us-gov`."""
    return arn.split(":", 2)[1] if arn.startswith("arn:") else "aws"


def _fingerprint(text: str) -> str | None:
    """What a revocation compares before it acts."""
    return None if text == UNKNOWN else policy_fingerprint(json.loads(text))
