"""The stand-in's HTTP side: who calls, what they may, and answers in pages.

It models the REST API v4 of GitLab 18.3, after that version's documentation: token scopes, offset and keyset paging
with their headers, encoded project paths, redirects of renamed projects, 403 for features of a paid tier, 429 with
Retry-After where the caller has it so.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from auditor.demo.gitlab.answers import Answer, Call, answered
from auditor.demo.gitlab.state import State, Token

_BASE = "/api/v4/"
_MOST = 100
_WRITING = ("api",)
_READING = ("api", "read_api")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one piece: in two, the second would wait for the first one's receipt.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name for it
        """Every call is kept in `calls` instead."""

    def _answer(self) -> None:
        split = urlsplit(self.path)
        self.server.calls.append(f"{self.command} {self.path}")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if any(fault(self, split.path) for fault in self.server.state.faults):
            return
        with self.server.lock:
            answer = self._throttled() or self._found(split.path, dict(parse_qsl(split.query)), body)
        self.send(answer)

    def _throttled(self) -> Answer | None:
        state = self.server.state
        if not state.throttled:
            return None
        state.throttled -= 1
        waits = {"Retry-After": str(state.retry_after), "RateLimit-Remaining": "0"}
        return Answer(HTTPStatus.TOO_MANY_REQUESTS, {"message": "429 Too Many Requests"}, waits)

    def _found(self, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        token = self._token()
        if token is None:
            return Answer(HTTPStatus.UNAUTHORIZED, {"message": "401 Unauthorized"})
        allowed = _READING if self.command in ("GET", "HEAD") else _WRITING
        if not set(token.scopes) & set(allowed):
            said = "The request requires higher privileges than provided by the access token."
            return Answer(
                HTTPStatus.FORBIDDEN,
                {"error": "insufficient_scope", "error_description": said, "scope": " ".join(allowed)},
            )
        if not path.startswith(_BASE):
            return Answer(HTTPStatus.NOT_FOUND, {"error": "404 Not Found"})
        parts = tuple(unquote(part) for part in path.removeprefix(_BASE).strip("/").split("/"))
        call = Call(self.command, parts, query, _content(body), token, self.server.url)
        answer = answered(self.server.state, call)
        return self._page(path, query, answer) if isinstance(answer.content, list) else answer

    def _token(self) -> Token | None:
        said = self.headers.get("PRIVATE-TOKEN") or self.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.server.state.tokens.get(said)

    def _page(self, path: str, query: Mapping[str, str], answer: Answer) -> Answer:
        size = min(int(query.get("per_page", 20)), _MOST)
        if query.get("pagination") == "keyset":
            return self._keyset_page(path, query, answer, size)
        number, records = int(query.get("page", 1)), answer.content
        pages = max(1, -(-len(records) // size))
        headers = {
            "X-Page": str(number),
            "X-Per-Page": str(size),
            "X-Total": str(len(records)),
            "X-Total-Pages": str(pages),
            "X-Prev-Page": str(number - 1) if number > 1 else "",
            "X-Next-Page": str(number + 1) if number < pages else "",
        }
        links = {"prev": number - 1, "next": number + 1, "first": 1, "last": pages}
        headers["Link"] = ", ".join(
            f'<{self._url(path, query, page=str(page))}>; rel="{name}"'
            for name, page in links.items()
            if 1 <= page <= pages
        )
        shown = records[(number - 1) * size : number * size]
        return Answer(answer.status, shown, {**headers, **answer.headers})

    def _keyset_page(self, path: str, query: Mapping[str, str], answer: Answer, size: int) -> Answer:
        """By keyset there are no numbers, only the way to the next page, until a page is empty."""
        if not answer.keyset or "order_by" not in query:
            said = "Keyset pagination is not yet available for this type of request"
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": said})
        records, after = answer.content, int(query.get("cursor", 0))
        shown = records[after : after + size]
        headers = dict(answer.headers)
        if shown:
            headers["Link"] = f'<{self._url(path, query, cursor=str(after + len(shown)))}>; rel="next"'
        return Answer(answer.status, shown, headers)

    def _url(self, path: str, query: Mapping[str, str], **changed: str) -> str:
        return f"{self.server.url}{path}?{urlencode({**query, **changed})}"

    def send(self, answer: Answer) -> None:
        """Write an answer; faults use it too."""
        content = b"" if answer.content is None else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, state: State) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.state = state
        self.calls: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def gitlab(state: State) -> Iterator[_Server]:
    """The server for as long as the block lasts: `url` is where it answers, `calls` what it was asked."""
    server = _Server(state)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def _content(body: bytes) -> dict[str, Any]:
    """What a call sent: JSON as python-gitlab writes it, or a form as curl does."""
    if body.lstrip().startswith(b"{"):
        content = json.loads(body)
        return content if isinstance(content, dict) else {}
    return dict(parse_qsl(body.decode("utf-8", "replace")))
