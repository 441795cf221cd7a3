"""Sources of hosts, read over SSH or from what was copied from them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from auditor.config.base import Duration, Text, matching, optional, several
from auditor.config.sources.base import Source

# An IPv6 address with a port stands in brackets, as OpenSSH writes it.
_HOST = r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*|\[[0-9A-Fa-f:.]+\]"
HostName = Annotated[
    str, *matching(rf"({_HOST})(:[0-9]{{1,5}})?", "a host's name or address, with :port where it is not 22")
]
HomeFolder = Annotated[
    str, *matching(r"(/[A-Za-z0-9_][A-Za-z0-9._-]*)+", "an absolute path of letters, digits, dots, - and _")
]


class _Hosts(Source):
    ONE_OF = ("hosts", "path")

    path: Text | None = None
    hosts: tuple[HostName, ...] = several("hosts to read over SSH, with `:port` where it is not 22")
    addresses: dict[HostName, HostName] = Field(
        default={}, description="where to connect to, for hosts that are not reached under their names"
    )
    user: Text = Field(default="auditor", description="login on those hosts")
    identity_file: Text = Field(default="~/.ssh/id_ed25519", description="private key to log in with")
    known_hosts: Text = Field(
        default="~/.ssh/known_hosts", description="the hosts' keys; one that is not in it is not trusted"
    )
    connect_timeout: Duration = Field(default=timedelta(seconds=10), description="longest wait for a login")
    command_timeout: Duration = Field(default=timedelta(minutes=2), description="longest wait for one answer")

    @model_validator(mode="after")
    def _each_once(self) -> "_Hosts":
        names = [host_and_port(host)[0] for host in self.hosts]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"expected each host once, but {twice} is there twice; tell them apart with addresses")
        stray = next((name for name in self.addresses if name not in names), None)
        if stray:
            raise ValueError(f"expected addresses of hosts only, but {stray} is not among them")
        return self


class SshKeys(_Hosts):
    """authorized_keys of hosts, and live over SSH also sshd's settings and sudo's rules."""

    FEEDS = ("accounts", "credentials", "grants")

    kind: Literal["ssh-keys"]
    path: Text | None = optional("folder of `<host>/<user>/authorized_keys`")
    homes: tuple[HomeFolder, ...] = Field(
        default=("/root", "/home", "/var/lib"),
        min_length=1,
        description="folders on the hosts that home directories lie in",
    )


class SshLogins(_Hosts):
    """sshd's log and sudo's: from files, or live over SSH from the journal, log files or wtmp."""

    FEEDS = ("activity",)

    kind: Literal["ssh-logins"]
    path: Text | None = optional("folder of `<host>.log`, syslog or journal JSON")


def host_and_port(written: str) -> tuple[str, int | None]:
    """A host as auditor.yaml writes it: its name or address without brackets, and its port where it has one."""
    bracketed, _, rest = written[1:].partition("]") if written.startswith("[") else ("", "", "")
    if bracketed:
        return bracketed, int(rest[1:]) if rest else None
    name, colon, port = written.rpartition(":")
    return (name, int(port)) if colon and ":" not in name else (written, None)
