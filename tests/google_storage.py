"""Google Cloud Storage as far as a store needs it: objects with generations, over HTTP, for Google's own conditions."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from itertools import count
from threading import Lock

from flask import Flask, Response, request

_ONE_AT_A_TIME = Lock()


@dataclass
class Object:
    """What one is now."""

    name: str
    data: bytes
    generation: str
    updated: str

    def record(self):
        told = {"kind": "storage#object", "bucket": "evidence", "name": self.name, "generation": self.generation}
        return told | {"size": str(len(self.data)), "updated": self.updated, "timeCreated": self.updated}


def storage():
    """The application; everything lies in one bucket. `app.objects` are its objects."""
    app = Flask(__name__)
    app.objects, generations = {}, count(1_700_000_000_000_000)

    @app.post("/upload/storage/v1/b/evidence/o")
    def put():
        name, data = request.args.get("name"), request.get_data()
        if request.args["uploadType"] == "multipart":
            told, content = (
                message_from_bytes(b"Content-Type: " + request.content_type.encode() + b"\n\n" + data).walk(),
                [],
            )
            content = [part.get_payload(decode=True) for part in told if not part.is_multipart()]
            name, data = json.loads(content[0])["name"], content[1]
        with _ONE_AT_A_TIME:
            there = app.objects.get(name)
            expected = request.args.get("ifGenerationMatch")
            if expected is not None and expected != (there.generation if there else "0"):
                return _refused(412, "At least one of the pre-conditions you specified did not hold.")
            written = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            app.objects[name] = Object(name, data, str(next(generations)), written)
        return app.objects[name].record()

    @app.get("/storage/v1/b/evidence/o")
    def found():
        prefix = request.args.get("prefix", "")
        return {"items": [one.record() for name, one in sorted(app.objects.items()) if name.startswith(prefix)]}

    @app.get("/storage/v1/b/evidence/o/<path:name>")
    @app.get("/download/storage/v1/b/evidence/o/<path:name>")
    def get(name):
        one = app.objects.get(name)
        if one is None or request.args.get("generation", one.generation) != one.generation:
            return _refused(404, "No such object")
        return Response(one.data) if request.args.get("alt") == "media" else one.record()

    @app.delete("/storage/v1/b/evidence/o/<path:name>")
    def remove(name):
        return ("", 204) if app.objects.pop(name, None) else _refused(404, "No such object")

    return app


def _refused(status, message):
    return {"error": {"code": status, "message": message}}, status
