"""What holds for every test."""

import gc
import importlib
import json
import signal
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import database_servers
from tests.forking import programs
from tests.layout import CHROMIUM

# A busy machine makes examples slow, and no test wrong.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

TOKEN = "t0ken-of-the-hook"


@pytest.fixture
def hook():
    """A web hook's address, and what was sent to it."""
    with listening() as told:
        yield told


@contextmanager
def listening():
    """A web hook for as long as the block lasts: its address, and what was sent to it."""
    sent = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self):
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"json://auditor:{TOKEN}@127.0.0.1:{server.server_port}/findings", sent
    server.shutdown()
    server.server_close()


@pytest.fixture
def browser():
    """A real browser, in which a test opens pages."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        running = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def forked():
    """Gives a folder for PATH where the real aws, gcloud or gitlab starts at once."""
    with programs.forked() as folder_of:
        yield folder_of


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL of this worker's own."""
    if why := database_servers.missing_postgres():
        pytest.skip(why)
    with database_servers.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb():
    """A MariaDB of this worker's own."""
    if why := database_servers.missing_mariadb():
        pytest.skip(why)
    with database_servers.mariadb() as server:
        yield server


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session):
    """Let each worker begin with modules of its own: in a fresh clone the others then find those compiled already.

    All collect the same ones in the same order, and would compile each of them at the same time.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None:
        return
    modules = sorted(path for place in session.config.args for path in Path(place).rglob("test_*.py"))
    number = int(worker["workerid"].removeprefix("gw"))
    for path in modules[number :: worker["workercount"]]:
        name = ".".join(path.resolve().relative_to(session.config.rootpath).with_suffix("").parts)
        with suppress(Exception, pytest.skip.Exception):  # collecting it says why it cannot be imported
            importlib.import_module(name)


def pytest_collection_finish():
    """From here on, look for garbage in what the tests make, and not again in every module and test there is."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Begin with the demo: a worker that is given some of its tests at the end waits a minute for the one that runs it."""
    items.sort(key=lambda item: "demo" not in getattr(item, "fixturenames", ()))


def pytest_configure():
    """Let tests interrupt what they start: a shell's background job, and its children, ignore SIGINT from birth.

    A worker holds every module and client of the program: to look for garbage in all of it less often saves time, and
    while tests are collected hardly any is made.
    """
    gc.disable()
    gc.set_threshold(50_000, 50, 50)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure():
    """What DuckDB holds counts as leaked if nobody looks for it at the end."""
    gc.unfreeze()
