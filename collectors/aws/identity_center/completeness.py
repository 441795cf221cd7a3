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
Asked = tuple[str, tuple[tuple[str, str], ...]]


class Completeness:
    """What was asked, and whether the last page of it is there."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._last: dict[Asked, Line] = {}
        self._whole: set[Asked] = set()
        for _, line in answers.lines:
            asked = tuple(sorted((key, str(value)) for key, value in line.asked.items() if key != "NextToken"))
            self._last[line.call, asked] = line
            if line.error is None and not (line.reply or {}).get("NextToken"):
                self._whole.add((line.call, asked))
        self._about = {(call, value) for call, asked in self._whole for _, value in asked}

    def whole(self, call: str, about: str) -> bool:
        """Whether a call that named this was answered to its end."""
        return (call, about) in self._about

    def cover(self, reading: Reading, source: AwsIdentityCenter, directory: str) -> None:
        """A line of coverage for the directory and its permission sets, and one for each account."""
        problems: defaultdict[str, Problems] = defaultdict(Problems)
        for key, line in self._last.items():
            if key not in self._whole:
                about = line.of("AccountId") or directory
                problems[about].note(line.error or f"the last pages of {line.call} are not there")
        found = self._accounts()
        answered = {call for call, _ in self._last}
        for call in _NEEDED if source.file else ():
            if call not in answered:
                problems[directory].note(f"{source.file} has no answer of {call}")
        for account in source.accounts:
            if account not in found and any(call == _ACCOUNTS for call, _ in self._whole):
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
        found = {
            account
            for (call, _), line in self._last.items()
            if call == _ASSIGNMENTS
            for account in [line.of("AccountId")]
        }
        for _, _, reply in self._answers.replies(_PLACES):
            listed = reply.get("AccountIds")
            found |= {one for one in listed if isinstance(one, str)} if isinstance(listed, list) else set()
        found |= {member.id for _, _, member in self._answers.entries(_ACCOUNTS, "Accounts", Member)}
        return found - {""}
