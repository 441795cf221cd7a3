"""Cloud Asset, Resource Manager, IAM and Cloud Identity: who may do what."""

from flask import request

from auditor.demo.google.calls import Calls, body, page
from auditor.demo.google.state import Cloud, Object, RefusedError

calls = Calls("access", __name__)
CONTAINER = "<any(projects, folders, organizations):kind>/<id:name>"
_ATTACHED = "cloudresourcemanager.googleapis.com/<any(projects, folders, organizations):kind>/<id:name>"
ROBOTS = "/v1/projects/<project>/serviceAccounts"
_KEY_USE = "serviceAccountKeyLastAuthentication"


@calls.answered("GET", f"/v1/{CONTAINER}:searchAllIamPolicies", "cloudasset.assets.searchAllIamPolicies")
def search_policies(cloud: Cloud, kind: str, name: str) -> Object:
    """The policies in a scope."""
    if kind == "projects":
        name = cloud.project(name).id
    results, more = page(list(cloud.search(f"{kind}/{name}")), most=500, usual=100)
    return {"results": results} | more


@calls.answered("POST", f"/<any(v1, v2, v3):_>/{CONTAINER}:getIamPolicy", "resourcemanager.{kind}.getIamPolicy")
def get_policy(cloud: Cloud, kind: str, name: str, _: str) -> Object:
    """A policy, in the version that was asked for."""
    options = body().get("options") or {}
    return cloud.policy(named(cloud, kind, name), int(options.get("requestedPolicyVersion", 1)))


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


@calls.answered("GET", f"/v2/policies/{_ATTACHED}/denypolicies", "iam.denypolicies.list")
def list_denials(cloud: Cloud, kind: str, name: str) -> Object:
    """Deny policies without their rules, as Google lists them."""
    found = cloud.lists.get(f"{named(cloud, kind, name)}/denypolicies", [])
    return {"policies": [{key: value for key, value in one.items() if key != "rules"} for one in found]}


@calls.answered("GET", f"/v2/policies/{_ATTACHED}/denypolicies/<policy>", "iam.denypolicies.get")
def get_denial(cloud: Cloud, kind: str, name: str, policy: str) -> Object:
    """A deny policy."""
    found = cloud.lists.get(f"{named(cloud, kind, name)}/denypolicies", [])
    return next(one for one in found if one["name"].endswith(f"/{policy}"))


def _listed(address: str, permission: str) -> None:
    """What stands at an address of a project, folder or organization."""
    version, end = address.split("/")

    @calls.answered("GET", f"/{version}/{CONTAINER}/locations/global/{end}", permission)
    def listed(cloud: Cloud, kind: str, name: str) -> Object:
        found, more = page(cloud.lists.get(f"{named(cloud, kind, name)}/{end}", []), most=100, usual=100)
        return {end: found} | more


_listed("v1/entitlements", "privilegedaccessmanager.entitlements.list")
_listed("v3/policyBindings", "iam.policybindings.list")
_listed("v3/principalAccessBoundaryPolicies", "iam.principalaccessboundarypolicies.list")


@calls.answered("GET", ROBOTS, "iam.serviceAccounts.list")
def list_robots(cloud: Cloud, project: str) -> Object:
    """A project's service accounts."""
    accounts, more = page(list(cloud.project(project).robots.values()), most=100, usual=20)
    return ({"accounts": accounts} if accounts else {}) | more


@calls.answered("GET", f"{ROBOTS}/<email>/keys", "iam.serviceAccountKeys.list")
def listkeys_of(cloud: Cloud, project: str, email: str) -> Object:
    """A service account's keys."""
    wanted = request.args.get("keyTypes")
    keys = [key for key in keys_of(cloud, project, email) if wanted in (None, key.get("keyType"))]
    return {"keys": keys} if keys else {}


@calls.answered(
    "GET",
    f"/v1/projects/<project>/locations/global/activityTypes/{_KEY_USE}/activities:query",
    f"policyanalyzer.{_KEY_USE}Activities.query",
)
def query_key_use(cloud: Cloud, project: str) -> Object:
    """When a project's keys were last used."""
    activities, more = page(cloud.project(project).key_use, most=1000, usual=1000)
    return ({"activities": activities} if activities else {}) | more


def keys_of(cloud: Cloud, project: str, email: str) -> list[Object]:
    """A service account's keys; the project may be left open, as `-`."""
    if project == "-":
        owner = next((p for p in cloud.projects.values() if email in p.robots), None)
    else:
        owner = cloud.project(project)
    if owner is None or email not in owner.robots:
        raise RefusedError(404, "NOT_FOUND", f"Service account {email} does not exist.")
    return owner.keys.get(email, [])


def named(cloud: Cloud, kind: str, name: str) -> str:
    """A container by the name that its policy is kept under; projects may come as numbers."""
    if kind == "projects":
        return f"projects/{cloud.project(name).id}"
    resource = f"{kind}/{name}"
    if resource not in cloud.policies and resource not in cloud.parents:
        raise RefusedError(403, "PERMISSION_DENIED", f"The caller does not have permission on {resource}.")
    return resource
