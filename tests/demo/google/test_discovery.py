"""What the stand-in answers is what Google's discovery documents say that Google answers."""

import json
from importlib.resources import files

import pytest

from tests import stand_ins
from tests.collectors.google.cloud import DEPLOYER, found
from tests.collectors.google.conftest import entry

CALLS = [
    ("cloudasset.v1", "SearchAllIamPoliciesResponse", "GET", "/v1/organizations/9:searchAllIamPolicies", {}),
    (
        "cloudresourcemanager.v3",
        "Policy",
        "POST",
        "/v3/projects/quay-shop:getIamPolicy",
        {"options": {"requestedPolicyVersion": 3}},
    ),
    ("cloudresourcemanager.v1", "Policy", "POST", "/v1/projects/4242:getIamPolicy", {}),
    ("cloudresourcemanager.v3", "Policy", "POST", "/v3/folders/7:getIamPolicy", {}),
    ("cloudresourcemanager.v3", "Project", "GET", "/v3/projects/quay-shop", {}),
    ("cloudresourcemanager.v1", "Project", "GET", "/v1/projects/quay-shop", {}),
    ("cloudresourcemanager.v3", "Folder", "GET", "/v3/folders/7", {}),
    ("iam.v1", "Role", "GET", "/v1/projects/quay-shop/roles/shipper", {}),
    ("iam.v1", "ListServiceAccountsResponse", "GET", "/v1/projects/quay-shop/serviceAccounts", {}),
    ("iam.v1", "ListServiceAccountKeysResponse", "GET", f"/v1/projects/quay-shop/serviceAccounts/{DEPLOYER}/keys", {}),
    (
        "policyanalyzer.v1",
        "GoogleCloudPolicyanalyzerV1QueryActivityResponse",
        "GET",
        "/v1/projects/quay-shop/locations/global/activityTypes/serviceAccountKeyLastAuthentication/activities:query",
        {},
    ),
    ("cloudidentity.v1", "LookupGroupNameResponse", "GET", "/v1/groups:lookup?groupKey.id=devs@quay.example", {}),
    ("cloudidentity.v1", "ListMembershipsResponse", "GET", "/v1/groups/00000001/memberships?view=FULL", {}),
    ("logging.v2", "ListLogEntriesResponse", "POST", "/v2/entries:list", {"resourceNames": ["projects/quay-shop"]}),
    ("compute.v1", "Project", "GET", "/compute/v1/projects/quay-shop", {}),
    ("compute.v1", "InstanceAggregatedList", "GET", "/compute/v1/projects/quay-shop/aggregated/instances", {}),
    (
        "compute.v1",
        "Operation",
        "POST",
        "/compute/v1/projects/quay-shop/setCommonInstanceMetadata",
        {"items": [{"key": "a", "value": "b"}]},
    ),
    ("oslogin.v1", "LoginProfile", "GET", "/v1/users/nina@quay.example/loginProfile", {}),
]


@pytest.fixture(scope="module")
def google():
    with stand_ins.google(found()) as served:
        served.cloud.projects["quay-shop"].entries.append(entry())
        yield served


@pytest.mark.parametrize(("document", "schema", "method", "path", "body"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS])
def test_an_answer_fits_its_schema(google, document, schema, method, path, body):
    address, _, query = path.partition("?")
    status, answer = google.ask(method, address, query, body)
    assert status == 200
    schemas = _document(document)["schemas"]
    assert list(_misfits(answer, {"$ref": schema}, schemas, "")) == []


def test_the_check_itself_sees_what_does_not_fit():
    schemas = _document("iam.v1")["schemas"]
    wrong = {"accounts": [{"email": 5, "keys": []}], "nextPageToken": None}
    places = [place for place, _ in _misfits(wrong, {"$ref": "ListServiceAccountsResponse"}, schemas, "")]
    assert places == [".accounts[0].email", ".accounts[0].keys", ".nextPageToken"]


def _document(name):
    return json.loads((files("googleapiclient.discovery_cache.documents") / f"{name}.json").read_text())


def _misfits(value, schema, schemas, place):
    """Where a value is not as its schema says, and why."""
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type", "any")
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    if kind != "any" and (not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "boolean")):
        yield place, f"{value!r} is no {kind}"
    elif schema.get("enum") and value not in schema["enum"]:
        yield place, f"{value!r} is none of {schema['enum']}"
    elif kind == "array":
        for number, item in enumerate(value):
            yield from _misfits(item, schema["items"], schemas, f"{place}[{number}]")
    elif kind == "object":
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, item in value.items():
            if name in properties:
                yield from _misfits(item, properties[name], schemas, f"{place}.{name}")
            elif others:
                yield from _misfits(item, others, schemas, f"{place}.{name}")
            elif properties:
                yield f"{place}.{name}", "is not in the schema"
