"""What Google's methods take, as capabilities."""

import pytest

from auditor.model.vocabulary import Capability as Cap
from auditor.providers.google.actions import capabilities_of
from auditor.providers.registry import provider


@pytest.mark.parametrize(
    ("action", "takes"),
    [
        ("secretmanager:google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion", {Cap.MANAGE_SECRETS}),
        ("secretmanager:google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion", set()),
        ("cloudkms:DestroyCryptoKeyVersion", {Cap.MANAGE_SECRETS}),
        ("cloudsql:cloudsql.instances.update", {Cap.WRITE_DATABASE}),
        ("spanner:google.spanner.admin.database.v1.DatabaseAdmin.UpdateDatabaseDdl", {Cap.WRITE_DATABASE}),
        ("spanner:google.spanner.v1.Spanner.QueryRows", set()),
        ("cloudbilling:UpdateProjectBillingInfo", {Cap.MANAGE_BILLING}),
        ("compute:v1.compute.instances.insert", {Cap.MANAGE_INFRASTRUCTURE}),
        ("compute:v1.compute.instances.reset", {Cap.RESTART}),
        ("compute:v1.compute.instances.startWithEncryptionKey", {Cap.RESTART}),
        ("compute:beta.compute.instances.suspend", {Cap.RESTART}),
        ("compute:v1.compute.instances.aggregatedList", set()),
        ("container:google.container.v1.ClusterManager.StartIPRotation", {Cap.MANAGE_INFRASTRUCTURE}),
        ("dns:dns.changes.create", {Cap.MANAGE_INFRASTRUCTURE}),
        ("run:google.cloud.run.v1.Services.ReplaceService", set()),
        ("compute:", {Cap.MANAGE_INFRASTRUCTURE}),
        ("nonsense", set()),
    ],
)
def test_a_method_takes_what_its_service_and_verb_tell(action, takes):
    assert capabilities_of(action) == takes


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({"request": {"name": "x"}}, {"name": "x"}),
        (
            {"metadata": {"@type": "y", "projectMetadataDelta": {"addedMetadataKeys": ["ssh-keys"]}}},
            {"projectMetadataDelta": {"addedMetadataKeys": ["ssh-keys"]}},
        ),
        ({"request": {"@type": "x.PgAuditEntry", "statement": "DELETE FROM a"}}, {"@type": "x.PgAuditEntry"}),
        ({"request": {"query": "x"}}, {"query": "x"}),
        ({"metadata": {"other": 1}}, None),
        (None, None),
    ],
)
def test_what_a_call_asked_for_and_which_metadata_it_changed(payload, asked):
    assert provider("gcp").asked({"protoPayload": payload}) == asked
    assert provider("gcp").asked({"protopayload_auditlog": payload}) == asked


def test_what_bigquery_keeps_as_text_was_asked_for_too():
    told = {"requestJson": '{"name": "x"}', "metadataJson": '{"instanceMetadataDelta": {"modifiedMetadataKeys": []}}'}
    asked = {"name": "x", "instanceMetadataDelta": {"modifiedMetadataKeys": []}}
    assert provider("gcp").asked({"protopayload_auditlog": told}) == asked
