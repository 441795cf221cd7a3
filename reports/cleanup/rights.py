"""A right that a script can take away, and what takes those of a provider away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.model.handles import Handle
from reports.words import shown

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Remover:
    """How the rights of a provider are taken away: with this, and with `<provider>.sh` among the templates.

    Args:
        tool: the program that its steps run.
        kinds: of rights, in the order of the steps.
        right_of: the right that a handle names; None where there is no step for it.
        final: kinds that cannot be given back and come after all other steps.
        deletes: what delete.sh does to the kinds that cleanup.sh only deactivates, and says so; every other kind is
            taken away at once. Needs `<provider>_delete.sh`.
        by_hand: what to do where there is no step; None where the handle says no more than its parts.
        held_by: an account as rights name their holder.
        place: the account, project or host that a break-glass account lets into; None where it is another provider's.
    """

    tool: str
    kinds: tuple[str, ...]
    right_of: Callable[[Handle], Right | None]
    final: tuple[str, ...] = ()
    deletes: Mapping[str, str] = field(default_factory=dict)
    by_hand: Callable[[Handle], str | None] | None = None
    held_by: Callable[[str], str] = str
    place: Callable[[str], str | None] | None = None


def text(handle: Mapping[str, Any], name: str) -> str:
    """A detail of a handle; empty where it is missing or no text."""
    value = handle.get(name)
    return value if isinstance(value, str) else ""


def is_name(value: str) -> bool:
    """Whether it is one printable line."""
    return bool(value) and value == shown(value)
