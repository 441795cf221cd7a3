"""SSH keys in metadata and OS Login, through Compute's own client library against the stand-in."""

import base64
import hashlib
import json

import pytest

from auditor.config.sources.google import GoogleSshKeys
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Policy
from collectors.google.metadata_keys import key_of
from collectors.google.ssh_keys import GoogleSshKeysCollector
from tests import stand_ins
from tests.collectors.google.cloud import found

PROJECT = "//compute.googleapis.com/projects/quay-shop"


def public(name):
    """A made-up public key and its fingerprint."""
    secret = hashlib.sha256(name.encode()).digest()
    blob = b"".join(len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", secret))
    print_ = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}", f"ssh-key:SHA256:{print_}"


NINA, SAM = public("nina"), public("sam")
BRIEF = 'google-ssh {"userName":"Nina@quay.example","expireOn":"2026-03-01T10:00:00+0000"}'


@pytest.fixture
def google():
    with stand_ins.google(found()) as served:
        yield served


@pytest.fixture
def shop(google):
    return google.cloud.projects["quay-shop"]


@pytest.fixture
def read(google, context, collect):
    def run():
        source = GoogleSshKeys(name="gcp-keys", kind="gcp-ssh-keys", project="quay-shop", endpoint_url=google.url)
        return collect(GoogleSshKeysCollector(source, context))

    return run


def instance(name, **metadata):
    return {
        "name": name,
        "id": "77",
        "status": "RUNNING",
        "metadata": {key.replace("_", "-"): value for key, value in metadata.items()},
    }


def keys(got):
    return {(row.credential, row.account): row for row in got.rows(Credential)}


def test_a_key_of_the_project_opens_its_login_on_every_instance(read, shop):
    shop.metadata = {"ssh-keys": f"nina:{NINA[0]} nina@laptop\nsam:{SAM[0]}\n"}
    shop.instances = {"europe-west3-a": [instance("web-1")]}
    got = read()
    key = keys(got)[NINA[1], "ssh:nina@quay-shop"]
    assert (key.resource, key.enabled, key.comment, key.expires_at) == (PROJECT, True, "nina@laptop", None)
    assert json.loads(key.handle)["type"] == "metadata-ssh-key"
    assert {row.principal for row in got.rows(Grant)} == {"ssh:nina@quay-shop", "ssh:sam@quay-shop"}
    assert got.coverage[0].status == "ok"


def test_googles_own_keys_say_whose_they_are_and_until_when(read, shop):
    shop.metadata = {"ssh-keys": f"nina_quay:{NINA[0]} {BRIEF}"}
    got = read()
    (key,), (account,) = got.rows(Credential), got.rows(Account)
    assert (key.expires_at.hour, key.comment) == (10, "Nina@quay.example")
    assert account.email == "nina@quay.example"


@pytest.mark.parametrize(
    ("project", "instances", "usable"),
    [
        ({}, [instance("web-1")], True),
        ({}, [], False),
        ({}, [instance("web-1", block_project_ssh_keys="TRUE")], False),
        ({}, [instance("web-1", block_project_ssh_keys="TRUE"), instance("web-2")], True),
        ({"enable-oslogin": "TRUE"}, [instance("web-1")], False),
        ({"enable-oslogin": "TRUE"}, [instance("web-1", enable_oslogin="false")], True),
        ({}, [instance("web-1", enable_oslogin="true")], False),
        ({}, [instance("web-1", sshKeys="")], False),
    ],
)
def test_whether_a_key_of_the_project_opens_anything(read, shop, project, instances, usable):
    shop.metadata = {"ssh-keys": f"nina:{NINA[0]}", **project}
    shop.instances = {"europe-west3-a": instances}
    assert keys(read())[NINA[1], "ssh:nina@quay-shop"].enabled is usable


def test_an_instance_has_keys_of_its_own(read, shop):
    shop.instances = {
        "europe-west3-a": [instance("web-1", ssh_keys=f"sam:{SAM[0]}")],
        "europe-west3-b": [instance("web-2", sshKeys=f"nina:{NINA[0]}", enable_oslogin="TRUE")],
    }
    found_keys = keys(read())
    own, old = found_keys[SAM[1], "ssh:sam@web-1"], found_keys[NINA[1], "ssh:nina@web-2"]
    assert own.resource == f"{PROJECT}/zones/europe-west3-a/instances/web-1"
    assert (own.enabled, old.enabled) == (True, False)
    assert json.loads(own.handle)["zone"] == "europe-west3-a"


