"""The stand-in's HTTP side: who calls, what they may, and answers in pages.

It models the REST API v4 of GitLab 18.3, after that version's documentation: token scopes, offset and keyset paging
with their headers, encoded project paths, redirects of renamed projects, 403 for features of a paid tier.
"""

import json
from http import HTTPStatus
from threading import Lock
from urllib.parse import unquote, urlencode

from flask import Flask, Response, request

from auditor.demo.gitlab.answers import Answer, answered, changed
from auditor.demo.gitlab.state import State, Token

STATE = "state"
"""The extension of the application that holds the `State`."""
_BASE = "/api/v4/"
_MOST = 100
_WRITING = ("api",)
_READING = ("api", "read_api")


def gitlab(state: State) -> Flask:
    """GitLab as an application; `served` puts it on this machine."""
    app = Flask(__name__, static_folder=None)
    app.extensions[STATE] = state
    one_at_a_time = Lock()

    @app.route("/<path:_>", methods=["GET", "POST", "PUT", "DELETE"])
    def answer(_: str) -> Response:
        with one_at_a_time:
            return _written(_answer(app.extensions[STATE]))

    return app


def _written(answer: Answer) -> Response:
    content = None if answer.content is None else json.dumps(answer.content)
    return Response(content, answer.status, answer.headers, content_type="application/json")


def _answer(state: State) -> Answer:
    token = state.tokens.get(
        request.headers.get("PRIVATE-TOKEN") or request.headers.get("Authorization", "").removeprefix("Bearer ")
    )
    if token is None:
        return Answer(HTTPStatus.UNAUTHORIZED, {"message": "401 Unauthorized"})
    allowed = _READING if request.method in ("GET", "HEAD") else _WRITING
    if not set(token.scopes) & set(allowed):
        said = "The request requires higher privileges than provided by the access token."
        error = {"error": "insufficient_scope", "error_description": said, "scope": " ".join(allowed)}
        return Answer(HTTPStatus.FORBIDDEN, error)
    path = _path()
    if not path.startswith(_BASE):
        return Answer(HTTPStatus.NOT_FOUND, {"error": "404 Not Found"})
    parts = tuple(unquote(part) for part in path.removeprefix(_BASE).strip("/").split("/"))
    return changed(state, parts) if allowed is _WRITING else _found(state, token, parts)


def _found(state: State, token: Token, parts: tuple[str, ...]) -> Answer:
    answer = answered(state, token, parts)
    if not isinstance(answer.content, list):
        return answer
    size = min(int(request.args.get("per_page", 20)), _MOST)
    return _keyset_page(answer, size) if request.args.get("pagination") == "keyset" else _page(answer, size)


def _path() -> str:
    """The path as it was sent: in a decoded one, a project's encoded path has more parts."""
    raw: str = request.environ["RAW_URI"]
    return raw.partition("?")[0]


def _page(answer: Answer, size: int) -> Answer:
    number, records = int(request.args.get("page", 1)), answer.content
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
        f'<{_url(page=str(page))}>; rel="{name}"' for name, page in links.items() if 1 <= page <= pages
    )
    shown = records[(number - 1) * size : number * size]
    return Answer(answer.status, shown, {**headers, **answer.headers})


def _keyset_page(answer: Answer, size: int) -> Answer:
    """By keyset there are no numbers, only the way to the next page, until a page is empty."""
    if not answer.keyset or "order_by" not in request.args:
        said = "Keyset pagination is not yet available for this type of request"
        return Answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": said})
    after = int(request.args.get("cursor", 0))
    shown = answer.content[after : after + size]
    link = {"Link": f'<{_url(cursor=str(after + len(shown)))}>; rel="next"'} if shown else {}
    return Answer(answer.status, shown, {**answer.headers, **link})


def _url(**changed: str) -> str:
    return f"{request.host_url.rstrip('/')}{_path()}?{urlencode({**request.args.to_dict(), **changed})}"
