"""Who can: the company's IAM, made through the API as an administrator would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditor.demo import policies
from auditor.demo.calendar import DAY, Calendar, clock
from auditor.demo.keys import public_key
from auditor.demo.stand_in import REGION, StandIn

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

READERS, PLATFORM = "readers", "platform"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """One IAM user: ages in days before the first night, None for what it does not have."""

    name: str
    age: int
    groups: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()
    key_age: int | None = None
    key_used: int | None = None
    key_active: bool = True
    password_used: int | None = None
    mfa: bool = True


USERS = (
    User(name="nina", age=610, groups=(READERS,), managed=("jobs-release",), key_age=23, key_used=1),
    User(name="mia", age=980, groups=(READERS, PLATFORM), key_age=41, key_used=2, password_used=9),
    User(name="leon", age=900, groups=(READERS, PLATFORM), key_age=66, key_used=3),
    User(name="tom", age=1200, groups=(READERS,), key_age=402, key_used=12, password_used=4),
    User(name="frida", age=1400, managed=("arn:aws:iam::aws:policy/AdministratorAccess",), password_used=8),
    User(name="sam", age=300, groups=(READERS,), managed=("checkout-restart",), password_used=1),
    # The contractor who left: nobody thought of his user.
    User(name="piet", age=420, groups=(READERS, PLATFORM), key_age=52, key_used=44, mfa=False),
    # Made on a Friday afternoon to try something out.
    User(name="test-old", age=60, managed=("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",), key_age=60, mfa=False),
    # Sealed: its only key is inactive until somebody breaks the glass.
    User(
        name="break-glass",
        age=1400,
        managed=("arn:aws:iam::aws:policy/AdministratorAccess",),
        key_age=80,
        key_active=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Directory:
    """What the records of activity need to know of IAM: ids by name.

    Args:
        users: user ids by name.
        roles: role ids by name.
        keys: access key ids by user name.
    """

    account: str
    users: dict[str, str]
    roles: dict[str, str]
    keys: dict[str, str]

    def user_arn(self, name: str) -> str:
        """A user's ARN."""
        return f"arn:aws:iam::{self.account}:user/{name}"

    def role_arn(self, name: str) -> str:
        """A role's ARN."""
        return f"arn:aws:iam::{self.account}:role/{name}"


def seed(aws: StandIn, calendar: Calendar) -> Directory:
    """Make everything, then set the dates that the API itself sets to now."""
    iam = aws.iam()
    _policies_and_groups(iam, aws.account)
    roles = dict(_roles(iam, aws.account))
    keys = {user.name: key for user in USERS if (key := _user(iam, aws.account, user))}
    # Given during the incident three weeks ago, and never taken away.
    iam.put_user_policy(
        UserName="leon", PolicyName="INC-31-jobs-write", PolicyDocument=policies.text(policies.jobs_write(aws.account))
    )
    iam.upload_ssh_public_key(UserName="mia", SSHPublicKeyBody=f"{public_key('mia')} mia@harbour.example")
    users = dict(_backdate(aws, calendar))
    return Directory(aws.account, users, roles, keys)


def _policies_and_groups(iam: IAMClient, account: str) -> None:
    for name, document in policies.MANAGED.items():
        iam.create_policy(PolicyName=name, PolicyDocument=policies.text(document(account)))
    iam.create_group(GroupName=READERS)
    iam.attach_group_policy(GroupName=READERS, PolicyArn="arn:aws:iam::aws:policy/CloudWatchLogsReadOnlyAccess")
    iam.create_group(GroupName=PLATFORM)
    iam.put_group_policy(
        GroupName=PLATFORM,
        PolicyName="become-operator",
        PolicyDocument=policies.text(policies.become_operator(account)),
    )
    iam.create_open_id_connect_provider(
        Url="https://gitlab.harbour.example", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )


def _roles(iam: IAMClient, account: str) -> Iterator[tuple[str, str]]:
    for role in policies.ROLES:
        made = iam.create_role(
            RoleName=role.name,
            AssumeRolePolicyDocument=policies.text(role.trust(account)),
            Description=role.description,
        )
        for policy in role.managed:
            iam.attach_role_policy(RoleName=role.name, PolicyArn=_policy_arn(account, policy))
        yield role.name, made["Role"]["RoleId"]
    for service in ("ecs.amazonaws.com", "autoscaling.amazonaws.com"):
        linked = iam.create_service_linked_role(AWSServiceName=service)["Role"]
        yield linked["RoleName"], linked["RoleId"]


def _user(iam: IAMClient, account: str, user: User) -> str | None:
    """Make a user; returns the id of the access key, if there is one."""
    iam.create_user(UserName=user.name)
    for group in user.groups:
        iam.add_user_to_group(GroupName=group, UserName=user.name)
    for policy in user.managed:
        iam.attach_user_policy(UserName=user.name, PolicyArn=_policy_arn(account, policy))
    if user.password_used is not None:
        iam.create_login_profile(UserName=user.name, Password=f"not a password of {user.name}, 1 Demo")
    if user.mfa and user.password_used is not None:
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user.name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName=user.name, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    if user.key_age is None:
        return None
    key = iam.create_access_key(UserName=user.name)["AccessKey"]["AccessKeyId"]
    if not user.key_active:
        iam.update_access_key(UserName=user.name, AccessKeyId=key, Status="Inactive")
    return key


def _backdate(aws: StandIn, calendar: Calendar) -> Iterator[tuple[str, str]]:
    """Give users and keys their age. The real AWS does that by itself, so no call can; the stand-in's state can.

    Yields each user's id, made to look like one of AWS's.
    """
    from moto.iam.models import AccessKeyLastUsed

    for role in aws.state.roles.values():
        role.create_date = _naive(calendar.first - 400 * DAY)
    for user in USERS:
        state = aws.state.users[user.name]
        state.id = f"AIDA{state.id[4:].upper()}"
        state.create_date = _naive(calendar.first - user.age * DAY)
        if user.password_used is not None:
            state.password_last_used = _noon(calendar, user.password_used)
        for key in state.ssh_public_keys:
            key.upload_date = _naive(calendar.first - (user.key_age or 0) * DAY)
        for key in state.access_keys:
            key.create_date = _naive(calendar.first - (user.key_age or 0) * DAY)
            if user.key_used is not None:
                key.last_used = AccessKeyLastUsed(_noon(calendar, user.key_used), "ecs", REGION)
        yield user.name, state.id


def _noon(calendar: Calendar, back: int) -> datetime:
    return _naive(clock(calendar.workday(back), "12:00")) + timedelta(minutes=back)


def _naive(moment: datetime) -> datetime:
    """As moto keeps times: UTC without saying so."""
    return moment.replace(tzinfo=None)


def _policy_arn(account: str, policy: str) -> str:
    return policy if policy.startswith("arn:") else f"arn:aws:iam::{account}:policy/{policy}"
