"""WireGuard's and OpenVPN's own programs: a userspace interface, and a small authority with a server and a client."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.demo.serving import free_port
from tests import waiting

EASYRSA = Path("/usr/share/easy-rsa/easyrsa")


def need(*programs):
    """Skips the test where a program is missing, or where this is not root, who alone may make interfaces."""
    missing = [name for name in programs if not (shutil.which(name) or Path(name).exists())]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed: `.ci/setup test-tools` installs it")
    if os.geteuid() or not Path("/dev/net/tun").exists():
        pytest.skip("only root can make an interface, and /dev/net/tun must be there")


def run(*command, given=None, **environment):
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        timeout=waiting.LIMIT,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout.rstrip("\n")


@dataclass
class Interface:
    name: str
    folder: Path

    def key(self):
        """A private key and its public one."""
        private = run("wg", "genkey")
        return private, run("wg", "pubkey", given=private)

    def configure(self, text):
        path = self.folder / f"{self.name}.conf"
        path.write_text(text)
        run("wg", "setconf", self.name, str(path))
        return path

    def dump(self):
        return run("wg", "show", "all", "dump") + "\n"


@contextmanager
def wireguard(folder):
    need("wg", "wireguard-go")
    name = f"aud{os.getpid() % 10_000}"
    with (folder / "wireguard-go.log").open("w") as log:
        process = subprocess.Popen(["wireguard-go", "-f", name], stdout=log, stderr=log)
    try:
        waiting.until(lambda: Path(f"/var/run/wireguard/{name}.sock").exists())
        yield Interface(name, folder)
    finally:
        process.terminate()
        process.wait()


@dataclass
class Authority:
    folder: Path

    def __call__(self, *command):
        run(
            str(EASYRSA),
            *command,
            EASYRSA_PKI=str(self.folder),
            EASYRSA_BATCH="1",
            EASYRSA_ALGO="ec",
            EASYRSA_CURVE="prime256v1",
        )

    def key_of(self, name):
        return self.folder / f"private/{name}.key"

    def certificate_of(self, name):
        return self.folder / f"issued/{name}.crt"


def authority(folder):
    need("openvpn", str(EASYRSA))
    made = Authority(folder)
    made("init-pki")
    made("build-ca", "nopass")
    return made


def status_of(authority, client, version, path):
    """The status file of a real server while a client is connected."""
    tls = ["--ca", str(authority.folder / "ca.crt"), "--verb", "3", "--cert"]
    own = [str(authority.certificate_of("gate")), "--key", str(authority.key_of("gate"))]
    other = [str(authority.certificate_of(client)), "--key", str(authority.key_of(client))]
    port = str(free_port("127.0.0.1"))
    server = [
        *("--dev", "tun", "--server", "10.213.77.0", "255.255.255.0", "--topology", "subnet", "--dh", "none"),
        *("--local", "127.0.0.1", "--port", port, "--status", str(path), "1", "--status-version", version),
    ]
    client = ["--client", "--dev", "null", "--nobind", "--remote", "127.0.0.1", port, "udp"]
    programs = []
    try:
        programs.append(subprocess.Popen(["openvpn", *server, *tls, *own], stdout=subprocess.DEVNULL))
        programs.append(subprocess.Popen(["openvpn", *client, *tls, *other], stdout=subprocess.DEVNULL))
        waiting.until(lambda: path.exists() and "nina" in path.read_text())
    finally:
        for program in programs:
            program.terminate()
            program.wait()
