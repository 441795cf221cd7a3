"""Who can: the company's IAM, made through the API as an administrator would."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from auditor.demo.calendar import DAY, Calendar, clock
from auditor.demo.data import read
from auditor.demo.keys import public_key
from auditor.demo.stand_in import REGION, StandIn

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

Statement = dict[str, Any]


class User(Struct, frozen=True):
    """One IAM user: ages in days before the night that the story is told from, None for what it does not have.

    Args:
        gone: when it was deleted, counted so.
        called: when it last called a service, other than the records say; None for never.
    """

    name: str
    age: int
    gone: int | None = None
    groups: tuple[str, ...] = ()
    managed: tuple[str, ...] = ()
    key_age: int | None = None
    key_used: int | None = None
    key_active: bool = True
    password_used: int | None = None
    mfa: bool = True
    called: dict[str, int | None] = field(default_factory=dict)


class Group(Struct, frozen=True):
    """A group, and the policies that its members get by it."""

    name: str
    managed: tuple[str, ...] = ()
    inline: tuple[str, ...] = ()


class Role(Struct, frozen=True):
    """A role, who may become it, and the company's own policies that it holds."""

    name: str
    description: str
    trust: Statement
    managed: tuple[str, ...]


class Company(Struct, frozen=True):
    """Everything in the company's account: `policies` are managed ones, `inline` those of one user or group."""

    users: tuple[User, ...]
    groups: tuple[Group, ...]
    roles: tuple[Role, ...]
    policies: dict[str, list[Statement]]
    inline: dict[str, list[Statement]]


def company(account: str, until: str = "") -> Company:
    """The company as `iam.yaml` tells it; access for a time ends at `until`."""
    return read("iam.yaml", Company, account=account, until=until)


def user_arn(account: str, name: str) -> str:
    """A user's ARN."""
    return f"arn:aws:iam::{account}:user/{name}"


def document(*statements: Statement) -> str:
    """A policy, as the API takes it."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


class Directory(Struct, frozen=True):
    """What the records of activity need to know of IAM: ids by name.

    Args:
        keys: access key ids by user name.
        since: the day on which each user was made; one that is not named was always there.
    """

    account: str
    users: dict[str, str]
    roles: dict[str, str]
    keys: dict[str, str]
    since: dict[str, date] = field(default_factory=dict)

    def user_arn(self, name: str) -> str:
        """A user's ARN."""
        return user_arn(self.account, name)

    def knows(self, name: str, day: date) -> bool:
        """Whether there was a user of that name on a day."""
        return name not in self.since or self.since[name] <= day

    def role_arn(self, name: str) -> str:
        """A role's ARN."""
        return f"arn:aws:iam::{self.account}:role/{name}"


def everybody(aws: StandIn, calendar: Calendar) -> Directory:
    """Make everybody who ever was there, and nothing that they hold by themselves: the ids are those of every night."""
    return _made(aws, calendar, company(aws.account).users, {})


def seed(aws: StandIn, calendar: Calendar, given: Mapping[str, list[str]]) -> None:
    """Make everything as it is at this night's audit."""
    there = [user for user in company(aws.account).users if calendar.over(user.age)]
    _made(aws, calendar, [user for user in there if user.gone is None or not calendar.over(user.gone)], given)


def _made(aws: StandIn, calendar: Calendar, there: Sequence[User], given: Mapping[str, list[str]]) -> Directory:
    """Make everything, then set the dates that the API itself sets to now."""
    iam, made = aws.iam(), company(aws.account)
    aws.empty_iam()
    _policies_and_groups(iam, aws.account, made)
    roles = dict(_roles(iam, aws.account, made))
    keys = {}
    for user in there:
        # The same ids every night, whoever else is there.
        aws.seed(user.name)
        if key := _user(iam, aws.account, user):
            keys[user.name] = key
        for policy in given.get(user.name, ()):
            iam.put_user_policy(UserName=user.name, PolicyName=policy, PolicyDocument=document(*made.inline[policy]))
    iam.upload_ssh_public_key(UserName="mia", SSHPublicKeyBody=f"{public_key('mia')} mia@harbour.example")
    users = dict(_backdate(aws, calendar, there))
    _forget_unused(aws)
    return Directory(aws.account, users, roles, keys, {user.name: calendar.day(user.age) for user in made.users})


