"""SSH signatures (`ssh-keygen -Y`), checked by OpenSSH itself: who signed is whoever allowed_signers says."""

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


def _ssh_keygen(arguments: list[str], data: bytes) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(
            [shutil.which("ssh-keygen") or "ssh-keygen", "-Y", *arguments],
            input=data,
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StoreError(f"ssh-keygen cannot be used: {error}.", do="Install OpenSSH 8.2 or newer.") from error
