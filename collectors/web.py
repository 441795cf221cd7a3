"""Servers that have no library of their own here, over HTTP: their answers as received. requests is imported late."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from auditor.errors import SourceError
from collectors.answers import turned
from collectors.base import printable
from collectors.least_speed import SlowAnswerError
from collectors.library_errors import explained as _explained
from collectors.refusals import refusal

if TYPE_CHECKING:
    from requests import PreparedRequest, Response

# Retries wait 0.2, 0.4, 0.8 … seconds, or for as long as Retry-After says.
_RETRIES = 5
_LONGEST_WAIT = 120
_TIMEOUT = (10, 60)
_MOST_BYTES = 64 * 2**20
_MOST_PAGES = 100
_OK, _ELSEWHERE, _REFUSES, _UNAUTHORIZED, _UNKNOWN = 200, 300, 400, 401, 404
_BUSY = (429, 502, 503, 504)
_MOST_SAID, _LONGEST_PLACE = 2000, 200


class RefusedError(Exception):
    """An answer that is not 200, or none of its API.

    Args:
        status: of HTTP.
        said: how it begins.
        always: whether every other call would be answered so.
    """

    def __init__(self, status: int, said: bytes, *, always: bool = False) -> None:
        super().__init__(f"status {status}")
        self.status = status
        self.said = said
        self.always = always


class Answer(Struct, frozen=True):
    """What a server answered, and the cursor of the next page; empty where there is none."""

    content: bytes
    following: str = ""


class Server(Struct, frozen=True):
    """A server, asked with one token or with none.

    Args:
        service: what sentences call it.
        url: its address.
        session: what asks it.
        hidden: whether the address is a secret: then nothing that it answers is told, for it may name it.
    """

    service: str
    url: str
    session: Any
    hidden: bool = False

    @classmethod
    def of(cls, service: str, url: str, *, token: str = "", user: str = "", before: str = "Bearer ") -> Server:
        """The server at an address."""
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        session = requests.Session()
        session.headers["User-Agent"] = "auditor"
        if user:
            session.auth = (user, token)
        elif token:
            session.auth = _signing(f"{before}{token}")
        retries = Retry(
            _RETRIES,
            connect=1,
            read=1,
            allowed_methods=None,
            backoff_factor=0.2,
            status_forcelist=_BUSY,
            retry_after_max=_LONGEST_WAIT,
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retries))
        return cls(service, url.rstrip("/"), session)

    @classmethod
    def of_client(cls, service: str, url: str, tokens: str, client: str, secret: str, **asked: str) -> Server:
        """The server at an address, asked with a token that OAuth's client credentials open.

        Raises:
            SourceError: no token is given.
        """
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, **asked}
        doing = "asking for a token"
        giver = cls.of(service, tokens)
        giver.session.auth = _in_the_form
        answer = giver.post("", form, doing, form=True)
        with giver.explained(doing):
            return cls.of(service, url, token=str(json.loads(answer.content)["access_token"]))

    def get(self, path: str, query: Mapping[str, Any], doing: str) -> Answer:
        """One answer with status 200. Redirects are not followed: the token goes nowhere else.

        Raises:
            SourceError: the server says no, cannot be reached, or answers with too much.
        """
        return self._ask("GET", path, doing, params=query)

    def post(self, path: str, body: Mapping[str, Any], doing: str, *, form: bool = False) -> Answer:
        """The answer to a question that is asked in a body, JSON or a form; raises as `get` does."""
        return self._ask("POST", path, doing, **{"data" if form else "json": body})

    def _ask(self, method: str, path: str, doing: str, **asked: Any) -> Answer:
        with (
            self.explained(doing),
            self.session.request(
                method, f"{self.url}{path}", timeout=_TIMEOUT, stream=True, allow_redirects=False, **asked
            ) as response,
        ):
            content = _body(response)
            self._look(response, content[:_MOST_SAID], doing)
            return Answer(content, _following(response))

    def pages(self, path: str, query: Mapping[str, Any], doing: str) -> Iterator[Answer]:
        """Every page of a list whose Link header names the next one; raises as `get` does."""

        def ask(cursor: str | None) -> tuple[Answer, str]:
            page = self.get(path, {**query, "cursor": cursor} if cursor else query, doing)
            return page, page.following

        return self.turned(ask, doing, _MOST_PAGES)

    def turned(self, ask: Callable[[Any], tuple[Any, Any]], doing: str, most: int) -> Iterator[Any]:
        """At most so many pages of a list, each asked for by what the one before it told; raises SourceError."""
        with self.explained(doing):
            yield from turned(ask, most)

    def _look(self, response: Response, said: bytes, doing: str) -> None:
        """Raise where it is no answer of the server's API: a page, a sign-in in front, or a refusal."""
        status, start, what = response.status_code, said.lstrip()[:1], ""
        if _ELSEWHERE <= status < _REFUSES:
            parts = {"query": "", "fragment": "", **({"path": ""} if self.hidden else {})}
            where = urlsplit(response.headers.get("Location", ""))._replace(**parts).geturl()
            kind, what = "elsewhere", (printable(where)[:_LONGEST_PLACE] or "nowhere")
        elif (status == _OK and start == b"<") or (status == _UNKNOWN and start not in (b"{", b"[")):
            kind, what = "no API", f"{status}: {printable(response.headers.get('Content-Type', 'of no type'))}"
        elif status == _UNAUTHORIZED and self.session.auth is None:
            kind = "no token"
        elif status != _OK:
            raise RefusedError(status, b"" if self.hidden else said)
        else:
            return
        raise refusal("web", kind, service=self.service, doing=doing, said=what) from RefusedError(
            status, said, always=True
        )

    def explained(self, doing: str) -> AbstractContextManager[None]:
        """Turns what goes wrong inside it into SourceError; `doing` says what was tried."""
        return _explained(self.service, doing, RefusedError, lambda error: (error.status, error.said))


def hopeless(error: SourceError) -> bool:
    """Whether no other call to the same server would fare better."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    cause = error.__cause__
    refused = isinstance(cause, RefusedError) and (cause.always or cause.status == _UNAUTHORIZED)
    return refused or isinstance(cause, NoConnection | Timeout | SlowAnswerError)


def _signing(authorization: str) -> Any:
    """Signs requests; as a header of the session, ~/.netrc would take its place."""

    def sign(request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = authorization
        return request

    return sign


def _in_the_form(request: PreparedRequest) -> PreparedRequest:
    """Signs nothing: what it is asked with stands in the form."""
    return request


def _body(response: Response) -> bytes:
    parts, size = [], 0
    for part in response.iter_content(1 << 16):
        size += len(part)
        if size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES // 2**20} MiB")
        parts.append(part)
    return b"".join(parts)


def _following(response: Response) -> str:
    """The cursor of the next page. Sentry always names one, and says whether there is anything on it."""
    link = response.links.get("next", {})
    if link.get("results") != "true":
        return ""
    return link.get("cursor") or parse_qs(urlsplit(link.get("url", "")).query).get("cursor", [""])[0]
