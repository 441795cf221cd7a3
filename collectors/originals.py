"""Reads the raw record behind a row again: from the store where it was kept, else from where it was collected."""

from collections.abc import Callable
from typing import Protocol

from auditor.config.sources import AnySource
from auditor.config.sources.aws import AwsCloudTrail
from auditor.errors import SourceError
from auditor.model.findings import Evidence
from collectors.base import Context, sha256
from collectors.refusals import refusal
from collectors.registry import COLLECTORS


class RawStore(Protocol):
    """The part of the evidence store that keeps raw objects."""

    def raw(self, source: str, origin: str, content_sha256: str) -> bytes | None:
        """A raw object as received; None where it was not kept."""


def original(source: AnySource, context: Context, store: RawStore, pointer: Evidence) -> list[str]:
    """The lines of the raw record that a pointer names.

    Raises:
        SourceError: it is gone, or is no longer what it was when it was read.
    """
    data = store.raw(source.name, pointer.origin, pointer.sha256)
    if data is None:
        data = _from_its_place(source, context, pointer)
    quote: Callable[[bytes, int], str] = COLLECTORS[source.kind].quote
    try:
        return quote(data, pointer.record).splitlines()
    except (ValueError, LookupError, StopIteration) as error:
        raise SourceError(f"Record {pointer.record} of {pointer.origin} cannot be shown: {error}.") from error


def _from_its_place(source: AnySource, context: Context, pointer: Evidence) -> bytes:
    try:
        data = _load(source, context, pointer.origin)
    except OSError as error:
        raise refusal("original", "gone", origin=pointer.origin, why=error.strerror or error) from error
    if sha256(data) != pointer.sha256:
        raise refusal("original", "altered", origin=pointer.origin)
    return data


def _load(source: AnySource, context: Context, origin: str) -> bytes:
    if isinstance(source, AwsCloudTrail) and origin.startswith("s3://"):
        from collectors.aws.cloudtrail.listing import S3Object, login_of  # late: it brings what talks to AWS

        bucket, _, key = origin.removeprefix("s3://").partition("/")
        return S3Object(login_of(source), bucket, key)()
    return context.path(origin).read_bytes()
