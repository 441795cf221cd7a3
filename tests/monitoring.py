"""Servers of monitoring as stand-ins over HTTP, by their published APIs, and a real Prometheus.

Loki: HTTP API of 3.5. Grafana: annotations API of 12.4. Sentry: web API 0, as of self-hosted 25.9.
"""

import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask, Response, jsonify, request

from auditor.demo.serving import free_port
from tests.stand_ins import StandIn, running

TOKEN = "monitoring-token"


def prometheus_program():
    """Where Prometheus is: in the environment, beside Python, or nowhere."""
    return shutil.which("prometheus") or shutil.which("prometheus", path=str(Path(sys.prefix) / "bin"))


@contextmanager
def prometheus(program, folder, target):
    """A real one on loopback that scrapes a target each second; yields its URL once it can be asked."""
    port = free_port("127.0.0.1")
    settings = folder / "prometheus.yml"
    settings.write_text(
        "global: {scrape_interval: 1s}\n"
        f"scrape_configs: [{{job_name: checkout, static_configs: [{{targets: ['{target.removeprefix('http://')}']}}]}}]\n"
    )
    arguments = (
        f"--config.file={settings}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    )
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen([program, *arguments], stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def exporter(state):
    """What a service tells of itself, in Prometheus's text format."""
    app = Flask("exporter")

    @app.get("/metrics")
    def metrics():
        lines = ["# TYPE http_requests_total counter"]
        lines += [f'http_requests_total{{status="{status}"}} {count}' for status, count in state.items()]
        return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4")

    return app


@dataclass
class Monitoring(StandIn):
    """Refuses whoever has not the token; `tenants` saw which tenants were asked for."""

    tenants: list = field(default_factory=list)

    def before(self):
        self.tenants.append(request.headers.get("X-Scope-OrgID"))
        fault = super().before()
        if fault is not None:
            return fault
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return jsonify(self.refusal(401, None)), 401
        return None

    def refusal(self, status, message):
        return {"message": message or "Unauthorized", "detail": message or "Invalid token"}


@contextmanager
def loki(curves):
    """`curves` maps queries to lists of (labels, {seconds: value}); other queries find nothing."""
    app = Flask("loki")

    @app.get("/loki/api/v1/query_range")
    def query_range():
        start, end, step = (int(request.args[name]) for name in ("start", "end", "step"))
        if (end - start) // step >= 11_000:
            return Response("exceeded maximum resolution of 11,000 points per time series", 400)
        query = request.args["query"]
        if query.startswith("{"):
            return jsonify({"status": "success", "data": {"resultType": "streams", "result": [], "stats": {}}})
        times = range(start, end + 1, step)
        found = [
            {"metric": labels, "values": [[time, str(values[time])] for time in times if time in values]}
            for labels, values in curves.get(query, ())
        ]
        result = [curve for curve in found if curve["values"]]
        return jsonify({"status": "success", "data": {"resultType": "matrix", "result": result, "stats": {}}})

    with running(Monitoring(app)) as server:
        yield server


@contextmanager
def grafana(annotations):
    """Newest first, no more than `limit`; there are no pages."""
    app = Flask("grafana")

    @app.get("/api/annotations")
    def find():
        from_, to, limit = (int(request.args[name]) for name in ("from", "to", "limit"))
        there = [one for one in annotations if from_ <= one["time"] <= to]
        return jsonify(sorted(there, key=lambda one: -one["time"])[:limit])

    with running(Monitoring(app)) as server:
        yield server


@dataclass
class Errors:
    """What Sentry knows of a project."""

    slug: str = "checkout-web"
    id: str = "17"
    issues: list = field(default_factory=list)
    releases: list = field(default_factory=list)
    events: dict = field(default_factory=dict)
    page: int = 2


def _fits(issue, word):
    """Whether an issue is found by a word of a search: `is:regressed`, `lastSeen:>=2026-02-28T00:00:00`."""
    name, _, since = word.partition(":>=")
    if since:
        return issue[name] >= since
    return word[3:] in (issue["status"], issue.get("substatus")) if word.startswith("is:") else True


@contextmanager
def sentry(project):
    """One organization, `harbour`, with one project; lists come in pages with a cursor, named also where none is left."""
    app = Flask("sentry")

    def page(records):
        start = int((request.args.get("cursor") or "0:0:0").split(":")[1])
        answer = jsonify(records[start : start + project.page])
        more, following = start + project.page < len(records), f"0:{start + project.page}:0"
        answer.headers["Link"] = (
            f'<{request.url}&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
            f'<{request.url}&cursor={following}>; rel="next"; results="{str(more).lower()}"; cursor="{following}"'
        )
        return answer

    @app.get("/api/0/projects/harbour/<slug>/")
    def found(slug):
        if slug != project.slug:
            return jsonify({"detail": "The requested resource does not exist"}), 404
        return jsonify({"id": project.id, "slug": slug})

    @app.get("/api/0/organizations/harbour/issues/")
    def issues():
        found = [one for one in project.issues if all(_fits(one, word) for word in request.args["query"].split())]
        return page([{name: value for name, value in one.items() if name != "activity"} for one in found])

    @app.get("/api/0/organizations/harbour/issues/<id_>/")
    def one_issue(id_):
        """With its activity, the latest first, of which there are a hundred at most."""
        return jsonify({"activity": [], **next(one for one in project.issues if one["id"] == id_)})

    @app.get("/api/0/organizations/harbour/releases/")
    def releases():
        return page(sorted(project.releases, key=lambda one: one["dateCreated"], reverse=True))

    @app.get("/api/0/organizations/harbour/events-stats/")
    def counts():
        start, end = (
            int(datetime.fromisoformat(f"{request.args[name]}+00:00").timestamp()) for name in ("start", "end")
        )
        step = {"1m": 60, "5m": 300}[request.args["interval"]]
        if (end - start) / step > 10_000:
            return jsonify({"detail": "Your interval and date range would create too many results."}), 400
        return jsonify({"data": [[time, [{"count": project.events.get(time, 0)}]] for time in range(start, end, step)]})

    with running(Monitoring(app)) as server:
        yield server
