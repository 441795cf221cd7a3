"""The script's Google steps, run by the real gcloud against the stand-in."""

import base64
import hashlib
import json
import os
import shutil
from datetime import timedelta
from types import SimpleNamespace

import pytest

from auditor.ledger import Removal
from auditor.model.handles import write_handle
from reports.cleanup import write_cleanup
from reports.cleanup.delete import write_delete
from tests import stand_ins
from tests.google_cloud import Cloud, Project
from tests.reports.cleanup.cases import CONFIG, audit, execute, finding, log

needs_gcloud = pytest.mark.skipif(shutil.which("gcloud") is None, reason="no gcloud here")
PIET, ROBOT = "user:piet@harbour.example", "ci@harbour-prod.iam.gserviceaccount.com"
UNTIL = {
    "expression": 'request.time < timestamp("2027-01-01T00:00:00Z") && resource.name != "a:::b, $(touch pwned)"',
    "title": "PAY-184, until 'January'",
    "description": "a=b, ^c^",
}
PROJECT = "projects/harbour-prod"


@pytest.fixture
def google(tmp_path, forked):
    """Harbour Shop's project with what Piet may do there, and a folder above it."""
    cloud = Cloud(
        projects={"harbour-prod": Project("harbour-prod", "4242", "folders/7")},
        parents={"folders/7": "organizations/9"},
        callers={"a-token": "mia@harbour.example"},
    )
    cloud.bind(PROJECT, "roles/run.admin", PIET, "user:mia@harbour.example")
    cloud.bind(PROJECT, "roles/run.admin", PIET, condition=UNTIL)
    cloud.bind("folders/7", "roles/viewer", PIET)
    name = f"{PROJECT}/serviceAccounts/{ROBOT}/keys/ab12"
    cloud.projects["harbour-prod"].robots[ROBOT] = {"email": ROBOT}
    cloud.projects["harbour-prod"].keys[ROBOT] = [{"name": name, "keyType": "USER_MANAGED"}]
    token = tmp_path / "token"
    token.write_text("a-token")
    with stand_ins.google(cloud) as served:
        environment = {
            "PATH": f"{forked('gcloud')}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
            "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
            "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
            "CLOUDSDK_CORE_ACCOUNT": "mia@harbour.example",
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER": f"{served.url}/",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_IAM": f"{served.url}/",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE": f"{served.url}/compute/v1/",
            "CLOUDSDK_API_ENDPOINT_OVERRIDES_OSLOGIN": f"{served.url}/",
        }
        yield SimpleNamespace(cloud=cloud, served=served, environment=environment)


def binding(kind="project", resource="harbour-prod", role="roles/run.admin", member=PIET, **condition):
    return write_handle("gcp", f"{kind}-binding", resource, resource=resource, member=member, role=role, **condition)


def key():
    return write_handle("gcp", "service-account-key", "harbour-prod", service_account=ROBOT, key="ab12")


def run(script, google, *options, **more):
    return execute(script, {**google.environment, **more}, *options)


def rights(google):
    """Every binding without its order, and the key's state."""
    held = {
        (resource, bound["role"], member, (bound.get("condition") or {}).get("title"))
        for resource, policy in google.cloud.policies.items()
        for bound in policy["bindings"]
        for member in bound["members"]
    }
    (one,) = google.cloud.projects["harbour-prod"].keys[ROBOT]
    return held, bool(one.get("disabled"))


