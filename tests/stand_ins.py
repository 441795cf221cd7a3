"""The demo's Google and GitLab as tests want them: calls are kept, and go wrong on demand."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, request

from auditor.demo.gitlab.server import gitlab as gitlab_application
from auditor.demo.gitlab.state import State
from auditor.demo.google.server import google as google_application
from auditor.demo.serving import served
from auditor.demo.stand_in import moto as aws_application
from tests import gitlab_writes, google_cloud, google_hosts

ENDS_WITHIN = 0.005  # seconds; a test run starts hundreds


@dataclass
class Call:
    """One call; `path` is decoded and without the query, `address` with both as they were sent."""

    method: str
    path: str
    address: str
    body: object
    token: str

    def __str__(self):
        return f"{self.method} {self.address}"


@dataclass
class Fault:
    """What goes wrong with calls to paths that match: after so many that go well, and so many times, None for ever."""

    pattern: str
    answer: Response
    query: str = ""
    times: int | None = None
    after: int = 0

    def strikes(self):
        if not re.search(self.pattern, request.path) or self.query not in request.query_string.decode():
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times:
            self.times -= 1
            return True
        return self.times is None


@dataclass
class StandIn:
    """A running one: where it answers, and what it was asked."""

    app: Flask
    url: str = ""
    requests: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def calls(self):
        return [str(call) for call in self.requests]

    def fails(self, pattern, status=403, *, message=None, body=None, retry_after=None, headers=(), cut=False, **when):
        """Let calls to paths that match go wrong from now on: refused, with another body, or cut in its middle."""
        headers = dict(headers) | ({} if retry_after is None else {"Retry-After": str(retry_after)})
        if cut:
            status, body, headers = 200, b'[{"id": 1, "userna', {"Content-Length": "1000"}
        elif body is not None:
            status = 200
        else:
            body = json.dumps(self.refusal(status, message))
        answer = Response(body, status, content_type="application/json")
        answer.headers.update(headers)
        self.faults.append(Fault(pattern, answer, **when))

    def ask(self, method, path, query=None, body=None, token="auditor-token"):
        """Ask without a connection; returns status and content."""
        answer = self.app.test_client().open(
            path, method=method, query_string=query, json=body, headers={"Authorization": f"Bearer {token}"}
        )
        return answer.status_code, answer.get_json()

    def before(self):
        said = request.headers.get("PRIVATE-TOKEN") or request.headers.get("Authorization", "")
        body, address = request.get_json(silent=True), request.environ["RAW_URI"]
        self.requests.append(Call(request.method, request.path, address, body, said.removeprefix("Bearer ")))
        return next((fault.answer for fault in self.faults if fault.strikes()), None)


class Google(StandIn):
    def refusal(self, status, message):
        message = message or "The caller does not have permission"
        return {"error": {"code": status, "message": message, "status": "PERMISSION_DENIED"}}

    @property
    def cloud(self):
        return self.app.extensions["cloud"]


@dataclass
class Gitlab(StandIn):
    state: State | None = None

    def before(self):
        return super().before() or gitlab_writes.changed(self.state)

    def refusal(self, status, message):
        return {"message": message or f"{status} Forbidden"}


@contextmanager
def google(cloud):
    app = google_application(cloud)
    app.register_blueprint(google_cloud.calls)
    app.register_blueprint(google_hosts.calls)
    with running(Google(app)) as server:
        yield server


@contextmanager
def gitlab(state):
    with running(Gitlab(gitlab_application(state), state=state)) as server:
        yield server


@contextmanager
def running(stand_in):
    stand_in.app.before_request(stand_in.before)
    with served(stand_in.app, ENDS_WITHIN) as stand_in.url:
        yield stand_in


@contextmanager
def moto():
    """AWS as moto's server has it; gives its URL."""
    with served(aws_application(), ENDS_WITHIN) as url:
        yield url
