"""A trail that the tests sign themselves: hourly digests over made-up log files, as CloudTrail writes them."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT, REGION, BUCKET = "111122223333", "eu-central-1", "harbour-trail"
BEGINS = datetime(2026, 2, 27, 6, 14, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)


@cache
def private_key(number: int = 0) -> RSAPrivateKey:
    """A key of AWS's, made up; each number another one."""
    del number
    return generate_private_key(65537, 2048)


def public_key(number: int = 0) -> bytes:
    """Its public half as ListPublicKeys tells it."""
    return private_key(number).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def fingerprint(number: int = 0) -> str:
    return hashlib.md5(public_key(number)).hexdigest()


@dataclass
class Stored:
    """An object of the bucket."""

    body: bytes
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Trail:
    """What lies in a bucket: `objects` by key, to be spoiled as a test likes."""

    account: str = ACCOUNT
    region: str = REGION
    signing: int = 0
    objects: dict[str, Stored] = field(default_factory=dict)
    previous: tuple[str, str, str] | None = None
    ends: datetime = BEGINS

    def hours(self, number: int) -> Trail:
        """So many more hours, each with a log file and its digest."""
        for _ in range(number):
            self.digest([self.log(self.ends + HOUR / 2)])
        return self

    def quiet(self, number: int) -> Trail:
        """So many more hours with digests that list nothing."""
        for _ in range(number):
            self.digest([])
        return self

    def log(self, moment: datetime) -> str:
        """One more log file; its key."""
        unique = hashlib.sha256(moment.isoformat().encode()).hexdigest()[:16].upper()
        name = f"{self.account}_CloudTrail_{self.region}_{moment:%Y%m%dT%H%MZ}_{unique}.json.gz"
        key = f"AWSLogs/{self.account}/CloudTrail/{self.region}/{moment:%Y/%m/%d}/{name}"
        record = {
            "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "ecs.amazonaws.com",
            "eventName": "UpdateService",
            "userIdentity": {"type": "IAMUser"},
            "eventID": unique,
            "recipientAccountId": self.account,
        }
        self.objects[key] = Stored(gzip.compress(json.dumps({"Records": [record]}).encode(), mtime=0))
        return key

    def digest(self, logs: list[str], **changes: object) -> str:
        """The next hour's digest over these log files; its key."""
        starts, self.ends = self.ends, self.ends + HOUR
        name = f"{self.account}_CloudTrail-Digest_{self.region}_all_{REGION}_{self.ends:%Y%m%dT%H%M%SZ}.json.gz"
        key = f"AWSLogs/{self.account}/CloudTrail-Digest/{self.region}/{self.ends:%Y/%m/%d}/{name}"
        before = self.previous or (None, None, None)
        said = {
            "awsAccountId": self.account,
            "digestStartTime": stamp(starts),
            "digestEndTime": stamp(self.ends),
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": fingerprint(self.signing),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            "previousDigestS3Bucket": BUCKET if self.previous else None,
            "previousDigestS3Object": before[0],
            "previousDigestHashValue": before[1],
            "previousDigestHashAlgorithm": "SHA-256" if self.previous else None,
            "previousDigestSignature": before[2],
            "logFiles": [
                {
                    "s3Bucket": BUCKET,
                    "s3Object": log,
                    "hashValue": hashlib.sha256(gzip.decompress(self.objects[log].body)).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                    "newestEventTime": stamp(self.ends),
                    "oldestEventTime": stamp(starts),
                }
                for log in logs
            ],
        } | changes
        content = json.dumps(said).encode()
        hashed = hashlib.sha256(content).hexdigest()
        signed = f"{said['digestEndTime']}\n{BUCKET}/{key}\n{hashed}\n{before[2] or 'null'}"
        signature = private_key(self.signing).sign(signed.encode(), PKCS1v15(), SHA256()).hex()
        self.objects[key] = Stored(
            gzip.compress(content, mtime=0), {"signature": signature, "signature-algorithm": "SHA256withRSA"}
        )
        self.previous = key, hashed, signature
        return key

    @property
    def digests(self) -> list[str]:
        """Keys of the digests there are, earliest first."""
        return [key for key in self.objects if "CloudTrail-Digest" in key]

    @property
    def logs(self) -> list[str]:
        """Keys of the log files there are, earliest first."""
        return [key for key in self.objects if "CloudTrail-Digest" not in key]

    def rewrite(self, key: str, old: bytes, new: bytes) -> None:
        """Change an object's content."""
        content = gzip.decompress(self.objects[key].body)
        assert old in content
        self.objects[key].body = gzip.compress(content.replace(old, new), mtime=0)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
