"""The two hosts as real SSH servers on this machine; where there is no sshd, their keys and logs as files."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct

from auditor.demo import hosts
from auditor.demo.calendar import Calendar
from auditor.demo.folder import Folder
from auditor.demo.host_answers import archive, keys_answers, logins_answers
from auditor.demo.sshd import PROGRAM, Reply, Sshd, sshd
from auditor.errors import UsageError
from collectors.ssh import plan

_FOLDER = ".hosts"
_KEY, _KNOWN = f"{_FOLDER}/auditor_key", f"{_FOLDER}/known_hosts"
_LETS_IN = (
    "  # These hosts are on this machine, and let in whoever runs it: a real one has a login for the audit alone.\n"
)
_FROM_FILES = """\
  - {name: host-keys, kind: ssh-keys, path: dumps/ssh/}
  - {name: logins, kind: ssh-logins, path: logs/sshd/}
"""
# Their only login is that of whoever runs them: it gets answers, and nothing else.
_CLOSED = ("DisableForwarding yes", "PermitTTY no", "PermitUserRC no")
_LOGINS = ("mia", "leon", "tom", "deploy", "oncall", "piet", "auditor")
_ANSWERING = ("mia", "leon", "tom")


class Hosts(Struct, frozen=True):
    """How the hosts are read.

    Args:
        sources: their part of auditor.yaml.
        tell: lets them be as they are at a night's audit.
        key: fingerprint of the key that the audit logs in with; None where it reads files.
        missing: why it reads files; None where it does not.
    """

    sources: str
    tell: Callable[[Calendar], None]
    key: str | None = None
    missing: str | None = None


@contextmanager
def host_servers(folder: Folder, program: Path = PROGRAM) -> Iterator[Hosts]:
    """The hosts for as long as the block lasts, and nothing on them yet. `program` is OpenSSH's server."""
    with ExitStack() as stack:
        try:
            found = _served(folder, program, stack)
        except UsageError as error:
            found = Hosts(_FROM_FILES, partial(_files, folder), missing=error.why)
        yield found


def _files(folder: Folder, calendar: Calendar) -> None:
    for name, content in (*hosts.dumps(calendar), *hosts.logs(calendar)):
        # The year of a classic log line is told by when its file was changed.
        folder.put(name, content, changed=calendar.at)


def _served(folder: Folder, program: Path, stack: ExitStack) -> Hosts:
    """Start a server for each host.

    Raises:
        UsageError: there is no sshd here, or it does not start.
    """
    public, fingerprint = _auditors_key(folder)
    running: dict[str, Sshd] = {}
    for host in hosts.HOSTS:
        place = folder.path / _FOLDER / host.name
        running[host.name] = stack.enter_context(sshd(place, [public], answers={}, settings=_CLOSED, program=program))
    folder.put(_KNOWN, "".join(server.known_hosts for server in running.values()))

    def tell(calendar: Calendar) -> None:
        for host in hosts.HOSTS:
            running[host.name].answer(_answers(host, calendar, public, fingerprint))

    return Hosts(_live(running), tell, key=fingerprint)


def _live(running: dict[str, Sshd]) -> str:
    """The sources."""
    known = {
        "hosts": list(running),
        "addresses": {host: server.place for host, server in running.items()},
        "user": next(server.user for server in running.values()),
        "identity_file": _KEY,
        "known_hosts": _KNOWN,
    }
    settings = ",\n     ".join(f"{name}: {json.dumps(value)}" for name, value in known.items())
    return _LETS_IN + "".join(
        f"  - {{name: {name}, kind: {kind},\n     {settings}}}\n"
        for name, kind in (("host-keys", "ssh-keys"), ("logins", "ssh-logins"))
    )


def _answers(host: hosts.Host, calendar: Calendar, public: str, fingerprint: str) -> dict[str, Reply]:
    """What a host says to the commands that it is asked."""
    files = {f"/home/{login}/.ssh/authorized_keys": host.keys(login, calendar) for login in host.logins}
    files["/home/auditor/.ssh/authorized_keys"] = hosts.auditors_line(calendar, public)
    logins = [login for login in _LOGINS if f"/home/{login}/.ssh/authorized_keys" in files]
    told = dict(hosts.logs(calendar, fingerprint))[f"logs/sshd/{host.name}.log"]
    log = archive({"/var/log/auth.log": told}, changed=int(calendar.at.timestamp()))
    return {
        **keys_answers(_passwd(logins), files, group=_group(logins), sudoers=_sudoers(host)),
        **logins_answers(),
        plan.LOGS.line(sudo=True): Reply(log),
    }


def _passwd(logins: list[str]) -> str:
    lines = [f"{login}:x:{1000 + n}:{1000 + n}::/home/{login}:/bin/bash" for n, login in enumerate(logins)]
    return "".join(f"{line}\n" for line in ("root:x:0:0:root:/root:/bin/bash", *lines))


def _group(logins: list[str]) -> str:
    """Everybody's own group, and that of the people who answer for the host."""
    lines = [f"{login}:x:{1000 + n}:" for n, login in enumerate(logins)]
    answering = ",".join(login for login in logins if login in _ANSWERING)
    return "".join(f"{line}\n" for line in ("root:x:0:", f"operators:x:900:{answering}", *lines))


def _sudoers(host: hosts.Host) -> str:
    """`%operators ALL=(root) /usr/bin/systemctl restart …`, as cvtsudoers writes it."""
    allowed = {
        "User_List": [{"usergroup": "operators"}],
        "Host_List": [{"hostname": "ALL"}],
        "Cmnd_Specs": [{"runasusers": [{"username": "root"}], "Commands": [{"command": host.restart}]}],
    }
    return json.dumps({"User_Specs": [allowed]})


def _auditors_key(folder: Folder) -> tuple[str, str]:
    """The audit's own key, made the first time: its public half, and the fingerprint."""
    import asyncssh

    path = folder.path / _KEY
    if not path.is_file():
        folder.put(_KEY, asyncssh.generate_private_key("ssh-ed25519").export_private_key())
    key = asyncssh.read_private_key(path)
    return key.export_public_key().decode().strip(), key.get_fingerprint()
