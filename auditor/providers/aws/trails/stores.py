"""Where trails are kept: which buckets and keys, and what a change to one of them leaves of the log."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.config.sources import AwsCloudTrail
from auditor.model.details import as_object, as_objects, details
from auditor.model.tables import Trail

SHORTEST_KEEPING = 90
"""Days: CloudTrail itself remembers events for as long, so that a bucket that keeps less adds nothing."""

_BUCKET = "arn:aws:s3:::"
_CLOUDTRAIL = "cloudtrail.amazonaws.com"


def log_stores(config: Config, trails: Iterable[Trail], touched: Iterable[str]) -> frozenset[str]:
    """ARNs of the buckets and keys that trails are kept with.

    Args:
        config: whose sources read trails from buckets.
        trails: as they are set now.
        touched: what was acted on: whoever makes or changes a trail names its bucket and key beside it.
    """
    found = {_BUCKET + trail.bucket for trail in trails if trail.bucket}
    found |= {trail.kms_key for trail in trails if trail.kms_key}
    read = (source.bucket for source in config.sources if isinstance(source, AwsCloudTrail))
    found |= {_BUCKET + bucket for bucket in read if bucket}
    for text in touched:
        if ":trail/" in text:
            found.update(arn for arn in text.split(" ") if arn.startswith(_BUCKET) or ":kms:" in arn)
    return frozenset(found)


def cuts(event: JudgedEvent) -> bool:
    """Whether a change to a bucket or key that keeps a log loses some of it, or keeps CloudTrail from writing to it."""
    asked = details(event.detail)
    judge = _CUTS.get(event.action)
    return judge is not None and judge(asked)


def _always(asked: dict[str, Any]) -> bool:
    del asked
    return True


def _expires_soon(asked: dict[str, Any]) -> bool:
    rules = _one_or_more(as_object(asked.get("LifecycleConfiguration")).get("Rule"))
    days = (as_object(rule.get("Expiration")).get("Days") for rule in rules if rule.get("Status") == "Enabled")
    return any(isinstance(day, int) and day < SHORTEST_KEEPING for day in days)


def _stops_versions(asked: dict[str, Any]) -> bool:
    return as_object(asked.get("VersioningConfiguration")).get("Status") == "Suspended"


def _shuts_out(policy: str) -> Callable[[dict[str, Any]], bool]:
    """Whether the policy of this name lets CloudTrail write no more; one that cannot be read could."""

    def judge(asked: dict[str, Any]) -> bool:
        stated = asked.get(policy)
        document = details(stated) if isinstance(stated, str) else as_object(stated)
        about = [one for one in _one_or_more(document.get("Statement")) if _CLOUDTRAIL in _services(one)]
        effects = {one.get("Effect") for one in about}
        return "Deny" in effects or "Allow" not in effects

    return judge


_CUTS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "s3:DeleteBucket": _always,
    "s3:DeleteBucketPolicy": _always,
    "s3:DeleteObject": _always,
    "s3:DeleteObjects": _always,
    "s3:PutBucketLifecycle": _expires_soon,
    "s3:PutBucketLifecycleConfiguration": _expires_soon,
    "s3:PutBucketVersioning": _stops_versions,
    "s3:PutBucketPolicy": _shuts_out("bucketPolicy"),
    "kms:ScheduleKeyDeletion": _always,
    "kms:DisableKey": _always,
    "kms:DeleteImportedKeyMaterial": _always,
    "kms:PutKeyPolicy": _shuts_out("policy"),
}


def _services(statement: dict[str, Any]) -> Iterator[str]:
    """The services whom a statement is about; everybody where it names everybody."""
    principal = statement.get("Principal")
    if principal == "*" or as_object(principal).get("AWS") == "*":
        yield _CLOUDTRAIL
    services = as_object(principal).get("Service", [])
    yield from [services] if isinstance(services, str) else filter(lambda one: isinstance(one, str), services or [])


def _one_or_more(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; one that stands alone is a list of one."""
    return as_objects(value if isinstance(value, list) else [value])
