"""Identity Center's answers as rows: live answers and dumps go through the same steps."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from auditor.config.sources.aws import AwsIdentityCenter
from auditor.model.handles import write_handle
from auditor.model.tables import Account, Grant, Membership, Policy, Row
from collectors.aws.identity_center import shapes
from collectors.aws.identity_center.policies import PermissionSets
from collectors.aws.identity_center.shapes import Member
from collectors.aws.lines import Answers, Line
from collectors.base import Batch, Context, Normalised
from collectors.problems import Problems
from collectors.reading import Reading
from collectors.rows import Rows

_PLACES = "sso-admin:ListAccountsForProvisionedPermissionSet"
_ASSIGNMENTS = "sso-admin:ListAccountAssignments"
_ACCOUNTS = "organizations:ListAccounts"
# A dump without one of these leaves out who, or what.
_NEEDED = (
    "sso-admin:ListInstances",
    "sso-admin:DescribePermissionSet",
    _ASSIGNMENTS,
    "identitystore:ListUsers",
    "identitystore:ListGroups",
)
_AWS = Rows("aws")
GROUP = "identity-center-group:"
USER = "identity-center:"

# What tells two rows of a snapshot apart.
_IDENTITY: dict[type[Row], Any] = {
    Account: attrgetter("account"),
    Membership: attrgetter("group", "member"),
    Grant: attrgetter("principal", "role", "resource"),
    Policy: attrgetter("policy", "kind", "attached_to"),
}


class Completeness:
    """What was asked, and whether the last page of it is there."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._whole: list[Line] = []
        self._cut: list[Line] = []
        for found in answers.calls():
            is_whole = any(line.error is None and not line.goes_on for _, line in found)
            (self._whole if is_whole else self._cut).append(found[-1][1])
        self._about = {(line.call, str(value)) for line in self._whole for value in line.asked.values()}

    def whole(self, call: str, about: str) -> bool:
        """Whether a call that named this was answered to its end."""
        return (call, about) in self._about

    def cover(self, reading: Reading, source: AwsIdentityCenter, directory: str) -> None:
        """A line of coverage for the directory and its permission sets, and one for each account."""
        problems: defaultdict[str, Problems] = defaultdict(Problems)
        for line in self._cut:
            about = line.of("AccountId") or directory
            problems[about].note(line.error or f"the last pages of {line.call} are not there")
        found = self._accounts()
        answered = {line.call for line in (*self._whole, *self._cut)}
        for call in _NEEDED if source.file else ():
            if call not in answered:
                problems[directory].note(f"{source.file} has no answer of {call}")
        for account in source.accounts:
            if account not in found and any(line.call == _ACCOUNTS for line in self._whole):
                problems[account].note(f"{account} is no account of this organisation")
        rows = Counter(
            row.resource if isinstance(row, Grant) else directory for table in reading.tables.values() for row in table
        )
        problems[directory].include(self._answers.problems)
        for scope in [directory, *sorted((set(source.accounts) or found) - {directory})]:
            failed = bool(problems[scope]) and not rows[scope]
            reading.cover(scope, problems[scope], rows[scope], failed=failed)

    def _accounts(self) -> set[str]:
        """The organisation's accounts, and those that permission sets and assignments are told of."""
        found = {line.of("AccountId") for line in (*self._whole, *self._cut) if line.call == _ASSIGNMENTS}
        for _, _, reply in self._answers.replies(_PLACES):
            listed = reply.get("AccountIds")
            found |= {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
        found |= {member.id for _, _, member in self._answers.entries(_ACCOUNTS, "Accounts", Member)}
        return found - {""}


def read_rows(source: AwsIdentityCenter, context: Context, batch: Batch) -> Normalised:
    """The batch as rows, with a line of coverage for the directory and for each account."""
    reading = Reading(source.name, context)
    answers = Answers(reading, batch)
    instances = answers.entries("sso-admin:ListInstances", "Instances", shapes.Instance)
    directory = next((instance.identity_store_id for _, _, instance in instances), source.name)
    complete = Completeness(answers)
    kept: dict[tuple[type[Row], Any], Row] = {}
    for row in _rows(answers, complete, directory):
        # A page that was delivered twice counts once.
        kept.setdefault((type(row), _IDENTITY[type(row)](row)), row)
    reading.extend(kept.values())
    complete.cover(reading, source, directory)
    return reading.normalised()


def _rows(answers: Answers, complete: Completeness, directory: str) -> Iterator[Row]:
    yield from _users(answers, directory)
    yield from _groups(answers, complete, directory)
    yield from _memberships(answers, directory)
    yield from PermissionSets(answers).rows()
    yield from _assignments(answers)


def _users(answers: Answers, directory: str) -> Iterator[Row]:
    for at, _, user in answers.entries("identitystore:ListUsers", "Users", shapes.User):
        emails = [email.value for email in sorted(user.emails, key=lambda email: not email.primary)]
        yield _AWS.account(
            at,
            USER + user.user_id,
            "person",
            user.user_name or user.display_name,
            directory,
            email=next((email for email in [*emails, user.user_name or ""] if "@" in email), None),
            created_at=user.created_at,
            enabled=None if user.user_status is None else user.user_status == "ENABLED",
        )


def _groups(answers: Answers, complete: Completeness, directory: str) -> Iterator[Row]:
    for at, _, group in answers.entries("identitystore:ListGroups", "Groups", shapes.Group):
        # Without a row, the group counts as one whose members are not known.
        if complete.whole("identitystore:ListGroupMemberships", group.group_id):
            known, made = GROUP + group.group_id, group.created_at
            yield _AWS.account(at, known, "group", group.display_name, directory, created_at=made)


def _memberships(answers: Answers, directory: str) -> Iterator[Row]:
    found = answers.entries("identitystore:ListGroupMemberships", "GroupMemberships", shapes.GroupMembership)
    for at, _, one in found:
        group, user, since = one.group_id, one.member_id.user_id, one.created_at
        yield Membership(**at, group=GROUP + group, member=USER + user, since=since)
        about = {"membership": one.membership_id, "group": group, "user": user}
        handle = write_handle("aws", "identity-center-membership", directory, **about)
        yield _AWS.grant(at, USER + user, GROUP + group, directory, granted_at=since, handle=handle)


def _assignments(answers: Answers) -> Iterator[Row]:
    region = next((line.region for _, line in answers.lines if line.region), None)
    found = answers.entries("sso-admin:ListAccountAssignments", "AccountAssignments", shapes.Assignment)
    for at, line, one in found:
        handle = write_handle(
            "aws",
            "identity-center-assignment",
            one.account_id,
            instance=line.of("InstanceArn") or None,
            permission_set=one.permission_set_arn,
            principal_type=one.principal_type,
            principal=one.principal_id,
            region=region,
        )
        who = (GROUP if one.principal_type == "GROUP" else USER) + one.principal_id
        yield _AWS.grant(at, who, one.permission_set_arn, one.account_id, handle=handle)
