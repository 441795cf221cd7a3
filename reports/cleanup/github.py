"""Collaborators, team members, owners and deploy keys of GitHub, taken away with gh."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, text
from reports.words import shown

_SERVER = re.compile(r"https?://[^\s@/?#]+(?:/[^\s@?#]*)?")
_NUMBER = re.compile(r"[0-9]+")
# What GitHub allows in logins, and in names of organisations, teams and repositories; none begins like an option.
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\[bot\])?")
_PATH = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]*\w[\w.-]*", re.ASCII)
_ROLE = re.compile(r"[\w][\w .-]*")


def _right(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    server = text(handle, "account").rstrip("/")
    make = _MAKE.get(text(handle, "type"))
    return make(handle, server) if make and _SERVER.fullmatch(server) else None


def _person(handle: Handle, server: str) -> Right | None:
    """A role that somebody has in a repository, a team or an organisation."""
    kind, path, login = text(handle, "type"), text(handle, "path"), text(handle, "user")
    role, permission = text(handle, "role"), text(handle, "permission")
    place = _LOGIN if kind == "owner" else _PATH
    if not (place.fullmatch(path) and _LOGIN.fullmatch(login)) or (role and not _ROLE.fullmatch(role)):
        return None
    what, again = _WORDS[kind]
    said = {"login": login, "path": path, "role": f" ({role})" if role else "", "server": server}
    return Right(
        provider="github",
        kind=kind,
        account=server,
        holder_kind="user",
        holder=login,
        name=path,
        what=shown(what.format(**said)),
        again=shown(again.format(**said)),
        held_by=f"github:{login}",
        expected=role,
        details=(("permission", permission),),
    )


def _key(handle: Handle, server: str) -> Right | None:
    path, key = text(handle, "path"), text(handle, "key")
    if not (_PATH.fullmatch(path) and _NUMBER.fullmatch(key)):
        return None
    return Right(
        provider="github",
        kind="deploy-key",
        account=server,
        holder_kind="repository",
        holder=path,
        name=key,
        what=f"Remove deploy key {key} from {path} on GitHub at {server}",
        again=f"Add deploy key {key} to {path} again on GitHub at {server}",
        held_by=f"github-deploy-key:{key}",
    )


_WORDS = {
    "collaborator": (
        "Remove {login}{role} from the collaborators of {path} on GitHub at {server}",
        "Add {login}{role} to the collaborators of {path} again on GitHub at {server}",
    ),
    "team-member": (
        "Remove {login} from the team {path} on GitHub at {server}",
        "Add {login} to the team {path} again on GitHub at {server}",
    ),
    "owner": (
        "Make {login} a member of {path} in place of an owner on GitHub at {server}",
        "Make {login} an owner of {path} again on GitHub at {server}",
    ),
}
_MAKE = {**dict.fromkeys(_WORDS, _person), "deploy-key": _key}

GITHUB = Remover(tool="gh", kinds=("collaborator", "team-member", "owner", "deploy-key"), right_of=_right)
