"""AWS's stand-in on this machine: moto's server on loopback, in an environment that hides the real AWS."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from urllib.request import Request, urlopen
from zlib import crc32

from msgspec import Struct

from auditor.demo.aws_calls import add_missing_calls
from auditor.demo.serving import environment, served

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_s3 import S3Client

REGION: Literal["eu-central-1"] = "eu-central-1"
_POLICIES = "MOTO_IAM_LOAD_MANAGED_POLICIES"
_LONGEST = 120  # seconds for loading every managed policy anew: a busy machine needs many
# Whatever the user has set for the real AWS is out of sight while the demo runs.
_ENVIRONMENT: dict[str, str | None] = {
    "AWS_ACCESS_KEY_ID": "demo",
    "AWS_SECRET_ACCESS_KEY": "demo",
    "AWS_SESSION_TOKEN": None,
    "AWS_PROFILE": None,
    "AWS_DEFAULT_PROFILE": None,
    "AWS_ENDPOINT_URL": None,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_REGION": None,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    _POLICIES: "true",
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


class StandIn(Struct, frozen=True):
    """A running server, empty at first."""

    url: str
    account: str

    def iam(self) -> "IAMClient":
        """A client of its IAM."""
        client: IAMClient = _client("iam", self.url)
        return client

    def s3(self) -> "S3Client":
        """A client of its S3."""
        client: S3Client = _client("s3", self.url)
        return client

    def cloudtrail(self) -> Any:
        """A client of its CloudTrail."""
        return _client("cloudtrail", self.url)

    def seed(self, name: str) -> None:
        """Let the ids that the server makes up from now on be the same each time, for a name."""
        _post(f"{self.url}/moto-api/seed?a={crc32(name.encode())}")

    def empty_iam(self) -> None:
        """Take everything out of IAM."""
        self.state.reset()
        self.seed("harbour")

    @property
    def state(self) -> Any:
        """IAM as the server keeps it in memory: some dates cannot be set from outside."""
        from moto.iam.models import iam_backends

        return iam_backends[self.account]["aws"]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """AWS on this machine for as long as the block lasts."""
    with environment(_ENVIRONMENT):
        add_missing_calls()
        with served(moto()) as url:
            with environment({_POLICIES: None}):  # else each account of before loads AWS's policies once more
                _post(f"{url}/moto-api/reset")
            yield StandIn(url, _client("sts", url).get_caller_identity()["Account"])


def moto() -> Any:
    """AWS by moto as an application; by itself it lists its own folder anew at each call to know who answers."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application: Any = DomainDispatcherApplication(create_backend_app)
    application.get_backend_for_host = functools.lru_cache(maxsize=1000)(application.get_backend_for_host)
    return application


def _client(service: str, url: str) -> Any:
    from botocore.config import Config

    settings = Config(retries={"max_attempts": 1}, max_pool_connections=16)
    return _session().client(service, region_name=REGION, endpoint_url=url, config=settings)


@functools.cache
def _session() -> Any:
    """One for all clients: each session reads anew what AWS's services are, which takes longer than all else."""
    import boto3

    return boto3.session.Session()


def _post(url: str) -> None:
    with urlopen(Request(url, method="POST"), timeout=_LONGEST):  # noqa: S310 - our own server on loopback
        pass
