"""Google's roles and permissions in plain capabilities."""

import pytest

from auditor.model.vocabulary import EVERYTHING
from auditor.model.vocabulary import Capability as Cap
from auditor.providers.google.permissions import capabilities, capability
from auditor.providers.google.roles import acts, of_role


@pytest.mark.parametrize(
    ("role", "held"),
    [
        ("roles/run.developer", {Cap.DEPLOY, Cap.RESTART, Cap.CHANGE_CONFIG}),
        ("roles/viewer", {Cap.READ_LOGS, Cap.READ_DATA}),
        ("roles/logging.privateLogViewer", {Cap.READ_LOGS}),
        ("roles/bigquery.dataViewer", {Cap.READ_DATA}),
        ("roles/bigquery.jobUser", set()),
        ("roles/secretmanager.secretAccessor", {Cap.READ_DATA}),
        ("roles/secretmanager.secretVersionManager", {Cap.MANAGE_SECRETS}),
        ("roles/resourcemanager.projectIamAdmin", {Cap.MANAGE_ACCESS}),
        ("roles/compute.osLogin", {Cap.SHELL}),
        ("roles/run.invoker", set()),
        ("roles/run.serviceAgent", set()),
    ],
)
def test_well_known_roles(role, held):
    assert of_role(role) == held


@pytest.mark.parametrize(
    ("role", "held"),
    [
        ("roles/alloydb.databaseEditor", {Cap.READ_DATA, Cap.WRITE_DATABASE}),
        ("roles/alloydb.someViewer", {Cap.READ_DATA}),
        ("roles/alloydb.metadataViewer", set()),
        ("roles/cloudkms.importer", {Cap.MANAGE_SECRETS}),
        ("roles/billing.projectManager", {Cap.MANAGE_BILLING}),
        ("roles/dns.admin", {Cap.MANAGE_INFRASTRUCTURE, Cap.RESTART}),
        ("roles/dns.reader", set()),
        ("roles/securitycenter.findingsViewer", {Cap.READ_LOGS}),
        ("roles/quantumthing.admin", {Cap.MANAGE_INFRASTRUCTURE, Cap.RESTART}),
    ],
)
def test_other_roles_by_their_service_and_the_end_of_their_name(role, held):
    assert of_role(role) == held


def test_the_editor_may_all_but_give_access_and_spend():
    assert of_role("roles/editor") == EVERYTHING - {Cap.MANAGE_ACCESS, Cap.MANAGE_BILLING}


@pytest.mark.parametrize(
    ("permission", "gives"),
    [
        ("run.services.update", Cap.DEPLOY),
        ("run.services.get", None),
        ("run.jobs.run", Cap.RESTART),
        ("secretmanager.versions.access", Cap.READ_DATA),
        ("secretmanager.versions.add", Cap.MANAGE_SECRETS),
        ("secretmanager.versions.list", None),
        ("storage.objects.get", Cap.READ_DATA),
        ("storage.objects.delete", Cap.WRITE_DATABASE),
        ("storage.buckets.list", None),
        ("storage.buckets.setIamPolicy", Cap.CHANGE_CONFIG),
        ("cloudsql.instances.connect", None),
        ("cloudsql.instances.login", Cap.WRITE_DATABASE),
        ("iap.tunnelInstances.accessViaIAP", None),
        ("cloudsql.instances.restart", Cap.RESTART),
        ("logging.logEntries.list", Cap.READ_LOGS),
        ("logging.sinks.delete", Cap.CHANGE_CONFIG),
        ("compute.instances.setMetadata", Cap.SHELL),
        ("compute.networks.create", Cap.MANAGE_INFRASTRUCTURE),
        ("resourcemanager.projects.setIamPolicy", Cap.MANAGE_ACCESS),
        ("iam.serviceAccounts.actAs", None),
        ("bigquery.jobs.create", None),
        ("billing.accounts.update", Cap.MANAGE_BILLING),
    ],
)
def test_a_custom_role_is_judged_by_its_permissions(permission, gives):
    assert capability(permission) == gives
    assert capabilities([permission]) == ({gives} if gives else set())


def test_becoming_a_service_account_is_told_by_role_or_permission():
    assert acts("roles/iam.serviceAccountTokenCreator") == ("acts as",)
    assert acts("projects/quay-shop/roles/helper", ["iam.serviceAccounts.getAccessToken"]) == ("acts as",)
    assert not acts("roles/run.developer")


@pytest.mark.parametrize(
    ("role", "same_as"),
    [
        ("roles/run.somethingViewer", "roles/run.viewer"),
        ("roles/run.some.new.viewer", "roles/run.viewer"),
        ("roles/run.someNewAdmin", "roles/run.admin"),
    ],
)
def test_a_role_that_is_new_is_judged_by_the_last_part_of_its_name(role, same_as):
    assert of_role(role) == of_role(same_as)


@pytest.mark.parametrize("role", ["roles/run.serviceAgent", "roles/run.newInvoker", "roles/nobody.newInvoker"])
def test_a_services_own_agent_and_whoever_only_uses_it_change_nothing(role):
    assert of_role(role) == frozenset()


def test_writers_of_data_write_and_readers_of_metadata_read_nothing():
    assert Cap.WRITE_DATABASE in of_role("roles/datastore.newWriter")
    assert of_role("roles/datastore.newMetadataViewer") == frozenset()


def test_of_a_service_that_nobody_knows_it_counts_that_it_can_be_changed():
    assert of_role("roles/nobody.admin") == {Cap.RESTART, Cap.MANAGE_INFRASTRUCTURE}
