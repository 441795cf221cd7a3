"""Cloud Asset, Resource Manager, IAM and Cloud Identity: who may do what."""

from flask import request

from auditor.demo.google.calls import Calls, body, caller, page
from auditor.demo.google.state import Cloud, Object, RefusedError

calls = Calls("access", __name__)
_CONTAINER = "<any(projects, folders, organizations):kind>/<id:name>"
_ROBOTS = "/v1/projects/<project>/serviceAccounts"
_KEY = f"{_ROBOTS}/<email>/keys/<id:key_id>"
_KEY_USE = "serviceAccountKeyLastAuthentication"


@calls.answered("GET", f"/v1/{_CONTAINER}:searchAllIamPolicies", "cloudasset.assets.searchAllIamPolicies")
def search_policies(cloud: Cloud, kind: str, name: str) -> Object:
    """The policies in a scope."""
    if kind == "projects":
        name = cloud.project(name).id
    results, more = page(list(cloud.search(f"{kind}/{name}")), most=500, usual=100)
    return {"results": results} | more


@calls.answered("POST", f"/<any(v1, v2, v3):_>/{_CONTAINER}:getIamPolicy", "resourcemanager.{kind}.getIamPolicy")
def get_policy(cloud: Cloud, kind: str, name: str, _: str) -> Object:
    """A policy, in the version that was asked for."""
    options = body().get("options") or {}
    return _without_ours(cloud.policy(_named(cloud, kind, name), int(options.get("requestedPolicyVersion", 1))))


@calls.answered("POST", f"/<any(v1, v2, v3):_>/{_CONTAINER}:setIamPolicy", "resourcemanager.{kind}.setIamPolicy")
def set_policy(cloud: Cloud, kind: str, name: str, _: str) -> Object:
    """Replace a policy."""
    wanted = body().get("policy")
    if not isinstance(wanted, dict):
        raise RefusedError(400, "INVALID_ARGUMENT", "Request contains no policy.")
    return _without_ours(cloud.replace(_named(cloud, kind, name), wanted, caller()))


@calls.answered("GET", "/v3/projects/<id:name>", "resourcemanager.projects.get")
def get_project(cloud: Cloud, name: str) -> Object:
    """A project."""
    project = cloud.project(name)
    return {
        "name": f"projects/{project.number}",
        "projectId": project.id,
        "parent": project.parent,
        "displayName": project.name or project.id,
        "state": "ACTIVE",
    }


@calls.answered("GET", "/v1/projects/<id:name>", "resourcemanager.projects.get")
def get_project_v1(cloud: Cloud, name: str) -> Object:
    """A project, as gcloud asks for it."""
    project = cloud.project(name)
    kind, number = project.parent.split("/")
    return {
        "projectId": project.id,
        "projectNumber": project.number,
        "name": project.name or project.id,
        "lifecycleState": "ACTIVE",
        "parent": {"type": kind.removesuffix("s"), "id": number},
    }


@calls.answered("GET", "/v3/folders/<id:name>", "resourcemanager.folders.get")
def get_folder(cloud: Cloud, name: str) -> Object:
    """A folder."""
    full = f"folders/{name}"
    if full not in cloud.parents:
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on folder '{name}'.")
    return {"name": full, "parent": cloud.parents[full], "displayName": name, "state": "ACTIVE"}


@calls.answered("GET", "/v1/<any(projects, organizations):kind>/<place>/roles/<name>", "iam.roles.get")
def get_role(cloud: Cloud, kind: str, place: str, name: str) -> Object:
    """A custom role."""
    name = f"{kind}/{place}/roles/{name}"
    if name not in cloud.roles:
        raise RefusedError(404, "NOT_FOUND", f"The role named {name} was not found.")
    return {"name": name, **cloud.roles[name]}


@calls.answered("GET", _ROBOTS, "iam.serviceAccounts.list")
def list_robots(cloud: Cloud, project: str) -> Object:
    """A project's service accounts."""
    accounts, more = page(list(cloud.project(project).robots.values()), most=100, usual=20)
    return ({"accounts": accounts} if accounts else {}) | more


