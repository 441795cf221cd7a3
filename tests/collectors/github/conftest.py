import pytest

from tests import github_server
from tests.github_company import company


@pytest.fixture
def github(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", github_server.TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with github_server.running(company()) as server:
        yield server
