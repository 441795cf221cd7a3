"""Who may decide on a finding, and how it is known that it was them. Nobody decides on their own access."""

from collections.abc import Callable, Sequence
from pathlib import Path

from auditor.case.own_access import holds, is_own
from auditor.config.roster import Person
from auditor.config.wording import nearest
from auditor.errors import DecisionsError
from auditor.model.campaigns import LineItem
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding
from auditor.options import RunOptions
from auditor.providers.registry import PROVIDERS
from auditor.signatures import NAMESPACE, signed_by

_UNCHECKED = ""


class Deciders:
    """The people of the roster, as deciders on one file of decisions.

    Args:
        options: with the configuration, and when it was decided.
        signed: reads what a signature is of.
        user: the operating system's user who records it.
    """

    def __init__(self, options: RunOptions, signed: Callable[[], bytes], user: str, signatures: Sequence[Path]) -> None:
        self._config = options.config
        self._today = options.today
        self._signed, self._user, self._signatures = signed, user, signatures
        self._known: dict[str, str | None] = {}

    def person(self, by: str) -> Person:
        """The person of that id or e-mail.

        Raises:
            DecisionsError: there is none.
        """
        found = self._config.called(by)
        if found is None:
            raise DecisionsError(f"{self._stranger(by)}.")
        return found

    def unknown(self, by: str) -> str | None:
        """Why somebody cannot decide on anything; None where they can."""
        person = self._config.called(by)
        if person is None:
            return self._stranger(by)
        if person.left and person.left < self._today:
            return f"{person.name} left on {person.left}"
        if self.known_by(by) is None:
            return self._unproven(person)
        return None

    def _stranger(self, by: str) -> str:
        near = nearest(by, self._config.people_by_id)
        hint = f" (did you mean {near}?)" if near else ""
        return f"expected the id or e-mail of a person on the roster, got {by!r:.60}{hint}"

    def refused(self, finding: Finding, by: str | None, access: Sequence[Entitlement]) -> str | None:
        """Why somebody cannot decide on a finding; None where they can."""
        return self._refused(finding.system, by, lambda person: is_own(finding, person, access))

    def refused_line(self, line: LineItem, by: str | None) -> str | None:
        """Why somebody cannot decide on a line of a campaign; None where they can."""
        return self._refused(line.system, by, lambda person: holds(person, line, self._config))

    def _refused(self, system: str | None, by: str | None, is_theirs: Callable[[Person], bool]) -> str | None:
        if by is None:
            return "it is not said who decided: name them with `by`, or all with --by"
        if problem := self.unknown(by):
            return problem
        person = self.person(by)
        if is_theirs(person):
            return "it concerns the access of the person who decides: let somebody else decide it"
        may = self._config.deciders(system)
        if may and person.id not in may:
            owned = f" or an owner of {system}" if system else ""
            return f"only an approver{owned} decides it, not {person.name}: let one of {', '.join(sorted(may))} do so"
        return None

    def known_by(self, by: str) -> str | None:
        """How it is known that it was them: empty where the team has that not checked, None where it was not proven."""
        if by not in self._known:
            self._known[by] = self._proof(self.person(by))
        return self._known[by]

    def _proof(self, person: Person) -> str | None:
        match self._config.decisions.check:
            case "os-user":
                logins = [f"{name}:{self._user}" for name, room in PROVIDERS.items() if room.OPENS_SHELLS]
                own = any(account.partition("@")[0] in logins for account in person.accounts)
                return f"the operating system's user {self._user}" if own else None
            case "signature":
                return self._signature(person)
            case _:
                return _UNCHECKED

    def _signature(self, person: Person) -> str | None:
        data, signers = self._signed(), self._config.base / (self._config.decisions.allowed_signers or "")
        for name in filter(None, (person.email, person.id)):
            for signature in self._signatures:
                if key := signed_by(data, signature, signers, name):
                    return f"the signature of {key}"
        return None

    def _unproven(self, person: Person) -> str:
        if self._config.decisions.check == "os-user":
            return f"it is recorded by the user {self._user}, and no login of that name is an account of {person.name}"
        return (
            f"there is no signature of the file by {person.name}: they sign it with `ssh-keygen -Y sign -n {NAMESPACE} "
            "-f KEY FILE`, and it is given with --signature"
        )
