"""What GitLab's stand-in lets callers change in tests: members, keys, tokens and protections."""

import json
from urllib.parse import unquote

from flask import Response, request

from auditor.demo.gitlab.answers import KEYS


def changed(state):
    """The answer to a call that changes something; None for any other, and for a token that may not change anything."""
    said = request.headers.get("PRIVATE-TOKEN") or request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = state.tokens.get(said)
    if request.method in ("GET", "HEAD") or token is None or "api" not in token.scopes:
        return None
    path = request.environ["RAW_URI"].partition("?")[0].removeprefix("/api/v4/")
    status, content = _answer(state, token, [unquote(part) for part in path.strip("/").split("/")])
    return Response(None if content is None else json.dumps(content), status, content_type="application/json")


def _answer(state, token, parts):
    return _made(state, token, parts) if request.method == "POST" else _kept(state, token, parts)


def _made(state, token, parts):
    match parts:
        case ["users", id_, "block"]:
            return _block(state, id_) if token.admin else (403, {"message": "403 Forbidden"})
        case ["users", id_, "keys"]:
            return _add_key(state.keys.setdefault(int(id_), []))
        case [kind, name, "members"] if place := state.place(kind, name):
            return _add_member(state, place)
        case [kind, name, "deploy_keys"] if place := state.place(kind, name):
            can_push = str(_sent().get("can_push")).lower() == "true"
            return _add_key(place.lists.setdefault("deploy_keys", []), can_push=can_push)
    return 404, {"message": "404 Not found"}


def _kept(state, token, parts):
    match parts:
        case ["personal_access_tokens", number]:
            seen = [t for t in state.personal_tokens if token.admin or t["user_id"] == token.user]
            return _change(state.personal_tokens, seen, "id", number)
        case ["users", id_, "keys", number]:
            keys = state.keys.get(int(id_), [])
            return _change(keys, keys, "id", number)
        case [kind, name, what, number] if place := state.place(kind, name):
            records = place.lists.setdefault(what, [])
            return _change(records, records, KEYS.get(what, "id"), number)
    return 404, {"message": "404 Not found"}


def _change(records, seen, key, name):
    """Take one thing away from the list that it is kept in, or change it there."""
    found = next((record for record in seen if str(record.get(key)) == name), None)
    if found is None:
        return 404, {"message": "404 Not found"}
    if request.method == "DELETE":
        records.remove(found)
        return 204, None
    found.update(_sent())
    return 200, found


def _block(state, id_):
    for user in state.users:
        if str(user["id"]) == id_:
            user["state"] = "blocked"
            return 201, True
    return 404, {"message": "404 Not found"}


def _add_member(state, place):
    sent = _sent()
    user = next((user for user in state.users if user["id"] == int(sent["user_id"])), None)
    if user is None:
        return 404, {"message": "404 Not found"}
    members = place.lists.setdefault("members", [])
    if any(member["id"] == user["id"] for member in members):
        return 409, {"message": "Member already exists"}
    shown = {name: user[name] for name in ("id", "username", "name", "state") if name in user}
    members.append({**shown, "access_level": int(sent["access_level"]), "expires_at": sent.get("expires_at")})
    return 201, members[-1]


def _add_key(keys, **more):
    sent, number = _sent(), max((key["id"] for key in keys), default=100) + 1
    keys.append({"id": number, "title": sent["title"], "key": sent["key"], **more})
    return 201, keys[-1]


def _sent():
    """What a call sent: JSON as python-gitlab writes it, or a form as curl does."""
    content = request.get_json(silent=True)
    return content if isinstance(content, dict) else request.form.to_dict()
