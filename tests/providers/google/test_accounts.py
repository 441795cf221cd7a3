"""Google's principals by name, and the workloads among them."""

from datetime import UTC, datetime

import pytest

from auditor.activity.results import Caller
from auditor.model.vocabulary import ActorClass
from auditor.providers.google.accounts import account_name, alike, workload
from auditor.providers.registry import provider

POOL = "//iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/hub"
STAFF = "principal://iam.googleapis.com/locations/global/workforcePools/okta/subject/nina@quay.example"
AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("account", "spellings", "email"),
    [
        ("user:Nina@Quay.example", ("user:nina@quay.example",), "Nina@Quay.example"),
        (
            "serviceAccount:CI@quay-shop.iam.gserviceaccount.com",
            ("serviceAccount:ci@quay-shop.iam.gserviceaccount.com",),
            None,
        ),
        ("group:Devs@quay.example", ("group:devs@quay.example",), None),
        (STAFF, (STAFF,), "nina@quay.example"),
        (
            f"principal:{POOL}/subject/repo:quay/shop:ref:refs/heads/main",
            (
                f"principal:{POOL}/subject/repo:quay/shop:ref:refs/heads/main",
                f"principalSet:{POOL}/attribute.repository/quay/shop",
                f"principalSet:{POOL}/attribute.repository_owner/quay",
                f"principalSet:{POOL}/*",
            ),
            None,
        ),
        (
            f"principal:{POOL}/subject/project_path:quay/web/shop:ref_type:branch:ref:main",
            (
                f"principal:{POOL}/subject/project_path:quay/web/shop:ref_type:branch:ref:main",
                f"principalSet:{POOL}/attribute.project_path/quay/web/shop",
                f"principalSet:{POOL}/attribute.namespace_path/quay/web",
                f"principalSet:{POOL}/*",
            ),
            None,
        ),
        (f"principalSet:{POOL}/*", (f"principalSet:{POOL}/*",), None),
        (f"principal:{POOL}/subject/x", (f"principal:{POOL}/subject/x", f"principalSet:{POOL}/*"), None),
    ],
)
def test_a_member_is_also_in_sets_and_written_in_any_case(account, spellings, email):
    found = account_name(account)
    assert (found.spellings, found.email) == (spellings, email)


@pytest.mark.parametrize(
    ("account", "home"),
    [
        ("serviceAccount:quay-shop.svc.id.goog[prod/checkout]", "quay-shop"),
        ("serviceAccount:quay-shop.svc.id.goog[prod]", None),
        (
            (
                "principal://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/quay-shop.svc.id.goog"
                "/subject/ns/prod/sa/checkout"
            ),
            "quay-shop",
        ),
        (f"principal:{POOL}/subject/repo:quay/shop:x", None),
        ("user:nina@quay.example", None),
    ],
)
def test_a_workload_of_kubernetes_is_of_its_project(account, home):
    assert account_name(account).workload_of == home


@pytest.mark.parametrize("account", ["arn:aws:iam::1:user/nina", "ssh:nina@web-1", "gitlab:nina", "nina"])
def test_the_accounts_of_others_are_not_googles(account):
    assert account_name(account) is None


def test_what_only_google_makes_is_the_providers():
    own = account_name("serviceAccount:service-42@compute-system.iam.gserviceaccount.com")
    assert own.actor_class is ActorClass.PROVIDER


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("repo:quay/shop:ref:refs/heads/main", "repo:quay/shop:ref:refs/heads/main"),
        ("project_path:quay/shop:ref_type:branch:ref:main", "project_path:quay/shop:ref_type:branch:ref:main"),
        ("nina@quay.example", None),
        (None, None),
    ],
)
def test_a_workload_signs_in_by_the_subject_of_its_token(name, told):
    caller = Caller(
        caller=1, provider="gcp", scope="quay-shop", account=None, actor=None, actor_kind=None, credential=None,
        on_behalf_of=name, invoked_by=None, events=1, first_at=AT, last_at=AT,
    )  # fmt: skip
    assert workload(caller) == told


@pytest.mark.parametrize(
    ("target", "is_shell"),
    [
        ("projects/x/zones/y/instances/web-1", True),
        ("projects/1/iap_tunnel/zones/y/instances/web-1", True),
        ("core/v1/namespaces/prod/pods/web/exec", True),
        ("namespaces/prod/services/web", True),
        ("projects/x/locations/y/jobs/z", True),
        ("projects/x/secrets/y", False),
        ("instances", False),
    ],
)
def test_signing_in_to_a_machine_or_container_is_a_shell(target, is_shell):
    assert provider("gcp").opens_shell(target) is is_shell


@pytest.mark.parametrize(
    ("name", "likes"),
    [
        (f"principal:{POOL}/subject/repo:quay/lab:ref:refs/heads/main", [f"{POOL}/subject/", f"{POOL}/"]),
        # Which repository a subject of another form is of, nobody can tell.
        (f"principal:{POOL}/subject/nina", [f"{POOL}/subject/"]),
        ("repo:quay/lab:ref:refs/heads/main", [""]),
    ],
)
def test_a_workload_would_be_declared_among_those_of_its_pool(name, likes):
    assert [one.partition(":")[2] for one in alike(name)] == likes


@pytest.mark.parametrize(
    ("account", "spelling", "is_role"),
    [
        (
            "projects/-/serviceAccounts/CI@quay-shop.iam.gserviceaccount.com",
            "ci@quay-shop.iam.gserviceaccount.com",
            True,
        ),
        (
            "//iam.googleapis.com/projects/quay-shop/serviceAccounts/ci@quay-shop.iam.gserviceaccount.com",
            "ci@quay-shop.iam.gserviceaccount.com",
            True,
        ),
        ("serviceAccount:ci@quay-shop.iam.gserviceaccount.com", "ci@quay-shop.iam.gserviceaccount.com", False),
    ],
)
def test_a_service_account_may_be_named_as_the_resource_that_it_is(account, spelling, is_role):
    found = provider("gcp").account_name(account)
    assert (found.spellings, found.is_role) == ((f"serviceAccount:{spelling}",), is_role)


@pytest.mark.parametrize("account", ["domain:quay.example", "projects/x/serviceAccounts/1234", "ssh:nina"])
def test_what_is_no_member_of_bindings_is_none_of_google_s(account):
    assert provider("gcp").account_name(account) is None
