"""Deny policies, access boundaries and entitlements as they are now. Where one is refused, rights are told without."""

from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote

from auditor.config.sources.google import GoogleIam
from auditor.errors import SourceError
from auditor.model.details import as_object, as_objects, texts
from collectors.base import Context
from collectors.google.answers import Answers
from collectors.google.bindings import Object
from collectors.google.client import authorized, fetched, fetched_items
from collectors.google.restrictions import KINDS

PERMISSIONS = (
    "iam.denypolicies.get",
    "iam.denypolicies.list",
    "iam.policybindings.list",
    "iam.principalaccessboundarypolicies.list",
    "privilegedaccessmanager.entitlements.list",
)
_DENIED, _BOUNDED, _ASKED = dict.fromkeys(KINDS.values())
PART = "restrictions"
_BOUNDARIES = "principalAccessBoundaryPolicies"
_IAM, _PAM = "iam.googleapis.com", "privilegedaccessmanager.googleapis.com"
# How Google refuses what a project has not switched on: there is nothing to read.
_OFF = ("it is disabled", "has not been used in")


class Restrictions:
    """One reading of them, over projects and what those lie in."""

    def __init__(self, source: GoogleIam, context: Context, answers: Answers) -> None:
        self._answers, self._endpoint = answers, source.endpoint_url
        self._http = authorized(source, context)
        self._refused: set[str] = set()
        self.groups: list[str] = []

    def read(self, places: Iterable[str]) -> bool:
        """Keep every answer; whether anything is denied to anybody."""
        policies: list[Object] = []
        for place in places:
            policies += self._tried(_DENIED, f"denypolicies/{place}", partial(self._denied, place))
            lists = [(_ASKED, f"{_PAM}/v1", "entitlements"), (_BOUNDED, f"{_IAM}/v3", "policyBindings")]
            lists += [(_BOUNDED, f"{_IAM}/v3", _BOUNDARIES)] if place.startswith("organizations/") else []
            for kind, host, end in lists:
                path = f"{place}/locations/global/{end}"
                self._tried(kind, path, partial(self._list, host, path, end))
        rules = [as_object(one.get("denyRule")) for policy in policies for one in as_objects(policy.get("rules"))]
        named = [
            name
            for rule in rules
            for key in ("deniedPrincipals", "exceptionPrincipals")
            for name in texts(rule.get(key))
        ]
        self.groups = [
            f"group:{name.rpartition('/')[2]}" for name in named if name.startswith("principalSet://goog/group/")
        ]
        return bool(policies)

    def _denied(self, place: str) -> list[Object]:
        """Lists leave the rules out."""
        attached = quote(f"cloudresourcemanager.googleapis.com/{place}", safe="")
        found = self._list(f"{_IAM}/v2", f"policies/{attached}/denypolicies", "policies")
        paths = [_path(str(one.get("name"))) for one in found]
        return [fetched(self._http, self._address(f"{_IAM}/v2", path), f"asking for {path}") for path in paths]

    def _list(self, interface: str, path: str, key: str) -> list[Object]:
        return fetched_items(self._http, self._address(interface, path), key, f"asking for {path}")

    def _address(self, interface: str, path: str) -> str:
        """An endpoint of one's own takes the place of the interface's host."""
        host, _, version = interface.partition("/")
        base = self._endpoint.rstrip("/") if self._endpoint else f"https://{host}"
        return f"{base}/{version}/{path}"

    def _tried(self, kind: str, origin: str, ask: Callable[[], list[Object]]) -> list[Object]:
        if kind in self._refused:
            return []
        try:
            found = ask()
        except SourceError as error:
            if not is_off(error):
                self._refused.add(kind)
                self._answers.lack(origin, f"rights are told without {kind}: {error.why}")
            return []
        if found:
            self._answers.keep(origin, PART, found)
        return found


def is_off(error: SourceError) -> bool:
    """Whether the interface is not switched on there, so that there is nothing to read."""
    return any(words in error.what for words in _OFF)


def _path(name: str) -> str:
    """A policy's name as an address: what it is attached to stays one part."""
    kind, _, rest = name.partition("/")
    place, _, end = rest.rpartition("/denypolicies/")
    return f"{kind}/{quote(place, safe='%')}/denypolicies/{end}"
