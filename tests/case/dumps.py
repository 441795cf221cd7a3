"""The dumps of a small invented company, Quay, as its providers' own tools write them."""

import base64
import hashlib
import json
from datetime import UTC, datetime

import yaml

AT = datetime(2026, 3, 1, 3, 10, tzinfo=UTC)
AWS = "111122223333"
WEB = "web-1.quay.example"
BATCH = "batch-1.quay.example"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DEPLOY = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": f"arn:aws:ecs:eu-west-1:{AWS}:service/shop/*"}
LOGS = {"Effect": "Allow", "Action": ["logs:Get*", "logs:FilterLogEvents"], "Resource": "*"}
NO_LOGS = {"Effect": "Deny", "Action": "logs:*", "Resource": "*"}
LOGS_ONLY = {"Effect": "Deny", "NotAction": "logs:*", "Resource": "*"}
ENDED = {"Condition": {"DateLessThan": {"aws:CurrentTime": "2026-02-27T17:00:00Z"}}}
RELEASE = {
    "Effect": "Allow",
    "Action": ["ecs:UpdateService", "ecs:StopTask"],
    "Resource": [
        f"arn:aws:ecs:eu-west-1:{AWS}:service/shop/*",
        f"arn:aws:ecs:eu-west-1:{AWS}:task/shop/*",
    ],
}
ALL_BUT = {
    "Effect": "Allow",
    "NotAction": ["iam:*", "organizations:*", "account:*", "sts:*", "ecs:*", "lambda:*", "ec2:*", "logs:*"],
    "Resource": [
        f"arn:aws:secretsmanager:eu-west-1:{AWS}:secret:mail-*",
        f"arn:aws:dynamodb:eu-west-1:{AWS}:table/mail-archive",
    ],
}
READ_MAIL = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::mail-archive/*"}


def arn(kind, name):
    return f"arn:aws:iam::{AWS}:{kind}/{name}"


def _document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _inline(policies):
    return [{"PolicyName": name, "PolicyDocument": _document(*each)} for name, each in policies.items()]


def _managed(name, *statements):
    document = _document(*statements)
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": "2024-01-01T09:00:00Z"}
    return {
        "PolicyName": name,
        "Arn": arn("policy", name),
        "DefaultVersionId": "v1",
        "AttachmentCount": 1,
        "PolicyVersionList": [version],
    }


def _made(kind, name):
    return {"Path": "/", "Arn": arn(kind, name), "CreateDate": "2024-01-01T09:00:00Z", "AttachedManagedPolicies": []}


def _user(name, groups=(), boundary=None, **policies):
    user = {**_made("user", name), "UserName": name, "UserId": f"AIDA{name.upper():0>17}", "GroupList": list(groups)}
    if boundary:
        fence = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn("policy", boundary)}
        user["PermissionsBoundary"] = fence
    return {**user, "UserPolicyList": _inline(policies)}


def _role(name, principal, condition=None, **policies):
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    trust |= {"Condition": condition} if condition else {}
    role = {**_made("role", name), "RoleName": name, "RoleId": f"AROA{name.upper():0>17}", "InstanceProfileList": []}
    return {**role, "AssumeRolePolicyDocument": _document(trust), "RolePolicyList": _inline(policies)}


USERS = [
    _user("bea"),
    _user("yara", archive=[ALL_BUT]),
    _user("sven", read=[READ_MAIL]),
    _user("ines", operate=[DEPLOY], fix=[RELEASE]),
    _user("tom", logs=[LOGS], trial=[DEPLOY, LOGS_ONLY]),
    _user("amelie", boundary="logs-only", all=[EVERYTHING]),
    _user("lea", logs=[LOGS], spring=[{**DEPLOY, **ENDED}]),
    _user("ulla", logs=[LOGS, NO_LOGS]),
    _user("kaja", groups=["admins"]),
    _user("sealed", all=[EVERYTHING]),
    _user("half-sealed", all=[EVERYTHING]),
]
ROLES = [
    _role("releaser", {"AWS": arn("user", "bea")}, operate=[RELEASE]),
    _role("report-builder", {"Service": "lambda.amazonaws.com"}, all=[EVERYTHING]),
    _role("vendor-read", {"AWS": "arn:aws:iam::999900001111:root"}, read=[READ_MAIL]),
]
GROUPS = [{**_made("group", "admins"), "GroupName": "admins", "GroupPolicyList": _inline({"all": [EVERYTHING]})}]
REPORT_HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def _report_line(name):
    password = "false" if name == "sealed" else "true"
    tail = "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    return f"{name},{arn('user', name)},2024-01-01T09:00:00Z,{password},N/A,2025-12-01T09:00:00Z,N/A,true,{tail}"


def _until(moment, why):
    expression = f'request.time >= timestamp("2026-02-01T09:00:00Z") && request.time < timestamp("{moment}")'
    described = f"Approved by tom@quay.example, justification: {why}"
    return {"expression": expression, "title": "JIT access activation", "description": described}


def _binding(role, *members, condition=None):
    return {"role": role, "members": list(members)} | ({"condition": condition} if condition else {})


def _policy(project, number, *bindings):
    return {
        "resource": f"//cloudresourcemanager.googleapis.com/projects/{project}",
        "assetType": "cloudresourcemanager.googleapis.com/Project",
        "project": f"projects/{number}",
        "folders": ["folders/7"],
        "organization": "organizations/9",
        "policy": {"bindings": list(bindings)},
    }


BINDINGS = [
    _policy(
        "quay-search",
        "4242",
        _binding("roles/run.developer", "user:pavel@quay.example"),
        _binding("roles/run.developer", "user:cleo@quay.example", condition=_until("2026-02-01T10:00:00Z", "PAY-1")),
        _binding("roles/secretmanager.secretVersionManager", "user:xenia@quay.example"),
        _binding("roles/owner", "user:glass-search@quay.example"),
    ),
    _policy(
        "quay-billing",
        "4243",
        _binding("roles/run.developer", "user:omar@quay.example", condition=_until("2026-02-01T10:00:00Z", "PAY-2")),
        _binding(
            "roles/cloudsql.admin",
            "user:omar@quay.example",
            condition={"expression": "resource.type != ''", "title": "PAY-2 migration"},
        ),
        _binding("roles/storage.objectViewer", "user:zara@quay.example"),
    ),
]


def ssh_key(name):
    """A made-up ed25519 public key."""
    kind = b"ssh-ed25519"
    blob = len(kind).to_bytes(4) + kind + (32).to_bytes(4) + hashlib.sha256(name.encode()).digest()
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {name}@quay"


def fingerprint(name):
    blob = base64.b64decode(ssh_key(name).split()[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


KEYS = {
    f"{WEB}/root": ssh_key("olga"),
    f"{WEB}/deploy": f'restrict,command="/usr/bin/deploy" {ssh_key("ci")}',
    f"{BATCH}/ines": ssh_key("ines"),
    f"{BATCH}/sven": f'expiry-time="20260401Z" {ssh_key("sven")}\nexpiry-time="20260201Z" {ssh_key("tom")}',
}
PEOPLE = ("bea", "yara", "sven", "ines", "tom", "amelie", "lea", "ulla", "kaja", "olga")
GOOGLE_PEOPLE = ("pavel", "cleo", "xenia", "omar", "zara")
CONFIG = {
    "organisation": "Quay",
    "people": [
        *(
            {"id": name, "name": name.title(), "accounts": [arn("user", name), f"ssh-key:{fingerprint(name)}"]}
            for name in PEOPLE
        ),
        *({"id": name, "name": name.title(), "email": f"{name}@quay.example"} for name in GOOGLE_PEOPLE),
    ],
    "service_accounts": [
        {"id": "ci", "owner": "bea", "purpose": "deploys", "pipeline": "gitlab", "accounts": ["ssh:deploy"]}
    ],
    "break_glass": [
        {
            "id": "emergency",
            "keeper": "bea",
            "accounts": [arn("user", "sealed"), arn("user", "half-sealed"), "user:glass-search@quay.example"],
        }
    ],
    "systems": [
        {
            "id": "shop",
            "name": "Shop",
            "resources": [
                {"provider": "aws", "account": AWS, "match": ["*shop*"]},
                {"provider": "ssh", "host": "web-*.quay.example"},
            ],
        },
        {"id": "mail", "name": "Mail", "resources": [{"provider": "aws", "account": AWS, "match": ["*mail*"]}]},
        {"id": "batch", "name": "Batch", "resources": [{"provider": "ssh", "host": BATCH}]},
        {"id": "search", "name": "Search", "resources": [{"provider": "gcp", "project": "quay-search"}]},
        {"id": "billing", "name": "Billing", "resources": [{"provider": "gcp", "project": "quay-billing"}]},
    ],
    "sources": [
        {"name": "iam", "kind": "aws-iam", "account": AWS, "file": "iam.json", "credential_report": "report.csv"},
        {"name": "gcp", "kind": "gcp-iam", "file": "bindings.json"},
        {"name": "keys", "kind": "ssh-keys", "path": "ssh"},
    ],
}


def write_dumps(folder):
    """The company's configuration and dumps, below a folder."""
    details = {
        "UserDetailList": USERS,
        "GroupDetailList": GROUPS,
        "RoleDetailList": ROLES,
        "Policies": [_managed("logs-only", LOGS)],
    }
    (folder / "auditor.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    (folder / "iam.json").write_text(json.dumps(details))
    (folder / "report.csv").write_text(
        "\n".join([REPORT_HEAD, *(_report_line(user["UserName"]) for user in USERS)]) + "\n"
    )
    (folder / "bindings.json").write_text(json.dumps(BINDINGS))
    for place, lines in KEYS.items():
        (folder / "ssh" / place).mkdir(parents=True)
        (folder / "ssh" / place / "authorized_keys").write_text(lines + "\n")
