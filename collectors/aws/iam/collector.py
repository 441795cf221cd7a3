"""IAM of AWS accounts: live, or from get-account-authorization-details and a credential report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from auditor.config.sources.aws import AwsIam
from auditor.errors import SourceError
from collectors.aws import session as aws
from collectors.aws.iam import dump
from collectors.aws.iam.calls import (
    WORKERS,
    Named,
    access_keys,
    credential_report,
    for_each,
    mfa_devices,
    services_last_accessed,
    ssh_public_keys,
)
from collectors.aws.iam.principals import AccountReader
from collectors.aws.iam.principals import services_last_accessed as read_services
from collectors.base import Batch, Normalised, Raw, Snapshot, answer, missing
from collectors.files import named_file, origin_of, raw_file
from collectors.refusals import refusal

if TYPE_CHECKING:
    import boto3

_PAGE = 1000
_SERVICE_LINKED = "/aws-service-role/"
_CLOSED = frozenset({"SUSPENDED", "CLOSED"})


class AwsIamCollector(Snapshot[AwsIam], frozen=True):
    """Users, groups, roles, their policies and credentials."""

    PERMISSIONS = (
        "iam:GetAccountAuthorizationDetails",
        "iam:GenerateCredentialReport",
        "iam:GetCredentialReport",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
        "iam:ListSSHPublicKeys",
        "iam:GetSSHPublicKey",
        "iam:ListMFADevices",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:GetServiceLastAccessedDetails",
        "organizations:ListAccounts",
        "sts:AssumeRole",
    )
    READS = (
        "The users, groups, roles and policies of an account or of every account of an organisation, the credential "
        "report, and when access keys and services were last used; never a secret."
    )

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything of an account in one batch: a snapshot is taken whole. What alone is denied costs that part only.

        Raises:
            SourceError: the authorization details cannot be had, are cut short, or are another account's; the accounts
                of the organisation cannot be listed.
        """
        del seen
        if self.source.organisation:
            yield from self._organisation()
        else:
            yield list(self._from_files() if self.source.file else self.live(aws.session(self.source)))

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, memberships, grants, policies and credentials."""
        # Of an organisation, a batch's origins name the account.
        account = self.source.account or batch[0].origin.split("/")[1]
        return AccountReader(self.source.name, account, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The user, group, role or policy that a row points at, or the report's line."""
        text = dump.report_text(data)
        if text.lstrip().startswith(("{", "[")):
            return json.dumps(dump.records(data)[record], indent=1, ensure_ascii=False)
        return text.splitlines()[record + 1]

    def _from_files(self) -> Iterator[Raw]:
        source = self.source
        raw = named_file(source.name, source.file or "", self.context, part="authorization-details")
        self._check(raw.load(), f"{source.name}: {source.file}")
        yield raw
        if source.credential_report is not None:
            yield self._beside(source.credential_report, "credential-report", dump.report_rows)
        else:
            sentence = "no credential report is given, so that passwords and access keys were not seen"
            yield missing(f"{raw.origin}#credential-report", sentence)
        if source.services_last_accessed is not None:
            yield self._beside(source.services_last_accessed, "services-last-accessed", read_services)

    def _beside(self, relative: str, part: str, check: Callable[[bytes], object]) -> Raw:
        """A file beside the authorization details; a sentence in its place when it cannot be used."""
        path, name = self.context.path(relative), part.replace("-", " ")
        try:
            raw = raw_file(path, self.context, part=part)
            check(raw.load())
        except OSError as error:
            return missing(origin_of(path, self.context), f"the {name} cannot be read: {error.strerror}")
        except ValueError as error:
            return missing(origin_of(path, self.context), f"the {name} cannot be used: {error}")
        return raw

    def _check(self, data: bytes, what: str) -> None:
        """Refuses what is no whole dump of this account, so that nothing of it pretends to be evidence."""
        try:
            dump.check_whole(data)
            accounts = dump.accounts(data)
        except ValueError as error:
            raise refusal("source", "no authorization details", path=what, why=error) from error
        if others := sorted(accounts - {self.source.account}):
            raise refusal("source", "other account", path=what, found=", ".join(others), account=self.source.account)

    def _organisation(self) -> Iterator[Batch]:
        """Each account that is not closed, on its own: one that cannot be read costs itself only.

        The login's own account needs no role; in the others `member_role` is assumed.
        """
        signed_in = aws.session(self.source)
        caller = aws.caller(self.source, signed_in)
        organizations = aws.client(self.source, "organizations", patient=True, signed_in=signed_in)
        with aws.explained("listing the accounts of the organisation (organizations:ListAccounts)"):
            pages = organizations.get_paginator("list_accounts").paginate()
            found = [account for page in pages for account in page["Accounts"]]
        for account in sorted(one["Id"] for one in found if one.get("State", one.get("Status")) not in _CLOSED):
            role = f"arn:{caller['Arn'].split(':')[1]}:iam::{account}:role/{self.source.member_role}"
            member = replace(self, source=self.source.model_copy(update={"account": account, "organisation": False}))
            try:
                own = account == caller["Account"]
                yield list(member.live(signed_in if own else aws.assumed(signed_in, self.source, role)))
            except SourceError as error:
                yield [missing(f"iam:GetAccountAuthorizationDetails/{account}", error.why)]

    def live(self, signed_in: boto3.Session) -> Iterator[Raw]:
        """Every answer of the account that the session is in.

        Raises:
            SourceError: the authorization details cannot be had, or are another account's.
        """
        account = self.source.account
        with closing(aws.client(self.source, "iam", connections=WORKERS, patient=True, signed_in=signed_in)) as iam:
            pages = self.pages(iam)
            yield from pages
            users, roles = _named(pages, "User"), _named(pages, "Role")
            yield self._part(f"iam:GetCredentialReport/{account}", "credential-report", lambda: credential_report(iam))
            for call, part, named, ask in (
                ("ListAccessKeys", "access-keys", users, access_keys),
                ("ListSSHPublicKeys", "ssh-public-keys", users, ssh_public_keys),
                ("ListMFADevices", "mfa-devices", users, mfa_devices),
                ("GetServiceLastAccessedDetails", "services-last-accessed", users + roles, services_last_accessed),
            ):
                yield self._part(f"iam:{call}/{account}", part, partial(for_each, named, partial(ask, iam)))

    def pages(self, iam: Any) -> list[Raw]:
        """The authorization details, each page as received.

        Raises:
            SourceError: they cannot be had, or are another account's.
        """
        account = self.source.account
        with aws.explained(f"calling iam:GetAccountAuthorizationDetails for account {account}"):
            asked = {"PaginationConfig": {"PageSize": _PAGE}}
            pages = [*map(aws.as_json, aws.replies(iam, "get_account_authorization_details", asked))]
        self._check(b"\n".join(pages), f"{self.source.name}: the answer of iam:GetAccountAuthorizationDetails")
        return [
            answer(f"iam:GetAccountAuthorizationDetails/{account}/page-{number:04}", data, "authorization-details")
            for number, data in enumerate(pages, 1)
        ]

    def _part(self, origin: str, part: str, call: Callable[[], bytes]) -> Raw:
        """One part of the snapshot; a sentence in its place when it is denied."""
        try:
            with aws.explained(f"calling {origin.partition('/')[0]}"):
                return answer(origin, call(), part)
        except SourceError as error:
            return missing(origin, error.why)


def _named(pages: Sequence[Raw], kind: str) -> list[Named]:
    """Name and ARN of every user or role; but for service-linked ones, which only their service can use."""
    items = chain.from_iterable(dump.items(page.load()) for page in pages)
    found = [(item.value[f"{kind}Name"], item.value["Arn"]) for item in items if item.list == f"{kind}DetailList"]
    return [(name, arn) for name, arn in found if _SERVICE_LINKED not in arn]
