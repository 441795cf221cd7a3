"""Compute Engine's metadata and OS Login: who may log in to instances."""

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
    return _done(project.id)


def get_instance(cloud: Cloud, _: Request, name: str, zone: str, instance: str) -> Object:
    """`compute/v1/projects/{name}/zones/{zone}/instances/{instance}`."""
    return _instance(cloud.project(name).id, zone, _named(cloud, name, zone, instance))


def set_metadata(cloud: Cloud, request: Request, name: str, zone: str, instance: str) -> Object:
    """`compute/v1/projects/{name}/zones/{zone}/instances/{instance}/setMetadata`: the whole value is replaced."""
    found = _named(cloud, name, zone, instance)
    found["metadata"] = _replaced(found.get("metadata") or {}, request.body)
    return _done(cloud.project(name).id, zone, instance)


def get_zone_operation(cloud: Cloud, _: Request, name: str, zone: str, operation: str) -> Object:
    """An operation in a zone: every one is done at once."""
    return _done(cloud.project(name).id, zone, operation.removeprefix("operation-"))


def get_operation(cloud: Cloud, _: Request, name: str) -> Object:
    """An operation: every one is done at once."""
    return _done(cloud.project(name).id)


def get_profile(cloud: Cloud, _: Request, email: str) -> Object:
    """`v1/users/{email}/loginProfile`."""
    if email not in cloud.profiles:
        raise RefusedError(404, "NOT_FOUND", f"Login profile of user {email} not found.")
    return {"name": email, **cloud.profiles[email]}


def get_key(cloud: Cloud, _: Request, email: str, key: str) -> Object:
    """`v1/users/{email}/sshPublicKeys/{key}`."""
    keys = cloud.profiles.get(email, {}).get("sshPublicKeys") or {}
    if key not in keys:
        raise RefusedError(404, "NOT_FOUND", f"SSH public key {key} not found.")
    return {"name": f"users/{email}/sshPublicKeys/{key}", "fingerprint": key, **keys[key]}


def delete_key(cloud: Cloud, request: Request, email: str, key: str) -> Object:
    """The same path, deleted."""
    get_key(cloud, request, email, key)
    del cloud.profiles[email]["sshPublicKeys"][key]
    return {}


def import_key(cloud: Cloud, request: Request, email: str) -> Object:
    """`v1/users/{email}:importSshPublicKey`: its name is the hash of the key."""
    encoded = str(request.body["key"]).split()[1]
    name = hashlib.sha256(base64.b64decode(encoded)).hexdigest()
    given = {field: request.body[field] for field in ("key", "expirationTimeUsec") if field in request.body}
    cloud.profiles.setdefault(email, {}).setdefault("sshPublicKeys", {})[name] = given
    return {"loginProfile": {"name": email, **cloud.profiles[email]}}


def _named(cloud: Cloud, project: str, zone: str, instance: str) -> Object:
    for one in cloud.project(project).instances.get(zone, []):
        if one["name"] == instance:
            return one
    place = f"projects/{project}/zones/{zone}/instances/{instance}"
    raise RefusedError(404, "NOT_FOUND", f"The resource '{place}' was not found")


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
    # Bytes in JSON come in either alphabet of base64.
    given = str(wanted.get("fingerprint") or "").replace("-", "+").replace("_", "/")
    if given not in ("", _fingerprint(values)):
        raise RefusedError(
            412, "CONDITION_NOT_MET", "Supplied fingerprint does not match current metadata fingerprint."
        )
    return {str(item["key"]): str(item.get("value", "")) for item in wanted.get("items") or []}


def _fingerprint(values: dict[str, str]) -> str:
    return base64.b64encode(hashlib.sha256(json.dumps(values).encode()).digest()[:8]).decode()


def _done(project: str, zone: str = "", instance: str = "") -> Object:
    """An operation that set metadata: of the project, or of an instance in a zone."""
    place = f"https://www.googleapis.com/compute/v1/projects/{project}"
    within = f"{place}/zones/{zone}" if zone else f"{place}/global"
    return {
        "kind": "compute#operation",
        "id": "1",
        "name": f"operation-{instance or 'project'}",
        "operationType": "setMetadata",
        "targetLink": f"{within}/instances/{instance}" if zone else place,
        "selfLink": f"{within}/operations/operation-{instance or 'project'}",
        "status": "DONE",
        "progress": 100,
        **({"zone": within} if zone else {}),
    }
