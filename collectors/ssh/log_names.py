"""What files of host logs are called, and which host they are of."""

import re
from collections.abc import Iterable, Sequence

from collectors.turned import FORMS

_TURNED = r"(?:\.\d{1,3}|[.-]\d{8}(?:-?\d+)?|[.-]\d{4}-\d\d-\d\d)?"
_PACKED = r"(?:\.(?:gz|xz|bz2|zst))?"
# An address ends in a number, as does a log that was turned.
_NAME = re.compile(
    r"(?P<host>\d{1,3}(?:\.\d{1,3}){3}|[^/]+?)"
    rf"{_TURNED}(?:\.(?:{FORMS}|syslog))+{_TURNED}{_PACKED}"
)
# What a log is called on its host.
_LOCAL = re.compile(
    rf"(?P<host>auth(?:log)?|secure|messages|syslog|sshd?|sudo|user|daemon|journal|system|all|\d{{4}}-?\d\d(?:-?\d\d)?)"
    rf"{_TURNED}(?:\.(?:{FORMS}))*{_TURNED}{_PACKED}"
)
_SUDO = re.compile(rf"sudo(?:\.log)?{_TURNED}{_PACKED}")
# auditd's, in the folder of its host or in one called audit in that.
_AUDITD = re.compile(rf"audit[.]log{_TURNED}{_PACKED}")
_WTMP = re.compile(rf"wtmp{_TURNED}{_PACKED}")


def is_wtmp(name: str) -> bool:
    """Whether a file is called as the record of logins is on every host."""
    return bool(_WTMP.fullmatch(name))


def is_auditd(name: str) -> bool:
    """Whether a file is called as auditd's own log is on every host."""
    return bool(_AUDITD.fullmatch(name))


def is_sudos(name: str) -> bool:
    """Whether a file is called as what sudo itself writes, beside the host's log."""
    return bool(_SUDO.fullmatch(name))


def is_local(name: str) -> bool:
    """Whether a file is called as on every host, so that only its folder or its lines can tell which one it is of."""
    return bool(_LOCAL.fullmatch(name))


def host_named(name: str, folders: Sequence[str] = ()) -> str | None:
    """The host that a log is of, as far as names tell; None where its name is not that of a log."""
    if folders and (is_local(name) or is_auditd(name) or is_wtmp(name)):
        return folders[0]
    found = _NAME.fullmatch(name) or _LOCAL.fullmatch(name)
    return found["host"] if found else None


def label_of(names: Iterable[str]) -> str | None:
    """What to call the log that files are parts of which lie side by side, called as on every host.

    A central log host keeps one for each program, or for each day, and a session goes on from one to the next.
    """
    stems = [found["host"] for name in names if (found := _LOCAL.fullmatch(name))]
    return min(stems, key=lambda stem: (stem[0].isdigit(), stem), default=None)