@calls.answered("GET", f"{_ROBOTS}/<email>/keys", "iam.serviceAccountKeys.list")
def list_keys(cloud: Cloud, project: str, email: str) -> Object:
    """A service account's keys."""
    wanted = request.args.get("keyTypes")
    keys = [key for key in _keys(cloud, project, email) if wanted in (None, key.get("keyType"))]
    return {"keys": keys} if keys else {}


@calls.answered("POST", f"{_KEY}:<any(disable, enable):how>", "iam.serviceAccountKeys.{how}")
def switch_key(cloud: Cloud, project: str, email: str, key_id: str, how: str) -> Object:
    """Switch a key off or on."""
    _key(cloud, project, email, key_id)["disabled"] = how == "disable"
    return {}


@calls.answered("DELETE", _KEY, "iam.serviceAccountKeys.delete")
def delete_key(cloud: Cloud, project: str, email: str, key_id: str) -> Object:
    """Take a key away."""
    _keys(cloud, project, email).remove(_key(cloud, project, email, key_id))
    return {}


@calls.answered(
    "GET",
    f"/v1/projects/<project>/locations/global/activityTypes/{_KEY_USE}/activities:query",
    f"policyanalyzer.{_KEY_USE}Activities.query",
)
def query_key_use(cloud: Cloud, project: str) -> Object:
    """When a project's keys were last used."""
    activities, more = page(cloud.project(project).key_use, most=1000, usual=1000)
    return ({"activities": activities} if activities else {}) | more


@calls.answered("GET", "/v1/groups:lookup")
def lookup_group(cloud: Cloud) -> Object:
    """The number of a group with that e-mail."""
    email = request.args.get("groupKey.id", "").lower()
    if email not in cloud.groups:
        message = "Error(4001): Permission denied for resource groups (or it may not exist)."
        raise RefusedError(403, "PERMISSION_DENIED", message)
    return {"name": f"groups/{_group_id(cloud, email)}"}


@calls.answered("GET", "/v1/groups/<group>/memberships")
def list_members(cloud: Cloud, group: str) -> Object:
    """Who is in a group: with roles in the full view alone."""
    for email, members in cloud.groups.items():
        if _group_id(cloud, email) == group:
            found, more = page(members, most=500, usual=50)
            full = request.args.get("view") == "FULL"
            shown = [member if full else _basic(member) for member in found]
            return ({"memberships": shown} if shown else {}) | more
    raise RefusedError(404, "NOT_FOUND", "Group not found.")


def _keys(cloud: Cloud, project: str, email: str) -> list[Object]:
    if project == "-":
        owner = next((p for p in cloud.projects.values() if email in p.robots), None)
    else:
        owner = cloud.project(project)
    if owner is None or email not in owner.robots:
        raise RefusedError(404, "NOT_FOUND", f"Service account {email} does not exist.")
    return owner.keys.get(email, [])


def _key(cloud: Cloud, project: str, email: str, key_id: str) -> Object:
    for key in _keys(cloud, project, email):
        if key["name"].endswith(f"/keys/{key_id}"):
            return key
    raise RefusedError(404, "NOT_FOUND", f"Service account key {key_id} does not exist.")


def _named(cloud: Cloud, kind: str, name: str) -> str:
    """A container by the name that its policy is kept under; projects may come as numbers."""
    if kind == "projects":
        return f"projects/{cloud.project(name).id}"
    resource = f"{kind}/{name}"
    if resource not in cloud.policies and resource not in cloud.parents:
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on {resource}.")
    return resource


def _without_ours(policy: Object) -> Object:
    return {key: value for key, value in policy.items() if key != "change"}


def _group_id(cloud: Cloud, email: str) -> str:
    return f"{list(cloud.groups).index(email) + 1:08}"


def _basic(member: Object) -> Object:
    return {key: value for key, value in member.items() if key in ("name", "preferredMemberKey")}
