"""The principals of the audited AWS accounts, with the policies that give them rights and those that limit them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Unresolved
from auditor.model.groups import grouped
from auditor.model.tables import Account, Grant, Membership, Policy, Row
from auditor.model.vocabulary import AccountKind
from auditor.providers.aws.accounts import account_name
from auditor.providers.aws.actions import expand
from auditor.providers.aws.callers import NOBODY, Caller
from auditor.providers.aws.conditions import Clause, terms
from auditor.providers.aws.managed import known
from auditor.providers.aws.policy import Limits, MalformedPolicyError, Statement, given, parse
from auditor.providers.aws.tags import TAGS


class Source(Struct, frozen=True, eq=False):
    """One policy as one principal holds it.

    Args:
        steps: from the principal to the policy in words (`group readers`, `inline policy read`).
        rows: the evidence for them.
        grant: the grant whose removal takes it from this principal alone.
        unfenced: whether the principal's permissions boundary need not allow it.
        unlimited: whether nothing in IAM limits it.
        carried: whether a resource itself gives it.
        account: the account whose resource gives it, where that is another one.
        within: what limits it, where that is not what limits the principal otherwise.
    """

    statements: tuple[Statement, ...]
    steps: tuple[str, ...]
    rows: tuple[Row, ...]
    grant: Grant | None
    ends: datetime | None = None
    unfenced: bool = False
    unlimited: bool = False
    carried: bool = False
    account: str | None = None
    within: Limits | None = None


class Principal(Struct, frozen=True, eq=False):
    """A user or role; its policies are as they are for it as the caller, its trust policy as it is written."""

    row: Account
    sources: tuple[Source, ...]
    limits: Limits
    trust: tuple[Statement, ...] = ()
    trust_row: Policy | None = None
    known: bool = True
    caller: Caller = NOBODY

    @property
    def arn(self) -> str:
        """Its ARN."""
        return self.row.account

    @property
    def is_role(self) -> bool:
        """Whether it has to be assumed."""
        return self.row.kind == AccountKind.ROLE

    @property
    def name(self) -> str:
        """Its name without path."""
        return self.row.name or self.arn.rsplit("/", 1)[-1]

    def limits_of(self, source: Source) -> Limits:
        """What limits what one of its policies gives."""
        if source.within is not None:
            return source.within
        limits = Limits() if source.unlimited else self.limits
        limits = replace(limits, boundary=None) if source.unfenced else limits
        return replace(limits, closed=()) if source.carried and limits.closed else limits


class Directory(Struct):
    """Rows of AWS's IAM, indexed, with every policy document read once."""

    accounts: Mapping[str, Account]
    groups_of: Mapping[str, Sequence[Membership]]
    policies_of: Mapping[str, Sequence[Policy]]
    grants: Mapping[tuple[str, str], Grant]
    unresolved: dict[tuple[str, str], Unresolved] = field(default_factory=dict)
    _parsed: dict[str, tuple[Statement, ...] | str] = field(default_factory=dict)
    _named: dict[str, str] | None = None
    _controls: dict[str, tuple[Statement, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Snapshots) -> "Directory":
        """Index the rows of IAM among these; Identity Center's users and groups have ids of their own."""
        known = {row.account: row for row in rows.accounts if row.provider == "aws" and row.account.startswith("arn:")}
        joined = (row for row in rows.memberships if row.via == "member" and row.member in known)
        held = grouped((policy.attached_to, policy) for policy in rows.policies if policy.kind != TAGS)
        by_right = {(row.principal, row.role): row for row in rows.grants if row.provider == "aws"}
        return cls(known, grouped((row.member, row) for row in joined), held, by_right)

    def called(self, name: str) -> str:
        """A name as the rows have it: a role with a path is known without that too, as aws-auth and logs write it."""
        if self._named is None:
            roles = ((arn, account_name(arn)) for arn in self.accounts if ":role/" in arn)
            self._named = {role.spellings[-1]: arn for arn, role in roles if role}
        return self._named.get(name, name)

    def principals(self, at: datetime) -> dict[str, Principal]:
        """Every user and role by ARN; the groups and the root user are none."""
        return {
            arn: self.principal(row, at)
            for arn, row in self.accounts.items()
            if row.kind not in (AccountKind.GROUP, AccountKind.ROOT)
        }

    @property
    def scopes(self) -> frozenset[str]:
        """The accounts whose IAM is in evidence."""
        return frozenset(row.scope for row in self.accounts.values())

    def principal(self, row: Account, at: datetime) -> Principal:
        """A user or role with its policies and limits."""
        sources = self._sources(row.account, (), (), None, None)
        for membership in self.groups_of.get(row.account, ()):
            if not membership.lasts(at):
                continue
            group = self.accounts.get(membership.group)
            step = f"group {(group and group.name) or membership.group.rsplit('/', 1)[-1]}"
            grant = self.grant(row.account, membership.group)
            sources += self._sources(membership.group, (step,), (membership,), grant, membership.expires_at)
        boundary, known = self._boundary(row)
        trust_row = next((p for p in self.policies_of.get(row.account, ()) if p.kind == "trust"), None)
        trust = (trust_row and self.read(trust_row)) or ()
        tagged_later = any(s.allow and s.actions & expand("sts:TagSession") for s in trust)
        caller = Caller.of(row, tagged_later=tagged_later, organisation=self.place(row.scope).get("organisation"))
        if _tags_itself(row, [one for source in sources for one in source.statements], boundary, caller):
            caller = replace(caller, tagged_later=True)
        sources = [replace(source, statements=given(source.statements, caller)) for source in sources]
        fence = given(tuple(boundary), caller)
        above = [given(level, caller) for level in self._guardrails(row.scope)]
        at_home = given(self._at_home(row.scope), caller)
        written = (source.statements for source in sources)
        rules = [*chain.from_iterable(written), *fence, *chain.from_iterable(above), *at_home]
        return Principal(
            row=row,
            sources=tuple(source for source in sources if source.statements),
            limits=Limits(
                denies=tuple(rule for rule in rules if not rule.allow),
                boundary=tuple(rule for rule in fence if rule.allow) if boundary else None,
                organisation=tuple(tuple(rule for rule in level if rule.allow) for level in above),
            ),
            trust=trust,
            trust_row=trust_row,
            known=known,
            caller=caller,
        )

    def in_group(self, user: Principal, group: str) -> Principal:
        """A user with the policies of a group that they are not in."""
        row = self.accounts.get(group)
        step = f"group {(row and row.name) or group.rsplit('/', 1)[-1]}"
        sources = [
            replace(source, statements=given(source.statements, user.caller))
            for source in self._sources(group, (step,), (), None, None)
        ]
        denies = tuple(rule for source in sources for rule in source.statements if not rule.allow)
        limits = replace(user.limits, denies=(*user.limits.denies, *denies))
        return replace(user, sources=tuple(source for source in sources if source.statements), limits=limits)

    def _sources(
        self, holder: str, steps: tuple[str, ...], rows: tuple[Row, ...], grant: Grant | None, ends: datetime | None
    ) -> list[Source]:
        found = []
        for policy in self.policies_of.get(holder, ()):
            statements = self.read(policy) if policy.kind == "identity" else None
            if not statements:
                continue
            name = policy.name or policy.policy.rsplit("#", 1)[-1].rsplit("/", 1)[-1]
            kind = "inline policy" if policy.policy.startswith(f"{holder}#") else "policy"
            own = grant or self.grant(holder, policy.policy, name)
            found.append(Source(statements, (*steps, f"{kind} {name}"), (*rows, policy), own, ends))
        return found

    def _boundary(self, row: Account) -> tuple[list[Statement], bool]:
        """The boundary's statements, and whether they are known: without them no right of its holder can be told."""
        known = True
        found: list[Statement] = []
        for policy in self.policies_of.get(row.account, ()):
            if policy.kind == "boundary":
                statements = self.read(policy)
                known = known and statements is not None
                found += statements or ()
        return found, known

    def _guardrails(self, account: str) -> Iterator[tuple[Statement, ...]]:
        """The service control policies over an account, from itself up to the root: each level must allow."""
        place = self.place(account)
        for level in () if place.get("managing") else (account, *place.get("ancestors", ())):
            if found := self._statements(level, "service-control"):
                yield tuple(found)

    def _at_home(self, account: str) -> tuple[Statement, ...]:
        """What resource control policies deny an account's principals: on its own resources, and on no other's."""
        if account not in self._controls:
            here = Clause("stringequals", "aws:ResourceAccount", (account,))
            denied = (one for one in self.resource_controls(account) if not one.allow)
            asked = ((one, (*one.clauses, here)) for one in denied)
            self._controls[account] = tuple(replace(one, clauses=left, terms=terms(left)) for one, left in asked)
        return self._controls[account]

    def resource_controls(self, account: str) -> tuple[Statement, ...]:
        """The resource control policies over an account's resources, whoever asks for them."""
        place = self.place(account)
        levels = () if place.get("managing") else (account, *place.get("ancestors", ()))
        return tuple(one for level in levels for one in self._statements(level, "resource-control"))

    def place(self, account: str) -> Mapping[str, Any]:
        """Where an account is in its organisation; nothing where that was not read."""
        return _place(self.policies_of.get(account, ()), account)

    def administers(self, account: str, service: str) -> bool | None:
        """Whether an account administers a service for its whole organisation; None where that was not read."""
        place = self.place(account)
        told = bool(place) and "delegated" in place
        return True if place.get("managing") or service in place.get("delegated", ()) else False if told else None

    def is_under(self, account: str, other: str) -> bool:
        """Whether what administers a service for its organisation may do so in another account, as far as is known."""
        place, home = self.place(account), self.place(other)
        elsewhere = place and home and place["organisation"] != home["organisation"]
        return not (elsewhere or place.get("managing"))

    def _statements(self, holder: str, kind: str) -> list[Statement]:
        return [s for p in self.policies_of.get(holder, ()) if p.kind == kind for s in self.read(p) or ()]

    def read(self, policy: Policy) -> tuple[Statement, ...] | None:
        """A policy's statements; None, and a line in `unresolved`, when its document cannot be read."""
        if policy.document not in self._parsed:
            try:
                self._parsed[policy.document] = parse(policy.document)
            except MalformedPolicyError as error:
                self._parsed[policy.document] = str(error)
        found = self._parsed[policy.document]
        if not isinstance(found, str):
            return found
        if meant := known(policy.policy):
            return meant
        reason = f"The {policy.kind} policy {policy.name or policy.policy} could not be read: {found}."
        told = Unresolved.of_account(policy.attached_to, reason, Policy.TABLE)
        self.unresolved[policy.policy, policy.attached_to] = told
        return None

    def grant(self, principal: str, *roles: str) -> Grant | None:
        """The grant row that gives a principal one of these (policy, group or role, by ARN or name)."""
        return next((self.grants[principal, role] for role in roles if (principal, role) in self.grants), None)


def organisation_of(policies: Iterable[Policy], account: str) -> str | None:
    """The organisation that an account is in; None where that was not read."""
    return _place(policies, account).get("organisation")


def _place(policies: Iterable[Policy], account: str) -> Mapping[str, Any]:
    rows = (row for row in policies if row.kind == "ancestry" and row.attached_to == account)
    return next((json.loads(row.document) for row in rows), {})


def _tags_itself(row: Account, own: Sequence[Statement], boundary: Sequence[Statement], caller: Caller) -> bool:
    """Whether somebody may give themselves any tag, so that what their tags are says nothing."""
    if not own:
        return False
    wanted = expand("iam:TagRole" if row.kind == AccountKind.ROLE else "iam:TagUser")

    def told(statements: Sequence[Statement]) -> set[bool]:
        about = (one.given(caller) for one in statements if one.actions & wanted)
        return {one.allow for one in about if one and not one.clauses and one.covers_pattern(row.account)}

    return told(own) == {True} and (not boundary or told(boundary) == {True})
