"""Tailscale's API as a stand-in over HTTP: users, devices, the policy, and tokens of OAuth clients."""

from flask import Flask, jsonify, request

from tests.stand_ins import StandIn

TOKEN = "tskey-api-quay"
USERS = [
    {"id": "1", "loginName": "mia@harbour.example", "displayName": "Mia", "role": "owner", "status": "active"},
    {
        "id": "2",
        "loginName": "nina@harbour.example",
        "displayName": "Nina",
        "role": "member",
        "status": "idle",
        "created": "2025-01-05T09:00:00Z",
        "lastSeen": "2026-02-27T10:00:00Z",
    },
    {"id": "3", "loginName": "piet@harbour.example", "displayName": "Piet", "role": "member", "status": "suspended"},
]
DEVICES = [
    {
        "nodeId": "nA",
        "hostname": "laptop",
        "user": "nina@harbour.example",
        "keyExpiryDisabled": False,
        "expires": "2026-05-01T00:00:00Z",
        "lastSeen": "2026-02-28T10:00:00Z",
        "authorized": True,
    },
    {
        "nodeId": "nB",
        "hostname": "runner",
        "user": "mia@harbour.example",
        "keyExpiryDisabled": True,
        "tags": ["tag:ci"],
        "authorized": True,
    },
]
POLICY = """// who reaches what
{
  "groups": {"group:prod": ["nina@harbour.example", "leon@harbour.example"]},
  "hosts": {"db": "10.1.0.5"},
  "acls": [
    {"action": "accept", "src": ["group:prod"], "dst": ["tag:shop:22,443", "db:5432"]},
    /* the runner */ {"action": "accept", "src": ["tag:ci"], "dst": ["10.1.0.0/16:*"]},
    {"action": "accept", "src": ["autogroup:member"], "dst": ["autogroup:self:*", "tag:wiki:*"]},
  ],
  "grants": [{"src": ["192.0.2.0/24"], "dst": ["tag:shop"], "ip": ["tcp:443"], "srcPosture": ["posture:managed"]}],
  "ssh": [{"action": "check", "src": ["group:prod"], "dst": ["tag:shop"], "users": ["root"]}],
}
"""


class Tailscale(StandIn):
    def refusal(self, status, message):
        return {"message": message or "calling actor does not have enough permissions to perform this function"}


def tailscale():
    app = Flask("tailscale")

    @app.before_request
    def signed_in():
        if request.path != "/api/v2/oauth/token" and request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify({"message": "API token invalid"}), 401
        return None

    @app.post("/api/v2/oauth/token")
    def token():
        told = (request.form.get("client_id"), request.form.get("client_secret"), request.form.get("grant_type"))
        if told != ("client", "secret", "client_credentials"):
            return jsonify({"message": "API token invalid"}), 401
        return jsonify({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})

    @app.get("/api/v2/tailnet/-/<what>")
    def listed(what):
        if what == "acl":
            return app.response_class(POLICY, mimetype="application/hujson")
        return jsonify({what: {"users": USERS, "devices": DEVICES}[what]})

    return Tailscale(app)
