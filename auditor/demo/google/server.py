"""Google's addresses, answered from what a `Cloud` holds."""

from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from auditor.demo.google import access, logs
from auditor.demo.google.calls import CLOUD, written
from auditor.demo.google.state import Cloud, RefusedError


class _Id(BaseConverter):
    """A name in an address; what follows a colon says what to do with it."""

    regex = "[^/:]+"


def google(cloud: Cloud) -> Flask:
    """Google Cloud as an application; `served` puts it on this machine."""
    app = Flask(__name__, static_folder=None)
    app.extensions[CLOUD] = cloud
    app.url_map.converters["id"] = _Id
    for calls in (access.calls, logs.calls):
        app.register_blueprint(calls)
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(HTTPException, _unknown)
    return app


def _refused(error: RefusedError) -> Response:
    return written({"error": {"code": error.status, "message": str(error), "status": error.word}}, error.status)


def _unknown(error: HTTPException) -> Response:
    return _refused(RefusedError(error.code or 404, "NOT_FOUND", f"The stand-in has none such: {error.name}."))
