"""Root sessions: who may open one in an account of the organisation by its central root access (sts:AssumeRoot)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.vocabulary import AccountKind
from auditor.providers.aws.escalation import every_right
from auditor.providers.aws.permits import Request, is_meant, permit, request
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop

_CALL = "sts:AssumeRoot"
_SERVICE = "iam.amazonaws.com"
# The widest of AWS's five tasks, which begins with a new password for root.
_TASK = {"sts:taskpolicyarn": "arn:aws:iam::aws:policy/root-task/IAMCreateRootUserPassword"}


class RootSessions(Struct, frozen=True, dict=True):
    """The root users of the audited accounts, and who can be one of them for a while."""

    directory: Directory
    at: datetime

    @cached_property
    def roots(self) -> Mapping[str, Principal]:
        """Root users, by ARN."""
        rows = [row for row in self.directory.accounts.values() if row.kind == AccountKind.ROOT]
        everything = ((row, replace(every_right(), rows=(row,))) for row in rows)
        return {row.account: replace(self.directory.principal(row, self.at), sources=(one,)) for row, one in everything}

    def hops(self, principals: Iterable[Principal]) -> Iterator[tuple[str, Hop]]:
        """Each way to a root user, with who has it."""
        for one in principals if self.roots else ():
            administers = self.directory.administers(one.row.scope, _SERVICE)
            if administers or (administers is None and is_meant(one, _CALL, among_all=False)):
                for root in self.roots.values():
                    if self.directory.is_under(root.row.scope, one.row.scope):
                        yield from self._hop(one, root, sure=bool(administers))

    def _hop(self, one: Principal, root: Principal, *, sure: bool) -> Iterator[tuple[str, Hop]]:
        account = root.row.scope
        found = permit(one, self._asked(account), self.at)
        if found and not found.narrow:
            facts = found.facts if sure else (*found.facts, f"where account {one.row.scope} manages root access")
            words = f"opens a root session in account {account} ({_CALL})"
            yield one.arn, Hop(root.arn, found.ends, facts, found.source.rows, source=found.source, steps=(words,))

    @staticmethod
    def _asked(account: str) -> Request:
        return request(_CALL, f"arn:aws:iam::{account}:root", account, _TASK)