@needs_gcloud
def test_bindings_with_and_without_condition_and_keys_go_and_come_back(google, tmp_path):
    handles = (binding(), binding(**UNTIL), binding("folder", "folders/7", "roles/viewer"), key())
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path / "scripts")
    before = rights(google)

    dry = run(made.script, google)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "4 would be done, 0 needed nothing, 0 need attention" in dry.stdout
    assert rights(google) == before

    # Somebody else writes the policy in between, once.
    google.served.fails("projects/harbour-prod:setIamPolicy", status=409, times=1, message="concurrent policy changes")
    done = run(made.script, google, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert rights(google) == ({(PROJECT, "roles/run.admin", "user:mia@harbour.example", None)}, True)
    assert log(tmp_path / "scripts")[-1]["caller"] == "mia@harbour.example"
    assert not list(tmp_path.rglob("pwned"))

    assert "0 done, 1 needed nothing" in run(made.script, google, "--apply", "--yes", "--only", "3").stdout
    undone = run(made.undo, google, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert rights(google) == before
    bound = [one for one in google.cloud.policies[PROJECT]["bindings"] if "condition" in one]
    assert [one["condition"] for one in bound] == [UNTIL]


def ssh_key(name):
    """A public key made up for a name, and its two names."""
    blob = b"\0\0\0\x0bssh-ed25519\0\0\0 " + name.encode().ljust(32, b"=")
    digest = hashlib.sha256(blob).digest()
    print_ = f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}", print_, digest.hex()


def in_metadata(name, print_, **where):
    return write_handle(
        "gcp", "metadata-ssh-key", "harbour-prod", item="ssh-keys", user=name, fingerprint=print_, **where
    )


@pytest.mark.parametrize(
    "where", [{}, {"zone": "europe-west3-a", "instance": "web-1"}], ids=["of the project", "of an instance"]
)
@needs_gcloud
def test_a_line_of_metadata_goes_and_comes_back_and_the_others_stay(google, tmp_path, where):
    piet, mia, other = ssh_key("piet"), ssh_key("mia"), ssh_key("other")
    stated = 'google-ssh {"userName":"piet@harbour.example","expireOn":"2027-01-01T00:00:00+0000"}'
    keys = f"mia:{mia[0]} mia\npiet:{piet[0]} {stated}\npiet:{other[0]} $(touch pwned)\noncall:{piet[0]} shared"
    project = google.cloud.projects["harbour-prod"]
    metadata = {"ssh-keys": keys, "enable-oslogin": "FALSE"}
    instance = {"name": "web-1", "metadata": metadata}
    if where:
        project.instances["europe-west3-a"] = [instance]
    else:
        project.metadata = metadata

    def lines():
        return (instance["metadata"] if where else project.metadata).get("ssh-keys", "").split("\n")

    made = write_cleanup(audit(finding(in_metadata("piet", piet[1], **where))), CONFIG, None, tmp_path / "scripts")
    dry = run(made.script, google)
    assert (dry.returncode, dry.stderr, "1 would be done" in dry.stdout) == (0, "", True), dry.stdout
    assert lines() == keys.split("\n")
    done = run(made.script, google, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert lines() == [line for line in keys.split("\n") if stated not in line]
    assert (instance["metadata"] if where else project.metadata)["enable-oslogin"] == "FALSE"
    assert "already gone" in run(made.script, google, "--apply", "--yes").stdout
    undone = run(made.undo, google, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert sorted(lines()) == sorted(keys.split("\n"))
    assert not list(tmp_path.rglob("pwned"))


@needs_gcloud
def test_the_last_line_of_metadata_takes_the_item_with_it(google, tmp_path):
    piet = ssh_key("piet")
    project = google.cloud.projects["harbour-prod"]
    project.metadata = {"ssh-keys": f"piet:{piet[0]} piet", "x": "1"}
    made = write_cleanup(audit(finding(in_metadata("piet", piet[1]))), CONFIG, None, tmp_path / "scripts")
    done = run(made.script, google, "--apply", "--yes")
    assert (done.returncode, project.metadata) == (0, {"x": "1"}), done.stdout
    run(made.undo, google, "--apply", "--yes")
    assert project.metadata == {"ssh-keys": f"piet:{piet[0]} piet", "x": "1"}


@needs_gcloud
def test_a_key_of_os_login_goes_and_comes_back_through_its_api(google, tmp_path):
    text, print_, name = ssh_key("piet")
    profile = {"sshPublicKeys": {name: {"key": f"{text} piet", "expirationTimeUsec": "1798761600000000"}}}
    google.cloud.profiles["piet@harbour.example"] = profile
    before = json.loads(json.dumps(profile))
    handle = write_handle(
        "gcp", "os-login-key", "harbour-prod", user="piet@harbour.example", key=name, fingerprint=print_
    )
    made = write_cleanup(audit(finding(handle)), CONFIG, None, tmp_path / "scripts")
    dry = run(made.script, google)
    assert (dry.returncode, dry.stderr, profile) == (0, "", before), dry.stdout
    done = run(made.script, google, "--apply", "--yes")
    assert (done.returncode, done.stderr, profile) == (0, "", {"sshPublicKeys": {}}), done.stdout
    assert "already gone" in run(made.script, google, "--apply", "--yes").stdout
    undone = run(made.undo, google, "--apply", "--yes")
    assert (undone.returncode, undone.stderr, profile) == (0, "", before), undone.stdout
    google.served.fails(f"sshPublicKeys/{name}", status=403, times=1)
    refused = run(made.script, google, "--apply", "--yes")
    assert (refused.returncode, "the OS Login API answered 403" in refused.stdout) == (1, True), refused.stdout


@pytest.mark.parametrize(
    "handle",
    [
        write_handle(
            "gcp", "metadata-ssh-key", "harbour-prod", item="sshKeys", user="piet", fingerprint="SHA256:" + "a" * 43
        ),
        write_handle(
            "gcp", "metadata-ssh-key", "harbour-prod", item="ssh-keys", user="a:b", fingerprint="SHA256:" + "a" * 43
        ),
        write_handle("gcp", "metadata-ssh-key", "harbour-prod", item="ssh-keys", user="piet", fingerprint="$(id)"),
        write_handle(
            "gcp", "os-login-key", "harbour-prod", user="p@x", key="../../x", fingerprint="SHA256:" + "a" * 43
        ),
        write_handle("gcp", "os-login-key", "harbour-prod", user="p/../q", key="ab", fingerprint="SHA256:" + "a" * 43),
    ],
)
def test_a_key_that_cannot_be_named_safely_is_left_to_people(handle, tmp_path):
    made = write_cleanup(audit(finding(handle)), CONFIG, None, tmp_path)
    assert (made.plan.steps, len(made.plan.by_hand)) == ((), 1)


@needs_gcloud
def test_a_key_that_was_disabled_long_ago_is_deleted_and_only_while_it_is_disabled(google, tmp_path):
    right = ("gcp", "service-account-key", "harbour-prod", "service_account", ROBOT, "ab12")
    night = audit()
    disabled = Removal(cleanup="c", step=1, time=night.audited_at - timedelta(days=20), finding="ab" * 8, right=right)
    script = write_delete(night, [disabled], CONFIG, timedelta(days=14), tmp_path / "scripts")
    keys = google.cloud.projects["harbour-prod"].keys[ROBOT]

    missed = run(script, google, "--apply", "--yes")
    assert (missed.returncode, "it is enabled again: somebody missed it" in missed.stdout) == (1, True), missed.stdout
    keys[0]["disabled"] = True
    dry = run(script, google)
    assert (dry.returncode, "1 would be done" in dry.stdout, len(keys)) == (0, True, 1)
    done = run(script, google, "--apply", "--yes", "--final", "1")
    assert (done.returncode, done.stderr, keys) == (0, "", []), done.stdout
    again = run(script, google, "--apply", "--yes", "--final", "1")
    assert (again.returncode, "already gone" in again.stdout) == (0, True), again.stdout


@needs_gcloud
def test_what_was_changed_is_the_runner_s_own_or_may_not_be_seen_stops_its_step(google, tmp_path):
    handles = (
        binding(expression="true", title="always"),
        binding(member="user:mia@harbour.example"),
        binding(resource="elsewhere"),
    )
    found = finding(*handles, person=None)
    made = write_cleanup(audit(found), CONFIG, [found.id], tmp_path / "scripts")
    before = rights(google)

    result = run(made.script, google, "--apply", "--yes")
    assert result.returncode == 1
    assert "STOPPED: its condition was changed after the audit" in result.stdout
    assert "LEFT OUT: it is your own: somebody else must take it away" in result.stdout
    assert "FAILED: ERROR: (gcloud.projects.get-iam-policy)" in result.stdout
    assert rights(google) == before

    nobody = run(made.script, google, "--only", "1", CLOUDSDK_CORE_ACCOUNT="")
    assert "NOT CHECKED: gcloud does not say who runs this" in nobody.stdout


def test_bindings_of_groups_and_odd_names_are_work_by_hand(tmp_path):
    handles = (
        binding(member="group:ops@harbour.example"),
        binding(member="domain:harbour.example"),
        binding(resource="--help"),
        binding(resource="a b"),
        binding(expression="a\nb", title="two lines"),
        write_handle("gcp", "resource-binding", "harbour-prod", resource="//storage.googleapis.com/x", role="r"),
    )
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path)
    assert made.plan.steps == ()
    assert len(made.plan.by_hand) == len(handles)


@pytest.mark.parametrize("title", [UNTIL["title"], "until then:", "#:::", "::"])
def test_a_condition_is_written_between_signs_that_it_does_not_hold(title, tmp_path):
    terms = {**UNTIL, "title": title}
    made = write_cleanup(audit(finding(binding(**terms))), CONFIG, None, tmp_path)
    condition = made.plan.steps[0].right.known["condition"]
    sign = condition[1:].partition("^")[0]
    assert condition.removeprefix(f"^{sign}^").split(sign) == [f"{name}={value}" for name, value in terms.items()]
