"""Keys that open logins of hosts, taken away with ssh."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, is_name, text
from reports.words import shown

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def _right(handle: Handle) -> Right | None:
    """The key that a handle names; None where there is no step for it."""
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
        again=shown(f"Put the key {print_} back into {place} on {host}"),
        held_by=f"ssh:{login}@{host}",
        credential=f"ssh-key:{print_}",
        details=(("file", file),),
    )


def _by_hand(handle: Handle) -> str | None:
    if text(handle, "type") != "authorized-key":
        return None
    line = f"the key {text(handle, 'fingerprint')} from {text(handle, 'user')}'s authorized_keys"
    return f"Remove {line} on {text(handle, 'host')}"


def _place(account: str) -> str | None:
    return account.rpartition("@")[2] if account.startswith("ssh:") else None


SSH = Remover(tool="ssh", kinds=("authorized-key",), right_of=_right, by_hand=_by_hand, place=_place)
