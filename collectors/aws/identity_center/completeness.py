"""Whether every call to Identity Center was answered to its end, and coverage for the directory and each account."""

from collections import Counter, defaultdict

from auditor.config.sources.aws import AwsIdentityCenter
from auditor.model.tables import Grant
from collectors.aws.identity_center.shapes import Member
from collectors.aws.lines import Answers, Line
from collectors.reading import Problems, Reading

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
