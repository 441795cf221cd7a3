"""Permission sets and their policies as rows: resolution evaluates them where a role's own are not in evidence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from auditor.model.tables import Policy
from collectors.aws.iam.dump import policy_document
from collectors.aws.iam.principals import UNKNOWN
from collectors.aws.identity_center import shapes
from collectors.aws.lines import Line
from collectors.stamping import Stamp

# As Identity Center names the inline policy of the roles that it makes.
INLINE = "AwsSSOInlinePolicy"
_DESCRIBE = "sso-admin:DescribePermissionSet"
_INLINE = "sso-admin:GetInlinePolicyForPermissionSet"
_MANAGED = "sso-admin:ListManagedPoliciesInPermissionSet"
_CUSTOMER = "sso-admin:ListCustomerManagedPolicyReferencesInPermissionSet"
_BOUNDARY = "sso-admin:GetPermissionsBoundaryForPermissionSet"
# What stands in for policies that could not be read, so that nobody takes them for none.
_UNREAD = {
    _INLINE: ("identity", INLINE),
    _MANAGED: ("identity", "managed policies"),
    _CUSTOMER: ("identity", "customer managed policies"),
    _BOUNDARY: ("boundary", "permissions boundary"),
}

Problem = Callable[[Stamp, str], None]
_S = TypeVar("_S", bound=msgspec.Struct)


@dataclass(slots=True)
class PolicyTexts:
    """The texts of AWS's own policies, by ARN."""

    documents: dict[str, str] = field(default_factory=dict)

    def text(self, at: Stamp, line: Line, problem: Problem) -> None:
        """Keep a policy's text, when the line has one."""
        if line.call == "iam:GetPolicyVersion" and line.reply is not None:
            for version in _each([line.reply.get("PolicyVersion")], shapes.PolicyVersion, at, problem):
                self.documents[line.of("PolicyArn")] = _document(version.document, at, problem)

    def rows(self, at: Stamp, line: Line, problem: Problem) -> Iterator[Policy]:
        """What a line tells of a permission set: its definition or one sort of its policies."""
        if line.error is None:
            yield from self._read(at, line, line.of("PermissionSetArn"), problem)
        elif line.call in _UNREAD:
            (kind, name), holder = _UNREAD[line.call], line.of("PermissionSetArn")
            yield _policy(at, f"{holder}#{name}", kind, holder, name, UNKNOWN)

    def _read(self, at: Stamp, line: Line, holder: str, problem: Problem) -> Iterator[Policy]:
        reply = line.reply or {}
        if line.call == _DESCRIBE:
            yield from _definition(at, reply.get("PermissionSet"), problem)
        elif line.call == _INLINE and reply.get("InlinePolicy"):
            text = _document(reply["InlinePolicy"], at, problem)
            yield _policy(at, f"{holder}#{INLINE}", "identity", holder, INLINE, text)
        elif line.call == _MANAGED:
            for managed in _each(reply.get("AttachedManagedPolicies"), shapes.Managed, at, problem):
                yield self._managed(at, "identity", holder, managed.arn)
        elif line.call == _CUSTOMER:
            listed = reply.get("CustomerManagedPolicyReferences")
            for customer in _each(listed, shapes.CustomerManaged, at, problem):
                yield _in_each_account(at, "identity", holder, customer)
        elif line.call == _BOUNDARY and reply.get("PermissionsBoundary"):
            for boundary in _each([reply["PermissionsBoundary"]], shapes.Boundary, at, problem):
                yield from self._boundary(at, holder, boundary)

    def _boundary(self, at: Stamp, holder: str, boundary: shapes.Boundary) -> Iterator[Policy]:
        if boundary.managed_policy_arn:
            yield self._managed(at, "boundary", holder, boundary.managed_policy_arn)
        elif boundary.customer_managed_policy_reference:
            yield _in_each_account(at, "boundary", holder, boundary.customer_managed_policy_reference)

    def _managed(self, at: Stamp, kind: str, holder: str, arn: str) -> Policy:
        return _policy(at, arn, kind, holder, arn.rpartition("/")[2], self.documents.get(arn, UNKNOWN))


def _in_each_account(at: Stamp, kind: str, holder: str, policy: shapes.CustomerManaged) -> Policy:
    """A policy whose text stands in each account, and may differ there."""
    return _policy(at, f"policy{policy.path}{policy.name}", kind, holder, policy.name, UNKNOWN)


def _policy(at: Stamp, policy: str, kind: str, holder: str, name: str, text: str) -> Policy:
    return Policy(**at, policy=policy, kind=kind, attached_to=holder, name=name, document=text)


def _document(value: Any, at: Stamp, problem: Problem) -> str:
    try:
        return json.dumps(policy_document(value), separators=(",", ":"))
    except ValueError as error:
        problem(at, f"a policy cannot be read: {error}")
        return UNKNOWN


def _definition(at: Stamp, value: Any, problem: Problem) -> Iterator[Policy]:
    for found in _each([value], shapes.PermissionSet, at, problem):
        arn = found.permission_set_arn
        yield _policy(at, arn, "role-definition", arn, found.name, json.dumps(value, sort_keys=True))


def _each(values: Any, shape: type[_S], at: Stamp, problem: Problem) -> Iterator[_S]:
    """The values in their shape; a bad one costs itself only."""
    for value in values if isinstance(values, list) else []:
        try:
            yield msgspec.convert(value, shape, strict=False)
        except msgspec.ValidationError as error:
            problem(at, f"a {shape.__name__} is not as AWS writes it: {error}")
