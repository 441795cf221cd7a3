"""The trail's digest files: lists of the log files delivered, each signed and each with the hash of the one before.

One a week, to keep the company quick to found, and one a day later on; CloudTrail writes one an hour.
"""

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from auditor.demo.calendar import DAY, WEEK, Calendar
from auditor.demo.folder import Folder
from auditor.demo.records import stamp

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

_KEY = ".digest-key.pem"
_BITS = 2048
_EXPONENT = 65537


class Delivered(Struct, frozen=True):
    """A file of the trail's bucket."""

    region: str
    moment: datetime
    key: str
    body: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)


class Signer:
    """What AWS signs digests with, made up; the same in every night of one folder."""

    def __init__(self, folder: Folder) -> None:
        self._key = _key(folder)

    def public(self) -> dict[str, Any]:
        """The public half, as `list_public_keys` tells it."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        value = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        return {"Fingerprint": hashlib.md5(value, usedforsecurity=False).hexdigest(), "Value": value}

    def sign(self, text: str) -> str:
        """A signature, hexadecimal."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        return self._key.sign(text.encode(), PKCS1v15(), SHA256()).hex()


def digests(
    account: str, bucket: str, home: str, calendar: Calendar, files: Sequence[Delivered], signer: Signer
) -> Iterator[Delivered]:
    """Every digest, region by region."""
    for region in sorted({file.region for file in files}):
        previous: dict[str, str | None] = {"S3Object": None, "HashValue": None, "Signature": None}
        here = [file for file in files if file.region == region]
        starts = calendar.begins
        while starts < calendar.at:
            ends = starts + (WEEK if starts + WEEK <= calendar.told else DAY)
            key = (
                f"AWSLogs/{account}/CloudTrail-Digest/{region}/{ends:%Y/%m/%d}/"
                f"{account}_CloudTrail-Digest_{region}_all_{home}_{ends:%Y%m%dT%H%M%SZ}.json.gz"
            )
            content = json.dumps(
                {
                    "awsAccountId": account,
                    "digestStartTime": stamp(starts),
                    "digestEndTime": stamp(ends),
                    "digestS3Bucket": bucket,
                    "digestS3Object": key,
                    "digestPublicKeyFingerprint": signer.public()["Fingerprint"],
                    "digestSignatureAlgorithm": "SHA256withRSA",
                    **{f"previousDigest{name}": value for name, value in previous.items()},
                    "logFiles": [_listed(bucket, file) for file in here if starts < file.moment <= ends],
                }
            ).encode()
            hashed = hashlib.sha256(content).hexdigest()
            signature = signer.sign(f"{stamp(ends)}\n{bucket}/{key}\n{hashed}\n{previous['Signature'] or 'null'}")
            metadata = {"signature": signature, "signature-algorithm": "SHA256withRSA"}
            yield Delivered(region, ends, key, gzip.compress(content, mtime=0), metadata)
            previous = {"S3Object": key, "HashValue": hashed, "Signature": signature}
            starts = ends


def _listed(bucket: str, file: Delivered) -> dict[str, str]:
    content = hashlib.sha256(gzip.decompress(file.body)).hexdigest()
    return {"s3Bucket": bucket, "s3Object": file.key, "hashValue": content, "hashAlgorithm": "SHA-256"}


def _key(folder: Folder) -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

    kept = folder.path / _KEY
    if kept.is_file():
        known = load_pem_private_key(kept.read_bytes(), None)
        if isinstance(known, RSAPrivateKey):
            return known
    made = generate_private_key(_EXPONENT, _BITS)
    folder.put(_KEY, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made
