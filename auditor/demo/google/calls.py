"""Calls as the handlers see them: what was asked, by whom, and lists a page at a time."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from flask import Blueprint, Response, current_app, request

from auditor.demo.google.state import Cloud, Object, RefusedError

Handler = Callable[..., Object]
CLOUD = "cloud"
"""The extension of the application that holds the `Cloud`."""
_ONE_AT_A_TIME = Lock()


class Calls(Blueprint):
    """Some of Google's addresses, each with who answers it."""

    def answered(self, method: str, rule: str, permission: str = "") -> Callable[[Handler], Handler]:
        """The function below answers calls of this address, given the cloud and what the address names.

        Args:
            method: GET, POST …
            rule: the address, as Flask writes it; an `id` ends before a colon.
            permission: what the caller needs; none for groups and profiles, which are not of IAM.
        """

        def add(handler: Handler) -> Handler:
            def answer(**named: str) -> Response:
                cloud: Cloud = current_app.extensions[CLOUD]
                with _ONE_AT_A_TIME:
                    cloud.check(caller(), permission.format_map(named))
                    content = handler(cloud, **named)
                return written(content)

            self.add_url_rule(rule, f"{method} {rule}".replace(".", "-"), answer, methods=[method])
            return handler

        return add


def written(content: Object, status: int = 200) -> Response:
    """An answer, as Google writes it."""
    return Response(json.dumps(content, ensure_ascii=False), status, content_type="application/json; charset=UTF-8")


def caller() -> str:
    """E-mail of whoever's token the call carries."""
    cloud: Cloud = current_app.extensions[CLOUD]
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return cloud.callers.get(token, "anonymous@demo.example")


def body() -> Object:
    """The JSON object that was sent; empty where there is none."""
    sent = request.get_json(force=True, silent=True)
    return sent if isinstance(sent, dict) else {}


def page(
    items: Sequence[Any], *, most: int, usual: int, asked: Mapping[str, Any] | None = None, size: str = "pageSize"
) -> tuple[list[Any], Object]:
    """A page of a list, and the field that leads to the next one: with tokens that only this server understands.

    It has as many items as the call names by `size`, else the `usual` number.

    Raises:
        RefusedError: the token is none of ours, or the size is no number.
    """
    said = request.args if asked is None else asked
    token = said.get("pageToken")
    try:
        wanted = int(said.get(size) or 0) or usual
        start = int(base64.b64decode(token, validate=True)) if token else 0
    except ValueError as error:
        raise RefusedError(400, "INVALID_ARGUMENT", "page_token or page_size is invalid.") from error
    end = start + min(max(wanted, 1), most)
    following = {"nextPageToken": base64.b64encode(str(end).encode()).decode()} if end < len(items) else {}
    return list(items[start:end]), following
