"""GitHub's REST and GraphQL APIs: a signed-in client that gives pages. PyGithub is imported on first use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from auditor.config.sources.github import GithubLogin
from auditor.errors import SourceError
from collectors.answers import kept, linked, paged, refused, secret
from collectors.base import Raw
from collectors.library_errors import explained

_PAGE = 100
_TIMEOUT = 60
_RETRIES = 6
_LONGEST_WAIT = 15 * 60


class Github(Struct, frozen=True):
    """GitHub, seen with one token."""

    requester: Any

    @classmethod
    def of(cls, source: GithubLogin, retries: int = _RETRIES) -> Github:
        """The GitHub of a source.

        Raises:
            SourceError: the token's environment variable is not set.
        """
        import github

        client = github.Github(
            auth=github.Auth.Token(secret(source.name, source.token_env)),
            base_url=source.url.rstrip("/"),
            timeout=_TIMEOUT,
            retry=github.GithubRetry(total=retries, max_rate_limit_wait=_LONGEST_WAIT),
            seconds_between_requests=0,
        )
        return cls(client.requester)

    def sign_in(self) -> Mapping[str, str]:
        """Ask for something that every token may see; returns the answer's headers.

        Raises:
            SourceError: the token is refused, or the server cannot be reached.
        """
        with self.explained("signing in"):
            headers: Mapping[str, str] = self.requester.requestJsonAndCheck("GET", "/rate_limit")[0]
        return headers

    def explained(self, doing: str) -> AbstractContextManager[None]:
        """Turns what goes wrong inside it into SourceError; `doing` says what was tried."""
        from github import GithubException

        return explained("GitHub", doing, GithubException, lambda error: (error.status, error.message or error.data))

    def get(self, path: str) -> dict[str, Any]:
        """One object.

        Raises:
            SourceError: GitHub says no, cannot be reached, or answers with something else.
        """
        with self.explained(f"reading {path}"):
            _, answer = self.requester.requestJsonAndCheck("GET", path)
            if not isinstance(answer, dict):
                raise TypeError("it is no object")
            return answer

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """What GraphQL answers; raises SourceError as `get` does."""
        with self.explained("asking GraphQL"):
            _, answer = self.requester.graphql_query(query, dict(variables))
            return dict(answer["data"])

    def lists(self, path: str, query: Mapping[str, str] | None = None, under: str = "") -> Iterator[list[Any]]:
        """A list's pages. Of the way to the next one only the query is followed: the token goes nowhere else.

        Args:
            path: below the API's address, its parts already quoted.
            query: what to ask for beside the paging.
            under: the name under which an answer has the list; none where it is the list.

        Raises what the library raises; inside `explained` that is SourceError.
        """
        from requests.utils import parse_header_links

        def ask(asked: dict[str, str]) -> tuple[list[Any], str | None]:
            headers, page = self.requester.requestJsonAndCheck("GET", path, parameters=asked)
            page = page.get(under) if under and isinstance(page, dict) else page
            if not isinstance(page, list):
                raise TypeError("it is no list")
            links = parse_header_links(headers.get("link") or "")
            return page, next((link["url"] for link in links if link.get("rel") == "next"), None)

        return linked(ask, {**(query or {}), "per_page": str(_PAGE)})

    def records(self, path: str, query: Mapping[str, str] | None = None) -> list[Any]:
        """Every record of a list; raises SourceError."""
        with self.explained(f"reading {path}"):
            return [record for page in self.lists(path, query) for record in page]

    def pages(
        self,
        path: str,
        origin: str,
        part: str,
        query: Mapping[str, str] | None = None,
        *,
        under: str = "",
        needs: str = "",
        quiet: Collection[int] = (),
    ) -> Iterator[Raw]:
        """Every page of a list; a sentence in place of those that are not to be had.

        Args:
            path: below the API's address, its parts already quoted.
            query: what to ask for beside the paging.
            under: the name under which an answer has the list; none where it is the list.
            origin: the list's name in evidence.
            part: what its pages hold, for the normaliser.
            needs: what reading the list takes, told where it is refused.
            quiet: the statuses that say that the plan has no such thing.
        """

        def refusal(error: SourceError, name: str, number: int) -> Raw:
            return refused(error, _status(error), name, needs, quiet if number == 1 else ())

        doing = partial(self.explained, f"reading {path}")
        return paged(origin, part, self.lists(path, query, under), doing, refusal)

    def one(self, path: str, origin: str, part: str, *, needs: str = "", quiet: Collection[int] = ()) -> Raw:
        """One object; a sentence in its place where it is not to be had."""
        try:
            return kept(origin, part, [self.get(path)])
        except SourceError as error:
            return refused(error, _status(error), origin, needs, quiet)


def _status(error: SourceError) -> int | None:
    """The HTTP status that GitHub answered with, where it answered."""
    return getattr(error.__cause__, "status", None)


def quoted_path(repository: str) -> str:
    """A repository as a part of an address: `harbour/checkout`, with nothing in it that leads elsewhere."""
    return "/".join(quote(part, safe="") for part in repository.split("/"))
