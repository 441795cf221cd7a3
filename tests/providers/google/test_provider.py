"""Google as the auditor asks it."""

import json

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Policy
from auditor.providers.registry import provider
from auditor.providers.systems import Systems
from tests.cases import config, row

GOOGLE = provider("gcp")
COMPUTE = "//compute.googleapis.com/projects"


def policy(kind, name, number="42", attached=None):
    document = json.dumps({"number": number})
    return Policy(**row(policy=name, kind=kind, attached_to=attached or name, name=name, document=document))


def test_of_which_projects_the_bindings_were_read_by_id_and_by_number():
    rows = Snapshots(
        accounts=[Account(**row(account="user:x", provider="gcp", scope="of-accounts", kind="person"))],
        grants=[Grant(**row(principal="user:x", role="r", resource="of-grants", provider="gcp"))],
        policies=[policy("ancestry", "shop", attached="home"), policy("role-definition", "roles/x", number="7")],
    )
    assert GOOGLE.scopes_read(rows) == {"of-accounts", "of-grants", "shop", "home", "42"}


@pytest.mark.parametrize(
    ("resource", "system"),
    [
        (f"{COMPUTE}/shop", "all"),
        (f"{COMPUTE}/shop/zones/a/instances/web-1", "web"),
        (f"{COMPUTE}/shop/zones/a/instances/db", "all"),
        (f"{COMPUTE}/other", None),
        ("//iam.googleapis.com/projects/shop", None),
        (None, None),
    ],
)
def test_a_key_opens_the_system_of_its_project_or_instance(resource, system):
    systems = [
        {"id": "all", "name": "All", "resources": [{"provider": "gcp", "project": "shop"}]},
        {"id": "web", "name": "Web", "resources": [{"provider": "gcp", "project": "shop", "match": ["*web-*"]}]},
    ]
    key = Credential(**row(credential="k", kind="ssh-key", account="a", provider="gcp", resource=resource))
    assert GOOGLE.system_of_credential(key, Systems(config(systems=systems))) == system


def entry(**payload):
    return {"protoPayload": payload}


DELTA = {"instanceMetadataDelta": {"addedMetadataKeys": ["ssh-keys"]}, "other": 1}


@pytest.mark.parametrize(
    ("record", "asked"),
    [
        (entry(request={"name": "x"}), {"name": "x"}),
        (entry(request={"name": "x"}, metadata=DELTA), {"name": "x", **dict(list(DELTA.items())[:1])}),
        (entry(metadata=DELTA), {"instanceMetadataDelta": DELTA["instanceMetadataDelta"]}),
        ({"protopayload_auditlog": {"requestJson": '{"name": "x"}', "metadataJson": json.dumps(DELTA)}},
            {"name": "x", "instanceMetadataDelta": DELTA["instanceMetadataDelta"]}),
        (entry(request={"@type": "x/v1.AuditEntry", "statement": "SELECT 1", "user": "nina"}),
            {"@type": "x/v1.AuditEntry", "user": "nina"}),
        (entry(request={"@type": "x", "statement": "SELECT 1"}), {"@type": "x", "statement": "SELECT 1"}),
        (entry(), None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_was_asked_is_the_request_with_changed_metadata_and_no_statement(record, asked):
    assert GOOGLE.asked(record) == asked


@pytest.mark.parametrize(
    ("role", "what"),
    [
        ("roles/storage.objectViewer", "reading data"),
        ("roles/logging.viewer", "reading logs"),
        ("roles/run.invoker", None),
    ],
)
def test_what_is_read_may_be_in_no_log(role, what):
    held = Grant(**row(principal="user:x", role=role, resource="shop", provider="gcp"))
    at = row()["collected_at"]
    told = list(GOOGLE.unseen(Snapshots(grants=[held]), Snapshots(), at, at))
    assert [one.what for one in told] == ([what] if what else [])
