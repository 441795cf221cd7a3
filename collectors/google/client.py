"""Google Cloud clients from a source's login, and refusals in plain sentences. Google's libraries load on first use."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from auditor.config.sources.google import GoogleLogin
from auditor.errors import SourceError
from auditor.model.details import as_object, details
from auditor.model.few import cut
from collectors.base import Context
from collectors.least_speed import SlowAnswerError
from collectors.refusals import refusal

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from googleapiclient.errors import HttpError

SCOPES = (
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/cloud-identity.groups.readonly",
)
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504})
_KINDS = {401: "invalid", 403: "denied", 404: "unknown"}
_ATTEMPTS = 5
_LONGEST_PAUSE = 60.0
_TIMEOUT = 60
_MOST_SAID = 300


def credentials(login: GoogleLogin, context: Context) -> Credentials:
    """The login's credentials: a token from the environment, a file, else the application default ones.

    Raises:
        SourceError: they are missing or cannot be used.
    """
    import google.auth
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import GoogleAuthError
    from google.oauth2.credentials import Credentials as Token

    if login.token_env is not None:
        token = os.environ.get(login.token_env)
        if not token:
            raise refusal("google", "no token", said=login.token_env)
        return Token(token)
    if login.credentials is None and login.endpoint_url is not None:
        return AnonymousCredentials()
    try:
        found: Credentials
        if login.credentials is not None:
            with warnings.catch_warnings():
                # Google warns of files that strangers hand in; this one the team itself has named.
                warnings.simplefilter("ignore", DeprecationWarning)
                found, _ = google.auth.load_credentials_from_file(str(context.path(login.credentials)), scopes=SCOPES)
        else:
            found, _ = google.auth.default(scopes=SCOPES)
    except (GoogleAuthError, OSError, ValueError) as error:
        raise refusal("google", "no credentials", said=_short(error)) from error
    return found


def service(login: GoogleLogin, context: Context, name: str, version: str) -> Any:
    """A client of one of Google's interfaces, made from the discovery document that the library ships.

    Raises:
        SourceError: as `credentials` does.
    """
    from googleapiclient.discovery import build

    http = authorized(login, context)
    # Compute's addresses begin with its own name; an endpoint takes the place of that too.
    own = "/compute/v1/" if name == "compute" else ""
    options = {"api_endpoint": login.endpoint_url.rstrip("/") + own} if login.endpoint_url else None
    return build(name, version, http=http, client_options=options, static_discovery=True, cache_discovery=False)


def authorized(login: GoogleLogin, context: Context) -> Any:
    """What sends requests with a login's credentials; one for many requests asks for its access token once.

    Raises:
        SourceError: as `credentials` does.
    """
    import httplib2
    from google_auth_httplib2 import AuthorizedHttp

    return AuthorizedHttp(credentials(login, context), http=httplib2.Http(timeout=_TIMEOUT))


def call(request: Any, doing: str) -> dict[str, Any]:
    """The answer to a request. Throttling and cut connections are tried again, as late as the server asks.

    Raises:
        SourceError: Google refused, or could not be reached; `doing` says what was tried.
    """
    import httplib2
    from googleapiclient.errors import HttpError

    with explained(doing):
        for attempt in range(_ATTEMPTS):
            last = attempt == _ATTEMPTS - 1
            try:
                answer = request.execute()
            except HttpError as error:
                if last or error.status_code not in TRANSIENT:
                    raise
                time.sleep(_pause(error.resp.get("retry-after"), attempt))
            except (OSError, HTTPException, httplib2.HttpLib2Error):
                if last:
                    raise
                time.sleep(_pause(None, attempt))
            else:
                # The library hands out as text what it cannot read.
                if not isinstance(answer, dict):
                    raise ValueError(f"it begins with {str(answer)[:40]!r}")  # noqa: TRY004 - an answer, not a call
                return answer
    raise AssertionError("the last attempt returns or raises")


def listed(resource: Any, method: str, doing: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Every page of a list.

    Raises:
        SourceError: as `call` does; the pages before it were whole.
    """
    return _paged(getattr(resource, method)(**arguments), getattr(resource, f"{method}_next"), doing)


