"""Whether a token of GitLab has the scopes that a source needs, as the token itself tells."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from auditor.errors import SourceError
from collectors.base import Context
from collectors.gitlab.client import Gitlab

_INCLUDES = {"read_api": ("read_api", "api")}


def lacking(source: Any, context: Context, needs: Sequence[str]) -> list[str]:
    """The scopes that the token has not, in words; raises SourceError where GitLab does not say.

    What role it has in which project is told by the answers alone.
    """
    del context
    token = replace(Gitlab.of(source), retries=0).single("/personal_access_tokens/self")
    scopes = token.get("scopes")
    if not isinstance(scopes, list):
        raise SourceError("GitLab does not tell the token's scopes.")
    wanted = [one.removeprefix("scope:") for one in needs if one.startswith("scope:")]
    return [f"the scope {one}" for one in wanted if not set(scopes) & set(_INCLUDES.get(one, (one,)))]
