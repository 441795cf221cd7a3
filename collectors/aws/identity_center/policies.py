"""Permission sets and their policies as rows: resolution evaluates them where a role's own are not in evidence."""

import json
from collections.abc import Iterator
from typing import Any

from auditor.model.tables import Policy
from collectors.aws.iam.dump import UNKNOWN, policy_text
from collectors.aws.identity_center import shapes
from collectors.aws.lines import Answers
from collectors.reading import Stamp
from collectors.rows import policy

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


class PermissionSets:
    """The permission sets in a batch's answers, and the texts of AWS's own policies by ARN."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        versions = answers.entries("iam:GetPolicyVersion", "PolicyVersion", shapes.PolicyVersion)
        self._texts = {line.of("PolicyArn"): self._text(at, one.document) for at, line, one in versions}

    def rows(self) -> Iterator[Policy]:
        """The definition of each permission set, and its policies."""
        for at, _, value in self._answers.entries(_DESCRIBE, "PermissionSet", dict[str, Any]):
            for found in self._answers.shaped(at, [value], shapes.PermissionSet, "PermissionSet"):
                arn = found.permission_set_arn
                yield policy(at, arn, "role-definition", arn, json.dumps(value, sort_keys=True), found.name)
        for at, line, inline in self._answers.entries(_INLINE, "InlinePolicy", str):
            holder = line.of("PermissionSetArn")
            yield policy(at, f"{holder}#{INLINE}", "identity", holder, self._text(at, inline), INLINE)
        for at, line, managed in self._answers.entries(_MANAGED, "AttachedManagedPolicies", shapes.Managed):
            yield self._managed(at, "identity", line.of("PermissionSetArn"), managed.arn)
        listed = self._answers.entries(_CUSTOMER, "CustomerManagedPolicyReferences", shapes.CustomerManaged)
        for at, line, customer in listed:
            yield _in_each_account(at, "identity", line.of("PermissionSetArn"), customer)
        yield from self._boundaries()
        for at, line, _ in self._answers.refused():
            if line.call in _UNREAD:
                (kind, name), holder = _UNREAD[line.call], line.of("PermissionSetArn")
                yield policy(at, f"{holder}#{name}", kind, holder, UNKNOWN, name)

    def _boundaries(self) -> Iterator[Policy]:
        for at, line, boundary in self._answers.entries(_BOUNDARY, "PermissionsBoundary", shapes.Boundary):
            holder = line.of("PermissionSetArn")
            if boundary.managed_policy_arn:
                yield self._managed(at, "boundary", holder, boundary.managed_policy_arn)
            elif boundary.customer_managed_policy_reference:
                yield _in_each_account(at, "boundary", holder, boundary.customer_managed_policy_reference)

    def _managed(self, at: Stamp, kind: str, holder: str, arn: str) -> Policy:
        return policy(at, arn, kind, holder, self._texts.get(arn, UNKNOWN), arn.rpartition("/")[2])

    def _text(self, at: Stamp, value: Any) -> str:
        try:
            return policy_text(value)
        except ValueError as error:
            self._answers.reject(at, f"a policy cannot be read: {error}")
            return UNKNOWN


def _in_each_account(at: Stamp, kind: str, holder: str, one: shapes.CustomerManaged) -> Policy:
    """A policy whose text stands in each account, and may differ there."""
    return policy(at, f"policy{one.path}{one.name}", kind, holder, UNKNOWN, one.name)
