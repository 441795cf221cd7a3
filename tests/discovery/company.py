"""A company of eight as a newcomer has it: dumps, a week of trail files, a Jira export, and keys of two hosts."""

import base64
import csv
import gzip
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

ACCOUNT = "111122223333"
AT = datetime(2026, 10, 15, 3, tzinfo=UTC)
PEOPLE = {
    "nina": "Nina Alvarez",
    "tom": "Tom Okafor",
    "mia": "Mia Roth",
    "leon": "Leon Fischer",
    "sam": "Sam Lindqvist",
    "frida": "Frida Hagen",
    "aino": "Aino Salo",
    "piet": "Piet Old",
}
OWNERS = ("mia", "tom")
HOSTS = ("web-1.harbour.example", "web-2.harbour.example")
_REPORT = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
_MADE = "2026-08-01T09:00:00+00:00"


def arn(name: str, kind: str = "user") -> str:
    return f"arn:aws:iam::{ACCOUNT}:{kind}/{name}"


def key(name: str) -> tuple[str, str]:
    """A public key, and its fingerprint."""
    blob = b"".join(
        len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", hashlib.sha256(name.encode()).digest())
    )
    print_ = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}", f"ssh-key:SHA256:{print_}"


def make(folder: Path) -> None:
    """Write everything."""
    (folder / "dumps").mkdir(parents=True)
    (folder / "dumps/authorization-details.json").write_text(json.dumps(_details(), indent=1))
    (folder / "dumps/credential-report.csv").write_text(_report())
    (folder / "accounts.xyz").write_text("call the accountant")
    _keys(folder / "dumps/ssh")
    _trail(folder / "logs")
    _jira(folder / "jira.csv")


def _user(name: str, *policies: str) -> dict[str, object]:
    attached = [{"PolicyName": one, "PolicyArn": f"arn:aws:iam::aws:policy/{one}"} for one in policies]
    return {
        "Path": "/", "UserName": name, "UserId": f"AIDA{name.upper():A<12}", "Arn": arn(name), "CreateDate": _MADE,
        "GroupList": [], "AttachedManagedPolicies": attached, "UserPolicyList": [], "Tags": [],
    }  # fmt: skip


def _role(name: str, principal: dict[str, str], **condition: object) -> dict[str, object]:
    action = "sts:AssumeRoleWithWebIdentity" if "Federated" in principal else "sts:AssumeRole"
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **condition}
    allowed = {"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": f"arn:aws:ecs:*:{ACCOUNT}:service/*"}
    return {
        "Path": "/", "RoleName": name, "RoleId": f"AROA{name.upper():A<12}", "Arn": arn(name, "role"),
        "CreateDate": _MADE, "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]}}],
        "AttachedManagedPolicies": [], "InstanceProfileList": [], "Tags": [],
    }  # fmt: skip


def _details() -> dict[str, object]:
    issuer = f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.harbour.example"
    here = {
        "Condition": {"StringLike": {"gitlab.harbour.example:sub": "project_path:harbour/*:ref_type:branch:ref:main"}}
    }
    return {
        "UserDetailList": [
            *(_user(name, "ReadOnlyAccess") for name in PEOPLE),
            _user("backup-bot", "ReadOnlyAccess"),
            _user("metrics-bot", "ReadOnlyAccess"),
            _user("break-glass", "AdministratorAccess"),
            _user("test-old", "ReadOnlyAccess"),
        ],
        "GroupDetailList": [],
        "RoleDetailList": [
            _role("ci-deploy", {"Federated": issuer}, **here),
            _role("shop-task", {"Service": "ecs-tasks.amazonaws.com"}),
            _role("watcher", {"AWS": "arn:aws:iam::464622532012:root"}, Condition={"StringEquals": {"sts:ExternalId": "x1"}}),
        ],
        "Policies": [
            _managed("ReadOnlyAccess", "logs:GetLogEvents"),
            _managed("AdministratorAccess", "*"),
        ],
    }  # fmt: skip


