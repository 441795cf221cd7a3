"""GitHub on loopback: the REST paths and the GraphQL question that the auditor asks, and the writes of its cleanup.

Answers have the shapes of GitHub's published description of its API (version 2022-11-28).
"""

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

from flask import Flask, Response, jsonify, request

from auditor.demo.serving import served
from tests.stand_ins import ENDS_WITHIN

TOKEN = "a-token"
MISSING = ({"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}, 404)


def user(login, number=1, **more):
    return {"login": login, "id": number, "node_id": "x", "type": "User", "site_admin": False, **more}


def flags(role):
    order = ["pull", "triage", "push", "maintain", "admin"]
    return {name: order.index(name) <= order.index(role) for name in order}


def collaborator(login, role, role_name=None):
    words = {"pull": "read", "push": "write"}
    return user(login, permissions=flags(role), role_name=role_name or words.get(role, role))


def team(slug, role="push", number=7):
    return {"id": number, "slug": slug, "name": slug.title(), "permission": role, "permissions": flags(role)}


@dataclass
class Server:
    """What GitHub would answer, by path; `members` of organisations are asked for by GraphQL.

    Args:
        answers: by path without its first slash: a list, an object, or a pair of content and status.
        caller: whose token it is.
        page: how many records a page has at most.
    """

    answers: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)
    caller: str = "mia"
    page: int = 100
    calls: list = field(default_factory=list)
    url: str = ""

    def application(self):
        app = Flask("github")

        @app.before_request
        def record():
            self.calls.append(f"{request.method} {request.full_path.rstrip('?')}")
            said = request.headers.get("Authorization", "")
            if said.split(" ")[-1] != TOKEN:
                return jsonify({"message": "Bad credentials"}), 401
            return None

        # As a server of one's own has them, and as github.com's own API has them.
        for base, graphql in (("/api/v3", "/api/graphql"), ("", "/graphql")):
            place, name = f"{base}/<path:path>", base.replace("/", "-")
            app.add_url_rule(graphql, f"graphql{name}", self.graphql, methods=["POST"])
            app.add_url_rule(place, f"read{name}", self.read, methods=["GET"])
            app.add_url_rule(place, f"write{name}", self.write, methods=["PUT", "POST", "DELETE"])
        return app

    def read(self, path):
        path = unquote(path)
        if path == "rate_limit":
            return jsonify({"rate": {"limit": 5000, "remaining": 4999}})
        if path == "user":
            return jsonify(user(self.caller))
        found = self.answers.get(path, MISSING)
        if isinstance(found, tuple):
            return jsonify(found[0]), found[1]
        if request.args.get("affiliation") == "all":
            found = self.answers.get(f"{path}?all", found)
        under = next((key for key in found if isinstance(found[key], list)), "") if _counted(found) else ""
        records = found[under] if under else found
        if not isinstance(records, list):
            return jsonify(found)
        size = min(int(request.args.get("per_page", 30)), self.page)
        number = int(request.args.get("page", 1))
        part = records[(number - 1) * size :][:size]
        answer = jsonify({**found, under: part} if under else part)
        if number * size < len(records):
            query = "&".join(f"{key}={value}" for key, value in request.args.items() if key != "page")
            answer.headers["Link"] = f'<{request.base_url}?{query}&page={number + 1}>; rel="next"'
        return answer

    def graphql(self):
        variables = request.get_json()["variables"]
        members = self.members.get(variables["org"])
        if members is None:
            error = {"type": "NOT_FOUND", "message": "Could not resolve to an Organization"}
            return jsonify({"data": {"organization": None}, "errors": [error]})
        start = int(variables["after"] or 0)
        edges = members[start:][: self.page]
        more = start + self.page < len(members)
        paging = {"hasNextPage": more, "endCursor": str(start + self.page)}
        return jsonify({"data": {"organization": {"membersWithRole": {"pageInfo": paging, "edges": edges}}}})

    def write(self, path):
        method, path = request.method, unquote(path)
        if found := re.fullmatch(r"(repos/.+/collaborators)/(.+)", path):
            records = self.answers.setdefault(found[1], [])
            records[:] = [one for one in records if one["login"] != found[2]]
            if method == "PUT":
                records.append(collaborator(found[2], request.get_json()["permission"]))
            return Response(status=204)
        if re.fullmatch(r"orgs/.+/memberships/.+", path):
            if method == "DELETE":
                del self.answers[path]
                return Response(status=204)
            self.answers[path] = {"role": request.get_json()["role"], "state": "active"}
            return jsonify(self.answers[path])
        if found := re.fullmatch(r"(repos/.+/keys)(?:/(\d+))?", path):
            keys = self.answers.setdefault(found[1], [])
            if method == "DELETE":
                keys[:] = [one for one in keys if str(one["id"]) != found[2]]
                del self.answers[path]
                return Response(status=204)
            key = {"id": 900 + len(keys), **request.get_json()}
            keys.append(key)
            self.answers[f"{path}/{key['id']}"] = key
            return jsonify(key), 201
        return jsonify(MISSING[0]), 404


def _counted(found):
    return isinstance(found, dict) and "total_count" in found


def member(login, number, role="MEMBER", *, keys=(), two_factor=True, mails=(), **more):
    node = {
        "login": login,
        "databaseId": number,
        "name": login.title(),
        "email": "",
        "createdAt": "2020-01-01T00:00:00Z",
        "organizationVerifiedDomainEmails": list(mails),
        "publicKeys": {"nodes": [{"key": key} for key in keys]},
        **more,
    }
    return {"role": role, "hasTwoFactorEnabled": two_factor, "node": node}


@contextmanager
def running(server):
    with served(server.application(), ENDS_WITHIN) as url:
        server.url = url
        yield server
