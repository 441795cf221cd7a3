"""A made-up organisation on moto's server: an Identity Center, member accounts, and made-up credentials."""

import itertools
import json
import os
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest

from tests import stand_ins, waiting
from tests.aws_calls import BOUNDARIES, EVENTS, add_missing_calls

REGION = "eu-central-1"
NUMBERS = itertools.count(100_000_000_001)


@pytest.fixture(scope="session")
def server():
    # Else every account has 1,200 images and snapshots of moto's own, each of which is asked for whom it is shared with.
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
    add_missing_calls()
    with stand_ins.moto() as url:
        yield url


@pytest.fixture
def endpoint(server):
    EVENTS.clear()
    BOUNDARIES.clear()
    yield server
    check_rights(server, after=1_000_000)


@pytest.fixture
def aws(endpoint, monkeypatch, tmp_path):
    """The administrator of an organisation that no other test knows; its credentials are the only ones there are."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    account = f"{next(NUMBERS):012}"
    administrator = Aws(endpoint, account, session(endpoint, account))
    sign_in(monkeypatch, administrator.credentials)
    return administrator


def session(endpoint, account, role="OrganizationAccountAccessRole"):
    """An account's credentials: moto opens any account to anybody."""
    anybody = client(endpoint, "sts", REGION, "testing", "testing", None)
    arn = f"arn:aws:iam::{account}:role/{role}"
    return anybody.assume_role(RoleArn=arn, RoleSessionName="setting-up")["Credentials"]


def sign_in(monkeypatch, credentials):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials["SecretAccessKey"])
    monkeypatch.setenv("AWS_SESSION_TOKEN", credentials.get("SessionToken", ""))


def post(url, data=b""):
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(request, timeout=waiting.LIMIT).close()


def check_rights(endpoint, after):
    """The server checks rights from so many calls on."""
    post(f"{endpoint}/moto-api/reset-auth", str(after).encode())


@cache
def client(endpoint, service, region, key, secret, token):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )


@dataclass
class Aws:
    """The organisation's administrator."""

    endpoint: str
    account: str
    credentials: dict

    def client(self, service, region=REGION, credentials=None):
        known = credentials or self.credentials
        return client(
            self.endpoint, service, region, known["AccessKeyId"], known["SecretAccessKey"], known["SessionToken"]
        )

    def organisation(self, *names):
        """Member accounts; their ids in the same order."""
        organizations = self.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        made = [
            organizations.create_account(AccountName=name, Email=f"{number}@harbour.example")
            for number, name in enumerate(names)
        ]
        return [one["CreateAccountStatus"]["AccountId"] for one in made]

    def inside(self, account, service):
        """A client in a member account."""
        return self.client(service, credentials=session(self.endpoint, account))

    @property
    def instance(self):
        (instance,) = self.client("sso-admin").list_instances()["Instances"]
        return instance

    @property
    def on(self):
        return {"InstanceArn": self.instance["InstanceArn"]}

    @property
    def store(self):
        return {"IdentityStoreId": self.instance["IdentityStoreId"]}

    def person(self, name, email=None):
        emails = {"Emails": [{"Value": email, "Primary": True}]} if email else {}
        return self.client("identitystore").create_user(
            **self.store, UserName=name, DisplayName=name, Name={"GivenName": name, "FamilyName": "A"}, **emails
        )["UserId"]

    def group(self, name, *members):
        identitystore = self.client("identitystore")
        group = identitystore.create_group(**self.store, DisplayName=name)["GroupId"]
        for member in members:
            identitystore.create_group_membership(**self.store, GroupId=group, MemberId={"UserId": member})
        return group

    def permission_set(self, name, inline=None, managed=(), customer=()):
        sso = self.client("sso-admin")
        arn = sso.create_permission_set(Name=name, **self.on)["PermissionSet"]["PermissionSetArn"]
        here = {**self.on, "PermissionSetArn": arn}
        if inline:
            sso.put_inline_policy_to_permission_set(**here, InlinePolicy=json.dumps(inline))
        for policy in managed:
            sso.attach_managed_policy_to_permission_set(**here, ManagedPolicyArn=policy)
        for policy in customer:
            reference = {"Name": policy, "Path": "/"}
            sso.attach_customer_managed_policy_reference_to_permission_set(
                **here, CustomerManagedPolicyReference=reference
            )
        return arn

    def assign(self, account, permission_set, principal, kind="USER"):
        self.client("sso-admin").create_account_assignment(
            **self.on,
            TargetId=account,
            TargetType="AWS_ACCOUNT",
            PermissionSetArn=permission_set,
            PrincipalType=kind,
            PrincipalId=principal,
        )


@pytest.fixture
def sign_in_with(aws, endpoint, monkeypatch):
    """Sign in as somebody who holds one policy, with the server checking rights from then on."""

    def run(policy):
        iam = aws.client("iam")
        iam.create_user(UserName="auditor")
        iam.put_user_policy(UserName="auditor", PolicyName="audit", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="auditor")["AccessKey"]
        check_rights(endpoint, after=0)
        sign_in(monkeypatch, key)

    return run


class Failing:
    """Makes the server refuse calls that it would answer."""

    def __init__(self, monkeypatch):
        self._monkeypatch = monkeypatch

    def __call__(self, response, call, code, *, times=10**9, when=lambda asked: True, error=None):
        from moto.core.exceptions import JsonRESTError

        answer = getattr(response, call)
        left = [times]

        def refuse(handler):
            if left[0] and when(f"{handler.body} {handler.querystring}"):
                left[0] -= 1
                said = f"{code} by the test"
                raise (error or JsonRESTError)(code, said)
            return answer(handler)

        self._monkeypatch.setattr(response, call, refuse)


@pytest.fixture
def failing(monkeypatch):
    return Failing(monkeypatch)


@pytest.fixture
def cutting(endpoint):
    """The server behind a line that is cut in the middle of an answer, so many times for calls of that name."""
    left = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            request = urllib.request.Request(endpoint + self.path, data=body, headers=dict(self.headers), method="POST")
            try:
                answer = urllib.request.urlopen(request, timeout=waiting.LIMIT)
            except urllib.error.HTTPError as error:
                answer = error
            with answer:
                content, kind = answer.read(), answer.headers["Content-Type"]
            call = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            cut = left.get(call, 0) > 0
            left[call] = left.get(call, 0) - 1
            self.send_response(answer.status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if cut else content)
            self.close_connection = True

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def cut(call, times):
        left[call] = times
        return f"http://127.0.0.1:{server.server_port}"

    yield cut
    server.shutdown()
    server.server_close()