def _managed(name: str, action: str) -> dict[str, object]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    version = {"Document": document, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": _MADE}
    return {
        "PolicyName": name, "PolicyId": f"ANPA{name.upper():A<12}", "Arn": f"arn:aws:iam::aws:policy/{name}", "Path": "/",
        "DefaultVersionId": "v1", "AttachmentCount": 1, "IsAttachable": True, "CreateDate": _MADE, "UpdateDate": _MADE,
        "PolicyVersionList": [version],
    }  # fmt: skip


def _report() -> str:
    none = "not_supported,no_information,not_supported,not_supported"
    keys = "false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"
    rows = [f"<root_account>,arn:aws:iam::{ACCOUNT}:root,{_MADE},{none},true,{keys}"]
    for name in (*PEOPLE, "backup-bot", "metrics-bot", "break-glass", "test-old"):
        person = name in PEOPLE
        used = "2026-10-12T09:00:00+00:00" if person else "no_information"
        password = f"true,{used},{_MADE},N/A,true" if person else "false,N/A,N/A,N/A,false"
        own = (
            f"true,{_MADE},2026-10-13T09:00:00+00:00,eu-central-1,s3"
            if name.endswith("-bot")
            else "false,N/A,N/A,N/A,N/A"
        )
        rows.append(f"{name},{arn(name)},{_MADE},{password},{own},false,N/A,N/A,N/A,N/A,false,N/A,false,N/A")
    return "\n".join((_REPORT, *rows)) + "\n"


def _keys(folder: Path) -> None:
    logins = {"mia": ["mia"], "leon": ["leon"], "deploy": ["gitlab-runner"], "tokafor": ["tom"]}
    for host in HOSTS:
        for login, names in logins.items():
            place = folder / host / login
            place.mkdir(parents=True)
            lines = (f"{key(name)[0]} {name}{'@laptop' if name in PEOPLE else ''}\n" for name in names)
            (place / "authorized_keys").write_text("".join(lines))


def _event(number: int, time: datetime, name: str, who: dict[str, object], **rest: object) -> dict[str, object]:
    return {
        "eventVersion": "1.11", "userIdentity": who, "eventTime": f"{time:%Y-%m-%dT%H:%M:%SZ}", "eventName": name,
        "awsRegion": "eu-central-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.15", "eventID": f"e{number}",
        "eventType": "AwsApiCall", "recipientAccountId": ACCOUNT, "readOnly": False, "managementEvent": True, **rest,
    }  # fmt: skip


def _trail(folder: Path) -> None:
    """A week: the pipeline deploys the shop daily, Mia restarts it once, everybody signs in, bots read."""
    number = 0
    for day in range(7):
        begins = AT - timedelta(days=7 - day)
        events = []
        for hour in range(24):
            number += 1
            bot = {"type": "IAMUser", "arn": arn("backup-bot"), "accountId": ACCOUNT, "userName": "backup-bot"}
            events.append(
                _event(
                    number,
                    begins + timedelta(hours=hour),
                    "ListBuckets",
                    bot,
                    eventSource="s3.amazonaws.com",
                    readOnly=True,
                )
            )
        number += 1
        events.append(_deploy(number, begins + timedelta(hours=8)))
        if day == 3:
            who = {"type": "IAMUser", "arn": arn("mia"), "accountId": ACCOUNT, "userName": "mia"}
            events.append(_update("e-mia", begins + timedelta(hours=9), who))
        place = folder / f"AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/{begins:%Y/%m/%d}"
        place.mkdir(parents=True)
        data = gzip.compress(json.dumps({"Records": events}).encode())
        (place / f"{ACCOUNT}_CloudTrail_eu-central-1_{begins:%Y%m%dT%H%MZ}_x.json.gz").write_bytes(data)


def _deploy(number: int, time: datetime) -> dict[str, object]:
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci-deploy/gitlab-{number}"
    issuer = {"type": "Role", "arn": arn("ci-deploy", "role"), "accountId": ACCOUNT, "userName": "ci-deploy"}
    who = {
        "type": "AssumedRole", "arn": session, "accountId": ACCOUNT, "principalId": f"AROA:gitlab-{number}",
        "sessionContext": {"sessionIssuer": issuer},
    }  # fmt: skip
    return _update(f"e{number}", time, who)


def _update(name: str, time: datetime, who: dict[str, object]) -> dict[str, object]:
    event = _event(0, time, "UpdateService", who, eventSource="ecs.amazonaws.com")
    service = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:service/prod/shop-web"
    asked = {"cluster": "prod", "service": service, "desiredCount": 2}
    return {**event, "eventID": name, "requestParameters": asked, "resources": [{"ARN": service}]}


def _jira(path: Path) -> None:
    fields = ("Person", "Systems", "Level", "Starts at", "Ends at")
    heads = ["Summary", "Issue key", "Issue id", "Issue Type", "Status", "Assignee", "Reporter", "Created", "Resolved"]
    day = AT - timedelta(days=4)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*heads, *(f"Custom field ({name})" for name in fields), "Comment", "Comment"])
        for number, (name, asker) in enumerate((("mia", "sam"), ("leon", "nina"), ("tom", "aino")), 7):
            at = day + timedelta(days=number - 7, hours=9)
            start, end = (
                f"{time:%d/%b/%y %-I:%M %p}" for time in (at - timedelta(minutes=10), at + timedelta(minutes=30))
            )
            until = f"{at + timedelta(minutes=30):%H:%M}"
            words = f"Approved OPS-{number} for {PEOPLE[name]} on shop, until {until}"
            approved = f"{at - timedelta(minutes=20):%d/%b/%y %-I:%M %p};{PEOPLE['frida']};{words}"
            writer.writerow([
                "Shop times out", f"OPS-{number}", 10000 + number, "Access request", "Done", PEOPLE["frida"], PEOPLE[asker],
                f"{at - timedelta(minutes=30):%d/%b/%y %-I:%M %p}", end, PEOPLE[name], "shop", "write", start, end,
                approved,
                f"{end};{PEOPLE[name]};Closeout: limit raised, access is gone",
            ])  # fmt: skip
