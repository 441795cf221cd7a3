"""Puts that an object store does only where an object still is what was read: Amazon's way, and Google's."""

import errno
import json
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote

from msgspec import Struct

_CONFLICT, _FAILED, _MISSING = 409, 412, 404
_ATTEMPTS = 5


class Found(Struct, frozen=True):
    """An object as it was read; when it was written, and when that was asked, are by the store's clock."""

    data: bytes
    version: str
    written: datetime
    asked: datetime


class Conditional(Protocol):
    """Reads objects with their versions, and writes them by these; paths are relative to the store's root."""

    STRANGE: str
    """A version that no object has."""

    def get(self, path: str) -> Found | None:
        """An object; None where there is none."""

    def put(self, path: str, data: bytes, version: str | None) -> str | None:
        """Write an object that has that version, or is not there (None); returns the new one, None if it was not so."""


def conditional(fs: Any, place: Callable[[str], str]) -> Conditional | None:
    """Those of a file system of fsspec; None where its kind is not known to have any."""
    protocols = {fs.protocol} if isinstance(fs.protocol, str) else {*fs.protocol}
    if "s3" in protocols:
        return _S3(fs, place)
    return _Google(fs, place) if "gs" in protocols else None


class _S3:
    """If-None-Match and If-Match, by ETag."""

    STRANGE = '"00000000000000000000000000000000"'

    def __init__(self, fs: Any, place: Callable[[str], str]) -> None:
        self._fs, self._place = fs, place

    def get(self, path: str) -> Found | None:
        from fsspec.asyn import sync

        bucket, key, _ = self._fs.split_path(self._place(path))
        try:
            answer = self._fs.call_s3("get_object", Bucket=bucket, Key=key)
        except FileNotFoundError:
            return None
        asked = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Found(sync(self._fs.loop, answer["Body"].read), answer["ETag"], answer["LastModified"], asked)

    def put(self, path: str, data: bytes, version: str | None) -> str | None:
        bucket, key, _ = self._fs.split_path(self._place(path))
        condition = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        try:
            answer = self._fs.call_s3("put_object", Bucket=bucket, Key=key, Body=data, **condition)
        except OSError as error:
            status = _status(error)
            if status in (_CONFLICT, _FAILED) or (status == _MISSING and version is not None):
                return None
            raise
        return str(answer["ETag"])


class _Google:
    """ifGenerationMatch."""

    STRANGE = "1"

    def __init__(self, fs: Any, place: Callable[[str], str]) -> None:
        self._fs, self._place = fs, place

    def get(self, path: str) -> Found | None:
        # Its record, which has the generation, and then the bytes of that: it may be overwritten meanwhile.
        bucket, key, _ = self._fs.split_path(self._place(path))
        for _ in range(_ATTEMPTS):
            try:
                headers, answer = self._fs.call("GET", "b/{}/o/{}", bucket, key)
            except FileNotFoundError:
                return None
            record = json.loads(answer)
            version = str(record["generation"])
            try:
                _, data = self._fs.call("GET", "b/{}/o/{}", bucket, key, alt="media", generation=version)
            except FileNotFoundError:
                continue
            written = datetime.fromisoformat(record["updated"])
            return Found(data, version, written, parsedate_to_datetime(headers["Date"]))
        raise OSError(errno.EBUSY, "it is overwritten all the time", path)

    def put(self, path: str, data: bytes, version: str | None) -> str | None:
        bucket, key, _ = self._fs.split_path(self._place(path))
        address = f"{self._fs.base.removesuffix('storage/v1/')}upload/storage/v1/b/{quote(bucket)}/o"
        asked = {"uploadType": "media", "name": key, "ifGenerationMatch": version or "0"}
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._fs.call("POST", address, headers=headers, data=data, json_out=True, **asked)
        except FileExistsError:
            return None
        return str(answer["generation"])


def _status(error: OSError) -> int | None:
    """The HTTP status that s3fs made an error of."""
    response = getattr(error.__cause__, "response", None) or {}
    status: int | None = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status
