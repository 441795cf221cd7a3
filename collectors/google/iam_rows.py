"""Google's IAM as rows. Pure: live answers and dumps go through the same steps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditor.model.tables import Account, Coverage, Grant, Membership, Policy, ReadObject, Row
from auditor.providers.google.conditions import expiry
from collectors.base import Batch, Context, Normalised, Raw
from collectors.google.bindings import Bound, bound, entries
from collectors.google.keys import key_row, moment
from collectors.google.members import email_of, kind_of, member
from collectors.stamping import Complaints, Place, Rows, Stamp, snapshot_coverage

MISSING = "missing"
"""The part of a raw object that stands for an answer that could not be had; its bytes are the sentence why."""

Object = dict[str, Any]


@dataclass(slots=True)
class Reader:
    """Reads the one batch of a snapshot.

    Args:
        scope: what was asked for, as coverage names it.
    """

    source: str
    scope: str
    context: Context
    rows: Rows = field(default_factory=Rows)
    complaints: Complaints = field(default_factory=Complaints)
    _policies: dict[str, tuple[Bound, Stamp]] = field(default_factory=dict)
    _exact: set[str] = field(default_factory=set)
    _projects: dict[str, tuple[Object, Stamp]] = field(default_factory=dict)
    _accounts: dict[str, Account] = field(default_factory=dict)
    _used: dict[str, datetime] = field(default_factory=dict)
    _keys: list[tuple[str, Object, Stamp]] = field(default_factory=list)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage."""
        read = [self._take(raw) for raw in batch]
        named = [found for found, _ in self._policies.values() if found.is_project and found.number]
        numbers = {found.number: found.name for found in named}
        numbers |= {_number(project): name for name, (project, _) in self._projects.items()}
        for found, at in self._policies.values():
            self.rows.extend(self._bound(found, at, numbers))
        self.rows.extend(self._projects_read())
        keys = (key_row(account, key, at, self._used) for account, key, at in self._keys)
        self.rows.extend(key for key in keys if key)
        self.rows.extend(self._accounts.values())
        if not self._policies:
            self.complaints.note_once("it holds no bindings at all, which no project in use does")
        self.rows.objects = [
            self._object(raw, place, reason, rejected)
            for raw, (place, reason, rejected) in zip(batch, read, strict=True)
        ]
        self.rows.coverage = [self._coverage(batch)]
        return self.rows.normalised()

    def _take(self, raw: Raw) -> tuple[Place, str | None, int]:
        """Takes a raw object in; its place, what was wrong with it and how many records that cost."""
        place = Place(self.source, self.context.collected_at, raw.origin)
        try:
            data = raw.load()
        except OSError as error:
            return place, self._lost(f"{raw.origin} cannot be read: {error.strerror}"), 0
        if raw.part == MISSING:
            return place, self._lost(data.decode()), 0
        place = Place.of(self.source, self.context, raw, data)
        try:
            found = entries(data)
        except ValueError as error:
            return place, self._lost(f"{raw.origin} cannot be read: {error}"), 0
        rejects = Complaints()
        take = self._takers()[raw.part]
        for number, entry in enumerate(found):
            try:
                if isinstance(entry, str):
                    rejects.reject(entry, f"record {number + 1}")
                else:
                    take(entry, place.at(number))
            except ValueError as error:
                rejects.reject(str(error), f"record {number + 1}")
        sentence = rejects.sentence()
        if sentence:
            self.complaints.note(sentence)
            self.complaints.rejected += rejects.rejected
        return place, sentence, rejects.rejected

    def _takers(self) -> Mapping[str, Any]:
        return {
            "policies": self._policy,
            "exact": self._exact_policy,
            "projects": self._project,
            "roles": self._role,
            "groups": self._group,
            "service-accounts": self._service_account,
            "keys": self._service_account_keys,
            "key-use": self._key_use,
        }

    def _lost(self, sentence: str) -> str:
        self.complaints.note(sentence)
        return sentence

    def _policy(self, entry: Object, at: Stamp) -> None:
        found = bound(entry)
        known = self._policies.get(found.resource)
        if found.resource in self._exact:
            return
        # One resource stands in several records when its bindings are many, and in two when a page came twice.
        bindings = tuple(dict.fromkeys((*(known[0].bindings if known else ()), *found.bindings)))
        self._policies[found.resource] = (
            Bound(found.resource, found.project, found.ancestors, bindings),
            known[1] if known else at,
        )

    def _exact_policy(self, entry: Object, at: Stamp) -> None:
        """The policy as the resource itself has it: the search may lag behind."""
        found = bound(entry)
        known = self._policies.get(found.resource)
        ancestors = known[0].ancestors if known else found.ancestors
        self._policies[found.resource] = (Bound(found.resource, found.project, ancestors, found.bindings), at)
        self._exact.add(found.resource)

    def _project(self, entry: Object, at: Stamp) -> None:
        name = entry.get("projectId")
        if not isinstance(name, str):
            raise ValueError("a project has no id")  # noqa: TRY004 - bad data, not a bad call
        self._projects[name] = (entry, at)

    def _role(self, entry: Object, at: Stamp) -> None:
        name = entry.get("name")
        if not isinstance(name, str):
            raise ValueError("a role has no name")  # noqa: TRY004 - bad data, not a bad call
        document = {"includedPermissions": entry.get("includedPermissions", []), "title": entry.get("title", "")}
        self.rows.add(
            Policy(
                **at,
                policy=name,
                kind="role-definition",
                attached_to=name,
                name=str(entry.get("title") or name.rpartition("/")[2]),
                document=json.dumps(document, ensure_ascii=False),
            )
        )

    def _group(self, entry: Object, at: Stamp) -> None:
        group = member(str(entry.get("group")))
        listed = [one for one in entry.get("memberships") or [] if isinstance(one, dict)]
        self._account(group, at, self.scope, enabled=bool(listed))
        for one in listed:
            key = one.get("preferredMemberKey")
            name = str(key.get("id") or "") if isinstance(key, dict) else ""
            kind = {"GROUP": "group", "SERVICE_ACCOUNT": "serviceAccount"}.get(str(one.get("type")), "user")
            if "@" in name:
                roles = [role for role in one.get("roles") or [] if isinstance(role, dict)]
                ends = [moment((role.get("expiryDetail") or {}).get("expireTime")) for role in roles]
                self.rows.add(
                    Membership(
                        **at,
                        group=group,
                        member=member(f"{kind}:{name}"),
                        since=moment(one.get("createTime")),
                        expires_at=max(end for end in ends if end) if ends and all(ends) else None,
                    )
                )
                self._account(member(f"{kind}:{name}"), at, self.scope)

    def _service_account(self, entry: Object, at: Stamp) -> None:
        email = entry.get("email")
        if not isinstance(email, str):
            raise ValueError("a service account has no e-mail address")  # noqa: TRY004 - bad data, not a bad call
        enabled = entry.get("disabled") is not True
        self._account(member(f"serviceAccount:{email}"), at, str(entry.get("projectId") or self.scope), enabled=enabled)

    def _service_account_keys(self, entry: Object, at: Stamp) -> None:
        account = member(f"serviceAccount:{entry.get('serviceAccount')}")
        self._keys += [(account, key, at) for key in entry.get("keys") or [] if isinstance(key, dict)]

    def _key_use(self, entry: Object, _: Stamp) -> None:
        name = str(entry.get("fullResourceName") or "").removeprefix("//iam.googleapis.com/")
        activity = entry.get("activity")
        when = moment(activity.get("lastAuthenticatedTime")) if isinstance(activity, dict) else None
        if when:
            self._used[name.rpartition("/keys/")[2]] = when

    def _bound(self, found: Bound, at: Stamp, numbers: Mapping[str, str]) -> Iterator[Row]:
        """A resource's place, its bindings as grants, and whoever stands in them."""
        home = numbers.get(found.number) or found.project or found.number
        home = numbers.get(home, home)
        name = home if found.is_project else found.name
        yield _ancestry(at, name, home or name, found.number or (home if home.isdigit() else ""), found.ancestors)
        for binding in found.bindings:
            for text in binding.members:
                who, condition = member(text), binding.condition
                self._account(who, at, home or found.name)
                yield Grant(
                    **at,
                    principal=who,
                    role=binding.role,
                    resource=name,
                    provider="gcp",
                    granted_by=condition.approver(who) if condition else None,
                    expires_at=expiry(condition.expression) if condition else None,
                    condition=condition.text() if condition else None,
                    handle=found.handle(who, binding.role, condition, home or found.name),
                )

    def _projects_read(self) -> Iterator[Row]:
        """Where projects lie of which no policy was read; the others have said it."""
        said = {found.name for found, _ in self._policies.values()}
        for name, (project, at) in self._projects.items():
            if name not in said:
                above = [text for text in project.get("ancestors") or [] if isinstance(text, str)]
                yield _ancestry(at, name, name, _number(project), (f"projects/{_number(project)}", *above))

    def _account(self, name: str, at: Stamp, scope: str, *, enabled: bool | None = None) -> None:
        kind = kind_of(name)
        known = self._accounts.get(name)
        if kind is None or (known and (known.enabled is not None or enabled is None)):
            return
        self._accounts[name] = Account(
            **at,
            account=name,
            provider="gcp",
            scope=scope,
            kind=kind,
            name=(email_of(name) or name).partition("@")[0].rpartition("/")[2],
            email=email_of(name),
            enabled=enabled,
        )

    def _object(self, raw: Raw, place: Place, reason: str | None, rejected: int) -> ReadObject:
        return ReadObject(
            **place.at(),
            version=raw.version,
            rows=self.rows.counted(raw.origin),
            rejected=rejected,
            status="ok" if reason is None else "partial" if rejected else "failed",
            reason=reason,
        )

    def _coverage(self, batch: Batch) -> Coverage:
        place = Place(self.source, self.context.collected_at, batch[0].origin)
        return snapshot_coverage(place, self.scope, len(self.rows), self.complaints)


def _ancestry(at: Stamp, name: str, home: str, number: str, ancestors: tuple[str, ...]) -> Policy:
    above = [one for one in ancestors if not one.startswith("projects/")]
    document = {"number": number, "ancestors": above}
    return Policy(**at, policy=name, kind="ancestry", attached_to=home, name=name, document=json.dumps(document))


def _number(project: Object) -> str:
    return str(project.get("name") or "").removeprefix("projects/")
