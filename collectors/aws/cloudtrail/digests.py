"""CloudTrail's digest files: what each says, and whether its signature holds.

Every hour a trail lists the log files that it delivered, each with the SHA-256 of its unpacked content, and signs the
list with AWS's key of that region. A digest names the one before it and states its hash, which makes them a chain.
"""

import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from auditor.model.tables import TrailDigest
from collectors.aws.cloudtrail.files import Unpacked, UnreadableError
from collectors.aws.cloudtrail.listing import Signed
from collectors.aws.cloudtrail.shapes import BAD_JSON
from collectors.base import printable, sha256
from collectors.reading import Stamp

MOST_BYTES = 32 << 20
"""No digest may unpack to more: an hour's list of a busy trail is a megabyte."""

NO_SIGNATURE = "the object carries no signature"
ON_DISK = "files on disk do not carry their signatures"

_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"/CloudTrail-Digest/([a-z0-9-]{1,30})/")
_NAME = re.compile(r"(?:^|/)\d{12}_CloudTrail-Digest_([^/]{1,200})_\d{8}T\d{6}Z(?:_backfill)?\.json(?:\.gz)?$")
_BACKFILL = "_backfill."
_FIRST_YEAR = 2000

PublicKeys = Mapping[str, Mapping[str, bytes]]
"""By region the public keys that AWS told, DER by fingerprint."""


class _LogFile(msgspec.Struct, rename="camel", kw_only=True):
    s3_bucket: str
    s3_object: str
    hash_value: str
    oldest_event_time: str | None = None
    newest_event_time: str | None = None


class _Content(msgspec.Struct, rename="camel", kw_only=True):
    aws_account_id: str
    digest_start_time: str
    digest_end_time: str
    digest_s3_bucket: str
    digest_s3_object: str
    digest_public_key_fingerprint: str | None = None
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None
    previous_digest_signature: str | None = None
    log_files: list[_LogFile]


_content = msgspec.json.Decoder(_Content).decode


class Unchecked(Struct, frozen=True):
    """A digest whose signature has not been looked at yet; `signed` are the bytes that AWS signed."""

    row: TrailDigest
    signed: bytes

    def checked(self, keys: PublicKeys) -> TrailDigest:
        """The row with what came of its signature."""
        holds, note = self._verdict(keys)
        return replace(self.row, signature_holds=holds, signature_note=note)

    def _verdict(self, keys: PublicKeys) -> tuple[bool | None, str | None]:
        row = self.row
        if row.signature is None:
            return None, NO_SIGNATURE if row.origin.startswith("s3://") else ON_DISK
        known = keys.get(row.region or "")
        if not known:
            return None, f"AWS told no public key of {row.region or 'its region'}"
        key = known.get(row.fingerprint or "")
        if key is None:
            if _BACKFILL in row.object_key:  # it was signed some time after the hour that it is about
                return None, "AWS told no public key of the time when it was written"
            return False, "it is signed for a key that AWS does not know"
        if not _holds(key, row.signature, self.signed):
            return False, "its signature does not fit it"
        return True, None


def read_digest(data: bytes, unpacked: Unpacked, stamp: Stamp) -> Unchecked:
    """What a digest file says, by its bytes as stored and the signature of the object's metadata, hexadecimal.

    Raises:
        UnreadableError: it is no digest, or not only one.
    """
    if not unpacked.pure:
        raise UnreadableError(unpacked.warning or "more follows the end of its gzip stream")
    if len(unpacked.content) > MOST_BYTES:
        raise UnreadableError(f"{len(data):,} bytes unpack to more than a digest can hold")
    try:
        said = _content(unpacked.content)
    except BAD_JSON as error:
        raise UnreadableError(f"it is no CloudTrail digest: {printable(str(error))}") from error
    if not _ACCOUNT.fullmatch(said.aws_account_id):
        raise UnreadableError("it is no CloudTrail digest: it names no AWS account")
    digest = sha256(unpacked.content)
    row = TrailDigest(
        **stamp,
        account=said.aws_account_id,
        region=_found(_REGION, said.digest_s3_object),
        trail=_found(_NAME, said.digest_s3_object),
        bucket=said.digest_s3_bucket,
        object_key=said.digest_s3_object,
        starts_at=_moment(said.digest_start_time),
        ends_at=_moment(said.digest_end_time),
        content_sha256=digest,
        previous_key=said.previous_digest_s3_object,
        previous_sha256=said.previous_digest_hash_value,
        previous_signature=said.previous_digest_signature,
        fingerprint=said.digest_public_key_fingerprint,
        signature=data.signature if isinstance(data, Signed) else None,
        files=json.dumps([_file(listed) for listed in said.log_files]),
    )
    return Unchecked(row, _signed(said, digest))


def public_keys(answer: bytes) -> dict[str, bytes]:
    """The keys of one answer to ListPublicKeys, DER by fingerprint."""
    return {one["Fingerprint"]: binascii.unhexlify(one["Value"]) for one in json.loads(answer)}


def _signed(said: _Content, digest: str) -> bytes:
    place = f"{said.digest_s3_bucket}/{said.digest_s3_object}"
    previous = said.previous_digest_signature or "null"
    return f"{said.digest_end_time}\n{place}\n{digest}\n{previous}".encode("utf-8", "replace")


def _file(listed: _LogFile) -> dict[str, Any]:
    return {
        "bucket": listed.s3_bucket,
        "key": listed.s3_object,
        "sha256": listed.hash_value,
        "oldest": listed.oldest_event_time,
        "newest": listed.newest_event_time,
    }


def _found(pattern: re.Pattern[str], key: str) -> str | None:
    match = pattern.search(key)
    return match[1] if match else None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and moment.year >= _FIRST_YEAR:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise UnreadableError(f"it is no CloudTrail digest: {printable(text)[:40]!r} is no time")


def _holds(key: bytes, signature: str, signed: bytes) -> bool:
    # cryptography takes a while to import, and most runs read files on disk.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        public = load_der_public_key(key)
        if not isinstance(public, RSAPublicKey):
            return False
        public.verify(binascii.unhexlify(signature), signed, PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True
