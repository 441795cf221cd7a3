"""Quay's Google Cloud: two projects in a folder, a group, a custom role, service accounts and their keys."""

from datetime import UTC, datetime

from tests.google_cloud import Cloud, Project

AUDITOR = "auditor@quay.example"
DEPLOYER = "deployer@quay-shop.iam.gserviceaccount.com"
KEYS = f"projects/quay-shop/serviceAccounts/{DEPLOYER}/keys"

DENIAL = {
    "name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2F4242/denypolicies/no-keys",
    "kind": "DenyPolicy",
    "rules": [
        {
            "denyRule": {
                "deniedPrincipals": ["principalSet://goog/public:all"],
                "exceptionPrincipals": ["principalSet://goog/group/inner@quay.example"],
                "deniedPermissions": ["iam.googleapis.com/serviceAccountKeys.create"],
            }
        }
    ],
}


def found():
    shop = Project(
        "quay-shop",
        "4242",
        "folders/7",
        name="Shop (renamed)",
        robots={
            DEPLOYER: {
                "name": f"projects/quay-shop/serviceAccounts/{DEPLOYER}",
                "projectId": "quay-shop",
                "uniqueId": "100",
                "email": DEPLOYER,
                "displayName": "deploys",
                "disabled": False,
            }
        },
        keys={
            DEPLOYER: [
                {
                    "name": f"{KEYS}/aa11",
                    "keyType": "USER_MANAGED",
                    "validAfterTime": "2025-01-10T08:00:00Z",
                    "validBeforeTime": "9999-12-31T23:59:59Z",
                    "keyAlgorithm": "KEY_ALG_RSA_2048",
                },
                {"name": f"{KEYS}/bb22", "keyType": "SYSTEM_MANAGED", "validAfterTime": "2026-02-10T08:00:00Z"},
            ]
        },
        key_use=[
            {
                "fullResourceName": f"//iam.googleapis.com/{KEYS}/aa11",
                "activityType": "serviceAccountKeyLastAuthentication",
                "activity": {"lastAuthenticatedTime": "2026-02-01T07:00:00Z"},
            }
        ],
    )
    lab = Project("quay-lab", "4343", "folders/7")
    cloud = Cloud(
        projects={"quay-shop": shop, "quay-lab": lab},
        parents={"folders/7": "organizations/9", "organizations/9": ""},
        homes={"//storage.googleapis.com/shop-media": "quay-shop"},
        lists={"projects/quay-shop/denypolicies": [DENIAL]},
        roles={
            "projects/quay-shop/roles/shipper": {"title": "Shipper", "includedPermissions": ["run.services.update"]}
        },
        groups={
            "devs@quay.example": [_member("sam@quay.example"), _member("inner@quay.example", "GROUP")],
            "inner@quay.example": [_member("nina@quay.example")],
        },
        profiles={
            "nina@quay.example": {
                "posixAccounts": [
                    {
                        "primary": True,
                        "username": "nina_quay",
                        "uid": "1001",
                        "gid": "1001",
                        "operatingSystemType": "LINUX",
                    }
                ]
            }
        },
        callers={"auditor-token": AUDITOR},
        now=datetime(2026, 2, 28, tzinfo=UTC),
    )
    until = {
        "expression": 'request.time < timestamp("2026-03-01T13:00:00Z")',
        "title": "JIT",
        "description": "Approved by tom@quay.example, justification: PAY-7",
    }
    cloud.bind("projects/quay-shop", "roles/run.developer", "group:devs@quay.example", "user:nina@quay.example")
    cloud.bind("projects/quay-shop", "roles/owner", "user:nina@quay.example", condition=until)
    cloud.bind("projects/quay-shop", "projects/quay-shop/roles/shipper", f"serviceAccount:{DEPLOYER}")
    cloud.bind("projects/quay-lab", "roles/viewer", "deleted:user:old@quay.example?uid=5")
    cloud.bind("//storage.googleapis.com/shop-media", "roles/storage.objectViewer", "allUsers")
    cloud.bind("folders/7", "roles/viewer", "user:sam@quay.example")
    cloud.bind("organizations/9", "roles/resourcemanager.organizationAdmin", "user:tom@quay.example")
    return cloud


def _member(email, kind="USER"):
    name = f"groups/x/memberships/{email}"
    return {
        "name": name,
        "preferredMemberKey": {"id": email},
        "type": kind,
        "roles": [{"name": "MEMBER"}],
        "createTime": "2025-05-01T00:00:00Z",
    }
