"""Generated sshd configurations: whether a real ssh client gets in at a real sshd must be what we say of its settings.

`make sshd-campaign` tries many. sshd runs in a mount namespace of its own, with made-up logins in the place of the
machine's: it takes root, and skips elsewhere.
"""

import os
import random
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from auditor.config.sources.ssh import SshKeys
from auditor.demo.sshd import PROGRAM, sshd
from auditor.model.tables import Credential, Grant
from collectors.ssh.keys import SshKeysCollector

TRIED = int(os.environ.get("AUDITOR_SSHD_CONFIGS", "1"))
SEED = int(os.environ.get("AUDITOR_SSHD_SEED", "1"))
LOGINS = {"root": 0, "nina": 1001, "tom": 1002, "otto": 1003, "lena": 1004}
GROUP = "root:x:0:\nnina:x:1001:\ntom:x:1002:\notto:x:1003:\nlena:x:1004:\nops:x:2000:nina,otto\nwheel:x:2001:tom\nsshd:x:990:\n"
PASSWORD = "a-secret-of-this-test"
HERE, AWAY = "127.0.0.0/8", "10.0.0.0/8"
USERS = ["nina", "tom otto", "*", "n*", "root nina", "nina@127.* tom", "nina@10.* root", "nobody"]
GROUPS = ["ops", "wheel", "ops wheel", "nina", "root", "w*", "nobody"]
SETTINGS = {
    "AllowUsers": USERS,
    "DenyUsers": ["nina", "t*", "root", "nina@10.*", "nina@127.*", "nobody"],
    "AllowGroups": GROUPS,
    "DenyGroups": GROUPS,
    "PermitRootLogin": ["yes", "no", "prohibit-password", "without-password", "forced-commands-only"],
    "PubkeyAuthentication": ["yes", "yes", "no"],
    "PasswordAuthentication": ["yes", "no"],
    "AuthenticationMethods": ["any", "publickey", "password", "publickey,password", "password publickey"],
    "AuthorizedKeysFile": [".ssh/authorized_keys", "/etc/ssh/keys/%u", "none", ".ssh/authorized_keys /etc/ssh/keys/%u"],
    "RevokedKeys": ["/etc/ssh/revoked", "none"],
    "ForceCommand": ["/bin/true", "none"],
    "TrustedUserCAKeys": ["/etc/ssh/ca.pub"],
    "AuthorizedPrincipalsFile": ["/etc/ssh/principals/%u", "none"],
}
# In a block, `RevokedKeys none` names a file that is not there, and no key is accepted any more.
IN_MATCH = {name: values for name, values in SETTINGS.items() if name != "TrustedUserCAKeys"}
IN_MATCH["RevokedKeys"] = ["/etc/ssh/revoked"]
CRITERIA = [
    "User nina",
    "User *,!root",
    "Group ops",
    "Group wheel",
    "User tom,nina Group ops",
    f"Address {HERE}",
    f"Address {AWAY}",
    f"User nina Address {HERE}",
    f"Group wheel Address {AWAY}",
    "all",
]
CLIENT = (
    *("ssh", "-F", "none", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no"),
    *("-o", "IdentitiesOnly=yes", "-o", "NumberOfPasswordPrompts=1", "-o", "LogLevel=ERROR"),
)
# A chroot whose root is no mount point, and most containers, may not have one.
NAMESPACE = ("unshare", "-m", "mount", "--bind", "/etc/passwd", "/etc/passwd")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0
    or not PROGRAM.exists()
    or not all(map(shutil.which, ("unshare", "mount", "ssh")))
    or subprocess.run(NAMESPACE, check=False, capture_output=True).returncode != 0,
    reason="it takes root, OpenSSH's client and server, and a mount namespace of its own",
)


def generated(chance):
    """An sshd_config."""
    lines = [f"{name} {chance.choice(SETTINGS[name])}" for name in SETTINGS if chance.random() < 0.22]
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        lines.append(f"Match {chance.choice(CRITERIA)}")
        lines += [
            f"  {name} {chance.choice(IN_MATCH[name])}" for name in chance.sample(list(IN_MATCH), chance.choice([1, 2]))
        ]
    return "\n".join(["UsePAM no", *lines, ""])


