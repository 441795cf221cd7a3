"""Compute Engine's metadata and OS Login for Google's stand-in: the demo company has no instances there."""

import base64
import hashlib
import json

from auditor.demo.google.calls import Calls, body, page
from auditor.demo.google.state import Object, RefusedError
from tests.google_cloud import Cloud

calls = Calls("hosts", __name__)
_PROJECT = "/compute/v1/projects/<name>"
_ZONE = f"{_PROJECT}/zones/<zone>"
_INSTANCE = f"{_ZONE}/instances/<instance>"
_KEY = "/v1/users/<email>/sshPublicKeys/<key>"


@calls.answered("GET", _PROJECT, "compute.projects.get")
def get_project(cloud: Cloud, name: str) -> Object:
    """A project and its metadata."""
    project = cloud.project(name)
    return {
        "kind": "compute#project",
        "id": project.number,
        "name": project.id,
        "commonInstanceMetadata": _metadata(project.metadata),
    }


@calls.answered("GET", f"{_PROJECT}/aggregated/instances", "compute.instances.list")
def list_instances(cloud: Cloud, name: str) -> Object:
    """A project's instances, by zone."""
    project = cloud.project(name)
    every = [(zone, instance) for zone, listed in sorted(project.instances.items()) for instance in listed]
    found, more = page(every, most=500, usual=500, size="maxResults")
    items: dict[str, Object] = {}
    for zone, instance in found:
        items.setdefault(f"zones/{zone}", {"instances": []})["instances"].append(_instance(project.id, zone, instance))
    answer = {"kind": "compute#instanceAggregatedList", "id": f"projects/{project.id}/aggregated/instances"}
    return {**answer, "items": items} | more


@calls.answered("POST", f"{_PROJECT}/setCommonInstanceMetadata", "compute.projects.setCommonInstanceMetadata")
def set_project_metadata(cloud: Cloud, name: str) -> Object:
    """Replace a project's metadata as a whole."""
    project = cloud.project(name)
    project.metadata = _replaced(project.metadata, body())
    return _done(project.id)


@calls.answered("GET", _INSTANCE, "compute.instances.get")
def get_instance(cloud: Cloud, name: str, zone: str, instance: str) -> Object:
    """An instance."""
    return _instance(cloud.project(name).id, zone, _named(cloud, name, zone, instance))


@calls.answered("POST", f"{_INSTANCE}/setMetadata", "compute.instances.setMetadata")
def set_metadata(cloud: Cloud, name: str, zone: str, instance: str) -> Object:
    """Replace an instance's metadata as a whole."""
    found = _named(cloud, name, zone, instance)
    found["metadata"] = _replaced(found.get("metadata") or {}, body())
    return _done(cloud.project(name).id, zone, instance)


@calls.answered("GET", f"{_ZONE}/operations/<operation>", "compute.zoneOperations.get")
@calls.answered("POST", f"{_ZONE}/operations/<operation>/wait", "compute.zoneOperations.get")
def get_zone_operation(cloud: Cloud, name: str, zone: str, operation: str) -> Object:
    """An operation in a zone: every one is done at once."""
    return _done(cloud.project(name).id, zone, operation.removeprefix("operation-"))


@calls.answered("GET", f"{_PROJECT}/global/operations/<_>", "compute.globalOperations.get")
@calls.answered("POST", f"{_PROJECT}/global/operations/<_>/wait", "compute.globalOperations.get")
def get_operation(cloud: Cloud, name: str, _: str) -> Object:
    """An operation: every one is done at once."""
    return _done(cloud.project(name).id)


@calls.answered("GET", "/v1/users/<email>/loginProfile")
def get_profile(cloud: Cloud, email: str) -> Object:
    """Somebody's OS Login profile."""
    if email not in cloud.profiles:
        raise RefusedError(404, "NOT_FOUND", f"Login profile of user {email} not found.")
    return {"name": email, **cloud.profiles[email]}


@calls.answered("GET", _KEY)
def get_key(cloud: Cloud, email: str, key: str) -> Object:
    """A key of somebody's profile."""
    keys = cloud.profiles.get(email, {}).get("sshPublicKeys") or {}
    if key not in keys:
        raise RefusedError(404, "NOT_FOUND", f"SSH public key {key} not found.")
    return {"name": f"users/{email}/sshPublicKeys/{key}", "fingerprint": key, **keys[key]}


@calls.answered("DELETE", _KEY)
def delete_key(cloud: Cloud, email: str, key: str) -> Object:
    """Take it away."""
    get_key(cloud, email, key)
    del cloud.profiles[email]["sshPublicKeys"][key]
    return {}


@calls.answered("POST", "/v1/users/<id:email>:importSshPublicKey")
def import_key(cloud: Cloud, email: str) -> Object:
    """Add a key, named by its hash."""
    sent = body()
    encoded = str(sent["key"]).split()[1]
    name = hashlib.sha256(base64.b64decode(encoded)).hexdigest()
    given = {field: sent[field] for field in ("key", "expirationTimeUsec") if field in sent}
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
