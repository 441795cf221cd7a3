"""Jira and GitHub on loopback: answers that a test gives, over real HTTP."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest


class Forge(ThreadingHTTPServer):
    """Answers each path by the function that stands for it: query -> content, or (status, content, headers)."""

    daemon_threads = True

    def __init__(self, token):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.token = token
        self.answers = {}
        self.calls = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, *_):
        pass

    def do_GET(self):
        split = urlsplit(self.path)
        query = dict(parse_qsl(split.query))
        self.server.calls.append((unquote(split.path), query))
        found = self.server.answers.get(unquote(split.path), lambda _: (404, {"message": "Not Found"}, {}))
        said = self.headers.get("Authorization", "")
        answer = found(query) if said.endswith(self.server.token) else (401, {"message": "Bad credentials"}, {})
        status, content, headers = answer if isinstance(answer, tuple) else (200, answer, {})
        self.send(status, content if isinstance(content, bytes) else json.dumps(content).encode(), headers)

    def send(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)
        if int(headers.get("Content-Length", len(body))) > len(body):
            self.close_connection = True


@contextmanager
def _running(token):
    server = Forge(token)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def forge(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("FORGE_TOKEN", "not-a-real-token")
    with _running("not-a-real-token") as server:
        yield server
