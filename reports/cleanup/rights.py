"""A right that a script can take away."""

from dataclasses import dataclass, field

_LOGGED = 6  # provider, kind, account, kind of holder, holder, name


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right.

    Args:
        provider: as rows name it.
        kind: one of its provider's kinds.
        account: where it is: an AWS account, a project, folder or organization of Google's, a GitLab server, a host.
        name: the right itself, among the holder's.
        expected: what it must still be, a fingerprint, a time or a level; empty where nothing is known of it.
        what: the sentence that says what a step does.
        again: the sentence that says what undoing it does.
        held_by: the holder as evidence names it, and as the provider's `held_by` writes it.
        credential: the credential that it is, as the configuration names it.
        details: what else says which right it is, as a step names it.
        opens: whether it is a credential, without which nothing else of the holder is of use.
    """

    provider: str
    kind: str
    account: str
    holder_kind: str
    holder: str
    name: str
    what: str
    again: str = ""
    held_by: str = ""
    credential: str = ""
    expected: str = field(default="", compare=False)
    details: tuple[tuple[str, str], ...] = ()
    opens: bool = False

    @property
    def target(self) -> tuple[str, ...]:
        """What tells two rights apart."""
        known = (self.provider, self.kind, self.account, self.holder_kind, self.holder, self.name)
        return (*known, *(value for _, value in self.details))

    @property
    def logged(self) -> tuple[str, ...]:
        """What a script's plan and its log know it by."""
        return self.target[:_LOGGED]

    @property
    def known(self) -> dict[str, str]:
        """The details by name."""
        return dict(self.details)
