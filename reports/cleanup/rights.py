"""A right that a script can take away, and what each provider's handle says of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.model.handles import Handle
from reports.words import shown

# In order: what can be given back comes before what cannot.
KINDS = (
    "access-key",
    "group-membership",
    "attached-policy",
    "inline-policy",
    "authorized-key",
    "service-account-key",
    "project-binding",
    "folder-binding",
    "organization-binding",
    "login-profile",
)
TOOLS = {"aws": "aws", "ssh": "ssh", "gcp": "gcloud"}
"""The program that each provider's steps run."""

_POLICY_TYPE = re.compile(r"(inline|attached)-(user|group|role)-policy")
_AWS_RIGHTS = {"group-membership": "group", "access-key": "key", "login-profile": "user"}
_AWS_CREDENTIALS = {"access-key", "login-profile"}
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_BINDINGS = {
    "project-binding": re.compile(r"[a-z0-9][a-z0-9:.-]*"),
    "folder-binding": re.compile(r"folders/[0-9]+"),
    "organization-binding": re.compile(r"organizations/[0-9]+"),
}
# Whoever runs the script may be in any group or domain.
_MEMBER = re.compile(r"(?:deleted:)?(?:user|serviceAccount):.+|allUsers|allAuthenticatedUsers")
_KEY = re.compile(r"[0-9a-f]+")
_ROBOT = re.compile(r"[a-z0-9][a-z0-9.-]*@[a-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """One right.

    Args:
        account: where it is: an AWS account, a host.
        name: the right itself, among the holder's.
        expected: what it must still be, a fingerprint or a time; empty where nothing is known of it.
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


def right_of(handle: Handle) -> Right | None:
    """The right that a handle names; None where no step can take it away."""
    reader = {"aws": _aws, "ssh": _ssh, "gcp": _gcp}.get(text(handle, "provider"))
    return reader(handle) if reader else None


def text(handle: Mapping[str, Any], name: str) -> str:
    """A detail of a handle; empty where it is missing or no text."""
    value = handle.get(name)
    return value if isinstance(value, str) else ""


def without_path(account: str) -> str:
    """An IAM ARN without its path; other names as they are."""
    prefix, slash, path = account.partition("/")
    return f"{prefix}/{path.rsplit('/', 1)[-1]}" if slash and account.startswith("arn:") else account


def _aws(handle: Handle) -> Right | None:
    kind, holder_kind, key = _aws_shape(text(handle, "type"))
    account, holder, name = text(handle, "account"), text(handle, holder_kind), text(handle, key)
    if not kind or not re.fullmatch(r"\d{12}", account) or not all(map(_is_aws_name, (holder, name))):
        return None
    return Right(
        provider="aws",
        kind=kind,
        account=account,
        holder_kind=holder_kind,
        holder=holder,
        name=name,
        what=_aws_what(kind, account, holder_kind, holder, name),
        held_by=f"arn:aws:iam::{account}:{holder_kind}/{holder}",
        expected=text(handle, "created_at" if kind == "login-profile" else "fingerprint"),
        opens=kind in _AWS_CREDENTIALS,
    )


def _aws_shape(stated: str) -> tuple[str, str, str]:
    """Kind of right, kind of holder, and the handle's key that names the right; empty where there is no step."""
    if policy := _POLICY_TYPE.fullmatch(stated):
        how, holder = policy.groups()
        return f"{how}-policy", holder, "policy" if how == "inline" else "policy_arn"
    return (stated, "user", _AWS_RIGHTS[stated]) if stated in _AWS_RIGHTS else ("", "", "")


def _aws_what(kind: str, account: str, holder_kind: str, holder: str, name: str) -> str:
    everybody = " (every member loses it)" if holder_kind == "group" else ""
    everybody = " (everybody who can assume it loses it)" if holder_kind == "role" else everybody
    sentence = {
        "access-key": f"Deactivate access key {name} of user {holder}",
        "group-membership": f"Remove user {holder} from group {name}",
        "attached-policy": f"Detach policy {name} from {holder_kind} {holder}{everybody}",
        "inline-policy": f"Remove inline policy {name} from {holder_kind} {holder}{everybody}",
        "login-profile": f"Delete the console password of user {holder} (cannot be undone: a new one must be set)",
    }[kind]
    return shown(f"{sentence} in AWS account {account}")


def _is_aws_name(value: str) -> bool:
    """Whether the AWS CLI takes the value as it stands: it reads `file://…` and the like from elsewhere."""
    return is_name(value) and "://" not in value


def is_name(value: str) -> bool:
    """Whether it is one printable line."""
    return bool(value) and value == shown(value)


def _ssh(handle: Handle) -> Right | None:
    host, login, print_ = text(handle, "host"), text(handle, "user"), text(handle, "fingerprint")
    file = text(handle, "file")
    known = _HOST.fullmatch(host) and is_name(login) and not login.startswith("-") and _FINGERPRINT.fullmatch(print_)
    if text(handle, "type") != "authorized-key" or not known or (file and not (file[0] == "/" and is_name(file))):
        return None
    place = f"{file} (login {login})" if file else f"{login}'s authorized_keys"
    return Right(
        provider="ssh",
        kind="authorized-key",
        account=host,
        holder_kind="user",
        holder=login,
        name=print_,
        what=shown(f"Remove the key {print_} from {place} on {host}"),
        held_by=f"ssh:{login}@{host}",
        details=(("file", file),),
    )


def _gcp(handle: Handle) -> Right | None:
    return _gcp_key(handle) if text(handle, "type") == "service-account-key" else _gcp_binding(handle)


def _gcp_binding(handle: Handle) -> Right | None:
    kind, resource, member, role = (text(handle, name) for name in ("type", "resource", "member", "role"))
    condition = [(name, text(handle, name)) for name in ("expression", "title", "description") if text(handle, name)]
    usable = kind in _BINDINGS and _BINDINGS[kind].fullmatch(resource) and _MEMBER.fullmatch(member)
    if not usable or not all(map(is_name, (member, role, *(value for _, value in condition)))):
        return None
    terms = dict(condition)
    under = f" under the condition {terms.get('title', 'without a title')}" if condition else ""
    return Right(
        provider="gcp",
        kind=kind,
        account=resource,
        holder_kind="member",
        holder=member,
        name=role,
        what=shown(f"Remove {member} from {role} on {kind.removesuffix('-binding')} {resource.split('/')[-1]}{under}"),
        held_by=member,
        details=(
            ("condition", _condition(condition)),
            *((name, terms.get(name, "")) for name in ("expression", "title", "description")),
        ),
    )


def _condition(terms: list[tuple[str, str]]) -> str:
    """A condition as gcloud takes it, its parts between signs that none of them holds."""
    if not terms:
        return "None"
    between = ":::"
    while any(between in value or value.endswith(":") for _, value in terms):
        between = f"#{between}#"
    return f"^{between}^{between.join(f'{name}={value}' for name, value in terms)}"


def _gcp_key(handle: Handle) -> Right | None:
    project, robot, key = (text(handle, name) for name in ("account", "service_account", "key"))
    if not _BINDINGS["project-binding"].fullmatch(project) or not _ROBOT.fullmatch(robot) or not _KEY.fullmatch(key):
        return None
    return Right(
        provider="gcp",
        kind="service-account-key",
        account=project,
        holder_kind="service_account",
        holder=robot,
        name=key,
        what=f"Disable key {key} of service account {robot} in project {project}",
        held_by=f"serviceAccount:{robot}",
    )