def test_the_switches_are_kept(read, shop):
    shop.metadata = {"enable-oslogin": "TRUE"}
    shop.instances = {"europe-west3-a": [instance("web-1", block_project_ssh_keys="true")]}
    switches = {row.name: json.loads(row.document) for row in read().rows(Policy)}
    assert switches == {"quay-shop": {"enable-oslogin": True}, "web-1": {"block-project-ssh-keys": True}}


def test_where_os_login_is_on_profiles_of_members_are_read(read, shop, google):
    shop.metadata = {"enable-oslogin": "TRUE"}
    google.cloud.profiles["nina@quay.example"]["sshPublicKeys"] = {
        "a": {"key": f"{NINA[0]} laptop", "expirationTimeUsec": "1772359200000000", "fingerprint": "a"},
        "b": {"key": "garbage"},
    }
    got = read()
    key = keys(got)[NINA[1], "user:nina@quay.example"]
    assert (key.comment, key.expires_at.year) == ("laptop", 2026)
    assert got.coverage[0].rejected == 1
    assert any(request.path.endswith("/loginProfile") for request in google.requests)


def test_where_os_login_is_off_nobody_is_asked_for(read, google):
    read()
    assert not [request for request in google.requests if "loginProfile" in request.path]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("loginProfile", "OS Login profile of nina@quay.example"),
        ("getIamPolicy", "whose OS Login profiles to read is not known"),
    ],
)
def test_profiles_that_cannot_be_read_are_said(read, shop, google, pattern, said):
    shop.metadata = {"enable-oslogin": "TRUE", "ssh-keys": f"sam:{SAM[0]}"}
    google.fails(pattern)
    got = read()
    assert said in got.coverage[0].reason
    assert got.coverage[0].status == "partial"
    assert len(got.rows(Credential)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "no colon",
        "nina:",
        "nina:ssh-ed25519",
        "nina:ssh-ed25519 AAAA!!",
        f"nina:{NINA[0]} google-ssh {{broken}}",
        f'nina:{NINA[0]} google-ssh {{"expireOn":"soon"}}',
        f"\u202e\x00 x:{NINA[0]}",
    ],
)
def test_a_line_that_is_no_key_costs_only_itself(read, shop, line):
    with pytest.raises(ValueError, match=r"."):
        key_of(line)
    shop.metadata = {"ssh-keys": f"{line}\nsam:{SAM[0]}"}
    got = read()
    assert [row.credential for row in got.rows(Credential)] == [SAM[1]]
    assert (got.coverage[0].rejected, got.coverage[0].status) == (1, "partial")


def test_many_instances_come_in_pages(read, shop, google):
    shop.instances = {"europe-west3-a": [instance(f"web-{n}", ssh_keys=f"sam:{SAM[0]}") for n in range(700)]}
    assert len(read().rows(Credential)) == 700
    assert len([r for r in google.requests if r.path.endswith("/aggregated/instances")]) == 2


def test_a_project_that_cannot_be_read_is_a_failed_source(read, google):
    google.fails("aggregated", message="Compute Engine API has not been used in project 4242")
    with pytest.raises(SourceError, match="has not been used"):
        read()


def test_what_a_row_came_from_can_be_shown(read, shop, context, google):
    shop.instances = {"europe-west3-a": [instance("web-1"), instance("web-2", ssh_keys=f"sam:{SAM[0]}")]}
    got = read()
    (key,) = got.rows(Credential)
    raw = next(raw for raw in got.batches[0] if raw.origin == key.origin)
    assert "web-2" in GoogleSshKeysCollector.quote(raw.load(), key.record)


@pytest.mark.golden
def test_what_metadata_tells_is_told_whole(read, shop, google, told_whole):
    shop.metadata = {"enable-oslogin": "TRUE", "ssh-keys": f"nina_quay:{NINA[0]} {BRIEF}\nsam:garbage"}
    shop.instances = {"europe-west3-a": [instance("web-1", ssh_keys=f"sam:{SAM[0]}", enable_oslogin="false")]}
    usable = {"key": f"{NINA[0]} laptop", "expirationTimeUsec": "1772359200000000", "fingerprint": "a"}
    google.cloud.profiles["nina@quay.example"]["sshPublicKeys"] = {"a": usable}
    told_whole("gcp-ssh-keys", read(), google.calls, server=google.url)
