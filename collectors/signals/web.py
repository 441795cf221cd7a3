"""Servers of monitoring over HTTP: their answers as received. requests is imported on first use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from auditor.config.sources.signals import SignalSource, TenantSource
from auditor.errors import SourceError
from collectors.base import printable
from collectors.least_speed import SlowAnswerError
from collectors.refusals import refusal
from collectors.tickets.answers import explained, secret

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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered, and the cursor of the next page; empty where there is none."""

    content: bytes
    following: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """A server of monitoring, asked with one token or with none. `service` is what sentences call it."""

    service: str
    url: str
    session: Any

    @classmethod
    def of(cls, source: SignalSource) -> Server:
        """The server of a source that has a `url`.

        Raises:
            SourceError: an environment variable that it names is not set.
        """
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.util import Retry

        session = requests.Session()
        session.headers["User-Agent"] = "auditor"
        if isinstance(source, TenantSource) and source.tenant:
            session.headers["X-Scope-OrgID"] = source.tenant
        token = secret(source.name, source.token_env) if source.token_env else ""
        if source.user_env:
            session.auth = (secret(source.name, source.user_env), token)
        elif token:
            session.auth = _bearer(token)
        retries = Retry(
            _RETRIES,
            connect=1,
            read=1,
            backoff_factor=0.2,
            status_forcelist=_BUSY,
            retry_after_max=_LONGEST_WAIT,
            raise_on_status=False,
        )
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retries))
        return cls(source.kind.title(), (source.url or "").rstrip("/"), session)

    def get(self, path: str, query: Mapping[str, Any], doing: str) -> Answer:
        """One answer with status 200. Redirects are not followed: the token goes nowhere else.

        Raises:
            SourceError: the server says no, cannot be reached, or answers with too much.
        """
        with (
            self._explained(doing),
            self.session.get(
                f"{self.url}{path}", params=query, timeout=_TIMEOUT, stream=True, allow_redirects=False
            ) as response,
        ):
            content = _body(response)
            self._look(response, content[:_MOST_SAID], doing)
            return Answer(content, _following(response))

    def pages(self, path: str, query: Mapping[str, Any], doing: str) -> Iterator[Answer]:
        """Every page of a list whose Link header names the next one; raises as `get` does."""
        cursor, seen = "", set[str]()
        while True:
            page = self.get(path, {**query, "cursor": cursor} if cursor else query, doing)
            yield page
            cursor = page.following
            if not cursor:
                return
            if cursor in seen:
                raise refusal("source", "circle", doing=doing)
            if len(seen) >= _MOST_PAGES:
                raise SourceError(f"{self.service} has more than {_MOST_PAGES} pages while {doing}; the rest was left.")
            seen.add(cursor)

    def _look(self, response: Response, said: bytes, doing: str) -> None:
        """Raise where it is no answer of the server's API: a page, a sign-in in front, or a refusal."""
        status, start, what = response.status_code, said.lstrip()[:1], ""
        if _ELSEWHERE <= status < _REFUSES:
            where = urlsplit(response.headers.get("Location", ""))._replace(query="", fragment="").geturl()
            kind, what = "elsewhere", (printable(where)[:_LONGEST_PLACE] or "nowhere")
        elif (status == _OK and start == b"<") or (status == _UNKNOWN and start not in (b"{", b"[")):
            kind, what = "no API", f"{status}: {printable(response.headers.get('Content-Type', 'of no type'))}"
        elif status == _UNAUTHORIZED and self.session.auth is None:
            kind = "no token"
        elif status != _OK:
            raise RefusedError(status, said)
        else:
            return
        raise refusal("signals", kind, service=self.service, doing=doing, said=what) from RefusedError(
            status, said, always=True
        )

    def _explained(self, doing: str) -> AbstractContextManager[None]:
        return explained(self.service, doing, RefusedError, lambda error: (error.status, error.said))


def hopeless(error: SourceError) -> bool:
    """Whether no other call to the same server would fare better."""
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import Timeout

    cause = error.__cause__
    refused = isinstance(cause, RefusedError) and (cause.always or cause.status == _UNAUTHORIZED)
    return refused or isinstance(cause, NoConnection | Timeout | SlowAnswerError)


def _bearer(token: str) -> Any:
    """Signs requests; as a header of the session, ~/.netrc would take its place."""

    def sign(request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {token}"
        return request

    return sign


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
