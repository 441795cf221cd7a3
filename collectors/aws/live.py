"""The sources of an AWS account that a profile signs in to."""

from collections.abc import Iterator, Sequence
from typing import Any

from auditor.config.sources.aws import AwsEc2Keys
from collectors.aws.calls import Calls


def sources(profiles: Sequence[str]) -> Iterator[dict[str, Any]]:
    """IAM, the event history of the last 90 days, tags, and the policies on resources, of each profile's account.

    Raises:
        SourceError: it cannot be signed in with a profile.
    """
    for profile in profiles:
        calls = Calls(AwsEc2Keys(name="init", kind="aws-ec2-keys", account="0" * 12, profile=profile))
        login = {"profile": profile}
        here = {"account": calls.account, **login}
        yield {"name": "iam", "kind": "aws-iam", **here}
        yield {"name": "trail", "kind": "aws-cloudtrail", "lookup": True, **login}
        for name, kind in (("tags", "aws-resources"), ("resource-policies", "aws-resource-policies")):
            yield {"name": name, "kind": kind, **here, "regions": [calls.region]}