def _policies_and_groups(iam: "IAMClient", account: str, made: Company) -> None:
    for name, statements in made.policies.items():
        iam.create_policy(PolicyName=name, PolicyDocument=document(*statements))
    for group in made.groups:
        iam.create_group(GroupName=group.name)
        for policy in group.managed:
            iam.attach_group_policy(GroupName=group.name, PolicyArn=_policy_arn(account, policy))
        for policy in group.inline:
            text = document(*made.inline[policy])
            iam.put_group_policy(GroupName=group.name, PolicyName=policy, PolicyDocument=text)
    iam.create_open_id_connect_provider(
        Url="https://gitlab.harbour.example", ClientIDList=["sts.amazonaws.com"], ThumbprintList=["0" * 40]
    )


def _roles(iam: "IAMClient", account: str, made: Company) -> Iterator[tuple[str, str]]:
    for role in made.roles:
        new = iam.create_role(
            RoleName=role.name, AssumeRolePolicyDocument=document(role.trust), Description=role.description
        )
        for policy in role.managed:
            iam.attach_role_policy(RoleName=role.name, PolicyArn=_policy_arn(account, policy))
        yield role.name, new["Role"]["RoleId"]
    for service in ("ecs.amazonaws.com", "autoscaling.amazonaws.com"):
        linked = iam.create_service_linked_role(AWSServiceName=service)["Role"]
        yield linked["RoleName"], linked["RoleId"]


def _user(iam: "IAMClient", account: str, user: User) -> str | None:
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


def _backdate(aws: StandIn, calendar: Calendar, there: Sequence[User]) -> Iterator[tuple[str, str]]:
    """Give users and keys their age. The real AWS does that by itself, so no call can; the stand-in's state can.

    Yields each user's id, made to look like one of AWS's.
    """
    from moto.iam.models import AccessKeyLastUsed

    for role in aws.state.roles.values():
        role.create_date = _naive(calendar.told - 400 * DAY)
    for user in there:
        state = aws.state.users[user.name]
        state.id = f"AIDA{state.id[4:].upper()}"
        state.create_date = _naive(calendar.told - user.age * DAY)
        if user.password_used is not None:
            state.password_last_used = _noon(calendar, user.password_used)
        for key in state.ssh_public_keys:
            key.upload_date = _naive(calendar.told - (user.key_age or 0) * DAY)
        for key in state.access_keys:
            key.create_date = _naive(calendar.told - (user.key_age or 0) * DAY)
            if user.key_used is not None:
                key.last_used = AccessKeyLastUsed(_noon(calendar, user.key_used), "ecs", REGION)
        yield user.name, state.id


def _forget_unused(aws: StandIn) -> None:
    """Of its own policies AWS tells those that are attached; moto all 1,600, which takes a run seconds to read."""
    known = aws.state.managed_policies.items()
    aws.state.managed_policies = {
        arn: policy for arn, policy in known if policy.attachment_count or not arn.startswith("arn:aws:iam::aws:")
    }


def _noon(calendar: Calendar, back: int) -> datetime:
    return _naive(clock(calendar.last_workday(back), "12:00")) + timedelta(minutes=back)


def _naive(moment: datetime) -> datetime:
    """As moto keeps times: UTC without saying so."""
    return moment.replace(tzinfo=None)


def _policy_arn(account: str, policy: str) -> str:
    return policy if policy.startswith("arn:") else f"arn:aws:iam::{account}:policy/{policy}"