@dataclass
class Company:
    """Logins, keys and a host's /etc, made once; sshd sees it in the place of the machine's."""

    root: Path
    keys: dict[str, Path]

    def mounts(self):
        pairs = [(self.root / "etc" / name, f"/etc/{name}") for name in ("passwd", "group", "shadow")]
        return [
            *pairs,
            (self.root / "etc/ssh", "/etc/ssh"),
            (self.root / "home", "/home"),
            (self.root / "root", "/root"),
        ]

    def configured(self, chance):
        """A generated sshd_config that sshd itself accepts, put into place."""
        path = self.root / "etc/ssh/sshd_config"
        checks = [str(PROGRAM), "-t", "-f", str(path), "-h", str(self.keys["usual"])]
        while True:
            path.write_text(generated(chance))
            if subprocess.run(checks, check=False, capture_output=True).returncode == 0:
                return path.read_text()

    def program(self, folder):
        """A program that is sshd with these files: what makes it reachable is its caller's, all else is generated."""
        binds = "".join(f"mount --bind {source} {target}\n" for source, target in self.mounts())
        script = folder / "sshd"
        script.write_text(
            "#!/bin/sh\n"
            f"grep -E '^(ListenAddress|Port|HostKey|PidFile|StrictModes|LogLevel) ' \"$3\" > {folder}/merged\n"
            f"cat {self.root}/etc/ssh/sshd_config >> {folder}/merged\n"
            f"exec unshare -m sh -e -c '{binds}exec {PROGRAM} -D -f {folder}/merged -E {folder}/log'\n"
        )
        script.chmod(0o700)
        return script


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    keys = {}
    for name in ("usual", "revoked", "ca", "signed"):
        keys[name] = folder / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", keys[name]], check=True)
    signed = ["ssh-keygen", "-q", "-s", keys["ca"], "-I", "nina", "-n", "releases", f"{keys['signed']}.pub"]
    subprocess.run(signed, check=True)
    public = {name: path.with_suffix(".pub").read_text().strip() for name, path in keys.items()}
    hashed = subprocess.run(["openssl", "passwd", "-6", PASSWORD], check=True, capture_output=True, text=True).stdout
    homes = {name: "/root" if name == "root" else f"/home/{name}" for name in LOGINS}
    shells = {name: "/usr/sbin/nologin" if name == "otto" else "/bin/sh" for name in LOGINS}
    passwd = [f"{name}:x:{number}:{number}::{homes[name]}:{shells[name]}" for name, number in LOGINS.items()]
    has = {name: hashed.strip() if name in ("root", "nina", "otto") else "*" for name in LOGINS}
    has["lena"] = f"!{hashed.strip()}"
    files = {
        "etc/passwd": "\n".join([*passwd, "sshd:x:990:990::/run/sshd:/usr/sbin/nologin", ""]),
        "etc/group": GROUP,
        "etc/shadow": "".join(f"{name}:{value}:20000:0:99999:7:::\n" for name, value in has.items()),
        "etc/ssh/revoked": f"{public['revoked']}\n",
        "etc/ssh/ca.pub": f"{public['ca']}\n",
        "etc/ssh/keys/tom": f"{public['usual']}\n",
        "etc/ssh/principals/nina": "releases\n",
        "root/.ssh/authorized_keys": f'command="/bin/true" {public["revoked"]}\n{public["usual"]}\n',
        "home/nina/.ssh/authorized_keys": f"{public['usual']}\n{public['revoked']}\n",
        "home/tom/.ssh/authorized_keys": f"{public['revoked']}\n",
        "home/otto/.ssh/authorized_keys": f"{public['usual']}\n",
        "home/lena/.ssh/authorized_keys": f"{public['usual']}\n",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, number in LOGINS.items():
        home = folder / homes[name].removeprefix("/")
        for path in (home, *home.rglob("*")):
            os.chown(path, number, number)
    # sshd looks for key files as the login itself.
    for path in (folder, *folder.parents[:2]):
        path.chmod(path.stat().st_mode | stat.S_IXOTH | stat.S_IXGRP)
    asks = folder / "askpass"
    asks.write_text(f"#!/bin/sh\necho {PASSWORD}\n")
    asks.chmod(0o700)
    return Company(folder, keys)


def gets_in(company, server, login, key=None, *, password=False):
    """Whether a real client gets in and may run something."""
    methods = [*(["publickey"] if key else []), *(["password"] if password else [])]
    identity = ["-i", company.keys[key]] if key else []
    command = [*CLIENT, *identity, "-o", f"PreferredAuthentications={','.join(methods)}"]
    command += ["-o", f"PubkeyAuthentication={'yes' if key else 'no'}", "-p", str(server.port)]
    asks = {"SSH_ASKPASS": str(company.root / "askpass"), "SSH_ASKPASS_REQUIRE": "force" if password else "never"}
    done = subprocess.run(
        [*command, "-o", f"BatchMode={'no' if password else 'yes'}", f"{login}@127.0.0.1", "true"],
        env={**os.environ, **asks, "DISPLAY": ":0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    return done.returncode == 0


def met(asks):
    """Whether conditions hold for a client on loopback, and whether a password is asked for beside a key."""
    for ask in asks:
        words, _, rest = ask.partition(" ")[2].partition(" ")
        if words not in ("where", "from"):
            continue
        here = any(all("10." not in part for part in way.split(" and ")) for way in rest.split(" or "))
        if here is not ask.startswith("only"):
            return False, False
    return True, any(ask.startswith("only with a password too") and "10." not in ask for ask in asks)


def told_of(company, tmp_path, collect, context, config):
    """What the collector tells of a copy of the host's files: conditions by login and key, of what opens."""
    host = tmp_path / "ssh" / "web-1"
    shutil.copytree(company.root / "etc", host / "etc")
    for login in LOGINS:
        keys = company.root / ("root" if login == "root" else f"home/{login}") / ".ssh/authorized_keys"
        if keys.exists():
            (host / login).mkdir()
            shutil.copy(keys, host / login / "authorized_keys")
    (host / "etc/ssh/sshd_config").write_text(config)
    got = collect(SshKeysCollector(SshKeys(name="hosts", kind="ssh-keys", path="ssh"), context))
    grants = {(row.origin, row.record, row.principal): row.condition or "" for row in got.rows(Grant)}
    found, names = {}, fingerprints(company)
    for row in got.rows(Credential):
        login = row.account.removeprefix("ssh:").partition("@")[0]
        asks = grants.get((row.origin, row.record, row.account), "")
        if row.enabled and row.kind in ("ssh-key", "password"):
            how = names[row.credential] if row.kind == "ssh-key" else "password"
            found[login, how] = [one for one in asks.split("; ") if one]
    if any(row.kind == "certificate" and row.enabled for row in got.rows(Credential)):
        for row in got.rows(Grant):
            if row.role == "authorized_principals":
                found[row.condition.partition("ssh:")[2].partition("@")[0], "certificate"] = []
    return found


def fingerprints(company):
    found = {}
    for name, path in company.keys.items():
        done = subprocess.run(["ssh-keygen", "-lf", f"{path}.pub"], check=True, capture_output=True, text=True)
        found[f"ssh-key:{done.stdout.split()[1]}"] = name
    return found


@pytest.mark.parametrize("number", range(TRIED))
def test_a_login_succeeds_where_we_say_so(company, tmp_path, context, collect, number):
    config = company.configured(random.Random(f"{SEED}-{number}"))
    told = told_of(company, tmp_path, collect, context, config)
    wrong = []
    with sshd(tmp_path / "server", [], program=company.program(tmp_path)) as server:
        for login in LOGINS:
            for how in ("usual", "revoked", "password", "certificate"):
                asks = told.get((login, how))
                holds, both = met(asks or [])
                says = asks is not None and holds
                key = {"password": None, "certificate": "signed"}.get(how, how)
                does = gets_in(company, server, login, key, password=how == "password" or (says and both))
                if says is not does:
                    wrong.append(f"{login} by {how}: {'gets in' if does else 'is kept out'}, we say {asks}")
    assert not wrong, "\n".join([*wrong, config])
