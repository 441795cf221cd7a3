"""AWS clients from a source's login, and refusals in plain sentences. boto3 is imported on first use."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from auditor.config.sources.aws import AwsLogin
from auditor.errors import SourceError
from auditor.model.written import written
from collectors.least_speed import SlowAnswerError
from collectors.refusals import refusal

if TYPE_CHECKING:
    import boto3
    from botocore.config import _RetryDict
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.loaders import Loader
    from botocore.session import Session as CoreSession

DEFAULT_REGION = "us-east-1"
_SESSION_NAME = "production-access-auditor"

_codes = cache(partial(written, __package__, "error_codes", dict[str, frozenset[str]]))
_SERVER_ERROR = 500


def session(login: AwsLogin) -> boto3.Session:
    """A boto3 session for the login: its profile or the default chain, then its role where it names one.

    Raises:
        SourceError: when the profile does not exist or the role cannot be assumed.
    """
    import boto3

    with explained("signing in to AWS"):
        base = boto3.Session(profile_name=login.profile, region_name=login.region, botocore_session=_core())
    return base if login.role_arn is None else assumed(base, login, login.role_arn)


def assumed(base: boto3.Session, login: AwsLogin, role_arn: str) -> boto3.Session:
    """A session of a role that `base` may assume.

    Raises:
        SourceError: it may not, or the role does not exist.
    """
    import boto3

    with explained(f"assuming the role {role_arn}"):
        sts = base.client("sts", region_name=region_of(base, login), endpoint_url=login.endpoint_url)
        issued = sts.assume_role(RoleArn=role_arn, RoleSessionName=_SESSION_NAME)["Credentials"]
    return boto3.Session(
        aws_access_key_id=issued["AccessKeyId"],
        aws_secret_access_key=issued["SecretAccessKey"],
        aws_session_token=issued["SessionToken"],
        region_name=region_of(base, login),
        botocore_session=_core(),
    )


def _core() -> CoreSession:
    """A botocore session that knows what AWS's services are: to read that anew takes most of a client's time."""
    from botocore.session import Session as CoreSession

    made = CoreSession()
    made.lazy_register_component("data_loader", lambda: _services(made.get_config_variable("data_path")))
    return made


@cache
def _services(path: str | None) -> Loader:
    from botocore.loaders import create_loader

    return create_loader(path)


def client(
    login: AwsLogin,
    service: str,
    *,
    region: str | None = None,
    connections: int = 10,
    patient: bool = False,
    signed_in: boto3.Session | None = None,
) -> Any:
    """A boto3 client of one service that retries throttling by itself and keeps up to `connections` open.

    Args:
        login: how to sign in.
        service: the service as boto3 names it.
        region: the region to ask, where it is another one than the login's.
        connections: open at once.
        patient: for services that throttle early: slows down by itself and waits for about a minute, not longer.
            `AWS_MAX_ATTEMPTS` sets another number of attempts, as it does for the AWS CLI.
        signed_in: the login's session, where there is one already.

    Raises:
        SourceError: as `session` does.
    """
    from botocore.config import Config

    signed_in = signed_in or session(login)
    config = Config(
        retries=_patiently() if patient else {"mode": "standard", "max_attempts": 5},
        max_pool_connections=connections,
        connect_timeout=10,
        read_timeout=60,
    )
    with explained(f"connecting to {service}"):
        made = signed_in.client(  # type: ignore[call-overload]
            service, region_name=region or region_of(signed_in, login), endpoint_url=login.endpoint_url, config=config
        )
    made.meta.events.register("before-parse", _mark_when_cut)
    made.meta.events.register("after-call", _refuse_when_cut)
    return made


def caller(login: AwsLogin, signed_in: boto3.Session) -> dict[str, Any]:
    """Whose credentials these are: `Account` and `Arn`.

    Raises:
        SourceError: they are not accepted.
    """
    with explained("asking whose credentials these are"):
        found: dict[str, Any] = client(login, "sts", signed_in=signed_in).get_caller_identity()
    return found


def replies(client: Any, call: str, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A call's pages, or its one answer, without what only boto3 adds."""
    several = client.can_paginate(call)
    for page in client.get_paginator(call).paginate(**asked) if several else [getattr(client, call)(**asked)]:
        yield {key: value for key, value in page.items() if key != "ResponseMetadata"}


# botocore takes an answer that a broken line cut short for an empty one, unless it streams it. Marked with this code it
# tries again; what is still cut then is refused.
_CUT = "RequestTimeout"


def _mark_when_cut(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    body, announced = response_dict.get("body"), str(response_dict["headers"].get("Content-Length", ""))
    if isinstance(body, bytes) and announced.isdigit() and len(body) < int(announced):
        customized_response_dict["Error"] = {"Code": _CUT, "Arrived": len(body), "Announced": int(announced)}


def _refuse_when_cut(parsed: dict[str, Any], **_: Any) -> None:
    from botocore.exceptions import IncompleteReadError

    error = parsed.get("Error")
    if isinstance(error, dict) and "Announced" in error:
        raise IncompleteReadError(actual_bytes=error["Arrived"], expected_bytes=error["Announced"])


def _patiently() -> _RetryDict:
    # botocore waits up to 20 s before each further attempt.
    return {"mode": "adaptive"} if "AWS_MAX_ATTEMPTS" in os.environ else {"mode": "adaptive", "max_attempts": 10}


def region_of(signed_in: boto3.Session, login: AwsLogin) -> str:
    """The region that a login asks.

    Raises:
        SourceError: its profile does not exist, which boto3 may notice here only.
    """
    with explained("signing in to AWS"):
        return login.region or signed_in.region_name or DEFAULT_REGION


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turns what boto3 raises inside it into SourceError; `doing` says what was tried, as in "listing s3://trail".

    Raises:
        SourceError: in place of any botocore error.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except SlowAnswerError as error:
        raise error.refused(doing) from error
    except ClientError as error:
        raise _refused(doing, error) from error
    except BotoCoreError as error:
        raise _unreachable(doing, error) from error
    except ResponseParserError as error:
        raise refusal("aws", "unreadable", transient=True, doing=doing) from error


def code_of(error: BaseException | None) -> str:
    """The code with which a service refused; empty for any other error."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _refused(doing: str, error: ClientError) -> SourceError:
    """A service answered, and said no."""
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", "")).strip()
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    named = next((kind for kind, codes in _codes().items() if code in codes), "")
    kind = named or ("transient" if status >= _SERVER_ERROR else "other")
    said = f"{code}: {message}" if message else code or "with an error"
    transient = kind == "transient"
    return refusal("aws", "other" if transient else kind, transient=transient, doing=doing, said=said)


def _unreachable(doing: str, error: BotoCoreError) -> SourceError:
    """The call never got an answer: no credentials, a broken profile, or no network."""
    from botocore import exceptions as boto

    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.CredentialRetrievalError):
        kind = "no credentials"
    elif isinstance(error, boto.ProfileNotFound | boto.ConfigParseError | boto.InvalidConfigError):
        kind = "bad profile"
    elif isinstance(error, boto.SSOError | boto.TokenRetrievalError | boto.LoginError):
        kind = "sign-in ended"
    else:
        kind = "unreachable"
    transient = isinstance(error, boto.HTTPClientError | boto.ConnectionError | boto.IncompleteReadError)
    return refusal("aws", kind, transient=transient, doing=doing, said=str(error).strip())


def as_json(answer: Any) -> bytes:
    """An answer of boto3 as it is kept: JSON, its times in ISO 8601."""
    return json.dumps(answer, default=_plain, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"an answer of AWS holds a {type(value).__name__}")