def items(resource: Any, method: str, key: str, doing: str, **arguments: Any) -> list[dict[str, Any]]:
    """What all pages of a list hold under a key; raises SourceError as `call` does."""
    return [one for page in listed(resource, method, doing, **arguments) for one in page.get(key) or []]


def fetched(http: Any, address: str, doing: str) -> dict[str, Any]:
    """What stands at an address of an interface that the library has no discovery document of.

    Raises:
        SourceError: as `call` does.
    """
    return call(_get(http, address), doing)


def fetched_items(http: Any, address: str, key: str, doing: str) -> list[dict[str, Any]]:
    """Likewise what all pages of a list hold under a key."""

    def following(_: Any, answer: dict[str, Any]) -> Any:
        token = str(answer.get("nextPageToken") or "")
        return _get(http, f"{address}?pageToken={quote(token, safe='')}") if token else None

    found: list[dict[str, Any]] = []
    for page in _paged(_get(http, address), following, doing):
        if page and key not in page and "nextPageToken" not in page:
            raise refusal("google", "unreadable", transient=True, doing=doing, said=f"it holds no {key}")
        found += page.get(key) or []
    return found


def _get(http: Any, address: str) -> Any:
    from googleapiclient.http import HttpRequest
    from googleapiclient.model import JsonModel

    return HttpRequest(http, JsonModel().response, address)


def _paged(request: Any, following: Callable[[Any, dict[str, Any]], Any], doing: str) -> Iterator[dict[str, Any]]:
    tokens: set[str] = set()
    while request is not None:
        answer = call(request, doing)
        yield answer
        token = str(answer.get("nextPageToken") or "")
        if token in tokens:
            raise refusal("source", "circle", doing=doing)
        tokens.add(token)
        request = following(request, answer)


def _pause(asked: str | None, attempt: int) -> float:
    """Seconds to wait: what the server asks for, else ever longer."""
    stated = float(asked) if asked and asked.isdigit() else 0.25 * 4**attempt
    return min(stated, _LONGEST_PAUSE)


@contextmanager
def explained(doing: str) -> Iterator[None]:
    """Turns what Google's libraries raise inside it into SourceError; `doing` says what was tried.

    Raises:
        SourceError: in place of any of their errors.
    """
    import httplib2
    import requests
    from google.api_core.exceptions import GoogleAPICallError
    from google.auth.exceptions import GoogleAuthError
    from googleapiclient.errors import HttpError

    try:
        yield
    except SlowAnswerError as error:
        raise error.refused(doing) from error
    except HttpError as error:
        raise refused(doing, int(error.status_code or 0), _message(error)) from error
    except GoogleAPICallError as error:
        raise refused(doing, int(error.code or 0), str(error.message)) from error
    except GoogleAuthError as error:
        raise refusal("google", "not accepted", doing=doing, said=_short(error)) from error
    except (OSError, HTTPException, httplib2.HttpLib2Error, requests.RequestException) as error:
        raise refusal("google", "unreachable", transient=True, doing=doing, said=_short(error)) from error
    except (ValueError, RecursionError) as error:
        raise refusal("google", "unreadable", transient=True, doing=doing, said=_short(error)) from error


def refused(doing: str, status: int, message: str) -> SourceError:
    """Google answered, and said no."""
    said = f"{status}: {message[:_MOST_SAID]}" if message else str(status)
    transient = status in TRANSIENT
    kind = _KINDS.get(status, "throttled" if transient else "other")
    return refusal("google", kind, transient=transient, doing=doing, said=said)


def _message(error: HttpError) -> str:
    """The message in Google's error body; nothing where the body is none of Google's."""
    return str(as_object(details(error.content).get("error")).get("message", ""))


def _short(error: BaseException) -> str:
    return cut(" ".join(str(error).split()) or type(error).__name__, _MOST_SAID)
