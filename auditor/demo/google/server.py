"""The server: Google's addresses on loopback, with faults on demand for whoever tests what bad nights do."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from auditor.demo.google import access, hosts, logs
from auditor.demo.google.request import Request
from auditor.demo.google.state import Cloud, Object, RefusedError

_CONTAINER = r"((?:projects|folders|organizations)/[^/:]+)"
_KEY = r"/v1/projects/([^/]+)/serviceAccounts/([^/]+)/keys/([^/:]+)"
_INSTANCES = r"/compute/v1/projects/([^/]+)/zones/([^/]+)/instances"
_KEY_USE = "serviceAccountKeyLastAuthentication"

# Method, path, who answers, and the permission that it takes: none for groups and profiles, which are not of IAM.
_ROUTES: tuple[tuple[str, re.Pattern[str], Callable[..., Object], str], ...] = tuple(
    (method, re.compile(pattern), handler, permission)
    for method, pattern, handler, permission in (
        (
            "GET",
            rf"/v1/{_CONTAINER}:searchAllIamPolicies",
            access.search_policies,
            "cloudasset.assets.searchAllIamPolicies",
        ),
        ("POST", rf"/v[123]/{_CONTAINER}:getIamPolicy", access.get_policy, "resourcemanager.{kind}.getIamPolicy"),
        ("POST", rf"/v[123]/{_CONTAINER}:setIamPolicy", access.set_policy, "resourcemanager.{kind}.setIamPolicy"),
        ("GET", r"/v3/projects/([^/:]+)", access.get_project, "resourcemanager.projects.get"),
        ("GET", r"/v1/projects/([^/:]+)", access.get_project_v1, "resourcemanager.projects.get"),
        ("GET", r"/v3/folders/([^/:]+)", access.get_folder, "resourcemanager.folders.get"),
        ("GET", r"/v1/((?:projects|organizations)/[^/]+/roles/[^/]+)", access.get_role, "iam.roles.get"),
        ("GET", r"/v1/projects/([^/]+)/serviceAccounts", access.list_robots, "iam.serviceAccounts.list"),
        (
            "GET",
            r"/v1/projects/([^/]+)/serviceAccounts/([^/]+)/keys",
            access.list_keys,
            "iam.serviceAccountKeys.list",
        ),
        ("DELETE", _KEY, access.delete_key, "iam.serviceAccountKeys.delete"),
        ("POST", rf"{_KEY}:(disable)", access.switch_key, "iam.serviceAccountKeys.disable"),
        ("POST", rf"{_KEY}:(enable)", access.switch_key, "iam.serviceAccountKeys.enable"),
        (
            "GET",
            rf"/v1/projects/([^/]+)/locations/global/activityTypes/{_KEY_USE}/activities:query",
            access.query_key_use,
            "policyanalyzer.serviceAccountKeyLastAuthenticationActivities.query",
        ),
        ("GET", r"/v1/groups:lookup", access.lookup_group, ""),
        ("GET", r"/v1/groups/([^/]+)/memberships", access.list_members, ""),
        ("POST", r"/v2/entries:list", logs.list_entries, "logging.privateLogEntries.list"),
        ("GET", r"/compute/v1/projects/([^/]+)", hosts.get_project, "compute.projects.get"),
        (
            "GET",
            r"/compute/v1/projects/([^/]+)/aggregated/instances",
            hosts.list_instances,
            "compute.instances.list",
        ),
        (
            "POST",
            r"/compute/v1/projects/([^/]+)/setCommonInstanceMetadata",
            hosts.set_project_metadata,
            "compute.projects.setCommonInstanceMetadata",
        ),
        (
            "(?:GET|POST)",
            r"/compute/v1/projects/([^/]+)/global/operations/[^/]+(?:/wait)?",
            hosts.get_operation,
            "compute.globalOperations.get",
        ),
        (
            "GET",
            rf"{_INSTANCES}/([^/]+)",
            hosts.get_instance,
            "compute.instances.get",
        ),
        ("POST", rf"{_INSTANCES}/([^/]+)/setMetadata", hosts.set_metadata, "compute.instances.setMetadata"),
        (
            "(?:GET|POST)",
            r"/compute/v1/projects/([^/]+)/zones/([^/]+)/operations/([^/]+)(?:/wait)?",
            hosts.get_zone_operation,
            "compute.zoneOperations.get",
        ),
        ("GET", r"/v1/users/([^/]+)/loginProfile", hosts.get_profile, ""),
        ("GET", r"/v1/users/([^/]+)/sshPublicKeys/([^/]+)", hosts.get_key, ""),
        ("DELETE", r"/v1/users/([^/]+)/sshPublicKeys/([^/]+)", hosts.delete_key, ""),
        ("POST", r"/v1/users/([^/:]+):importSshPublicKey", hosts.import_key, ""),
    )
)


@dataclass
class Fault:
    """Something that goes wrong with calls to paths that match.

    Args:
        times: how often; None for ever.
        after: calls that go well first.
        status: of the answer.
        cut: the answer ends in its middle.
        body: what stands in it instead.
    """

    pattern: str
    status: int = 403
    times: int | None = None
    after: int = 0
    message: str = "The caller does not have permission"
    retry_after: int | None = None
    cut: bool = False
    body: bytes | None = None


@dataclass
class Served:
    """A running stand-in."""

    url: str
    cloud: Cloud
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def fails(self, pattern: str, **how: Any) -> None:
        """Let calls to paths that match go wrong from now on."""
        self.faults.append(Fault(pattern, **how))

    def fault(self, path: str) -> Fault | None:
        """What is to go wrong with a call."""
        for fault in self.faults:
            if not re.search(fault.pattern, path):
                continue
            if fault.after:
                fault.after -= 1
            elif fault.times is None:
                return fault
            elif fault.times:
                fault.times -= 1
                return fault
        return None

    def answer(self, request: Request) -> Object:
        """What the cloud says.

        Raises:
            RefusedError: it says no.
        """
        for method, pattern, handler, permission in _ROUTES:
            if re.fullmatch(method, request.method) and (match := pattern.fullmatch(request.path)):
                self.cloud.check(request.caller, permission.format(kind=request.path.split("/")[2]))
                return handler(self.cloud, request, *match.groups())
        raise RefusedError(404, "NOT_FOUND", f"The stand-in has no {request.method} {request.path}.")


@contextmanager
def serve(cloud: Cloud) -> Iterator[Served]:
    """Google Cloud on this machine for as long as the block lasts."""
    served = Served("", cloud)

    class Handler(_Handler):
        server_state = served

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    server_state: Served
    protocol_version = "HTTP/1.1"
    # Head and body in one packet: otherwise every answer waits for an acknowledgement.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer a GET."""
        self._serve()

    def do_DELETE(self) -> None:
        """Answer a DELETE."""
        self._serve()

    def do_POST(self) -> None:
        """Answer a POST."""
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing: the requests are kept."""

    def _serve(self) -> None:
        state = self.server_state
        request = self._request()
        with state.lock:
            state.requests.append(request)
            fault = state.fault(request.path)
            if fault and not fault.cut and fault.body is None:
                self._refuse(fault.status, "PERMISSION_DENIED", fault.message, fault.retry_after)
                return
            try:
                answer = json.dumps(state.answer(request), ensure_ascii=False).encode()
            except RefusedError as refused:
                self._refuse(refused.status, refused.word, str(refused))
                return
        data = fault.body if fault and fault.body is not None else answer
        self._send(200, data, cut=bool(fault and fault.cut))

    def _request(self) -> Request:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
        except ValueError:
            body = {}
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return Request(
            method=self.command,
            path=unquote(address.path),
            query=dict(parse_qsl(address.query, keep_blank_values=True)),
            body=body if isinstance(body, dict) else {},
            caller=self.server_state.cloud.callers.get(token, "anonymous@demo.example"),
        )

    def _refuse(self, status: int, word: str, message: str, retry_after: int | None = None) -> None:
        error = {"error": {"code": status, "message": message, "status": word}}
        self._send(status, json.dumps(error).encode(), retry_after=retry_after)

    def _send(self, status: int, data: bytes, *, retry_after: int | None = None, cut: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self.close_connection = True
