"""A right that a script can take away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reports.words import shown

# In order: what can be given back comes before what cannot.
KINDS = (
    "access-key",
    "group-membership",
    "attached-policy",
    "inline-policy",
    "authorized-key",
    "service-account-key",
    "metadata-key",
    "os-login-key",
    "project-binding",
    "folder-binding",
    "organization-binding",
    "project-member",
    "group-member",
    "project-key",
    "user-key",
    "project-access-token",
    "group-access-token",
    "personal-access-token",
    "login-profile",
)
TOOLS = {"aws": "aws", "ssh": "ssh", "gcp": "gcloud", "gitlab": "gitlab"}
"""The program that each provider's steps run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right.

    Args:
        account: where it is: an AWS account, a project, folder or organization of Google's, a GitLab server, a host.
        name: the right itself, among the holder's.
        expected: what it must still be, a fingerprint, a time or a level; empty where nothing is known of it.
        what: the sentence that says what a step does.
        held_by: the holder as evidence names it, without an IAM path.
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
    held_by: str
    expected: str = field(default="", compare=False)
    details: tuple[tuple[str, str], ...] = ()
    opens: bool = False

    @property
    def target(self) -> tuple[str, ...]:
        """What tells two rights apart."""
        known = (self.provider, self.kind, self.account, self.holder_kind, self.holder, self.name)
        return (*known, *(value for _, value in self.details))

    @property
    def known(self) -> dict[str, str]:
        """The details by name."""
        return dict(self.details)

    @property
    def order(self) -> tuple[Any, ...]:
        """Reversible first, then account by account."""
        return (KINDS.index(self.kind), *self.target)

    def belongs_to(self, account: str) -> bool:
        """Whether an account, as evidence names it, is the holder."""
        return without_path(account) == self.held_by


def text(handle: Mapping[str, Any], name: str) -> str:
    """A detail of a handle; empty where it is missing or no text."""
    value = handle.get(name)
    return value if isinstance(value, str) else ""


def without_path(account: str) -> str:
    """An IAM ARN without its path; other names as they are."""
    prefix, slash, path = account.partition("/")
    return f"{prefix}/{path.rsplit('/', 1)[-1]}" if slash and account.startswith("arn:") else account


def is_name(value: str) -> bool:
    """Whether it is one printable line."""
    return bool(value) and value == shown(value)
