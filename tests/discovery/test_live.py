"""Sources made of the few words that somebody gives, and what a terminal asks."""

import pytest
from moto.server import ThreadedMotoServer

from auditor.discovery.evidence import configured
from auditor.discovery.live import live_sources


@pytest.fixture
def profile(tmp_path, monkeypatch):
    """A profile that signs in to AWS's stand-in."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    (tmp_path / "config").write_text("[profile audit]\nregion = eu-central-1\n")
    (tmp_path / "credentials").write_text("[audit]\naws_access_key_id = demo\naws_secret_access_key = demo\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield "audit"
    server.stop()


def test_a_profile_tells_its_account(profile, tmp_path):
    sources = live_sources([("aws", (profile,))])
    assert {one["kind"]: one.get("account") for one in sources} == {
        "aws-iam": "123456789012",
        "aws-cloudtrail": None,
        "aws-resources": "123456789012",
        "aws-resource-policies": "123456789012",
    }
    assert all(one["profile"] == profile for one in sources)
    configured({"organisation": "unknown", "sources": sources}, tmp_path)


def test_each_family_has_sources_of_its_own_names(tmp_path):
    given = {
        "gcp": ("shop", "data"),
        "gitlab": ("https://gitlab.harbour.example/harbour/web",),
        "github": ("harbour/ops",),
        "ssh": ("web-1.harbour.example", "web-2.harbour.example"),
        "aws": (),
    }
    config = configured({"organisation": "unknown", "sources": live_sources(given.items())}, tmp_path)
    assert [source.name for source in config.sources] == [
        *("gcp", "gcp-keys", "gcp-logs", "gcp-2", "gcp-keys-2", "gcp-logs-2"),
        *("gitlab", "tickets", "host-keys", "logins"),
    ]
    forge = next(source for source in config.sources if source.name == "gitlab")
    assert (str(forge.url).rstrip("/"), forge.groups) == ("https://gitlab.harbour.example", ("harbour/web",))
