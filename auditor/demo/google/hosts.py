"""Compute Engine's metadata and OS Login: who may log in to instances."""

from __future__ import annotations

import base64
import hashlib
import json

from auditor.demo.google.paging import page
from auditor.demo.google.request import Request
from auditor.demo.google.state import Cloud, Object, RefusedError


def get_project(cloud: Cloud, _: Request, name: str) -> Object:
    """`compute/v1/projects/{name}`."""
    project = cloud.project(name)
    return {
        "kind": "compute#project",
        "id": project.number,
        "name": project.id,
        "commonInstanceMetadata": _metadata(project.metadata),
    }


def list_instances(cloud: Cloud, request: Request, name: str) -> Object:
    """`compute/v1/projects/{name}/aggregated/instances`."""
    project = cloud.project(name)
    every = [(zone, instance) for zone, listed in sorted(project.instances.items()) for instance in listed]
    found, token = page(every, request.query.get("maxResults"), request.query.get("pageToken"), most=500, usual=500)
    items: dict[str, Object] = {}
    for zone, instance in found:
        items.setdefault(f"zones/{zone}", {"instances": []})["instances"].append(_instance(project.id, zone, instance))
    answer = {"kind": "compute#instanceAggregatedList", "id": f"projects/{project.id}/aggregated/instances"}
    return {**answer, "items": items} | ({"nextPageToken": token} if token else {})


def set_project_metadata(cloud: Cloud, request: Request, name: str) -> Object:
    """`compute/v1/projects/{name}/setCommonInstanceMetadata`: the whole value is replaced."""
    project = cloud.project(name)
    project.metadata = _replaced(project.metadata, request.body)
    return _done(project.id, "setMetadata")


def get_operation(cloud: Cloud, _: Request, name: str) -> Object:
    """An operation: every one is done at once."""
    return _done(cloud.project(name).id, "setMetadata")


def get_profile(cloud: Cloud, _: Request, email: str) -> Object:
    """`v1/users/{email}/loginProfile`."""
    if email not in cloud.profiles:
        raise RefusedError(404, "NOT_FOUND", f"Login profile of user {email} not found.")
    return {"name": email, **cloud.profiles[email]}


def _instance(project: str, zone: str, instance: Object) -> Object:
    place = f"https://www.googleapis.com/compute/v1/projects/{project}/zones/{zone}"
    return {
        "kind": "compute#instance",
        "zone": place,
        "selfLink": f"{place}/instances/{instance['name']}",
        **instance,
        "metadata": _metadata(instance.get("metadata") or {}),
    }


def _metadata(values: dict[str, str]) -> Object:
    items = [{"key": key, "value": value} for key, value in values.items()]
    return {"kind": "compute#metadata", "fingerprint": _fingerprint(values)} | ({"items": items} if items else {})


def _replaced(values: dict[str, str], wanted: Object) -> dict[str, str]:
    if wanted.get("fingerprint") not in (None, _fingerprint(values)):
        raise RefusedError(
            412, "CONDITION_NOT_MET", "Supplied fingerprint does not match current metadata fingerprint."
        )
    return {str(item["key"]): str(item.get("value", "")) for item in wanted.get("items") or []}


def _fingerprint(values: dict[str, str]) -> str:
    return base64.b64encode(hashlib.sha256(json.dumps(values).encode()).digest()[:8]).decode()


def _done(project: str, kind: str) -> Object:
    place = f"https://www.googleapis.com/compute/v1/projects/{project}"
    return {
        "kind": "compute#operation",
        "id": "1",
        "name": "operation-1",
        "operationType": kind,
        "targetLink": place,
        "selfLink": f"{place}/global/operations/operation-1",
        "status": "DONE",
        "progress": 100,
    }
