"""Loading a batch's objects: bytes, and of a digest in a bucket the signature that its metadata carries."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from auditor.config.sources import AwsLogin
from auditor.errors import SourceError
from collectors.aws.cloudtrail.listing import DIGEST, S3Object
from collectors.aws.cloudtrail.public_keys import PUBLIC_KEYS
from collectors.base import Batch, Raw

_LOADERS = 8
_S3 = "s3://"
_SIGNATURE = "signature"  # S3 has it as x-amz-meta-signature


class Loaded(NamedTuple):
    """An object's bytes, and the signature that its metadata carries."""

    data: bytes
    signature: str | None = None


def loaded(batch: Batch, login: AwsLogin) -> Iterator[tuple[Raw, Loaded | SourceError | OSError]]:
    """Each object with its bytes, or with why they cannot be had; bucket objects are fetched some at a time."""
    if any(raw.origin.startswith(_S3) for raw in batch):
        with ThreadPoolExecutor(_LOADERS) as threads:
            yield from zip(batch, threads.map(partial(_load, login=login), batch), strict=True)
    else:
        for raw in batch:
            yield raw, _load(raw, login)


def _load(raw: Raw, login: AwsLogin) -> Loaded | SourceError | OSError:
    if raw.part and raw.part != DIGEST and not raw.part.startswith(PUBLIC_KEYS):
        return Loaded(b"")
    try:
        if raw.part == DIGEST and raw.origin.startswith(_S3):
            bucket, _, key = raw.origin.removeprefix(_S3).partition("/")
            data, metadata = S3Object(login, bucket, key).with_metadata()
            return Loaded(data, metadata.get(_SIGNATURE))
        return Loaded(raw.load())
    except (SourceError, OSError) as error:
        return error
