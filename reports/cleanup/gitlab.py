"""Memberships, keys and tokens of GitLab, taken away with python-gitlab's command line."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, is_name, text
from reports.words import shown

_SERVER = re.compile(r"https?://[^\s@/?#]+(?:/[^\s@?#]*)?")
_NUMBER = re.compile(r"[0-9]+")
# The command line reads a file where a value begins with an @.
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]*")
_NO_WAY_BACK = "(cannot be undone: a new one must be made)"


def _right(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    kind, server = text(handle, "type"), text(handle, "account")
    if not _SERVER.fullmatch(server):
        return None
    if kind in ("project-member", "group-member"):
        return _member(handle, kind.removesuffix("-member"), server)
    if kind in ("project-key", "user-key"):
        return _key(handle, kind.removesuffix("-key"), server)
    if kind in ("project-access-token", "group-access-token", "personal-access-token"):
        return _token(handle, kind.removesuffix("-access-token"), server)
    return None


def _member(handle: Handle, of: str, server: str) -> Right | None:
    place, path, user, name, level = (text(handle, key) for key in (of, "path", "user", "username", "level"))
    if not all(map(_NUMBER.fullmatch, (place, user, level))) or not is_name(name):
        return None
    return Right(
        provider="gitlab",
        kind=f"{of}-member",
        account=server,
        holder_kind="user",
        holder=name,
        name=path,
        what=shown(f"Remove {name} (level {level}) from {of} {path or place} in GitLab at {server}"),
        again=shown(f"Add {name} (level {level}) to {of} {path or place} again in GitLab at {server}"),
        held_by=f"gitlab:{name}",
        expected=level,
        details=(("of", f"--{of}-id={place}"), ("id", user)),
    )


def _key(handle: Handle, of: str, server: str) -> Right | None:
    place, key = text(handle, "path" if of == "project" else "user"), text(handle, "key")
    if not _PATH.fullmatch(place) or not _NUMBER.fullmatch(key):
        return None
    sort = "deploy key" if of == "project" else "SSH key"
    return Right(
        provider="gitlab",
        kind=f"{of}-key",
        account=server,
        holder_kind=of,
        holder=place,
        name=key,
        what=f"Remove {sort} {key} from {of} {place} in GitLab at {server}",
        again=f"Add {sort} {key} to {of} {place} again in GitLab at {server}",
        details=(("of", f"--{of}-id={place}"), ("id", key)),
    )


def _token(handle: Handle, of: str, server: str) -> Right | None:
    path, token = text(handle, "path"), text(handle, "token")
    if not _NUMBER.fullmatch(token) or (of != "personal" and not _PATH.fullmatch(path)):
        return None
    place = "" if of == "personal" else f" of {of} {path}"
    return Right(
        provider="gitlab",
        kind=f"{of}-access-token",
        account=server,
        holder_kind=of,
        holder=path,
        name=token,
        what=f"Revoke {of} access token {token}{place} in GitLab at {server} {_NO_WAY_BACK}",
        again=f"Make a new {of} access token in place of {token}{place} in GitLab at {server}",
        details=(("of", f"--{of}-id={path}" if place else ""), ("id", token)),
    )


GITLAB = Remover(
    tool="gitlab",
    kinds=("project-member", "group-member", "project-key", "user-key"),
    final=("project-access-token", "group-access-token", "personal-access-token"),
    right_of=_right,
)
