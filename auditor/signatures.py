"""SSH signatures (`ssh-keygen -Y`), made and checked by OpenSSH: who signed is whoever allowed_signers says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from auditor.errors import StoreError

NAMESPACE = "production-access-auditor"
_LONGEST = 60
_GOOD = re.compile(rb'Good "[^"]*" signature for (\S+) with \S+ key (SHA256:\S+)')


def signed_by(data: bytes, signature: Path, signers: Path, identity: str) -> str | None:
    """The fingerprint of the key by which somebody signed; None where the signature is not theirs, or of other bytes.

    Args:
        data: what was signed.
        signature: the file that `ssh-keygen -Y sign -n production-access-auditor` left.
        signers: OpenSSH's allowed_signers: who may sign with which key.
        identity: who is to have signed, as allowed_signers names them.

    Raises:
        StoreError: OpenSSH is not there, or does not answer.
    """
    asked = ["verify", "-f", str(signers), "-I", identity, "-n", NAMESPACE, "-s", str(signature)]
    done = _ssh_keygen(asked, data)
    found = _GOOD.search(done.stdout) if done.returncode == 0 else None
    return found[2].decode() if found else None


def sign(data: bytes, key: Path) -> bytes:
    """The signature by a key: a private key's file, or a public one whose other half ssh-agent holds.

    Raises:
        StoreError: OpenSSH is not there, or the key cannot be used without somebody who types.
    """
    done = _ssh_keygen(["sign", "-q", "-f", str(key), "-n", NAMESPACE], data)
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise StoreError(
            f"ssh-keygen cannot sign with {key}: {said[-1] if said else done.returncode}.",
            do="Let ssh-agent hold the key, and SSH_AUTH_SOCK name the agent; a key in a file has no passphrase.",
        )
    return done.stdout


def _ssh_keygen(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [shutil.which("ssh-keygen") or "ssh-keygen", "-Y", *arguments],
            input=data,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
            start_new_session=True,  # without a terminal nobody is asked for a passphrase
            env=os.environ | {"SSH_ASKPASS_REQUIRE": "never"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"ssh-keygen cannot be used: {error}.", do="Install OpenSSH 8.2 or newer.") from error
