"""What trails are kept in, and what carries logs there: buckets, keys, log groups, delivery streams."""

import re
from collections.abc import Iterable, Iterator

from auditor.config.models import Config
from auditor.config.sources.aws import AwsCloudTrail
from auditor.evidence.store import Days, Store
from auditor.model.tables import Trail, TrailDigest

_BUCKET = "arn:aws:s3:::"
_KEEPS = (_BUCKET, ":kms:", ":log-group:")
_CARRIES = ":deliverystream/"
# AWS's own names for what it makes for a log, such as `aws-cloudtrail-logs-…` and `/aws/eks/shop/cluster`.
LOG_NAMES = r"(?i)cloud-?trail|flow-?log|/aws/eks/|:trail/|deliverystream/aws-waf-logs-"
"""Where what was acted on may name one: whoever looks closer tells."""
_NAMED = re.compile(r"cloud-?trail|(?<![a-z])flow-?logs?\b|/aws/eks/.+/cluster", re.IGNORECASE)
_OF_A_WALL = "aws-waf-logs-"  # what AWS asks of the name of whatever takes the log of its firewall


def log_stores(
    store: Store, config: Config, trails: Iterable[Trail], touched: Iterable[str], days: Days
) -> frozenset[str]:
    """ARNs of the buckets, keys and log groups that logs are kept with.

    Args:
        store: whose digests name the buckets that they and their log files lie in.
        config: whose sources read trails from buckets.
        trails: as they are set now.
        touched: what was acted on: whoever makes or changes a trail names its bucket and key beside it, and some
            buckets and log groups are named for what they keep.
        days: the first and the last day of the period.
    """
    sources = [source for source in config.sources if isinstance(source, AwsCloudTrail)]
    parts = store.parts(TrailDigest, sources=[source.name for source in sources], days=days)
    digests = (bucket for (bucket,) in store.ask(TrailDigest, parts, "SELECT DISTINCT bucket FROM stored"))
    buckets = {*(source.bucket for source in sources), *(trail.bucket for trail in trails), *digests} - {None, ""}
    keys = {trail.kms_key for trail in trails if trail.kms_key}
    return frozenset({*(f"{_BUCKET}{bucket}" for bucket in buckets), *keys, *_told(touched)})


def _told(touched: Iterable[str]) -> Iterator[str]:
    for text in touched:
        for arn in text.split(" "):
            name = arn.rsplit(":", 1)[-1]
            told = ":trail/" in text or _NAMED.search(name)
            carries = _CARRIES in arn and (told or _OF_A_WALL in name)
            if carries or (told and any(kind in arn for kind in _KEEPS)):
                yield arn
