"""Identity Center: who may use which permission set in which AWS account, live or from a dump of the same answers."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

from auditor.config.sources.aws import AwsIdentityCenter
from auditor.model.groups import grouped
from collectors.aws.calls import CONNECTIONS, Answers, Calls, entries
from collectors.aws.identity_center.assignments import read_rows
from collectors.aws.lines import kept, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.files import named_file
from collectors.refusals import refusal

_OF_A_SET = (
    "describe_permission_set",
    "get_inline_policy_for_permission_set",
    "list_managed_policies_in_permission_set",
    "list_customer_managed_policy_references_in_permission_set",
    "get_permissions_boundary_for_permission_set",
    "list_accounts_for_provisioned_permission_set",
)
# Identity Center says so of a permission set without a boundary.
_ABSENT = {"get_permissions_boundary_for_permission_set": "ResourceNotFoundException"}


class IdentityCenterCollector(Snapshot[AwsIdentityCenter], frozen=True):
    """Users, groups, permission sets and their assignments."""

    PERMISSIONS = (
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
    READS = (
        "Identity Center's users and groups, its permission sets with their policies, and who may use which of them in "
        "which account of the organisation."
    )
    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The dump, or the answers about each instance and account.

        Raises:
            SourceError: the instance cannot be found, or the dump cannot be read.
        """
        if self.source.file:
            yield named_file(self.source.name, self.source.file, self.context)
            return
        calls = Calls(self.source)
        instances = _instances(calls)
        yield kept("identity-center/instances", [*instances, *calls.pages("organizations", "list_accounts", {})])
        for instance in entries(instances, "Instances"):
            arn = instance["InstanceArn"]
            name = f"identity-center/{arn.rpartition('/')[2]}"
            yield kept(f"{name}/directory", _directory(calls, instance["IdentityStoreId"]))
            sets = _permission_sets(calls, arn)
            yield kept(f"{name}/permission-sets", sets)
            for account, holding in sorted(_by_account(sets).items()):
                if not self.source.accounts or account in self.source.accounts:
                    asked = [{"InstanceArn": arn, "AccountId": account, "PermissionSetArn": one} for one in holding]
                    answers = _each(calls, "sso-admin", "list_account_assignments", asked)
                    yield kept(f"{name}/assignments/{account}", answers)

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants and policies."""
        return read_rows(self.source, self.context, batch)


def _instances(calls: Calls) -> Answers:
    """Every instance that the login sees.

    Raises:
        SourceError: they may not be listed, or there is none.
    """
    answers = calls.pages("sso-admin", "list_instances", {})
    if refused := next((answer["error"] for answer in answers if "error" in answer), None):
        raise refusal("source", "no instances", why=refused)
    if not list(entries(answers, "Instances")):
        raise refusal("source", "no identity center", region=calls.region)
    return answers


def _directory(calls: Calls, store: str) -> Answers:
    """Users, groups, and who is in them."""
    asked = {"IdentityStoreId": store}
    groups = calls.pages("identitystore", "list_groups", asked)
    each = [{**asked, "GroupId": group["GroupId"]} for group in entries(groups, "Groups")]
    members = _each(calls, "identitystore", "list_group_memberships", each)
    return [*calls.pages("identitystore", "list_users", asked), *groups, *members]


def _permission_sets(calls: Calls, instance: str) -> Answers:
    """Every permission set with its policies, and the accounts in which it is to be found."""
    listed = calls.pages("sso-admin", "list_permission_sets", {"InstanceArn": instance})
    asked = [{"InstanceArn": instance, "PermissionSetArn": arn} for arn in entries(listed, "PermissionSets")]
    found = [answer for call in _OF_A_SET for answer in _each(calls, "sso-admin", call, asked)]
    # The texts of AWS's policies that permission sets have.
    arns = {boundary.get("ManagedPolicyArn") for boundary in entries(found, "PermissionsBoundary")}
    arns |= {policy.get("Arn") for policy in entries(found, "AttachedManagedPolicies")}
    texts = [answer for arn in sorted(filter(None, arns)) for answer in _document(calls, arn)]
    return [*listed, *found, *texts]


def _document(calls: Calls, arn: str) -> Answers:
    policy = calls.pages("iam", "get_policy", {"PolicyArn": arn})
    if "error" in policy[0]:
        return [{**policy[0], "call": "iam:GetPolicyVersion"}]
    asked = {"PolicyArn": arn, "VersionId": policy[0]["reply"]["Policy"]["DefaultVersionId"]}
    return calls.pages("iam", "get_policy_version", asked)


def _each(calls: Calls, service: str, call: str, asked: list[dict[str, str]]) -> Answers:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        pages = partial(calls.pages, service, call, absent=_ABSENT.get(call, ""))
        return list(chain.from_iterable(pool.map(pages, asked)))


def _by_account(sets: Answers) -> Mapping[str, list[str]]:
    """The permission sets that are to be found in each account."""
    return grouped(
        (account, answer["asked"]["PermissionSetArn"]) for answer in sets for account in entries([answer], "AccountIds")
    )
