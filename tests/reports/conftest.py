"""Harbour Shop, the fictional company whose reports these tests make, and a real IAM to clean up."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares text with a golden file, or renews it when AUDITOR_RENEW_SNAPSHOTS=1."""

    def compare(name: str, text: str) -> None:
        place = GOLDEN / name
        if os.environ.get("AUDITOR_RENEW_SNAPSHOTS") == "1":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        assert text == place.read_text(encoding="utf-8"), f"{name} differs; `make snapshots` renews it"

    return compare


@pytest.fixture(scope="session")
def moto_server():
    """moto's server on loopback, for as long as the tests run; gives its URL."""
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
