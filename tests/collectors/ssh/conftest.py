"""Hosts to ask over SSH: real sshd on loopback, and a key that opens them."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest

from auditor.config.sources.ssh import SshKeys, SshLogins
from auditor.demo.sshd import PROGRAM, Sshd, sshd
from collectors.ssh.keys import SshKeysCollector
from collectors.ssh.login_log import SshLoginsCollector


def public(key):
    return key.export_public_key().decode().strip()


@dataclass
class Hosts:
    """The hosts of one test, their known_hosts, and the auditor's key."""

    folder: Path
    stack: ExitStack
    key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    started: list[Sshd] = field(default_factory=list)

    @property
    def line(self):
        return public(self.key)

    def start(self, *lines, known=True, **settings):
        """A host that lets in whoever the lines say; the auditor, without any."""
        folder = self.folder / f"host-{len(self.started)}"
        server = self.stack.enter_context(sshd(folder, lines or [self.line], **settings))
        self.started.append(server)
        if known:
            self.trust(server.known_hosts)
        return server

    def trust(self, line):
        with (self.folder / "known_hosts").open("a") as file:
            file.write(line)

    def source(self, model, addresses, **settings):
        key = self.folder / "key"
        key.write_bytes(self.key.export_private_key())
        (self.folder / "known_hosts").touch()
        user = self.started[0].user if self.started else "auditor"
        known = {"user": user, "identity_file": str(key), "known_hosts": str(self.folder / "known_hosts")}
        places = {name: getattr(place, "place", place) for name, place in addresses.items()}
        return model(name="hosts", hosts=tuple(addresses), addresses=places, **{**known, **settings})

    def keys(self, context, addresses, **settings):
        source = self.source(SshKeys, addresses, kind="ssh-keys", **settings)
        return SshKeysCollector(source, context)

    def logins(self, context, addresses, **settings):
        source = self.source(SshLogins, addresses, kind="ssh-logins", **settings)
        return SshLoginsCollector(source, context)


@pytest.fixture
def hosts(tmp_path):
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is not on this machine")
    with ExitStack() as stack:
        yield Hosts(tmp_path, stack)
