"""The stand-in keeps state as Google does: versions, etags, and a log of what was changed."""

import json
import os
import shutil
import subprocess

import pytest

from tests import stand_ins, waiting
from tests.collectors.google.cloud import found

SHOP = "/v1/projects/quay-shop"


@pytest.fixture
def google():
    with stand_ins.google(found()) as served:
        yield served


def policy(google, version=3):
    return google.ask("POST", f"{SHOP}:getIamPolicy", body={"options": {"requestedPolicyVersion": version}})[1]


def put(google, wanted):
    return google.ask("POST", f"{SHOP}:setIamPolicy", body={"policy": wanted})


def refusal(answer):
    """Status, word and sentence of a refusal."""
    status, content = answer
    assert status == content["error"]["code"]
    return status, content["error"]["status"], content["error"]["message"]


def test_without_version_3_conditions_are_dropped_and_roles_come_back_mangled(google):
    roles = [binding["role"] for binding in policy(google, 1)["bindings"]]
    assert any(role.startswith("roles/owner_withcond_") for role in roles)
    assert "roles/owner" in [binding["role"] for binding in policy(google)["bindings"]]


def test_a_policy_changed_meanwhile_is_not_written_over(google):
    first = policy(google)
    put(google, {**first, "bindings": first["bindings"][:1]})
    assert refusal(put(google, first))[:2] == (409, "ABORTED")


def test_conditions_need_version_3(google):
    status, _, said = refusal(put(google, {**policy(google), "version": 1}))
    assert (status, "version to 3" in said) == (400, True)


def test_a_change_of_policy_is_in_the_log(google):
    whole = policy(google)
    put(google, {**whole, "bindings": [b for b in whole["bindings"] if b["role"] != "roles/owner"]})
    (logged,) = google.cloud.projects["quay-shop"].entries
    (delta,) = logged["protoPayload"]["serviceData"]["policyDelta"]["bindingDeltas"]
    assert (delta["action"], delta["role"], delta["condition"]["title"]) == ("REMOVE", "roles/owner", "JIT")


def test_project_metadata_is_replaced_as_a_whole_and_only_from_a_fresh_read(google):
    google.cloud.projects["quay-shop"].metadata = {"ssh-keys": "nina:ssh-ed25519 AAAA", "other": "1"}
    read = google.ask("GET", "/compute/v1/projects/quay-shop")[1]["commonInstanceMetadata"]
    write = {"fingerprint": read["fingerprint"], "items": [{"key": "other", "value": "2"}]}
    whole = "/compute/v1/projects/quay-shop/setCommonInstanceMetadata"
    assert google.ask("POST", whole, body=write)[0] == 200
    assert google.cloud.projects["quay-shop"].metadata == {"other": "2"}
    assert "fingerprint" in refusal(google.ask("POST", whole, body=write))[2]


def test_bad_tokens_filters_and_unknown_addresses_are_refused(google):
    unclear = {"resourceNames": ["projects/quay-shop"], "filter": "no such = thing"}
    assert refusal(google.ask("GET", "/v1/organizations/9:searchAllIamPolicies", {"pageToken": "?"}))[0] == 400
    assert refusal(google.ask("POST", "/v2/entries:list", body=unclear))[0] == 400
    assert refusal(google.ask("DELETE", "/v1/projects/quay-shop"))[0] == 405
    assert refusal(google.ask("GET", "/v1/nothing"))[0] == 404


@pytest.fixture
def gcloud(google, tmp_path, forked):
    if shutil.which("gcloud") is None:
        pytest.skip("gcloud is not on this machine")
    token = tmp_path / "token"
    token.write_text("auditor-token")
    services = {"CLOUDRESOURCEMANAGER": "", "CLOUDASSET": "", "IAM": "", "LOGGING": "", "COMPUTE": "compute/v1/"}
    settings = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{name}": f"{google.url}/{path}" for name, path in services.items()}
    settings |= {
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        "CLOUDSDK_CONFIG": str(tmp_path / "config"),
        "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_CORE_PROJECT": "quay-shop",
        "NO_PROXY": "127.0.0.1",
    }

    def run(*arguments):
        done = subprocess.run(
            [forked("gcloud") / "gcloud", *arguments],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            timeout=waiting.LIMIT,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_gcloud_takes_a_conditional_binding_away_once(gcloud, google):
    # The delimiter must stand nowhere in the condition; a colon does, in the time.
    condition = (
        '^|^expression=request.time < timestamp("2026-03-01T13:00:00Z")|title=JIT'
        "|description=Approved by tom@quay.example, justification: PAY-7"
    )
    remove = (
        "projects",
        "remove-iam-policy-binding",
        "quay-shop",
        "--member=user:nina@quay.example",
        "--role=roles/owner",
        f"--condition={condition}",
    )
    status, _, said = gcloud(*remove)
    assert status == 0, said
    assert "roles/owner" not in {binding["role"] for binding in policy(google)["bindings"]}
    status, _, said = gcloud(*remove)
    assert (status, "not found" in said) == (1, True)


def test_gcloud_makes_the_dump_that_the_collector_reads(gcloud):
    status, told, said = gcloud("asset", "search-all-iam-policies", "--scope=projects/quay-shop", "--format=json")
    assert status == 0, said
    assert {record["resource"] for record in json.loads(told)} == {
        "//cloudresourcemanager.googleapis.com/projects/quay-shop",
        "//storage.googleapis.com/shop-media",
    }
