"""1Password's Events API (1.4) and Bitwarden's public API as stand-ins over HTTP, with their paging."""

import copy

from flask import Flask, jsonify, request

from tests.stand_ins import StandIn

TOKEN = "vault-token"
ITEM, OTHER = "2fcbqwe9ndg175zg2dzwftvkpa", "4ieuxe7ib5f3jgrxsuowiqdzmu"
_USER = {"uuid": "4HCGRGYCTRQFBMGVEGTABYDU2V", "name": "Nina", "email": "nina@harbour.example"}
_CLIENT = {"app_name": "1Password for Mac", "app_version": "80900", "ip_address": "192.0.2.7"}


def usage(number, action, time, item=ITEM, **user):
    return {
        "uuid": f"U{number}",
        "timestamp": time,
        "used_version": 1,
        "vault_uuid": "VZSYVT2LGHTBWBQGUJAIZVRABM",
        "item_uuid": item,
        "action": action,
        "user": {**_USER, **user},
        "client": _CLIENT,
        "location": {"country": "Germany"},
    }


def audited(number, action, kind, time):
    return {
        "uuid": f"A{number}",
        "timestamp": time,
        "actor_uuid": "X",
        "actor_details": {"email": "tom@harbour.example"},
        "action": action,
        "object_type": kind,
        "object_uuid": OTHER,
        "session": {"ip": "192.0.2.9"},
    }


class OnePassword(StandIn):
    features = ("itemusages", "auditevents")

    def refusal(self, status, message):
        return {"Error": {"Message": message or "Unauthorized access"}}


def one_password():
    app = Flask("1password")
    server = OnePassword(app)
    lists = {
        "itemusages": [
            usage(1, "reveal", "2026-02-20T07:41:10Z"),
            usage(2, "fill", "2026-02-20T08:00:00Z", OTHER),
            usage(3, "server-update", "2026-02-21T08:00:00Z", OTHER, email="tom@harbour.example"),
        ],
        "auditevents": [
            audited(1, "update", "item", "2026-02-22T08:00:00Z"),
            audited(2, "join", "gm", "2026-02-22T09:00:00Z"),
        ],
    }

    @app.before_request
    def signed_in():
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify(server.refusal(401, None)), 401
        return None

    @app.get("/api/v2/auth/introspect")
    def introspect():
        return jsonify({"uuid": "I", "issued_at": "2026-01-01T00:00:00Z", "features": list(server.features)})

    @app.post("/api/v2/<name>")
    def page(name):
        place = int(request.json.get("cursor") or 0)
        assert ("start_time" in request.json) == (place == 0)
        found = lists[name][place : place + 2]
        return jsonify({"cursor": str(place + 2), "has_more": place + 2 < len(lists[name]), "items": found})

    return server


BITWARDEN_ITEM = "3767a302-8208-4dc6-b842-030428a1cfad"
_MEMBER = "b2cd1c12-2c1e-4f4e-8f5d-6d2f9b0c9f01"


def bitwarden_event(kind, time, item=BITWARDEN_ITEM, who=_MEMBER):
    return {
        "object": "event",
        "type": kind,
        "itemId": item,
        "collectionId": None,
        "groupId": None,
        "policyId": None,
        "memberId": None,
        "actingUserId": who,
        "date": time,
        "device": 9,
        "ipAddress": "192.0.2.7",
    }


class Bitwarden(StandIn):
    def refusal(self, status, message):
        return {"object": "error", "message": message or "Forbidden"}


def bitwarden():
    app = Flask("bitwarden")
    pages = {
        "": [bitwarden_event(1108, "2026-02-20T07:41:10.123456Z"), bitwarden_event(1000, "2026-02-20T07:40:00Z", None)],
        "next": [
            bitwarden_event(1101, "2026-02-21T07:41:10.5Z"),
            bitwarden_event(1107, "2026-02-21T08:00:00Z", who="11111111-2222-3333-4444-555555555555"),
        ],
    }

    @app.post("/identity/connect/token")
    def token():
        form = request.form
        good = (form["client_id"], form["client_secret"], form["scope"]) == (
            "organization.1",
            "key",
            "api.organization",
        )
        return (
            (jsonify({"access_token": TOKEN, "expires_in": 3600}), 200)
            if good
            else (jsonify(error="invalid_client"), 400)
        )

    @app.before_request
    def signed_in():
        if request.path.startswith("/api/") and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify({"message": "Unauthorized"}), 401
        return None

    @app.get("/api/public/members")
    def members():
        one = {"object": "member", "id": "m1", "userId": _MEMBER, "email": "nina@harbour.example", "status": 2}
        return jsonify({"object": "list", "data": [one]})

    @app.get("/api/public/events")
    def events():
        place = request.args.get("continuationToken", "")
        following = "next" if not place else None
        return jsonify({"object": "list", "data": copy.deepcopy(pages[place]), "continuationToken": following})

    return Bitwarden(app)
