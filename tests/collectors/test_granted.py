"""What a login lacks of the permissions that its source needs, as providers tell."""

import pytest
from flask import Flask, Response, request

from auditor.config.sources.aws import AwsCloudTrail, AwsIam
from auditor.config.sources.gitlab import GitlabAccess
from auditor.config.sources.google import GoogleAuditLogs, GoogleIam
from auditor.demo.gitlab.server import gitlab
from auditor.demo.gitlab.state import State, Token
from auditor.demo.serving import served
from auditor.errors import SourceError
from collectors.granted import lacking

ROLE = "arn:aws:sts::111122223333:assumed-role/auditor/night"


def aws(allowed, arn=ROLE):
    """AWS as far as it tells whose credentials these are, and what they may call."""
    app = Flask(__name__)

    @app.post("/")
    def answer():
        form = request.form
        if form["Action"] == "GetCallerIdentity":
            told = f"<Arn>{arn}</Arn><UserId>A</UserId><Account>111122223333</Account>"
            return _xml("GetCallerIdentity", "https://sts.amazonaws.com/doc/2011-06-15/", told)
        if allowed is None:
            denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
            return Response(denied, 403, mimetype="text/xml")
        assert form["PolicySourceArn"] == "arn:aws:iam::111122223333:role/auditor"
        names = [value for name, value in form.items() if name.startswith("ActionNames.")]
        decided = "".join(
            f"<member><EvalActionName>{name}</EvalActionName>"
            f"<EvalDecision>{'allowed' if name in allowed else 'implicitDeny'}</EvalDecision></member>"
            for name in names
        )
        told = f"<IsTruncated>false</IsTruncated><EvaluationResults>{decided}</EvaluationResults>"
        return _xml("SimulatePrincipalPolicy", "https://iam.amazonaws.com/doc/2010-05-08/", told)

    return app


def _xml(action, namespace, told):
    text = f'<{action}Response xmlns="{namespace}"><{action}Result>{told}</{action}Result></{action}Response>'
    return Response(text, mimetype="text/xml")


@pytest.fixture
def keys(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "demo")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "demo")


@pytest.mark.usefixtures("keys")
def test_aws_simulates_what_the_login_may_call(context):
    held = {"iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport"}
    with served(aws(held)) as url:
        found = lacking(
            AwsIam(name="iam", kind="aws-iam", account="111122223333", region="eu-central-1", endpoint_url=url), context
        )
    assert "iam:ListAccessKeys" in found
    assert not held & set(found)
    assert not [one for one in found if one.startswith(("organizations:", "sts:"))]


@pytest.mark.usefixtures("keys")
def test_of_a_trail_only_what_its_way_of_reading_takes_is_asked_for(context):
    there = {"name": "trail", "kind": "aws-cloudtrail", "region": "eu-central-1"}
    with served(aws(set())) as url:
        bucket = lacking(AwsCloudTrail(**there, bucket="trail", endpoint_url=url), context)
        history = lacking(AwsCloudTrail(**there, lookup=True, endpoint_url=url), context)
    assert {"s3:ListBucket", "s3:GetObject"} <= set(bucket)
    assert "cloudtrail:LookupEvents" not in bucket
    assert "cloudtrail:LookupEvents" in history
    assert not [one for one in history if one.startswith("s3:")]


@pytest.mark.usefixtures("keys")
def test_root_may_do_all_and_who_may_not_ask_is_told(context):
    there = {"name": "iam", "kind": "aws-iam", "account": "111122223333", "region": "eu-central-1"}
    with served(aws(set(), "arn:aws:iam::111122223333:root")) as url:
        assert lacking(AwsIam(**there, endpoint_url=url), context) == []
    with served(aws(None)) as url, pytest.raises(SourceError, match="iam:SimulatePrincipalPolicy"):
        lacking(AwsIam(**there, endpoint_url=url), context)


def google(held, elsewhere=()):
    """Resource Manager, which refuses to be asked for permissions that exist on other kinds of places."""
    app = Flask(__name__)

    @app.post("/v3/projects/<path:asked>")
    def answer(asked):
        permissions = request.get_json()["permissions"]
        assert asked == "harbour:testIamPermissions"
        if set(permissions) & set(elsewhere):
            return {"error": {"code": 400, "message": "is not valid for this resource"}}, 400
        return {"permissions": [one for one in permissions if one in held]}

    return app


def test_google_is_asked_which_permissions_the_login_has(context):
    with served(google({"logging.logEntries.list"})) as url:
        logs = GoogleAuditLogs(name="logs", kind="gcp-audit-logs", project="harbour", endpoint_url=url)
        assert lacking(logs, context) == ["logging.privateLogEntries.list"]


def test_a_permission_that_does_not_exist_there_spoils_no_answer(context):
    with served(google({"iam.roles.get"}, elsewhere=("cloudasset.assets.searchAllIamPolicies",))) as url:
        found = lacking(GoogleIam(name="iam", kind="gcp-iam", scope="projects/harbour", endpoint_url=url), context)
    assert "resourcemanager.projects.getIamPolicy" in found
    assert not {"iam.roles.get", "cloudasset.assets.searchAllIamPolicies"} & set(found)
    assert not [one for one in found if one.startswith(("resourcemanager.folders", "resourcemanager.organizations"))]


def narrow():
    """A GitLab whose token may read repositories alone."""
    app = Flask(__name__)
    app.add_url_rule("/api/v4/personal_access_tokens/self", view_func=lambda: {"scopes": ["read_repository"]})
    return app


@pytest.mark.parametrize(
    ("server", "found"),
    [
        (gitlab(State(tokens={"t": Token(1, scopes=("api",), number=9)})), []),
        (gitlab(State(tokens={"t": Token(1, scopes=("read_api",), number=9)})), []),
        (narrow(), ["the scope read_api"]),
    ],
)
def test_gitlabs_token_tells_its_scopes(context, monkeypatch, server, found):
    monkeypatch.setenv("FORGE_TOKEN", "t")
    with served(server) as url:
        forge = GitlabAccess(name="forge", kind="gitlab-access", url=url, token_env="FORGE_TOKEN", groups=("harbour",))
        assert lacking(forge, context) == found


def test_a_file_has_no_login(context):
    assert lacking(AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="logs/"), context) is None
