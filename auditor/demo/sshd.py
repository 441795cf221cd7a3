"""An SSH server on loopback, run by whoever runs this, with a host key and authorized_keys of its own.

It needs OpenSSH's sshd and no root. The only login that it lets in is the one it runs as. With `answers`, it runs
nothing of what it is asked, but says what it was told to: a made-up host that shows nothing of this machine.
"""

import os
import pwd
import shlex
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from auditor.demo.serving import free_port
from auditor.errors import UsageError

PROGRAM = Path("/usr/sbin/sshd")
# Where sshd changes root to for strangers; only root's sshd asks for it.
_EMPTY = Path("/run/sshd")
_PATIENCE = 60.0
# Ends the server when whoever runs this is killed, and its end of the pipe is closed with it.
_WATCHER = ("/bin/sh", "-c", 'read -r _; kill "$1"', "sh")
_PAUSE = 0.02


class Reply(Struct, frozen=True):
    """What a made-up host says to a command."""

    out: bytes = b""
    said: str = ""
    status: int = 0


class Sshd(Struct, frozen=True):
    """A running server, in its folder. `host_key` is its public key."""

    folder: Path
    address: str
    port: int
    user: str
    host_key: str

    @property
    def log(self) -> Path:
        """What it says of who came."""
        return self.folder / "sshd.log"

    def answer(self, answers: Mapping[str, Reply]) -> None:
        """Let it say something else from now on, where it was started with answers."""
        _answering(self.folder, answers)

    @property
    def place(self) -> str:
        """`address:port`."""
        return f"{self.address}:{self.port}"

    @property
    def known_hosts(self) -> str:
        """Its line of known_hosts."""
        return f"[{self.address}]:{self.port} {self.host_key}\n"


@contextmanager
def sshd(
    folder: Path,
    authorized_keys: Iterable[str],
    *,
    answers: Mapping[str, Reply] | None = None,
    address: str = "127.0.0.1",
    settings: Iterable[str] = (),
    program: Path = PROGRAM,
) -> Iterator[Sshd]:
    """A server for as long as the block lasts.

    Args:
        folder: for its keys, settings and log; made where it is missing, readable by nobody else.
        authorized_keys: who may log in.
        answers: what it says to each command line; one that ends with `@` answers whatever follows. None runs the
            commands.
        address: on loopback.
        settings: more lines of sshd_config.
        program: OpenSSH's server.

    Raises:
        UsageError: there is no sshd here, or it does not start.
    """
    if not program.exists():
        raise UsageError(f"{program} is not there.", do="Install OpenSSH's server; nothing needs to start it.")
    # sshd itself works from the root directory.
    folder = folder.resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _EMPTY.mkdir(mode=0o755, exist_ok=True)
    host_key, port = _host_key(folder), free_port(address)
    _write(folder / "authorized_keys", "".join(f"{line}\n" for line in authorized_keys))
    forced = () if answers is None else (f"ForceCommand /bin/sh {shlex.quote(str(_answering(folder, answers)))}",)
    _write(folder / "sshd_config", "\n".join([*_settings(folder, address, port), *forced, *settings, ""]))
    server = Sshd(folder, address, port, pwd.getpwuid(os.geteuid()).pw_name, host_key)
    command = [str(program), "-D", "-f", str(folder / "sshd_config"), "-E", str(server.log)]
    # Ctrl-C at the terminal is for whoever runs this, who then stops the server.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    watcher = subprocess.Popen([*_WATCHER, str(process.pid)], stdin=subprocess.PIPE, start_new_session=True)
    try:
        _wait(process, address, port, server.log)
        yield server
    finally:
        watcher.kill()
        watcher.communicate()
        process.terminate()
        process.wait()


def _settings(folder: Path, address: str, port: int) -> list[str]:
    return [
        f"ListenAddress {address}",
        f"Port {port}",
        f"HostKey {folder / 'host_key'}",
        f"AuthorizedKeysFile {folder / 'authorized_keys'}",
        "PidFile none",
        "UsePAM no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        # The folder itself is closed to others; above it may lie /tmp.
        "StrictModes no",
        "MaxStartups 100",
        # Not the home of whoever runs this: their shell's settings are slow, or print what is no answer.
        f"SetEnv HOME={folder}",
        "LogLevel VERBOSE",
    ]


def _answering(folder: Path, answers: Mapping[str, Reply]) -> Path:
    """A script that says what it was told to."""
    lines = ['case "$SSH_ORIGINAL_COMMAND" in']
    for number, (command, reply) in enumerate(answers.items()):
        path = folder / f"answer-{number}"
        path.touch(mode=0o600)
        path.write_bytes(reply.out)
        lines.append(f"{shlex.quote(command)}{'*' if command.endswith('@') else ''})")
        lines.append(f"  cat {shlex.quote(str(path))}; printf %s {shlex.quote(reply.said)} >&2; exit {reply.status} ;;")
    script = folder / "answers"
    _write(script, "\n".join([*lines, "*) echo 'command not found' >&2; exit 127 ;;", "esac", ""]))
    return script


def _host_key(folder: Path) -> str:
    """The server's public key; made the first time, and the same from then on."""
    import asyncssh

    path = folder / "host_key"
    if not path.exists():
        _write(path, asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode())
    return asyncssh.read_private_key(path).export_public_key().decode().strip()


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def _wait(process: subprocess.Popen[bytes], address: str, port: int, log: Path) -> None:
    """Until the server greets."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection((address, port), timeout=1) as probe:
                if probe.recv(4) == b"SSH-":
                    return
        except OSError:
            time.sleep(_PAUSE)
    said = log.read_text("utf-8", "replace").strip() if log.exists() else ""
    raise UsageError(f"sshd does not start at {address} port {port}: {said or 'it says nothing'}.")
