"""Whether a login of Google Cloud holds what a source needs, as Resource Manager tells."""

from collections.abc import Sequence
from typing import Any

from auditor.errors import SourceError
from collectors.base import Context
from collectors.google.client import call, service


def lacking(source: Any, context: Context, needs: Sequence[str]) -> list[str]:
    """The permissions that the login has not on what the source reads; raises SourceError where Google does not say.

    Some exist on other kinds of places alone: those are left out.
    """
    scopes = getattr(source, "scopes", None) or [getattr(source, "scope", None) or f"projects/{source.project}"]
    return sorted({one for scope in scopes for one in _lacking_on(scope, source, context, needs)})


def _lacking_on(scope: str, source: Any, context: Context, needs: Sequence[str]) -> list[str]:
    kind = scope.partition("/")[0]
    places = getattr(service(source, context, "cloudresourcemanager", "v3"), kind)()

    def held(permissions: Sequence[str]) -> set[str]:
        asked = places.testIamPermissions(resource=scope, body={"permissions": list(permissions)})
        return set(call(asked, f"asking which permissions the login has on {scope}").get("permissions", ()))

    known = [one for one in needs if kind in one or not one.startswith("resourcemanager.")]
    try:
        return sorted(set(known) - held(known))
    except SourceError:
        # One that does not exist there spoils the answer on all of them.
        answered = {}
        for one in known:
            try:
                answered[one] = held([one])
            except SourceError:
                continue
        if not answered:
            raise
        return sorted(one for one, found in answered.items() if not found)
