"""Whom the entries of deny policies and access boundaries name."""

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.providers.google.holders import Directory
from auditor.providers.google.names import Names
from auditor.providers.google.projects import ProjectTree
from tests.providers.google.conftest import AT, config

POOL = "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci"
MAIN, ALL = f"{POOL}/subject/repo:quay/shop:main", f"principalSet:{POOL}/*"
WORKFORCE = "principal://iam.googleapis.com/locations/global/workforcePools/staff/subject/nina"


@pytest.mark.parametrize(
    ("entry", "account", "named"),
    [
        (f"principal:{MAIN}", f"principal:{MAIN}", True),
        (f"principal:{MAIN}", f"principal:{POOL}/subject/repo:quay/other:main", False),
        (ALL, f"principal:{MAIN}", True),
        (f"principal:{MAIN}", f"principalSet:{POOL}/attribute.repository/quay/shop", None),
        (ALL, ALL, True),
        (POOL, f"principal:{MAIN}", True),
        (f"principalSet:{POOL}/attribute.repository/quay/shop", f"principal:{MAIN}", None),
        (ALL, f"principal:{POOL}-other/subject/repo:quay/shop:main", False),
        (ALL, WORKFORCE, False),
        ("principalSet://iam.googleapis.com/locations/global/workforcePools/staff/*", WORKFORCE, True),
        (ALL, "user:nina@quay.example", False),
        (f"principal:{MAIN}", "serviceAccount:deployer@quay-ci.iam.gserviceaccount.com", False),
    ],
)
def test_an_identity_of_another_provider_is_named_by_itself_or_by_its_pool(entry, account, named):
    names = Names(ProjectTree(config(), {}, {}), Directory.of(Snapshots()), {}, AT)
    assert names(entry, account) is named
