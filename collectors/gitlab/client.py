"""GitLab's REST API: a signed-in client that gives pages as received. python-gitlab is imported on first use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from auditor.config.sources.gitlab import GitlabLogin
from auditor.errors import SourceError
from collectors.answers import kept, linked, listed, paged, refused, secret, single
from collectors.base import Raw, missing
from collectors.library_errors import explained

# Retries wait 0.1, 0.2, 0.4 … seconds, or for as long as Retry-After says.
_RETRIES = 6
_LONGEST_WAIT = 120
_TIMEOUT = 60
_PER_PAGE = "100"
_KEYSET = {"pagination": "keyset"}
_NO_KEYSET, _UNAUTHORIZED = 405, 401


class Gitlab(Struct, frozen=True):
    """A GitLab server, seen with one token. `retries` is how often a call is tried again."""

    api: Any
    retries: int = _RETRIES

    @classmethod
    def of(cls, source: GitlabLogin) -> Gitlab:
        """The server of a source.

        Raises:
            SourceError: the token's environment variable is not set.
        """
        import gitlab
        import requests

        session = requests.Session()
        session.hooks["response"].append(_within_reason)
        # As a bearer token it is not sent along when the server redirects to another host.
        token = secret(source.name, source.token_env)
        api = gitlab.Gitlab(
            source.url,
            oauth_token=token,
            timeout=_TIMEOUT,
            retry_transient_errors=True,
            user_agent="auditor",
            session=session,
        )
        return cls(api)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """One answer: a `requests.Response` with status 200.

        Raises:
            SourceError: the server says no, or cannot be reached.
        """
        with _explained(f"reading {path}"):
            return self.api.http_get(path, query_data=dict(query or {}), raw=True, max_retries=self.retries)

    def one(self, path: str, origin: str, part: str) -> Raw:
        """One object as received; a sentence in its place where it is not to be had."""
        try:
            return kept(origin, part, self.get(path).content)
        except SourceError as error:
            return missing(origin, error.why)

    def single(self, path: str) -> dict[str, Any]:
        """One object; raises SourceError as `get` does, and ValueError where it is none."""
        return single(self.get(path).content)

    def records(self, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
        """Every record of a list; raises SourceError as `get` does, and ValueError where a page is no list."""
        return [record for content in self._contents(path, query or {}) for record in listed(content)]

    def pages(
        self,
        path: str,
        origin: str,
        part: str,
        query: Mapping[str, str] | None = None,
        *,
        keyset: bool = False,
        needs: str = "",
        without_plan: Collection[int] = (),
        without: str = "",
    ) -> Iterator[Raw]:
        """Every page of a list as received; a sentence in place of those that are not to be had.

        Args:
            path: below `/api/v4`, its parts already quoted.
            origin: the list's name in evidence.
            part: what its pages hold, for the normaliser.
            query: what to ask for beside the paging.
            keyset: page by keyset where the server can for this list, else by offset.
            needs: what reading the list takes, told where it is refused.
            without_plan: the statuses that say that the plan has no such thing, to a token that may read it.
            without: the field of each record that is left out of what is kept: it holds a secret.
        """

        def refusal(error: SourceError, name: str, number: int) -> Raw:
            status, absent = _status(error), () if number > 1 or "scope" in error.what else without_plan
            if status == _UNAUTHORIZED:  # the token itself is good: it was taken before
                error = SourceError(f"GitLab does not let the token read {path} ({status})")
            return refused(error, status, name, needs, absent)

        contents = self._contents(path, {**(query or {}), **(_KEYSET if keyset else {})})
        pages = (_without(content, without) for content in contents) if without else contents
        return paged(origin, part, pages, refused=refusal)

    def _contents(self, path: str, query: Mapping[str, str]) -> Iterator[bytes]:
        def ask(asked: dict[str, str]) -> tuple[bytes, str | None]:
            try:
                response = self.get(path, asked)
            except SourceError as error:
                if not asked.pop("pagination", "") or _status(error) != _NO_KEYSET:
                    raise
                response = self.get(path, asked)
            return response.content, response.links.get("next", {}).get("url")

        with _explained(f"reading {path}"):
            yield from linked(ask, {**query, "per_page": _PER_PAGE})


def _without(content: bytes, secret: str) -> list[Any]:
    """The records of a page without the field that is a secret; of what cannot be read nothing is kept."""
    try:
        records = listed(content)
    except ValueError as error:
        raise SourceError(f"GitLab's answer cannot be read: {error}.") from error
    return [
        {key: value for key, value in record.items() if key != secret} for record in records if isinstance(record, dict)
    ]


def _within_reason(response: Any, *_: Any, **__: Any) -> None:
    """Bounds what Retry-After asks for: python-gitlab waits as long as it says, and fails where it is a date."""
    asked = response.headers.get("Retry-After")
    if asked is not None:
        seconds = int(asked[:9]) if asked.isascii() and asked.isdigit() else 1
        response.headers["Retry-After"] = str(min(seconds, _LONGEST_WAIT))


def _status(error: SourceError) -> int | None:
    """The HTTP status that the server answered with, where it answered."""
    return getattr(error.__cause__, "response_code", None)


def quoted_path(path: str) -> str:
    """A project's or group's path as one part of an address: `harbour%2Fcheckout`."""
    return quote(path, safe="")


def _explained(doing: str) -> AbstractContextManager[None]:
    from gitlab.exceptions import GitlabError

    return explained("GitLab", doing, GitlabError, lambda error: (error.response_code, error.error_message))
