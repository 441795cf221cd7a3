"""What of Identity Center was looked at: whether every call was answered to its end, and coverage for each account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.config.sources import AwsIdentityCenter
from auditor.model.tables import Coverage, Grant, Row
from collectors.aws.lines import Line
from collectors.stamping import Complaints, Place

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


@dataclass(slots=True)
class Looked:
    """What was asked, and what came of it."""

    rejected: int = 0
    accounts: set[str] = field(default_factory=set)
    _problems: Complaints = field(default_factory=Complaints)
    _of_accounts: defaultdict[str, Complaints] = field(default_factory=lambda: defaultdict(Complaints))
    _answered: set[str] = field(default_factory=set)
    _whole: set[tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=set)
    _about: set[tuple[str, str]] = field(default_factory=set)
    _listed: bool = False

    def problem(self, sentence: str) -> None:
        """Something that is missing of the whole."""
        self._problems.note(sentence)

    def calls(self, lines: Iterable[Line]) -> None:
        """Every call, with whether its last page is there."""
        said: dict[tuple[str, tuple[tuple[str, str], ...]], Line] = {}
        for line in lines:
            self._answered.add(line.call)
            asked = tuple(sorted((key, str(value)) for key, value in line.asked.items() if key != "NextToken"))
            said[line.call, asked] = line
            if line.error is None and not (line.reply or {}).get("NextToken"):
                self._whole.add((line.call, asked))
                self._about.update((line.call, value) for _, value in asked)
            if line.call in (_PLACES, _ASSIGNMENTS):
                self.accounts.update(_accounts_in(line))
        self._listed = any(call == _ACCOUNTS for call, _ in self._whole)
        for key, line in said.items():
            if key not in self._whole:
                self._incomplete(line)

    def _incomplete(self, line: Line) -> None:
        sentence = line.error or f"the last pages of {line.call} are not there"
        account = line.of("AccountId")
        (self._of_accounts[account] if account else self._problems).note(sentence)

    def whole(self, call: str, about: str) -> bool:
        """Whether a call that named this was answered to its end."""
        return (call, about) in self._about

    def coverage(
        self,
        source: AwsIdentityCenter,
        place: Place,
        directory: str,
        tables: Mapping[type[Row], Sequence[Row]],
    ) -> Iterator[Coverage]:
        """One row for the directory and its permission sets, one for each account."""
        self._missing(source)
        rows: defaultdict[str, int] = defaultdict(int)
        for table, found in tables.items():
            for row in found:
                resource = row.resource if isinstance(row, Grant) else directory
                rows[resource if table is Grant else directory] += 1
        accounts = set(source.accounts) or self.accounts
        for scope in [directory, *sorted(accounts - {directory})]:
            told = self._problems if scope == directory else self._of_accounts[scope]
            yield Coverage(
                **place.at(),
                scope=scope,
                from_=place.collected_at,
                to=place.collected_at,
                rows=rows[scope],
                rejected=self.rejected if scope == directory else 0,
                status="ok" if not told else "partial" if rows[scope] else "failed",
                reason=told.sentence(),
            )

    def _missing(self, source: AwsIdentityCenter) -> None:
        """What nobody asked for, and accounts that do not exist."""
        if source.file:
            for call in _NEEDED:
                if call not in self._answered:
                    self.problem(f"{source.file} has no answer of {call}")
        for account in source.accounts:
            if self._listed and account not in self.accounts:
                self._of_accounts[account].note(f"{account} is no account of this organisation")


def _accounts_in(line: Line) -> Iterator[str]:
    if line.call == _ASSIGNMENTS:
        account: Any = line.of("AccountId")
        yield from [account] if account else []
        return
    listed = (line.reply or {}).get("AccountIds")
    yield from (one for one in listed if isinstance(one, str)) if isinstance(listed, list) else ()
