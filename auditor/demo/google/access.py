"""Cloud Asset, Resource Manager, IAM and Cloud Identity: who may do what."""

from auditor.demo.google.paging import page
from auditor.demo.google.request import Request
from auditor.demo.google.state import Cloud, Object, RefusedError


def search_policies(cloud: Cloud, request: Request, scope: str) -> Object:
    """`v1/{scope}:searchAllIamPolicies`."""
    kind, _, name = scope.partition("/")
    if kind == "projects":
        scope = f"projects/{cloud.project(name).id}"
    results, token = page(
        list(cloud.search(scope)), request.query.get("pageSize"), request.query.get("pageToken"), most=500, usual=100
    )
    return {"results": results} | _token(token)


def get_policy(cloud: Cloud, request: Request, resource: str) -> Object:
    """`…:getIamPolicy`."""
    options = request.body.get("options") or {}
    return _without_ours(cloud.policy(_named(cloud, resource), int(options.get("requestedPolicyVersion", 1))))


def set_policy(cloud: Cloud, request: Request, resource: str) -> Object:
    """`…:setIamPolicy`."""
    wanted = request.body.get("policy")
    if not isinstance(wanted, dict):
        raise RefusedError(400, "INVALID_ARGUMENT", "Request contains no policy.")
    return _without_ours(cloud.replace(_named(cloud, resource), wanted, request.caller))


def get_project(cloud: Cloud, _: Request, name: str) -> Object:
    """`v3/projects/{name}`."""
    project = cloud.project(name)
    return {
        "name": f"projects/{project.number}",
        "projectId": project.id,
        "parent": project.parent,
        "displayName": project.name or project.id,
        "state": "ACTIVE",
    }


def get_project_v1(cloud: Cloud, _: Request, name: str) -> Object:
    """`v1/projects/{name}`, as gcloud asks."""
    project = cloud.project(name)
    kind, number = project.parent.split("/")
    return {
        "projectId": project.id,
        "projectNumber": project.number,
        "name": project.name or project.id,
        "lifecycleState": "ACTIVE",
        "parent": {"type": kind.removesuffix("s"), "id": number},
    }


def get_folder(cloud: Cloud, _: Request, name: str) -> Object:
    """`v3/folders/{name}`."""
    full = f"folders/{name}"
    if full not in cloud.parents:
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on folder '{name}'.")
    return {"name": full, "parent": cloud.parents[full], "displayName": name, "state": "ACTIVE"}


def get_role(cloud: Cloud, _: Request, name: str) -> Object:
    """`v1/{name}` for custom roles."""
    if name not in cloud.roles:
        raise RefusedError(404, "NOT_FOUND", f"The role named {name} was not found.")
    return {"name": name, **cloud.roles[name]}


def list_robots(cloud: Cloud, request: Request, project: str) -> Object:
    """`v1/projects/{project}/serviceAccounts`."""
    robots = list(cloud.project(project).robots.values())
    accounts, token = page(robots, request.query.get("pageSize"), request.query.get("pageToken"), most=100, usual=20)
    return ({"accounts": accounts} if accounts else {}) | _token(token)


def list_keys(cloud: Cloud, request: Request, project: str, email: str) -> Object:
    """`v1/projects/{project}/serviceAccounts/{email}/keys`."""
    wanted = request.query.get("keyTypes")
    keys = [key for key in _keys(cloud, project, email) if wanted in (None, key.get("keyType"))]
    return {"keys": keys} if keys else {}


def switch_key(cloud: Cloud, _: Request, project: str, email: str, key_id: str, how: str) -> Object:
    """`…/keys/{id}:disable` and `:enable`."""
    for key in _keys(cloud, project, email):
        if key["name"].endswith(f"/keys/{key_id}"):
            key["disabled"] = how == "disable"
            return {}
    raise RefusedError(404, "NOT_FOUND", f"Service account key {key_id} does not exist.")


def delete_key(cloud: Cloud, _: Request, project: str, email: str, key_id: str) -> Object:
    """`…/keys/{id}`."""
    keys = _keys(cloud, project, email)
    for key in keys:
        if key["name"].endswith(f"/keys/{key_id}"):
            keys.remove(key)
            return {}
    raise RefusedError(404, "NOT_FOUND", f"Service account key {key_id} does not exist.")


def query_key_use(cloud: Cloud, request: Request, project: str) -> Object:
    """`v1/projects/{project}/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query`."""
    used = cloud.project(project).key_use
    activities, token = page(used, request.query.get("pageSize"), request.query.get("pageToken"), most=1000, usual=1000)
    return ({"activities": activities} if activities else {}) | _token(token)


def lookup_group(cloud: Cloud, request: Request) -> Object:
    """`v1/groups:lookup`."""
    email = request.query.get("groupKey.id", "").lower()
    if email not in cloud.groups:
        message = "Error(4001): Permission denied for resource groups (or it may not exist)."
        raise RefusedError(403, "PERMISSION_DENIED", message)
    return {"name": f"groups/{_group_id(cloud, email)}"}


def list_members(cloud: Cloud, request: Request, group: str) -> Object:
    """`v1/groups/{group}/memberships`."""
    for email, members in cloud.groups.items():
        if _group_id(cloud, email) == group:
            found, token = page(
                members, request.query.get("pageSize"), request.query.get("pageToken"), most=500, usual=50
            )
            full = request.query.get("view") == "FULL"
            shown = [member if full else _basic(member) for member in found]
            return ({"memberships": shown} if shown else {}) | _token(token)
    raise RefusedError(404, "NOT_FOUND", "Group not found.")


def _keys(cloud: Cloud, project: str, email: str) -> list[Object]:
    if project == "-":
        owner = next((p for p in cloud.projects.values() if email in p.robots), None)
    else:
        owner = cloud.project(project)
    if owner is None or email not in owner.robots:
        raise RefusedError(404, "NOT_FOUND", f"Service account {email} does not exist.")
    return owner.keys.get(email, [])


def _named(cloud: Cloud, resource: str) -> str:
    """A resource by the name that its policy is kept under; projects may come as numbers, or bare."""
    kind, _, name = resource.rpartition("/")
    if kind in ("", "projects"):
        return f"projects/{cloud.project(name).id}"
    if resource not in cloud.policies and resource not in cloud.parents:
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on {resource}.")
    return resource


def _without_ours(policy: Object) -> Object:
    return {key: value for key, value in policy.items() if key != "change"}


def _group_id(cloud: Cloud, email: str) -> str:
    return f"{list(cloud.groups).index(email) + 1:08}"


def _basic(member: Object) -> Object:
    return {key: value for key, value in member.items() if key in ("name", "preferredMemberKey")}


def _token(token: str) -> Object:
    return {"nextPageToken": token} if token else {}
