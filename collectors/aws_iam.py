"""IAM of AWS accounts: live, or from get-account-authorization-details and a credential report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar

from auditor.config.sources import AwsIam
from auditor.errors import SourceError
from collectors import aws
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import existing, origin_of, raw_file
from collectors.iam import dump
from collectors.iam.organisation import members
from collectors.iam.rows import MISSING, Reader

if TYPE_CHECKING:
    import boto3

_WORKERS = 8
_PAGE = 1000
# How long a credential report is waited for: AWS makes one in seconds, in large accounts in a minute or two.
_PAUSES = (0.5, 1, 2, 4, 8, 15, 15, 15, 30, 30)
_NOT_READY = frozenset({"ReportInProgress", "ReportNotPresent", "ReportExpired", "404", "410"})
_GONE = "NoSuchEntity"


@dataclass(frozen=True, slots=True)
class AwsIamCollector:
    """Users, groups, roles, their policies and credentials."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = (
        "iam:GetAccountAuthorizationDetails",
        "iam:GenerateCredentialReport",
        "iam:GetCredentialReport",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
        "iam:ListSSHPublicKeys",
        "iam:GetSSHPublicKey",
        "iam:ListMFADevices",
        "organizations:ListAccounts",
        "sts:AssumeRole",
    )
    READS: ClassVar[str] = (
        "The users, groups, roles and policies of an account or of every account of an organisation, the credential "
        "report, and when access keys were last used; never a secret."
    )

    source: AwsIam
    context: Context

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
        return Reader(self.source.name, self.source.account or _account_of(batch), self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The user, group, role or policy that a row points at, or the report's line."""
        if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[")):
            return json.dumps(dump.records(data)[record], indent=1, ensure_ascii=False)
        return data.decode("utf-8-sig").splitlines()[record + 1]

    def _from_files(self) -> Iterator[Raw]:
        source = self.source
        path = existing(source.name, source.file or "", self.context)
        try:
            raw = raw_file(path, self.context, part="authorization-details")
            data = raw.load()
        except OSError as error:
            raise SourceError(
                f"{source.name}: {source.file} cannot be read: {error.strerror}.",
                means="Nothing of this source was read.",
                do="Let the audit's user read the file.",
            ) from error
        self._check(data, f"{source.name}: {source.file}")
        yield raw
        if source.credential_report is not None:
            yield self._report_file(source.credential_report)
        else:
            sentence = "no credential report is given, so that passwords and access keys were not seen"
            yield _missing(f"{raw.origin}#credential-report", sentence)

    def _report_file(self, relative: str) -> Raw:
        path = self.context.path(relative)
        try:
            raw = raw_file(path, self.context, part="credential-report")
            dump.report_rows(raw.load())
        except OSError as error:
            return _missing(origin_of(path, self.context), f"the credential report cannot be read: {error.strerror}")
        except ValueError as error:
            return _missing(origin_of(path, self.context), f"the credential report cannot be used: {error}")
        return raw

    def _check(self, data: bytes, what: str) -> None:
        """Refuses what is no whole dump of this account, so that nothing of it pretends to be evidence."""
        try:
            dump.check_whole(data)
            accounts = dump.accounts(data)
        except ValueError as error:
            raise SourceError(
                f"{what} is not the whole output of get-account-authorization-details: {error}.",
                means="Nothing of it was used: half a list of who has access would look like a clean one.",
                do="Make it again: aws iam get-account-authorization-details --output json",
            ) from error
        if others := sorted(accounts - {self.source.account}):
            raise SourceError(
                f"{what} is of AWS account {', '.join(others)}, but the source is configured as {self.source.account}.",
                means="Nothing of it was used.",
                do="Correct the source's account in auditor.yaml, or read the account that it names.",
            )

    def _organisation(self) -> Iterator[Batch]:
        """Each account on its own: one that cannot be read costs itself only."""
        for account, inside in members(self.source):
            member = replace(self, source=self.source.model_copy(update={"account": account, "organisation": False}))
            try:
                if isinstance(inside, SourceError):
                    raise inside
                yield list(member.live(inside))
            except SourceError as error:
                yield [_missing(f"iam:GetAccountAuthorizationDetails/{account}", error.what.rstrip("."))]

    def live(self, signed_in: boto3.Session) -> Iterator[Raw]:
        """Every answer of the account that the session is in.

        Raises:
            SourceError: the authorization details cannot be had, or are another account's.
        """
        account = self.source.account
        with closing(aws.client(self.source, "iam", connections=_WORKERS, signed_in=signed_in)) as iam:
            pages = self.pages(iam)
            yield from pages
            users = _users(pages)
            yield self._part(f"iam:GetCredentialReport/{account}", "credential-report", lambda: credential_report(iam))
            for call, part, answer in (
                ("ListAccessKeys", "access-keys", _access_keys),
                ("ListSSHPublicKeys", "ssh-public-keys", _ssh_keys),
                ("ListMFADevices", "mfa-devices", _mfa_devices),
            ):
                yield self._part(f"iam:{call}/{account}", part, partial(_for_each, users, partial(answer, iam)))

    def pages(self, iam: Any) -> list[Raw]:
        """The authorization details, each page as received.

        Raises:
            SourceError: they cannot be had, or are another account's.
        """
        account = self.source.account
        with aws.explained(f"calling iam:GetAccountAuthorizationDetails for account {account}"):
            paginator = iam.get_paginator("get_account_authorization_details")
            answers = paginator.paginate(PaginationConfig={"PageSize": _PAGE})
            pages = [aws.as_json({k: v for k, v in page.items() if k != "ResponseMetadata"}) for page in answers]
        self._check(b"\n".join(pages), f"{self.source.name}: the answer of iam:GetAccountAuthorizationDetails")
        return [
            _answer(f"iam:GetAccountAuthorizationDetails/{account}/page-{number:04}", "authorization-details", data)
            for number, data in enumerate(pages, 1)
        ]

    def _part(self, origin: str, part: str, call: Callable[[], bytes]) -> Raw:
        """One part of the snapshot; a sentence in its place when it is denied."""
        try:
            with aws.explained(f"calling {origin.partition('/')[0]}"):
                return _answer(origin, part, call())
        except SourceError as error:
            return _missing(origin, error.what.rstrip("."))


def credential_report(iam: Any, pauses: Sequence[float] = _PAUSES) -> bytes:
    """The account's credential report, waited for until it is made.

    Raises:
        SourceError: it was not ready in time.
    """
    from botocore.exceptions import ClientError

    for pause in (*pauses, None):
        try:
            iam.generate_credential_report()
            content: bytes = iam.get_credential_report()["Content"]
            return content
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") not in _NOT_READY:
                raise
        if pause is not None:
            time.sleep(pause)
    raise SourceError("The credential report was not ready in time.", transient=True)


def _account_of(batch: Batch) -> str:
    """The account that a batch of an organisation was read from."""
    return batch[0].origin.split("/")[1]


def _answer(origin: str, part: str, data: bytes) -> Raw:
    """An answer of the API, which nothing else keeps."""
    return Raw(origin, partial(bytes, data), part=part, size=len(data), original=True)


def _missing(origin: str, sentence: str) -> Raw:
    return Raw(origin, partial(bytes, sentence.encode()), part=MISSING)


def _users(pages: Sequence[Raw]) -> list[tuple[str, str]]:
    """Name and ARN of every user."""
    items = chain.from_iterable(dump.items(page.load()) for page in pages)
    return [(item.value["UserName"], item.value["Arn"]) for item in items if item.list == "UserDetailList"]


def _for_each(users: Sequence[tuple[str, str]], answer: Callable[[str], dict[str, Any]]) -> bytes:
    """The answers for every user as one JSON list; a user deleted meanwhile is left out."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        futures = [(arn, pool.submit(_unless_gone, answer, name)) for name, arn in users]
        try:
            answers = [(arn, future.result()) for arn, future in futures]
        finally:
            # When one call is denied, the others would be too.
            pool.shutdown(wait=False, cancel_futures=True)
    return aws.as_json([{"Arn": arn, **found} for arn, found in answers if found is not None])


def _unless_gone(answer: Callable[[str], dict[str, Any]], name: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return answer(name)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == _GONE:
            return None
        raise


def _listed(iam: Any, call: str, member: str, name: str) -> list[dict[str, Any]]:
    answers = iam.get_paginator(call).paginate(UserName=name)
    return [entry for answer in answers for entry in answer[member]]


def _access_keys(iam: Any, name: str) -> dict[str, Any]:
    keys = _listed(iam, "list_access_keys", "AccessKeyMetadata", name)
    used = {
        key["AccessKeyId"]: iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        for key in keys
    }
    return {"AccessKeyMetadata": keys, "AccessKeyLastUsed": used}


def _ssh_keys(iam: Any, name: str) -> dict[str, Any]:
    listed = _listed(iam, "list_ssh_public_keys", "SSHPublicKeys", name)
    keys = [
        iam.get_ssh_public_key(UserName=name, SSHPublicKeyId=key["SSHPublicKeyId"], Encoding="SSH")["SSHPublicKey"]
        for key in listed
    ]
    return {"SSHPublicKeys": keys}


def _mfa_devices(iam: Any, name: str) -> dict[str, Any]:
    return {"MFADevices": _listed(iam, "list_mfa_devices", "MFADevices", name)}
