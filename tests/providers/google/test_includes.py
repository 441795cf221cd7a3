"""Whether a role holds a permission, and where that cannot be told."""

import pytest

from auditor.providers.google.includes import includes


@pytest.mark.parametrize(
    ("role", "permission", "holds"),
    [
        ("roles/owner", "run.services.update", True),
        ("roles/owner", "billing.accounts.close", None),
        ("roles/admin", "resourcemanager.organizations.setIamPolicy", None),
        ("roles/owner", "orgpolicy.policies.update", None),
        ("roles/editor", "run.services.get", True),
        ("roles/editor", "run.services.update", True),
        ("roles/writer", "run.services.update", True),
        ("roles/editor", "resourcemanager.projects.setIamPolicy", False),
        ("roles/editor", "iam.serviceAccounts.setIamPolicy", None),
        ("roles/viewer", "run.services.list", True),
        ("roles/reader", "run.services.list", True),
        ("roles/viewer", "logging.privateLogEntries.list", None),
        ("roles/viewer", "storage.objects.get", None),
        ("roles/viewer", "run.services.update", False),
        ("roles/run.admin", "run.services.update", True),
        ("roles/run.admin", "run.anything.atAll", True),
        ("roles/run.viewer", "run.services.get", True),
        ("roles/run.developer", "run.services.get", None),
        ("roles/run.developer", "run.services.update", None),
        ("roles/run.viewer", "run.services.update", False),
        ("roles/run.viewer", "sql.instances.update", False),
        ("roles/run.viewer", "resourcemanager.projects.get", None),
        ("roles/run.viewer", "serviceusage.services.use", None),
        ("roles/iam.securityReviewer", "run.services.getIamPolicy", None),
        ("roles/browser", "sql.instances.get", None),
        ("roles/browser", "sql.instances.update", False),
        ("roles/appengine.deployer", "run.services.get", None),
        ("roles/iam.serviceAccountUser", "iam.serviceAccounts.actAs", True),
        ("roles/run.admin", "io.k8s.core.v1.pods.exec", None),
        ("roles/owner", "io.k8s.core.v1.pods.exec", None),
        ("roles/owner", "billing.accounts.update", None),
        ("roles/editor", "iam.serviceAccounts.actAs", True),
        ("roles/viewer", "run.services.get", True),
        ("roles/run.invoker", "run.services.update", False),
        ("roles/storage.objectAdmin", "run.services.update", False),
        ("roles/cloudbuild.builds.builder", "run.services.update", None),
        ("roles/storage.objectCreator", "storage.objects.delete", None),
        ("roles/iam.serviceAccountTokenCreator", "iam.serviceAccounts.getAccessToken", True),
        ("roles/run.admin", "resourcemanager.projects.get", None),
        ("roles/container.admin", "io.k8s.core.v1.pods.exec.create", None),
        ("projects/quay-shop/roles/own", "run.services.update", None),
    ],
)
def test_google_s_own_roles_by_what_their_names_tell(role, permission, holds):
    assert includes(role, None, permission) is holds


@pytest.mark.parametrize(("listed", "holds"), [(None, None), ([], False), (["run.services.update"], True)])
def test_a_custom_role_holds_what_is_listed_in_it(listed, holds):
    assert includes("projects/quay-shop/roles/own", listed, "run.services.update") is holds
