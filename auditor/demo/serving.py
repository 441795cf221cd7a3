"""Servers on loopback, and the environment that the audit finds them by, each for as long as a block lasts."""

import logging
import os
import random
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Thread
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_ENDS_WITHIN = 0.05  # seconds


@contextmanager
def served(app: "WSGIApplication", ends_within: float = _ENDS_WITHIN) -> Iterator[str]:
    """An application over HTTP, which ends within so many seconds; yields the URL where it answers."""
    # The server logs every request as if it were news.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, args=(ends_within,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def free_port(address: str) -> int:
    """One below those that systems hand out: nobody else is given it before the server listens there."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((address, port))
            return port


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Other environment variables; None takes one away."""
    before = {name: os.environ.get(name) for name in changes}
    _set(changes)
    try:
        yield
    finally:
        _set(before)


def _set(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
