"""What IAM is asked beside the authorization details: about each user, about each principal, and the report."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from auditor.errors import SourceError
from collectors.aws import session as aws

WORKERS = 8
# How long a report is waited for: AWS makes one in seconds, in large accounts in a minute or two.
_PAUSES = (0.5, 1, 2, 4, 8, 15, 15, 15, 30, 30)
_NOT_READY = frozenset({"ReportInProgress", "ReportNotPresent", "ReportExpired", "404", "410"})
_GONE = "NoSuchEntity"

Named = tuple[str, str]
"""A principal's name and ARN."""


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
            if aws.code_of(error) not in _NOT_READY:
                raise
        if pause is not None:
            time.sleep(pause)
    raise SourceError("The credential report was not ready in time.", transient=True)


def for_each(named: Sequence[Named], answer: Callable[[str, str], dict[str, Any]]) -> bytes:
    """The answers for each name and ARN as one JSON list; who was deleted meanwhile is left out."""
    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [(arn, pool.submit(_unless_gone, answer, name, arn)) for name, arn in named]
        try:
            answers = [(arn, future.result()) for arn, future in futures]
        finally:
            # When one call is denied, the others would be too.
            pool.shutdown(wait=False, cancel_futures=True)
    return aws.as_json([{"Arn": arn, **found} for arn, found in answers if found is not None])


def _unless_gone(answer: Callable[[str, str], dict[str, Any]], name: str, arn: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return answer(name, arn)
    except ClientError as error:
        if aws.code_of(error) == _GONE:
            return None
        raise


def access_keys(iam: Any, name: str, _arn: str) -> dict[str, Any]:
    """A user's access keys, and when each was last used."""
    keys = _listed(iam, "list_access_keys", "AccessKeyMetadata", name)
    used = {
        key["AccessKeyId"]: iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["AccessKeyLastUsed"]
        for key in keys
    }
    return {"AccessKeyMetadata": keys, "AccessKeyLastUsed": used}


def ssh_public_keys(iam: Any, name: str, _arn: str) -> dict[str, Any]:
    """A user's SSH public keys."""
    listed = _listed(iam, "list_ssh_public_keys", "SSHPublicKeys", name)
    keys = [
        iam.get_ssh_public_key(UserName=name, SSHPublicKeyId=key["SSHPublicKeyId"], Encoding="SSH")["SSHPublicKey"]
        for key in listed
    ]
    return {"SSHPublicKeys": keys}


def mfa_devices(iam: Any, name: str, _arn: str) -> dict[str, Any]:
    """A user's second factors."""
    return {"MFADevices": _listed(iam, "list_mfa_devices", "MFADevices", name)}


def services_last_accessed(iam: Any, name: str, arn: str, pauses: Sequence[float] = _PAUSES) -> dict[str, Any]:
    """When a user or role last called each service that its policies allow; waited for until it is made.

    Raises:
        SourceError: it was not ready in time.
    """
    job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]
    for pause in (*pauses, None):
        answer = iam.get_service_last_accessed_details(JobId=job)
        if answer["JobStatus"] != "IN_PROGRESS":
            return _all_services(iam, job, answer)
        if pause is not None:
            time.sleep(pause)
    raise SourceError(f"The list of services that {name} last used was not ready in time.", transient=True)


def _all_services(iam: Any, job: str, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with the pages that follow it."""
    whole = {key: value for key, value in answer.items() if key not in ("ResponseMetadata", "IsTruncated", "Marker")}
    while answer.get("IsTruncated"):
        answer = iam.get_service_last_accessed_details(JobId=job, Marker=answer["Marker"])
        whole["ServicesLastAccessed"] = [*whole["ServicesLastAccessed"], *answer["ServicesLastAccessed"]]
    return whole


def _listed(iam: Any, call: str, member: str, name: str) -> list[dict[str, Any]]:
    answers = iam.get_paginator(call).paginate(UserName=name)
    return [entry for answer in answers for entry in answer[member]]
