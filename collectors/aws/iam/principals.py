"""IAM's answers as rows: live answers and dumps go through the same steps."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from auditor.model.handles import policy_fingerprint
from auditor.model.tables import Account, Grant, Membership, Policy, Row, ServiceUse
from collectors.aws.iam.credentials import Credentials, last_use
from collectors.aws.iam.dump import UNKNOWN, canonical, documents, items, policy_text
from collectors.aws.iam.shapes import ALWAYS, SHAPES, Group, Managed, Role, ServicesLastAccessed, User
from collectors.aws.iam.trust import trusted
from collectors.base import Batch, Context, Normalised, Raw
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Record, Stamp
from collectors.rows import Rows, policy

_AWS = Rows("aws")
Principal = User | Group | Role
_KINDS: dict[type[Principal], str] = {User: "user", Group: "group", Role: "role"}
# AWS remembers calls for at least so long.
_REMEMBERED = timedelta(days=400)


class AccountReader:
    """Reads the one batch of a snapshot of one account."""

    def __init__(self, source: str, account: str, context: Context) -> None:
        self._account = account
        self._reading = Reading(source, context)
        self._problems = Problems()
        self._credentials = Credentials(account, self._problems)
        self._principals: list[Record[Principal]] = []
        self._documents: dict[str, str] = {}
        self._groups: dict[str, str] = {}

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for the account."""
        for raw in batch:
            self._take(raw)
        for principal in self._principals:
            self._reading.extend(self._principal(principal))
        self._credentials.left_over({one.value.arn for one in self._principals})
        self._reading.extend(self._root())
        self._reading.cover(self._account, self._problems)
        return self._reading.normalised()

    def _take(self, raw: Raw) -> None:
        takes = {"authorization-details": self._details, "services-last-accessed": self._service_uses}
        origin = self._reading.read(raw, takes.get(raw.part, self._credentials.take))
        self._problems.include(origin.problems)

    def _details(self, origin: Origin) -> None:
        for item in items(origin.data):
            try:
                value = msgspec.convert(item.value, SHAPES[item.list])
            except msgspec.ValidationError as error:
                why = f"an entry of {item.list} is not as IAM writes it: {error}"
                origin.problems.reject(why, f"record {item.record}")
                continue
            if isinstance(value, Managed):
                default = next((v.document for v in value.versions if v.is_default_version), None)
                self._documents[value.arn] = self._text(default, value.arn)
                self._reading.extend(self._older(value, origin.at(item.record)))
                continue
            for name in filter(lambda name: name not in item.value, ALWAYS[item.list]):
                why = f"an entry of {item.list} was cut: without its {name}, not all is told that it holds"
                origin.problems.note(why, value.arn)
            if isinstance(value, Group):
                self._groups[value.name] = value.arn
            self._principals.append(Record(origin.at(item.record), value))

    def _older(self, value: Managed, at: Stamp) -> Iterator[Policy]:
        """The versions of a policy that are not in force, and that who may say so can put in force."""
        for version in value.versions if value.arn.split(":")[4].isdigit() else ():
            if not version.is_default_version:
                name = version.version_id
                text = self._text(version.document, value.arn)
                yield policy(at, f"{value.arn}#{name}", "version", value.arn, text, name)

    def _service_uses(self, origin: Origin) -> None:
        """A row for each service that AWS lists for a user or role (get-service-last-accessed-details)."""
        for number, answer in enumerate(services_last_accessed(origin.data)):
            if answer.completed is None or answer.status != "COMPLETED":
                self._problems.note("AWS did not make the list of services that were last used", answer.arn)
                continue
            for service in answer.services:
                use = ServiceUse(
                    **origin.at(number),
                    account=answer.arn,
                    provider="aws",
                    scope=self._account,
                    service=service.namespace,
                    last_used_at=service.last_used_at,
                    watched_since=answer.completed - _REMEMBERED,
                )
                self._reading.add(use)

    def _principal(self, principal: Record[Principal]) -> Iterator[Row]:
        value, at = principal.value, principal.at
        if isinstance(value, User):
            yield from self._user(value, at)
        elif isinstance(value, Role):
            yield from self._role(value, at)
        else:
            yield self._row(value, at, "group")
        yield from self._policies(value, at)

    def _row(self, value: Principal, at: Stamp, kind: str, **known: Any) -> Account:
        if isinstance(value, User | Role):
            known["unique_id"] = value.unique_id
            known["tags"] = json.dumps({tag.key: tag.value for tag in value.tags}, ensure_ascii=False, sort_keys=True)
        known["created_at"] = value.created_at
        return _AWS.account(at, value.arn, kind, value.name, self._account, **known)

    def _user(self, user: User, at: Stamp) -> Iterator[Row]:
        found = self._credentials.of_user(user.arn, user.name)
        use = self._credentials.use(user.arn, found)
        # IAM does not say who is behind a user; only people sign in to the console.
        kind = "person" if use.password else "unknown"
        known = {"last_used_at": use.last_used_at, "enabled": use.enabled, "mfa": use.mfa}
        yield self._row(user, at, kind, email=_email(user), **known)
        yield from found
        for name in user.groups:
            group = self._groups.get(name) or f"arn:{_partition(user.arn)}:iam::{self._account}:group/{name}"
            yield Membership(**at, group=group, member=user.arn)
            yield self._grant(at, user.arn, group, self._handle("group-membership", user=user.name, group=name))

    def _role(self, role: Role, at: Stamp) -> Iterator[Row]:
        yield self._row(role, at, "role", last_used_at=role.last_used.last_used_date)
        text = self._text(role.trust, f"{role.arn}#trust")
        yield policy(at, f"{role.arn}#trust", "trust", role.arn, text, "trust")
        for member, condition in self._trusted(role, text):
            yield Membership(**at, group=role.arn, member=member, via="assume", condition=condition)
            handle = self._handle("trust", role=role.name, principal=member, fingerprint=_fingerprint(text))
            yield self._grant(at, member, role.arn, handle, condition)

    def _trusted(self, role: Role, text: str) -> list[tuple[str, str | None]]:
        """Who may assume a role, each under each condition once."""
        try:
            found = list(trusted(json.loads(text) or {}, _partition(role.arn)))
        except ValueError as error:
            self._problems.note(f"a trust policy cannot be read: {error}", role.arn)
            return []
        return list(dict.fromkeys((member, canonical(condition) if condition else None) for member, condition in found))

    def _policies(self, value: Principal, at: Stamp) -> Iterator[Row]:
        """The policies on a principal, each with the grant that it is."""
        kind = _KINDS[type(value)]
        holder = {kind: value.name}
        for inline in value.inline:
            name = inline.policy_name
            text = self._text(inline.policy_document, f"{value.arn}#{name}")
            yield policy(at, f"{value.arn}#{name}", "identity", value.arn, text, name)
            known = {**holder, "policy": name, "fingerprint": _fingerprint(text)}
            yield self._grant(at, value.arn, name, self._handle(f"inline-{kind}-policy", **known))
        for attached in value.attached:
            arn = attached.policy_arn
            text = self._managed(arn)
            yield policy(at, arn, "identity", value.arn, text, attached.policy_name)
            known = {**holder, "policy_arn": arn, "fingerprint": _fingerprint(text)}
            yield self._grant(at, value.arn, arn, self._handle(f"attached-{kind}-policy", **known))
        if value.boundary is not None:
            arn = value.boundary.permissions_boundary_arn
            yield policy(at, arn, "boundary", value.arn, self._managed(arn), arn.rpartition("/")[2])

    def _grant(self, at: Stamp, principal: str, role: str, handle: str, condition: str | None = None) -> Grant:
        return _AWS.grant(at, principal, role, self._account, condition=condition, handle=handle)

    def _root(self) -> list[Row]:
        line = self._credentials.root
        if line is None:
            return []
        arn = line.value.get("arn") or f"arn:aws:iam::{self._account}:root"
        found = self._credentials.of_root(line, arn)
        known = {"last_used_at": last_use(found), "mfa": line.value.get("mfa_active") == "true"}
        return [_AWS.account(line.at, arn, "root", "root", self._account, **known), *found]

    def _text(self, value: Any, where: str) -> str:
        try:
            return policy_text(value)
        except ValueError as error:
            self._problems.note(f"a policy cannot be read: {error}", where)
            return UNKNOWN

    def _managed(self, arn: str) -> str:
        if arn not in self._documents:
            self._problems.note("the text of a policy is not in the answer", arn)
            self._documents[arn] = UNKNOWN
        return self._documents[arn]

    def _handle(self, type_: str, **what: str | None) -> str:
        # A fingerprint that is not known stands there as null.
        return json.dumps({"provider": "aws", "type": type_, "account": self._account, **what}, ensure_ascii=False)


def services_last_accessed(data: bytes) -> list[ServicesLastAccessed]:
    """When each user and role last called each service, in their order; raises ValueError for anything else."""
    return [msgspec.convert(document, ServicesLastAccessed) for document in documents(data)]


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
