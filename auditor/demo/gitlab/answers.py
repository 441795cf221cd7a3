"""What the stand-in answers to each call."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import request
from msgspec import Struct, field

from auditor.demo.gitlab.state import Place, Record, State, Token

# What only paid tiers answer; below them GitLab says 403.
_PAID = ("audit_events", "protected_environments")
_LISTS = {
    "groups": (
        "members",
        "projects",
        "access_tokens",
        "deploy_tokens",
        "protected_environments",
        "audit_events",
        "variables",
    ),
    "projects": (
        "members",
        "deploy_keys",
        "access_tokens",
        "deploy_tokens",
        "protected_branches",
        "protected_environments",
        "environments",
        "variables",
        "triggers",
        "runners",
        "issues",
        "deployments",
        "pipelines",
        "merge_requests",
        "audit_events",
    ),
}
_KEYSET = ("audit_events", "issues")
KEYS = {"issues": "iid", "merge_requests": "iid", "protected_branches": "name", "protected_environments": "name"}
"""The key by which one thing of a list is asked for."""


class Answer(Struct, frozen=True):
    """An answer; lists are cut into pages afterwards, by keyset where the list can."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    keyset: bool = False


_NOT_FOUND = Answer(HTTPStatus.NOT_FOUND, {"message": "404 Not found"})
_FORBIDDEN = Answer(HTTPStatus.FORBIDDEN, {"message": "403 Forbidden"})


def answered(state: State, token: Token, parts: tuple[str, ...]) -> Answer:
    """The answer to a call by somebody whose token is in order; `parts` are the address below `/api/v4`, decoded."""
    match parts:
        case ("version",):
            return Answer(HTTPStatus.OK, {"version": "18.3.0", "revision": "0000000000a"})
        case ("user",):
            return _user(state, token, str(token.user))
        case ("users", id_, *rest):
            return _of_user(state, token, id_, rest)
        case ("personal_access_tokens", *rest):
            return _personal_tokens(state, token, rest)
        case (("groups" | "projects") as kind, name, *rest):
            return _of_place(state, kind, name, rest)
    return Answer(HTTPStatus.NOT_FOUND, {"error": "404 Not Found"})


def changed(state: State, parts: tuple[str, ...]) -> Answer:
    """The answer to a call that is to change something: a direct member can be taken away, and nothing else."""
    match request.method, parts:
        case "DELETE", (("groups" | "projects") as kind, name, "members", user) if place := state.place(kind, name):
            members = place.lists.get("members", [])
            found = next((member for member in members if str(member["id"]) == user), None)
            if found is None:
                return _NOT_FOUND
            members.remove(found)
            return Answer(HTTPStatus.NO_CONTENT)
    return Answer(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "405 Not Allowed"})


def _personal_tokens(state: State, token: Token, rest: list[str]) -> Answer:
    if rest == ["self"] and token.number:
        return Answer(
            HTTPStatus.OK, {"id": token.number, "user_id": token.user, "revoked": False, "scopes": token.scopes}
        )
    own = [t for t in state.personal_tokens if token.admin or t["user_id"] == token.user]
    return _from_list(own, "id", rest)


def _of_user(state: State, token: Token, id_: str, rest: list[str]) -> Answer:
    match rest:
        case []:
            return _user(state, token, id_)
        case ["keys", *one]:
            return _from_list(state.keys.get(_number(id_), []), "id", one)
    return _NOT_FOUND


def _user(state: State, token: Token, id_: str) -> Answer:
    user = next((user for user in state.users if str(user["id"]) == id_), None)
    if user is None:
        return Answer(HTTPStatus.NOT_FOUND, {"message": "404 User Not Found"})
    hidden = ("email", "two_factor_enabled", "last_sign_in_at", "current_sign_in_at", "last_activity_on")
    shown = token.admin or user["id"] == token.user
    return Answer(HTTPStatus.OK, user if shown else {k: v for k, v in user.items() if k not in hidden})


def _of_place(state: State, kind: str, name: str, rest: list[str]) -> Answer:
    place = state.place(kind, name)
    if place is None:
        return Answer(HTTPStatus.NOT_FOUND, {"message": f"404 {kind.removesuffix('s').title()} Not Found"})
    if name in place.former:
        here = "/".join(("projects", str(place.document["id"]), *(quote(part, safe="") for part in rest)))
        asked = f"?{request.query_string.decode()}" if request.args else ""
        return Answer(HTTPStatus.MOVED_PERMANENTLY, None, {"Location": f"{request.host_url}api/v4/{here}{asked}"})
    return _in_place(state, place, kind, rest)


def _in_place(state: State, place: Place, kind: str, rest: list[str]) -> Answer:
    if not rest:
        return Answer(HTTPStatus.OK, place.document)
    what, one = rest[0], rest[1:]
    if what not in _LISTS[kind]:
        return Answer(HTTPStatus.NOT_FOUND, {"error": "404 Not Found"})
    if what in _PAID and state.tier == "free":
        return _FORBIDDEN
    if what == "members" and one == ["all"]:
        return Answer(HTTPStatus.OK, place.everybody())
    if one[1:]:
        return _below(place, what, _number(one[0]), one[1:])
    return _listed(state, place, what, one)


def _listed(state: State, place: Place, what: str, one: list[str]) -> Answer:
    if what == "deployments" and "updated_after" in request.args and request.args.get("order_by") != "updated_at":
        said = "`updated_at` filter and `updated_at` sorting must be paired"
        return Answer(HTTPStatus.BAD_REQUEST, {"message": said})
    records = place.lists.setdefault(what, [])
    found = _from_list(_asked(records, what), KEYS.get(what, "id"), one)
    return Answer(found.status, found.content, keyset=what in _KEYSET and (what != "issues" or state.keyset_issues))


def _below(place: Place, what: str, number: int, below: list[str]) -> Answer:
    """What hangs on one issue, deployment or merge request."""
    known = any(record.get(KEYS.get(what, "id")) == number for record in place.lists.get(what, []))
    if not known:
        return _NOT_FOUND
    empty: Any = {"approved_by": []} if below[0] == "approvals" else []
    return Answer(HTTPStatus.OK, place.below.get((what, number, below[0]), empty))


def _asked(records: list[Record], what: str) -> list[Record]:
    """A list as filtered and ordered by the call."""
    query = request.args
    shown = records
    if after := query.get("updated_after"):
        shown = [record for record in shown if record["updated_at"] > after]
    if after := query.get("created_after"):
        shown = [record for record in shown if record["created_at"] >= after]
    if before := query.get("created_before"):
        shown = [record for record in shown if record["created_at"] <= before]
    if what in ("issues", "deployments", "pipelines", "audit_events"):
        shown = sorted(shown, key=lambda record: record.get(query.get("order_by", "id")) or "")
        return shown[::-1] if query.get("sort", "asc" if what == "deployments" else "desc") == "desc" else shown
    return shown


def _from_list(records: list[Record], key: str, one: list[str]) -> Answer:
    """A list, or one thing of it."""
    if not one:
        return Answer(HTTPStatus.OK, records)
    found = next((record for record in records if str(record.get(key)) == one[0]), None)
    return _NOT_FOUND if found is None else Answer(HTTPStatus.OK, found)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else -1
