"""Signing in to AWS, and what is said when it fails."""

import pytest

from auditor.config.sources.aws import AwsLogin
from auditor.errors import SourceError
from collectors.aws.session import client, explained


@pytest.fixture
def nobody(monkeypatch, tmp_path):
    """A machine without any AWS credentials."""
    for name in (
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_DEFAULT_REGION",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_missing_credentials_are_a_sentence(nobody):
    with pytest.raises(SourceError, match="No AWS credentials were found") as caught, explained("listing buckets"):
        client(AwsLogin(endpoint_url="http://127.0.0.1:9"), "s3").list_buckets()
    assert "while listing buckets" in caught.value.what
    assert not caught.value.transient


def test_an_unknown_profile_is_a_sentence(nobody):
    with pytest.raises(SourceError, match=r"profile cannot be used.*nobody-knows-it"):
        client(AwsLogin(profile="nobody-knows-it"), "s3")


def test_an_endpoint_that_cannot_be_reached_is_worth_another_try(nobody, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    from botocore.exceptions import EndpointConnectionError

    with pytest.raises(SourceError, match="could not be reached") as caught, explained("listing buckets"):
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")
    assert caught.value.transient


@pytest.mark.parametrize(
    ("code", "status", "said", "transient"),
    [
        ("ExpiredToken", 400, "have expired", False),
        ("InvalidAccessKeyId", 403, "does not accept the credentials", False),
        ("SignatureDoesNotMatch", 403, "does not accept the credentials", False),
        ("AccessDenied", 403, "denied access", False),
        ("AccessDeniedException", 400, "denied access", False),
        ("NoSuchBucket", 404, "bucket does not exist", False),
        ("Throttling", 400, "AWS answered Throttling", True),
        ("SlowDown", 503, "AWS answered SlowDown", True),
        ("", 500, "AWS answered with an error", True),
        ("MalformedPolicy", 400, "AWS answered MalformedPolicy", False),
    ],
)
def test_every_refusal_is_a_sentence(code, status, said, transient):
    from botocore.exceptions import ClientError

    answer = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    with pytest.raises(SourceError, match=said) as caught, explained("reading"):
        raise ClientError(answer, "GetObject")
    assert caught.value.transient is transient


def test_a_role_is_assumed_with_the_login(nobody, monkeypatch):
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        login = AwsLogin(endpoint_url=f"http://{host}:{port}", role_arn="arn:aws:iam::444455556666:role/auditor")
        arn = client(login, "sts").get_caller_identity()["Arn"]
    finally:
        server.stop()
    assert arn == "arn:aws:sts::444455556666:assumed-role/auditor/production-access-auditor"
