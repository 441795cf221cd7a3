"""Identity Center: who may use which permission set in which AWS account, live or from a dump of the same answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from auditor.config.sources import AwsIdentityCenter
from collectors.aws.identity_center.assignments import Reader
from collectors.aws.identity_center.calls import Answers, Calls, entries
from collectors.aws.lines import kept, quoted
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import named_file


@dataclass(frozen=True, slots=True)
class IdentityCenterCollector:
    """Users, groups, permission sets and their assignments."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = (
        "sso:ListInstances",
        "sso:ListPermissionSets",
        "sso:DescribePermissionSet",
        "sso:GetInlinePolicyForPermissionSet",
        "sso:ListManagedPoliciesInPermissionSet",
        "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
        "sso:GetPermissionsBoundaryForPermissionSet",
        "sso:ListAccountsForProvisionedPermissionSet",
        "sso:ListAccountAssignments",
        "identitystore:ListUsers",
        "identitystore:ListGroups",
        "identitystore:ListGroupMemberships",
        "organizations:ListAccounts",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
    )
    READS: ClassVar[str] = (
        "Identity Center's users and groups, its permission sets with their policies, and who may use which of them in "
        "which account of the organisation."
    )

    source: AwsIdentityCenter
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole. What alone is denied costs that part only.

        Raises:
            SourceError: the instance cannot be found, or the dump cannot be read.
        """
        del seen
        source = self.source
        yield [named_file(source.name, source.file, self.context)] if source.file else list(self._live())

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants and policies."""
        return Reader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The answer that a row points at."""
        return quoted(data, record)

    def _live(self) -> Iterator[Raw]:
        calls = Calls(self.source)
        instances = calls.instances()
        yield kept("identity-center/instances", [*instances, *calls.accounts()])
        for instance in entries(instances, "Instances"):
            arn, store = instance["InstanceArn"], instance["IdentityStoreId"]
            name = f"identity-center/{arn.rpartition('/')[2]}"
            yield kept(f"{name}/directory", calls.directory(store))
            sets = calls.permission_sets(arn)
            yield kept(f"{name}/permission-sets", sets)
            for account, arns in sorted(_places(sets).items()):
                if not self.source.accounts or account in self.source.accounts:
                    yield kept(f"{name}/assignments/{account}", calls.assignments(arn, account, arns))


def _places(sets: Answers) -> Mapping[str, list[str]]:
    """The permission sets that are to be found in each account."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for answer in sets:
        for account in entries([answer], "AccountIds"):
            found[account].append(answer["asked"]["PermissionSetArn"])
    return found
