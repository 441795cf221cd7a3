"""Calls to AWS, each answer as a line: a call that is refused costs what it was to tell, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import Any

from auditor.config.sources import AwsLogin
from auditor.errors import SourceError
from collectors.aws import session as aws
from collectors.aws.lines import written

_WORKERS = 4
_OF_A_SET = (
    "describe_permission_set",
    "get_inline_policy_for_permission_set",
    "list_managed_policies_in_permission_set",
    "list_customer_managed_policy_references_in_permission_set",
    "get_permissions_boundary_for_permission_set",
)
# Identity Center says so of a permission set without a boundary.
_NOTHING_THERE = "ResourceNotFoundException"

Answers = list[dict[str, Any]]


class Calls:
    """The clients of one login."""

    def __init__(self, login: AwsLogin) -> None:
        signed_in = aws.session(login)
        self._clients = {
            service: aws.client(login, service, connections=_WORKERS, patient=True, signed_in=signed_in)
            for service in ("sso-admin", "identitystore", "organizations", "iam")
        }

    @property
    def region(self) -> str:
        """The region that is asked: an instance lives in one."""
        name: str = self._clients["sso-admin"].meta.region_name
        return name

    def instances(self) -> Answers:
        """Every instance that the login sees.

        Raises:
            SourceError: they may not be listed, or there is none.
        """
        answers = self._pages("sso-admin", "list_instances", {}, region=self.region)
        if refused := next((answer["error"] for answer in answers if "error" in answer), None):
            raise SourceError(
                f"{refused}.",
                means="Who may use which account through Identity Center was not read.",
                do="Give the auditor's principal the permissions that `auditor permissions aws` prints.",
            )
        if not list(entries(answers, "Instances")):
            raise SourceError(
                f"There is no Identity Center in {self.region} of this account's organisation.",
                means="Nothing of this source was read.",
                do="Name its region, or sign in to its own or the management account.",
            )
        return answers

    def accounts(self) -> Answers:
        """The accounts of the organisation."""
        return self._pages("organizations", "list_accounts", {})

    def directory(self, store: str) -> Answers:
        """Users, groups, and who is in them."""
        asked = {"IdentityStoreId": store}
        groups = self._pages("identitystore", "list_groups", asked)
        ids = [group["GroupId"] for group in entries(groups, "Groups")]
        members = self._each("identitystore", "list_group_memberships", [{**asked, "GroupId": id_} for id_ in ids])
        return [*self._pages("identitystore", "list_users", asked), *groups, *members]

    def permission_sets(self, instance: str) -> Answers:
        """Every permission set with its policies, and the accounts in which it is to be found."""
        listed = self._pages("sso-admin", "list_permission_sets", {"InstanceArn": instance})
        asked = [{"InstanceArn": instance, "PermissionSetArn": arn} for arn in entries(listed, "PermissionSets")]
        found = [answer for call in _OF_A_SET for answer in self._each("sso-admin", call, asked)]
        places = self._each("sso-admin", "list_accounts_for_provisioned_permission_set", asked)
        return [*listed, *found, *self._documents(found), *places]

    def assignments(self, instance: str, account: str, sets: list[str]) -> Answers:
        """Who may use these permission sets in an account."""
        asked = [{"InstanceArn": instance, "AccountId": account, "PermissionSetArn": arn} for arn in sets]
        return self._each("sso-admin", "list_account_assignments", asked)

    def _documents(self, found: Answers) -> Answers:
        """The texts of AWS's policies that permission sets have."""
        boundaries = (boundary.get("ManagedPolicyArn") for boundary in entries(found, "PermissionsBoundary"))
        arns = (policy.get("Arn") for policy in entries(found, "AttachedManagedPolicies"))
        return [self._document(arn) for arn in sorted({arn for arn in chain(arns, boundaries) if arn})]

    def _document(self, arn: str) -> dict[str, Any]:
        (policy,) = self._pages("iam", "get_policy", {"PolicyArn": arn})
        if "error" in policy:
            return {**policy, "call": "iam:GetPolicyVersion"}
        asked = {"PolicyArn": arn, "VersionId": policy["reply"]["Policy"]["DefaultVersionId"]}
        return self._pages("iam", "get_policy_version", asked)[0]

    def _each(self, service: str, call: str, asked: list[dict[str, str]]) -> Answers:
        with ThreadPoolExecutor(_WORKERS) as pool:
            return list(chain.from_iterable(pool.map(partial(self._pages, service, call), asked)))

    def _pages(self, service: str, call: str, asked: dict[str, str], **known: str) -> Answers:
        """A call's pages; the last is an error where there should have been more."""
        client = self._clients[service]
        name = f"{service}:{client.meta.method_to_api_mapping[call]}"
        about = asked.get("AccountId") or asked.get("PermissionSetArn") or asked.get("GroupId")
        answers: Answers = []
        try:
            with aws.explained(f"calling {name}" + (f" for {about}" if about else "")):
                for reply in _replies(client, call, asked):
                    answers.append(written(name, asked, reply=reply, **known))
        except SourceError as error:
            answers.append(written(name, asked, error=error.what.rstrip("."), **known))
        return answers


def entries(answers: Answers, member: str) -> Iterator[Any]:
    """What the replies list under a name, or hold there."""
    for answer in answers:
        found = answer.get("reply", {}).get(member)
        yield from found if isinstance(found, list) else [found] if found else []


def _replies(client: Any, call: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
    from botocore.exceptions import ClientError

    try:
        yield from aws.replies(client, call, asked)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if call != "get_permissions_boundary_for_permission_set" or code != _NOTHING_THERE:
            raise
        yield {}
